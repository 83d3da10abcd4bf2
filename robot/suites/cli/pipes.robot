*** Settings ***
Documentation       The command among others: in pipes, interrupted, and without its libraries.

Resource            command_line.resource

Test Setup          Make Directory
Test Teardown       Remove Own Directory


*** Test Cases ***
What One Command Prints Another One Reads
    Run Indelible    record    a    --actor    user:1
    ${result}=    Run Shell    indelible list | python -c 'import json, sys; print(json.loads(sys.stdin.readline())["event"]["action"])'
    Should Have Ended    ${result}    0
    Should Be Equal    ${result.stdout}    a

A Reader That Leaves Early Is No Error To See
    ${lines}=    Evaluate    ('{"action": "a", "actor": "user:1", "details": {"text": "' + 'x' * 500 + '"}}\\n') * 1000
    Create File    ${DIRECTORY}${/}events.jsonl    ${lines}
    Run Indelible    import    events.jsonl
    ${result}=    Run Shell    (indelible list --limit 1000; echo "code $?" >&2) | head -n 1 > /dev/null
    Should Be Equal    ${result.stderr}    code 141

A Closed Standard Input Is An Empty One
    ${result}=    Run Shell    indelible import - < /dev/null
    Should Have Ended    ${result}    0
    Should Contain    ${result.stdout}    "read":0

Ctrl C
    [Template]    Ends It In Order
    SIGINT    130
    SIGTERM    143

The Help Imports Little
    [Documentation]    Its speed is measured elsewhere; this is where it comes from.
    ${result}=    Run Process    python    -X    importtime    -m    indelible    --help    stdin=NONE
    Should Be Equal As Integers    ${result.rc}    0
    FOR    ${module}    IN    sqlalchemy    alembic    cryptography    rich    http.server
        Should Not Match Regexp    ${result.stderr}    (?m)\\|\\s+${module}$
    END
    Should Match Regexp    ${result.stderr}    (?m)\\|\\s+click$

Without Its Libraries It Says What To Install
    ${code}=    Catenate    SEPARATOR=;
    ...    import sys
    ...    sys.modules["rich"] = None
    ...    from indelible.cli import main
    ...    main()
    ${result}=    Run Process    python    -c    ${code}    stdin=NONE
    Should Have Ended    ${result}    3
    Should Say One Line    ${result}    Run: pip install 'indelible[cli]'
    Should Be Empty    ${result.stdout}


*** Keywords ***
Ends It In Order
    [Documentation]    An import whose source goes on for ever is interrupted once it has read some.
    [Arguments]    ${signal}    ${code}
    Run Indelible    db    upgrade
    ${writer}=    Catenate    SEPARATOR=\n
    ...    import time
    ...    while True:
    ...    ${SPACE}${SPACE}print('{"action": "a", "actor": "user:1"}', flush=True)
    ...    ${SPACE}${SPACE}time.sleep(0.001)
    Create File    ${DIRECTORY}${/}writer.py    ${writer}
    # The shell becomes the import, so that the signal reaches that and nothing else.
    ${process}=    Start Process    bash    -c    exec indelible import - < <(python writer.py 2> writer.err)
    ...    cwd=${DIRECTORY}    env:INDELIBLE_URL=${URL}
    ...    stdout=${DIRECTORY}${/}out    stderr=${DIRECTORY}${/}err
    Wait Until Keyword Succeeds    30s    0.2s    Something Is Recorded
    Send Signal To Process    ${signal}    ${process}
    ${result}=    Wait For Process    ${process}    timeout=30s    on_timeout=kill
    Should Have Ended    ${result}    ${code}
    Should Be Empty    ${result.stdout}

Something Is Recorded
    ${result}=    Run Indelible    count
    Should Match Regexp    ${result.stdout}    ^[1-9]
