"""What readers cost the writer, each in a process of its own, as a page server would be."""

from __future__ import annotations

import functools
import multiprocessing
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.synchronize import Event
from typing import Any

from benchmarks.durable import record_some
from benchmarks.events import ACTORS, INTERVAL, START
from benchmarks.figures import Figure, alternate
from benchmarks.generator import LogStore
from features.support import servers
from indelible import AuditService

__all__ = ["beside_readers"]

READERS = 4
EVENTS = 30_000
PACE = 0.5
"""A reader's question begins so many seconds after the last one began, if that has been answered.

People take longer to look at a page than that.
"""

_WANTED = 0.8


def beside_readers(store: LogStore, kind: str, events: int, rounds: int) -> list[Figure]:
    """The writer in the background, beside readers that page and search, and alone."""
    url = store.copy(kind, events)
    figures = []
    for pace, wanted in ((PACE, True), (0.0, False)):
        asks = f"a question every {pace} s" if pace else "one question after the other"
        with _readers(url, events, pace) as go:
            measured = functools.partial(_recorded_per_second, url, go)
            floor = functools.partial(_recorded_per_second, url, None)
            figures.append(
                Figure(
                    f"async writer, {READERS} readers, each {asks}, {kind}, {events:,} events",
                    "the writer alone",
                    "events/s",
                    alternate(rounds, measured, floor),
                    f"≥ {_WANTED}" if wanted else "",
                    (lambda ratio: ratio >= _WANTED) if wanted else None,
                )
            )
    return figures


def _recorded_per_second(url: str, go: Event | None) -> float:
    with AuditService(url, audit_async=True, create_tables=False) as audit:
        audit.record("invoice.create", actor="user:1", wait=True)
        if go is not None:
            go.set()
        try:
            begun = time.perf_counter()
            record_some(audit, EVENTS)
            if not audit.flush(120):
                raise RuntimeError(f"not everything was committed: {audit.stats()}")
            return EVENTS / (time.perf_counter() - begun)
        finally:
            if go is not None:
                go.clear()


@contextmanager
def _readers(url: str, events: int, pace: float) -> Iterator[Event]:
    """Give the event that lets the readers ask."""
    context = multiprocessing.get_context("spawn")
    go, ready = context.Event(), context.Semaphore(0)
    processes = [
        context.Process(target=read, args=(url, events, pace, number, go, ready), daemon=True)
        for number in range(READERS)
    ]
    for process in processes:
        process.start()
    try:
        for _ in processes:
            if not ready.acquire(timeout=60):
                raise servers.Unavailable("sqlite", "a reader did not start")
        yield go
        if not all(process.is_alive() for process in processes):
            raise RuntimeError("a reader has ended while the writer was measured")
    finally:
        for process in processes:
            process.terminate()
            process.join()


def read(url: str, events: int, pace: float, seed: int, go: Event, ready: Any) -> None:
    """Ask what readers ask, until the process is ended.

    Args:
        url: The log's URL.
        events: How many events it has had.
        pace: Seconds from the beginning of a question to that of the next one.
        seed: What this reader's questions depend on.
        go: Set while it is to ask.
        ready: Released when it is ready to.
    """
    draw = random.Random(seed)
    end = START + events * INTERVAL
    with AuditService(url, create_tables=False) as audit:
        audit.query()
        ready.release()
        # Not all at the same moment.
        time.sleep(pace * seed / READERS)
        while True:
            go.wait()
            for ask in _questions(audit, draw, end):
                begun = time.perf_counter()
                ask()
                time.sleep(max(0.0, begun + pace - time.perf_counter()))
                if not go.is_set():
                    break


def _questions(audit: AuditService, draw: random.Random, end: Any) -> Iterator[Any]:
    """Yield what somebody asks who looks for something: pages, further pages, filters, counts."""
    actor = ACTORS[draw.randrange(1_000)]
    since = end - timedelta(days=7) * draw.random()
    cursor: list[str | None] = [None]

    def page(**filters: Any) -> None:
        found = audit.query(cursor=cursor[0], **filters)
        for event in found.items:
            event.action  # noqa: B018 - decodes it, as a page does
        cursor[0] = found.next_cursor

    yield page
    yield page
    yield page
    cursor[0] = None
    yield functools.partial(page, actor=actor)
    cursor[0] = None
    yield functools.partial(page, action="invoice.*", outcome="denied")
    cursor[0] = None
    yield functools.partial(page, target=f"document:{draw.randrange(100)}")
    yield functools.partial(audit.count, actor=actor)
    week = {"since": since, "until": since + timedelta(days=7)}
    yield functools.partial(audit.histogram, bucket="hour", actor=actor, **week)
