"""Reading a log's events and tiles of hashes with nothing but the database's driver.

A process that helps to verify imports this and no SQLAlchemy, which would take it as long to import
as to read hundreds of thousands of events.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec

__all__ = [
    "BODY",
    "COLUMN_HASH",
    "FIRST_COLUMN",
    "SEQ",
    "EventRows",
    "Statements",
    "as_bytes",
]

SEQ: Final = 0
BODY: Final = 1
COLUMN_HASH: Final = 2
FIRST_COLUMN: Final = 3
"""Where in a row of `EventRows.events` number, body, leaf hash and columns stand."""

_ROWS: Final = 256
"""Rows to fetch from a cursor at a time."""


class Statements(msgspec.Struct, frozen=True):
    """What to ask for one log, up to the range that is wanted.

    Attributes:
        events: Selects events, up to and with ``WHERE log_id = …``.
        tiles: Selects index, hashes and root of tiles, up to and with ``WHERE log_id = …``.
        encoded: Whether a body comes as bytes, as opposed to text.
    """

    events: str
    tiles: str
    encoded: bool


class EventRows:
    """One log's events and tiles, read within one connection's view.

    Args:
        driver: The driver's connection.
        statements: What to ask.
    """

    columns = True
    partial_tiles = False

    def __init__(self, driver: Any, statements: Statements) -> None:
        self._driver = driver
        self._statements = statements

    def events(
        self, first: int, stop: int, *, tolerant: bool = False
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the events numbered from `first` to before `stop`, in order, in lists.

        A row is the number, the body's bytes, the leaf hash, and the projections.

        Args:
            first: The first number.
            stop: The number after the last.
            tolerant: Whether SQLite may hold text that is no UTF-8.
        """
        if not tolerant:
            yield from self._events(first, stop)
            return
        before = self._driver.text_factory
        self._driver.text_factory = lambda data: data.decode("utf-8", "backslashreplace")
        try:
            yield from self._events(first, stop)
        finally:
            self._driver.text_factory = before

    def _events(self, first: int, stop: int) -> Iterator[list[tuple[Any, ...]]]:
        # Written into the statement, for the drivers do not agree on how to pass them.
        wanted = f"{self._statements.events} AND seq >= {first:d} AND seq < {stop:d} ORDER BY seq"
        encoded = self._statements.encoded
        with _closing(self._driver.cursor()) as cursor:
            cursor.execute(wanted)
            while rows := cursor.fetchmany(_ROWS):
                yield rows if encoded else [_with_bytes(row) for row in rows]

    def is_bad_text(self, error: Exception) -> bool:
        """Tell whether an error is SQLite's about text that is no UTF-8."""
        return isinstance(error, sqlite3.OperationalError) and "decode to UTF-8" in str(error)

    def tiles(self, level: int, first: int, stop: int) -> dict[int, tuple[bytes, bytes]]:
        """Return the stored tiles of a level by index: their hashes and their root."""
        wanted = (
            f"{self._statements.tiles} AND level = {level:d} "
            f"AND tile_index >= {first:d} AND tile_index < {stop:d}"
        )
        with _closing(self._driver.cursor()) as cursor:
            cursor.execute(wanted)
            return {
                index: (as_bytes(hashes), as_bytes(root))
                for index, hashes, root in cursor.fetchall()
            }


@contextmanager
def _closing(cursor: Any) -> Iterator[Any]:
    try:
        yield cursor
    finally:
        cursor.close()


def _with_bytes(row: tuple[Any, ...]) -> tuple[Any, ...]:
    body = row[BODY]
    return row if body is None else (row[SEQ], body.encode(), *row[COLUMN_HASH:])


def as_bytes(value: Any) -> bytes:
    """Return what stands in a column of bytes, whatever SQLite has let somebody put there."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    # bytes() of a number would be as many zeros as it says.
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else b""
