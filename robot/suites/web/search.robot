*** Settings ***
Documentation       Finding events: the form, chips, the histogram, and links to share.

Resource            web.resource

Test Setup          Serve Story
Test Teardown       Leave


*** Test Cases ***
The Newest Events Come First
    Visit List    limit=12
    ${newest}=    Get Element Attribute    ${EVENT}    data-event
    Visit List    limit=12&order=oldest
    ${oldest}=    Get Element Attribute    ${EVENT}    data-event
    Should Be True    $newest > $oldest    ids are in the order of time
    Visit List    action=invoice.*&${STORY}
    Take Picture    list

The Form Finds Events, And Its Address Can Be Shared
    Visit List
    Input Text    ${SEARCH} [name="target"]    invoice:981
    Press Keys    ${SEARCH} [name="target"]    RETURN
    Wait Until Page Contains Element    css:[data-chip="target"]
    Should Show Events    denied    approved    sent    updated    created
    ${address}=    Get Location
    Should Contain    ${address}    target=invoice
    Visit    ${address}
    Should Show Events    denied    approved    sent    updated    created

A Chip Says What Is Searched, And Goes
    Visit List    target=invoice:981&actor=user:anna&${STORY}
    Element Should Contain    css:[data-chip="actor"]    user:anna
    Should Show Events    updated    created
    Follow    css:[data-chip="actor"] [data-chip-remove], [data-chip="actor"][data-chip-remove]
    Wait Until Page Does Not Contain Element    css:[data-chip="actor"]
    Should Show Events    denied    approved    sent    updated    created
    Page Should Contain Element    css:[data-chip="target"]
    ${address}=    Get Location
    Should Not Contain    ${address}    actor=

A Click Into The Histogram Narrows The Time
    Visit List    target=invoice:981&${STORY}
    # On a slow machine it follows the list.
    Wait Until Page Contains Element    css:[data-histogram] [data-bucket]
    ${before}=    Get Element Count    css:[data-histogram] [data-bucket]
    Should Be Equal As Integers    ${before}    5
    Follow    css:[data-histogram] [data-bucket]:first-child, [data-histogram] li:first-child [data-bucket]
    Wait Until Page Contains Element    css:[data-chip="since"]
    Should Show Events    created
    Address Should Hold    since=
    Address Should Hold    target=invoice

Each Filter, Patterns And The Oldest First
    [Documentation]    Each line finds less than it would if one of its filters were left out.
    [Template]    Should Find
    action=invoice.*&target=invoice:981&order=oldest    created    updated    sent    approved    denied
    action=invoice.send&action=invoice.approve&target=invoice:981    approved    sent
    target=invoice:981&outcome=denied    denied
    target=invoice:981&tenant=globex
    target=invoice:981&since=2026-02-26T00:00:00Z    denied    approved
    target=customer:77&source_ip=203.0.113.7    neighbour
    trace_id=4bf92f3577b34da6a3ce929d0e0e4736&target_type=customer    traced    neighbour
    request_id=req-8c1f&order=oldest    updated    neighbour
    trace_id=4bf92f3577b34da6a3ce929d0e0e4736    traced    neighbour    updated
    changed=address    updated    created
    changed=address/city    updated
    actor_type=service    traced
    detail=channel%3D"web"    updated

What Matches Nothing Says So
    Visit List    action=no.such.action&${STORY}
    Page Should Contain Element    ${EMPTY LIST}
    Page Should Not Contain Element    ${EVENT}

A Filter That Cannot Work Is Told
    [Template]    Should Be Told
    since=soon
    actor=nobody
    limit=many
    cursor=abc
    detail=nothing


*** Keywords ***
Should Find
    [Arguments]    ${query}    @{names}
    Visit List    ${query}&${STORY}
    Should Show Events    @{names}

Should Be Told
    [Arguments]    ${query}
    Expect Status    400
    Visit    ${PAGE}/?${query}
    Page Should Contain Element    css:[data-error]
    Page Should Contain Element    ${SEARCH}
