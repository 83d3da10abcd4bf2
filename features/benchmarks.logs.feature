Feature: The logs that benchmarks read are logs
  Figures about logs of millions of events mean something only if those are what the library itself
  would have written, event by event and to the last hash.

  Scenario: A made event is what record() makes of the same arguments
    Then the first 2000 events that benchmarks make are byte for byte what the library builds
    And their bodies have between 300 and 700 bytes

  Scenario: The first events are the same in a log of any size
    Then a log of 10300 made events begins with the events of a log of 300

  @use.with_db=<db>
  Scenario Outline: A log made in bulk is intact, and grows on as any other, on <db>
    Given a log of 20300 events made in bulk
    Then the bulk log holds 20300 events and is found intact
    And the bulk log has the indexes of one that the library has made
    And the bulk log takes a further event and is found intact

    Examples:
      | db         |
      | sqlite     |
      | postgresql |

  Scenario: A log that is kept is used again
    Given a store of bulk logs
    Then the store makes a log of 500 events once, and another one of 400 besides
    And the store refuses a log that the disk has no room for
