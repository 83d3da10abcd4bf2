Feature: A spool outlives whatever happens to its process
  As somebody whose processes are killed without a warning
  I want every acknowledged record delivered, by exactly one process
  So that a crash loses and doubles nothing

  Scenario: Killed at random moments
    When 12 processes are killed at random moments while they append to spools
    Then everything that they had acknowledged was delivered, each once, in order

  Scenario: Killed in the middle of a write, at every byte, or without power at every sector
    Then an append that was interrupted anywhere costs nothing that was acknowledged

  Scenario: Several processes want the same dead spools
    Then 4 processes that take over 20 dead spools at once deliver each record once

  Scenario: Another process was faster, and has removed the spool
    Then a spool that is removed just before its lock is had is nobody's

  Scenario: A living process's spool is left alone
    Then nobody can take over a spool whose process lives, and everybody once it is dead

  Scenario: A lock file that a dead process has left means nothing
    Then the spool of a dead process is taken over, although files called lock are in it

  Scenario Outline: A forked child, which calls <method>(), lives on when its parent is killed
    When a process is killed whose forked child has let go of the spool by <method>()
    Then the spool has delivered 11 records
    And the child could not append, and left the lock to its parent

    Examples:
      | method     |
      | after_fork |
      | close      |
      | append     |

  Scenario: A forked child that does not let go keeps the spool locked
    When a process is killed whose forked child has not let go of the spool
    Then the spool has delivered 0 records
