Feature: A verification with several processes ends well, whatever becomes of them
  As an operator of a large log
  I want an error that says what happened, and nothing left behind
  So that "could not check" is never taken for "all is well"

  Scenario: An engine whose URL the processes could not connect to
    Given an application has made an engine that connects by a function of its own
    When the log of 2000 events is verified through it with 2 processes
    Then the report finds "nothing"
    And no process of the verification is left

  Scenario: A file that the processes cannot open
    Given an application has an engine on a file that was moved away
    When the log of 2000 events is verified through it with 2 processes
    Then the verification fails with "a process could not read the log: OperationalError"
    And the verification fails with "unable to open database file"
    And no process of the verification is left
    When the log of 2000 events is verified through it with 1 process
    Then the report finds "nothing"

  Scenario: A process that reads on SQLite starts at once
    Then a process that reads imports neither SQLAlchemy nor cryptography before its first task

  Scenario: A process is killed while it reads
    When the log of 2000 events is verified while its processes are killed
    Then the verification fails with "a process that was reading the log has ended"
    And the verification fails with "Verify with processes=1"
    And no process of the verification is left

  Scenario: A process that hangs is killed in the end
    When the log of 2000 events is verified while a process hangs
    Then the verification fails with "a process that was reading the log has ended"
    And no process of the verification is left

  Scenario: Not all the processes can be started
    When the log of 2000 events is verified while only one process can be started
    Then the verification fails with "Resource temporarily unavailable"
    And no process of the verification is left

  Scenario: A process reads in the order of its tasks, however late the first one is
    When the log of 65600 events is verified with 2 processes, of which the other is slow
    Then the report finds "nothing"
    And the report's outcome is proven

  Scenario: A process that is told nothing ends
    When a process that reads is started and told nothing
    Then it ends with code 0 and has said nothing
