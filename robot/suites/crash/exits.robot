*** Settings ***
Documentation       Every way in which a process can end, in memory alone and with a spool.
...
...                 Where nothing runs at the end, which are os._exit and a signal that nobody
...                 handles, memory alone keeps what flush() has said is committed, and a spool all.

Library             Crashes


*** Test Cases ***
A Process Ends
    [Template]    End By
    returns
    sys.exit
    an exception that nobody catches
    an exception in a thread
    sys.exit in a thread
    SIGTERM, and a handler that exits
    SIGTERM, and a handler that sets a flag
    SIGTERM, and no handler
    SIGINT
    SIGINT while it records
    SIGINT, and a handler that records
    live daemon threads that record on
    futures that record at the end
    functions of atexit that record
    os._exit
    children by fork
    children by spawn

A Process Ends That Cannot Deliver
    [Documentation]    It waits no longer than it may, and says what it leaves.
    ${said}=    End With A Locked Database    async
    Should Contain    ${said}    the service was closed while 200 events could not be committed
    ${said}=    End With A Locked Database    spool
    Should Contain    ${said}    the service was closed with 200 events in the spool

Gunicorn With Preload And Two Workers
    [Template]    Serve By Gunicorn
    async    sqlite    spare
    spool    postgresql    spare
    spool    sqlite    kill
