"""Scenarios that are known to fail: the @tdd_expected_fail inversion.

A scenario for a bug that is not fixed yet is written first, fails, and must not turn the run red:

    @tdd_issue @tdd_issue_17 @tdd_expected_fail
    Scenario: Two threads are the first to use the service

* tagged and failing: it counts as passed;
* tagged and passing: it counts as failed, with a message that asks to remove the tag, so that the
  tag cannot outlive the bug;
* tagged and broken: it stays red. Broken is whatever says nothing about the bug: a step that does
  not exist or is pending, a hook or a cleanup that fails, a background that does not get through,
  a run that the user stops.

@tdd_issue marks all scenarios that came from an issue and @tdd_issue_17 says which one, so that
either can be selected; they go together, and they stay when @tdd_expected_fail is removed.

How it is done: no hook can do this, for when `after_scenario` is called, `Scenario.run` already
keeps the failure in a local variable, which becomes its return value and in the end the exit code.
So `hooks.py` wraps `Scenario.run` itself, which all plain scenarios share, outline rows and rules
included, and `settle` corrects both the status, which formatters and summaries read, and the
return value. Undefined
steps and hook errors need no help to stay red: behave's runner counts them on its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from behave.model_type import Status

EXPECTED_FAIL = "tdd_expected_fail"
ISSUE = "tdd_issue"
NUMBERED_ISSUE = re.compile(r"tdd_issue_([0-9]+)")

messages: list[str] = []
"""What the end of the run should say about the inverted scenarios."""


def tag_problems(tags: Iterable[str], where: str) -> list[str]:
    """What is wrong with the tdd tags of one scenario.

    Args:
        tags: All its tags, inherited ones included, without the @.
        where: How to name the scenario in the sentences returned.
    """
    ours = sorted(tag for tag in tags if tag.startswith("tdd"))
    numbered = [tag for tag in ours if NUMBERED_ISSUE.fullmatch(tag)]
    problems = [
        f"{where}: @{tag} is none of the tdd tags: use @{EXPECTED_FAIL}, @{ISSUE} or @{ISSUE}_N"
        for tag in ours
        if tag not in {EXPECTED_FAIL, ISSUE} and tag not in numbered
    ]
    if numbered and ISSUE not in ours:
        problems.append(f"{where}: @{numbered[0]} needs @{ISSUE} beside it")
    if ISSUE in ours and not numbered:
        problems.append(f"{where}: @{ISSUE} needs the number of the issue beside it: @{ISSUE}_N")
    if EXPECTED_FAIL in ours and not numbered and ISSUE not in ours:
        problems.append(f"{where}: @{EXPECTED_FAIL} needs @{ISSUE} and @{ISSUE}_N beside it")
    return problems


@dataclass(frozen=True)
class _Verdict:
    """How an inverted scenario really went: exactly one of the three is set."""

    failing_step: Any = None
    passed: bool = False
    broken: str = ""


def _judge(scenario: Any) -> _Verdict:
    if scenario.hook_failed or scenario.status.is_hook_error():
        return _Verdict(broken="a hook or a cleanup failed")
    for step in scenario.all_steps:
        if step.status.is_undefined():
            return _Verdict(broken=f"the step '{step.name}' does not exist")
        if step.status.is_pending():
            return _Verdict(broken=f"the step '{step.name}' is pending")
        if step.status.is_hook_error():
            return _Verdict(broken=f"a hook of the step '{step.name}' failed")
    for step in scenario.background_steps:
        if step.status.has_failed():
            return _Verdict(broken=f"the background step '{step.name}' failed")
    for step in scenario.steps:
        if step.status.has_failed():
            return _Verdict(failing_step=step)
    return _Verdict(passed=True)


def _invert(scenario: Any, *, failed: bool) -> bool:
    """Correct the status of a scenario that has run. Returns whether it counts as failed."""
    where = f"{scenario.location} '{scenario.name}'"
    issues = sorted(tag for tag in scenario.effective_tags if NUMBERED_ISSUE.fullmatch(tag))
    verdict = _judge(scenario)
    if verdict.failing_step is not None:
        # Not Status.xfailed, which behave reserves for this but whose summary cannot count it.
        verdict.failing_step.status = Status.passed
        scenario.set_status(Status.passed)
        messages.append(f"TDD: {where} fails as expected ({', '.join(issues)}).")
        return False
    if verdict.broken:
        messages.append(
            f"TDD: {where} is tagged @{EXPECTED_FAIL}, but this is not the failure that was "
            f"expected: {verdict.broken}."
        )
        return failed
    message = (
        f"TDD: {where} passed although it is tagged @{EXPECTED_FAIL}: "
        f"remove that tag, and keep @{ISSUE} and @{' @'.join(issues)}."
    )
    messages.append(message)
    scenario.error_message = message
    scenario.set_status(Status.failed)
    return True


def settle(scenario: Any, *, failed: bool) -> bool:
    """Decide whether a scenario that has run counts as failed.

    Args:
        scenario: Any scenario; one without @tdd_expected_fail stays as it is, and so does one that
            was excluded, skipped or only listed by --dry-run.
        failed: What `Scenario.run` returned.
    """
    ran = scenario.status not in {Status.skipped, Status.untested} and not scenario.was_dry_run
    if EXPECTED_FAIL not in scenario.effective_tags or not ran:
        return failed
    return _invert(scenario, failed=failed)
