Feature: A verification says what it proves, and what it rests on
  As an auditor
  I want a pass to tell how much it is worth
  So that a log without a key is never mistaken for one that is proven

  Scenario Outline: An untouched log under <trust> and <pin> is <outcome>
    When the untouched log is verified under "<trust>" with <pin>
    Then the report's outcome is <outcome>
    And the report says "<proven>"
    And the report says "<not proven>"

    Examples:
      | trust                    | pin          | outcome  | proven                              | not proven                               |
      | pinned key               | a checkpoint | proven   | since the key that you named        | Events 900 to 999 are not sealed         |
      | pinned key               | a checkpoint | proven   | continues the checkpoint of size 900 | 900 to 999                              |
      | pinned key               | no pin       | proven   | since the key that you named        | No pinned checkpoint was given           |
      | key found beside the log | no pin       | proven   | a key that was found beside the log | whoever could replace both               |
      | none                     | a checkpoint | proven   | the checkpoint that you kept        | Events 900 to 999 are not sealed         |
      | none                     | no pin       | unproven | consistent in itself                | that proves nothing, for no key was named |

  Scenario: No two levels of trust look the same
    Then the reports on the untouched log differ between all levels of trust

  Scenario: The verifier key is replaced
    When the untouched log is verified under "another key" with no pin
    Then the report finds "checkpoint forged 0; checkpoint forged 0"

  Scenario: Who rewrites everything with the key is only found by a checkpoint that was kept
    Given the log after "edit an event and rebuild everything with the key"
    When the log is verified under "pinned key" with no pin
    Then the report finds "nothing"
    And the report says "rewritten by the holder of the key, looks the same"
    When the log is verified under "pinned key" with a checkpoint
    Then the report finds "forked 0-899"

  Scenario: A log without any checkpoint proves nothing
    Given the log after "delete the checkpoints"
    When the log is verified under "pinned key" with no pin
    Then the report's outcome is unproven
    And the report says "no checkpoint over any event is signed by the key"

  Scenario: A key may not vouch for sizes that belong to another key
    When the untouched log is verified with its key valid from size 600 on
    Then the report finds "checkpoint forged 0"

  Scenario: A newer key proves nothing about older history without the older key's checkpoint
    When the untouched log is verified with a key that hands over to another at size 900
    Then the report finds "nothing"
    And the report's outcome is proven
    When the log is rewritten and sealed by the newer key alone
    Then the report finds "checkpoint forged 0"

  Scenario: The newer key cannot stand in for the older one where it hands over
    When the untouched log is verified with a key that hands over to another at size 900, which alone has signed there
    Then the report finds "checkpoint forged 0"

  Scenario: Without a key a stored checkpoint that does not fit is all the same a finding
    Given the log after "edit an event and rebuild everything without the key"
    When the log is verified under "none" with no pin
    Then the report finds "checkpoint forged 0-499"
    And the report's outcome is tampered

  Scenario: A checkpoint over nothing proves nothing
    When a checkpoint over no event is all that the untouched log is verified with
    Then the report finds "nothing"
    And the report's outcome is unproven

  Scenario: Two checkpoints of one size that differ are refused, for they prove a fork by themselves
    When the untouched log is verified with two pins of one size
    Then the verification fails with "If both are signed, they prove that the log was forked"

  Scenario: Events that were pruned are proven to have existed
    Given the log after "prune an event"
    When the log is verified with events below 500 pruned
    Then the report's outcome is proven
    And the report says "1 events have no body any more: that they existed is proven, what they said is not"

  Scenario: A pin of another log is refused
    When the untouched log is verified with a pin of another log
    Then the verification fails with "is of the log 'other'"

  Scenario: There is no log of that name
    When a log that does not exist is verified
    Then the verification fails with "has no log 'missing'"

  Scenario: A verification goes on from an earlier one
    When the untouched log is verified since size 900
    Then the report's outcome is proven
    And the report read the events from 768 on
    And the report says "Events before 768 were not read again"
    Given the log after "edit a body"
    When the log is verified since size 900
    Then the report finds "nothing"
    Given the log after "edit a body that is not sealed"
    When the log is verified since size 900
    Then the report finds "edited 950"
    Given the log after "change the root of a tile"
    When the log is verified since size 900
    Then the report finds "tile changed 256"
    And the report read the events from 0 on
    Given the log after "delete a tile"
    When the log is verified since size 900
    Then the report finds "tile changed 256"
    And the report read the events from 0 on

  @use.with_db=<db>
  Scenario Outline: Several processes find the same on <db>
    Then tampering with the log on <db> is found by 2 processes
      | tampering                                            | found                      |
      | do nothing                                           | nothing                    |
      | edit a body and hash it again                        | edited 123                 |
      | edit the column actor of event 600                   | projection changed 600     |
      | delete an event and renumber                         | deleted 123                |
      | swap two events                                      | reordered 123              |
      | edit an event and rebuild everything without the key | forked 0-499; forked 0-899 |

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: Appends while it is verified raise no finding on <db>
    When a log on <db> is verified again and again while events are appended and sealed
    Then none of the reports has a finding

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario: An engine of the application's own that begins its transactions by a statement
    When the untouched log is verified through an engine that begins its transactions itself
    Then the report's outcome is proven

  Scenario: Every kind of name and value is verified against its columns
    When a log of events with odd names is verified
    Then the report finds "nothing"

  Scenario: A finding is the same as text and as JSON
    Given the log after "edit the column actor of event 123"
    When the log is verified under "pinned key" with a checkpoint
    Then the finding reads "projection changed: event 123: the column actor does not follow from the body"
    And the finding expected "user:4" and found "denied"
