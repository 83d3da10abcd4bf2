*** Settings ***
Documentation       The soak, which is to be run for hours elsewhere, runs at all.

Library             Crashes


*** Test Cases ***
It Ends With A Verdict And Charts
    ${output}=    Soak    seconds=6
    Should Contain    ${output}    0 lost, 0 phantom, 0 duplicate, 0 out of order, verify: passes
    Should Contain    ${output}    acknowledged a second
    Should Contain    ${output}    in spools
    Should Contain    ${output}    memory
    Should Contain    ${output}    soak.svg
