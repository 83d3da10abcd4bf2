"""Steps about diffs; what they check is in features/support/events/diffs.py."""

from __future__ import annotations

from typing import Any

from behave import given, then

from features.support.events import diffs
from features.support.events.services import open_service


@given("a diff's service")
def diff_service(context: Any) -> None:
    context.service = open_service(context)


@then("the diff of these states is")
def diff_table(context: Any) -> None:
    problems = [diffs.table_problem(context.service, *row) for row in context.table]
    assert not any(problems), "\n".join(filter(None, problems))


@then("the diff of unchanged states has no member in the body")
def diff_unchanged(context: Any) -> None:
    assert "changes" not in diffs.body_of_unchanged(context.service)


@then("the diff of dataclass instances names the changed fields")
def diff_dataclasses(context: Any) -> None:
    diffs.check_dataclasses(context.service)


@then("the diff of a dict and an equal mapping of another class is empty")
def diff_other_mappings(context: Any) -> None:
    diffs.check_other_mappings(context.service)


@then("the diff of nested mappings of different classes names what changed inside")
def diff_nested_mappings(context: Any) -> None:
    diffs.check_nested_mappings(context.service)


@then("the diff of values that compare equal although their fields differ in type names them")
def diff_lax_equality(context: Any) -> None:
    diffs.check_lax_equality(context.service)


@then("the diff of values whose comparison raises names them")
def diff_raising(context: Any) -> None:
    diffs.check_raising_comparison(context.service)


@then("the diff of equal decimals, times and enum members is empty")
def diff_equal(context: Any) -> None:
    diffs.check_equal_values(context.service)


@then("the diff of any states leads from one to the other")
def diff_any(context: Any) -> None:
    diffs.check_any_diff()


@then("the diff's MISSING is one object through copies and pickles")
def diff_missing(context: Any) -> None:
    diffs.check_missing()
