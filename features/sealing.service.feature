Feature: A service signs checkpoints of its log
  As an application
  I want to hand over a key and be done
  So that what was recorded is signed while I run, when I end, and when I ask

  @use.with_db=<db>
  Scenario Outline: When asked, at the end, and never twice for the same in <db>
    Given a signing service
    When the signing service records 10 events
    Then the signing service's checkpoint covers 10 events, and its note opens with the verifier key
    And the signing service's checkpoint is the same when asked again
    When the signing service records 5 events
    And the signing service is closed
    Then the signing service has left 2 checkpoints, the last of 15 events
    And the signing service's sink holds the same
    When the signing service is opened again and closed
    Then the signing service has left 2 checkpoints, the last of 15 events

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario Outline: An interval after new events, in <mode> mode
    Given a signing service in <mode> mode with an interval of 0.2 seconds
    When the signing service records 10 events
    Then within 5 seconds the signing service has left 1 checkpoint, the last of 10 events
    When 0.6 seconds go by
    Then the signing service has left 1 checkpoint, the last of 10 events

    Examples:
      | mode  |
      | sync  |
      | async |

  Scenario: What is acknowledged in async mode is covered
    Given a signing service in async mode with an interval of 60 seconds
    When the signing service records 500 events
    Then the signing service's checkpoint covers 500 events, and its note opens with the verifier key

  Scenario: A log in memory is signed as well
    Given a signing service in memory
    When the signing service records 10 events
    Then the signing service's checkpoint covers 10 events, and its note opens with the verifier key

  Scenario: A database that was set back is told to on_error, and recording goes on
    Given a signing service
    When the signing service records 10 events
    And the signing service is closed
    And the signing service's database is set back to 4 events
    And the signing service is opened again
    And the signing service records 3 events
    Then the signing service refuses a checkpoint with "has 7 events, and this key has signed a checkpoint of 10"
    When the signing service is closed
    Then the signing service's on_error was told "has 7 events, and this key has signed a checkpoint of 10"

  Scenario: A state of the caller's own remembers what was signed
    Given a signing service with a state of the caller's own
    When the signing service records 10 events
    Then the signing service's checkpoint covers 10 events, and its note opens with the verifier key
    And the caller's own state remembers the checkpoint

  Scenario: Without a key
    Given a signing service without a key
    When the signing service records 1 event
    Then the signing service refuses a checkpoint with "Without a key the log still keeps its tree"

  Scenario Outline: What cannot be is refused at once: <what>
    Then a signing service with <what> is refused with "<text>"

    Examples:
      | what                     | text                              |
      | a key that is not there  | there is no such file             |
      | sinks without a key      | it takes a signing_key            |
      | a state without a key    | it takes a signing_key            |
      | a number as its state    | pass the path of a file, which need not exist |
      | an interval of 0         | pass seconds as a number above 0  |
      | a policy of no witnesses | there are only 0 witnesses        |
      | harden as a word         | pass True or False                |

  Scenario: Recording never waits for a checkpoint
    Given a signing service in sync mode with an interval of 0.05 seconds, whose sink hangs
    When the signing service records 1 event
    And the signing service's sink hangs
    Then the signing service records 20 events within 5 seconds
    And the signing service closes within 3 seconds

  Scenario: A sink that hangs is left alone, and the others get their checkpoints
    Given a signing service in sync mode with an interval of 60 seconds, whose sink hangs and may take 0.5 seconds
    When the signing service records 3 events
    Then a checkpoint of 3 events is made within 5 seconds, and says "has not taken it within 0.5 s"
    When the signing service records 1 event
    Then a checkpoint of 4 events is made within 0.4 seconds, and says "it still hangs with an earlier one"
    And the signing service's other sink has been handed checkpoints of 3 and 4 events
    When the signing service's sink comes back
    And the signing service records 1 event
    Then the signing service's checkpoint covers 5 events, and its note opens with the verifier key

  Scenario: A sink cannot ask for a checkpoint of its own log
    Given a signing service in sync mode whose sink asks for a checkpoint
    When the signing service records 1 event
    Then a checkpoint of 1 event is made within 5 seconds, and says "a sink or a signer cannot ask for a checkpoint"

  Scenario: A witness that hangs is given up in time
    Given a signing service in sync mode with a witness that takes the connection and says nothing, and a policy of 0.5 seconds
    When the signing service records 3 events
    Then a checkpoint of 3 events is made within 5 seconds, and tells of the witness "did not answer within 0.5 s"
    And the signing service closes within 3 seconds

  Scenario: A child of a fork signs what it records, and the parent what it records
    Given a signing service in sync mode with an interval of 60 seconds
    When the signing service records 10 events
    And a forked child of the signing service records 5 events and closes
    And the signing service records 1 event
    And the signing service is closed
    Then the signing service has left 2 checkpoints, the last of 16 events

  @use.with_db=<db>
  Scenario Outline: A service hardens <db> at its first use
    Given a signing service that hardens
    When the signing service records 3 events
    Then "DELETE FROM audit_event" is refused in the signing service's database
    And the signing service's checkpoint covers 3 events, and its note opens with the verifier key

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |
