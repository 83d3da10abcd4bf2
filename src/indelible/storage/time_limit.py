"""Ending a read that takes too long, in the database itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from indelible.errors import QueryTimeoutError

__all__ = ["time_limit"]

_STEPS: Final = 20_000
"""Steps of SQLite's virtual machine between two looks at the clock; about a millisecond."""


@contextmanager
def time_limit(connection: Connection, seconds: float | None) -> Iterator[None]:
    """Let what is read over a connection take only so long.

    Args:
        connection: A connection on which nothing is written.
        seconds: How long, in seconds; None for any time.  A database of another kind than SQLite,
            PostgreSQL, MariaDB and MySQL takes as long as it takes.

    Raises:
        QueryTimeoutError: The time is over.
    """
    if seconds is None:
        yield
        return
    start = time.monotonic()
    limits = {
        "sqlite": _sqlite,
        "postgresql": _postgresql,
        "mariadb": _mariadb,
        "mysql": _mariadb,
    }
    limit = limits.get(connection.dialect.name, _none)
    try:
        with limit(connection, max(seconds, 0.001)):
            yield
    except DBAPIError as error:
        # Every database has an error of its own for it; what they share is that time is over.
        if time.monotonic() - start >= seconds and limit is not _none:
            raise QueryTimeoutError(
                "timeout", seconds, "the answer takes longer. Narrow the filters, or allow more"
            ) from error
        raise


@contextmanager
def _none(_connection: Connection, _seconds: float) -> Iterator[None]:
    yield


@contextmanager
def _sqlite(connection: Connection, seconds: float) -> Iterator[None]:
    raw: Any = connection.connection.driver_connection
    deadline = time.monotonic() + seconds
    raw.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)


@contextmanager
def _postgresql(connection: Connection, seconds: float) -> Iterator[None]:
    # Ends with the transaction.
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {max(1, round(seconds * 1000))}")
    yield


@contextmanager
def _mariadb(connection: Connection, seconds: float) -> Iterator[None]:
    maria = getattr(connection.dialect, "is_mariadb", False)
    name = "max_statement_time" if maria else "max_execution_time"
    value = f"{seconds:.3f}" if maria else str(max(1, round(seconds * 1000)))
    before = connection.exec_driver_sql(f"SELECT @@SESSION.{name}").scalar()
    connection.exec_driver_sql(f"SET SESSION {name} = {value}")
    try:
        yield
    finally:
        if not connection.invalidated:
            connection.exec_driver_sql(f"SET SESSION {name} = {before}")
