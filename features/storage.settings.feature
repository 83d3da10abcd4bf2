Feature: Settings that would lose or change data are set or refused
  A database keeps a promise only as well as it is set up to. What the library can set for its own
  connection, it sets; what it cannot, it refuses with a word on the mend; it never meets a setting
  that loses or changes data in silence.

  Rule: SQLite

    Scenario: The settings of a new file are WAL and FULL
      When the settings meet a new SQLite file
      Then the settings of the writer's connection are "journal_mode=wal synchronous=2"

    Scenario: The settings of a file in DELETE journal mode become WAL and FULL
      Given the settings of an SQLite file with data in DELETE journal mode
      When the settings meet that file
      Then the settings of the writer's connection are "journal_mode=wal synchronous=2"
      And the settings let any other program see "journal_mode=wal" and the data

    Scenario Outline: The settings of an engine of the caller's with <pragmas> become <result>
      When the settings meet an engine of the caller's that sets "<pragmas>"
      Then the settings of the writer's connection are "<result>"
      And the settings' engine still works after the service is closed

      Examples:
        | pragmas                               | result                          |
        | synchronous=OFF                       | journal_mode=wal synchronous=2  |
        | synchronous=NORMAL journal_mode=WAL   | journal_mode=wal synchronous=2  |
        | synchronous=EXTRA                     | journal_mode=wal synchronous=3  |
        | journal_mode=TRUNCATE synchronous=OFF | journal_mode=wal synchronous=2  |

    Scenario: The settings are made on each connection that the writer comes to use
      When the settings meet an engine of the caller's that sets "synchronous=OFF" and is emptied between two events
      Then the settings of the writer's connection are "journal_mode=wal synchronous=2"

    Scenario Outline: The settings are refused where <what>
      When the settings meet <what>
      Then the settings are refused as unsafe, with "<says>"
      And the settings have let no event in

      Examples:
        | what                                         | says                                                     |
        | a file system that has no shared memory      | SQLite keeps journal_mode=delete … Put the file on a local disk |
        | a pool with a memory database per connection | sees an in-memory database of its own … poolclass=StaticPool |
        | a URL with a memory database per connection  | SQLite keeps journal_mode=memory                         |
        | a connection that keeps synchronous=OFF      | synchronous setting stays at 0 … Do not set it           |
        | SQLite connections with autocommit=True      | autocommit=True … Make an engine without it              |
        | SQLite connections with autocommit=False     | autocommit=False                                         |

    Scenario: The settings of a file that somebody else reads in DELETE mode cannot be changed, and that is said
      Given the settings of an SQLite file with data in DELETE journal mode
      When the settings meet that file while another connection reads it
      Then the settings are refused as busy, with "locked"
      And the settings have let no event in

    Scenario Outline: The settings of <what> are fit for use
      When the settings meet <what>
      Then the settings have let an event in, and it is read back

      Examples:
        | what                                    |
        | the URL of a memory database            |
        | a StaticPool with a memory database     |
        | an SQLite engine in autocommit mode     |

    @tdd_issue @tdd_issue_3
    Scenario: The settings of an SQLite engine that begins explicitly are fit for use
      When the settings meet an SQLite engine that begins explicitly
      Then the settings have let an event in, and it is read back

  Rule: PostgreSQL

    @use.with_db=postgresql
    Scenario: The settings of a connection with synchronous_commit off are set on for the writer alone
      When the settings meet an engine of the caller's with the option "synchronous_commit=off"
      Then the settings of the writer's connection are "synchronous_commit=on"
      And the settings of another connection of the engine are "synchronous_commit=off"
      And the settings' engine still works after the service is closed

    @use.with_db=postgresql
    Scenario: The settings of a database with synchronous_commit off are set on
      When the settings meet a database with synchronous_commit off
      Then the settings of the writer's connection are "synchronous_commit=on"

    @use.with_db=postgresql
    Scenario Outline: The settings of PostgreSQL are refused where <what>
      When the settings meet <what>
      Then the settings are refused as unsafe, with "<says>"
      And the settings have let no event in

      Examples:
        | what                                    | says                                                       |
        | a database in LATIN1                    | the database's encoding is LATIN1 … ENCODING 'UTF8'        |
        | a database in SQL_ASCII                 | the database's encoding is SQL_ASCII                       |
        | an engine with client_encoding=latin1   | the connection's client_encoding is LATIN1                 |
        | an engine in AUTOCOMMIT                 | in autocommit mode … without isolation_level='AUTOCOMMIT'  |
        | connections that commit by themselves   | in autocommit mode                                         |

    @fixture.own_postgresql
    Scenario: The settings of a server without fsync are refused
      When the settings meet a server with fsync off
      Then the settings are refused as unsafe, with "the server runs with fsync=off … Turn it on"

    @use.with_db=postgresql
    Scenario Outline: The settings of PostgreSQL are fit for use with <what>
      When the settings meet <what>
      Then the settings have let an event in, and it is read back

      Examples:
        | what                                    |
        | an engine in REPEATABLE READ            |
        | an engine in SERIALIZABLE               |
        | sessions in the time zone of Tokyo      |
        | sessions that show dates the German way |
        | sessions with escaped strings           |
        | a database whose clients speak LATIN1   |

  Rule: MariaDB

    @use.with_db=mariadb
    Scenario Outline: The settings of MariaDB are refused where <what>
      When the settings meet <what>
      Then the settings are refused as unsafe, with "<says>"
      And the settings have let no event in

      Examples:
        | what                                        | says                                                        |
        | connections in latin1                       | the connection's character set is latin1 … ?charset=utf8mb4 |
        | connections in utf8mb3                      | the connection's character set is utf8mb3                   |
        | an engine in AUTOCOMMIT                     | in autocommit mode                                          |
        | connections that commit by themselves       | in autocommit mode                                          |
        | an event table with a case-insensitive collation | audit_event has the collation utf8mb4_general_ci … utf8mb4_nopad_bin |
        | a log table with a case-insensitive collation | audit_log has the collation utf8mb4_unicode_ci            |
        | an event table with a padding collation     | audit_event has the collation utf8mb4_bin                   |
        | an event table in latin1                    | audit_event has the collation latin1_bin                    |
        | an actor column with a case-insensitive collation | audit_event.actor has the collation utf8mb4_general_ci |
        | an event table on MyISAM                    | audit_event is on the engine MyISAM … ENGINE=InnoDB         |
        | a log table on Aria                         | audit_log is on the engine Aria                             |
        | times without microseconds                  | audit_event.occurred_at is datetime(0) … DATETIME(6)        |
        | times with milliseconds                     | audit_event.recorded_at is datetime(3)                      |

    @use.with_db=mariadb
    Scenario Outline: The settings of MariaDB with <modes> become strict and exact
      When the settings meet an engine of the caller's with sql_mode "<modes>"
      Then the settings of the writer's connection are "<result>"
      And the settings have let 60 events with every byte in, and they are read back

      Examples:
        | modes                                         | result                                 |
        |                                               | sql_mode=STRICT_ALL_TABLES             |
        | ANSI_QUOTES                                   | sql_mode=ANSI_QUOTES,STRICT_ALL_TABLES |
        | STRICT_TRANS_TABLES                           | sql_mode=STRICT_TRANS_TABLES           |
        | NO_BACKSLASH_ESCAPES                          | sql_mode=STRICT_ALL_TABLES             |
        | STRICT_TRANS_TABLES,NO_BACKSLASH_ESCAPES      | sql_mode=STRICT_TRANS_TABLES           |
        | EMPTY_STRING_IS_NULL                          | sql_mode=STRICT_ALL_TABLES             |

    @use.with_db=mariadb
    Scenario: The settings of a URL with another charset do not reach the connection
      When the settings meet a URL with charset=latin1
      Then the settings have let an event in, and it is read back

    @use.with_db=mariadb
    Scenario: The settings of a database in another charset do not reach the tables
      When the settings meet a database whose default is latin1 with a case-insensitive collation
      Then the settings have let an event in, and it is read back

    @fixture.own_mariadb
    Scenario: The settings of a server that flushes once a second are refused
      When the settings meet a server with innodb_flush_log_at_trx_commit=2
      Then the settings are refused as unsafe, with "innodb_flush_log_at_trx_commit=2 … Set it to 1"

  Rule: Every database

    @use.with_db=<db>
    Scenario Outline: The settings keep names apart that differ in case or padding alone, on <db>
      When the settings' service records actors, targets, tenants and actions that differ in case, padding and accents
      Then the settings' service finds each of them alone

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

    @use.with_db=<db>
    Scenario Outline: The settings of an engine that is given are left to its owner, on <db>
      Then the settings' engine is neither disposed nor left with a connection taken, on <db>

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

    @use.with_db=<db>
    Scenario Outline: The settings of any other driver lead to the plain backend, which keeps the same promises on <db>
      Given the settings' backend is the plain one
      When the round trip is made by 40 generated events
      Then the round trip has changed nothing
      And the round trip has left rows that agree with their bodies
      And the round trip's events are found by their names, exactly as written
      And the settings' plain backend recognises a repeated event and refuses another with its id

      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |
