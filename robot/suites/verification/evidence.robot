*** Settings ***
Documentation       A bundle of evidence on the auditor's machine, where Indelible is not installed,
...                 and one that was made by Indelible as it is installed from its wheel.

Library             Packages
Resource            verification.resource

Test Setup          Make Bundle
Test Teardown       Remove Own Directory


*** Variables ***
# The interpreter sees the standard library and, if told, one directory: no environment, no site.
${ALONE}            import runpy, sys; sys.argv = sys.argv[1:]; sys.path += [sys.argv.pop(0)]
...                 \ntry: import indelible
...                 \nexcept ImportError: runpy.run_path(sys.argv[0], run_name="__main__")
...                 \nelse: sys.exit("indelible is there")


*** Test Cases ***
The Bundle Verifies Itself Where Indelible Is Not Installed
    ${library}=    Make Directory With Cryptography Alone
    ${result}=    Run Alone    ${library}    evidence.zip    --key    ${VKEY}
    Should Have Ended    ${result}    0
    Should Contain    ${result.stdout}    PROVEN: each of the 43 events is in the log
    Should Contain    ${result.stdout}    the key that you named
    ${result}=    Run Alone    ${library}    evidence.zip    --key    ${OTHER}
    Should Have Ended    ${result}    1
    Should Contain    ${result.stdout}    FALSE: the checkpoint is not signed by

The Unpacked Script Verifies Too, And Finds A Changed Proof
    ${library}=    Make Directory With Cryptography Alone
    Run Shell    cd elsewhere && python -m zipfile -e evidence.zip .
    ${result}=    Run Alone    ${library}    verify.py    --key    ${VKEY}
    Should Have Ended    ${result}    0
    ${result}=    Run Shell    sed -i 's/^index 3$/index 4/' elsewhere/proofs/3.tlog-proof; grep -c '^index 4$' elsewhere/proofs/3.tlog-proof
    Should Be Equal    ${result.stdout}    1
    ${result}=    Run Alone    ${library}    verify.py    --key    ${VKEY}
    Should Have Ended    ${result}    1
    Should Contain    ${result.stdout}    FALSE${SPACE * 8}3

With The Standard Library Alone It Says That The Signature Was Not Checked
    ${result}=    Run Unmeasured    python    -I    -S    evidence.zip    --key    ${VKEY}    cwd=${ELSEWHERE}
    Should Be Equal As Integers    ${result.returncode}    2    ${result.stderr}
    Should Contain    ${result.stdout}    the signature was NOT checked
    Should Contain    ${result.stdout}    in the log

The Wheel Carries The Script, And Makes Bundles That Verify
    ${wheel}=    Make Wheel
    ${result}=    Run Shell    python -m zipfile -l ${wheel}
    Should Contain    ${result.stdout}    indelible/verification/evidence_script.py
    ${installed}=    Install Wheel    ${wheel}
    ${result}=    Run Unmeasured    python    -c    import indelible; print(indelible.__file__)
    ...    cwd=${DIRECTORY}    path=${installed}
    Should Start With    ${result.stdout}    ${installed}
    ${result}=    Run Unmeasured    python    -m    indelible    evidence    --actor    user:5
    ...    -o    ${ELSEWHERE}/wheel.zip    --url    ${URL}    cwd=${DIRECTORY}    path=${installed}
    Should Be Equal As Integers    ${result.returncode}    0    ${result.stderr}
    ${library}=    Make Directory With Cryptography Alone
    ${result}=    Run Alone    ${library}    wheel.zip    --key    ${VKEY}
    Should Have Ended    ${result}    0
    Should Contain    ${result.stdout}    PROVEN: each of the 43 events is in the log
    Should Contain    ${result.stdout}    user:5


*** Keywords ***
Make Bundle
    Make Signed Log
    Go To Empty Directory
    ${result}=    Run Shell    indelible keys generate other.key | awk 'END { print $NF }'
    VAR    ${OTHER}    ${result.stdout}    scope=TEST
    ${result}=    Run Indelible    evidence    --actor    user:3    -o    elsewhere/evidence.zip
    Should Have Ended    ${result}    0
    Should Contain    ${result.stdout}    43 events with their proofs, by the checkpoint of size 300

Run Alone
    [Documentation]    Runs a script of the bundle's with one directory to import from.
    [Arguments]    ${library}    ${script}    @{arguments}
    ${result}=    Run Process    python    -I    -S    -c    ${ALONE}    ${library}    ${script}    @{arguments}
    ...    cwd=${ELSEWHERE}    stdin=NONE    timeout=60s    on_timeout=kill
    RETURN    ${result}
