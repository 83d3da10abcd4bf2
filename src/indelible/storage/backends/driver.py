"""The commit path's statements on the driver itself, for databases whose driver is known.

SQLAlchemy's statement layer costs tens of microseconds per statement, which a commit of one event
cannot afford; the connection, its pool and its transactions stay SQLAlchemy's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, Table

from indelible.body import EVENT_COLUMNS
from indelible.storage.backends.base import Backend, Head, NumberedRow
from indelible.storage.schema import Tables

__all__ = ["INSERT_COLUMNS", "DriverBackend"]

INSERT_COLUMNS = ("log_id", "seq", "leaf_hash", *EVENT_COLUMNS)
"""The columns of an inserted event, in the order of the statements here."""


class DriverBackend(Backend):
    """A backend that speaks to a DB-API cursor."""

    placeholder: ClassVar[str]
    lock_clause: ClassVar[str] = " FOR UPDATE"

    def __init__(self, engine: Engine, tables: Tables, *, owned: bool, busy_timeout: float) -> None:
        super().__init__(engine, tables, owned=owned, busy_timeout=busy_timeout)
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

    def table_name(self, table: Table) -> str:
        """Return a table's name, quoted and qualified for this database."""
        return self.engine.dialect.identifier_preparer.format_table(table)

    def cursor(self, connection: Connection) -> Any:
        """Return a cursor of the driver on the connection's own transaction."""
        return connection.connection.cursor()

    def lock_head(self, connection: Connection, log_id: int) -> Head | None:
        """Lock the log's row until the transaction ends, and read it; None if it is gone."""
        cursor = self.cursor(connection)
        cursor.execute(self._select_head, (log_id,))
        found = cursor.fetchone()
        cursor.close()
        return None if found is None else Head(found[0], bytes(found[1]))

    def advance_head(self, connection: Connection, log_id: int, known: Head, head: Head) -> bool:
        """Write the log's row if it still says `known`, and tell whether it did."""
        cursor = self.cursor(connection)
        cursor.execute(self._advance_head, (head.size, head.frontier, log_id, *known))
        advanced: bool = cursor.rowcount == 1
        cursor.close()
        return advanced

    def set_head(self, connection: Connection, log_id: int, head: Head) -> None:
        """Write the log's row, which this transaction has locked."""
        cursor = self.cursor(connection)
        cursor.execute(self._update_head, (head.size, head.frontier, log_id))
        cursor.close()

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
