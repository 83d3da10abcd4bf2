*** Settings ***
Documentation       From an application that records to an auditor who verifies, with the installed
...                 command and nothing else.

Resource            verification.resource

Test Setup          Make Signed Log
Test Teardown       Remove Own Directory


*** Test Cases ***
One Event Is Proven And Verified In An Empty Directory
    Go To Empty Directory
    ${id}=    Run Shell    indelible list --actor user:3 --limit 1 | python -c 'import json, sys; print(json.load(sys.stdin)["event"]["event_id"])'
    ${result}=    Run Indelible    prove    ${id.stdout}    -o    elsewhere/event.tlog-proof
    Should Have Ended    ${result}    0
    Should Contain    ${result.stderr}    is proven by the checkpoint of size 300
    ${result}=    Run There    verify-proof    event.tlog-proof    --key    ${VKEY}    --json
    Should Have Ended    ${result}    0
    Should Contain    ${result.stdout}    "proven":true
    Should Contain    ${result.stdout}    "event_id":"${id.stdout}"
    # The first character of the root becomes another one.
    Run Shell    sed -i -e '/^300$/{n;s/^A/B/;t' -e 's/^./A/;}' elsewhere/event.tlog-proof
    ${result}=    Run There    verify-proof    event.tlog-proof    --key    ${VKEY}
    Should Have Ended    ${result}    1
    Should Say One Line    ${result}    FALSE:

A Log Is Proven Under A Key And A Checkpoint That Was Kept
    ${report}=    Verify Should End With    0    --key    ${VKEY}    --pin    kept
    Should Be Equal    ${report}[outcome]    proven
    Should Be Equal    ${report}[trust]    pinned key
    Should Be Equal As Integers    ${report}[sealed]    300
    Should Be Equal As Integers    ${report}[unsealed]    3
    Should Be Equal As Integers    ${report}[pinned]    300

Without A Key Nothing Is Proven
    ${report}=    Verify Should End With    2
    Should Be Equal    ${report}[outcome]    unproven

It Could Not Be Checked
    [Template]    Could Not Be Checked
    there is no SQLite file    sqlite:///none.db    --key    ${VKEY}
    has no log 'other'    ${URL}    --key    ${VKEY}    --log    other
    No such file    ${URL}    --key    missing
    verifier key    ${URL}    --key    ${VKEY}x

Raw SQL Is Found And The Event Named
    [Documentation]    Each edit, the finding that it must give, and the edit that takes it back.
    [Template]    Is Found
    projection changed    17    UPDATE audit_event SET actor = 'user:99' WHERE seq = 17    UPDATE audit_event SET actor = 'user:3' WHERE seq = 17
    edited    123    UPDATE audit_event SET body = replace(body, 'success', 'failure') WHERE seq = 123    UPDATE audit_event SET body = replace(body, 'failure', 'success') WHERE seq = 123
    reordered    5    UPDATE audit_event SET seq = 303 WHERE seq = 5    UPDATE audit_event SET seq = 5 WHERE seq = 303

A Deleted Event Is Named
    ${result}=    Run Raw SQL    DELETE FROM audit_event WHERE seq = 200
    Should Be Equal    ${result.stdout}    1
    ${report}=    Verify Should End With    1    --key    ${VKEY}    --pin    kept
    Should Be Equal    ${report}[findings][0][kind]    deleted
    Should Be Equal As Integers    ${report}[findings][0][first]    200

Tiles Are Exported Step By Step And Verified Without The Database
    Go To Empty Directory
    ${result}=    Run Indelible    export    --tiles    elsewhere/tiles
    Should Have Ended    ${result}    0
    Should Contain    ${result.stdout}    holds events 0 to 299, 300 of them new
    Let Application Record    303    700
    ${result}=    Run Indelible    export    --tiles    elsewhere/tiles
    Should Have Ended    ${result}    0
    Should Contain    ${result.stdout}    holds events 0 to 699, 400 of them new
    Run Shell    cp kept elsewhere; rm audit.db*
    ${result}=    Run There    verify    tiles    --key    ${VKEY}    --pin    kept    --table
    Should Have Ended    ${result}    0
    Should Contain    ${result.stdout}    PROVEN, resting on: pinned key
    Run Shell    printf x | dd of=elsewhere/tiles/tile/entries/001 bs=1 seek=40 conv=notrunc
    ${result}=    Run There    verify    tiles    --key    ${VKEY}    --table
    Should Have Ended    ${result}    1
    Should Contain    ${result.stdout}    edited: event 256

A Log In A Real Database
    [Setup]    NONE
    [Template]    Is Proven, Hardened And Looked At
    sqlite    0
    postgresql    0
    # MariaDB has no trigger for TRUNCATE, and the tests' account may do everything.
    mariadb    1


*** Keywords ***
Could Not Be Checked
    [Arguments]    ${message}    ${target}    @{arguments}
    ${result}=    Run Indelible    verify    ${target}    @{arguments}
    Should Have Ended    ${result}    2
    Should Say One Line    ${result}    ${message}
    Should Be Empty    ${result.stdout}

Is Found
    [Arguments]    ${kind}    ${number}    ${edit}    ${back}
    ${result}=    Run Raw SQL    ${edit}
    Should Not Be Equal    ${result.stdout}    0    ${result.stderr}
    ${report}=    Verify Should End With    1    --key    ${VKEY}    --pin    kept
    Should Be Equal    ${report}[findings][0][kind]    ${kind}
    Should Be Equal As Integers    ${report}[findings][0][first]    ${number}
    Run Raw SQL    ${back}
    ${report}=    Verify Should End With    0    --key    ${VKEY}    --pin    kept
    Should Be Empty    ${report}[findings]

Is Proven, Hardened And Looked At
    [Arguments]    ${kind}    ${doctor}
    Make Signed Log    ${kind}
    ${report}=    Verify Should End With    0    --key    ${VKEY}    --pin    kept
    Should Be Equal As Integers    ${report}[size]    303
    ${result}=    Run Indelible    doctor    --signing-key    log.key    --table
    Should Have Ended    ${result}    1
    Should Contain    ${result.stdout}    the account may change events where they stand
    ${result}=    Run Indelible    db    harden
    Should Have Ended    ${result}    0
    ${result}=    Run Indelible    doctor    --signing-key    log.key    --table
    Should Have Ended    ${result}    ${doctor}
    ${result}=    Run Raw SQL    UPDATE audit_event SET actor = 'user:99' WHERE seq = 17
    Should Contain    ${result.stderr}    indelible refuses to change what is recorded
    ${result}=    Run Indelible    db    harden    --off
    Should Have Ended    ${result}    0
    ${result}=    Run Raw SQL    UPDATE audit_event SET actor = 'user:99' WHERE seq = 17
    Should Be Equal    ${result.stdout}    1    ${result.stderr}
    ${report}=    Verify Should End With    1    --key    ${VKEY}    --pin    kept
    Should Be Equal    ${report}[findings][0][kind]    projection changed
    Should Be Equal As Integers    ${report}[findings][0][first]    17
    Remove Own Directory
