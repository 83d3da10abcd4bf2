Feature: Scenarios that are known to fail do not turn the run red, and cannot be forgotten
  As a developer who has found a bug
  I want to write its scenario before the bug is mended
  So that the scenario guards the mend, and nobody ships a tag that hides a working feature

  A scenario tagged @tdd_expected_fail is inverted: its failure counts as passed, its success as
  failed. Whatever says nothing about the bug, a missing step or a broken hook, stays red.
  Each scenario here runs behave in a process of its own, with this project's own environment.

  Background:
    Given a project with this project's environment and these steps
      | step                         | what it does                        |
      | a step that passes           | pass                                |
      | a step that fails            | assert 1 == 2, "one is not two"     |
      | a step that raises           | raise RuntimeError("out of order")  |
      | a step that is pending       | raise PendingStepError("later")     |
      | a step whose cleanup fails   | context.add_cleanup(lambda: 1 // 0) |
      | a step that stops the run    | raise KeyboardInterrupt             |

  Scenario: A tagged scenario that fails counts as passed
    When behave runs
      """
      Feature: F
        @tdd_issue @tdd_issue_17 @tdd_expected_fail
        Scenario: The bug
          Given a step that passes
          When a step that fails
          Then a step that passes
      """
    Then the run is green
    And it says "1 scenario passed, 0 failed, 0 skipped"
    And it says "1 feature passed, 0 failed, 0 skipped"
    And it says "'The bug' fails as expected (tdd_issue_17)."
    And its JSON report holds "1 passed"

  Scenario: A tagged scenario that raises counts as passed
    When behave runs
      """
      Feature: F
        @tdd_issue @tdd_issue_17 @tdd_expected_fail
        Scenario: The bug
          When a step that raises
      """
    Then the run is green
    And it says "1 scenario passed, 0 failed, 0 skipped"

  Scenario: A tagged scenario that passes turns the run red and asks to remove the tag
    When behave runs
      """
      Feature: F
        @tdd_issue @tdd_issue_17 @tdd_expected_fail
        Scenario: The mended bug
          When a step that passes
      """
    Then the run is red
    And it says "'The mended bug' passed although it is tagged @tdd_expected_fail: remove that tag, and keep @tdd_issue and @tdd_issue_17."
    And it says "0 scenarios passed, 1 failed, 0 skipped"
    And its JSON report holds "1 failed"

  Scenario: A scenario that fails without the tag turns the run red
    When behave runs
      """
      Feature: F
        @tdd_issue @tdd_issue_17
        Scenario: The bug
          When a step that fails
      """
    Then the run is red
    And it says "0 scenarios passed, 1 failed, 0 skipped"
    And it does not say "TDD:"

  Scenario: A scenario that passes without the tag is green
    When behave runs
      """
      Feature: F
        @tdd_issue @tdd_issue_17
        Scenario: The mended bug
          When a step that passes
      """
    Then the run is green
    And it says "1 scenario passed, 0 failed, 0 skipped"

  Scenario Outline: <what> is not the failure that was expected
    When behave runs
      """
      Feature: F
        @tdd_issue @tdd_issue_17 @tdd_expected_fail <tag>
        Scenario: The bug
          Given a step that passes
          When <step>
          Then <last step>
      """
    Then the run is red
    And it says "this is not the failure that was expected: <because>"

    Examples:
      | what                               | step                       | last step          | tag             | because                                   |
      | A step that does not exist         | a step nobody wrote        | a step that passes |                 | the step 'a step nobody wrote' does not   |
      | A missing step after the failure   | a step that fails          | one nobody wrote   |                 | the step 'one nobody wrote' does not      |
      | A pending step                     | a step that is pending     | a step that passes |                 | the step 'a step that is pending' is      |
      | A failing cleanup                  | a step whose cleanup fails | a step that passes |                 | a hook or a cleanup failed                |
      | A failing cleanup after a failure  | a step whose cleanup fails | a step that fails  |                 | a hook or a cleanup failed                |
      | A failing scenario hook            | a step that passes         | a step that passes | @break_scenario | a hook or a cleanup failed                |
      | A failing hook after the scenario  | a step that fails          | a step that passes | @break_after    | a hook or a cleanup failed                |
      | A failing step hook                | a step that passes         | a step that passes | @break_step     | a hook of the step                        |

  Scenario: A background that does not get through is not the failure that was expected
    When behave runs
      """
      Feature: F
        Background:
          Given a step that fails

        @tdd_issue @tdd_issue_17 @tdd_expected_fail
        Scenario: The bug
          When a step that passes
      """
    Then the run is red
    And it says "this is not the failure that was expected: the background step 'a step that fails' failed"

  Scenario: A scenario that fails after its background is inverted like any other
    When behave runs
      """
      Feature: F
        Background:
          Given a step that passes

        @tdd_issue @tdd_issue_17 @tdd_expected_fail
        Scenario: The bug
          When a step that fails
      """
    Then the run is green
    And it says "1 scenario passed, 0 failed, 0 skipped"

  Scenario: Rows of an outline, scenarios of a rule and tags of a feature are inverted too
    When behave runs
      """
      @tdd_issue @tdd_issue_17
      Feature: F
        Scenario Outline: Outline
          When a step that <verb>

          Examples: sound
            | verb   |
            | passes |

          @tdd_expected_fail
          Examples: unsound
            | verb   |
            | fails  |
            | raises |

        Rule: R
          @tdd_expected_fail
          Scenario: In a rule
            When a step that fails
      """
    Then the run is green
    And it says "4 scenarios passed, 0 failed, 0 skipped"

  Scenario: One unexpected success among expected failures turns the run red
    When behave runs
      """
      @tdd_issue @tdd_issue_17 @tdd_expected_fail
      Feature: F
        Scenario: The bug
          When a step that fails
        Scenario: The mended bug
          When a step that passes
        Scenario: Another bug
          When a step that fails
      """
    Then the run is red
    And it says "2 scenarios passed, 1 failed, 0 skipped"

  Scenario: A tagged scenario that the user excludes is neither passed nor failed
    When behave runs with "--tags=not @slow"
      """
      Feature: F
        @tdd_issue @tdd_issue_17 @tdd_expected_fail @slow
        Scenario: The bug
          When a step that fails
        Scenario: Another
          When a step that passes
      """
    Then the run is green
    And it says "1 scenario passed, 0 failed, 1 skipped"

  Scenario: A run that the user stops is red
    When behave runs
      """
      Feature: F
        @tdd_issue @tdd_issue_17 @tdd_expected_fail
        Scenario: The bug
          When a step that stops the run
      """
    Then the run is red
    And it does not say "fails as expected"

  Scenario Outline: Tags that do not go together stop the run before it starts: <tags>
    When behave runs
      """
      Feature: F
        <tags>
        Scenario: S
          When a step that passes
      """
    Then the run is red
    And it says "<message>"
    And it says "0 scenarios passed, 0 failed"

    Examples:
      | tags                                             | message                                      |
      | @tdd_issue                                       | @tdd_issue needs the number of the issue     |
      | @tdd_issue_17                                    | @tdd_issue_17 needs @tdd_issue beside it     |
      | @tdd_expected_fail                               | @tdd_expected_fail needs @tdd_issue and      |
      | @tdd_expected_fail @tdd_issue                    | @tdd_issue needs the number of the issue     |
      | @tdd_expected_fail @tdd_issue_17                 | @tdd_issue_17 needs @tdd_issue beside it     |
      | @tdd_issue @tdd_issue_17 @tdd_expect_fail        | @tdd_expect_fail is none of the tdd tags     |
      | @tdd_issue @tdd_issue_17 @tdd_issue_seventeen    | @tdd_issue_seventeen is none of the tdd tags |
      | @use.with_db=postgres                            | @use.with_db=postgres is no tag that is known |
      | @use.with_database=mariadb                       | @use.with_database=mariadb is no tag that is  |
      | @fixture.own_oracle                              | @fixture.own_oracle is no known fixture      |
