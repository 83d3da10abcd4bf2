Feature: A service with a spool keeps what it has acknowledged
  As an application that may be killed while its database is away
  I want record() to return once the event is on my own disk
  So that every acknowledged event is in the log in the end, once and in order

  Rule: An event is acknowledged when it is on the disk

    Scenario: record() returns once the event is in the spool
      Given a service with a spool, whose commits hang
      When it records 5 numbered events
      Then a copy of the spool's files holds these 5 events, and the log none
      And stats says that 5 events are spooled and queued, and no receipt is settled
      And the spool's files are for their owner alone

    @use.with_db=<db>
    Scenario Outline: Everything comes into <db>, once and in order
      Given a service with a spool
      When 4 threads record 100 events each, and it is flushed
      Then each thread's 100 events are in the log, in order
      And each receipt tells the place of its event
      And once it is closed, nothing is left in the spool's directory

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

    Scenario: One event id is one event
      Given a service with a spool, whose commits hang
      When it records the same event id 3 times, and once more when the commits go on
      Then the log holds that event once, and all receipts tell its place

    @use.with_db=<db>
    Scenario Outline: What <db> does not take stays in the spool, and the next service delivers it
      Given a service with a spool, whose database is locked
      When it records 20 numbered events
      Then no call took long, and flush says no
      When it is closed with a timeout of 0.5 seconds, and its spool with it
      Then the report says that 20 events are uncommitted and spooled, and their receipts raise ClosedError
      When the database is unlocked, and the next service drains the spool
      Then the log holds the 20 numbered events, in order
      And once it is closed, nothing is left in the spool's directory

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

    @fixture.own_postgresql
    Scenario: A server that is down
      Given a service with a spool, whose server stops
      When it records 20 numbered events
      Then no call took long, and flush says no
      When it is closed with a timeout of 0.5 seconds, and its spool with it
      Then the report says that 20 events are uncommitted and spooled, and their receipts raise ClosedError
      When the server starts, and the next service drains the spool
      Then the log holds the 20 numbered events, in order

    @fixture.own_mariadb
    Scenario: A server that crashes and comes back
      Given a service with a spool, whose server is killed
      When it records 20 numbered events
      And the server starts, and it is flushed
      Then the log holds the 20 numbered events, in order

  Rule: Processes die, and nothing is lost

    @use.with_db=<db>
    Scenario Outline: Killed while eight threads record (<db>, <reach>)
      When <rounds> processes are killed while 8 threads record, with the database <reach>
      Then nothing that they acknowledged is lost, invented, doubled or out of order

      Examples:
        | db         | reach       | rounds |
        | sqlite     | within reach | 3     |
        | sqlite     | locked      | 2      |
        | postgresql | within reach | 2     |
        | mariadb    | within reach | 2     |

    Scenario: A living process takes over the spool of a dead one
      Then a process that lives delivers within seconds what one that is killed has left

    Scenario: A process is killed whose fork lives on
      Then a process that lives takes over from one that was killed, though the fork of that lives on

    Scenario Outline: A process forks <when>
      When a process with a spool forks: <program>
      Then the log holds each of its and its children's events once: <events>

      Examples:
        | when                         | program         | events               |
        | with a half-full spool       | fork-half-full  | parent 10, child 5   |
        | and its child is killed      | fork-and-die    | parent 10, child 5   |
        | while its threads record     | fork-under-load | child 18             |

  Rule: What cannot be delivered is kept, and told

    Scenario: A spool of another log is refused
      Given a spool that a dead process of another log has left
      When a service with a spool records an event
      Then it raises SpoolMismatchError, which names both logs
      And the other log's spool is as it was

    Scenario: A damaged spool costs what is damaged
      Given a spool of 10 numbered events that a dead process has left, with number 4 damaged
      When the next service drains the spool
      Then the log holds the other 9, in order, and one event that tells of the damage
      And the damaged bytes are in a .bad file, and health says degraded
      And a quarter of an hour later health says ok, and stats still tells of the damage
      When the damaged spool is there again, and the next service drains it
      Then the log holds the other 9, in order, and one event that tells of the damage

    Scenario Outline: An intact record that is no event stops no other: <which>
      Given a spool of 5 numbered events that a dead process has left, and before number 2 a record <which>
      When the next service drains the spool
      Then the log holds the 5 in order, and one event that tells of the record
      And the record is kept in a .bad file

      Examples:
        | which                         |
        | of another program            |
        | whose body is no text         |
        | whose time is none            |

    Scenario Outline: What is left behind is not called drained: <which>
      Given a spool that a dead process has left, and that is <which>
      And beside it one of 3 numbered events of this log
      Then draining it says no in time, and <error> was told to on_error
      And the log holds the 3 numbered events, in order

      Examples:
        | which         | error              |
        | another log's | SpoolMismatchError |
        | unreadable    | SpoolError         |

    Scenario: A spool of nothing but damage is done with
      Given a spool of 3 numbered events that a dead process has left, all of them damaged
      When the next service drains the spool
      Then the log holds one event that tells of 3 lost events, and the spool is gone

    @use.with_db=<db>
    Scenario Outline: An event that <db> refuses for good stops no other
      Given a service with a spool, whose database refuses the action "bad"
      When it records the actions "good, bad, good", and is flushed
      Then flush said no, and the log holds the actions "good, good"
      And the refused event is in a file for its owner alone, its receipt raises EventRefusedError, and on_error was told
      And flush says yes, and once it is closed, only that file is left

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

    Scenario: The spool's directory is deleted while it is open
      Given a service with a spool, whose commits hang
      When it records 5 numbered events
      And the spool's directory is deleted
      Then health says failed, and recording raises SpoolLostError
      And the next event is taken, and once the commits go on, flush says yes and the log holds all that were taken
      And health still says failed

    Scenario: The spool's directory is deleted before anything was read from it
      Given a service with a spool, whose commits hang before they have looked at the spool
      When it records 5 numbered events
      And the spool's directory is deleted
      Then health says failed, and recording raises SpoolLostError
      And the next event is taken, and once the commits go on, flush says yes and the log holds all that were taken

  Rule: A sync that fails is never asked again as if nothing had happened

    Scenario: One fails, and its events are in another file
      Given a service with a spool, whose commits hang and whose disk's syncs can be made to fail
      When it records 3 numbered events
      And the next sync fails, and it records 3 more
      Then all of the 6 are acknowledged, and on_error was told of the disk
      And no file was synced again on which a sync had failed, and its file is gone
      And a copy of the spool's files holds these 6 events, and the log none
      When the commits go on with the spool
      Then the log holds the 6 numbered events, in order

    Scenario: All of them fail for a while
      Given a service with a spool, whose commits hang and whose disk's syncs can be made to fail
      When it records 3 numbered events
      And all syncs fail, and it records 3 more
      Then each of these 3 raises SpoolError, which says what the disk reports
      And no file was synced again on which a sync had failed
      When the disk works again, and it records 2 more
      Then both are acknowledged
      When the commits go on with the spool
      Then the log holds the 5 acknowledged events, in order, and none of the others

    Scenario: All of them fail under four threads
      Given a service with a spool, whose commits hang and whose disk's syncs can be made to fail
      When 4 threads record 100 events each while every third sync fails
      Then no file was synced again on which a sync had failed
      When the commits go on with the spool
      Then the log holds what was acknowledged to each thread, in its order, and nothing else

  Rule: A full spool does what on_full says

    Scenario Outline: on_full='<policy>', <mode>
      Given a service, <mode>, with a spool of 1 MiB and on_full='<policy>', whose database is locked
      When it records until the spool is full
      Then <outcome>
      When the database is unlocked
      Then flush says yes, the log holds what was accepted, and <gap>

      Examples:
        | mode         | policy | outcome                                                 | gap    |
        | asynchronous | raise  | recording raises SpoolFullError at once                 | no gap |
        | asynchronous | block  | recording raises SpoolFullError after 0.3 seconds       | no gap |
        | asynchronous | drop   | 3 further events are dropped and counted                | one gap of all that were dropped |
        | synchronous  | raise  | recording raises SpoolFullError at once                 | no gap |
        | synchronous  | block  | recording raises SpoolFullError after 0.3 seconds       | no gap |
        | synchronous  | drop   | 3 further events are dropped and counted                | one gap of all that were dropped |

    Scenario: Threads that wait get the room that is made
      Given a service, asynchronous, with a spool of 1 MiB and on_full='block', whose database is locked
      When it records until the spool is full
      And 6 threads wait for room in the spool while the database is unlocked
      Then all of them have recorded, and the log holds what was accepted

    Scenario: Of a group that does not fit as a whole, what fits is taken
      Given a service, asynchronous, with a spool of 1 MiB and on_full='raise', whose database is locked
      When 30 threads record 60,000 bytes each in one group
      Then at least 10 of them were accepted, and the others got SpoolFullError

    Scenario: on_full='spool' takes what the queue in memory cannot hold
      Given a service with a queue of 5 and on_full='spool', whose commits hang
      When 2 threads record 40 events each
      Then at most 6 of them are in memory, and the others are in the spool
      And once the commits go on, each thread's 40 events are in the log, in order
      And the next event stays in memory

    Scenario: on_full='spool' keeps the order when the queue has room again before the spool is empty
      Given a service with a queue of 5 and on_full='spool', whose commits hang
      When 2 threads record 150 events each while each commit takes a moment
      Then once the commits go on, each thread's 150 events are in the log, in order

    Scenario: What is in memory when the service is closed goes into the spool
      Given a service with a queue of 5 and on_full='spool', whose database is locked
      When it records 4 numbered events
      And it is closed with a timeout of 0.5 seconds, and its spool with it
      Then the report says that 4 events are uncommitted and spooled, and their receipts raise ClosedError
      When the database is unlocked, and the next service drains the spool
      Then the log holds the 4 numbered events, in order

  Rule: on_error='spool' keeps a synchronous service going

    @use.with_db=<db>
    Scenario Outline: While <db> is locked, events go into the spool, and straight into the log afterwards
      Given a synchronous service with on_error='spool', whose database is locked
      When it records 5 numbered events
      Then all of them are spooled, none counts as refused, and only the first one took long
      When the database is unlocked
      Then flush says yes, and the log holds the 5 numbered events, in order
      And the next event is in the log when record() returns, and the spool is empty

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

    @fixture.own_postgresql
    Scenario: While the server is down
      Given a synchronous service with on_error='spool' and a timeout of 0.5 seconds, whose server stops
      When 4 threads record 10 events each, and the server starts again
      Then flush says yes, and each thread's 10 events are in the log, in order
      And the next event is in the log when record() returns, and the spool is empty

  Rule: An interruption leaves nothing behind

    Scenario: Signal handlers that record
      When a signal handler records wherever it interrupts its own thread, which records as well
      Then nobody waits for ever, and the log holds each event once

    Scenario Outline: The writer is interrupted <moment>
      Given a service with a spool, whose writer is interrupted <moment>
      When it records 30 numbered events
      Then flush says yes within seconds, and the log holds the 30 numbered events, in order
      And each receipt tells the place of its event
      And once it is closed, nothing is left in the spool's directory

      Examples:
        | moment                                    |
        | while it moves events into its queue      |
        | while it settles receipts                 |
        | before it notes what is delivered         |
