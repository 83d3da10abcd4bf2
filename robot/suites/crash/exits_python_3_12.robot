*** Settings ***
Documentation       Every way in which a process can end, under Python 3.12 where it can be had: from
...                 3.12 on no thread can be started once the interpreter has begun to end.

Resource            exits.resource

Suite Setup         Use Python    3.12
Suite Teardown      Use Python


*** Test Cases ***
A Process Ends
    End In Every Way

A Process Ends That Cannot Deliver
    End Without Delivering

Gunicorn With Preload And Two Workers
    Preload And Fork Two Workers
