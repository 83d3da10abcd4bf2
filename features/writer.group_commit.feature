Feature: One leader commits everybody's events, in order, each once
  As an application whose threads and processes share one log
  I want their events to be committed together where that is faster, and apart where one is bad
  So that the numbers have no gap, nobody's event is doubled, and the tree fits the events

  Rule: Events that wait together are committed together

    @use.with_db=<db>
    Scenario Outline: Eight threads need fewer transactions than events, on <db>
      When 8 threads record 25 events each on <db>
      Then there were fewer transactions than events
      And the events of each thread are in the order in which it recorded them
      And the log's numbers, hashes, tree and tiles fit together

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

    Scenario: Everything that waits while a commit runs is in the next one
      Given a log, synchronous, whose commits hang
      When one thread records, and 7 others behind it
      Then there were 2 transactions, of 1 and of 7 events

    Scenario: A batch ends at batch_size events, and at 4 MiB of bodies
      Given a log, asynchronous, with batch_size=10 and max_body_bytes=1048576 whose commits hang
      When 20 small events are recorded, and 10 of 1,000,000 bytes each
      Then no transaction had more than 10 events or 5,300,000 bytes, and there were at least 4
      And the log's numbers, hashes, tree and tiles fit together

  Rule: One bad event fails alone

    @use.with_db=<db>
    Scenario Outline: The database refuses one of 50 events, <mode> on <db>
      Given a log, <mode>, whose database refuses the action "forbidden"
      When 50 events are in one batch and the one in place 17 is forbidden
      Then that one is refused with the database's own error as its cause
      And the other 49 are in the log, in their order

      Examples:
        | db         | mode         |
        | sqlite     | synchronous  |
        | sqlite     | asynchronous |
        | postgresql | synchronous  |
        | postgresql | asynchronous |
        | mariadb    | synchronous  |
        | mariadb    | asynchronous |

    @use.with_db=sqlite
    Scenario Outline: What a refused event leaves behind is freed, <mode>
      Then a refused event's error is freed once nobody holds it, <mode>

      Examples:
        | mode         |
        | synchronous  |
        | asynchronous |

    Scenario: The database refuses several, and the first and the last
      Given a log, asynchronous, whose database refuses the action "forbidden"
      When 20 events are in one batch and those in places 0, 1, 9 and 19 are forbidden
      Then the other 16 are in the log, in their order

    Scenario: A log whose row was set back is not blamed on its events
      Given a log, synchronous, with 5 events whose row was set back to 3
      When an event is recorded
      Then it raises SchemaError, and nothing was appended

    Scenario: Asynchronous events wait until the log's row is put right again
      Given a log, asynchronous, with 5 events whose row was set back to 3
      When an event is recorded and the row is put right
      Then the event is in the log

  Rule: A repeated event id is one event

    @use.with_db=<db>
    Scenario Outline: The same event comes again (<db>)
      Given a log, asynchronous, on <db>
      When an event is recorded twice in one batch, in a later batch, and by another service
      Then all of them have the same place, and the log holds it once

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

    @use.with_db=<db>
    Scenario Outline: The reply to a COMMIT is lost, <mode> on <db>
      Given a log, <mode>, on <db>
      When the connection breaks right after the COMMIT of 10 events
      Then all 10 have a place, and each is in the log once

      Examples:
        | db         | mode         |
        | sqlite     | synchronous  |
        | sqlite     | asynchronous |
        | postgresql | synchronous  |
        | postgresql | asynchronous |
        | mariadb    | synchronous  |
        | mariadb    | asynchronous |

    Scenario Outline: The reply to a COMMIT is lost, and the next attempt <failure>
      Given a log, synchronous, on sqlite
      When the reply to a COMMIT of 3 events is lost, and then the next attempt <failure>
      Then each of the 3 callers gets <error>, which calls the outcome unknown and names its event_id
      And recording the 3 again with these ids leaves each in the log once

      Examples:
        | failure                        | error                    |
        | finds the database busy        | DatabaseBusyError        |
        | finds it read-only             | StorageError             |
        | finds its row set back         | DatabaseUnavailableError |
        | loses its connection as well   | DatabaseUnavailableError |

    Scenario: A leader is interrupted after the COMMIT, and those behind it run out of time
      Given a log, synchronous, on sqlite
      When the leader of 3 events is interrupted after the COMMIT, and nobody leads afterwards
      Then each of the 2 callers gets AuditTimeoutError, which calls the outcome unknown and names its event_id

    Scenario: Some events of a batch are there already, and some are new
      Given a log, asynchronous, on sqlite
      When a batch holds 5 events that are in the log and 5 that are not, by turns
      Then the 5 have their old places, the new ones follow, and each is in the log once

    @use.with_db=<db>
    Scenario Outline: Another event's id is refused (<db>)
      Given a log, asynchronous, on <db>
      When the id of an event is used again for another <difference>
      Then EventConflictError is raised, and the log holds the first event alone

      Examples:
        | db         | difference |
        | sqlite     | action     |
        | sqlite     | actor      |
        | sqlite     | target     |
        | sqlite     | outcome    |
        | sqlite     | log        |
        | postgresql | action     |
        | mariadb    | action     |

  Rule: Processes share a log

    @use.with_db=<db>
    Scenario Outline: Four processes record 500 events each on <db>
      When 4 processes record 500 events each on <db>
      Then the log holds 2000 events, those of each process in its order
      And the log's numbers, hashes, tree and tiles fit together

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

    Scenario: Two services on one log, by turns
      When two services record 300 events by turns, on one log
      Then the log's numbers, hashes, tree and tiles fit together

  Rule: The tree grows with the log

    @use.with_db=<db>
    Scenario Outline: A log passes 256 events, is reopened, and passes 512, on <db>
      When 300 events are appended to a log in batches of 77 on <db>
      And after it was opened anew, 300 more in batches of 1 and of 64
      Then the log's numbers, hashes, tree and tiles fit together

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

    Scenario: A log passes 65,536 events
      When 65700 events are appended to a log in batches of 9000 on sqlite
      And after it was opened anew, 300 more in batches of 1 and of 64
      Then the log's numbers, hashes, tree and tiles fit together
      And there is a tile of level 1

  Rule: The queue and the committer keep their promises whatever the database does

    Scenario: Any order of recording, withdrawing, failing, interrupting and closing
      Then a committer on a made-up database does what its model says, in any order of events

    Scenario: Threads, with a database that fails at random
      Then events of 6 threads are committed once and in order, however the database fails

    Scenario: Retries come at growing intervals, and the next one is never far
      Then the pauses between retries grow to between 0.5 and 1 second, and no further

    Scenario: Events are withdrawn while they are being taken
      Then an event is either withdrawn or taken, and never lost or doubled

    Scenario: The queue's bound holds, and no thread that waits for room is forgotten
      Then 8 threads get 400 events through a queue of 3
