"""What each index costs whoever writes: bulk inserts with all of them, and with each left out."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg
from sqlalchemy import Index, create_engine, make_url
from sqlalchemy.schema import DropIndex

from benchmarks.durable import seconds
from benchmarks.events import rows
from benchmarks.figures import Figure, Pair, alternate
from benchmarks.generator import COLUMNS, postgresql_line, sqlite_values
from features.support import servers
from indelible.storage import migrate
from indelible.storage.backends.driver import INSERT_COLUMNS
from indelible.storage.schema import Tables

__all__ = ["costs"]

EVENTS = 40_000
_BATCH = 1_000


def costs(kind: str, rounds: int) -> list[Figure]:
    """Inserted events per second with all indexes, beside the same without one, and without any."""
    insert = _inserter(kind)
    tables = Tables()
    names = sorted(str(index.name) for index in tables.event.indexes)
    figures = []
    for left_out in (*([name] for name in names), names):
        pairs = alternate(
            rounds,
            functools.partial(insert, ()),
            functools.partial(insert, left_out),
        )
        one = left_out[0].removeprefix(f"{tables.event.name}_").removesuffix("_idx")
        without = f"without the one on {one}" if len(left_out) == 1 else "without any of them"
        figures.append(
            Figure(
                f"bulk insert with all indexes, {kind}: {_cost(pairs)}",
                without,
                "events/s",
                pairs,
            )
        )
    return figures


def _cost(pairs: tuple[Pair, ...]) -> str:
    ratio = Figure("", "", "", pairs).ratio
    what = "costs" if ratio <= 1 else "seems to gain"
    return f"{what} {abs(1 - ratio):.0%}"


def _inserter(kind: str) -> Callable[[Any], float]:
    """Return what inserts into a new database without some indexes, and returns events a second."""
    made = list(rows(EVENTS))
    if kind == "sqlite":
        values = sqlite_values(made, 0)
        return functools.partial(_sqlite, values)
    lines = [postgresql_line(seq, row) for seq, row in enumerate(made)]
    batches = ["".join(lines[at : at + _BATCH]).encode() for at in range(0, EVENTS, _BATCH)]
    return functools.partial(_postgresql, batches)


def _new_database(kind: str, left_out: Any) -> str:
    url = servers.new_database(kind)
    migrate.upgrade(url)
    indexes: dict[str, Index] = {str(index.name): index for index in Tables().event.indexes}
    engine = create_engine(url)
    with engine.begin() as connection:
        for name in left_out:
            connection.execute(DropIndex(indexes[name]))
    engine.dispose()
    return url


def _sqlite(values: list[tuple[Any, ...]], left_out: Any) -> float:
    url = _new_database("sqlite", left_out)
    marks = ", ".join("?" * len(INSERT_COLUMNS))
    statement = f"INSERT INTO audit_event ({COLUMNS}) VALUES ({marks})"
    path = str(make_url(url).database)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

        def insert() -> None:
            for start in range(0, len(values), _BATCH):
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(statement, values[start : start + _BATCH])
                connection.execute("COMMIT")

        return len(values) / seconds(insert)


def _postgresql(batches: list[bytes], left_out: Any) -> float:
    url = make_url(_new_database("postgresql", left_out))
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:

        def insert() -> None:
            for batch in batches:
                with (
                    connection.cursor() as cursor,
                    cursor.copy(f"COPY audit_event ({COLUMNS}) FROM STDIN") as copy,
                ):
                    copy.write(batch)
                connection.commit()

        return EVENTS / seconds(insert)
