*** Settings ***
Documentation       An import is run again after whatever interrupted it, and adds nothing twice.

Library             Databases
Resource            command_line.resource

Test Setup          Make Directory
Test Teardown       Remove Own Directory


*** Test Cases ***
Twice Into SQLite
    Imports Twice    ${URL}

Twice Into PostgreSQL
    ${url}=    New Database    postgresql
    Imports Twice    ${url}

Twice Into MariaDB
    ${url}=    New Database    mariadb
    Imports Twice    ${url}

Killed In The Middle And Run Again
    Write Events    40000
    ${process}=    Start Process    indelible    import    events.jsonl    cwd=${DIRECTORY}
    ...    env:INDELIBLE_URL=${URL}    stdout=${DIRECTORY}${/}out    stderr=${DIRECTORY}${/}err
    Wait Until Keyword Succeeds    30s    0.05s    Some Are Recorded
    Send Signal To Process    SIGKILL    ${process}
    ${result}=    Wait For Process    ${process}    timeout=30s
    Should Be Equal As Integers    ${result.rc}    -9    it was done before it could be killed
    ${before}=    Run Indelible    count
    ${result}=    Run Indelible    import    events.jsonl
    Should Have Ended    ${result}    0
    Should Contain    ${result.stdout}    "present":${before.stdout},"read":40000
    ${after}=    Run Indelible    count
    Should Be Equal    ${after.stdout}    40000

A Bad Line Is Reported, And The File Goes On Once It Is Mended
    Write Events    20
    Append To File    ${DIRECTORY}${/}events.jsonl    {"action": "b"}\n{"action": "c", "actor": "user:1"}\n
    ${result}=    Run Indelible    import    events.jsonl
    Should Have Ended    ${result}    5
    Should Say One Line    ${result}    line 21: the member 'actor' is missing
    Should Contain    ${result.stdout}    "added":20
    ${result}=    Run Indelible    import    events.jsonl    --bad-lines    skip    --rejects    bad.jsonl
    Should Have Ended    ${result}    5
    Should Contain    ${result.stdout}    "added":1,"bad":1,"dry_run":false,"present":20,"read":22
    ${rejects}=    Get File    ${DIRECTORY}${/}bad.jsonl
    Should Be Equal    ${rejects}    {"action": "b"}\n


*** Keywords ***
Imports Twice
    [Arguments]    ${url}
    VAR    ${URL}    ${url}    scope=TEST
    Write Events    2500
    ${result}=    Run Indelible    import    events.jsonl
    Should Have Ended    ${result}    0
    Should Be Equal    ${result.stdout}
    ...    {"added":2500,"bad":0,"dry_run":false,"present":0,"read":2500}
    ${result}=    Run Shell    cat events.jsonl | indelible import -
    Should Have Ended    ${result}    0
    Should Be Equal    ${result.stdout}
    ...    {"added":0,"bad":0,"dry_run":false,"present":2500,"read":2500}
    ${result}=    Run Indelible    count
    Should Be Equal    ${result.stdout}    2500

Write Events
    [Arguments]    ${number}
    ${lines}=    Evaluate
    ...    "".join('{"action": "a", "actor": "user:%d", "target": "invoice:%d"}\\n' % (n % 7, n) for n in range(${number}))
    Create File    ${DIRECTORY}${/}events.jsonl    ${lines}

Some Are Recorded
    File Should Exist    ${DIRECTORY}${/}audit.db-wal
    ${size}=    Get File Size    ${DIRECTORY}${/}audit.db-wal
    Should Be True    ${size} > 1000000
