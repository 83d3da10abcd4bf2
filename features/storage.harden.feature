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

  Scenario: The doctor has nothing to look at without tables
    Then the doctor finds that there are no tables
