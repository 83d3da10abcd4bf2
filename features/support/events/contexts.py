"""What the bound context does across blocks, tasks and threads."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from indelible import (
    AuditService,
    InvalidEventError,
    bind_context,
    bound_context,
    current_context,
)
from indelible.context import CONTEXT_FIELDS


def refusal(service: AuditService) -> InvalidEventError:
    """Return the error that an event without arguments of its own is refused with."""
    try:
        service.record("x.y")
    except InvalidEventError as error:
        return error
    raise AssertionError("the event was accepted")


def check_blocks() -> None:
    bind_context(tenant="outer", details={"a": 1})
    with bound_context(actor="user:1", details={"b": 2}):
        assert dict(current_context()) == {
            "actor": "user:1",
            "tenant": "outer",
            "details": {"a": 1, "b": 2},
        }
        try:
            with bound_context(tenant="inner", actor=None):
                assert current_context()["tenant"] == "inner"
                assert "actor" not in current_context()
                bind_context(request_id="r-1")
                raise KeyError("something")
        except KeyError:
            pass
        assert current_context()["tenant"] == "outer"
        assert current_context()["actor"] == "user:1"
        assert "request_id" not in current_context()
    assert dict(current_context()) == {"tenant": "outer", "details": {"a": 1}}


def check_unknown_name(name: str) -> None:
    for bind in (bind_context, _enter):
        try:
            bind(**{name: "x", "tenant": "acme"})
        except InvalidEventError as error:
            assert error.argument == name
            for known in CONTEXT_FIELDS:
                assert known in str(error)
            assert "details={" in str(error)
        else:
            raise AssertionError(f"{name} was bound")


def _enter(**values: Any) -> None:
    with bound_context(**values):
        raise AssertionError("the block was entered")


def check_bad_details() -> None:
    for details in ("x", 5, [("a", 1)]):
        try:
            bind_context(details=details)
        except InvalidEventError as error:
            assert error.argument == "details"
            assert f"{details!r} is no mapping" in str(error)
        else:
            raise AssertionError(f"{details!r} was bound")


def check_read_only() -> None:
    context: Any = current_context()
    try:
        context["actor"] = "user:2"
    except TypeError:
        return
    raise AssertionError("the context was changed")


def check_tasks(service: AuditService, number: int) -> None:
    """Many tasks that each bind an actor, take turns, start a task of their own, and record."""

    async def child(own: int) -> None:
        await asyncio.sleep(0)
        bind_context(session_id=f"s-{own}")
        await asyncio.sleep(0)
        service.record("x.y", details={"own": own})

    async def parent(own: int) -> None:
        bind_context(actor=f"user:{own}", request_id=f"r-{own}")
        await asyncio.sleep(0)
        inner = asyncio.create_task(child(own))
        await asyncio.sleep(0)
        await inner
        assert "session_id" not in current_context()

    async def everything() -> None:
        bind_context(tenant="acme")
        await asyncio.gather(*(parent(own) for own in range(number)))
        assert dict(current_context()) == {"tenant": "acme"}

    asyncio.run(everything())
    assert dict(current_context()) == {}
    events = service.query(limit=1000).items
    assert len(events) == number
    for event in events:
        own = event.details["own"]
        assert (str(event.actor), event.request_id) == (f"user:{own}", f"r-{own}")
        assert (event.session_id, event.tenant) == (f"s-{own}", "acme")


def check_plain_thread() -> None:
    seen: list[Any] = []
    bind_context(actor="user:1")
    thread = threading.Thread(target=lambda: seen.append(dict(current_context())))
    thread.start()
    thread.join()
    assert seen == [{}]


def check_pools(service: AuditService) -> None:
    def record() -> str | None:
        receipt = service.record("x.y", details={"pool": True})
        event = service.get(receipt.event_id)
        assert event is not None
        return event.request_id

    with bound_context(actor="user:1", request_id="r-9"), ThreadPoolExecutor(1) as pool:
        assert pool.submit(contextvars.copy_context().run, record).result() == "r-9"
        assert asyncio.run(_in_thread(record)) == "r-9"
        refused = pool.submit(refusal, service).result()
        assert refused.argument == "actor"


async def _in_thread(function: Any) -> Any:
    return await asyncio.to_thread(function)
