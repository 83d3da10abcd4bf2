*** Settings ***
Documentation       The test of the tests: what these suites look for in every page is found in small
...                 pages that are wrong in that one way, and not in one that is right.

Resource            web.resource

Suite Setup         Serve Samples
Suite Teardown      End Samples
Test Setup          Use Chromium
Test Teardown       Nothing Should Have Gone Wrong


*** Test Cases ***
Nothing Is Found In A Good Page
    FOR    ${scheme}    IN    light    dark
        Prefer    ${scheme}
        Visit    ${SAMPLES}/good
        Text Should Have Contrast
    END
    Page Should Be Dark
    Page Should Fit
    Use Phone
    Page Should Fit
    Everything Should Have A Name
    Nothing Should Be Injected
    ${stops}=    Keyboard Should Reach Everything
    Should Be Equal As Integers    ${stops}    3

What The Browser Logs Is Found
    [Template]    Should Be Complained Of
    error    broken
    warning    soon broken
    exception    undefined_function
    dialog    a dialog opened: hit
    missing    404 from
    foreign-picture    a request to elsewhere: http://elsewhere.example/a.png
    foreign-style    a request to elsewhere: http://elsewhere.example/a.css
    foreign-socket    a connection to elsewhere: ws://elsewhere.example/
    another-port    a request to elsewhere: http://127.0.0.1:9/a.png
    forbidden    Content Security Policy

A Status Is Forgiven Only Where It Was Expected
    Expect Status    404
    Visit    ${SAMPLES}/nothing
    Nothing Should Have Gone Wrong
    Use Chromium
    Visit    ${SAMPLES}/nothing
    Run Keyword And Expect Error    *404 from*    Nothing Should Have Gone Wrong

What A Reader Cannot Read Is Found
    Found On    weak-text    *2.*: P. Weak.*    Text Should Have Contrast
    Found On    weak-by-opacity    *: P. Weak.*    Text Should Have Contrast
    Found On    weak-hint    *: INPUT. its hint*    Text Should Have Contrast
    Prefer    dark
    Found On    weak-in-the-dark    *1.*: P. Dark on dark.*    Text Should Have Contrast
    Found On    bright-in-the-dark    the background's luminance is 1*    Page Should Be Dark

What Is Wider Than The Window Is Found
    Found On    wide    wider than the window: *DIV*    Page Should Fit
    Use Phone
    Found On    long-word    wider than the window: *    Page Should Fit

What A Keyboard Does Not Reach Is Found
    Found On    trap    the Tab key does not reach *#end*    Keyboard Should Reach Everything
    Found On    hidden-focus    these do not show*#one*    Keyboard Should Reach Everything
    Found On    other-order    the Tab key goes another way*    Keyboard Should Reach Everything

What A Screen Reader Cannot Name Is Found
    [Template]    Found Nameless On
    nameless-link    without a name: *link*
    nameless-field    without a name: *searchbox*
    nameless-picture    without a name: *image*
    two-headings    the page lacks *one heading*
    same-id    the page lacks *each id: a*

What A Page Would Let Through Is Found
    [Documentation]    The good page has no policy that forbids anything.
    Visit    ${SAMPLES}/good
    ${error}=    Run Keyword And Expect Error    the browser obeys *    Attempts Should Fail
    FOR    ${what}    IN    a script    a handler    a style    a style in an attribute    a frame
    ...    an address for all links
        Should Contain    ${error}    '${what}'
    END
    # What it has asked for is no fault of the page.
    Use Chromium

What A Stored Value Must Not Become Is Found
    [Template]    Found Injected On
    element
    handler
    address
    style
    script
    frame
    base


*** Keywords ***
Should Be Complained Of
    [Arguments]    ${sample}    ${text}
    Visit    ${SAMPLES}/${sample}
    # The browser may need a moment to ask, to fail and to say so.
    Wait For Complaint    ${text}
    # What was found is nothing for the next one.
    Use Chromium

Found On
    [Arguments]    ${sample}    ${error}    ${check}
    Visit    ${SAMPLES}/${sample}
    Run Keyword And Expect Error    ${error}    ${check}

Found Nameless On
    [Arguments]    ${sample}    ${error}
    Found On    ${sample}    ${error}    Everything Should Have A Name

Found Injected On
    [Arguments]    ${sample}
    Found On    ${sample}    a stored value has become *    Nothing Should Be Injected
