"""SQLite: WAL with synchronous=FULL, one writer at a time, several rows to a statement."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.pool import StaticPool

from indelible.errors import DatabaseReplacedError, UnsafeSettingError
from indelible.storage.backends.base import Fault, NumberedRow, original
from indelible.storage.backends.driver import INSERT_COLUMNS, DriverBackend
from indelible.storage.deadline import remaining
from indelible.storage.schema import Tables

__all__ = ["SQLiteBackend", "is_memory"]

_STATEMENT_SIZES: Final = (1_000, 100, 10)
"""Rows of one INSERT statement, largest first; the rest of a batch goes row by row."""

_FULL: Final = 2
_LEGACY: Final = -1  # sqlite3.LEGACY_TRANSACTION_CONTROL
_PRIMARY_CODE: Final = 0xFF  # An extended result code holds the primary one in its low byte.
_BUSY_CODES: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_EVENT_CODES: Final = frozenset(
    {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH}
)


LOOK_SECONDS: Final = 1.0
"""How often to look whether the file is still the one that was opened, in seconds."""


def _identity(path: str) -> tuple[int, int] | None:
    """Return what tells a file from all others; None if it is not there."""
    try:
        there = Path(path).stat()
    except OSError:
        return None
    return there.st_dev, there.st_ino


def is_memory(engine: Engine) -> bool:
    """Tell whether an engine's database lives in memory, and so in one connection alone."""
    name = engine.url.database or ""
    return name in {"", ":memory:"} or "mode=memory" in str(engine.url)


class SQLiteBackend(DriverBackend):
    """SQLite through Python's own `sqlite3`."""

    drivers: ClassVar = {"": ("sqlite3", ""), "pysqlite": ("sqlite3", "")}
    placeholder = "?"
    lock_clause = ""

    def __init__(self, engine: Engine, tables: Tables, *, owned: bool, busy_timeout: float) -> None:
        super().__init__(engine, tables, owned=owned, busy_timeout=busy_timeout)
        # The file's path, and which file it was when it was opened.
        self._file: tuple[str, tuple[int, int] | None] | None = None
        self._look_at = 0.0
        # How long SQLite itself waits for a lock, in seconds.
        self._lock_seconds = busy_timeout
        self._insert_one = self.insert_into + self.row_marks
        self._insert_many = {
            size: self.insert_into + ", ".join([self.row_marks] * size) for size in _STATEMENT_SIZES
        }

    @classmethod
    def engine_options(cls, *, busy_timeout: float, connect_timeout: int = 10) -> dict[str, Any]:
        """Return the keyword arguments for ``create_engine``."""
        # The service's own locks keep two threads from using one connection at once.
        return {"connect_args": {"timeout": busy_timeout, "check_same_thread": False}}

    def check_settings(self, connection: Connection) -> None:
        """Set WAL, synchronous=FULL and the busy timeout on this connection."""
        raw: Any = connection.connection.driver_connection
        # From Python 3.12 on: commit() does nothing under autocommit=True, and under False there is
        # always a transaction already, so that none can begin with the write lock.
        if getattr(raw, "autocommit", _LEGACY) != _LEGACY:
            raise UnsafeSettingError(
                f"the engine's connections have autocommit={raw.autocommit}, under which batches "
                "cannot be written as a whole. Make an engine without it for the service"
            )
        memory = is_memory(self.engine)
        if not memory and self._file is None:
            path = raw.execute("PRAGMA database_list").fetchone()[2]
            self._file = path, _identity(path)
        if memory and not isinstance(self.engine.pool, StaticPool):
            raise UnsafeSettingError(
                "every connection of this engine sees an in-memory database of its own. Use a "
                "file, or poolclass=StaticPool with connect_args={'check_same_thread': False}"
            )
        if memory:
            return
        cursor = self.cursor(connection)
        try:
            self._leave_transaction(connection.connection.driver_connection)
            # An engine that was given to the service has a setting of its own.
            self._lock_seconds = cursor.execute("PRAGMA busy_timeout").fetchone()[0] / 1000
            if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                mode = cursor.execute("PRAGMA journal_mode = WAL").fetchone()[0]
                if mode != "wal":
                    raise UnsafeSettingError(
                        f"SQLite keeps journal_mode={mode} for this file and does not change it to "
                        "WAL. Put the file on a local disk, and close other programs that use it"
                    )
            if cursor.execute("PRAGMA synchronous").fetchone()[0] < _FULL:
                cursor.execute("PRAGMA synchronous = FULL")
            # The setting is silently ignored inside a transaction, so it is read back.
            level = cursor.execute("PRAGMA synchronous").fetchone()[0]
            if level < _FULL:
                raise UnsafeSettingError(
                    f"SQLite's synchronous setting stays at {level}, which loses commits when the "
                    "power fails. Do not set it in the engine's own events"
                )
        finally:
            cursor.close()

    def begin(self, connection: Connection) -> None:
        """Take the write lock at once: a lock upgraded from a read may fail at any later time."""
        now = time.monotonic()
        if now >= self._look_at:
            # Raises again and again: what was noticed once is not forgotten for a second.
            self.check_file()
            self._look_at = now + LOOK_SECONDS
        super().begin(connection)
        raw = self.raw
        if raw.in_transaction:
            self._leave_transaction(raw)
        seconds = remaining()
        if seconds >= self._lock_seconds:
            raw.execute("BEGIN IMMEDIATE")
            return
        # The caller cannot wait that long, and nobody can interrupt him meanwhile.
        raw.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}").close()
        try:
            raw.execute("BEGIN IMMEDIATE")
        finally:
            raw.execute(f"PRAGMA busy_timeout = {int(self._lock_seconds * 1000)}").close()

    def commit(self, connection: Connection) -> None:
        """Commit what has been written since `begin`."""
        if connection.in_transaction():
            connection.commit()
        else:
            # Unlike the driver's commit(), a statement that it has compiled before.
            self.raw.execute("COMMIT")

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Any:
        """Execute a statement of the transaction, and return its cursor."""
        return self.raw.execute(statement, values)

    def check_file(self) -> None:
        """Find out whether the file that is written to is still there."""
        if self._file is None:
            return
        path, known = self._file
        if known != (found := _identity(path)):
            what = "deleted" if found is None else "replaced by another one"
            raise DatabaseReplacedError(
                f"the database file {path!r} was {what} while it was open, so that what is written "
                "to it would be lost. Put the file back, and start the service again"
            )

    def _leave_transaction(self, raw: Any) -> None:
        """End the transaction that an engine of the caller's may begin by itself."""
        if raw.in_transaction:
            raw.rollback()

    def insert_events(
        self, connection: Connection, log_id: int, rows: Sequence[NumberedRow]
    ) -> None:
        """Insert a batch, hundreds of rows to a statement.

        The driver gives the interpreter lock back while a statement runs and waits for it
        afterwards, up to five milliseconds when other threads are busy.  With one row each, an
        application that records would be waited for at every row; so, it records meanwhile.
        """
        parameters, raw = self.parameters(log_id, rows), self.raw
        start = 0
        if len(parameters) >= _STATEMENT_SIZES[-1]:
            most = raw.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // len(INSERT_COLUMNS)
            for size, statement in self._insert_many.items():
                while size <= most and len(parameters) - start >= size:
                    chunk = parameters[start : start + size]
                    raw.execute(statement, list(chain.from_iterable(chunk)))
                    start += size
        for row in parameters[start:]:
            raw.execute(self._insert_one, row)

    def classify(self, error: BaseException) -> Fault:
        """Tell what an error means, by SQLite's result code."""
        driver_error = original(error)
        code = getattr(driver_error, "sqlite_errorcode", None)
        if code is not None:
            if code & _PRIMARY_CODE in _BUSY_CODES:
                return Fault.BUSY
            if code & _PRIMARY_CODE in _EVENT_CODES:
                return Fault.EVENT
            # A disk that fails at the COMMIT may have written it all the same: the outcome is as
            # unknown as when a connection is lost.
            return (
                Fault.TRANSIENT if code & _PRIMARY_CODE == sqlite3.SQLITE_IOERR else Fault.DATABASE
            )
        if isinstance(driver_error, sqlite3.IntegrityError | sqlite3.DataError):
            return Fault.EVENT
        return Fault.DATABASE

    def is_duplicate(self, error: BaseException) -> bool:
        """Tell whether an error may mean that an event id is already there."""
        return isinstance(original(error), sqlite3.IntegrityError)
