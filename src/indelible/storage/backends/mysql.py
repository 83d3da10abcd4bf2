"""MariaDB and MySQL through PyMySQL: InnoDB, utf8mb4, a binary collation without padding."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, ClassVar, Final

from sqlalchemy import Connection, Engine, text

from indelible.errors import UnsafeSettingError
from indelible.storage.backends.base import Fault, NumberedRow, original
from indelible.storage.backends.driver import DriverBackend, shut_down
from indelible.storage.schema import Tables

__all__ = ["MySQLBackend"]

# Error numbers of the server (MariaDB Knowledge Base, "Error Codes") and of the client.
_BUSY: Final = frozenset({1205})  # lock wait timeout
_TRANSIENT: Final = frozenset(
    {1040, 1053, 1077, 1080, 1213, 1317, 1927, 2002, 2003, 2006, 2013, 2055}
)
_EVENT: Final = frozenset({1048, 1062, 1153, 1264, 1292, 1366, 1406, 1452, 1644, 3819, 4025, 4078})
_DUPLICATE: Final = 1062
_STRICT_MODES: Final = ("STRICT_ALL_TABLES", "STRICT_TRANS_TABLES")
# PyMySQL escapes bytes with backslashes whatever the mode, so hashes would be stored changed; and
# MariaDB takes an empty string for NULL under the second.
_HARMFUL_MODES: Final = ("NO_BACKSLASH_ESCAPES", "EMPTY_STRING_IS_NULL")
# Other binary collations pad: under utf8mb4_bin, "user:42 " is "user:42".
_COLLATIONS: Final = ("utf8mb4_nopad_bin", "utf8mb4_0900_bin")


class MySQLBackend(DriverBackend):
    """MariaDB 10.6 and later, MySQL 8.0 and later."""

    drivers: ClassVar = {"pymysql": ("pymysql", "mariadb")}
    placeholder = "%s"
    can_cut = True

    def __init__(self, engine: Engine, tables: Tables, *, owned: bool, busy_timeout: float) -> None:
        super().__init__(engine, tables, owned=owned, busy_timeout=busy_timeout)
        if not owned and getattr(engine.dialect, "is_mariadb", False):
            # The connection is the caller's and keeps its own setting.  MySQL has nothing like it.
            bounded = f"SET STATEMENT innodb_lock_wait_timeout={self._lock_seconds} FOR "
            self._select_head = bounded + self._select_head
            self._advance_head = bounded + self._advance_head

    @property
    def _lock_seconds(self) -> int:
        return max(1, round(self.busy_timeout))

    @classmethod
    def engine_options(cls, *, busy_timeout: float, connect_timeout: int = 10) -> dict[str, Any]:
        """Return the keyword arguments for ``create_engine``."""
        return {
            "connect_args": {
                "charset": "utf8mb4",
                "connect_timeout": connect_timeout,
                "read_timeout": connect_timeout,
            }
        }

    def check_settings(self, connection: Connection) -> None:
        """Set what concerns this connection, and refuse what would lose or change data."""
        raw: Any = connection.connection.driver_connection
        self.refuse_autocommit(raw.get_autocommit())
        cursor = self.cursor(connection)
        try:
            cursor.execute(
                "SELECT @@character_set_client, @@character_set_connection, @@sql_mode,"
                " @@innodb_flush_log_at_trx_commit"
            )
            client, link, sql_mode, flush = cursor.fetchone()
            if {client, link} != {"utf8mb4"}:
                raise UnsafeSettingError(
                    f"the connection's character set is {client}, which cannot hold every text. "
                    "Put ?charset=utf8mb4 into the URL"
                )
            modes = [mode for mode in sql_mode.split(",") if mode not in _HARMFUL_MODES]
            if not any(mode in modes for mode in _STRICT_MODES):
                # Without it the server cuts texts that are too long, and says so in a warning.
                modes.append(_STRICT_MODES[0])
            if modes != sql_mode.split(","):
                cursor.execute("SET SESSION sql_mode = %s", (",".join(filter(None, modes)),))
            if int(flush) != 1:
                raise UnsafeSettingError(
                    f"the server runs with innodb_flush_log_at_trx_commit={flush} and may lose "
                    "what it has committed. Set it to 1"
                )
            if self.owned:
                cursor.execute(f"SET SESSION innodb_lock_wait_timeout = {self._lock_seconds}")
        finally:
            cursor.close()

    def check_tables(self, connection: Connection) -> None:
        """Refuse tables on another engine, in another charset, or with another collation."""
        tables = self.tables
        names = [table.name for table in tables.metadata.sorted_tables]
        schema = tables.schema
        found = connection.execute(
            text(
                "SELECT t.table_name, t.engine, t.table_collation FROM information_schema.tables t"
                " WHERE t.table_schema = COALESCE(:schema, DATABASE())"
            ),
            {"schema": schema},
        ).all()
        for name, engine, collation in found:
            if name not in names:
                continue
            if engine.lower() != "innodb":
                raise UnsafeSettingError(
                    f"the table {name} is on the engine {engine}, which has no transactions. "
                    f"Run: ALTER TABLE {name} ENGINE=InnoDB"
                )
            if collation not in _COLLATIONS:
                raise UnsafeSettingError(
                    f"the table {name} has the collation {collation}, under which different names "
                    "are equal, or are lost. Convert it to CHARACTER SET utf8mb4 and COLLATE "
                    f"{' (MariaDB) or '.join(_COLLATIONS)} (MySQL)"
                )
        columns = connection.execute(
            text(
                "SELECT column_name, data_type, datetime_precision, collation_name"
                " FROM information_schema.columns"
                " WHERE table_schema = COALESCE(:schema, DATABASE()) AND table_name = :name"
            ),
            {"schema": schema, "name": tables.event.name},
        ).all()
        for name, data_type, precision, collation in columns:
            if name in {"occurred_at", "recorded_at"} and (data_type, precision) != ("datetime", 6):
                raise UnsafeSettingError(
                    f"the column {tables.event.name}.{name} is {data_type}({precision}), which "
                    "does not keep microseconds. Make it DATETIME(6)"
                )
            if collation is not None and collation not in _COLLATIONS:
                raise UnsafeSettingError(
                    f"the column {tables.event.name}.{name} has the collation {collation}, under "
                    "which different names are equal, or are lost. Give it "
                    f"{' (MariaDB) or '.join(_COLLATIONS)} (MySQL)"
                )

    def insert_events(
        self, connection: Connection, log_id: int, rows: Sequence[NumberedRow]
    ) -> None:
        """Insert a batch in one statement."""
        statement = self.insert_into + ", ".join([self.row_marks] * len(rows))
        values = list(chain.from_iterable(self.parameters(log_id, rows)))
        self.execute(statement, values).close()

    def cut(self) -> None:
        """Shut down the connection of the transaction under way, from another thread."""
        # The driver has no name for it that others may use.
        link = getattr(self.raw, "_sock", None)
        if link is not None:
            shut_down(link.fileno())

    def classify(self, error: BaseException) -> Fault:
        """Tell what an error means, by its number."""
        driver_error = original(error)
        number = driver_error.args[0] if driver_error.args else None
        if number in _BUSY:
            return Fault.BUSY
        if number in _TRANSIENT:
            return Fault.TRANSIENT
        if number in _EVENT:
            return Fault.EVENT
        if type(driver_error).__name__ == "InterfaceError" or number == 0:
            # PyMySQL raises InterfaceError(0, "") on a connection that it has closed.
            return Fault.TRANSIENT
        return super().classify(error)

    def is_duplicate(self, error: BaseException) -> bool:
        """Tell whether an error may mean that an event id is already there."""
        driver_error = original(error)
        return bool(driver_error.args) and driver_error.args[0] == _DUPLICATE
