*** Settings ***
Documentation       Everything that was acknowledged is in the log afterwards, each event once, in
...                 its thread's order, and nothing else is; and the log verifies.
...
...                 What was acknowledged is told over a pipe to the judge, who is in another
...                 process, and compared by him. A keyword fails by itself when the two differ.

Library             Crashes

Suite Teardown      End All Programs

Test Tags           crash
