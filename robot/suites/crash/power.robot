*** Settings ***
Documentation       Power cuts, on a file system of its own that drops what was not synced.
...
...                 It takes root and loop devices: elsewhere the suite is skipped.

Library             Crashes


*** Test Cases ***
The Power Is Cut
    [Tags]    gate
    [Template]    Cut The Power
    sync    3
    spool    3

The Power Is Cut Again And Again
    [Documentation]    With data=writeback a file may have its new length before its new bytes.
    [Template]    Cut The Power
    sync    15    data=ordered
    spool    20    data=ordered
    sync    15    data=writeback
    spool    20    data=writeback

Without Syncs Of Directories A Cut Is Noticed
    [Documentation]    Otherwise the tests above would prove nothing.
    [Tags]    gate
    Lose Events Without Syncs    directories

Without Syncs Of Files A Cut Is Noticed
    Lose Events Without Syncs    files


*** Keywords ***
Lose Events Without Syncs
    [Arguments]    ${of}
    ${lost}=    Count Lost Without Syncs    ${of}    cuts=8
    Should Be True    ${lost} > 0
