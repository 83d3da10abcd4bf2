Feature: One closing line counts the tests of both runners and hides nothing
  As someone who reads the end of a test run
  I want one line that counts what passed, failed and was skipped
  So that a crash, or a run of nothing, can never look like success

  Scenario Outline: The closing line is plain
    Then <passed> passed, <failed> failed and <skipped> skipped tests close with "<line>"

    Examples:
      | passed | failed | skipped | line                          |
      | 3      | 0      | 0       | 3 passed, 0 failed            |
      | 3      | 1      | 2       | 3 passed, 1 failed, 2 skipped |
      | 0      | 1      | 0       | 0 passed, 1 failed            |

  Scenario: behave's scenarios are counted by how they ended
    Given a project with this project's environment and these steps
      | step             | what it does                 |
      | all is well      | pass                         |
      | all is lost      | assert False                 |
      | all is confusing | raise RuntimeError("oh")     |
      | it does not run  | context.scenario.skip("why") |
    When behave runs
      """
      Feature: F
        Background:
          Given all is well
        Scenario: Passes
          Then all is well
        Scenario: Fails
          Then all is lost
        Scenario: Raises
          Then all is confusing
        Scenario: Is missing a step
          Then nobody wrote this
        Scenario: Skips itself
          Then it does not run
        Scenario Outline: Row
          Then all is <how>
          Examples:
            | how  |
            | well |
            | lost |
      """
    Then the run is red
    And the suite counts "2 passed, 4 failed, 1 skipped" in its report
    And the suite names as failed
      """
      features/inner.feature:6 Fails
      features/inner.feature:8 Raises
      features/inner.feature:10 Is missing a step
      features/inner.feature:19 Row -- @1.2
      """

  Scenario: A failed behave hook counts although no scenario failed
    Given a project with this project's environment and these steps
      | step        | what it does |
      | all is well | pass         |
    When behave runs
      """
      Feature: F
        @tdd_issue
        Scenario: Wrong tags stop the run
          Then all is well
      """
    Then the run is red
    And the suite counts "0 passed, 1 failed" in its report

  Scenario: A scenario that hangs ends the run, shows where it hangs, and counts
    Given a project with this project's environment and these steps
      | step     | what it does                 |
      | it hangs | import time; time.sleep(600) |
    When behave runs where "INDELIBLE_SCENARIO_SECONDS" is "1"
      """
      Feature: F
        Scenario: Never ends
          Then it hangs
      """
    Then the run is red
    And it says "Timeout (0:00:01)!"
    And it says "steps.py"
    And the suite counts "0 passed, 1 failed" in its report

  Scenario Outline: A run of behave that <what> counts as a failure
    Given a report of behave that holds "<text>"
    Then with exit status <status> the suite counts "<line>" in it

    Examples:
      | what                       | text                                                          | status | line               |
      | breaks off in its report   | [{"elements": [{"type":                                       | 1      | 0 passed, 1 failed |
      | writes an empty report     |                                                               | 0      | 0 passed, 1 failed |
      | runs no scenario           | []                                                            | 0      | 0 passed, 1 failed |
      | ends badly after a success | [{"elements": [{"type": "scenario", "status": "passed"}]}]    | 1      | 1 passed, 1 failed |
      | leaves a scenario untested | [{"elements": [{"type": "scenario", "status": "untested"}]}]  | 0      | 0 passed, 1 failed |

  Scenario: A run of behave that writes no report counts as a failure
    Then without a report of behave the suite counts "0 passed, 1 failed"

  Scenario: Robot's tests are counted by how they ended
    When Robot Framework runs
      """
      *** Test Cases ***
      Passes
          No Operation
      Fails
          Fail    as it should
      Is Skipped
          Skip    it cannot be had
      """
    Then the suite counts "1 passed, 1 failed, 1 skipped" in Robot's output
    And the suite names as failed in Robot's output
      """
      Suite.Fails: as it should
      """

  Scenario: A Robot suite that cannot be read counts as a failure
    When Robot Framework runs
      """
      *** Settings ***
      Documentation    Without any test.
      """
    Then the suite counts "0 passed, 1 failed" in Robot's output

  Scenario Outline: Arguments choose the runner: <arguments>
    Then the arguments "<arguments>" select "<behave>" for behave and "<robot>" for Robot

    Examples:
      | arguments                             | behave                 | robot                |
      | features/a.feature                    | features/a.feature     |                      |
      | robot/suites/cli                      |                        | robot/suites/cli     |
      | robot                                 |                        | robot                |
      | elsewhere/a.robot                     |                        | elsewhere/a.robot    |
      | --tags=@slow                          | --tags=@slow           |                      |
      | features/a.feature:3 robot/x.robot    | features/a.feature:3   | robot/x.robot        |
      |                                       |                        |                      |

  Scenario: Skipped servers are named with their reasons
    Then 2 tests skipped for "mariadb" and 1 for "postgresql" because "it is away" are announced as
      """
      SKIPPED: 2 tests need MariaDB: it is away
      SKIPPED: 1 test needs PostgreSQL: it is away
      """

  Scenario Outline: Branches are counted by themselves: <covered> of <all>
    Then <covered> covered branches of <all> are <percent> percent

    Examples:
      | covered | all | percent |
      | 19      | 20  | 95.0    |
      | 0       | 0   | 0.0     |
      | 1       | 3   | 33.3    |
