*** Settings ***
Documentation       Robot suites reach the same real database servers as the features.

Library             Databases
Library             Process

Suite Teardown      Close Own Servers


*** Test Cases ***
A Fresh SQLite Database Answers
    A Fresh Database Answers    sqlite

A Fresh PostgreSQL Database Answers
    A Fresh Database Answers    postgresql

A Fresh MariaDB Database Answers
    A Fresh Database Answers    mariadb

A Killed PostgreSQL Comes Back With Its Data
    A Killed Server Comes Back    postgresql

A Killed MariaDB Comes Back With Its Data
    A Killed Server Comes Back    mariadb


*** Keywords ***
A Fresh Database Answers
    [Arguments]    ${kind}
    ${url}=    New Database    ${kind}
    ${result}=    Run SQL    ${url}    CREATE TABLE t (n INTEGER)
    Should Be Equal As Integers    ${result.rc}    0    ${result.stdout}

A Killed Server Comes Back
    [Arguments]    ${kind}
    ${url}=    Start Own Server    ${kind}
    Run SQL    ${url}    CREATE TABLE t (n INTEGER)
    Kill Own Server    ${kind}
    ${result}=    Run SQL    ${url}    INSERT INTO t VALUES (1)
    Should Not Be Equal As Integers    ${result.rc}    0    the killed server still answers
    Restart Own Server    ${kind}
    ${result}=    Run SQL    ${url}    INSERT INTO t VALUES (1)
    Should Be Equal As Integers    ${result.rc}    0    ${result.stdout}

Run SQL
    [Documentation]    Runs one statement in a process of its own, as an application would.
    [Arguments]    ${url}    ${statement}
    ${code}=    Catenate    SEPARATOR=\n
    ...    import sys, sqlalchemy
    ...    with sqlalchemy.create_engine(sys.argv[1]).begin() as connection:
    ...    ${SPACE}${SPACE}connection.execute(sqlalchemy.text(sys.argv[2]))
    ${result}=    Run Process    python    -c    ${code}    ${url}    ${statement}
    ...    stdin=NONE    stderr=STDOUT    timeout=60s
    RETURN    ${result}
