*** Settings ***
Documentation       What people with bad intentions have stored is shown as text, and does nothing.

Resource            web.resource

Suite Setup         Serve Hostile Values
Suite Teardown      End Pages
Test Setup          Use Chromium
Test Teardown       Leave


*** Test Cases ***
In The List
    Visit List    action=note.write&limit=200
    Should Be Harmless
    ${text}=    Text Of Page
    Should Not Contain    ${text}    \u202E
    Visit List    actor_type=user&limit=200
    Should Be Harmless
    ${text}=    Text Of Page
    Should Contain    ${text}    <script>window.hit=1;alert(1)</script>
    Should Contain    ${text}    {{7*7}}

In Events
    FOR    ${name}    IN    @{LOG}[ids]
        Visit Event    ${name}
        Should Be Harmless
    END

In Proofs And Histories
    FOR    ${name}    IN    script    attribute    html    long
        Visit Event    ${name}
        Follow    css:[data-proof-check]
        Wait Until Page Contains Element    css:[data-proof-result="proven"]
        Should Be Harmless
        Visit Event    ${name}
        Follow    css:a[href*="/targets/"]
        Wait Until Page Contains Element    css:[data-version]
        Should Be Harmless
    END

What Would Get In Could Do Nothing
    [Documentation]    The policy of every page forbids what the escaping would have let through.
    Expect Status    404
    FOR    ${path}    IN    /    /events/${LOG}[ids][script]    /targets/note:1    /log    /nothing
        Visit    ${PAGE}${path}
        Attempts Should Fail
        Wait For Complaint    Content Security Policy
    END
    # What the browser has complained of is what was expected.
    Use Chromium

They Are Shown As They Are
    [Template]    Should Be Shown
    script
    attribute
    quotes
    template
    style
    html
    base
    refresh
    address
    csv
    path
    htmx

Directions And Controls Are Shown, Not Obeyed
    Visit Event    bidi
    ${text}=    Text Of Page
    FOR    ${character}    IN    \u202E    \u2066    \u202D
        Should Not Contain    ${text}    ${character}
    END
    Visit Event    controls
    ${source}=    Get Source
    FOR    ${character}    IN    \x1b    \x07    \x7f
        Should Not Contain    ${source}    ${character}
    END

On A Phone
    Use Phone
    FOR    ${name}    IN    long    joined    html    bidi
        Visit Event    ${name}
        Should Be Harmless
    END

In The Address
    [Template]    Should Be Harmless In Address
    action
    actor
    target
    request_id
    text
    since
    cursor
    nonsense

In The Path
    Expect Status    404
    Expect Status    400
    Visit    ${PAGE}/events/%3Cscript%3Ewindow.hit=1%3C%2Fscript%3E
    Should Be Harmless
    Visit    ${PAGE}/targets/note:%3Cimg%20id=injected%20src=x%20onerror=alert(1)%3E
    Should Be Harmless


*** Keywords ***
Serve Hostile Values
    ${log}=    Tell Hostile Values
    Serve Log    ${log}

Should Be Harmless
    Nothing Should Be Injected
    Page Should Fit
    ${title}=    Get Title
    Should Match Regexp    ${title}    (?i)indelible|audit|log|event

Should Be Shown
    [Arguments]    ${name}
    ${values}=    Hostile Values
    Visit Event    ${name}
    ${text}=    Text Of Page
    Should Contain    ${text}    ${values}[${name}]

Should Be Harmless In Address
    [Arguments]    ${parameter}
    Expect Status    400
    ${values}=    Hostile Values
    FOR    ${name}    IN    script    attribute    bidi
        ${value}=    Evaluate    urllib.parse.quote($values[$name])    urllib.parse
        Visit    ${PAGE}/?${parameter}=${value}
        Should Be Harmless
    END
