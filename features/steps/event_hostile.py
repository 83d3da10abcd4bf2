"""Steps about hostile values; what they check is in features/support/events/hostile.py."""

from __future__ import annotations

from typing import Any

from behave import then, when

from features.support.events import hostile
from features.support.events.services import open_service, plain_engine


def _start(context: Any, **options: Any) -> hostile.Hostile:
    log = hostile.Hostile(open_service(context, **options))
    context.hostile = log
    return log


@when("each of these hostile texts is recorded in every field of an event of its own, on {db}")
def hostile_texts(context: Any, db: str) -> None:
    log = _start(context, audit_async=True)
    for row in context.table:
        log.record(row["what"])
    assert log.service.flush(60)
    assert set(log.recorded) == set(hostile.TEXTS)


@then("each hostile event is as it was recorded, in every field")
def hostile_events(context: Any) -> None:
    for what in context.hostile.recorded:
        context.hostile.check(what)


@then("each hostile event is found by each of its names, and by no pattern or part of them")
def hostile_names(context: Any) -> None:
    for what in context.hostile.recorded:
        context.hostile.check_found(what)


@then("the hostile log verifies, and is JSON to the database")
def hostile_log(context: Any) -> None:
    context.hostile.check_log(plain_engine(context))


@when("hostile numbers are recorded in details and states on {db}")
def hostile_numbers(context: Any, db: str) -> None:
    _start(context).record_numbers()


@then("the hostile numbers are as they were recorded")
def hostile_numbers_back(context: Any) -> None:
    context.hostile.check_numbers()


@then("a lone surrogate is refused in each of these fields by a service {mode}")
def hostile_surrogates(context: Any, mode: str) -> None:
    log = _start(context, audit_async=mode == "asynchronous")
    for row in context.table:
        log.check_refused(row["field"], hostile.with_surrogate(row["field"]))
    log.record_after()


@then("nesting of 10,000 levels of each kind is refused in {field}")
def hostile_nesting(context: Any, field: str) -> None:
    log = _start(context)
    for arguments in hostile.nested_in(field):
        log.check_refused(field, arguments)
    log.record_after()


@then("the hostile log holds nothing but the event after them")
def hostile_nothing_else(context: Any) -> None:
    context.hostile.check_nothing_else()
