Feature: Checkpoints are signed while the application goes on
  As an application
  I want checkpoints without ever waiting for one
  So that signing, a slow disk or a slow witness cost my users nothing

  Scenario: A checkpoint an interval after new events, and none without
    Given a sealing thread with an interval of 0.1 seconds
    Then the sealing thread does not run
    When the sealing thread is told of new events 5 times at once
    Then the sealing thread has sealed 1 time within 3 seconds
    And the sealing thread has sealed 1 time after another 0.4 seconds
    When the sealing thread is told of new events 1 time at once
    Then the sealing thread has sealed 2 times within 3 seconds

  Scenario: The last one at the end
    Given a sealing thread with an interval of 60 seconds
    When the sealing thread is told of new events 1 time at once
    And the sealing thread is stopped within 5 seconds
    Then the sealing thread has sealed 1 time within 0 seconds
    And the sealing thread does not run

  Scenario: Without an interval only the last one
    Given a sealing thread without an interval
    When the sealing thread is told of new events 1 time at once
    Then the sealing thread has sealed 0 times after another 0.3 seconds
    When the sealing thread is stopped within 5 seconds
    Then the sealing thread has sealed 1 time within 0 seconds

  Scenario: Nothing new, nothing to seal at the end
    Given a sealing thread with an interval of 60 seconds
    When the sealing thread is stopped within 5 seconds
    Then the sealing thread has sealed 0 times within 0 seconds

  Scenario: Telling it never waits for a seal that hangs
    Given a sealing thread with an interval of 0.05 seconds
    And its seals hang
    When the sealing thread is told of new events 1 time at once
    And the sealing thread is inside a seal
    Then telling the sealing thread 10000 times more takes less than 0.5 seconds
    And stopping the sealing thread within 0.3 seconds takes less than 2 and fails

  Scenario Outline: A seal that fails with <error> is told and tried again
    Given a sealing thread with an interval of 0.05 seconds
    And its first 2 seals fail with <error>
    When the sealing thread is told of new events 1 time at once
    Then the sealing thread has sealed 3 times within 5 seconds
    And the sealing thread has reported 2 errors, each an AuditError that says "<text>"

    Examples:
      | error           | text                |
      | a refusal       | set back            |
      | any exception   | ZeroDivisionError   |

  Scenario: Where no thread can be started, the end seals
    Given a sealing thread with an interval of 0.05 seconds
    And no thread can be started
    When the sealing thread is told of new events 1 time at once
    Then the sealing thread does not run
    When the sealing thread is stopped within 5 seconds
    Then the sealing thread has sealed 1 time within 0 seconds

  Scenario: Events that come while a seal fails are sealed with the next one, once
    Given a sealing thread with an interval of 0.05 seconds
    And its first 1 seals fail with a refusal
    And it is told of new events while a seal fails
    When the sealing thread is told of new events 1 time at once
    Then the sealing thread has sealed 2 times within 5 seconds
    And the sealing thread has sealed 2 times after another 0.3 seconds

  Scenario: Two that tell it at the same moment have it seal once
    Given a sealing thread with an interval of 0.05 seconds
    And it is told of new events by another thread at the same moment
    When the sealing thread is told of new events 1 time at once
    Then the sealing thread has sealed 1 time within 5 seconds
    And the sealing thread has sealed 1 time after another 0.3 seconds

  Scenario: It is not started twice by somebody who tells it while it starts
    Given a sealing thread with an interval of 0.05 seconds
    And it is told of new events while it starts, after its first seal
    When the sealing thread is told of new events 1 time at once
    Then the sealing thread has sealed 2 times within 5 seconds
    And it has started 1 thread

  Scenario: Told after its end it starts no more, and the next end seals
    Given a sealing thread with an interval of 0.05 seconds
    When the sealing thread is stopped within 5 seconds
    And the sealing thread is told of new events 1 time at once
    Then the sealing thread does not run
    When the sealing thread is stopped within 5 seconds
    Then the sealing thread has sealed 1 time within 0 seconds
    And it has started 0 threads

  Scenario: Telling it from a signal handler that interrupts the telling
    Given a sealing thread with an interval of 0.05 seconds
    When a signal handler tells the sealing thread thousands of times while it is being told
    Then the sealing thread has sealed at least 1 time within 5 seconds

  Scenario: Recording goes on while a checkpoint waits for a witness
    Given a signer's log of 10 events
    And the signer asks 1 witness, of which it needs 0, or else it publishes
    And witness 1 is slow
    When the signer seals in a thread, and 200 events are recorded meanwhile
    Then the recording was over before the seal
