*** Settings ***
Documentation       Servers that are killed, stopped, cut off and silent under processes that record.

Library             Crashes


*** Test Cases ***
A PostgreSQL Server
    [Template]    Survive When PostgreSQL
    is killed and restarted
    is shut down and restarted
    hangs
    is behind a proxy that stalls
    is behind a proxy that resets
    is behind a proxy that cuts after COMMIT

A MariaDB Server
    [Template]    Survive When MariaDB
    is killed and restarted
    is shut down and restarted
    hangs
    is behind a proxy that stalls
    is behind a proxy that resets
    is behind a proxy that cuts after COMMIT

A Server That Says Nothing Keeps A Synchronous Caller No Longer Than The Timeout
    [Template]    Is In Time
    postgresql
    mariadb

A Database That Refuses
    [Template]    Refusal Should Say
    sqlite    is read-only    readonly database
    postgresql    is read-only    read-only transaction
    mariadb    is read-only    --read-only
    postgresql    takes a right away    permission denied for table audit_event
    mariadb    takes a right away    INSERT command denied
    sqlite    has no tables    Run: indelible db upgrade
    postgresql    has no tables    Run: indelible db upgrade
    mariadb    has no tables    Run: indelible db upgrade
    sqlite    has tables of an older revision    Run: indelible db upgrade
    postgresql    has tables of an older revision    Run: indelible db upgrade
    mariadb    has tables of an older revision    Run: indelible db upgrade


*** Keywords ***
Survive When PostgreSQL
    [Arguments]    ${fault}
    Survive When    postgresql    ${fault}

Survive When MariaDB
    [Arguments]    ${fault}
    Survive When    mariadb    ${fault}

Survive When
    [Arguments]    ${kind}    ${fault}
    ${slowest}=    Break Server    ${kind}    ${fault}    sync    async    spool
    # 10 ms is promised; what comes on top is this machine, which other tests keep busy.
    Should Be True    ${slowest}[spool] < 0.5
    Should Be True    ${slowest}[async] < 0.5

Is In Time
    [Arguments]    ${kind}
    ${slowest}=    Silence Server    ${kind}    sync    timeout=1.0    seconds=6.0
    # Far from both: a busy machine is late as well.
    Should Be True    0.9 < ${slowest} < 4.0

Refusal Should Say
    [Arguments]    ${kind}    ${trouble}    ${text}
    FOR    ${mode}    IN    spool    sync
        Refuse Events    ${kind}    ${trouble}    ${mode}    ${text}
    END
