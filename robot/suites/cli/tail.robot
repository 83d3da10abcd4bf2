*** Settings ***
Documentation       The log is followed by a program among others, in pipes and in files.

Resource            command_line.resource

Test Setup          Make Directory
Test Teardown       Remove Own Directory


*** Test Cases ***
It Ends When Its Reader Has Ended Though Nothing More Is Recorded
    Run Indelible    record    a    --actor    user:1
    ${result}=    Run Shell    (indelible tail --follow; echo "code $?" >&2) | head -n 1
    Should Contain    ${result.stdout}    "action":"a"
    Should Be Equal    ${result.stderr}    code 141

Each Event Is Written At Once
    [Documentation]    The file holds an event long before a buffer would be full.
    Run Indelible    db    upgrade
    ${process}=    Start Following    --poll    0.1
    Run Indelible    record    first    --actor    user:1
    Wait Until Keyword Succeeds    30s    0.2s    File Holds    "action":"first"
    Run Indelible    record    second    --actor    user:1
    Wait Until Keyword Succeeds    30s    0.2s    File Holds    "action":"second"
    Send Signal To Process    SIGINT    ${process}
    ${result}=    Wait For Process    ${process}    timeout=30s    on_timeout=kill
    Should Have Ended    ${result}    130
    Should Say One Line    ${result}    To go on from here: --after 1

What Was Shipped Is Taken Up Again Without A Gap Or A Repetition
    Run Shell    for n in 1 2 3 4 5; do echo '{"action": "a", "actor": "user:1"}'; done | indelible import -
    ${result}=    Run Shell    indelible tail --after -1 --until-seq 2
    ${first}=    Numbers In    ${result.stdout}
    ${result}=    Run Shell    indelible tail --after 1 --follow --until-seq 5
    ${second}=    Numbers In    ${result.stdout}
    Should Be Equal    ${first} ${second}    [0, 1] [2, 3, 4]


*** Keywords ***
Start Following
    [Arguments]    @{arguments}
    ${process}=    Start Process    indelible    tail    --follow    @{arguments}
    ...    cwd=${DIRECTORY}    stdin=NONE    env:INDELIBLE_URL=${URL}    env:PYTHONUNBUFFERED=${EMPTY}
    ...    stdout=${DIRECTORY}${/}followed    stderr=${DIRECTORY}${/}err
    RETURN    ${process}

File Holds
    [Arguments]    ${text}
    ${content}=    Get File    ${DIRECTORY}${/}followed
    Should Contain    ${content}    ${text}

Numbers In
    [Arguments]    ${lines}
    ${numbers}=    Evaluate    [json.loads(line)["seq"] for line in $lines.splitlines()]    modules=json
    RETURN    ${numbers}
