Feature: A service is made, used, interrupted and closed
  As an application that records what its users do
  I want to know at every moment what has become of an event
  So that nothing that was acknowledged is lost, and nothing waits for ever

  Rule: Making a service costs nothing

    Scenario: The constructor does no input or output
      When a program makes services on databases that exist, do not exist and cannot be reached
      Then it has opened no database and no socket, made no file and started no thread

  Rule: A closed service has committed what it accepted, or says what it has not

    Scenario Outline: close() may be called again, <mode>
      Given a service, <mode>, that has recorded 5 events
      When it is closed twice
      Then both calls report that nothing is uncommitted
      And the log holds 5 events

      Examples:
        | mode         |
        | synchronous  |
        | asynchronous |

    Scenario Outline: Many threads close it while many record, <mode>
      Given a service, <mode>, that has recorded 5 events
      When 4 threads close it while 4 threads record
      Then each event is committed, or its caller was told that the service is closed

      Examples:
        | mode         |
        | synchronous  |
        | asynchronous |

    Scenario Outline: Everything but flush and stats is refused after close(), <mode>
      Given a service, <mode>, that has recorded 1 events
      When it is closed
      Then each of these raises ClosedError: record, get, query, count
      And flush says that nothing is left, and stats says that 1 event is committed

      Examples:
        | mode         |
        | synchronous  |
        | asynchronous |

    Scenario: An engine that the service made is disposed with it, with no file left open
      Given a service, synchronous, that has recorded 1 events
      When it is closed
      Then its engine is disposed and the database file is closed

    @use.with_db=<db>
    Scenario Outline: An engine that was given to it stays in use (<db>, <pool>)
      Given an engine of the application's own with <pool>
      When services on it record, read and are closed
      Then the engine was not disposed, and works

      Examples:
        | db         | pool                  |
        | sqlite     | its usual pool        |
        | sqlite     | no pool               |
        | sqlite     | a single connection   |
        | sqlite     | a database in memory  |
        | postgresql | a single connection   |
        | postgresql | no pool               |
        | mariadb    | a single connection   |

    Scenario: The end of a with block closes it, also when the block raises
      When a with block records 3 events and raises
      Then the service is closed and the log holds 3 events

    @use.with_db=<db>
    Scenario Outline: close() reports what <db> does not take in time
      Given a service, asynchronous, whose database is locked by another transaction
      When it records 3 events and is closed with a timeout of 0.5 seconds
      Then the report says within 1.5 seconds that 3 events are uncommitted
      And their receipts raise ClosedError, on_error is told, and stats says that 3 are dropped

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

    Scenario: close() commits what a database takes late, but in time
      Given a service, asynchronous, whose database is locked by another transaction
      When it records 3 events, is closed, and the lock is given back after 0.4 seconds
      Then nothing is uncommitted, and the call took less than 3 seconds

    Scenario: close() goes on trying while the database fails, without haste
      Given a service, asynchronous, that has recorded 1 events
      When it records 3 events and is closed while the database fails for 1.2 seconds more
      Then nothing is uncommitted, and it has tried 5 to 60 times

    @fixture.own_postgresql
    Scenario Outline: close() is in time though the server has stopped, <mode>
      Given a service, <mode>, whose server stops, and which waits 0.5 seconds at most
      When it records 3 events and is closed with a timeout of 1 seconds
      Then the call took less than 3 seconds, and nothing is committed

      Examples:
        | mode         |
        | synchronous  |
        | asynchronous |

    Scenario: close() is in time beside a synchronous commit that hangs
      Given a service, synchronous, one of whose threads hangs in a commit
      When it is closed with a timeout of 0.3 seconds
      Then the call took less than 1 seconds, and reports 1 event as uncommitted
      And the hanging thread gets its answer when the database gives one

    Scenario: close() waits for a read that is under way
      Given a service, synchronous, that has recorded 5 events
      When it is closed while a thread reads
      Then the read ends first, and the database file is closed

    Scenario: A thread that waits for room learns that the service is closed
      Given a service, asynchronous, whose queue of 2 is full and whose commits hang
      When a thread waits for room and the service is closed with a timeout of 0.3 seconds
      Then the waiting thread gets ClosedError at once

    Scenario Outline: What was accepted is committed when the program <end>
      When a program records 50 events asynchronously and <end>
      Then its log holds these 50 events

      Examples:
        | end                                         |
        | ends                                        |
        | ends by sys.exit in the middle              |
        | ends by an error that nobody catches        |
        | ends by SIGTERM with a handler that exits   |
        | ends while a thread of its own records on   |
        | records in functions of atexit              |
        | cannot start a thread any more              |

  Rule: flush and receipts tell what is committed

    Scenario: flush waits for what was recorded before it
      Given a service, asynchronous, whose commits hang
      When it records 3 events
      Then flush says no after 0.2 seconds
      And once the commits go on, flush says yes

    Scenario: flush says no if an event was refused
      Given a service, asynchronous, whose database refuses the action "bad"
      When it records the actions "good, bad, good"
      Then flush says no, and after that yes

    Scenario: flush in synchronous mode is not misled by other threads' commits
      Given a service, synchronous, that has recorded 1 events
      When 4 threads record 50 events each while 2 threads flush without a limit
      Then every flush has said yes

    Scenario: A receipt gives the place to everybody who waits, and time limits hold
      Given a service, asynchronous, whose commits hang
      When 20 threads wait for the receipt of one event
      Then waiting for it with a limit of 0.05 seconds raises AuditTimeoutError, again and again
      And once the commits go on, all 20 threads get the same place

    Scenario: A receipt that is woken early waits on
      When a receipt is woken while a thread waits for it, and settled later
      Then the thread gets the place

    Scenario Outline: Time limits that make no sense are refused: <limit>
      Given a service, asynchronous, that has recorded 1 events
      Then waiting for a receipt with a limit of <limit> <does>

      Examples:
        | limit | does                      |
        | -1    | raises ConfigurationError |
        | nan   | raises ConfigurationError |
        | inf   | gives the place           |
        | 1e300 | gives the place           |

    Scenario: wait=True waits for the commit in asynchronous mode
      Given a service, asynchronous, that has recorded 1 events
      Then recording with wait=True returns a receipt that is done

  Rule: A full queue blocks or raises, and loses nothing that it accepted

    Scenario: on_full='raise'
      Given a service, asynchronous, with on_full='raise', whose queue of 5 is full and whose commits hang
      Then recording raises QueueFullError at once, which names the queue's size
      And once the commits go on, exactly the accepted events are in the log

    Scenario: on_full='block'
      Given a service, asynchronous, with on_full='block', whose queue of 5 is full and whose commits hang
      Then recording raises QueueFullError after 0.3 seconds, which names block_timeout
      And once the commits go on, exactly the accepted events are in the log

    Scenario: A thread that waits gets the room that a commit makes
      Given a service, asynchronous, whose queue of 2 is full and whose commits hang
      When 6 threads wait for room and the commits go on
      Then all of their events are in the log, each once

  Rule: Errors that no caller sees reach the application

    Scenario Outline: on_error <hook>
      Given a service, asynchronous, whose database refuses the action "bad" and whose on_error <hook>
      When it records the actions "good, bad, good"
      Then the good ones are in the log, on_error was called with EventRefusedError, and so was the log of indelible
      And the service goes on

      Examples:
        | hook                     |
        | only looks               |
        | raises                   |
        | raises SystemExit        |
        | records an event         |
        | flushes the service      |

    Scenario: on_error closes the service
      Given a service, asynchronous, whose database refuses the action "bad" and whose on_error closes the service
      When it records the actions "good, bad, good"
      Then the service is closed, and the good events are in the log

    Scenario: A logging handler that raises does no harm
      Given a service, asynchronous, whose database refuses the action "bad" and whose on_error only looks
      And a handler of the logger indelible that raises
      When it records the actions "good, bad, good"
      Then the good ones are in the log, and on_error was called with EventRefusedError

    @use.with_db=<db>
    Scenario Outline: What stands in a refused event does not reach the application's log (<db>)
      Given a service, asynchronous, whose database refuses the action "bad" and whose on_error raises
      When it records the action "bad" with the tenant "Miller"
      Then neither the log of indelible nor stats holds "Miller"

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

    Scenario: stats counts what has happened
      Given a service, asynchronous, whose commits hang
      When it records 3 events
      Then stats says that 3 events are queued and how long the oldest has waited
      And once the commits go on, stats says 3 committed, 0 refused, 0 dropped, and some batches

  Rule: Errors that pass are waited for

    @use.with_db=<db>
    Scenario Outline: Asynchronous events wait for another transaction's lock on <db>
      Given a service, asynchronous, whose database is locked by another transaction
      When it records 3 events and the lock is given back after 1.3 seconds
      Then flush says yes, and each event is in the log once

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

    @use.with_db=<db>
    Scenario Outline: A synchronous event waits for the lock within busy_timeout on <db>
      Given a service, synchronous, whose database is locked by another transaction
      Then recording raises DatabaseBusyError within 3 seconds, and names the ways out
      And when the lock is given back, recording succeeds at once

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

    Scenario: A caller's own open transaction on the same file
      Given a service, synchronous, that has recorded 1 events
      Then recording inside a transaction of the caller's own on the same file raises DatabaseBusyError within 3 seconds
      And recording after that transaction succeeds

    Scenario: The first read of a file that is locked
      Given a new database file that another connection has locked
      Then the first query raises DatabaseBusyError within 3 seconds

    @fixture.own_postgresql
    Scenario: Events survive a restart of PostgreSQL
      Given a service, asynchronous, whose server stops
      When it records 20 events, and the server starts again
      Then flush says yes, and each event is in the log once

    @fixture.own_mariadb
    Scenario: Events survive a crash of MariaDB
      Given a service, asynchronous, whose server is killed
      When it records 20 events, and the server starts again
      Then flush says yes, and each event is in the log once

    @fixture.own_postgresql
    Scenario: Synchronous callers are answered when the server is back in time
      Given a service, synchronous, whose server stops
      When 4 threads record, and the server starts again
      Then all of them have their place, and each event is in the log once

    Scenario: A synchronous caller whose event waits behind a commit that hangs
      Given a service, synchronous, with a timeout of 0.3 seconds, whose commits hang
      When 1 thread records behind the one that hangs
      Then it gets AuditTimeoutError after 0.3 seconds, which says that the event is not in the log
      And once the commits go on, 0 of these events are in the log

    Scenario: A synchronous caller whose event is in the commit that hangs
      Given a service, synchronous, with a timeout of 0.3 seconds, whose commits hang
      When 3 threads have their events in one commit that hangs
      Then two of them get AuditTimeoutError after 0.3 seconds, which names the event_id to record again
      And once the commits go on, 3 of these events are in the log

    Scenario: A slow commit does not slow down the one after it
      Given a service, synchronous, whose last commit of many events took 1 second
      Then recording takes less than 0.3 seconds

  Rule: Interruptions lose nothing

    Scenario Outline: KeyboardInterrupt reaches the leader <moment>
      Given a service, synchronous, whose leader is interrupted <moment>
      When 4 threads record at once
      Then the leader has raised KeyboardInterrupt and all others have their place
      And each event is in the log once, and the next one follows

      Examples:
        | moment            |
        | before the COMMIT |
        | after the COMMIT  |

    Scenario: Interrupts at any moment
      When a program's main thread is interrupted again and again while others record
      Then it reports that nothing has gone wrong

  Rule: record() works wherever it is called

    Scenario: In a signal handler
      When a program also records in these places
        | place                                           | mode         |
        | in a signal handler that interrupts record()    | synchronous  |
        | in a signal handler that interrupts record()    | asynchronous |
        | in a signal handler that interrupts a query     | synchronous  |
        | in a signal handler that interrupts a query     | asynchronous |
        | in a signal handler while it waits for a leader | synchronous  |
        | in a signal handler while a thread is started   | asynchronous |
        | in a signal handler that closes the service     | synchronous  |
        | in a signal handler that closes the service     | asynchronous |
      Then it reports that nothing has gone wrong

    Scenario: In what the interpreter and the library call
      When a program also records in these places
        | place                                       | mode         |
        | in a logging handler during the first query | synchronous  |
        | in a logging handler during the first query | asynchronous |
        | in a logging handler while committing       | synchronous  |
        | in a logging handler while committing       | asynchronous |
        | in on_error                                 | synchronous  |
        | in on_error                                 | asynchronous |
        | in __del__                                  | synchronous  |
        | in __del__                                  | asynchronous |
      Then it reports that nothing has gone wrong

    Scenario: indelible is first imported in a forked child
      When a program forks, and parent and child import indelible only then
      Then it reports that nothing has gone wrong

  Rule: A log in memory is one connection, which its users take turns to use

    Scenario Outline: Readers and writers of a log in memory, <mode>
      Given a service, <mode>, on a log in memory
      When 4 threads record 50 events each while 4 threads read
      Then the log holds 200 events, and no thread has failed

      Examples:
        | mode         |
        | synchronous  |
        | asynchronous |

    Scenario: Reading inside a commit is refused, and the commit goes on
      Given a service, synchronous, on a log in memory
      When it records an event while a logging handler queries the log inside the commit
      Then the query has raised StorageError, and the event is in the log
