"""The ways on which a reader comes to its events: which index, and over which connection."""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text

from indelible import AuditEvent, AuditService

_BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
_SECONDS = 20.0


def record_areas(service: AuditService) -> list[AuditEvent]:
    """Record events a second apart, and return them all, newest first."""
    names = [f"invoice.{name}" for name in ("create", "update", "send")]
    actions = [names[number % 3] for number in range(300)]
    actions += ["auth.login"] * 900
    actions += [name for number in range(15) for name in (names[number % 3], "auth.logout")]
    for number, action in enumerate(actions):
        # Every twentieth is told a quarter of an hour late.
        late = 900 if number % 20 == 7 else 0
        service.record(
            action, actor="user:1", occurred_at=_BEGIN + timedelta(seconds=number - late)
        )
    assert service.flush()
    return [event for page in _pages(service, 1000) for event in page]


def _pages(service: AuditService, limit: int) -> list[list[AuditEvent]]:
    pages, cursor = [], None
    while True:
        page = service.query(limit=limit, cursor=cursor)
        pages.append(list(page.items))
        cursor = page.next_cursor
        if cursor is None:
            return pages


def check_pattern(service: AuditService, events: list[AuditEvent]) -> None:
    """Ask again and again, so that what an answer teaches is used for the next one."""
    wanted = [event for event in events if event.action.startswith("invoice.")]
    assert len(wanted) == 315
    draw = random.Random(7)
    for _ in range(150):
        limit = draw.choice((1, 5, 20, 60))
        until = _BEGIN + timedelta(seconds=draw.randrange(-100, 1400))
        since = draw.choice((None, *(until - timedelta(seconds=span) for span in (30, 2000))))
        expected = [
            event
            for event in wanted
            if event.occurred_at < until and (since is None or event.occurred_at >= since)
        ]
        page = service.query(action="invoice.*", limit=limit, since=since, until=until)
        assert list(page.items) == expected[:limit], (limit, since, until)
        if page.next_cursor is not None:
            page = service.query(
                action="invoice.*",
                limit=limit,
                since=since,
                until=until,
                cursor=page.next_cursor,
            )
            assert list(page.items) == expected[limit : 2 * limit], (limit, since, until)
        newest = service.query(action="invoice.*", limit=limit)
        assert list(newest.items) == wanted[:limit], limit


def ask_at_once(service: AuditService, threads: int) -> None:
    """Ask from several threads, each while the others do, so that each needs a connection."""
    begin = threading.Barrier(threads)
    failed: list[BaseException] = []

    def ask() -> None:
        try:
            begin.wait(_SECONDS)
            for _ in range(20):
                assert service.query(limit=5).items
        except BaseException as error:  # noqa: BLE001 - told by the thread that waits
            failed.append(error)

    asking = [threading.Thread(target=ask) for _ in range(threads)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert not failed, failed


_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def end_connections(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text(f"SELECT pg_terminate_backend(pid) {_OTHERS}"))


def connection_states(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(text(f"SELECT state {_OTHERS}")).scalars())


def wait_for_no_connection(engine: Engine) -> None:
    """Wait until the server has noticed that the connections are gone."""
    until = time.monotonic() + _SECONDS
    while (states := connection_states(engine)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not states, states
