Feature: What becomes of an event when the queue is full or the database fails is a policy
  As an application's author
  I want to choose what happens when the log cannot take an event
  So that neither my requests nor my memory depend on the database, and nothing is lost in silence

  Rule: What is dropped is counted, and the log says so

    Scenario: on_full='drop'
      Given an asynchronous service with on_full='drop', whose queue of 5 is full and whose commits hang
      When it records 7 more events
      Then each of the 7 receipts tells of QueueFullError, and stats says that 7 are dropped
      And health says degraded, because 7 dropped events are not told of
      When the commits go on
      Then the log holds the 5 accepted events, and a gap of 7
      And health says ok, and stats still says that 7 are dropped
      When the queue is full again, it records 3 more events, and the commits go on
      Then the log's gaps are of 7 and 3, the second one later than the first
      And health says ok, and stats still says that 10 are dropped

    Scenario: Drops while a gap is being told are told by the next one
      Given an asynchronous service with on_full='drop', whose queue of 5 is full and whose commits hang
      When it records 7 more events
      And 2 more are dropped while the event about the 7 is being committed, and 1 later
      Then the log's gaps are of 7 and 3, the second one later than the first
      And the second gap begins when the first of its own events was dropped

    @use.with_db=<db>
    Scenario Outline: on_error='drop', asynchronous, on <db>
      Given an asynchronous service with on_error='drop' and a timeout of 2 seconds, whose database is locked
      When the application records 6 events
      Then within seconds each of the 6 receipts tells of DatabaseBusyError, and stats says that 6 are dropped and none is refused
      When the lock is given back and it records 1 event more
      Then flush says yes, and the log holds that one event, and a gap of 6
      And health says ok, and stats still says that 6 are dropped

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

    @use.with_db=<db>
    Scenario Outline: on_error='drop', synchronous, on <db>
      Given a synchronous service with on_error='drop', whose database is locked
      When 4 threads record 2 events each, which raises nothing
      Then each of the 8 receipts tells of DatabaseBusyError, and stats says that 8 are dropped and none is refused
      When the lock is given back and it records 1 event more
      Then flush says yes, and the log holds that one event, and a gap of 8
      And health says ok, and stats still says that 8 are dropped

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

    Scenario: on_error='drop' does not count what is committed after all
      Given a synchronous service with on_error='drop' and a timeout of 0.3 seconds, whose commits hang
      When 3 threads have their events in one commit that hangs, and 2 of them give up waiting
      Then stats says that 0 are dropped
      When the commits go on
      Then the log holds 4 events and no gap, and stats says that 0 are dropped

    Scenario: on_error='drop' raises what is the event's own fault
      Given a synchronous service with on_error='drop', whose database refuses the action "bad"
      Then recording the action "bad" raises EventRefusedError, and nothing is dropped

    Scenario: What is left at close is dropped, and the gap is not one of it
      Given an asynchronous service with on_full='drop', whose queue of 5 is full and whose commits hang
      When it records 7 more events
      And it is closed while the commits hang
      Then the report says that 6 are uncommitted, and stats says that 13 are dropped

    Scenario: Many threads drop, and each event counts
      Given an asynchronous service with on_full='drop', whose queue of 5 is full and whose commits hang
      When 6 threads record 2000 events each
      Then stats says that 12000 are dropped
      When the commits go on
      Then the log holds the 5 accepted events, and a gap of 12000

    @use.with_db=<db>
    Scenario Outline: An event is either in the log or counted as dropped (<db>)
      When 4 threads record 500 events each through a queue of 20 with on_full='drop'
      Then the log's events and what its gaps count are 2,000 together

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

  Rule: A database that hangs or is away holds up nobody for long

    @use.with_db=<db>
    Scenario Outline: Asynchronous recording while <db> is locked
      Given an asynchronous service with a queue of 1000 and on_full='drop', whose database is locked
      When the application records 5000 events
      Then the median call took less than 1 millisecond, and 99 of 100 less than 10
      And 1,000 to 2,001 events are in memory, and the others are dropped
      And health says degraded
      When the lock is given back
      Then flush says yes, and the log holds what was accepted

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

    @fixture.own_postgresql
    Scenario: Asynchronous recording while the server hangs without failing
      Given an asynchronous service with a queue of 1000 and on_full='drop', whose server is stopped by SIGSTOP
      When the application records 5000 events
      Then the median call took less than 1 millisecond, and 99 of 100 less than 10
      And 1,000 to 2,001 events are in memory, and the others are dropped
      And closing it with a timeout of 0.5 seconds takes less than 2 seconds
      When the server goes on
      Then nothing is in the log that its receipt does not tell of

    @fixture.own_postgresql
    Scenario: Asynchronous recording with a spool while the server hangs without failing
      Given an asynchronous service with a spool, whose server is stopped by SIGSTOP
      When the application records 300 events
      Then the median call took less than 10 milliseconds, and 99 of 100 less than 100
      When the server goes on
      Then flush says yes, and the log holds what was accepted

    @use.with_db=<db>
    Scenario Outline: Synchronous recording raises within its timeout while <db> is locked
      Given a synchronous service with a timeout of 1 second, whose database is locked
      When 4 threads record at once, and are waited for
      Then each of them got an error within 2.5 seconds, and none of the events is in the log

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

    @use.with_db=<db>
    Scenario Outline: A busy_timeout that is longer than the timeout does not lengthen it (<db>, <engine>)
      Given a synchronous service with a timeout of 1 second and a busy_timeout of 20 on <engine>, whose database is locked
      When 4 threads record at once, and are waited for
      Then each of them got an error within 2.5 seconds, and none of the events is in the log

      Examples:
        | db         | engine               |
        | sqlite     | its own engine       |
        | sqlite     | an engine given to it |
        | postgresql | its own engine       |
        | mariadb    | its own engine       |

    @fixture.own_postgresql
    Scenario: Synchronous recording raises within its timeout while the server is down
      Given a synchronous service with a timeout of 1 second, whose server is down
      When 4 threads record at once, and are waited for
      Then each of them got an error within 2.5 seconds, and none of the events is in the log

    @fixture.own_postgresql
    Scenario: Synchronous recording behind a server that hangs without failing
      Given a synchronous service with a timeout of 1 second, whose server is stopped by SIGSTOP
      When 4 threads record at once, and are waited for
      Then each of them got an error within 2.5 seconds, the one that leads too
      When 4 threads record at once, and are waited for
      Then each of them got an error within 2.5 seconds, though a new connection is not answered

  Rule: A database that is gone is a failure, not a success

    Scenario Outline: An SQLite file that is <what> while it is open, <mode>
      Given a service on an SQLite file, <mode>
      When the file is <what>
      Then within 3 seconds an event is not acknowledged any more, but DatabaseReplacedError is raised or told
      And health says failed, and names the file

      Examples:
        | mode         | what     |
        | synchronous  | deleted  |
        | synchronous  | replaced |
        | asynchronous | deleted  |
        | asynchronous | replaced |

    Scenario: A file that is deleted while there is a spool costs nothing that comes later
      Given a service on an SQLite file, with a spool
      When 5 events are recorded while the file is noticed to be deleted
      Then health says failed, and names the file
      And 5 events are in the spool

  Rule: The library's own complaints do not fill the application's log

    Scenario: At most 20 of a kind in ten seconds
      Given an asynchronous service whose database refuses the action "bad"
      When it records the action "bad" 300 times
      Then on_error was called 300 times, and the log of indelible was given 20 messages
      When ten seconds have passed and it records the action "bad" once more
      Then the log of indelible was given 2 messages more, one of which says that 280 were left out

  Rule: A writer thread that dies is replaced

    Scenario Outline: <how>, <spool>
      Given an asynchronous service, <spool>
      When its writer thread dies: <how>
      And the application records 10 events
      Then all receipts get their places within 10 seconds
      And health says degraded, because the thread was started again
      And on_error and the log of indelible were told that the thread had ended
      And a quarter of an hour later health says ok, and stats still tells of the thread

      Examples:
        | how                                              | spool           |
        | SystemExit while it waits for events             | without a spool |
        | SystemExit while it waits for events             | with a spool    |
        | an exception raised in it from another thread    | without a spool |

    Scenario: A writer thread that is interrupted inside a commit goes on
      Given an asynchronous service, without a spool
      When a commit raises KeyboardInterrupt
      Then all receipts get their places within 10 seconds
      And the log of indelible was told of the interruption

    Scenario Outline: Exceptions raised in the writer thread at any moment, <spool>
      Given an asynchronous service, <spool>
      When 4 threads record while 20 exceptions are raised in the writer thread
      Then all receipts get their places within 30 seconds
      And each event is in the log once

      Examples:
        | spool           |
        | without a spool |
        | with a spool    |
