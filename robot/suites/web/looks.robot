*** Settings ***
Documentation       On a phone, in the dark, by keyboard, and with eyes that need contrast.

Resource            web.resource

Test Setup          Serve Story
Test Teardown       Leave


*** Test Cases ***
On A Phone No Page Is Wider Than The Screen
    Use Phone
    On Every Page    Page Should Fit

In A Window No Page Is Wider Than The Window
    On Every Page    Page Should Fit

By Keyboard Everything Is Reached, And Shows It
    On Every Page    Keyboard Should Reach Everything

The Arrow Keys Go Through A List
    Visit List    limit=8&${STORY}
    Set Focus To Element    css:[data-event]:nth-child(2) a
    Press Keys    NONE    ARROW_DOWN
    Element Should Be Focused    css:[data-event]:nth-child(3) a
    Press Keys    NONE    ARROW_UP    ARROW_UP
    Element Should Be Focused    css:[data-event]:nth-child(1) a

By Screen Reader Everything Has A Name
    On Every Page    Everything Should Have A Name

On A Phone In The Dark
    Use Phone
    Prefer    dark
    Visit List    target=invoice:981&${STORY}
    Should Be Dark With Contrast
    Page Should Fit
    Take Picture    phone-dark

In The Dark
    Prefer    dark
    On Every Page    Should Be Dark With Contrast

In The Light
    Prefer    light
    On Every Page    Text Should Have Contrast


*** Keywords ***
On Every Page
    [Arguments]    ${keyword}
    ${paths}=    Create List
    ...    /?limit=8&${STORY}
    ...    /?target=invoice:981&outcome=denied&${STORY}
    ...    /?action=no.such.action
    ...    /events/${LOG}[ids][updated]
    ...    /events/${LOG}[ids][updated]/proof
    ...    /targets/invoice:981
    ...    /actors/service:mailer
    ...    /log
    FOR    ${path}    IN    @{paths}
        Visit    ${PAGE}${path}
        Run Keyword And Continue On Failure    Told On    ${path}    ${keyword}
    END

Told On
    [Documentation]    Lets a failure say on which page it was.
    [Arguments]    ${path}    ${keyword}
    TRY
        Run Keyword    ${keyword}
    EXCEPT    AS    ${error}
        Fail    ${path}: ${error}
    END

Should Be Dark With Contrast
    Page Should Be Dark
    Text Should Have Contrast
