Feature: A disk that fails is an error, never a success
  As somebody whose disks are full at times, and break
  I want a spool to take records only when they are on the disk
  So that what it acknowledges is there

  Rule: A full disk

    Scenario: A small volume is full, and has room again
      Then a spool on a small volume that is full says so, keeps what it took, and takes more later

    Scenario: Files may not grow (RLIMIT_FSIZE)
      Then a process that may not grow its files gets an error, and its spool works on

  Rule: A write, or the wait for it, that fails

    Scenario Outline: One <what> fails
      When one <what> for the disk fails while records are appended
      Then nothing that was acknowledged is lost, doubled or out of order
      And the file of the failed <what> was given up, not used again

      Examples:
        | what  |
        | wait  |
        | write |

    Scenario Outline: Every <what> fails for a while
      When every <what> for the disk fails for a while
      Then nothing that was acknowledged is lost, doubled or out of order
      And what was refused does not come back

      Examples:
        | what  |
        | wait  |
        | write |

    Scenario: A process dies right after an append was refused
      Then what an append has left on the disk that was refused is not delivered

    Scenario: A file that was given up cannot even be deleted
      Then a file that was given up, and stays, says nothing beside the one that followed it

    Scenario: A signal interrupts an append after its write
      When an append is interrupted after its write
      Then nothing that was acknowledged is lost, doubled or out of order

    Scenario: Any order of appends, drains, failures and deaths
      Then a spool does what a list would, in any order of events

    Scenario: A spool cannot be made
      Then a spool on a disk that fails is not made, and nothing is left of it

  Rule: Files that vanish while they are open

    Scenario Outline: <how>
      Then it is noticed at once when, under an open spool, <how>
      And what it held is still read

      Examples:
        | how                                         |
        | the segment is deleted                      |
        | the segment is replaced by a copy           |
        | the segment is cut off                      |
        | the spool's directory is deleted            |
        | the spool's directory is renamed            |
        | the spool's directory is replaced by a copy |
        | the directory of spools is deleted          |
