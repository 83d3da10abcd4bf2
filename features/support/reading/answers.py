"""Answers that are more than pages: words, histories, streams, twins, and what takes too long."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import timedelta
from typing import Any

from features.support.reading.logs import START, newest_first, record_events, sequence
from indelible import AuditEvent, AuditService, QueryError, QueryTimeoutError
from indelible.storage.text import enable_text


def index(service: AuditService) -> None:
    """Switch the text index of a service's log on."""
    engine = service._engine
    assert engine is not None
    with engine.connect() as connection:
        assert service._reader is not None
        log_id = service._reader.log_id(connection)
    enable_text(engine, service._tables, log_id)


def check_words(service: AuditService, events: list[AuditEvent]) -> None:
    newest = newest_first(events)
    for text, name in (("invoice update", "invoice.update"), ("LOGIN", "user.login")):
        expected = [event for event in newest if event.action == name]
        found = service.query(text=text, action=name, limit=1000).items
        assert list(found) == expected
        assert service.count(text=text, action=name) == len(expected)
        (facet,) = service.facets(text=text, by="action", action=name)
        assert facet.count == len(expected)
        assert sum(b.count for b in service.histogram(text=text, action=name, bucket="day")) == len(
            expected
        )
    assert not service.query(text="nowhere").items
    cursor = None
    seen: list[AuditEvent] = []
    while True:
        page = service.query(text="success", limit=4, cursor=cursor)
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [event for event in newest if event.outcome == "success"]
    try:
        service.query(text="x " * 5000)
    except QueryError as error:
        assert error.argument == "text"
    else:
        raise AssertionError("it was accepted")


def check_twins(service: AuditService, events: list[AuditEvent]) -> None:
    async def ask() -> None:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        clock = asyncio.create_task(tick())
        first = events[0]
        assert await service.aget(first.event_id) == first
        assert await service.aat(sequence(first)) == first == service.at(sequence(first))
        assert await service.asize() == service.size() == len(events)
        assert (await service.aquery(limit=7)) == service.query(limit=7)
        assert await service.acount(action="invoice.*") == service.count(action="invoice.*")
        assert await service.afacets(by="actor") == service.facets(by="actor")
        assert await service.ahistogram(bucket="week") == service.histogram(bucket="week")
        assert (await service.atimeline("user:1")) == service.timeline("user:1")
        versions = [version async for version in service.ahistory("invoice:1")]
        assert versions == list(service.history("invoice:1"))
        streamed = [event async for event in service.astream(follow=False)]
        assert streamed == sorted(events, key=sequence)
        async for event in service.astream(after=len(events) - 2, poll=0.01):
            assert event == streamed[-1]
            break
        clock.cancel()
        assert ticks > 5

    asyncio.run(ask())
    try:
        service.timeline("user:1", actor="user:2")
    except QueryError as error:
        assert error.argument == "actor"
    else:
        raise AssertionError("a second actor was accepted")


def check_history(service: AuditService) -> None:
    changes: list[tuple[Any, Any]] = [
        (None, {"status": "draft", "address": {"city": "Bern", "a/b": 1}}),
        ({"status": "draft"}, {"status": "open"}),
        ({"address": {"city": "Bern"}}, {"address": {"city": "Basel"}}),
        ({"address": {"a/b": 1}}, {"address": {}}),
        ({"status": "open"}, {}),
    ]
    for number, (before, after) in enumerate(changes):
        service.record(
            "thing.update",
            actor="user:1",
            target="thing:1",
            before=before,
            after=after,
            occurred_at=START + timedelta(days=number),
        )
    service.record("thing.update", actor="user:1", target="thing:2", after={"status": "other"})
    assert service.flush(30)
    states = [
        {"status": "draft", "address": {"city": "Bern", "a/b": 1}},
        {"status": "open", "address": {"city": "Bern", "a/b": 1}},
        {"status": "open", "address": {"city": "Basel", "a/b": 1}},
        {"status": "open", "address": {"city": "Basel"}},
        {"address": {"city": "Basel"}},
    ]
    versions = list(service.history("thing:1"))
    assert [version.state for version in versions] == states
    assert [version.number for version in versions] == [1, 2, 3, 4, 5]
    assert list(service.history("thing:1", order="newest")) == versions[::-1]
    assert list(service.history("thing:1", order="newest", limit=2)) == versions[:2:-1]
    assert list(service.history("thing:1", limit=2)) == versions[:2]
    day = START + timedelta(days=2)
    assert list(service.history("thing:1", since=day)) == versions[2:]
    assert list(service.history("thing:1", until=day)) == versions[:2]
    assert list(service.history("thing:1", tenant="acme")) == []
    wrong: Any
    for wrong in (0, True, 1.5):
        try:
            service.history("thing:1", limit=wrong)
        except QueryError as error:
            assert error.argument == "limit"
        else:
            raise AssertionError(f"limit={wrong} was accepted")


def check_stream(service: AuditService, events: list[AuditEvent]) -> None:
    ordered = sorted(events, key=sequence)
    seen: list[AuditEvent] = []
    after: int | None = None
    while len(seen) < len(ordered):
        stream = service.stream(after=after, follow=False)
        seen += [event for event, _ in zip(stream, range(7), strict=False)]
        after = sequence(seen[-1])
    assert seen == ordered
    assert list(service.stream(after=after, follow=False)) == []
    assert list(service.stream(until_seq=5)) == ordered[:5]
    stop = threading.Event()
    late: list[AuditEvent] = []

    def follow() -> None:
        late.extend(service.stream(after=after, poll=0.01, stop=stop))

    thread = threading.Thread(target=follow)
    thread.start()
    new = record_events(service, 5, first=100)
    deadline = time.monotonic() + 30
    while len(late) < len(new) and time.monotonic() < deadline and thread.is_alive():
        time.sleep(0.01)
        if service.size() == len(ordered) + len(new):
            time.sleep(0.1)
            stop.set()
    stop.set()
    thread.join(30)
    assert late == sorted(new, key=sequence)
    wrong: dict[str, Any]
    for wrong in ({"text": "word"}, {"after": -2}, {"poll": 0}, {"after": "x"}):
        try:
            list(service.stream(**wrong))
        except (QueryError, TypeError):
            continue
        raise AssertionError(f"{wrong} was accepted")


def check_timeout(service: AuditService) -> None:
    from indelible.storage.time_limit import time_limit

    engine = service._engine
    assert engine is not None
    endless = (
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000000) "
        "SELECT count(*) FROM n"
    )
    start = time.monotonic()
    try:
        with engine.connect() as connection, time_limit(connection, 0.2):
            connection.exec_driver_sql(endless)
    except QueryTimeoutError as error:
        assert error.argument == "timeout"
    else:
        raise AssertionError("it ended")
    assert time.monotonic() - start < 20
    page = service.query(changed="nothing", timeout=60)
    assert (list(page.items), page.next_cursor) == ([], None)
    assert service.count(timeout=60) == 30
    wrong: Any
    for wrong in (0, -1, True, "5"):
        try:
            service.count(timeout=wrong)
        except QueryError as error:
            assert error.argument == "timeout"
        else:
            raise AssertionError(f"timeout={wrong} was accepted")
