"""Creating the tables and bringing them up to date, with the Alembic scripts in this package."""

from __future__ import annotations

import io
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple
from zlib import crc32

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from indelible.errors import SchemaError
from indelible.storage.engines import checked_url, connected
from indelible.storage.imports import imports
from indelible.storage.revisions import HEAD, REVISIONS
from indelible.storage.schema import DEFAULT_PREFIX, Tables, check_names

__all__ = ["SchemaStatus", "check", "ensure_current", "sql", "upgrade"]

_LOCK_SECONDS: Final = 30

_WITHOUT_TRANSACTIONS: Final = frozenset({"mysql", "mariadb"})
"""Databases in which tables are made one by one for all to see."""


class SchemaStatus(NamedTuple):
    """What stands in a database.

    Attributes:
        state: ``missing``, ``current``, ``older``, ``newer`` or ``foreign``.
        revision: The revision found, or None.
        head: The revision that this version of the package needs.
        message: One sentence that says so, with the mend.
    """

    state: str
    revision: str | None
    head: str
    message: str


def check(
    bind: str | URL | Engine, *, table_prefix: str = DEFAULT_PREFIX, schema: str | None = None
) -> SchemaStatus:
    """Return the state of the tables.

    Args:
        bind: The database.
        table_prefix: What the tables' names begin with.
        schema: Their schema (PostgreSQL), or None.
    """
    check_names(table_prefix, schema)
    tables = Tables(table_prefix, schema)
    with connected(bind, busy_timeout=_LOCK_SECONDS) as connection:
        status = _status(connection, tables)
        if status.state == "foreign" and connection.dialect.name in _WITHOUT_TRANSACTIONS:
            status = _status_in_peace(connection, tables)
        return status


def upgrade(
    bind: str | URL | Engine, *, table_prefix: str = DEFAULT_PREFIX, schema: str | None = None
) -> str:
    """Create the tables, or bring older ones up to date.

    Args:
        bind: The database.
        table_prefix: What the tables' names begin with.
        schema: Their schema (PostgreSQL), or None.

    Returns:
        The revision reached.

    Raises:
        SchemaError: The tables are newer than this package, or not its own.
    """
    check_names(table_prefix, schema)
    with connected(bind, busy_timeout=_LOCK_SECONDS) as connection:
        _upgrade(connection, Tables(table_prefix, schema))
    return HEAD


def ensure_current(connection: Connection, tables: Tables, *, create: bool) -> None:
    """Create the tables in a database that has none; refuse any that do not fit.

    Args:
        connection: A connection without a transaction, before and after.
        tables: The tables.
        create: Whether to create them; otherwise their absence is an error.

    Raises:
        SchemaError: They are missing (and `create` is false), older, newer or foreign.
    """
    status = _status(connection, tables)
    connection.rollback()
    if status.state == "foreign" and connection.dialect.name in _WITHOUT_TRANSACTIONS:
        status = _status_in_peace(connection, tables)
    if status.state == "current":
        return
    if create and status.state in {"missing", "foreign"}:
        # Under the lock it is judged again.
        _upgrade(connection, tables, refused=frozenset({"older", "newer", "foreign"}))
    else:
        raise SchemaError(status.message)


def _status_in_peace(connection: Connection, tables: Tables) -> SchemaStatus:
    """Judge again when nobody makes the tables any more.

    Where the database has no transactions for that, those that another process is making just now
    look like somebody else's.
    """
    _lock_creation(connection, tables)
    try:
        return _status(connection, tables)
    finally:
        connection.rollback()
        _unlock_creation(connection, tables)


def sql(bind: str | URL, *, table_prefix: str = DEFAULT_PREFIX, schema: str | None = None) -> str:
    """Return the statements that create the tables, for those who run them by hand.

    Args:
        bind: A database URL, of which only the kind of database counts; it is not connected to.
        table_prefix: What the tables' names begin with.
        schema: Their schema (PostgreSQL), or None.
    """
    check_names(table_prefix, schema)
    output = io.StringIO()
    _alembic(Tables(table_prefix, schema), url=checked_url(bind), output=output)
    return output.getvalue()


def _status(connection: Connection, tables: Tables) -> SchemaStatus:
    inspector = inspect(connection)
    names = {table.name for table in tables.metadata.sorted_tables}
    present = set(inspector.get_table_names(schema=tables.schema))
    ours = names & present
    if tables.version_table not in present and not ours:
        # Nothing of ours; but a view would be in the way of a table of the same name.
        ours = names & set(inspector.get_view_names(schema=tables.schema))
    revision: str | None = None
    if tables.version_table in present:
        name = connection.dialect.identifier_preparer.quote(tables.version_table)
        if tables.schema is not None:
            name = f"{connection.dialect.identifier_preparer.quote(tables.schema)}.{name}"
        columns = {
            column["name"]
            for column in inspector.get_columns(tables.version_table, schema=tables.schema)
        }
        if "version_num" in columns:
            revision = connection.execute(text(f"SELECT version_num FROM {name}")).scalar()  # noqa: S608
        else:
            ours.add(tables.version_table)
    return _judged(revision, sorted(ours), tables)


def _judged(revision: str | None, ours: list[str], tables: Tables) -> SchemaStatus:
    if revision == HEAD:
        missing = sorted({table.name for table in tables.metadata.sorted_tables} - set(ours))
        if not missing:
            return SchemaStatus("current", revision, HEAD, f"the tables are at revision {HEAD}")
        state, message = (
            "foreign",
            f"tables are missing: {', '.join(missing)}. Restore them, or grant SELECT on them",
        )
    elif revision is None and not ours:
        state = "missing"
        message = "the database has no audit tables. Run: indelible db upgrade URL"
    elif revision is None:
        state = "foreign"
        message = (
            f"the database has tables of these names that are not Indelible's: {', '.join(ours)}. "
            "Use another table_prefix or schema"
        )
    elif revision in REVISIONS:
        state = "older"
        message = (
            f"the tables are at revision {revision} and this version of indelible needs {HEAD}. "
            "Run: indelible db upgrade URL"
        )
    else:
        state = "newer"
        message = (
            f"the tables are at revision {revision}, which this version of indelible does not "
            f"know (it knows up to {HEAD}). Upgrade indelible"
        )
    return SchemaStatus(state, revision, HEAD, message)


def _upgrade(
    connection: Connection,
    tables: Tables,
    *,
    refused: frozenset[str] = frozenset({"newer", "foreign"}),
) -> None:
    _lock_creation(connection, tables)
    try:
        # Somebody else may have created them while the lock was awaited.
        status = _status(connection, tables)
        if status.state in refused:
            raise SchemaError(status.message)
        if status.state != "current":
            _require_schema(connection, tables)
            _alembic(tables, connection=connection)
        connection.commit()
    finally:
        # What is broken has given up its locks, and whatever broke it is what the caller sees.
        with suppress(SQLAlchemyError):
            connection.rollback()
            _unlock_creation(connection, tables)


def _require_schema(connection: Connection, tables: Tables) -> None:
    if tables.schema is None or connection.dialect.name != "postgresql":
        return
    if not inspect(connection).has_schema(tables.schema):
        raise SchemaError(
            f"the database has no schema {tables.schema}. Run: CREATE SCHEMA {tables.schema}"
        )


def _lock_creation(connection: Connection, tables: Tables) -> None:
    """Keep other processes from creating the same tables, until the transaction ends."""
    name = f"indelible:{tables.schema or ''}:{tables.prefix}"
    kind = connection.dialect.name
    connection.rollback()
    if kind == "sqlite":
        # Begun first, because an engine of the caller's may do so by itself at the first statement.
        connection.begin()
        raw: Any = connection.connection.driver_connection
        if raw.in_transaction:
            raw.rollback()
        raw.execute("BEGIN IMMEDIATE")
    elif kind == "postgresql":
        key = {"key": crc32(name.encode())}
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), key)
    elif kind in _WITHOUT_TRANSACTIONS:
        # It belongs to the connection and is given up when that is closed or given back.
        locked = {"name": name, "seconds": _LOCK_SECONDS}
        if connection.execute(text("SELECT GET_LOCK(:name, :seconds)"), locked).scalar() != 1:
            raise SchemaError(
                f"another process has been creating the tables for {_LOCK_SECONDS} seconds. "
                "Wait for it, or end it"
            )


def _unlock_creation(connection: Connection, tables: Tables) -> None:
    if connection.dialect.name in _WITHOUT_TRANSACTIONS:
        name = f"indelible:{tables.schema or ''}:{tables.prefix}"
        connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": name})
        connection.rollback()


def _alembic(tables: Tables, **attributes: Any) -> None:
    """Run Alembic's upgrade command; `attributes` are handed to the script `env.py`."""
    with imports.lock:
        from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes.update(attributes, tables=tables)
    _alembic_turn.upgrade(config, offline="output" in attributes)


class _AlembicTurn:
    """Lets one thread at a time run Alembic.

    It hands its context to the scripts in module globals, so that of two services that create
    their tables at once, in databases of their own, one would work on the other's connection.

    `_lock` guards those globals, and `_thread`, its owner's ident; it is taken after the database's
    own lock (`_lock_creation`).
    """

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Begin anew in a forked child, where the owner may not exist."""
        self._lock = threading.Lock()
        self._thread = 0

    def upgrade(self, config: Any, *, offline: bool) -> None:
        """Run Alembic's upgrade command."""
        with imports.lock:
            from alembic import command

        me = threading.get_ident()
        if self._thread == me:
            raise SchemaError(
                "the tables of one log cannot be created from inside the creation of another's, "
                "as by a logging handler. Use the log once before, or run: indelible db upgrade URL"
            )
        with self._lock:
            self._thread = me
            try:
                command.upgrade(config, "head", sql=offline)
            finally:
                self._thread = 0


_alembic_turn: Final = _AlembicTurn()
os.register_at_fork(after_in_child=_alembic_turn.renew)
