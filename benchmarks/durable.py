"""Events per second until all are durable, beside the same rows inserted by hand."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from sqlalchemy import make_url

from benchmarks.figures import Figure, alternate
from benchmarks.workload import (
    ACTION,
    ACTORS,
    AFTER,
    BEFORE,
    DETAILS,
    TARGETS,
    plain_rows,
    prepared_rows,
)
from features.support import servers
from indelible import AuditService
from indelible.storage import migrate
from indelible.storage.backends.driver import INSERT_COLUMNS

EVENTS = 20_000
SINGLES = 1_000
BATCH = 1_000
_COLUMNS = ", ".join(INSERT_COLUMNS)


def asynchronous(kind: str, producers: int, rounds: int) -> list[Figure]:
    """Background mode, from the first call to the end of ``flush()``."""
    rows = prepared_rows(EVENTS)
    floor = {"sqlite": _sqlite_rows, "postgresql": _postgresql_copy}[kind]
    floor_name = {
        "sqlite": "sqlite3.executemany, 1,000 a transaction",
        "postgresql": "psycopg COPY, 1,000 a transaction",
    }[kind]
    pairs = alternate(rounds, lambda: recorded_per_second(kind, producers), lambda: floor(rows))
    many = "producer" if producers == 1 else "producers"
    return [
        Figure(
            f"async until durable, {kind}, {producers} {many}",
            floor_name,
            "events/s",
            pairs,
            "≥ 0.4",
            lambda ratio: ratio >= 0.4,
        )
    ]


def synchronous(kind: str, rounds: int) -> list[Figure]:
    """Synchronous mode: one thread beside its floor, eight threads beside one."""
    figures = []
    if kind == "sqlite":
        rows = prepared_rows(SINGLES)
        figures.append(
            Figure(
                "sync, sqlite, 1 thread",
                "sqlite3, a transaction for each row",
                "events/s",
                alternate(rounds, lambda: _sync(kind, 1), lambda: _sqlite_rows(rows, batch=1)),
                "≥ 0.7",
                lambda ratio: ratio >= 0.7,
            )
        )
    wanted = {"sqlite": 2.0, "postgresql": 3.0}.get(kind)
    figures.append(
        Figure(
            f"sync, {kind}, 8 threads",
            f"sync, {kind}, 1 thread",
            "events/s",
            alternate(rounds, lambda: _sync(kind, 8), lambda: _sync(kind, 1)),
            f"≥ {wanted}" if wanted else "",
            (lambda ratio: ratio >= wanted) if wanted else None,
        )
    )
    return figures


def record_some(audit: AuditService, count: int) -> None:
    """Record so many of the events that everything here records."""
    for number in range(count):
        audit.record(
            ACTION,
            actor=ACTORS[number % len(ACTORS)],
            target=TARGETS[number % len(TARGETS)],
            details=DETAILS,
            before=BEFORE,
            after=AFTER,
        )


def recorded_per_second(kind: str, producers: int) -> float:
    """Record in the background, and return events per second until all are durable."""
    with AuditService(servers.new_database(kind), audit_async=True) as audit:
        audit.record(ACTION, actor="user:1", wait=True)
        return EVENTS / _timed(audit, producers, EVENTS // producers)


def _sync(kind: str, threads: int) -> float:
    with AuditService(servers.new_database(kind)) as audit:
        audit.record(ACTION, actor="user:1")
        each = SINGLES // threads if threads == 1 else SINGLES // 2
        return each * threads / _timed(audit, threads, each)


def _timed(audit: AuditService, threads: int, each: int) -> float:
    workers = [threading.Thread(target=record_some, args=(audit, each)) for _ in range(threads)]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if not audit.flush():
        raise RuntimeError(f"not everything was committed: {audit.stats()}")
    seconds = time.perf_counter() - start
    committed = audit.stats().committed
    if committed != threads * each + 1:
        raise RuntimeError(f"{committed} committed, {threads * each + 1} recorded")
    return seconds


def _sqlite_rows(rows: list[Any], batch: int = BATCH) -> float:
    url = servers.new_database("sqlite")
    migrate.upgrade(url)
    values = plain_rows(rows)
    marks = ", ".join("?" * len(INSERT_COLUMNS))
    connection = sqlite3.connect(str(make_url(url).database), isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    statement = f"INSERT INTO audit_event ({_COLUMNS}) VALUES ({marks})"

    def insert() -> None:
        for start in range(0, len(values), batch):
            connection.execute("BEGIN IMMEDIATE")
            if batch == 1:
                connection.execute(statement, values[start])
            else:
                connection.executemany(statement, values[start : start + batch])
            connection.execute("COMMIT")

    taken = seconds(insert)
    connection.close()
    return len(values) / taken


def _postgresql_copy(rows: list[Any]) -> float:
    url = make_url(servers.new_database("postgresql"))
    migrate.upgrade(url)
    values = plain_rows(rows, sql_times=False)
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)

    with psycopg.connect(plain) as connection:

        def insert() -> None:
            for start in range(0, len(values), BATCH):
                with (
                    connection.cursor() as cursor,
                    cursor.copy(f"COPY audit_event ({_COLUMNS}) FROM STDIN") as copy,
                ):
                    for row in values[start : start + BATCH]:
                        copy.write_row(row)
                connection.commit()

        return len(values) / seconds(insert)


def seconds(work: Callable[[], None]) -> float:
    """Return how long some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
