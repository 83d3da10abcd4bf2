Feature: An application signs, proves and verifies through its service
  As an application
  I want checkpoints, proofs and verifications from the object that I record with
  So that I need neither the command line nor the modules behind it

  Scenario: A service with a key verifies by that key, and says how little that is worth
    Given a signing service
    When the signing service records 10 events
    And the signing service signs a checkpoint
    And the signing service verifies its log
    Then the report's outcome is proven
    And the report rests on "key found beside the log"
    And the report says "unchanged since a key that was found beside the log vouched for them"
    And the report says "whoever could replace both would pass as well"
    When the signing service verifies its log with its verifier key
    Then the report's outcome is proven
    And the report rests on "pinned key"

  Scenario: A service without a key has nothing to rest on
    Given a signing service without a key
    When the signing service records 10 events
    And the signing service verifies its log
    Then the report's outcome is unproven
    And the report rests on "none"

  Scenario: A key that tells no verifier is none to verify by
    Given a signing service whose key is a signer that does not tell its verifier key
    When the signing service records 10 events
    And the signing service signs a checkpoint
    And the signing service verifies its log
    Then the report's outcome is unproven
    And the report rests on "none"

  Scenario: A key that was found knows nothing of the keys before it
    Given a signing service
    When the signing service records 10 events
    And the signing service signs a checkpoint
    And the signing service hands over to a newer key and goes on with 5 events
    And the signing service verifies its log
    Then the report finds "nothing"
    And the report's outcome is proven
    And the report says "1 checkpoints, from size 10 on, are not signed by the key that was found"
    When the signing service verifies its log with the newer verifier key
    Then the report finds "checkpoint forged 0"

  Scenario: Without its own signatures a service's key proves nothing
    Given a signing service
    When the signing service records 10 events
    And the signing service signs a checkpoint
    And somebody rewrites the signing service's log and signs it with a key of his own
    And the signing service verifies its log
    Then the report finds "nothing"
    And the report's outcome is unproven
    And the report says "are not signed by the key that was found, and so say nothing here"
    When the signing service is closed
    Then the signing service's on_error was told "the log was forked or rewritten"

  Scenario: A pin, an earlier verification, witnesses and processes
    Given a signing service
    When the signing service records 600 events
    And the signing service signs a checkpoint
    And the signing service records 10 events
    And the signing service signs a checkpoint
    Then the signing service verifies its log from the checkpoint before, and with a witness whom nobody knows
    And the signing service refuses to verify with 0 processes or a pin by another key

  @use.with_db=<db>
  Scenario Outline: Events of <db> are proven, and the log continues its older checkpoints
    Given a signing service
    When the signing service records 10 events
    And the signing service signs a checkpoint
    And the signing service records 20 events
    And the signing service signs a checkpoint
    Then the signing service proves event 3, by the newest checkpoint and by the older one
    And the signing service proves that its log continues the older checkpoint

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario Outline: What cannot be proven is said: <what>
    Given a signing service
    When the signing service records 10 events
    And the signing service signs a checkpoint
    Then the signing service cannot prove <what>, because "<message>"

    Examples:
      | what                                     | message                          |
      | an event that was pruned                 | was pruned: its body is gone     |
      | that it continues another log            | is of the log 'other'            |
      | that it continues a malformed checkpoint | the note has no empty line       |
      | that it continues a longer log           | 30                               |
      | an event whose id is none                | is no UUID                       |

  Scenario: A checkpoint is refused when the service is closed, inside its first use, and by a database that fails
    Given a signing service
    When the signing service records 10 events
    Then a checkpoint asked for inside the first use fails with "cannot be signed from inside a commit"
    And a checkpoint asked for while the table of checkpoints is gone fails with "no checkpoint was made"
    And a checkpoint asked for after the service was closed fails with "the audit service is closed"

  Scenario: A checkpoint waits for what was recorded before it, and no longer than it may
    Given a signing service in async mode with an interval of 60 seconds
    When the signing service records 10 events
    Then a checkpoint asked for while another process writes fails with "could not be committed within 0.3 s"

  Scenario: A log in memory is verified, by one process whatever is asked for
    Given a signing service in memory
    When the signing service records 600 events
    And the signing service signs a checkpoint
    And the signing service verifies its log with 4 processes
    Then the report's outcome is proven
