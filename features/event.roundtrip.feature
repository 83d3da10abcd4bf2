Feature: What is recorded comes back equal
  An audit log answers years later, so an event must come out of the database as it went in: every
  number to its last digit, every time with its offset, every text to its last odd character.

  Background:
    Given a round trip through the scenario's database

  @use.with_db=<db>
  Scenario Outline: Any event makes the round trip through <db>
    When the round trip is made by 70 generated events
    Then the round trip has changed nothing
    And the round trip has left rows that agree with their bodies
    And the round trip's events are found by their names, exactly as written

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: Integers that Python itself refuses to show make the round trip through <db>
    When the round trip is made by integers of more than 4,300 digits
    Then the round trip has changed nothing

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: Names with NUL characters make the round trip through <db>
    When the round trip is made by an event with NUL in its names, keys and texts
    Then the round trip has changed nothing
    And the round trip has left rows that agree with their bodies
    And the round trip's events are found by their names, exactly as written

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  @use.with_db=<db>
  Scenario Outline: Events of one batch make the round trip through <db>
    Given a round trip through the scenario's database in asynchronous mode
    When the round trip is made by 200 events at once with odd names, keys and texts
    Then the round trip has changed nothing
    And the round trip has left rows that agree with their bodies
    And the round trip's events are found by their names, exactly as written
    And the round trip took at most 20 batches

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario: What was read makes the round trip again
    When the round trip is made by all that was read from an event of all types
    Then the round trip has changed nothing

  Scenario: Integers make the round trip where Python shows no more than 640 digits
    Given the round trip is made in a process that shows integers of 640 digits
    When the round trip is made by integers of more than 4,300 digits
    Then the round trip has changed nothing

  Scenario Outline: An event is a snapshot of the caller's objects <mode>
    Given a round trip through the scenario's database <mode>
    Then the round trip is that of a snapshot

    Examples:
      | mode                 |
      | in synchronous mode  |
      | in asynchronous mode |

  Scenario: Text of a class of its own becomes plain text
    When the round trip is made by texts, numbers and dicts of derived classes
    Then the round trip has changed nothing

  Scenario: Names may be UUIDs, and are found as their texts
    When the round trip is made by an event whose tenant and request id are UUIDs
    Then the round trip has changed nothing

  Scenario: Sets of enum members and of dataclass instances can be read
    When the round trip is made by sets of enum members and dataclass instances
    Then the round trip's sets of enum members equal those recorded
    And the round trip's sets of dataclass instances hold what they held

  Scenario: An exception comes back as its type and text
    When the round trip is made by exceptions, one of which has no text
    Then the round trip's exceptions are
      | type                                   | text                                     |
      | builtins.ValueError                    | total must not be negative               |
      | builtins.KeyError                      | 'sku'                                    |
      | features.support.events.kinds.Speechless | <its text cannot be had: str() raises> |

  Scenario: A body that this version cannot read is refused with a clear error
    Then the round trip's bodies are refused when they are
      | body                                     | says                                        |
      | {"v":2}                                  | not an event body of version 1              |
      | []                                       | not an event body of version 1              |
      | {"v":1}                                  | malformed event body                        |
      | nonsense                                 | malformed                                   |
      | {"v":1,"details":{"x":{"$new":1}}}       | the tag '$new' is unknown to this version   |
      | {"v":1,"details":{"x":{"$uuid":5}}}      | malformed value {'$uuid': 5}                |
      | {"v":1,"details":{"x":{"$decimal":"x"}}} | malformed value {'$decimal': 'x'}           |
