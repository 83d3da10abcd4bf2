"""Switching full text search on and off for a log, and asking how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, delete, insert, inspect, select, update
from sqlalchemy.exc import DBAPIError

from indelible.errors import SchemaError
from indelible.storage.schema import Tables
from indelible.storage.text.base import TextDialect, state_table
from indelible.storage.text.dialects import text_dialect

__all__ = ["TextSearchState", "disable_text", "enable_text", "text_state"]

_SECONDS: Final = 0.1
"""How long one transaction of filling in may take, about; the writer may have to wait for it."""

_FIRST: Final = 200
_LEAST: Final = 20
_MOST: Final = 10_000
"""Events of the first transaction, and the least and the most of a further one."""


class TextSearchState(NamedTuple):
    """How far a log's text index is.

    Attributes:
        state: ``off``, ``filling`` or ``on``.
        indexed: The number of events that are in it.
        total: The number of events in the log.
    """

    state: str
    indexed: int
    total: int


def text_state(connection: Connection, tables: Tables, log_id: int) -> TextSearchState:
    """Return how far a log's text index is.

    Args:
        connection: A connection.
        tables: The tables.
        log_id: The log's key.
    """
    log = tables.log.c
    total: int = connection.execute(select(log.size).where(log.log_id == log_id)).scalar() or 0
    found = _row(connection, tables, log_id)
    if found is None:
        return TextSearchState("off", 0, total)
    state, position, stop = found
    if state == "on":
        return TextSearchState("on", total, total)
    return TextSearchState("filling", total - stop + position, total)


def enable_text(
    engine: Engine,
    tables: Tables,
    log_id: int,
    progress: Callable[[int, int], None] | None = None,
) -> TextSearchState:
    """Make a log's text index, and fill in the events that are there already.

    New ones are indexed by the database in the transactions that insert them, from the beginning;
    old ones are filled in piece by piece.  Whatever ends this in the middle, the next call goes on
    there, and several at once share the work.

    Args:
        engine: The database, as an account that owns the tables.
        tables: The tables.
        log_id: The log's key.
        progress: Told now and then how many events are indexed, of how many.

    Returns:
        The state reached.

    Raises:
        ConfigurationError: The database is none of those that this is made for.
        SchemaError: There is no such log.
        UnsafeSettingError: The server cannot do it as it is set up.
    """
    with engine.connect() as connection:
        index = text_dialect(engine.dialect, tables, log_id)
        index.prepare(connection)
        connection.rollback()
        if _row(connection, tables, log_id) is None or not index.exists(connection):
            connection.rollback()
            _make(connection, index)
        connection.rollback()
        many = _FIRST
        while True:
            begun = time.monotonic()
            filled = _fill(connection, index, many)
            taken = time.monotonic() - begun
            if progress is not None:
                _, indexed, total = text_state(connection, tables, log_id)
                connection.rollback()
                progress(indexed, total)
            if not filled:
                break
            # The next one is as large as fits into the time, but grows slowly.
            fitting = round(many * _SECONDS / max(taken, 0.001))
            many = max(_LEAST, min(_MOST, 2 * many, fitting))
            time.sleep(taken * index.pause)
        state = text_state(connection, tables, log_id)
        connection.rollback()
        return state


def disable_text(engine: Engine, tables: Tables, log_id: int) -> None:
    """Take a log's text index away, wherever it is; does nothing where there is none.

    Args:
        engine: The database, as an account that owns the tables.
        tables: The tables.
        log_id: The log's key.

    Raises:
        ConfigurationError: The database is none of those that this is made for.
    """
    states = state_table(tables)
    with engine.connect() as connection:
        index = text_dialect(engine.dialect, tables, log_id)
        present = inspect(connection).has_table(states.name, schema=tables.schema)
        connection.rollback()
        _begin(connection)
        _locked_size(connection, tables, log_id)
        others = 0
        if present:
            # Whoever searches is told so before the index is gone.
            connection.execute(delete(states).where(states.c.log_id == log_id))
            others = len(connection.execute(select(states.c.log_id)).all())
        _run(connection, index.drop(last=not others))
        if present and not others:
            states.drop(connection)
        connection.commit()


def _row(connection: Connection, tables: Tables, log_id: int) -> Any:
    states = state_table(tables)
    if not inspect(connection).has_table(states.name, schema=tables.schema):
        return None
    wanted = select(states.c.state, states.c.position, states.c.stop)
    return connection.execute(wanted.where(states.c.log_id == log_id)).one_or_none()


def _make(connection: Connection, index: TextDialect) -> None:
    """Make the index and its triggers, and note up to where old events are to be filled in."""
    tables, log_id, states = index.tables, index.log_id, state_table(index.tables)
    _begin(connection)
    # The log's row first, in the order in which the writer locks, too.
    size = _locked_size(connection, tables, log_id)
    # What is left of an attempt that was ended, or what somebody has damaged, has gaps.
    _run(connection, index.drop(last=False))
    states.create(connection, checkfirst=True)
    if index.transactional:
        _run(connection, index.create())
    else:
        # Each of these statements commits; whatever is inserted behind the last one is indexed.
        _run(connection, index.create())
        size = _locked_size(connection, tables, log_id)
    if size is None:
        connection.rollback()
        raise SchemaError(f"there is no log with the key {log_id}. Record an event first")
    connection.execute(delete(states).where(states.c.log_id == log_id))
    connection.execute(
        insert(states).values(
            log_id=log_id, state="filling" if size else "on", position=0, stop=size
        )
    )
    connection.commit()


def _locked_size(connection: Connection, tables: Tables, log_id: int) -> int | None:
    """Keep the log from growing until the transaction ends, and return its size."""
    log = tables.log.c
    wanted = select(log.size).where(log.log_id == log_id).with_for_update()
    size: int | None = connection.execute(wanted).scalar()
    return size


def _fill(connection: Connection, index: TextDialect, many: int) -> bool:
    """Index the next old events in one transaction; tell whether there are more."""
    states = state_table(index.tables)
    mine = states.c.log_id == index.log_id
    _begin(connection)
    try:
        wanted = select(states.c.state, states.c.position, states.c.stop).where(mine)
        found = connection.execute(wanted.with_for_update()).one_or_none()
        if found is None or found.state == "on":
            connection.rollback()
            return False
        end = min(found.position + many, found.stop)
        connection.exec_driver_sql(index.fill(), (found.position, end))
        state = "on" if end == found.stop else "filling"
        connection.execute(update(states).where(mine).values(position=end, state=state))
        connection.commit()
    except DBAPIError:
        connection.rollback()
        raise
    return state != "on"


def _begin(connection: Connection) -> None:
    """Begin to write; on SQLite with the write lock, which a read cannot be turned into later."""
    connection.rollback()
    connection.begin()
    if connection.dialect.name == "sqlite":
        raw: Any = connection.connection.driver_connection
        if raw.in_transaction:
            raw.rollback()
        raw.execute("BEGIN IMMEDIATE")


def _run(connection: Connection, statements: list[str]) -> None:
    for statement in statements:
        # What looks like a place for a value belongs to a pattern or to PL/pgSQL.
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
