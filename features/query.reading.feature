Feature: Reading a log
  An auditor asks who did what to what, when and with which outcome, and gets exactly the events that
  match, newest first, a page at a time, while the application goes on recording.

  @use.with_db=<db>
  Scenario Outline: The reader finds by any filters what a plain loop over all events finds, on <db>
    Given a reader of 60 events of all kinds
    Then the reader agrees with a plain loop for any filters, limits and pages

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: The reader takes filters literally, on <db>
    Given a reader of events whose names hold wildcards, quotes and statements
    Then the reader finds each of them alone by its action, actor, target and tenant
    And the reader finds nothing by patterns that would match them

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: The reader gets an event by its id in any way of writing it, on <db>
    Given a reader of 3 events of all kinds
    Then the reader gets each event by its UUID, its text, in capitals, in braces and as a URN
    And the reader gets None for an id that no event has

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: The reader tells times apart to the microsecond, in any zone, on <db>
    Given a reader of events one microsecond apart, at the edges of what can be stored and beyond the epoch
    Then the reader's since is inclusive and its until exclusive, whatever the zone

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: The reader of one log sees nothing of another, on <db>
    Given a reader of 5 events of all kinds
    And the reader's neighbour with a log of its own in the same tables
    Then the reader and its neighbour each see their own events, numbered from 0

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: The reader's pages cover everything exactly once while events arrive, on <db>
    Given a reader of 40 events of all kinds
    Then the reader's pages of 7 hold the 40 events once each, though others are recorded between the pages
    And the reader's pages hold them once each while 2 threads record

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: The reader does not block the writer, nor the writer the reader, on <db>
    Given a reader of 20 events of all kinds
    Then the reader's open transaction lets 5 events be recorded within 5 seconds
    And the reader answers while another transaction holds the log's row

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario: The reader of an empty log
    Given a reader of 0 events of all kinds
    Then the reader has an empty page without a cursor, a count of 0 and no event

  Scenario: The reader of a database in memory
    Given a reader of a database in memory
    Then the reader sees what it has recorded from 4 threads that read and record at once

  Scenario: The reader sees an asynchronous event once it is flushed
    Given a reader in asynchronous mode
    Then the reader finds an event after flush() and after its receipt's wait()

  Scenario: The reader's events are the same by whichever way they are read
    Given a reader of 10 events of all kinds
    Then the reader's events from get and query are equal, and differ from one another

  Scenario: The reader refuses what makes no sense
    Given a reader of 2 events of all kinds
    Then the reader refuses each of these
      | argument | value                      | says                                                  |
      | actor    | "ada"                      | actor='ada': write it as 'type:id', such as 'actor:42' |
      | actor    | ":"                        | write it as 'type:id'                                 |
      | actor    | ""                         | write it as 'type:id'                                 |
      | actor    | 42                         | actor=42: pass a string                               |
      | actor    | ["user:1"]                 | pass a string                                         |
      | actor    | Target("a", "b")           | pass a string                                         |
      | actor    | Actor("user", "\ud800")    | a lone surrogate                                      |
      | actor    | "user:\udfff"              | a lone surrogate                                      |
      | target   | "invoice"                  | write it as 'type:id', such as 'target:42'            |
      | target   | Actor("a", "b")            | pass a string                                         |
      | action   | ""                         | pass a string that is not empty                       |
      | action   | 5                          | pass a string                                         |
      | action   | b"x"                       | pass a string                                         |
      | action   | "\ud800"                   | a lone surrogate                                      |
      | tenant   | []                         | pass 1 to 1000 values                                 |
      | outcome  | "ok"                       | pass one of denied, failure, success, unknown         |
      | outcome  | ["ok", "success"]          | pass one of                                           |
      | outcome  | ""                         | pass a string that is not empty                       |
      | outcome  | {"success": 1}             | pass a string, a list of strings                      |
      | who      | "user:1"                   | there is no such filter                               |
      | actr     | "user:1"                   | did you mean 'actor'?                                 |
      | actor_type | "user:1"                 | pass the part before the colon alone                  |
      | source_ip | "localhost"               | pass an IP address                                    |
      | since_seq | -1                        | pass a whole number from 0                            |
      | until_seq | "5"                       | pass a whole number from 0                            |
      | changed  | ""                         | pass a path                                           |
      | details  | {}                         | pass a dict of paths and values                       |
      | details  | {"": 1}                    | is no string                                          |
      | details  | {"a": object()}            | no event can hold this value                          |
      | details  | {"password": "hunter2"}    | values under this key are redacted                    |
      | details  | {"token/id": 1}            | values under this key are redacted                    |
      | text     | " "                        | pass at least one word                                |
      | text     | "word"                     | this log has no text index                            |
      | since    | datetime(2026, 1, 1)       | pass a datetime with a time zone                      |
      | until    | datetime(2026, 1, 1)       | pass a datetime with a time zone                      |
      | since    | "2026-01-01T00:00:00Z"     | pass a datetime                                       |
      | since    | 0                          | pass a datetime                                       |
      | until    | datetime(1, 1, 1, tzinfo=UTC) | from the years 1000 to 9999                        |
      | limit    | 0                          | limit=0: pass a whole number from 1 to 1000           |
      | limit    | -1                         | pass a whole number                                   |
      | limit    | 1001                       | pass a whole number                                   |
      | limit    | True                       | pass a whole number                                   |
      | limit    | 1.5                        | pass a whole number                                   |
      | limit    | "5"                        | pass a whole number                                   |
      | limit    | None                       | pass a whole number                                   |
      | cursor   | ""                         | pass a Page's next_cursor, unchanged                  |
      | cursor   | "x"                        | pass a Page's next_cursor, unchanged                  |
      | cursor   | 5                          | pass a Page's next_cursor, unchanged                  |
      | cursor   | b"WzFd"                    | pass a Page's next_cursor, unchanged                  |
      | cursor   | "é"                        | pass a Page's next_cursor, unchanged                  |
    And the reader refuses to get "x", 5 and an object whose text raises

  @use.with_db=<db>
  Scenario Outline: The reader finds words once its log has a text index, on <db>
    Given a reader of 30 events of all kinds
    When the reader's log gets a text index
    Then the reader finds by words, together with any other filter, what holds them

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario: The reader answers on an event loop as it does elsewhere
    Given a reader of 30 events of all kinds
    Then the reader's twins answer as their originals do, and leave the event loop running

  Scenario: The reader tells what is known of a thing after each event
    Given a reader in asynchronous mode
    Then the reader's history holds the state after every change, in both orders and from any time on

  Scenario: The reader's stream goes on where it ended, and waits for what is recorded
    Given a reader of 30 events of all kinds
    Then the reader's stream yields every event once, though it is taken up again in between

  Scenario: The reader gives up when its time is over
    Given a reader of 30 events of all kinds
    Then the reader's questions end with a QueryTimeoutError when the database takes too long

  Scenario: The reader takes a cursor with its own filters alone
    Given a reader of 30 events of all kinds
    Then the reader takes a cursor with the same filters in another form, and refuses it with any others

  Scenario: The reader meets no malformed cursor that does more than raise a QueryError
    Given a reader of 5 events of all kinds
    Then the reader answers any cursor with a page or a QueryError

  @use.with_db=<db>
  Scenario Outline: A pattern finds the same whether its events are frequent or rare, on <db>
    Given a reader of 300 events of an area, 900 of another one, and 30 mixed ones, some of them late
    Then the reader's pages of any size by the area's pattern are those of a plain loop, begun anywhere

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=postgresql
  Scenario: A reader goes on when the server has ended its connections
    Given a reader of 20 events of all kinds
    When the reader asks from 6 threads at once
    And the server ends all connections to the reader's database
    Then the reader's next 6 questions are answered
    And the reader has no transaction open
    When the reader is closed
    Then the server has no connection to the reader's database
