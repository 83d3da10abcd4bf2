"""What full text search costs the writer, and how fast it answers, on each database."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy
from sqlalchemy import ColumnElement, Connection, literal_column, select

from benchmarks.durable import EVENTS, record_some
from benchmarks.figures import Figure, Pair, alternate
from benchmarks.workload import ACTION
from features.support import servers
from indelible import AuditService
from indelible.storage.schema import Tables
from indelible.storage.text import enable_text, text_condition, text_plan, text_words

SEARCHED = 200_000
"""How many events are searched."""

PAGE = 50
_RARE, _SOME, _COMMON = "quartz", "velvet", "corrected"
_EVERY = 100
"""Every hundredth event holds the middle word."""

_REPEATS = 5


def writing(kind: str, rounds: int) -> list[Figure]:
    """Events per second until durable, with a text index and without."""
    return [
        Figure(
            f"async until durable with full text search, {kind}",
            "without",
            "events/s",
            alternate(
                rounds,
                functools.partial(_recorded_per_second, kind, indexed=True),
                functools.partial(_recorded_per_second, kind, indexed=False),
            ),
        )
    ]


def searching(kind: str, events: int = SEARCHED) -> list[Figure]:
    """Filling in old events, and pages and counts for words of all frequencies."""
    url, tables = servers.new_database(kind), Tables()
    with AuditService(url, audit_async=True) as audit:
        audit.record(ACTION, actor="user:1", details={"note": _RARE}, wait=True)
        begun = time.perf_counter()
        for _ in range(events // _EVERY):
            record_some(audit, _EVERY - 1)
            audit.record(ACTION, actor="user:1", details={"note": _SOME})
        audit.flush()
        recorded = events / (time.perf_counter() - begun)
    engine = sqlalchemy.create_engine(url)
    begun = time.perf_counter()
    enable_text(engine, tables, 1)
    filled = events / (time.perf_counter() - begun)
    figures = [
        Figure(
            f"filling in {events:,} old events, {kind}",
            "recording them",
            "events/s",
            (Pair(filled, recorded),),
        )
    ]
    with engine.connect() as connection:
        if kind == "postgresql":
            connection.exec_driver_sql("ANALYZE")
            connection.commit()
        floor = _least(lambda: _page(connection, tables, None))
        for word in (_RARE, _SOME, _COMMON, f"{_COMMON} {_RARE}", "user:42", "nowhere"):
            page = _least(functools.partial(_page, connection, tables, word))
            figures.append(
                Figure(
                    f"newest {PAGE} of {events:,} with {word}, {kind}",
                    f"newest {PAGE}",
                    "ms",
                    (Pair(page, floor),),
                )
            )
    engine.dispose()
    return figures


def _recorded_per_second(kind: str, *, indexed: bool) -> float:
    url = servers.new_database(kind)
    with AuditService(url, audit_async=True) as audit:
        audit.record(ACTION, actor="user:1", wait=True)
        if indexed:
            engine = sqlalchemy.create_engine(url)
            enable_text(engine, Tables(), 1)
            engine.dispose()
        begun = time.perf_counter()
        record_some(audit, EVENTS)
        if not audit.flush():
            raise RuntimeError(f"not everything was committed: {audit.stats()}")
        return EVENTS / (time.perf_counter() - begun)


def _page(connection: Connection, tables: Tables, word: str | None) -> None:
    event = tables.event.c
    wanted = select(event.seq, event.occurred_at, event.body).where(event.log_id == 1)
    at: ColumnElement[Any] = event.occurred_at.desc()
    if word is not None:
        words = text_words(word)
        way = text_plan(connection, tables, 1, words, limit=PAGE)
        wanted = wanted.where(text_condition(connection.dialect, tables, 1, words, way))
        if way == "hits" and connection.dialect.name == "sqlite":
            # Or SQLite goes through all events in the order of time after all.
            at = literal_column("+occurred_at").desc()
    connection.execute(wanted.order_by(at, event.seq.desc()).limit(PAGE)).all()
    connection.rollback()


def _least(work: Callable[[], None]) -> float:
    least = float("inf")
    for _ in range(_REPEATS):
        begun = time.perf_counter()
        work()
        least = min(least, time.perf_counter() - begun)
    return least * 1e3
