*** Settings ***
Documentation       Going through a list from its newest event to its oldest while another process
...                 records: every event once, and none left out.

Resource            web.resource

Test Teardown       Stop Recording And Leave


*** Test Cases ***
With Scripts On SQLite
    Reads Every Event Once    sqlite    scripts

With Scripts On PostgreSQL
    Reads Every Event Once    postgresql    scripts

Without Scripts On SQLite
    Reads Every Event Once    sqlite    plain


*** Keywords ***
Reads Every Event Once
    [Arguments]    ${kind}    ${browser}
    Use Chromium    ${browser}
    ${log}=    Tell Orders    ${kind}    260
    Serve Log    ${log}
    Start Recording    ${log}[url]
    Visit List    action=order.place&limit=40
    ${newest}=    Get Element Attribute    ${EVENT}    data-seq
    ${seen}=    Read To The End
    ${before}=    Evaluate    int($newest) + 1
    ${recorded}=    Events Of    ${log}[url]    ${before}
    Lists Should Be Equal    ${seen}    ${recorded}
    ${now}=    Count Events    ${log}[url]    action=order.place
    ${shown}=    Get Length    ${seen}
    Should Be True    ${now} > ${shown}    nothing was recorded in the meantime

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
