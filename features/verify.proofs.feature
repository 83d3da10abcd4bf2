Feature: One event is proven by one small file
  As somebody who has to show that an event is in the log
  I want a file that proves it without database and network
  So that the one who asks need not trust me

  @use.with_db=<db>
  Scenario Outline: Events on <db> are proven
    When the events 0, 255, 256, 768, 899 of the log on <db> are proven
    Then each proof verifies with the key alone, and gives the event back

    Examples:
      | db         |
      | sqlite     |
      | postgresql |
      | mariadb    |

  Scenario: The file is in the format of C2SP tlog-proof
    When the event 123 is proven
    Then the proof's lines are the header, the body, the index, its hashes and the checkpoint

  Scenario: Every single change of the file is refused
    When the event 123 is proven
    Then no proof with one changed bit verifies

  Scenario Outline: A proof with <problem> is refused
    When the event 123 is proven
    Then the proof with <problem> is refused with "<message>"

    Examples:
      | problem           | message                                    |
      | another key       | by no key that is known here               |
      | another origin    | is of the log 'audit', not of 'other'      |
      | a hash too many   | was cut or padded                          |
      | a hash too few    | was cut or padded                          |
      | no body           | has no 'extra' line                        |
      | no checkpoint     | ends before its checkpoint                 |
      | another header    | instead of 'c2sp.org/tlog-proof@v1'        |
      | a signed index    | is not a plain decimal number              |
      | seventy hashes    | no tree needs more than 63                 |
      | broken text       | is not text in UTF-8                       |

  Scenario: What was proven to be in the log need not be an event that this version can read
    Then the proof of an entry that is no event is refused with "the entry 0 is proven to be in the log, but it is no event that this version can read"

  Scenario: An event that no checkpoint covers cannot be proven yet
    Then proving the event 950 fails with "no signed checkpoint covers the event"

  Scenario: There is no such event
    Then proving an unknown event fails with "has no event"

  Scenario: An event that was edited cannot be proven
    Given the log after "edit a body"
    Then proving the event 123 fails with "leads to the root"

  Scenario: A proof touches few tiles
    When the event 123 is proven
    Then 3 tiles were read for it

  Scenario: The log proves that it continues an older checkpoint
    Then the log is consistent with its first 500 events
    Given the log after "fork after the first 500"
    Then the log is not consistent with the checkpoint over 900 events
