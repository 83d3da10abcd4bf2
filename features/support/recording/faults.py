"""What scenarios do to a service beyond recording: interrupt it, mislead it, hook into it."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable

import sqlalchemy

from features.support.recording import stored
from features.support.recording.scene import Scene
from features.support.recording.threads import Outcome, Running, values, wait_until
from indelible import (
    AuditError,
    AuditService,
    ClosedError,
    EventRefusedError,
    Place,
    Receipt,
    StorageError,
)
from indelible.body import EventRow


def flush_while_recording(
    service: AuditService, threads: int, events: int, others: int
) -> list[bool]:
    """Record in some threads and flush in others. Returns what the flushes said."""
    done = threading.Event()

    def record() -> None:
        for _ in range(events):
            service.record("event", actor="user:1")

    def flush() -> list[bool]:
        said = []
        while not done.is_set():
            said.append(service.flush())
        return said

    recording, flushing = Running([record] * threads), Running([flush] * others)
    try:
        values(recording.join())
    finally:
        done.set()
    return [answer for said in values(flushing.join()) for answer in said]


def wake_early() -> Place:
    """Wake whoever waits for a receipt, and settle it only later. Returns what he got."""
    texts = ("0190b8a0-0000-7000-8000-000000000000", "", "", "a", "success", "user:1")
    row: EventRow = (*texts, None, None, None, None, None, b"{}")
    receipt = Receipt.of(row)
    waiting = Running([receipt.wait])
    wait_until(lambda: receipt._waiters, "the thread waits")
    for _ in range(3):
        receipt.wake()
        time.sleep(0.01)
    assert not waiting.outcomes[0].value and not waiting.outcomes[0].error
    receipt.settle(Place("audit", 7, b""))
    [place] = values(waiting.join())
    assert isinstance(place, Place)
    return place


class RaisingHandler(logging.Handler):
    """Raises, which a handler should not do."""

    def emit(self, record: logging.LogRecord) -> None:
        raise RuntimeError("a handler that raises")


def hook(scene: Scene, behaviour: str) -> Callable[[AuditError], None]:
    """Return an `on_error` hook that behaves in a certain way."""

    def raises(error: AuditError) -> None:
        raise RuntimeError("a hook that raises")

    def exits(error: AuditError) -> None:
        raise SystemExit(3)

    def records(error: AuditError) -> None:
        scene.service.record("good from the hook", actor="user:1", wait=True)

    def flushes(error: AuditError) -> None:
        scene.service.flush()

    def closes(error: AuditError) -> None:
        if scene.report is None:
            scene.report = scene.service.close(2)

    behaviours = {
        "only looks": lambda error: None,
        "raises": raises,
        "raises SystemExit": exits,
        "records an event": records,
        "flushes the service": flushes,
        "closes the service": closes,
    }
    return behaviours[behaviour]


def check_closed_by_hook(scene: Scene) -> None:
    """The hook has closed the service from inside a commit, which goes on all the same."""
    scene.gate.open()
    wait_until(lambda: scene.report is not None, "the hook has closed the service")
    scene.timed(lambda: scene.service.record("late", actor="user:1"))
    assert isinstance(scene.error, ClosedError)
    assert scene.service.close(5), "something is uncommitted"
    in_log = stored.ids(scene.url)
    refused = [receipt for receipt in scene.receipts if str(receipt.event_id) not in in_log]
    assert [type(receipt.error) for receipt in refused] == [EventRefusedError]
    assert all(receipt.done for receipt in scene.receipts)
    scene.check_actions(["good", "good"])


def record_inside_own_transaction(scene: Scene) -> None:
    """Write to the log's own file in a transaction, and record before it ends."""
    engine = sqlalchemy.create_engine(scene.url)
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("CREATE TABLE invoice (id INTEGER)")
        connection.exec_driver_sql("INSERT INTO invoice VALUES (1)")
        scene.timed(lambda: scene.service.record("inside", actor="user:1"))
    engine.dispose()


def hang_together(scene: Scene, threads: int) -> Running:
    """Let threads' events be in one batch that hangs, behind the one that hangs already."""

    def hang_again(rows: object) -> None:
        scene.gate.after = lambda rows: None
        scene.gate.shut()

    scene.gate.after = hang_again
    running = Running([scene.record] * threads)
    wait_until(lambda: len(scene.service._queue) == threads, "all events are queued")
    scene.gate.open()
    wait_until(lambda: len(scene.service._committer.in_flight()) == threads, "all are taken")
    return running


def commit_many_slowly(scene: Scene, *, seconds: float) -> None:
    """Let eight callers' events be committed together, by a commit that takes long."""
    scene.hang()
    waiting = Running([scene.record] * 8)
    wait_until(lambda: len(scene.service._queue) == 8, "all events are queued")
    slow = iter([0.0, seconds])
    scene.gate.before = lambda rows: time.sleep(next(slow, 0.0))
    scene.gate.open()
    values(waiting.join())
    scene.join_hung()
    assert [len(batch) for batch in scene.gate.batches] == [1, 8]


def close_while_reading(scene: Scene) -> list[str]:
    """Close a service while a read hangs in the database. Returns what ended first and second."""
    service = scene.service
    order: list[str] = []
    reading, go_on = threading.Event(), threading.Event()
    assert service._engine is not None

    def hang(*arguments: object) -> None:
        reading.set()
        assert go_on.wait(20)

    def read() -> None:
        assert service.count() == len(scene.receipts)
        order.append("read")

    def close() -> None:
        assert service.close(10)
        order.append("closed")

    sqlalchemy.event.listen(service._engine, "before_cursor_execute", hang)
    running = [Running([read])]
    assert reading.wait(10)
    running.append(Running([close]))
    wait_until(lambda: service._engine is None, "close() has taken the engine away")
    time.sleep(0.1)
    go_on.set()
    for threads in running:
        values(threads.join())
    return order


def fail_for_a_while(scene: Scene, seconds: float) -> list[float]:
    """Let commits fail as with a busy database. Returns a list that gets the time of each one."""
    attempts: list[float] = []

    def fail(rows: object) -> None:
        now = time.monotonic()
        attempts.append(now)
        if now < attempts[0] + seconds:
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error

    scene.gate.before = fail
    return attempts


def interrupt_leader(scene: Scene, moment: str) -> None:
    """Raise KeyboardInterrupt in the thread that commits more than one event."""

    def interrupt(rows: object) -> None:
        scene.gate.before = scene.gate.after = lambda rows: None
        raise KeyboardInterrupt

    if moment == "before the COMMIT":
        scene.gate.before = interrupt
    else:
        assert moment == "after the COMMIT", moment
        scene.gate.after = interrupt


def record_behind_a_leader(scene: Scene, threads: int) -> list[Outcome]:
    """Let threads record so that one leads and the others' events are in its batch."""
    scene.hang()
    # The leader of this batch takes all of them, and is interrupted.
    before, after = scene.gate.before, scene.gate.after
    scene.gate.before = scene.gate.after = lambda rows: None

    def rearm(rows: object) -> None:
        scene.gate.before, scene.gate.after = before, after

    scene.gate.after = rearm
    others = Running([scene.record] * threads)
    wait_until(lambda: len(scene.service._queue) == threads, "all events are queued")
    scene.gate.open()
    scene.join_hung()
    outcomes = others.join()
    assert max(len(batch) for batch in scene.gate.batches) == threads
    return outcomes


def check_after_interrupt(scene: Scene) -> None:
    """Whether the leader's own event is there is not known; everybody else's is, once."""
    scene.check_alive()
    rows = stored.check(scene.url)
    counted = [row.event_id for row in rows]
    for receipt in scene.receipts:
        assert counted.count(str(receipt.event_id)) == 1, receipt
    assert rows[-1].action == "alive"
    assert len(rows) - len(scene.receipts) in {3, 4}, [row.action for row in rows]


def use_in_memory(service: AuditService, threads: int, events: int, readers: int) -> None:
    """Record and read a log in memory from many threads."""
    done = threading.Event()

    def record() -> None:
        for _ in range(events):
            service.record("event", actor="user:1")

    def read() -> None:
        while not done.is_set():
            page = service.query(limit=20)
            seqs = [event.place.seq for event in page.items if event.place is not None]
            assert seqs == list(range(seqs[0], seqs[0] - len(seqs), -1)) if seqs else True
            service.count()

    recording, reading = Running([record] * threads), Running([read] * readers)
    try:
        values(recording.join())
        assert service.flush(10)
    finally:
        done.set()
    values(reading.join())


def query_inside_a_commit(scene: Scene) -> BaseException | None:
    """Query from inside the transaction of a commit. Returns what the query raised."""
    caught: list[BaseException | None] = []
    service = scene.service
    service.count()
    assert service._engine is not None

    def query(connection: object) -> None:
        if not caught:
            caught.append(None)
            try:
                service.query()
            except StorageError as error:
                caught[0] = error

    sqlalchemy.event.listen(service._engine, "commit", query)
    scene.record("inside")
    sqlalchemy.event.remove(service._engine, "commit", query)
    return caught[0]
