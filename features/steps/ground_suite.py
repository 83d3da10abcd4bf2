"""Steps about how the tests of both runners are counted."""

from __future__ import annotations

import sys
from typing import Any

from behave import given, then, when

from features.support import processes, skips, suite


@then('{passed:d} passed, {failed:d} failed and {skipped:d} skipped tests close with "{line}"')
def then_close_with(context: Any, passed: int, failed: int, skipped: int, line: str) -> None:
    totals = suite.Totals(passed, failed) + suite.Totals(skipped=skipped)
    assert totals.line() == line, totals.line()


@then('the suite counts "{line}" in its report')
def then_counts_in_report(context: Any, line: str) -> None:
    report = context.tmp / "report.json"
    counted = suite.count_behave(report, context.run.status).line()
    assert counted == line, f"{counted}\n{context.run.output}"


@then("the suite names as failed")
def then_names_failed(context: Any) -> None:
    report = context.tmp / "report.json"
    assert list(suite.count_behave(report, context.run.status).failures) == (
        context.text.splitlines()
    ), suite.count_behave(report, context.run.status).failures


@then("the suite names as failed in Robot's output")
def then_names_failed_robot(context: Any) -> None:
    counted = suite.count_robot(context.tmp / "out" / "output.xml", context.robot.status)
    assert list(counted.failures) == context.text.splitlines(), counted.failures


@given('a report of behave that holds "{text}"')
def given_report(context: Any, text: str) -> None:
    (context.tmp / "report.json").write_text(text, encoding="utf-8")


@given('a report of behave that holds ""')
def given_empty_report(context: Any) -> None:
    (context.tmp / "report.json").touch()


@then('with exit status {status:d} the suite counts "{line}" in it')
def then_counts_with_status(context: Any, status: int, line: str) -> None:
    counted = suite.count_behave(context.tmp / "report.json", status).line()
    assert counted == line, counted


@then('without a report of behave the suite counts "{line}"')
def then_counts_without(context: Any, line: str) -> None:
    counted = suite.count_behave(context.tmp / "report.json", 0).line()
    assert counted == line, counted


@when("Robot Framework runs")
def when_robot_runs(context: Any) -> None:
    source = context.tmp / "suite.robot"
    source.write_text(context.text, encoding="utf-8")
    command = [sys.executable, "-m", "robot", "--outputdir", str(context.tmp / "out"), str(source)]
    context.robot = processes.run(command, cwd=context.tmp)


@then('the suite counts "{line}" in Robot\'s output')
def then_counts_robot(context: Any, line: str) -> None:
    output = context.tmp / "out" / "output.xml"
    counted = suite.count_robot(output, context.robot.status).line()
    assert counted == line, f"{counted}\n{context.robot.output}"


@then("the arguments {arguments} select {behave} for behave and {robot} for Robot")
def then_select(context: Any, arguments: str, behave: str, robot: str) -> None:
    selection = suite.Selection.of(arguments.strip('"').split())
    assert selection.behave == behave.strip('"').split(), selection
    assert selection.robot == robot.strip('"').split(), selection


@then(
    '{first:d} tests skipped for "{kind}" and {second:d} for "{other}" because "{reason}"'
    " are announced as"
)
def then_announced(
    context: Any, first: int, kind: str, second: int, other: str, reason: str
) -> None:
    skipped = [(kind, reason)] * first + [(other, reason)] * second
    assert "\n".join(skips.lines(skipped, "test")) == context.text


@then("{covered:d} covered branches of {number:d} are {percent:f} percent")
def then_percent(context: Any, covered: int, number: int, percent: float) -> None:
    report = {"totals": {"covered_branches": covered, "num_branches": number}}
    assert round(suite.branch_percent(report), 1) == percent
