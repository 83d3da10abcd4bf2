"""The commit path's statements on the driver itself, for databases whose driver is known.

SQLAlchemy's statement layer costs tens of microseconds per statement, which a commit of one event
cannot afford; the connection, its pool and its transactions stay SQLAlchemy's.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from itertools import chain
from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, Table

from indelible.body import EVENT_COLUMNS
from indelible.merkle import CompletedTile
from indelible.storage.backends.base import (
    TILE_COLUMNS,
    Backend,
    Head,
    NumberedRow,
    tile_values,
)
from indelible.storage.schema import Tables

__all__ = ["INSERT_COLUMNS", "DriverBackend", "shut_down"]

INSERT_COLUMNS = ("log_id", "seq", "leaf_hash", *EVENT_COLUMNS)
"""The columns of an inserted event, in the order of the statements here."""


class DriverBackend(Backend):
    """A backend that speaks to a DB-API cursor."""

    placeholder: ClassVar[str]
    lock_clause: ClassVar[str] = " FOR UPDATE"

    def __init__(self, engine: Engine, tables: Tables, *, owned: bool, busy_timeout: float) -> None:
        super().__init__(engine, tables, owned=owned, busy_timeout=busy_timeout)
        # The driver's own connection of the transaction that `begin` has begun.
        self.raw: Any = None
        mark = self.placeholder
        log, event = self.table_name(tables.log), self.table_name(tables.event)
        # Table names come from `check_names`; every value is bound.
        self._select_head = (
            f"SELECT size, frontier FROM {log} WHERE log_id = {mark}{self.lock_clause}"  # noqa: S608
        )
        self._update_head = (
            f"UPDATE {log} SET size = {mark}, frontier = {mark} WHERE log_id = {mark}"  # noqa: S608
        )
        self._advance_head = f"{self._update_head} AND size = {mark} AND frontier = {mark}"
        self.row_marks = f"({', '.join([mark] * len(INSERT_COLUMNS))})"
        columns = ", ".join(INSERT_COLUMNS)
        self.insert_into = f"INSERT INTO {event} ({columns}) VALUES "  # noqa: S608
        tile, columns = self.table_name(tables.tile), ", ".join(TILE_COLUMNS)
        self._insert_tiles = f"INSERT INTO {tile} ({columns}) VALUES "  # noqa: S608
        self._tile_marks = f"({', '.join([mark] * len(TILE_COLUMNS))})"

    def table_name(self, table: Table) -> str:
        """Return a table's name, quoted and qualified for this database."""
        return self.engine.dialect.identifier_preparer.format_table(table)

    def cursor(self, connection: Connection) -> Any:
        """Return a cursor of the driver on the connection's own transaction."""
        return connection.connection.cursor()

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Any:
        """Execute a statement of the transaction, and return its cursor."""
        cursor = self.raw.cursor()
        cursor.execute(statement, values)
        return cursor

    def begin(self, connection: Connection) -> None:
        """Begin to write; the driver begins a transaction by itself."""
        if not self.owned:
            # What listens to the engine's events may want to begin one, and not inside ours.
            connection.begin()
        self.raw = connection.connection.driver_connection

    def commit(self, connection: Connection) -> None:
        """Commit what has been written since `begin`."""
        if connection.in_transaction():
            # A statement has gone through SQLAlchemy, which then wants to know of its end.
            connection.commit()
        else:
            self.raw.commit()

    def rollback(self, connection: Connection) -> None:
        """Undo what has been written since `begin`; does nothing when nothing is under way."""
        if not (connection.in_transaction() or connection.closed or connection.invalidated):
            connection.connection.rollback()
        connection.rollback()

    def lock_head(self, connection: Connection, log_id: int) -> Head | None:
        """Lock the log's row until the transaction ends, and read it; None if it is gone."""
        cursor = self.execute(self._select_head, (log_id,))
        found = cursor.fetchone()
        cursor.close()
        return None if found is None else Head(found[0], bytes(found[1]))

    def advance_head(self, connection: Connection, log_id: int, known: Head, head: Head) -> bool:
        """Write the log's row if it still says `known`, and tell whether it did."""
        values = (head.size, head.frontier, log_id, known.size, known.frontier)
        cursor = self.execute(self._advance_head, values)
        advanced: bool = cursor.rowcount == 1
        cursor.close()
        return advanced

    def set_head(self, connection: Connection, log_id: int, head: Head) -> None:
        """Write the log's row, which this transaction has locked."""
        values = (head.size, head.frontier, log_id)
        self.execute(self._update_head, values).close()

    def insert_tiles(
        self, connection: Connection, log_id: int, tiles: Sequence[CompletedTile]
    ) -> None:
        """Insert the tiles that a batch has completed, in one statement."""
        statement = self._insert_tiles + ", ".join([self._tile_marks] * len(tiles))
        values = list(chain.from_iterable(tile_values(log_id, tile) for tile in tiles))
        self.execute(statement, values).close()

    def parameters(self, log_id: int, rows: Sequence[NumberedRow]) -> list[tuple[Any, ...]]:
        """Return the rows' values in the order of `INSERT_COLUMNS`, times as SQL text."""
        return [
            (
                log_id,
                seq,
                leaf_hash,
                row[0],
                f"{row[1][:10]} {row[1][11:26]}",
                f"{row[2][:10]} {row[2][11:26]}",
                *row[3:11],
                row[11].decode(),
            )
            for seq, leaf_hash, row in rows
        ]


def shut_down(descriptor: int) -> None:
    """Shut a socket down that a driver owns, and leave it to the driver to close it."""
    with socket.socket(fileno=os.dup(descriptor)) as copy:
        copy.shutdown(socket.SHUT_RDWR)
