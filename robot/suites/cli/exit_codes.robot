*** Settings ***
Documentation       Whatever goes wrong is one line on standard error and a code that a script can
...                 tell from others; standard output stays empty.

Resource            command_line.resource

Test Setup          Make Directory
Test Teardown       Remove Own Directory


*** Test Cases ***
Success Is 0
    ${result}=    Run Indelible    record    invoice.update    --actor    user:42
    Should Have Ended    ${result}    0
    Should Be Empty    ${result.stderr}
    Should Start With    ${result.stdout}    {"event_id":

Failures
    [Setup]    Make Directory And Tables
    [Template]    Should Fail
    1    there is no event ${ID}    show    ${ID}
    3    no database is named    count    --url    ${EMPTY}
    3    this is no database URL    count    --url    audit.db
    3    SQLAlchemy knows no database    count    --url    mongo://h/x
    3    its driver cannot be imported    count    --url    mysql+mysqldb://u:sekret@h/x
    3    there is no SQLite file    count    --url    sqlite:///typo.db
    3    log='a b'    count    --log    a b
    4    Connection refused    count    --url    postgresql://u:sekret@127.0.0.1:1/x
    4    Connection refused    count    --url    mariadb://u:sekret@127.0.0.1:1/x
    5    is not of the form 'type:id'    record    a    --actor    nobody

Wrong Usage
    [Template]    Should Be Wrong Usage
    No such command 'remove'    remove
    No such option    count    --all
    Missing argument 'ACTION'    record
    Missing option '--actor'    record    a
    neither an event's id nor its number    show    12x
    is no time    list    --since    soon

A Check Of The Tables Says No By Its Code
    ${result}=    Run Indelible    db    upgrade
    Should Have Ended    ${result}    0
    ${result}=    Run Indelible    db    check
    Should Have Ended    ${result}    0
    ${result}=    Run Indelible    db    check    --table-prefix    other_
    Should Have Ended    ${result}    1
    Should Say One Line    ${result}    missing: the database has no audit tables

A Full Disk Is Told
    Run Indelible    record    a    --actor    user:1
    ${result}=    Run Shell    indelible list > /dev/full
    Should Have Ended    ${result}    3
    Should Say One Line    ${result}    No space left on device


*** Keywords ***
Make Directory And Tables
    Make Directory
    ${result}=    Run Indelible    db    upgrade
    Should Have Ended    ${result}    0

Should Fail
    [Arguments]    ${code}    ${text}    @{arguments}
    ${result}=    Run Indelible    @{arguments}
    Should Have Ended    ${result}    ${code}
    Should Say One Line    ${result}    ${text}
    Should Be Empty    ${result.stdout}
    Should Not Contain    ${result.stderr}    sekret

Should Be Wrong Usage
    [Arguments]    ${text}    @{arguments}
    ${result}=    Run Indelible    @{arguments}
    Should Have Ended    ${result}    2
    Should Start With    ${result.stderr}    Usage: indelible
    Should Contain    ${result.stderr}    ${text}
    Should Be Empty    ${result.stdout}
