*** Settings ***
Documentation       The demonstration as a newcomer runs it: it succeeds, finds the row that it
...                 has edited, and leaves nothing behind.

Library             Leftovers
Resource            command_line.resource

Test Setup          Make Directory
Test Teardown       Remove Own Directory


*** Test Cases ***
It Agrees And Cleans Up
    Create Directory    ${DIRECTORY}${/}tmp
    # Emptied, so that it records into a file of its own.
    VAR    ${URL}    ${EMPTY}    scope=TEST
    ${result}=    Run Indelible    demo    --requests    400    env:TMPDIR=${DIRECTORY}${/}tmp
    Should Have Ended    ${result}    0
    Should Be Empty    ${result.stderr}
    Should Match Regexp    ${result.stdout}    (?m)^ sync +all +400 +400 +equal
    Should Match Regexp    ${result.stdout}    (?m)^ async +all +400 +400 +equal
    Should Not Contain    ${result.stdout}    NOT EQUAL
    Should Contain    ${result.stdout}    [redacted]
    Should Match Regexp    ${result.stdout}    (?m)^verify +800 events: PROVEN
    Should Match Regexp    ${result.stdout}    (?m)^verify +800 events: TAMPERED
    Should Match Regexp    ${result.stdout}    (?s)edit +event ([\\d,]+) with .*found +edited: event \\1:
    Directory Should Be Empty    ${DIRECTORY}${/}tmp
    No Process Should Have In Its Environment    TMPDIR=${DIRECTORY}${/}tmp

Its Events Stay In A Database That Is Named
    ${result}=    Run Indelible    demo    --requests    80
    Should Have Ended    ${result}    0
    Should Match Regexp    ${result.stdout}    (?m)^verify +160 events: PROVEN
    Should Contain    ${result.stdout}    no row of a database that is named is edited
    Should Not Contain    ${result.stdout}    TAMPERED
    ${result}=    Run Indelible    count    --action    user.login    --outcome    failure
    Should Be Equal    ${result.stdout}    16
    ${result}=    Run Indelible    count
    Should Be Equal    ${result.stdout}    160
