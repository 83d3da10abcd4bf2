*** Settings ***
Documentation       Every way in which a process can end, under the interpreter that runs the tests.

Resource            exits.resource


*** Test Cases ***
A Process Ends
    End In Every Way

A Process Ends In Some Ways
    [Tags]    gate
    [Template]    End By
    SIGTERM, and a handler that exits
    os._exit
    children by fork

A Process Ends That Cannot Deliver
    End Without Delivering

Gunicorn With Preload And Two Workers
    Preload And Fork Two Workers
