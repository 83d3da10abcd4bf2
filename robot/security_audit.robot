*** Settings ***
Documentation       The lock that keeps racing threads from making an engine each: a smoke test of
...                 its pattern. features/audit_session_race.feature tells the story behind it.
Library             SessionRace
Test Tags           security    tdd_issue    tdd_issue_991
Test Timeout        1 minute


*** Test Cases ***
The Session Lock Is Made In The Constructor
    Constructor Should Make The Session Lock

The Session Is Checked Before The Lock And Behind It
    Session Should Be Checked Before And Behind The Lock

Ten Racing Threads Get One Engine And One Session
    ${race} =    Race For The Session    ${10}
    Should Be Empty    ${race}[errors]
    Should Be Equal As Integers    ${race}[engines]    1
    Should Be Equal As Integers    ${race}[sessions]    1
    Should Be Equal As Integers    ${race}[threads]    10
