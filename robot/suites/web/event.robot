*** Settings ***
Documentation       One event with all that belongs to it, the history of a thing, what somebody did.

Resource            web.resource

Test Setup          Serve Story
Test Teardown       Leave


*** Test Cases ***
An Event Says Who Did What, And What Was Changed
    Visit List    target=invoice:981&action=invoice.update&${STORY}
    Follow    ${EVENT} a
    Wait Until Page Contains Element    css:[data-diff]
    Address Should Hold    /events/${LOG}[ids][updated]
    Element Should Contain    css:[data-diff] [data-path="total"]    1000
    Element Should Contain    css:[data-diff] [data-path="total"]    1200
    Element Should Contain    css:[data-diff] [data-path="address/city"]    Bern
    Element Should Contain    css:[data-diff] [data-path="address/city"]    Zürich
    Page Should Not Contain Element    css:[data-diff] [data-path="address/country"]
    FOR    ${text}    IN    user:anna    invoice.update    Wrong total on the first draft    203.0.113.7
        Page Should Contain    ${text}
    END
    Element Should Contain    css:[data-place]    audit
    Take Picture    event

Its Time Is The Reader's And UTC
    Visit Event    updated
    ${text}=    Text Of Page
    Should Contain    ${text}    14:05
    Should Contain    ${text}    15:05    it is an hour later in Zürich

A Redacted Value Is Marked, And Is Nowhere
    Visit Event    updated
    Page Should Contain Element    css:[data-diff] [data-path="iban"] .before [data-redacted]
    Page Should Contain Element    css:[data-diff] [data-path="iban"] .after [data-redacted]
    # The password, in the details.
    Page Should Contain Element    css:dl.members dd > [data-redacted]
    ${source}=    Get Source
    Should Not Contain    ${source}    correct horse
    Should Not Contain    ${source}    3704 0044

Its Neighbours By Request And By Trace
    Visit Event    updated
    Page Should Contain Element    css:[data-neighbours="request"] a[href*="${LOG}[ids][neighbour]"]
    Page Should Contain Element    css:[data-neighbours="trace"] a[href*="${LOG}[ids][traced]"]
    Follow    css:[data-neighbours="trace"] a[href*="${LOG}[ids][traced]"]
    Wait Until Location Contains    ${LOG}[ids][traced]
    Page Should Contain    service:mailer

Its Proof Is Fetched And Checked
    Visit Event    updated
    Follow    css:[data-proof-check]
    Wait Until Page Contains Element    css:[data-proof-result="proven"]
    Take Picture    proof    [data-proof-result]

Its Proof Can Be Taken Away And Checked Elsewhere
    Visit Event    updated
    Keep Downloads
    Follow    css:a[href$=".tlog-proof"]
    ${file}=    Wait For Download    .tlog-proof
    ${result}=    Run Indelible    verify-proof    ${file}    --key    ${LOG}[vkey]    --table
    Should Be Equal As Integers    ${result}[rc]    0    ${result}[err]
    Should Contain    ${result}[out]    PROVEN

A Selection Can Be Taken Away
    Visit List    target=invoice:981&${STORY}
    Keep Downloads
    Follow    css:a[href*="export"][href*="jsonl"]
    ${file}=    Wait For Download    .jsonl
    ${lines}=    Evaluate    [line for line in open($file, encoding="utf-8")]
    Length Should Be    ${lines}    5

An Event That Is Not There
    Expect Status    404
    Visit    ${PAGE}/events/01a20d8c-a01f-734c-afd8-09f2a260d38a
    Page Should Not Contain Element    css:[data-place]

The History Of A Thing
    Visit    ${PAGE}/targets/invoice:981
    ${versions}=    Get Element Count    css:ol[data-versions] > li[data-version]
    Should Be Equal As Integers    ${versions}    5
    ${text}=    Text Of Page
    FOR    ${word}    IN    1000    1200    approved    user:carla
        Should Contain    ${text}    ${word}
    END
    Page Should Contain Element    css:[data-version] a[href*="${LOG}[ids][approved]"]
    Take Picture    history

What Somebody Did
    Visit    ${PAGE}/actors/service:mailer
    Should Show Events    traced
    Page Should Contain    service:mailer
