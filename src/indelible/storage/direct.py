"""Statements that read, executed on the driver itself.

SQLAlchemy's own way costs about as much time as a page of events takes in SQLite.  The connection,
its pool and its errors stay SQLAlchemy's.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["fetch"]

_DRIVERS = frozenset({"pysqlite", "psycopg"})


def fetch(connection: Connection, sql: str, parameters: Any) -> Sequence[Any]:
    """Return the rows that a statement selects.

    If the server has closed the connection since it was used last, and no transaction is under
    way, the statement is tried again on a new one.

    Args:
        connection: A connection of the calling thread's own.
        sql: The statement, as the driver takes it.
        parameters: Its values, likewise.

    Raises:
        DBAPIError: The database failed.
    """
    dialect: Any = connection.dialect
    if dialect.driver not in _DRIVERS:
        return connection.exec_driver_sql(sql, parameters).fetchall()
    alone = not connection.in_transaction()
    raw: Any = connection.connection.driver_connection
    try:
        rows: Sequence[Any] = raw.execute(sql, parameters).fetchall()
    except dialect.dbapi.Error as error:
        lost = dialect.is_disconnect(error, raw, None)
        if lost:
            with suppress(Exception):
                connection.invalidate(error)
        if not (lost and alone):
            raise DBAPIError.instance(
                sql, None, error, dialect.dbapi.Error, dialect=dialect, hide_parameters=True
            ) from error
        rows = _fetch_anew(connection, sql, parameters)
    return rows


def _fetch_anew(connection: Connection, sql: str, parameters: Any) -> Sequence[Any]:
    """Fetch over a connection that has just been found lost, and so is another one now."""
    try:
        return connection.exec_driver_sql(sql, parameters).fetchall()
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
    # The pool had one that was as old as the first. By now SQLAlchemy has given all of them up.
    connection.rollback()
    return connection.exec_driver_sql(sql, parameters).fetchall()
