Feature: Witnesses cosign checkpoints
  As somebody who reads a log
  I want its checkpoints to be cosigned by witnesses that remember the log themselves
  So that not even the owner of the key can show two people two histories

  The witness here is a small real one on the loopback interface, which checks what C2SP tlog-witness
  says that a witness must check.

  Scenario: A witness that has never seen the log, and then one that has
    Given a signer's log of 300 events
    And the signer asks 1 witness, of which it needs 1, or else it raises
    When the signer seals
    Then the signer's checkpoint is cosigned by 1 witness
    And witness 1 was asked with the old sizes "0"
    When the signer's log gains 500 events
    And the signer seals
    Then the signer's checkpoint is cosigned by 1 witness
    And witness 1 was asked with the old sizes "0, 300"
    And the signer's state is the newest checkpoint

  Scenario: A witness that is further than the signer knows says so, and is asked again
    Given a signer's log of 300 events
    And the signer has sealed
    And the signer asks 1 witness, of which it needs 1, or else it raises
    And witness 1 has cosigned the log as it is
    When the signer's log gains 500 events
    And the signer seals
    Then the signer's checkpoint is cosigned by 1 witness
    And witness 1 was asked with the old sizes "0, 300"

  Scenario: A checkpoint that is cosigned already is not sent again
    Given a signer's log of 300 events
    And the signer asks 2 witnesses, of which it needs 1, or else it raises
    And witness 2 is broken
    When the signer seals
    Then the signer's checkpoint is cosigned by 1 witness
    Given witness 2 is honest
    When the signer seals
    Then the signer's checkpoint is cosigned by 2 witnesses
    And witness 1 was asked with the old sizes "0"
    And the signer's table holds 2 checkpoints, the newest being the one that was sealed

  Scenario Outline: With a witness that is <mood>, 1 of 2 is enough
    Given a signer's log of 300 events
    And the signer asks 2 witnesses, of which it needs 1, or else it raises
    And witness 1 is <mood>
    When the signer seals
    Then the signer's checkpoint is cosigned by 1 witness
    And the signer's checkpoint tells of a problem: "<problem>"
    And the sealing took less than 4 seconds

    Examples:
      | mood      | problem                                       |
      | slow      | did not answer within 1 s                     |
      | dripping  | did not answer within 1 s                     |
      | broken    | it failed (HTTP 500, 'out of order')          |
      | liar      | its cosignature is wrong                      |
      | impostor  | cosignatures by other keys than its own       |
      | babbling  | its answer is malformed                       |
      | endless   | its answer is longer than 65536 bytes         |
      | gone      | it cannot be reached                          |

  Scenario: A policy that is not met raises, and the checkpoint is published when it is
    Given a signer's log of 300 events
    And the signer asks 2 witnesses, of which it needs 2, or else it raises
    And witness 2 is broken
    When the signer seals
    Then the signer refuses with "1 of 2 witnesses have cosigned the checkpoint of size 300, and the policy demands 2"
    And the signer's table holds 0 checkpoints
    And the signer's state is of 300 events still
    Given witness 2 is honest
    When the signer seals
    Then the signer's checkpoint is cosigned by 2 witnesses
    And witness 1 was asked with the old sizes "0"

  Scenario: A policy that is not met publishes all the same, if it says so
    Given a signer's log of 300 events
    And the signer asks 2 witnesses, of which it needs 2, or else it publishes
    And witness 2 is broken
    When the signer seals
    Then the signer's checkpoint is cosigned by 1 witness
    And the signer's table holds 1 checkpoint

  Scenario Outline: A witness that <memory> says what is wrong
    Given a signer's log of 300 events
    And the signer asks 1 witness, of which it needs 1, or else it raises
    And witness 1 <memory>
    When the signer seals
    Then the signer refuses with "<text>"

    Examples:
      | memory                                      | text                                          |
      | has cosigned another tree of the same size  | it has cosigned another tree of the same size |
      | has cosigned another, smaller tree          | the log was forked or rewritten (HTTP 422     |
      | has cosigned a larger tree                  | another signer is ahead, or this database was set back |
      | knows another key for the log               | it does not know the key that has signed     |
      | knows another log alone                     | it does not know this log (HTTP 404           |

  Scenario Outline: What cannot be a witness or a policy is refused: <what>
    Then <what> is refused with "<text>" before anything is sent

    Examples:
      | what                                | text                                         |
      | a witness at "ftp://w.example"      | use a witness's submission prefix            |
      | a witness at "https://"             | use a witness's submission prefix            |
      | a witness at "https://u:p@w.example"| use a witness's submission prefix            |
      | a witness at "https://w.example/?q" | use a witness's submission prefix            |
      | a witness with a broken key         | the verifier key                             |
      | two witnesses with one key          | two of them have the same key                |
      | witnesses without a policy          | say how many witnesses are needed            |
      | a policy of 2 with 1 witness        | there are only 1 witnesses                   |
      | a policy that does what it likes    | pass one of 'raise', 'publish'               |
