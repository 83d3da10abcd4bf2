Feature: The tables refuse changes
  As somebody who answers for an audit log
  I want the database itself to refuse what nobody may do to it
  So that a mistake, a bug or injected SQL does no harm, and an attacker has to be more than the application

  Triggers refuse changes to whatever account; rights keep the application's account from more. The
  statements here are raw SQL by the tables' owner.

  @use.with_db=<db>
  Scenario Outline: In <db> nothing that is recorded can be changed, and recording goes on
    Given a hardened log of 300 events and a checkpoint
    Then every raw statement that changes events, tiles or checkpoints is refused
    And the hardened log is what it was
    When the hardened log gains 300 events
    And an event of the hardened log is recorded a second time
    Then the hardened log holds 600 events, and its tree is whole
    When the hardening is taken away
    Then every raw statement that changes events, tiles or checkpoints works

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: Hardening <db> twice, in part, and not at all
    Given a log of 3 events that is not hardened
    Then its hardening is "off"
    When it is hardened
    And it is hardened
    Then its hardening is "on"
    When one of its triggers is dropped
    Then its hardening is "partial"
    When the service's first use hardens it
    Then its hardening is "on"
    When its hardening is taken away
    And its hardening is taken away
    Then its hardening is "off"

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: The printed rights are enough to record in <db>, and for nothing else
    Given a log of 3 events that is not hardened
    And an account with the printed rights
    Then the account records, reads and seals
    And the account may not update, delete, truncate or drop anything
    And the service of the account is content with harden=True
    And the doctor finds that the account can change nothing
    When it is hardened
    Then the account records, reads and seals
    And the service of the account is content with harden=True

    Examples:
      | db         |
      | postgresql |
      | mariadb    |

  @use.with_db=postgresql
  Scenario: An account that cannot harden says who can
    Given a log of 3 events that is not hardened
    And an account with the printed rights and the right to update events
    Then the service of the account refuses harden=True and says "Let the tables' owner run: indelible db harden URL"

  @use.with_db=postgresql
  Scenario: In a schema of its own, with a prefix
    Given a log of 3 events in the schema "compliance" with the prefix "x_"
    When it is hardened
    Then its hardening is "on"
    And the rights for it name "compliance.x_event"

  @use.with_db=postgresql
  Scenario: A session that plays the part of a replica is refused as well
    Given a hardened log of 10 events and a checkpoint
    Then "SET session_replication_role = replica; DELETE FROM audit_event" is refused

  Scenario Outline: The statements that <what> are printed for <dialect> and run by hand
    Then the statements to <what> on <dialect> say "<text>"

    Examples:
      | what     | dialect    | text                                         |
      | harden   | sqlite     | CREATE TRIGGER audit_event_no_update         |
      | harden   | postgresql | BEFORE UPDATE OR DELETE OR TRUNCATE          |
      | harden   | mariadb    | SIGNAL SQLSTATE '45000'                      |
      | harden   | mysql      | SIGNAL SQLSTATE '45000'                      |
      | unharden | sqlite     | DROP TRIGGER IF EXISTS audit_event_no_update |
      | unharden | postgresql | DROP FUNCTION IF EXISTS                      |
      | unharden | mariadb    | DROP TRIGGER IF EXISTS audit_event_no_update |

  Scenario Outline: A role called <role> is refused
    Then the rights for the role "<role>" are refused

    Examples:
      | role          |
      | a'; DROP      |
      | two words     |
      | @host         |

  Scenario: Without tables there is nothing to harden
    Then hardening a database without tables is refused with "the database has no audit tables"

  @use.with_db=<db>
  Scenario Outline: The doctor tells in <db> what an attacker could do, and changes nothing
    Given a log of 300 events that is not hardened
    Then the doctor finds "update audit_event" to be bad
    And the doctor finds "delete audit_tile" to be bad
    And the doctor finds "triggers" to be bad
    And the doctor says that an attacker could "change events where they stand"
    And the doctor has changed nothing
    When it is hardened
    Then the doctor finds "update audit_event" to be good
    And the doctor finds "delete audit_checkpoint" to be good
    And the doctor finds "truncate audit_event" to be <truncate>
    And the doctor finds "triggers" to be good
    And the doctor finds "durability" to be good
    And the doctor finds "charset" to be good
    And the doctor finds "clock" to be good
    And the doctor finds "account" to be weak
    And the doctor says that an attacker could "<strength>"
    And the doctor has changed nothing

    Examples:
      | db         | truncate  | strength                                                 |
      | sqlite     | left out  | drop the triggers, or change the file without SQLite     |
      | postgresql | good      | do anything, for it is a superuser                       |
      | mariadb    | bad       | drop the triggers, or the tables, by its rights ALL      |

  Scenario: The doctor is not fooled by a trigger that does nothing
    Given a log of 3 events that is not hardened
    When it is hardened
    And the trigger against updates is replaced by one that does nothing
    Then the doctor finds "update audit_event" to be bad

  Scenario: The doctor sees an event from the future
    Given a log of 3 events that is not hardened
    Then a doctor whose clock is an hour slow finds "clock" to be bad

  @use.with_db=<db>
  Scenario Outline: The doctor sees that the clock of <db> is another
    Given a log of 0 events that is not hardened
    Then a doctor whose clock is an hour slow finds "clock" to be weak

    Examples:
      | db         |
      | postgresql |
      | mariadb    |

  Scenario: The doctor says when it cannot try, because somebody else writes
    Given a log of 3 events that is not hardened
    When somebody else holds the database's write lock
    Then a doctor who waits for 0.2 seconds finds "write" to be unknown, because "database is locked"

  Scenario: The doctor finds that an account which may only read changes nothing
    Given a log of 3 events that is not hardened
    Then a doctor who may only read finds "update audit_event" to be good, because "the account has no right to"

  @use.with_db=postgresql
  Scenario: The doctor does not wait for a table that somebody reads
    Given a log of 3 events that is not hardened
    When somebody else has read the events in a transaction that is open
    Then the doctor finds "truncate audit_event" to be unknown
    And the doctor finds "update audit_event" to be bad
    And the doctor has changed nothing

  @use.with_db=postgresql
  Scenario: The doctor does not take the lack of a row to try on for safety, or for danger
    Given a log of 3 events that is not hardened
    And an account with the printed rights and the right to update events, but not to insert them
    Then the account's doctor finds "update audit_event" to be unknown, because "there is no row to try it on"
    And the account's doctor finds "delete audit_event" to be good, because "the account has no right to"

  @use.with_db=postgresql
  Scenario: The doctor says when an account may not see the newest event
    Given a log of 3 events that is not hardened
    And an account with the printed rights, but not to read events
    Then the account's doctor finds "clock" to be unknown, because "permission denied"

  Scenario: The doctor is not stopped by a time that is none
    Given a log of 3 events that is not hardened
    When somebody writes "yesterday" where the newest event's time is
    Then the doctor finds "clock" to be unknown
    And the doctor finds "update audit_event" to be bad

  @use.with_db=mariadb
  Scenario: The doctor sees columns that would change what is stored
    Given a log of 3 events that is not hardened
    When somebody gives the events a collation that ignores case
    Then the doctor finds "columns" to be bad

  Scenario: The doctor looks at a log in memory
    Then a doctor of a log in memory finds "durability" to be weak, and "file mode" to be left out

  Scenario Outline: Where triggers are made for no such database, to <what> is refused
    Given a log in a database of a kind that is known to SQLAlchemy alone
    Then to <what> is refused there with "triggers are made for SQLite, PostgreSQL, MariaDB and MySQL"

    Examples:
      | what                    |
      | harden                  |
      | take the hardening away |
      | print the statements    |
      | print the rights        |
      | diagnose                |

  Scenario: The doctor has nothing to look at without tables
    Then the doctor finds that there are no tables
