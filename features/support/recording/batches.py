"""Batches: what is committed together, what fails alone, what is there already."""

from __future__ import annotations

import gc
import sqlite3
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest import mock
from uuid import uuid4

from sqlalchemy import Connection

from features.support.recording import stored
from features.support.recording.scene import Scene, refuse_action
from features.support.recording.threads import Outcome, Running, race, values, wait_until
from indelible import (
    AuditService,
    EventConflictError,
    EventRefusedError,
    Place,
    Receipt,
    SchemaError,
)
from indelible.body import EventRow
from indelible.merkle import Frontier
from indelible.writer.queue import PendingQueue

START = "2026-01-02T03:04:05.000000Z"


def record_in_threads(service: AuditService, threads: int, events: int) -> None:
    """Record events whose actor names the thread and whose action its order."""

    def record(number: int) -> None:
        for step in range(events):
            service.record(f"{step:05}", actor=f"thread:{number}")

    values(race([partial(record, number) for number in range(threads)]))


def check_order(rows: Iterable[stored.Row], actors: int, events: int) -> None:
    """The events of each actor are all there, in the order of their actions."""
    by_actor: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        by_actor[row.actor].append(row.action)
    assert len(by_actor) == actors, sorted(by_actor)
    for actor, actions in by_actor.items():
        assert actions == [f"{step:05}" for step in range(events)], (actor, actions)


def record_behind(scene: Scene, actions: Sequence[str]) -> None:
    """Let a commit hang, and record so that all these events are in the one after it, in order.

    In synchronous mode each event has a thread of its own.
    """
    scene.hang()
    queue = scene.service._queue
    threads = []
    for number, action in enumerate(actions, 1):
        if scene.audit_async:
            scene.record(action)
        else:
            threads.append(Running([partial(scene.record, action)]))
        wait_until(partial(_holds, queue, number), "the event is queued")
    scene.gate.open()
    scene.join_hung()
    for running in threads:
        values(running.join())
    scene.service.flush(10)
    assert scene.gate.batches[1] == list(actions), scene.gate.batches


def _holds(queue: PendingQueue, number: int) -> bool:
    return len(queue) == number


def check_refused(
    scene: Scene, cause: type[BaseException] | tuple[type[BaseException], ...]
) -> None:
    """One event was refused, and whoever asks gets the database's own error behind it."""
    if scene.audit_async:
        errors = [receipt.error for receipt in scene.receipts if receipt.error is not None]
        assert len(errors) == 1, errors
        scene.check_refusal_heard(1)
        assert list(map(str, scene.heard)) == list(map(str, errors))
    else:
        errors = [error for error in scene.raised if isinstance(error, EventRefusedError)]
        assert scene.raised == errors
        assert len(errors) == 1, scene.raised
        assert scene.heard == [], "a caller has got the error, and yet on_error is told"
    [error] = errors
    assert isinstance(error, EventRefusedError)
    assert isinstance(error.__cause__, cause), repr(error.__cause__)
    assert error.event_id in str(error)
    stats = scene.service.stats()
    assert stats.refused == 1
    assert stats.last_error
    assert "EventRefusedError" in stats.last_error


def driver_error(kind: str) -> type[BaseException]:
    """Return the base class of a database driver's errors."""
    if kind == "sqlite":
        return sqlite3.Error
    if kind == "postgresql":
        import psycopg

        return psycopg.Error
    import pymysql

    return pymysql.Error


def check_freed(url: str, *, audit_async: bool) -> None:
    """The collector does not know of receipts: no error may keep one, and itself, alive."""
    with AuditService(url, audit_async=audit_async) as service:
        service.record("first", actor="user:1", wait=True)
        refuse_action(url, "forbidden")
        causes = [
            weakref.ref(_refused_cause(service, way)) for way in ("waits", "asks", "looks away")
        ]
    gc.collect()
    assert [cause() for cause in causes] == [None] * len(causes)


def _refused_cause(service: AuditService, way: str) -> BaseException:
    receipt = None
    try:
        receipt = service.record("forbidden", actor="user:1")
        if way == "waits":
            receipt.wait(10)
        assert not service.flush(10)
        error = receipt.error
    except EventRefusedError as refused:
        error = refused
    assert error is not None
    assert error.__cause__ is not None
    return error.__cause__


# Ids ----------------------------------------------------------------------------------------------


def repeat_everywhere(scene: Scene) -> list[Place]:
    """Record one event twice in a batch, again in a later one, and by another service."""
    event_id = str(uuid4())
    scene.hang()
    twice = [scene.record("repeated", event_id=event_id) for _ in range(2)]
    scene.gate.open()
    assert scene.service.flush(10), scene.service.stats()
    later = scene.record("repeated", event_id=event_id.upper())
    with AuditService(scene.url) as other:
        elsewhere = other.record("repeated", actor="user:1", event_id=event_id)
    receipts = [*twice, later, elsewhere]
    return [receipt.wait(10) for receipt in receipts if receipt is not None]


@contextmanager
def lost_reply(service: AuditService) -> Iterator[list[int]]:
    """Break the service's connection right after its next COMMIT, before the reply arrives.

    Yields:
        A list that holds one number for each reply that was lost.
    """
    backend = service._backend
    assert backend is not None
    commit = backend.commit
    lost: list[int] = []

    def commit_and_break(connection: Connection) -> None:
        commit(connection)
        if not lost:
            lost.append(1)
            raise _broken(connection.dialect.name, connection.connection)

    with mock.patch.object(backend, "commit", commit_and_break):
        yield lost


def lose_reply_then(scene: Scene, events: int, failure: str) -> None:
    """Commit events together, lose the reply, and let all that is tried afterwards fail."""
    codes = {
        "finds the database busy": sqlite3.SQLITE_BUSY,
        "finds it read-only": sqlite3.SQLITE_READONLY,
        "loses its connection as well": sqlite3.SQLITE_IOERR,
    }

    def fail(rows: object) -> None:
        raise _driver_error(codes[failure]) if failure in codes else SchemaError("set back")

    def lose(rows: object) -> None:
        # Only once those behind the gate have been let in, all of them in one batch.
        scene.gate.before = fail
        raise _driver_error(sqlite3.SQLITE_IOERR)

    _record_behind_hanging(scene, events, lose)
    scene.gate.before = scene.gate.after = lambda rows: None


def interrupt_then_hang(scene: Scene, events: int) -> None:
    """Interrupt a leader after the COMMIT, and let nobody lead after it."""

    def interrupt(rows: object) -> None:
        scene.gate.after = lambda rows: None
        # Taken once more than it will be released.
        scene.service._committer.lock.acquire()
        raise KeyboardInterrupt

    _record_behind_hanging(scene, events, interrupt)


def _record_behind_hanging(
    scene: Scene, events: int, then: Callable[[object], None]
) -> list[Outcome]:
    """Let events be committed in one batch behind the one that hangs, and do something then."""
    scene.service._timeout = 1.0
    scene.hang()

    def arm(rows: object) -> None:
        scene.gate.after = then

    scene.gate.after = arm
    running = Running([scene.record] * events)
    wait_until(lambda: len(scene.service._queue) == events, "all events are queued")
    scene.gate.open()
    scene.join_hung()
    return running.join()


def _driver_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("made up")
    error.sqlite_errorcode = code
    return error


def _broken(kind: str, connection: Any) -> Exception:
    if kind == "postgresql":
        import psycopg

        connection.dbapi_connection.close()
        return psycopg.OperationalError("server closed the connection unexpectedly")
    if kind in {"mysql", "mariadb"}:
        import pymysql

        connection.dbapi_connection._force_close()
        return pymysql.OperationalError(2013, "Lost connection to MySQL server during query")
    # A file has no connection to lose; a busy error is what comes closest.
    return _driver_error(sqlite3.SQLITE_BUSY)


def mix_old_and_new(scene: Scene) -> None:
    """Put events that are in the log and new ones into one batch, by turns."""
    old = [str(uuid4()) for _ in range(5)]
    for event_id in old:
        scene.record("old", event_id=event_id)
    places = [receipt.wait(10) for receipt in scene.receipts]
    scene.hang()
    scene.receipts.clear()
    for event_id in old:
        scene.record("old", event_id=event_id)
        scene.record("new")
    scene.gate.open()
    assert scene.service.flush(10)
    again = [receipt.wait(10) for receipt in scene.receipts]
    assert again[::2] == places
    hanging = places[-1].seq + 1
    assert [place.seq for place in again[1::2]] == list(range(hanging + 1, hanging + 6))


def reuse_id(scene: Scene, difference: str) -> BaseException | None:
    """Record an event, and another one with its id. Returns what the second one raised."""
    event_id = str(uuid4())
    first: dict[str, Any] = {"actor": "user:1", "target": "invoice:1", "outcome": "success"}
    scene.service.record("first", event_id=event_id, wait=True, **first)
    other = {"actor": "user:2", "target": "invoice:2", "outcome": "denied"}
    second = first | ({difference: other[difference]} if difference in other else {})
    action = "second" if difference == "action" else "first"
    log = "another" if difference == "log" else "audit"
    with AuditService(scene.url, log=log) as service:
        try:
            service.record(action, event_id=event_id, **second)
        except EventConflictError as error:
            assert service.stats().refused == 1
            return error
    return None


# The log's row ------------------------------------------------------------------------------------


def set_row(url: str, size: int, frontier: bytes) -> None:
    stored.query(
        url, "UPDATE audit_log SET size = :size, frontier = :frontier", size=size, frontier=frontier
    )


def row_at(url: str, size: int) -> bytes:
    """Return what the log's row said when the log had so many events."""
    frontier = Frontier()
    for row in stored.rows(url)[:size]:
        frontier.append(row.leaf_hash)
    return frontier.to_bytes()


# Bulk ---------------------------------------------------------------------------------------------


def append_bulk(service: AuditService, events: int, sizes: Sequence[int]) -> None:
    """Append small events without the queue, in batches whose sizes take turns."""
    number, turn = 0, 0
    with service._committer.lock:
        while number < events:
            size = min(sizes[turn % len(sizes)], events - number)
            service._append([_row() for _ in range(size)])
            number, turn = number + size, turn + 1


def _row() -> EventRow:
    event_id = str(uuid4())
    body = b'{"action":"bulk","event_id":"' + event_id.encode() + b'","v":1}'
    return event_id, START, START, "bulk", "success", "user:1", None, None, None, None, None, body


def through_a_small_queue(service: AuditService, threads: int, events: int) -> None:
    """Push events through a queue that is nearly always full."""
    queue = service._queue
    sizes: list[int] = []
    force = queue.force

    def watched_force(receipt: Receipt) -> None:
        force(receipt)
        sizes.append(len(queue))

    with mock.patch.object(queue, "force", watched_force):
        record_in_threads(service, threads, events)
        assert service.flush(20)
    # Threads that put at the same moment may exceed the bound by one event each.
    assert queue.capacity <= max(sizes) <= queue.capacity + threads, max(sizes)
