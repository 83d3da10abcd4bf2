*** Settings ***
Documentation       Going through a list from its newest event to its oldest while another process
...                 records: every event once, and none left out.

Resource            web.resource

Test Teardown       Stop Recording And Leave


*** Test Cases ***
On SQLite
    Reads Every Event Once    sqlite

On PostgreSQL
    Reads Every Event Once    postgresql


*** Keywords ***
Reads Every Event Once
    [Documentation]    Once in a page that grows, and once without scripts, page by page.
    [Arguments]    ${kind}
    Use Chromium
    ${log}=    Tell Orders    ${kind}    260
    Serve Log    ${log}
    Start Recording    ${log}[url]
    FOR    ${browser}    IN    scripts    plain
        Use Chromium    ${browser}
        Visit List    action=order.place&limit=40
        ${newest}=    Get Element Attribute    ${EVENT}    data-seq
        ${seen}=    Read To The End
        Nothing Should Have Gone Wrong
        ${before}=    Evaluate    int($newest) + 1
        ${recorded}=    Events Of    ${log}[url]    ${before}
        Lists Should Be Equal    ${seen}    ${recorded}
        ${now}=    Count Events    ${log}[url]    action=order.place
        ${shown}=    Get Length    ${seen}
        Should Be True    ${now} > ${shown} > 200    nothing was recorded in the meantime
    END

Read To The End
    ${seen}=    Events On Page
    WHILE    ${True}    limit=100
        ${further}=    Get Element Count    ${MORE}
        IF    not ${further}    BREAK
        ${before}=    Events On Page
        Follow    ${MORE}
        Wait Until Keyword Succeeds    10s    0.02s    Should Show Others    ${before}
        ${now}=    Events On Page
        # Without scripts the next page takes the place of this one.
        ${seen}=    Evaluate    $now if $now[0] == $before[0] else $seen + $now
    END
    RETURN    ${seen}

Should Show Others
    [Arguments]    ${before}
    ${now}=    Events On Page
    Should Not Be Equal    ${now}    ${before}

Stop Recording And Leave
    Run Keyword And Ignore Error    Stop Recording
    Leave
    End Pages
