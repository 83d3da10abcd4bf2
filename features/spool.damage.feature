Feature: Damage to a spool costs the damaged records, and is told
  As somebody who must account for every event
  I want whatever happens to a spool's files found, set aside and counted
  So that the log can say what is missing, and everything else is delivered in order

  Scenario: A bit flips in any byte
    Then a flipped bit in any byte of a spool costs at most the record that it is in

  Scenario Outline: A bit flips in any byte of the file "<name>"
    Then a flipped bit in any byte of the spool's file "<name>" costs nothing

    Examples:
      | name     |
      | owner    |
      | position |

  Scenario: A segment is cut off at any length
    Then a segment that is cut off anywhere still delivers what is whole, and it is told

  Scenario: A segment is cut off inside its header
    Then a segment that is cut off inside its header costs its own records alone

  Scenario Outline: Frames that stand where they should not: <how>
    When a spool's files are tampered with: <how>
    Then all of the spool's records that are left are delivered, in order
    And the damage told is "<reason>", and it has cost <lost> records

    Examples:
      | how                                    | reason                          | lost |
      | another spool                          | checksum does not fit           | 1    |
      | another segment                        | checksum does not fit           | 1    |
      | its own segment, written over another  | a second copy of record 7       | 1    |
      | its own segment, put between           | a second copy of record 7       | 1    |
      | two places that change                 | record 4 is out of its place    | 0    |
      | a whole segment of another spool       | a segment of another spool      | 30   |
      | a copy of a whole segment              | a second copy of segment 0      | 0    |
      | a segment that is deleted              | records are missing             | 30   |
      | the oldest segment, deleted            | a segment's file is gone        | 30   |
      | zeros                                  | zeros where records should be   | 1    |

  Scenario: Segments whose names were changed
    When a spool's files are tampered with: the segments' names, changed
    Then all of the spool's records that are left are delivered, in order

  Scenario: Anything is overwritten, cut out or put in anywhere
    Then records whose bytes are whole are delivered, whatever was done to the others

  Scenario: Damage to a spool that is in use
    Then damage to a spool that is in use is found when it is drained

  Scenario: Damage is set aside once, outlives the spool and is never deleted
    Then damaged bytes stay in a .bad file when the spool is gone, and are not doubled by a crash

  Scenario: Nothing tells whose a spool is
    Then a spool of which nothing tells whose it is is refused and left as it is

  Scenario: A newer version's spool
    Then a spool of a newer version is refused and left as it is
