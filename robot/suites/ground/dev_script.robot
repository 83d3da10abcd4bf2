*** Settings ***
Documentation       The one command of the project, as a newcomer calls it.

Library             OperatingSystem
Library             Process


*** Variables ***
${DEV}      ${CURDIR}/../../../dev


*** Test Cases ***
Help Names Every Command
    ${result}=    Run Process    ${DEV}    help    stdin=NONE
    Should Be Equal As Integers    ${result.rc}    0
    FOR    ${command}    IN    demo    test    lint    types    docs    bench    soak    help
        Should Contain    ${result.stdout}    ${SPACE}${SPACE}${command}
    END

It Works From Another Directory
    ${result}=    Run Process    ${DEV}    help    cwd=${TEMPDIR}    stdin=NONE
    Should Be Equal As Integers    ${result.rc}    0
    Should Contain    ${result.stdout}    usage: ./dev COMMAND

Invalid Usage
    [Template]    Is Refused With Status 2
    tset
    --version
    ${EMPTY}


*** Keywords ***
Is Refused With Status 2
    [Arguments]    ${argument}
    ${result}=    Run Process    ${DEV}    ${argument}    stdin=NONE
    Should Be Equal As Integers    ${result.rc}    2
    Should Contain    ${result.stderr}    there is no command '${argument}'
    Should Contain    ${result.stderr}    usage: ./dev COMMAND
