"""Reading a log for verification: plain rows from the driver, in one view of the database.

SQLAlchemy's own rows would cost more than all that is done with them, so that the statements here
run on the driver's cursor, as those of the commit path do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, or_, select

from indelible.storage.schema import Tables
from indelible.verification.projections import COLUMNS
from indelible.verification.rows import EventRows, Statements, as_bytes

__all__ = ["CheckpointRow", "LogRows", "snapshot", "statements_for"]

_SQL: Final = {
    # The stored text's own bytes: no decoding and encoding, and whatever stands there is hashed.
    "sqlite": ("CAST(body AS BLOB)", "{}"),
    "postgresql": ("body", "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"),
    "mysql": ("CAST(body AS BINARY)", "DATE_FORMAT({}, '%Y-%m-%d %H:%i:%s.%f')"),
    "mariadb": ("CAST(body AS BINARY)", "DATE_FORMAT({}, '%Y-%m-%d %H:%i:%s.%f')"),
}
"""How each database gives a body and a time, so that nothing is left to convert."""


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A row of the table of checkpoints.

    Attributes:
        number: Its key.
        size: Its column ``size``.
        root: Its column ``root``.
        note: The signed note.
    """

    number: int
    size: int
    root: bytes
    note: str


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """Give a connection that sees one state of the database for as long as it is open.

    SQLite reads from its WAL, PostgreSQL and MariaDB from versions of rows: none of them keeps a
    writer waiting.
    """
    kind = engine.dialect.name
    if kind in {"postgresql", "mysql", "mariadb"}:
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        # An engine of the caller's own may begin it with a statement, as SQLAlchemy's documentation
        # advises for SQLite.
        connection.begin()
        if kind == "sqlite":
            raw: Any = connection.connection.driver_connection
            if not raw.in_transaction:
                # Python's driver begins a transaction for writing alone.
                cursor = raw.cursor()
                cursor.execute("BEGIN")
                cursor.close()
        elif kind == "postgresql":
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        try:
            yield connection
        finally:
            connection.rollback()


def statements_for(connection: Connection, tables: Tables, log_id: int) -> Statements:
    """Return what a process asks for a log's events and tiles, which need not know SQLAlchemy.

    Args:
        connection: A connection to the database.
        tables: The tables.
        log_id: The log's key.
    """
    dialect = connection.engine.dialect
    body, moment = _SQL[dialect.name]
    columns = [moment.format(name) if name.endswith("_at") else name for name in COLUMNS]
    if dialect.name == "postgresql":
        columns[0] = "event_id::text"
    # Names come from `check_names`, and the number is a number.
    event, tile = map(dialect.identifier_preparer.format_table, (tables.event, tables.tile))
    return Statements(
        f"SELECT seq, {body}, leaf_hash, {', '.join(columns)} FROM {event} "  # noqa: S608
        f"WHERE log_id = {log_id:d}",
        f"SELECT tile_index, hashes, root FROM {tile} WHERE log_id = {log_id:d}",  # noqa: S608
        dialect.name != "postgresql",
    )


class LogRows(EventRows):
    """All of one log's rows, read within one connection's view.

    Args:
        connection: The connection, best one from `snapshot`.
        tables: The tables.
        log_id: The log's key.
    """

    def __init__(self, connection: Connection, tables: Tables, log_id: int) -> None:
        super().__init__(
            connection.connection.driver_connection, statements_for(connection, tables, log_id)
        )
        self._connection = connection
        self._tables = tables
        self._log_id = log_id

    def surplus_tiles(self, counts: Sequence[int], limit: int) -> list[tuple[int, int]]:
        """Return level and index of stored tiles that no tree of this size has.

        Args:
            counts: How many full tiles each level has.
            limit: The most to return.
        """
        tile = self._tables.tile.c
        surplus = [
            (tile.level == level) & ((tile.tile_index >= count) | (tile.tile_index < 0))
            for level, count in enumerate(counts)
        ]
        wanted = (
            select(tile.level, tile.tile_index)
            .where(
                tile.log_id == self._log_id,
                or_(tile.level < 0, tile.level >= len(counts), *surplus),
            )
            .order_by(tile.level, tile.tile_index)
            .limit(limit)
        )
        return [(row.level, row.tile_index) for row in self._connection.execute(wanted)]

    def outside(self, stop: int, limit: int) -> tuple[int, list[tuple[Any, bytes | None]]]:
        """Return what is numbered below 0, or from `stop` on.

        Returns:
            How many events there are, and number and body of the first ones.
        """
        event = self._tables.event.c
        count = 0
        found: list[tuple[Any, bytes | None]] = []
        # Two questions, each of which the primary key answers at once; one with OR reads it all.
        for beyond in (event.seq < 0, event.seq >= stop):
            condition = (event.log_id == self._log_id, beyond)
            wanted = select(event.seq, event.body).where(*condition).order_by(event.seq)
            rows = self._connection.execute(wanted.limit(limit)).all()
            found += [(row.seq, _encoded(row.body)) for row in rows]
            count += len(rows)
            if len(rows) == limit:
                counted = select(func.count()).select_from(self._tables.event).where(*condition)
                count += self._connection.execute(counted).scalar_one() - limit
        return count, found

    def checkpoint_sizes(self, first: int, stop: int) -> list[int]:
        """Return the sizes of stored checkpoints from `first` to before `stop`, each once."""
        checkpoint = self._tables.checkpoint.c
        wanted = (
            select(checkpoint.size)
            .distinct()
            .where(
                checkpoint.log_id == self._log_id, checkpoint.size >= first, checkpoint.size < stop
            )
            .order_by(checkpoint.size)
        )
        found = self._connection.execute(wanted).scalars()
        return [size for size in found if isinstance(size, int)]

    def checkpoints(self, first: int, stop: int | None) -> Iterator[CheckpointRow]:
        """Yield the stored checkpoints of sizes from `first` to before `stop`, by size."""
        checkpoint = self._tables.checkpoint.c
        wanted = (
            select(checkpoint.checkpoint_id, checkpoint.size, checkpoint.root, checkpoint.note)
            .where(checkpoint.log_id == self._log_id, checkpoint.size >= first)
            .order_by(checkpoint.size, checkpoint.checkpoint_id)
        )
        if stop is not None:
            wanted = wanted.where(checkpoint.size < stop)
        for row in self._connection.execute(wanted):
            note = row.note.decode("utf-8", "replace") if isinstance(row.note, bytes) else row.note
            # SQLite keeps whatever was put into a number's column; -1 fits no note.
            size = row.size if isinstance(row.size, int) else -1
            yield CheckpointRow(row.checkpoint_id, size, as_bytes(row.root), note)


def _encoded(body: Any) -> bytes | None:
    return body.encode("utf-8", "surrogateescape") if isinstance(body, str) else body
