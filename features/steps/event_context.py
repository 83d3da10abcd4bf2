"""Steps about the bound context; what they check is in features/support/events/contexts.py."""

from __future__ import annotations

import json
from typing import Any

from behave import given, then, when

from features.support.events import contexts
from features.support.events.services import open_service, plain_engine, stored_rows
from indelible import bind_context, clear_context, current_context


@given("a context's service")
def context_service(context: Any) -> None:
    context.service = open_service(context)
    clear_context()
    context.add_cleanup(clear_context)


@when("the context binds")
def context_binds(context: Any) -> None:
    context.bound = {row["name"]: row["value"] for row in context.table}
    bind_context(**context.bound)


@when("the context binds the details {details}")
def context_binds_details(context: Any, details: str) -> None:
    bind_context(actor="user:1", details=json.loads(details))


@when("the context binds an actor")
def context_binds_actor(context: Any) -> None:
    bind_context(actor="user:1")


@when('the context unbinds "{name}"')
def context_unbinds(context: Any, name: str) -> None:
    bind_context(**{name: None})


@when("the context is cleared")
def context_cleared(context: Any) -> None:
    clear_context()


@when("the context's event is recorded")
@when("the context's event is recorded with")
def context_records(context: Any) -> None:
    arguments = {row["name"]: row["value"] for row in context.table or ()}
    receipt = context.service.record("x.y", **arguments)
    context.event = context.service.get(receipt.event_id)


@when("the context's event is recorded with the details {details}")
def context_records_details(context: Any, details: str) -> None:
    receipt = context.service.record("x.y", details=json.loads(details))
    context.event = context.service.get(receipt.event_id)


@then("the context's event has all that was bound")
def context_has_all(context: Any) -> None:
    found = {name: str(getattr(context.event, name)) for name in context.bound}
    assert found == context.bound, found


@then("the context's event is found by actor, tenant, and its columns hold the ids and the address")
def context_columns(context: Any) -> None:
    service = context.service
    assert service.count(actor=context.bound["actor"], tenant=context.bound["tenant"]) == 1
    (row,) = stored_rows(plain_engine(context))
    for name in ("actor", "tenant", "request_id", "trace_id", "source_ip"):
        assert row[name] == context.bound[name]


@then("the context's event has")
def context_has(context: Any) -> None:
    for row in context.table:
        found = str(getattr(context.event, row["name"]))
        assert found == row["value"], f"{row['name']} is {found}"


@then("the context's event has the details {details}")
def context_has_details(context: Any, details: str) -> None:
    assert context.event.details == json.loads(details), context.event.details


@then('the context\'s event holds no "{secret}"')
def context_holds_no(context: Any, secret: str) -> None:
    assert "redacted" in context.event.body
    assert secret not in context.event.body


@then("the context is {expected}")
def context_is(context: Any, expected: str) -> None:
    assert dict(current_context()) == json.loads(expected), current_context()


@then("the context's event is refused for want of an actor")
def context_no_actor(context: Any) -> None:
    error = contexts.refusal(context.service)
    assert error.argument == "actor"
    assert "bind_context()" in str(error)


@then('the context\'s event is refused because of "{argument}"')
def context_refused(context: Any, argument: str) -> None:
    assert contexts.refusal(context.service).argument == argument


@then("the context of nested blocks is as it was after each, also after an exception")
def context_blocks(context: Any) -> None:
    contexts.check_blocks()


@then('the context refuses to bind "{name}" and lists what it knows')
def context_unknown(context: Any, name: str) -> None:
    contexts.check_unknown_name(name)


@then("the context refuses details that are no mapping")
def context_bad_details(context: Any) -> None:
    contexts.check_bad_details()


@then("the context's mapping is read-only")
def context_read_only(context: Any) -> None:
    contexts.check_read_only()


@then("the contexts of {number:d} concurrent tasks are kept apart, and each sees its parent's")
def context_tasks(context: Any, number: int) -> None:
    contexts.check_tasks(context.service, number)


@then("the context of a plain thread is empty")
def context_thread(context: Any) -> None:
    contexts.check_plain_thread()


@then("the context crosses into a thread pool with copy_context and into asyncio.to_thread")
def context_pools(context: Any) -> None:
    contexts.check_pools(context.service)
