*** Settings ***
Documentation       Everything works in a browser that runs no scripts.

Resource            web.resource

Test Setup          Serve Story    plain
Test Teardown       Leave


*** Test Cases ***
No Script Runs Here
    [Documentation]    Otherwise the other tests would show nothing.
    Visit    data:text/html,<title>before</title><script>document.title = "after"</script>
    Title Should Be    before

Search
    Visit List
    Input Text    ${SEARCH} [name="target"]    invoice:981
    Click Element    ${SEARCH} [type="submit"]
    Wait Until Page Contains Element    css:[data-chip="target"]
    Should Show Events    denied    approved    sent    updated    created
    Follow    css:[data-chip="target"] [data-chip-remove], [data-chip="target"][data-chip-remove]
    Wait Until Page Does Not Contain Element    css:[data-chip="target"]

Pages
    Visit List    target=invoice:981&limit=2&${STORY}
    Should Show Events    denied    approved
    Follow    ${MORE}
    Wait Until Location Contains    cursor=
    Should Show Events    sent    updated
    Follow    ${MORE}
    Wait Until Page Does Not Contain Element    ${MORE}
    Should Show Events    created

An Event And Its Proof
    Visit List    target=invoice:981&action=invoice.update&${STORY}
    Follow    ${EVENT} a
    Wait Until Page Contains Element    css:[data-diff]
    Element Should Contain    css:[data-diff] [data-path="total"]    1200
    Follow    css:[data-proof-check]
    Wait Until Page Contains Element    css:[data-proof-result="proven"]

A Zone Is Chosen
    Visit Event    updated
    ${text}=    Text Of Page
    Should Not Contain    ${text}    15:05
    Input Text    css:[name="zone"]    Europe/Zurich
    Click Button    css:form.zone button
    Wait Until Page Contains    15:05
    Visit Event    neighbour
    Page Should Contain    15:06

History, Timeline And Log
    Visit    ${PAGE}/targets/invoice:981
    Page Should Contain Element    css:ol[data-versions] > li[data-version]
    Visit    ${PAGE}/actors/user:anna
    Page Should Contain Element    ${EVENT}
    Visit    ${PAGE}/log
    Page Should Contain Element    css:[data-log-status]
