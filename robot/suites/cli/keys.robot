*** Settings ***
Documentation       Keys, checkpoints and hardening with the installed command, as an operator uses it.

Resource            command_line.resource

Test Setup          Make Directory
Test Teardown       Remove Own Directory


*** Test Cases ***
A Key Is Private And Its Verifier Key Is The Last Word
    ${result}=    Run Shell    umask 000; indelible keys generate key
    Should Have Ended    ${result}    0
    ${mode}=    Run Shell    stat -c %a key
    Should Be Equal    ${mode.stdout}    600
    ${last}=    Run Shell    indelible keys show key | awk 'END { print $NF }'
    Should Match Regexp    ${last.stdout}    ^audit\\+[0-9a-f]{8}\\+[A-Za-z0-9+/]{44}$
    Should End With    ${result.stdout}    ${last.stdout}
    ${content}=    Get File    ${DIRECTORY}${/}key
    Should Match Regexp    ${content}    ^PRIVATE\\+KEY\\+audit\\+[0-9a-f]{8}\\+[A-Za-z0-9+/]{44}\\n$

What Cannot Be A Key
    [Setup]    Make Directory, Key And Event
    [Template]    Should Fail
    3    a key is never written over    keys    generate    key
    3    its directory does not exist    keys    generate    no/key
    3    there is no such file    keys    show    none
    3    it is not a regular file    keys    show    /dev/null
    3    its mode is 0644    keys    show    audit.db
    3    no key is named    checkpoint
    3    there is no such file    checkpoint    --signing-key    none

A Key That Others Can Read Signs Nothing
    [Setup]    Make Directory, Key And Event
    ${result}=    Run Shell    chmod 640 key; indelible checkpoint --signing-key key
    Should Have Ended    ${result}    3
    Should Say One Line    ${result}    its mode is 0640
    Should Be Empty    ${result.stdout}

A Checkpoint Is Kept Outside And A Restored Copy Is Not Signed
    [Setup]    Make Directory, Key And Event
    ${result}=    Run Indelible    checkpoint    --signing-key    key    --sink    checkpoints
    Should Have Ended    ${result}    0
    Run Shell    cp audit.db old.db
    Run Indelible    record    b    --actor    user:42
    ${result}=    Run Indelible    checkpoint    --signing-key    key    --sink    checkpoints    --note
    Should Have Ended    ${result}    0
    ${kept}=    Get File    ${DIRECTORY}${/}checkpoints
    Should Contain    ${kept}    ${result.stdout}
    Run Shell    rm -f audit.db-wal audit.db-shm; cp old.db audit.db
    ${result}=    Run Indelible    checkpoint    --signing-key    key
    Should Have Ended    ${result}    5
    Should Say One Line    ${result}    has 1 events, and this key has signed a checkpoint of 2

A Key Killed While It Signs Leaves A State That Can Be Used
    [Setup]    Make Directory, Key And Event
    FOR    ${pause}    IN    0.15    0.25    0.35    0.45
        Run Shell    indelible record c --actor user:42; timeout -s KILL ${pause} indelible checkpoint --signing-key key
    END
    ${result}=    Run Indelible    checkpoint    --signing-key    key
    Should Have Ended    ${result}    0
    Should Contain    ${result.stdout}    "size":5

Hardened Tables Refuse Raw SQL
    [Setup]    Make Directory, Key And Event
    ${result}=    Run Indelible    db    harden
    Should Have Ended    ${result}    0
    ${result}=    Run Shell    python3 -c "import sqlite3; sqlite3.connect('audit.db').execute('DELETE FROM audit_event')"
    Should Contain    ${result.stderr}    indelible refuses to change what is recorded
    ${result}=    Run Indelible    doctor    --signing-key    key    --table
    Should Have Ended    ${result}    0
    Should Contain    ${result.stdout}    a trigger refuses it
    ${result}=    Run Indelible    count
    Should Be Equal    ${result.stdout}    1


*** Keywords ***
Make Directory, Key And Event
    Make Directory
    ${result}=    Run Indelible    keys    generate    key
    Should Have Ended    ${result}    0
    ${result}=    Run Indelible    record    invoice.update    --actor    user:42
    Should Have Ended    ${result}    0

Should Fail
    [Arguments]    ${code}    ${text}    @{arguments}
    ${result}=    Run Indelible    @{arguments}
    Should Have Ended    ${result}    ${code}
    Should Say One Line    ${result}    ${text}
    Should Be Empty    ${result.stdout}
