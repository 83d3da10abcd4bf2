"""The service with a spool: recording, draining into PostgreSQL, and starting after a kill -9."""

from __future__ import annotations

import functools
import json
import logging
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import make_url

from benchmarks.durable import record_some
from benchmarks.figures import Figure, Pair, alternate
from benchmarks.spool import RECORD
from benchmarks.workload import ACTION, prepared_rows
from features.support import scratch, servers
from indelible import AuditService
from indelible.spool import Spool, encode

DRAINED = 1_000_000
QUICK = 100_000
"""How many events are drained, as a rule and by a quick run."""

SHORT = 10_000
"""With how many the memory is compared."""

LEFT = 100_000
"""How many events a killed process has left."""

APPENDS = 1_000
EACH = 500
"""Events of one thread, alone and among eight."""

THREADS = 8
_LOG = "audit"
_CHUNK = 500
_SECONDS = 3600.0
_KIB = 1024


def recording(rounds: int) -> list[Figure]:
    """Events per second that are in the spool, while the database is away and while it is there."""
    figures = []
    for name, kind in (("database away", None), ("draining into PostgreSQL", "postgresql")):
        one = functools.partial(_recorded_per_second, kind, 1)
        many = functools.partial(_recorded_per_second, kind, THREADS)
        figures += [
            Figure(
                f"spooled record(), 1 thread, {name}",
                "fdatasync of a 600-byte append",
                "events/s",
                alternate(rounds, one, _appends_per_second),
                "≥ 0.5",
                lambda ratio: ratio >= 0.5,
            ),
            Figure(
                f"spooled record(), {THREADS} threads, {name}",
                "1 thread",
                "events/s",
                alternate(rounds, many, one),
                "≥ 3",
                lambda ratio: ratio >= 3,
            ),
        ]
    return figures


def draining(rounds: int, events: int = DRAINED) -> list[Figure]:
    """Events per second from a dead process's spool into PostgreSQL, and the memory it takes."""
    peaks = []

    def drained() -> float:
        seconds, peak = _drain(events)
        peaks.append(peak)
        return events / seconds

    pairs = alternate(rounds, drained, lambda: _unspooled_per_second(events))
    _, short = _drain(min(SHORT, events))
    return [
        Figure(
            f"draining {events:,} spooled events, postgresql",
            "async without a spool, until durable",
            "events/s",
            pairs,
            "≥ 0.8",
            lambda ratio: ratio >= 0.8,
        ),
        Figure(
            f"memory of draining {events:,} events",
            f"memory of draining {min(SHORT, events):,} events",
            "MiB",
            (Pair(max(peaks), short),),
            "≤ 1.1",
            lambda ratio: ratio <= 1.1,
        ),
    ]


def recovery(events: int = LEFT) -> list[Figure]:
    """Time to the first new event of a program, behind what a killed one has left."""
    directory = scratch.new_directory()
    _leave(directory / "spool", events)
    whole, call = _first_event(directory / "spool")
    empty, _ = _first_event(directory / "empty")
    shutil.rmtree(directory)
    name = f"first new event after kill -9 with {events:,} spooled"
    return [
        Figure(
            f"{name}, since the program's start",
            "one second",
            "s",
            (Pair(whole, 1.0),),
            "≤ 1",
            lambda ratio: ratio <= 1,
        ),
        Figure(f"{name}, the same", "with nothing spooled", "s", (Pair(whole, empty),)),
        Figure(f"{name}, its call of record() alone", "one second", "s", (Pair(call, 1.0),)),
    ]


def _first_event(directory: Path) -> tuple[float, float]:
    """Return how long a program takes to its first event, and that event's call, in seconds."""
    url = servers.new_database("sqlite")
    # The clock is the machine's, and so the same in both processes.
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _FIRST, url, str(directory)],
        check=True,
        capture_output=True,
        text=True,
    )
    called, accepted = map(float, done.stdout.split())
    return accepted - begun, accepted - called


_FIRST: Final = """
import os, sys, time
from indelible import AuditService
audit = AuditService(sys.argv[1], audit_async=True, spool=sys.argv[2])
called = time.monotonic()
audit.record("invoice.update", actor="user:1")
print(called, time.monotonic(), flush=True)
# Draining the rest is another figure.
os._exit(0)
"""
"""A program that imports no more than an application has to."""


# Recording ---------------------------------------------------------------------------------------


def _recorded_per_second(kind: str | None, threads: int) -> float:
    """Return how many events a second are accepted; without a kind, by a database that is away."""
    directory = scratch.new_directory()
    each = APPENDS if threads == 1 else EACH
    try:
        with _away() if kind is None else _there(kind) as url:
            audit = AuditService(url, audit_async=True, spool=directory / "spool", busy_timeout=0.1)
            # Makes the spool.
            audit.record(ACTION, actor="user:1")
            workers = [
                threading.Thread(target=record_some, args=(audit, each)) for _ in range(threads)
            ]
            begun = time.perf_counter()
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            seconds = time.perf_counter() - begun
            if kind is not None and not audit.flush():
                raise RuntimeError(f"not everything was committed: {audit.stats()}")
            audit.close(0.1)
        return each * threads / seconds
    finally:
        shutil.rmtree(directory)


@contextmanager
def _away() -> Iterator[str]:
    """Give a database that takes nothing, because somebody else holds its write lock."""
    # What it says about that is what is wanted here.
    logging.getLogger("indelible").addHandler(logging.NullHandler())
    url = servers.new_database("sqlite")
    AuditService(url).record(ACTION, actor="user:1")
    path = str(make_url(url).database)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield url


@contextmanager
def _there(kind: str) -> Iterator[str]:
    yield servers.new_database(kind)


def _appends_per_second() -> float:
    directory = scratch.new_directory()
    descriptor = os.open(directory / "file", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        begun = time.perf_counter()
        for _ in range(APPENDS):
            os.write(descriptor, RECORD)
            os.fdatasync(descriptor)
        return APPENDS / (time.perf_counter() - begun)
    finally:
        os.close(descriptor)
        shutil.rmtree(directory)


# Draining ----------------------------------------------------------------------------------------


def _drain(events: int) -> tuple[float, float]:
    """Drain what a killed process has left; return the seconds, and the peak memory in MiB."""
    directory = scratch.new_directory()
    _leave(directory / "spool", events)
    url = servers.new_database("postgresql")
    result = json.loads(_run("drain", url, str(directory / "spool"), str(events)))
    shutil.rmtree(directory)
    return result["seconds"], result["peak"]


def _unspooled_per_second(events: int) -> float:
    return events / float(_run("unspooled", servers.new_database("postgresql"), str(events)))


def _leave(directory: Path, events: int) -> None:
    """Have a process fill a spool and be killed."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.spooled", "fill", str(directory), str(events)],
        check=False,
    )
    if done.returncode != -signal.SIGKILL:
        raise RuntimeError(f"filling a spool ended with {done.returncode}")


def _run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.spooled", *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


# The programs ------------------------------------------------------------------------------------


def _fill(directory: str, events: str) -> None:
    spool = Spool.create(directory, origin=_LOG, max_bytes=1 << 40)
    for first in range(0, int(events), _CHUNK):
        rows = prepared_rows(min(_CHUNK, int(events) - first))
        spool.append([encode(row) for row, _ in rows])
    os.kill(os.getpid(), signal.SIGKILL)


def _drain_all(url: str, directory: str, events: str) -> None:
    with AuditService(url, log=_LOG, audit_async=True, spool=directory) as audit:
        # Connecting and making the tables is not what is measured.
        audit.count()
        begun = time.perf_counter()
        if not audit.drain_spool(_SECONDS):
            raise RuntimeError(f"not everything was drained: {audit.stats()}")
        seconds = time.perf_counter() - begun
        committed = audit.stats().committed
    if committed != int(events):
        raise RuntimeError(f"{committed} committed, {events} spooled")
    print(json.dumps({"seconds": seconds, "peak": _peak()}))


def _unspooled(url: str, events: str) -> None:
    with AuditService(url, log=_LOG, audit_async=True) as audit:
        audit.count()
        begun = time.perf_counter()
        record_some(audit, int(events))
        if not audit.flush():
            raise RuntimeError(f"not everything was committed: {audit.stats()}")
        print(time.perf_counter() - begun)


def _peak() -> float:
    """Return this process's peak memory in MiB.

    Not ru_maxrss, which begins with that of the process that started this one.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / _KIB


_PROGRAMS: Final[dict[str, Callable[..., None]]] = {
    "fill": _fill,
    "drain": _drain_all,
    "unspooled": _unspooled,
}

if __name__ == "__main__":
    _PROGRAMS[sys.argv[1]](*sys.argv[2:])
