*** Settings ***
Documentation       Full disks, files that may not grow, clocks that jump, and many processes.

Library             Crashes


*** Test Cases ***
A Volume Is Full, And Has Room Again
    ${told}=    Fill A Volume    database
    Should Contain    ${told}    database or disk is full
    ${told}=    Fill A Volume    spool
    Should Contain    ${told}    The disk is full: make room on it

Files May Not Grow
    [Documentation]    RLIMIT_FSIZE; a spool's files have 2 MiB from the beginning.
    [Template]    Limit Should Say
    sync    RLIMIT_FSIZE    800000    disk I/O error
    async    RLIMIT_FSIZE    800000    disk I/O error
    spool    RLIMIT_FSIZE    3000000    disk I/O error

A Database May Not Grow
    [Documentation]    PRAGMA max_page_count.
    [Template]    Limit Should Say
    sync    max_page_count    300    database or disk is full
    async    max_page_count    300    database or disk is full
    spool    max_page_count    300    database or disk is full

The Clock Goes An Hour Back And Forth
    [Template]    Clock Should Not Matter
    sync
    async
    spool

Four Processes Share A Log
    [Template]    Share A Log
    async    postgresql    4    10000
    async    mariadb    4    2500
    async    sqlite    4    2500
    sync    sqlite    4    200
    spool    postgresql    4    500


*** Keywords ***
Limit Should Say
    [Arguments]    ${mode}    ${limit}    ${most}    ${text}
    ${told}=    Reach A Limit    ${mode}    ${limit}    ${most}
    Should Contain    ${told}    ${text}

Clock Should Not Matter
    [Arguments]    ${mode}
    ${times}=    Change The Clock    ${mode}    1.0
    Should Be True    ${times}[slowest] < 2
    Should Be True    ${times}[flush] < 5
    Should Be True    0.4 < ${times}[waited] < 2
