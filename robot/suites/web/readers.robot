*** Settings ***
Documentation       Who may read, and what of it: tokens, and readers of one tenant.

Resource            web.resource

Suite Teardown      End Pages
Test Setup          Use Chromium
Test Teardown       Leave


*** Test Cases ***
A Reader Of One Tenant Sees Nothing Of The Others
    ${log}=    Tell Story
    VAR    ${LOG}    ${log}    scope=TEST
    ${page}=    Mount Page    ${log}    globex
    VAR    ${PAGE}    ${page}    scope=TEST
    Visit List    limit=200
    ${shown}=    Events On Page
    Should Not Be Empty    ${shown}
    ${source}=    Get Source
    Should Not Contain    ${source}    acme
    Visit List    tenant=acme
    Page Should Contain Element    ${EMPTY LIST}
    Visit List    target=invoice:981
    Page Should Contain Element    ${EMPTY LIST}
    Expect Status    404
    Visit    ${PAGE}/events/${LOG}[ids][updated]
    ${text}=    Text Of Page
    Should Not Contain    ${text}    anna
    Visit    ${PAGE}/events/${LOG}[ids][updated]/proof
    ${text}=    Text Of Page
    Should Not Contain    ${text}    anna
    Visit    ${PAGE}/targets/invoice:981
    ${text}=    Text Of Page
    Should Not Contain    ${text}    1200

Under A Path Of The Application's Own
    [Documentation]    Where the application's hook says who reads, and that is recorded.
    ${log}=    Copy Story
    VAR    ${LOG}    ${log}    scope=TEST
    ${page}=    Mount Page    ${log}
    VAR    ${PAGE}    ${page}    scope=TEST
    ${before}=    Count Events    ${log}[url]    actor=user:rita
    Visit List    target=invoice:981&${STORY}
    Follow    ${EVENT} a
    Wait Until Location Contains    /internal/audit/events/
    ${after}=    Count Events    ${log}[url]    actor=user:rita
    Should Be Equal As Integers    ${before}    0
    Should Be Equal As Integers    ${after}    2    the list and the event
    Follow    css:[data-proof-check]
    Wait Until Page Contains Element    css:[data-proof-result="proven"]

A Token Is Asked For
    ${log}=    Copy Story
    VAR    ${LOG}    ${log}    scope=TEST
    ${file}    ${token}=    Write Token
    ${page}=    Serve Page    ${log}[url]    --token-file    ${file}
    VAR    ${PAGE}    ${page}    scope=TEST
    Expect Status    401
    Visit    ${PAGE}/?target=invoice:981
    Page Should Not Contain Element    ${EVENT}
    Sign In    not the token, by far
    Page Should Contain Element    css:[data-error]
    Page Should Not Contain Element    ${EVENT}
    Visit    ${PAGE}/?target=invoice:981
    Sign In    ${token}
    Wait Until Page Contains Element    css:[data-chip="target"]
    Page Should Contain Element    ${EVENT}
    ${source}=    Get Source
    Should Not Contain    ${source}    ${token}
    ${address}=    Get Location
    Should Not Contain    ${address}    ${token}
    Click Button    Sign out
    Wait Until Page Contains Element    css:[name="token"]
    Page Should Not Contain Element    ${EVENT}


*** Keywords ***
Sign In
    [Arguments]    ${token}
    Input Password    css:[name="token"]    ${token}
    Click Button    Sign in
