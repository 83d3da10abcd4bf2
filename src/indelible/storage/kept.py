"""Connections that are kept ready for reading.

Taking a connection from the pool and giving it back costs as much time as a page of events takes,
and on PostgreSQL a transaction costs two round trips besides.  So a service keeps a few connections
of its own engine that read each statement as a transaction of its own.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

__all__ = ["KeptConnections"]

_KEPT: Final = 4
"""Most connections that are kept; where more threads read at once, the pool has further ones."""


class KeptConnections:
    """A few connections, each used by one thread at a time; safe to use from several threads.

    Args:
        engine: The engine, which nobody else uses.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._psycopg = engine.dialect.driver == "psycopg"
        # Only ever changed by `append` and `pop`, which are atomic.
        self._idle: list[Connection] = []
        self._closed = False

    @staticmethod
    def suit(engine: Engine) -> bool:
        """Tell whether a connection of such an engine may wait without holding anything up.

        A transaction that has read keeps MariaDB from cleaning up, and whoever reads on from
        seeing what is new.
        """
        return engine.dialect.driver in {"pysqlite", "psycopg"}

    def take(self) -> Connection:
        """Return a connection for the caller alone, to be given back."""
        with suppress(IndexError):
            return self._idle.pop()
        connection = self._engine.connect()
        if self._psycopg:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        return connection

    def give_back(self, connection: Connection) -> None:
        """Keep a connection, or close it if there are enough or it is broken."""
        if connection.in_transaction():
            # SQLAlchemy's own idea of one: the driver has none.
            connection.rollback()
        if len(self._idle) >= _KEPT or not self._is_good(connection):
            connection.close()
            return
        self._idle.append(connection)
        if self._closed:
            self.close()

    def _is_good(self, connection: Connection) -> bool:
        if connection.closed or connection.invalidated:
            return False
        raw: Any = connection.connection.driver_connection
        # One that was made anew, after the server has closed it, begins transactions.
        return not self._psycopg or (raw.autocommit and not raw.closed)

    def close(self) -> None:
        """Close the connections that are not in use, and keep no further ones."""
        self._closed = True
        while self._idle:
            with suppress(IndexError):
                self._idle.pop().close()
