*** Settings ***
Documentation       The script for bash, taken in by a bash and asked as its Tab key would.

Resource            command_line.resource

Test Setup          Make Directory
Test Teardown       Remove Own Directory


*** Test Cases ***
Bash Completes
    [Template]    Bash Offers
    indelible hist                    history
    indelible list --outcome d        denied
    indelible list --source           --source-ip
    indelible facets target           target target_type
    indelible db u                    upgrade
    indelible stats --bucket we       week

Bash Knows The Command
    ${result}=    Run Shell    eval "$(indelible completion bash)"; complete -p indelible
    Should Have Ended    ${result}    0
    Should Contain    ${result.stdout}    -F _indelible_completion indelible


*** Keywords ***
Bash Offers
    [Arguments]    ${line}    ${offers}
    ${script}=    Catenate    SEPARATOR=\n
    ...    eval "$(indelible completion bash)"
    ...    COMP_WORDS=(${line})
    ...    COMP_CWORD=$(( $\{#COMP_WORDS[@]} - 1 ))
    ...    _indelible_completion indelible
    ...    echo "$\{COMPREPLY[@]}"
    ${result}=    Run Shell    ${script}
    Should Have Ended    ${result}    0
    Should Be Equal    ${result.stdout}    ${offers}
