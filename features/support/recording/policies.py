"""Databases that hang or vanish, and writer threads that die."""

from __future__ import annotations

import ctypes
import os
import random
import signal
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from features.support.recording.threads import Running, values, wait_until
from features.support.spooling.cases import Case
from indelible import AuditService, QueueFullError, Receipt

_TELLING = 0.5
"""How long the writer thread may take to tell of what was raised in it, in seconds."""


class Thrown(BaseException):
    """What is raised in a thread from outside."""


# Servers that hang --------------------------------------------------------------------------------


def signal_server(pid: int, number: signal.Signals) -> None:
    """Send a signal to a server and to all of its own processes."""
    children = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and _parent(entry) == pid
    ]
    for process in (pid, *children):
        os.kill(process, number)


def _parent(process: Path) -> int:
    try:
        # Behind the command's name, which may hold anything.
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def check_latency(seconds: Sequence[float], middle: float, slowest: float) -> None:
    """Compare the median and the 99th percentile with their limits, all in seconds."""
    percentile = quantiles(seconds, n=100)[98]
    assert median(seconds) < middle, (median(seconds), percentile)
    assert percentile < slowest, (median(seconds), percentile)


# Dropping -----------------------------------------------------------------------------------------


def drop_while_telling(case: Case) -> None:
    """Let events be dropped while the event about earlier ones is being committed.

    The queue of five is full, a sixth event hangs in its commit.
    """
    during: list[float] = []

    def drop(rows: Sequence[Any]) -> None:
        if any(row[3] == "audit.gap" for row in rows) and not during:
            during.append(time.time())
            for _ in range(2):
                case.service._drop(_receipt(case), QueueFullError("full", 5))
            # The third one comes noticeably later.
            time.sleep(0.3)

    case.gate.before = drop
    case.gate.open()
    assert case.service.flush(10)
    wait_until(lambda: len(case.gaps()) == 1, "the first gap is told")
    case.service._drop(_receipt(case), QueueFullError("full", 5))
    case.record("next")
    assert case.service.flush(10)
    wait_until(lambda: len(case.gaps()) == 2, "the second gap is told")
    case.notes["during"] = during[0]


def _receipt(case: Case) -> Receipt:
    return Receipt.of(
        case.service._builder.build("dropped", "user:1", None, "success", None, None, None, {})
    )


def record_and_drop(url: str, threads: int, events: int, queue: int) -> int:
    """Record through a queue that is too small. Returns how many events were dropped."""

    def record(service: AuditService) -> None:
        for _ in range(events):
            service.record("event", actor="user:1")

    with AuditService(url, audit_async=True, queue_size=queue, on_full="drop") as service:
        values(Running([partial(record, service)] * threads).join(60))
        assert service.flush(30)
    return service.stats().dropped


# Files that vanish --------------------------------------------------------------------------------


def take_away(url: str, what: str) -> Path:
    """Delete a database's file, or put another one in its place."""
    path = Path(url.removeprefix("sqlite:///"))
    if what == "deleted":
        path.unlink()
    else:
        assert what == "replaced", what
        other = path.with_name("other.db")
        other.write_bytes(path.read_bytes())
        other.rename(path)
    return path


# Threads that die ---------------------------------------------------------------------------------


def throw_into(ident: int) -> bool:
    """Raise an exception in a thread, at its next bytecode; tell whether there was that thread."""
    throw = ctypes.pythonapi.PyThreadState_SetAsyncExc
    reached: int = throw(ctypes.c_ulong(ident), ctypes.py_object(Thrown))
    return reached == 1


def writer_ident(service: AuditService) -> int:
    writer = service._writer
    assert writer is not None
    ident = writer._thread.ident
    assert ident is not None
    return ident


def kill_writer(case: Case, how: str) -> None:
    """Let the writer thread end, of what nothing in it expects."""
    service = case.service
    dead = writer_ident(service)
    queue = service._queue
    if how == "SystemExit while it waits for events":
        wait = queue.wait

        def exits(timeout: float | None) -> bool:
            queue.wait = wait  # type: ignore[method-assign]
            raise SystemExit(3)

        queue.wait = exits  # type: ignore[method-assign]
    else:
        assert how == "an exception raised in it from another thread", how
        wait_until(lambda: queue._leader_waits, "the writer waits")
        assert throw_into(dead)
    # It looks around, and dies.
    queue.wake()
    wait_until(
        lambda: service._deaths.total and writer_ident(service) != dead, "another one is started"
    )


def throw_while_recording(case: Case, threads: int, throws: int, seed: int) -> int:
    """Record while exceptions are raised in the writer thread at random moments, one at a time.

    Returns:
        How many were raised.
    """
    moments = random.Random(seed)
    service = case.service
    done = threading.Event()

    def record() -> None:
        while not done.is_set():
            case.record()
            # The others go on meanwhile, and the log stays small.
            time.sleep(0.001)

    recording = Running([record] * threads)
    thrown = 0
    try:
        for _ in range(throws):
            time.sleep(moments.random() * 0.02)
            told = len(case.logged)
            writer = service._writer
            # Not into one that is being replaced: Python itself waits for ever for a thread that
            # is hit while it starts.
            if writer is not None and not writer.ended and not service._starting:
                thrown += throw_into(writer_ident(service))
                # A second one, in the midst of what undoes a transaction, would leave it open.
                until = time.monotonic() + _TELLING
                # Python drops one that is raised in the callback of a weak reference.
                while len(case.logged) == told and time.monotonic() < until:
                    time.sleep(0.001)
    finally:
        done.set()
    values(recording.join())
    return thrown


def check_each_once(case: Case) -> None:
    """All events whose `record` returned are in the log, each once, and no other."""
    found = [row.event_id for row in case.rows() if row.action == "event"]
    assert sorted(found) == sorted(str(receipt.event_id) for receipt in case.receipts)
