*** Settings ***
Documentation       A log that is as it was sealed, and one that somebody has edited with SQL.

Resource            web.resource

Test Setup          Use Chromium
Test Teardown       Leave
Suite Teardown      End Pages


*** Test Cases ***
A Log As It Was Sealed
    Serve Story
    Visit    ${PAGE}/log
    Wait Until Page Contains Element    css:[data-log-status="proven"]
    Element Should Contain    css:[data-checkpoint]    audit

A Row Is Edited
    ${log}=    Copy Story
    Serve Log    ${log}
    ${seq}=    Edit Behind Its Back    ${log}[url]    ${log}[ids][updated]    "after":1200    "after":9900
    Visit    ${PAGE}/log
    Wait Until Page Contains Element    css:[data-log-status="tampered"]
    Page Should Not Contain Element    css:[data-log-status="proven"]
    ${text}=    Text Of Page
    ${seq}=    Convert To String    ${seq}
    Should Contain    ${text}    ${seq}
    Should Match Regexp    ${text}    (?i)edited
    Take Picture    tampered    [data-log-status]
    Visit Event    updated
    Follow    css:[data-proof-check]
    Wait Until Page Contains Element    css:[data-proof-result="failed"]
    Page Should Not Contain Element    css:[data-proof-result="proven"]
    # Its neighbour is as it was.
    Visit Event    neighbour
    Follow    css:[data-proof-check]
    Wait Until Page Contains Element    css:[data-proof-result="proven"]

An Event That No Checkpoint Covers Yet
    [Documentation]    A look at the page is one: it is recorded after the checkpoint.
    Serve Story
    Visit List    ${EMPTY}
    Visit List    action=audit.read.list
    Follow    ${EVENT} a
    Follow    css:[data-proof-check]
    Wait Until Page Contains Element    css:[data-proof-result="unsealed"]
