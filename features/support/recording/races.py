"""First use and reading in races with what else happens to a service."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from unittest import mock

from features.support.recording import stored
from features.support.recording.engines import EngineWatch, open_files, watched_engines
from features.support.recording.ledger import Ledger
from features.support.recording.threads import Running, race, values, wait_until
from indelible import AuditError, AuditService, ClosedError, Place
from indelible.storage import migrate

RECORDERS = 3
EVENTS = 8
"""Most events of one recorder in one round."""


def _file(url: str) -> str:
    return url.removeprefix("sqlite:///")


def _check_nothing_left(service: AuditService, watch: EngineWatch, url: str) -> None:
    assert watch.calls <= 1, f"{watch.calls} engines were made: {service.stats().last_error}"
    assert watch.leaked() == 0, f"{watch.leaked()} engines were not disposed"
    if url.startswith("sqlite"):
        assert not open_files(_file(url)), "the database file is still open"


def _first_use_seconds(new_database: Callable[[], str]) -> float:
    with AuditService(new_database()) as service:
        started = time.monotonic()
        service.count()
        return time.monotonic() - started


def close_at_every_moment(
    new_database: Callable[[], str], *, audit_async: bool, rounds: int
) -> None:
    """Close services that are being used for the first time, a little later in each round."""
    longest = 1.5 * _first_use_seconds(new_database)
    for number in range(rounds):
        delay = longest * number / rounds
        _close_after(new_database(), f"round-{number}", delay, audit_async=audit_async)


def _close_after(url: str, log: str, delay: float, *, audit_async: bool) -> None:
    ledger = Ledger()
    with watched_engines() as watch:
        service = AuditService(url, log=log, audit_async=audit_async)

        def record() -> None:
            ledger.record_until_closed(service, EVENTS)

        def read() -> None:
            with suppress(ClosedError):
                service.count()

        def close() -> object:
            time.sleep(delay)
            return service.close()

        outcomes = race([*[record] * RECORDERS, read, close, close])
    reports = values(outcomes)[-2:]
    assert reports[0] is reports[1], "two calls of close() say different things"
    assert reports[0], f"the database took all, and yet: {reports[0]}"
    _check_nothing_left(service, watch, url)
    if watch.calls == 0:
        assert not ledger.accepted
    elif _has_tables(url):
        ledger.check(url, log)
    else:
        assert not ledger.accepted and not ledger.errors


def _has_tables(url: str) -> bool:
    return migrate.check(url).state == "current"


def close_while_the_engine_is_made(url: str, *, audit_async: bool, patience: float) -> None:
    """Close a service while another thread hangs in `create_engine`.

    Args:
        url: The database.
        audit_async: The service's mode.
        patience: The timeout of `close()`, in seconds; `create_engine` goes on after 0.4.
    """
    ledger = Ledger()
    go_on = threading.Event()
    with watched_engines() as watch:
        watch.before = lambda: go_on.wait(30)
        service = AuditService(url, audit_async=audit_async)
        recording = Running([lambda: ledger.record(service)])
        wait_until(lambda: watch.calls, "create_engine is called")

        threading.Timer(0.4, go_on.set).start()
        started = time.monotonic()
        report = service.close(patience)
        seconds = time.monotonic() - started
        values(recording.join())
        wait_until(lambda: watch.leaked() == 0 and watch.made, "the engine is disposed")
    if patience < 0.4:
        assert seconds < 0.39, f"close({patience}) took {seconds:.2f} s"
    else:
        assert report, "there was time enough to commit the event"
    _check_nothing_left(service, watch, url)
    if _has_tables(url):
        ledger.check(url)


def race_a_failing_create_engine(service: AuditService, watch: EngineWatch, threads: int) -> None:
    """Let threads be first while no engine can be made: each is told, and none waits for ever."""

    def fail() -> None:
        time.sleep(0.02)
        raise OSError("no engine today")

    watch.before = fail
    outcomes = race([lambda: service.record("first", actor="user:1")] * threads)
    for outcome in outcomes:
        assert isinstance(outcome.error, AuditError), outcome
        assert "no engine today" in str(outcome.error), outcome.error
        assert isinstance(outcome.error.__cause__, OSError)
    for outcome in race([service._ensure_session] * threads):
        assert isinstance(outcome.error, OSError), outcome
    assert watch.made == [], "an engine was made"
    watch.before = lambda: None


def fail_half_way(service: AuditService, watch: EngineWatch, error: BaseException) -> None:
    """Let the first use fail when its engine exists already."""

    def fail(*arguments: Any, **options: Any) -> None:
        raise error

    with mock.patch.object(migrate, "ensure_current", fail):
        try:
            service.count()
        except type(error) as raised:
            assert raised is error or raised.__cause__ is error
        else:
            raise AssertionError("the first use did not fail")
    assert service._session is None
    assert service._engine is None
    assert (watch.calls, watch.leaked()) == (1, 0), "the engine of the failed use is leaked"


def read_while_writing(url: str, *, events: int) -> None:
    """Readers walk through all pages while writers record; every page must be without a gap."""
    service = AuditService(url)
    service.record("first", actor="user:1")
    done = threading.Event()

    def write() -> None:
        for _ in range(events):
            service.record("write", actor="user:1", details={"text": "x" * 50})

    def read() -> int:
        walks = 0
        newest = 0
        while not (done.is_set() and walks):
            newest = _walk(service, newest)
            walks += 1
        return walks

    def count() -> None:
        last = 0
        while not done.is_set():
            now = service.count()
            assert now >= last, f"{last} events, and then {now}"
            last = now

    writing = Running([write, write])
    reading = Running([read, read, count])
    try:
        values(writing.join())
    finally:
        done.set()
    walks = values(reading.join())[:2]
    assert all(walks), walks
    assert service.count() == 2 * events + 1
    assert _walk(service, 0) == 2 * events
    service.close()
    stored.check(url)


def _walk(service: AuditService, least: int) -> int:
    """Read all pages from the newest to the oldest. Returns the newest event's number."""
    seqs: list[int] = []
    cursor: str | None = None
    while True:
        page = service.query(limit=40, cursor=cursor)
        seqs += [event.place.seq for event in page.items if event.place is not None]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seqs == list(range(seqs[0], -1, -1)), f"the pages have gaps: {seqs}"
    assert seqs[0] >= least, f"event {least} was there before, and now {seqs[0]} is the newest"
    return seqs[0]


def create_tables_at_once(urls: list[str], logs: list[str]) -> None:
    """First uses of several services at once, each with its own database or log."""
    services = [AuditService(url, log=log) for url, log in zip(urls, logs, strict=True)]

    def first_use(service: AuditService) -> Callable[[], Place]:
        return lambda: service.record("first", actor="user:1").wait(0)

    outcomes = race([first_use(service) for service in services])
    places = values(outcomes)
    assert [place.log for place in places] == logs
    for service, url, log in zip(services, urls, logs, strict=True):
        assert service.close()
        assert len(stored.check(url, log)) == logs.count(log) or urls.count(url) == 1
