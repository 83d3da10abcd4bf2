"""The small contract between the commit path and a database, and its plain SQLAlchemy form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from enum import Enum, auto
from typing import Any, ClassVar, Final, NamedTuple

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from indelible.body import EVENT_COLUMNS, EventRow
from indelible.errors import UnsafeSettingError
from indelible.merkle import CompletedTile
from indelible.storage.schema import Tables

__all__ = ["Backend", "Fault", "Head", "NumberedRow"]


class Fault(Enum):
    """What an error of the database means for the batch that met it."""

    EVENT = auto()
    """Something about an event in the batch: it fails again until that event is taken out."""
    BUSY = auto()
    """Another transaction holds the lock: the same batch may succeed in a moment."""
    TRANSIENT = auto()
    """A lost connection, a deadlock, a serialization failure: likewise."""
    DATABASE = auto()
    """The database as it stands cannot do it: somebody has to mend something."""


class Head(NamedTuple):
    """A log's row: how many events it has, and the frontier of its tree.

    Attributes:
        size: Number of events.
        frontier: The compact range as `indelible.merkle.Frontier` writes it.
    """

    size: int
    frontier: bytes


NumberedRow = tuple[int, bytes, EventRow]
"""An event's row behind its number in the log and its leaf hash (RFC 6962); a plain tuple, because
one is made for each event."""


class Backend:
    """How one database is set up, locked and filled; this base works through SQLAlchemy Core.

    An instance belongs to one service and holds no connection.  Everything that writes runs inside
    one transaction of the caller, who commits or rolls back.

    Promises that a subclass keeps:

    - after `begin` and `lock_head`, no other transaction can append to the log until this one ends;
    - `insert_events` inserts all rows or raises;
    - what `check_settings` lets pass is durable once committed, and is read back unchanged.
    """

    drivers: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """Module and extra of each driver, by the name that stands in the URL."""

    def __init__(self, engine: Engine, tables: Tables, *, owned: bool, busy_timeout: float) -> None:
        self.engine = engine
        self.tables = tables
        self.owned = owned
        self.busy_timeout = busy_timeout

    can_cut: ClassVar[bool] = False
    """Whether `cut` ends what a thread waits for in the driver."""

    @classmethod
    def engine_options(cls, *, busy_timeout: float, connect_timeout: int = 10) -> dict[str, Any]:
        """Return the keyword arguments for ``create_engine``."""
        return {}

    def check_settings(self, connection: Connection) -> None:
        """Set what must be set, and refuse what cannot be.

        Raises:
            UnsafeSettingError: A setting would lose or change what is stored.
        """

    def refuse_autocommit(self, on: object) -> None:
        """Refuse a connection on which every statement is a transaction of its own.

        Raises:
            UnsafeSettingError: It is one.
        """
        if on:
            raise UnsafeSettingError(
                "the engine's connections are in autocommit mode, in which a batch is not written "
                "as a whole. Make an engine without isolation_level='AUTOCOMMIT' for the service"
            )

    def check_file(self) -> None:
        """Find out whether the file that is written to is still there; for databases in a file.

        Raises:
            DatabaseReplacedError: It was deleted or replaced while it was open.
        """

    def check_tables(self, connection: Connection) -> None:
        """Refuse tables that were made, or altered, in a way that loses or changes data.

        Raises:
            UnsafeSettingError: A table's engine, charset, collation or type is unfit.
        """

    def begin(self, connection: Connection) -> None:
        """Begin to write: take the lock that must come before the first read, if any."""
        connection.begin()

    def commit(self, connection: Connection) -> None:
        """Commit what has been written since `begin`."""
        connection.commit()

    def rollback(self, connection: Connection) -> None:
        """Undo what has been written since `begin`; does nothing when nothing is under way."""
        connection.rollback()

    def lock_head(self, connection: Connection, log_id: int) -> Head | None:
        """Lock the log's row until the transaction ends, and read it; None if it is gone."""
        log = self.tables.log.c
        found = connection.execute(
            select(log.size, log.frontier).where(log.log_id == log_id).with_for_update()
        ).one_or_none()
        return None if found is None else Head(found.size, bytes(found.frontier))

    def insert_events(
        self, connection: Connection, log_id: int, rows: Sequence[NumberedRow]
    ) -> None:
        """Insert a batch's events."""
        # A time without its zone would be read in the session's own zone where columns have one.
        moment = _aware if self.engine.dialect.name == "postgresql" else _naive
        connection.execute(
            insert(self.tables.event),
            [
                {
                    "log_id": log_id,
                    "seq": seq,
                    "leaf_hash": leaf_hash,
                    **dict(zip(EVENT_COLUMNS, row, strict=True)),
                    "occurred_at": moment(row[1]),
                    "recorded_at": moment(row[2]),
                    "body": row[-1].decode(),
                }
                for seq, leaf_hash, row in rows
            ],
        )

    def insert_tiles(
        self, connection: Connection, log_id: int, tiles: Sequence[CompletedTile]
    ) -> None:
        """Insert the tiles that a batch has completed."""
        connection.execute(
            insert(self.tables.tile),
            [dict(zip(TILE_COLUMNS, tile_values(log_id, tile), strict=True)) for tile in tiles],
        )

    def advance_head(self, connection: Connection, log_id: int, known: Head, head: Head) -> bool:
        """Write the log's row, and so lock it, if it still says what this process knows of it.

        One statement where `lock_head` and `set_head` are two.

        Args:
            connection: The connection, after `begin`.
            log_id: The log.
            known: What the row is believed to say.
            head: What it is to say.

        Returns:
            Whether it did; otherwise nothing is written, and nothing is locked.
        """
        log = self.tables.log
        changed = connection.execute(
            update(log)
            .where(
                log.c.log_id == log_id,
                log.c.size == known.size,
                log.c.frontier == known.frontier,
            )
            .values(head._asdict())
        )
        return changed.rowcount == 1

    def set_head(self, connection: Connection, log_id: int, head: Head) -> None:
        """Write the log's row, which this transaction has locked."""
        log = self.tables.log
        connection.execute(update(log).where(log.c.log_id == log_id).values(head._asdict()))

    def cut(self) -> None:
        """Shut down the connection of the transaction under way, from another thread."""

    def classify(self, error: BaseException) -> Fault:
        """Tell what an error means; anything unknown is `Fault.DATABASE`."""
        if isinstance(error, IntegrityError | DataError):
            return Fault.EVENT
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            return Fault.TRANSIENT
        return Fault.DATABASE

    def is_duplicate(self, error: BaseException) -> bool:
        """Tell whether an error may mean that an event id is already there."""
        return isinstance(error, IntegrityError)

    def discard(self, connection: Connection, error: BaseException) -> None:
        """Take a connection out of use if an error shows that it is broken.

        SQLAlchemy does this itself for statements that went through it; the fast inserts do not.
        """
        driver_error = original(error)
        dialect: Any = self.engine.dialect
        if connection.invalidated or connection.closed:
            return
        if dialect.is_disconnect(driver_error, connection.connection.dbapi_connection, None):
            with suppress(Exception):
                connection.invalidate(driver_error)


TILE_COLUMNS: Final = ("log_id", "level", "tile_index", "hashes", "root")
"""The columns of a tile's row."""


def tile_values(log_id: int, tile: CompletedTile) -> tuple[int, int, int, bytes, bytes]:
    """Return the values of `TILE_COLUMNS`, in that order."""
    return log_id, tile.level, tile.index, tile.hashes, tile.root


def original(error: BaseException) -> BaseException:
    """Return the driver's own error behind one of SQLAlchemy's, or the error itself."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig
    return error


def _aware(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _naive(text: str) -> datetime:
    return datetime.fromisoformat(text[:26])
