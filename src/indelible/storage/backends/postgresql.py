"""PostgreSQL through psycopg 3: COPY for batches, one INSERT for a few rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, ClassVar, Final

from sqlalchemy import Connection, Engine

from indelible.errors import UnsafeSettingError
from indelible.storage.backends.base import Fault, NumberedRow, original
from indelible.storage.backends.driver import INSERT_COLUMNS, DriverBackend, shut_down
from indelible.storage.schema import Tables

__all__ = ["PostgreSQLBackend"]

_COPY_FROM: Final = 8
"""Rows from which on COPY is faster than an INSERT with several rows; measured in benchmarks/."""

# Classes of SQLSTATE (PostgreSQL documentation, appendix A).
_TRANSIENT_CLASSES: Final = frozenset({"08", "40", "53", "57"})
_EVENT_CLASSES: Final = frozenset({"22", "23", "44", "54", "P0"})
_BUSY_STATES: Final = frozenset({"55P03"})  # lock_not_available
# What a server says while it refuses connections for a while.
_PASSING: Final = ("starting up", "shutting down", "recovery", "connection slots", "too many")
_DISK_FULL: Final = "53100"

_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class PostgreSQLBackend(DriverBackend):
    """PostgreSQL 12 and later."""

    drivers: ClassVar = {"psycopg": ("psycopg", "postgres")}
    placeholder = "%s"
    can_cut = True

    def __init__(self, engine: Engine, tables: Tables, *, owned: bool, busy_timeout: float) -> None:
        super().__init__(engine, tables, owned=owned, busy_timeout=busy_timeout)
        columns = ", ".join(INSERT_COLUMNS)
        self._copy = f"COPY {self.table_name(tables.event)} ({columns}) FROM STDIN"

    @classmethod
    def engine_options(cls, *, busy_timeout: float, connect_timeout: int = 10) -> dict[str, Any]:
        """Return the keyword arguments for ``create_engine``."""
        return {
            "connect_args": {
                "application_name": "indelible",
                "connect_timeout": connect_timeout,
                # Whatever the database, or PGCLIENTENCODING, says.
                "client_encoding": "utf8",
                # Another process's batch holds the head's row for milliseconds; whoever holds it
                # for longer is reported rather than waited for.
                "options": f"-c lock_timeout={int(busy_timeout * 1000)}",
            }
        }

    def check_settings(self, connection: Connection) -> None:
        """Refuse a server or a connection that would lose or change what is stored."""
        raw: Any = connection.connection.driver_connection
        self.refuse_autocommit(raw.autocommit)
        cursor = self.cursor(connection)
        try:
            cursor.execute(
                "SELECT current_setting('server_encoding'), current_setting('synchronous_commit'),"
                " current_setting('fsync'), current_setting('client_encoding')"
            )
            server_encoding, synchronous_commit, fsync, client_encoding = cursor.fetchone()
            if server_encoding != "UTF8":
                raise UnsafeSettingError(
                    f"the database's encoding is {server_encoding}, which cannot hold every text. "
                    "Create it with ENCODING 'UTF8'"
                )
            if client_encoding != "UTF8":
                raise UnsafeSettingError(
                    f"the connection's client_encoding is {client_encoding}; it must be UTF8"
                )
            if fsync == "off":
                raise UnsafeSettingError(
                    "the server runs with fsync=off and may lose what it has committed. Turn it on"
                )
            if synchronous_commit == "off":
                # Ours alone: other users of the server keep their setting.
                cursor.execute("SET SESSION synchronous_commit = 'on'")
        finally:
            cursor.close()

    def begin(self, connection: Connection) -> None:
        """Bound the wait for the head's row; an engine of our own does so when it connects."""
        super().begin(connection)
        if not self.owned:
            setting = f"SET LOCAL lock_timeout = {int(self.busy_timeout * 1000)}"
            self.execute(setting).close()

    def insert_events(
        self, connection: Connection, log_id: int, rows: Sequence[NumberedRow]
    ) -> None:
        """Insert a batch."""
        if len(rows) < _COPY_FROM:
            statement = self.insert_into + ", ".join([self.row_marks] * len(rows))
            values = list(chain.from_iterable(self.parameters(log_id, rows)))
            self.execute(statement, values).close()
            return
        lines = "".join([_copy_line(log_id, row) for row in rows])
        with self.raw.cursor() as cursor, cursor.copy(self._copy) as copy:
            copy.write(lines)

    def parameters(self, log_id: int, rows: Sequence[NumberedRow]) -> list[tuple[Any, ...]]:
        """Return the rows' values; RFC 3339 text is a timestamptz as it stands."""
        return [
            (log_id, seq, leaf_hash, *row[:11], row[11].decode()) for seq, leaf_hash, row in rows
        ]

    def cut(self) -> None:
        """Shut down the connection of the transaction under way, from another thread."""
        shut_down(self.raw.pgconn.socket)

    def classify(self, error: BaseException) -> Fault:
        """Tell what an error means, by its SQLSTATE."""
        driver_error = original(error)
        state = getattr(driver_error, "sqlstate", None)
        if not isinstance(state, str):
            # No SQLSTATE: the error was met on this side, nearly always a lost connection.  One
            # that was refused has only its text: a name or a password stays wrong until it is
            # mended.
            text = str(driver_error)
            if "FATAL:" in text and not any(words in text for words in _PASSING):
                return Fault.DATABASE
            lost = type(driver_error).__name__ in {"OperationalError", "InterfaceError"}
            return Fault.TRANSIENT if lost else super().classify(error)
        if state in _BUSY_STATES:
            return Fault.BUSY
        if state != _DISK_FULL and state[:2] in _TRANSIENT_CLASSES:
            return Fault.TRANSIENT
        return Fault.EVENT if state[:2] in _EVENT_CLASSES else Fault.DATABASE

    def is_duplicate(self, error: BaseException) -> bool:
        """Tell whether an error may mean that an event id is already there."""
        return getattr(original(error), "sqlstate", None) == "23505"


def _copy_line(log_id: int, numbered: NumberedRow) -> str:
    """Return a row in COPY's text format (PostgreSQL documentation, COPY, 'Text Format')."""
    seq, leaf_hash, row = numbered
    event_id, occurred_at, recorded_at, *texts, body = row
    known = "".join(filter(None, texts))
    if known.isprintable() and "\\" not in known:
        columns = "\t".join(["\\N" if text is None else text for text in texts])
    else:
        columns = "\t".join(["\\N" if text is None else text.translate(_ESCAPES) for text in texts])
    # A body is JSON and so holds no tab and no line feed; only its backslashes need doubling.
    escaped = body.decode().replace("\\", "\\\\")
    return (
        f"{log_id}\t{seq}\t\\\\x{leaf_hash.hex()}\t{event_id}\t{occurred_at}\t{recorded_at}"
        f"\t{columns}\t{escaped}\n"
    )
