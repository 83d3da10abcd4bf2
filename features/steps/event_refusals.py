"""Steps about refused events; the calls are in features/support/events/refusals.py."""

from __future__ import annotations

from typing import Any

from behave import given, then

from features.support.events import refusals
from features.support.events.services import open_service, plain_engine, stored_rows
from indelible import AuditError, EventTooLargeError


@given("a refusal's service in synchronous mode")
def refusing_service(context: Any) -> None:
    context.service = open_service(context)


@given("a refusal's service in asynchronous mode")
def refusing_service_async(context: Any) -> None:
    context.service = open_service(context, audit_async=True)


@then("the refusal of each of these names argument, value and mend")
def refusals_name(context: Any) -> None:
    rows = [tuple(row) for row in context.table]
    assert sorted(row[0] for row in rows) == sorted(refusals.CALLS)
    problems = [refusals.problem(context.service, *row) for row in rows]
    assert not any(problems), "\n".join(filter(None, problems))


@then("the refusals have left nothing in the database")
def refusals_leave_nothing(context: Any) -> None:
    assert context.service.flush(30)
    assert context.service.count() == 0
    context.service.record("a.b", actor="user:1").wait(30)
    (row,) = stored_rows(plain_engine(context))
    assert row["seq"] == 0
    stats = context.service.stats()
    assert (stats.committed, stats.refused, stats.queued) == (1, 0, 0), stats


@then("the refusal begins only beyond the limits: these are stored and come back")
def limits_hold(context: Any) -> None:
    problems = [refusals.limit_problem(context.service, row["what"]) for row in context.table]
    assert not any(problems), "\n".join(filter(None, problems))


@then('the refusal of "{what}" is an EventTooLargeError with its size and limit')
def refusal_too_large(context: Any, what: str) -> None:
    error = refusals.refusal(context.service, what)
    assert isinstance(error, EventTooLargeError)
    assert error.limit == 65_536
    assert error.size > error.limit
    assert str(error.size) in str(error)


@then('the refusal of "{what}" is an InvalidEventError, an AuditError and a ValueError')
def refusal_class(context: Any, what: str) -> None:
    error = refusals.refusal(context.service, what)
    assert isinstance(error, AuditError)
    assert isinstance(error, ValueError)


@then('the refusal of "{what}" has the OSError as its cause')
def refusal_cause(context: Any, what: str) -> None:
    assert isinstance(refusals.refusal(context.service, what).__cause__, OSError)
