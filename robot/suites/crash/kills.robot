*** Settings ***
Documentation       Processes that are killed, at random moments and at every system call.

Library             Collections
Library             Crashes


*** Test Cases ***
Killed At Random Moments
    [Template]    Kill At Random
    spool    sqlite    45
    spool    postgresql    30
    sync    sqlite    25

Killed A Few Times
    [Tags]    gate
    [Template]    Kill At Random
    spool    sqlite    6

Killed At Every System Call Of A Batch
    [Template]    Kill At Every System Call
    # The caller of synchronous mode writes to the database, and with a spool into that.
    sync    caller    fdatasync    pwrite64    fcntl
    spool    caller    fdatasync    pwrite64
    spool    writer    fdatasync    pwrite64    fcntl

A Disk That Fails At Every Write Of A Batch
    [Template]    Fail At Every Write
    sync    caller    EIO    retry
    spool    caller    EIO    retry
    spool    writer    EIO    retry
    sync    caller    ENOSPC    retry
    spool    caller    ENOSPC    retry
    spool    writer    ENOSPC    retry

What The Caller Is Told Of A Failed Write Is True At Once
    [Documentation]    The program ends right after the error: an event of which it was told that
    ...    it is not in the log must not turn up there.
    [Template]    Fail At Every Write
    sync    caller    EIO    end
    spool    caller    EIO    end
    sync    caller    ENOSPC    end


*** Keywords ***
Kill At Every System Call
    [Arguments]    ${mode}    ${whose}    @{expected}
    ${struck}=    Fail At Every System Call    ${mode}    ${whose}    SIGKILL
    FOR    ${call}    IN    @{expected}
        Dictionary Should Contain Key    ${struck}    ${call}
    END

Fail At Every Write
    [Arguments]    ${mode}    ${whose}    ${error}    ${then}
    ${struck}=    Fail At Every System Call    ${mode}    ${whose}    ${error}    ${then}
    Dictionary Should Contain Key    ${struck}    fdatasync
    Dictionary Should Contain Key    ${struck}    pwrite64
