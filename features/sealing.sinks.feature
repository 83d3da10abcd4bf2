Feature: Checkpoints are handed to places outside the database
  As an operator
  I want each checkpoint to be kept where the database's owner cannot take it back
  So that it is there when somebody asks whether the log was changed

  Scenario: A file is only ever appended to
    Given a signer's log of 10 events
    And the signer hands its checkpoints to a file and to a callable
    When the signer seals
    And the signer's log gains 10 events
    And the signer seals
    And the signer seals
    Then the sink's file holds the 2 checkpoints of the table
    And the sink's callable was given the 2 checkpoints of the table
    And the sink's file has never been shorter than before

  Scenario Outline: A file whose end <damage> goes on
    Given a signer's log of 10 events
    And the signer hands its checkpoints to a file and to a callable
    When the signer seals
    And the sink's file <damage>
    And the signer's log gains 10 events
    And the signer seals
    Then the sink's file holds <readable> readable checkpoints, the last being the newest

    Examples:
      | damage                                  | readable |
      | was cut in the middle of the text       | 1        |
      | was cut in the middle of the signature  | 1        |
      | was cut before the last newline         | 2        |
      | has lines of somebody else behind it    | 2        |

  Scenario: A sink that fails keeps nothing from the others, and is told
    Given a signer's log of 10 events
    And the signer hands its checkpoints to a sink that fails, and then to a callable
    When the signer seals
    Then the signer refuses with "is signed and stored, and was not taken by"
    And the signer's table holds 1 checkpoint
    And the sink's callable was given the 1 checkpoint of the table

  Scenario: A file that cannot be written to is named
    Given a signer's log of 10 events
    And the signer hands its checkpoints to a file in a directory that does not exist
    When the signer seals
    Then the signer refuses with "was not taken by FileSink('"
    And the signer's refusal says "No such file or directory"
    And the signer's table holds 1 checkpoint

  Scenario: A sink that asks for a checkpoint itself does not wait for itself
    Given a signer's log of 10 events
    And the signer hands its checkpoints to a sink that seals
    When the signer seals
    Then the signer refuses with "cannot ask for a checkpoint of the same log"

  Scenario Outline: What is no sink is refused: <what>
    Then <what> is refused as a sink

    Examples:
      | what              |
      | a number          |
      | a list of numbers |
