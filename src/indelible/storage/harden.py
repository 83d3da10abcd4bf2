"""Making tampering hard to begin with: triggers that refuse changes, and rights that exclude them.

The triggers refuse UPDATE, DELETE and TRUNCATE on events, tiles and checkpoints, and DELETE and
TRUNCATE on the logs' own rows, whoever asks.  They stop mistakes, bugs and injected SQL.  They do
not stop whoever may drop them: a table's owner, a superuser, or for SQLite anybody who can write to
the file.  So the account that records should own nothing and have the rights that the module
`indelible.storage.grants` lists.  What a superuser does all the same is not prevented here; it is
found by verification.

MariaDB and MySQL know no trigger for TRUNCATE: there it is the right DROP that must not be given.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlalchemy import Connection, Engine, Table, text
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.exc import DBAPIError

from indelible.errors import ConfigurationError, SchemaError, UnsafeSettingError
from indelible.storage.attempts import MYSQL, REFUSAL, attempts
from indelible.storage.engines import checked_url, connected
from indelible.storage.migrate import check
from indelible.storage.schema import DEFAULT_PREFIX, Tables, check_names

__all__ = [
    "Hardening",
    "Trigger",
    "ensure_hardened",
    "harden",
    "hardening",
    "sql",
    "unharden",
    "unknown_dialect",
]

_BUSY_SECONDS: Final = 30.0


class Trigger(NamedTuple):
    """One trigger.

    Attributes:
        name: Its name, without the schema.
        table: The table that it guards.
        create: The statement that makes it, or replaces the one of its name.
        drop: The statement that takes it away, if it is there.
    """

    name: str
    table: Table
    create: str
    drop: str


class Hardening(NamedTuple):
    """What guards the tables of a database.

    Attributes:
        state: ``on``, ``off`` or ``partial``.
        missing: Names of the triggers that are missing or switched off.
    """

    state: str
    missing: tuple[str, ...]


def harden(
    bind: str | URL | Engine, *, table_prefix: str = DEFAULT_PREFIX, schema: str | None = None
) -> tuple[str, ...]:
    """Make the triggers, or make them anew.

    It takes the right to create triggers on the tables, which their owner has.  Events are recorded
    as before; pruning and erasing are refused while the triggers are there, see `unharden`.

    Args:
        bind: The database.
        table_prefix: What the tables' names begin with.
        schema: Their schema (PostgreSQL), or None.

    Returns:
        The names of the triggers.

    Raises:
        SchemaError: The tables are missing, or not those of this version.
        ConfigurationError: The database is none of those that this is made for.
    """
    with connected(bind, busy_timeout=_BUSY_SECONDS) as connection:
        tables = _current_tables(bind, table_prefix, schema)
        triggers = _triggers(connection.dialect, tables)
        _run(connection, [*_before(connection.dialect, tables), *(t.create for t in triggers)])
        return tuple(trigger.name for trigger in triggers)


def unharden(
    bind: str | URL | Engine, *, table_prefix: str = DEFAULT_PREFIX, schema: str | None = None
) -> tuple[str, ...]:
    """Take the triggers away, for as long as a change of the tables by their owner takes.

    Args:
        bind: The database.
        table_prefix: What the tables' names begin with.
        schema: Their schema (PostgreSQL), or None.

    Returns:
        The names of the triggers.

    Raises:
        SchemaError: The tables are missing, or not those of this version.
        ConfigurationError: The database is none of those that this is made for.
    """
    with connected(bind, busy_timeout=_BUSY_SECONDS) as connection:
        tables = _current_tables(bind, table_prefix, schema)
        triggers = _triggers(connection.dialect, tables)
        _run(connection, [*(t.drop for t in triggers), *_after(connection.dialect, tables)])
        return tuple(trigger.name for trigger in triggers)


def ensure_hardened(connection: Connection, tables: Tables) -> None:
    """Make the triggers unless all of them are there; for a service's first use.

    An account that may not make them need not, if what they refuse is refused to it already:
    MariaDB shows triggers only to whoever may change them.

    Args:
        connection: A connection without a transaction, before and after.
        tables: The tables.

    Raises:
        UnsafeSettingError: They are missing, and this account may not make them.
        ConfigurationError: The database is none of those that this is made for.
    """
    found = hardening(connection, tables)
    connection.rollback()
    if found.state == "on":
        return
    dialect = connection.dialect
    try:
        statements = [trigger.create for trigger in _triggers(dialect, tables)]
        _run(connection, [*_before(dialect, tables), *statements])
    except DBAPIError as error:
        connection.rollback()
        tried = list(attempts(connection, tables, truncate=False))
        if all(attempt.outcome in {"denied", "refused"} for attempt in tried):
            return
        raise UnsafeSettingError(
            f"harden=True, and the triggers {', '.join(found.missing)} are missing and cannot be "
            f"made by this account ({error.orig}). Let the tables' owner run: "
            "indelible db harden URL"
        ) from error


def hardening(connection: Connection, tables: Tables) -> Hardening:
    """Tell which triggers are there.

    Args:
        connection: A connection.
        tables: The tables.

    Returns:
        The state.  A trigger that another one has taken the place of, under the same name, counts
        as there; what it does shows only when it is tried, as ``indelible doctor`` does.

    Raises:
        ConfigurationError: The database is none of those that this is made for.
    """
    wanted = [trigger.name for trigger in _triggers(connection.dialect, tables)]
    there = _existing(connection, tables)
    missing = tuple(name for name in wanted if name not in there)
    if not missing:
        return Hardening("on", ())
    return Hardening("off" if len(missing) == len(wanted) else "partial", missing)


def sql(
    bind: str | URL,
    *,
    table_prefix: str = DEFAULT_PREFIX,
    schema: str | None = None,
    off: bool = False,
) -> list[str]:
    """Return the statements that `harden` or `unharden` runs, for those who run them by hand.

    Args:
        bind: A database URL, of which only the kind of database counts; it is not connected to.
        table_prefix: What the tables' names begin with.
        schema: Their schema (PostgreSQL), or None.
        off: Whether to return those that take the triggers away.

    Raises:
        ConfigurationError: The database is none of those that this is made for.
    """
    check_names(table_prefix, schema)
    tables = Tables(table_prefix, schema)
    dialect = checked_url(bind).get_dialect()()
    triggers = _triggers(dialect, tables)
    if off:
        return [*(trigger.drop for trigger in triggers), *_after(dialect, tables)]
    return [*_before(dialect, tables), *(trigger.create for trigger in triggers)]


# The statements ----------------------------------------------------------------------------------


def _triggers(dialect: Dialect, tables: Tables) -> list[Trigger]:
    guarded: list[tuple[Table, tuple[str, ...]]] = [
        (table, ("UPDATE", "DELETE")) for table in (tables.event, tables.tile, tables.checkpoint)
    ]
    # The head changes with every batch; its row stays.
    guarded.append((tables.log, ("DELETE",)))
    if dialect.name == "postgresql":
        return [_postgresql_trigger(dialect, tables, table, what) for table, what in guarded]
    if dialect.name == "sqlite":
        triggers = [
            _sqlite_trigger(dialect, table, what) for table, some in guarded for what in some
        ]
        # INSERT OR REPLACE removes the row that is in its way without asking a DELETE trigger.
        return [*triggers, *(_sqlite_replace(dialect, table) for table, _ in guarded[:3])]
    if dialect.name in MYSQL:
        return [_mysql_trigger(dialect, table, what) for table, some in guarded for what in some]
    raise unknown_dialect(dialect)


def _postgresql_trigger(
    dialect: Dialect, tables: Tables, table: Table, what: tuple[str, ...]
) -> Trigger:
    """Return one trigger for all of a table's refusals.

    It runs once for a statement, so that it refuses one that finds no row as well, and always, so
    that a session that plays the part of a replica does not get around it.
    """
    name = f"{table.name}_guard"
    quote = dialect.identifier_preparer.quote
    where = dialect.identifier_preparer.format_table(table)
    drop = f"DROP TRIGGER IF EXISTS {quote(name)} ON {where}"
    return Trigger(
        name,
        table,
        f"{drop};\n"
        f"CREATE TRIGGER {quote(name)} BEFORE {' OR '.join((*what, 'TRUNCATE'))} ON {where}\n"
        f"  FOR EACH STATEMENT EXECUTE FUNCTION {_function(dialect, tables)}();\n"
        f"ALTER TABLE {where} ENABLE ALWAYS TRIGGER {quote(name)}",
        drop,
    )


def _function(dialect: Dialect, tables: Tables) -> str:
    quote = dialect.identifier_preparer.quote
    name = quote(f"{tables.prefix}refuse_change")
    return name if tables.schema is None else f"{quote(tables.schema)}.{name}"


def _before(dialect: Dialect, tables: Tables) -> list[str]:
    """Return what must be there before the triggers are."""
    if dialect.name != "postgresql":
        return []
    statement = (
        f"CREATE OR REPLACE FUNCTION {_function(dialect, tables)}() RETURNS trigger\n"
        "  LANGUAGE plpgsql SET search_path = pg_catalog AS $$\n"
        "BEGIN\n"
        f"  RAISE EXCEPTION '{REFUSAL}: % on %', TG_OP, TG_TABLE_NAME\n"
        "    USING ERRCODE = 'restrict_violation';\n"
        "END $$"
    )
    return [statement]


def _after(dialect: Dialect, tables: Tables) -> list[str]:
    """Return what takes away what `_before` has made."""
    if dialect.name != "postgresql":
        return []
    return [f"DROP FUNCTION IF EXISTS {_function(dialect, tables)}()"]


def _sqlite_trigger(dialect: Dialect, table: Table, what: str) -> Trigger:
    name = f"{table.name}_no_{what.lower()}"
    quote = dialect.identifier_preparer.quote
    return Trigger(
        name,
        table,
        f"CREATE TRIGGER {quote(name)} BEFORE {what} ON {quote(table.name)}\n"
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}: {what} on {table.name}'); END",
        f"DROP TRIGGER IF EXISTS {quote(name)}",
    )


def _sqlite_replace(dialect: Dialect, table: Table) -> Trigger:
    name = f"{table.name}_no_replace"
    quote = dialect.identifier_preparer.quote
    where = quote(table.name)
    same = " AND ".join(f"{column.name} = NEW.{column.name}" for column in table.primary_key)
    conflicts = [same]
    if "event_id" in table.columns:
        conflicts.append("event_id = NEW.event_id")
    if len(table.primary_key.columns) > 1:
        # A row may be replaced by way of its hidden number too.
        conflicts.append("rowid = NEW.rowid")
    found = " OR ".join(f"EXISTS (SELECT 1 FROM {where} WHERE {item})" for item in conflicts)  # noqa: S608
    return Trigger(
        name,
        table,
        f"CREATE TRIGGER {quote(name)} BEFORE INSERT ON {where} WHEN {found}\n"
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}: REPLACE on {table.name}'); END",
        f"DROP TRIGGER IF EXISTS {quote(name)}",
    )


def _mysql_trigger(dialect: Dialect, table: Table, what: str) -> Trigger:
    name = f"{table.name}_no_{what.lower()}"
    quote = dialect.identifier_preparer.quote
    schema = "" if table.schema is None else f"{quote(table.schema)}."
    drop = f"DROP TRIGGER IF EXISTS {schema}{quote(name)}"
    return Trigger(
        name,
        table,
        f"{drop};\n"
        f"CREATE TRIGGER {schema}{quote(name)}\n"
        f"  BEFORE {what} ON {dialect.identifier_preparer.format_table(table)} FOR EACH ROW\n"
        f"  SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{REFUSAL}: {what} on {table.name}'",
        drop,
    )


# Running them ------------------------------------------------------------------------------------


def _existing(connection: Connection, tables: Tables) -> set[str]:
    kind = connection.dialect.name
    if kind == "sqlite":
        found = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
    elif kind == "postgresql":
        found = connection.execute(
            text(
                "SELECT t.tgname FROM pg_catalog.pg_trigger t"
                " JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid"
                " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                " WHERE NOT t.tgisinternal AND t.tgenabled = 'A'"
                " AND n.nspname = COALESCE(:schema, current_schema())"
            ),
            {"schema": tables.schema},
        )
    else:
        found = connection.execute(
            text(
                "SELECT trigger_name FROM information_schema.triggers"
                " WHERE trigger_schema = COALESCE(:schema, DATABASE())"
            ),
            {"schema": tables.schema},
        )
    return set(found.scalars())


def _run(connection: Connection, statements: list[str]) -> None:
    """Run statements in one transaction, which on MariaDB each of them is by itself."""
    kind = connection.dialect.name
    connection.rollback()
    if kind == "sqlite":
        # The driver would begin none for these.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        names = [line.split()[2] for line in statements if line.startswith("CREATE TRIGGER")]
        statements = [*(f"DROP TRIGGER IF EXISTS {name}" for name in names), *statements]
    for statement in statements:
        # PyMySQL takes one statement at a time.
        parts = statement.split(";\n") if kind in MYSQL else [statement]
        for part in parts:
            # What looks like a place for a value is PL/pgSQL's.
            connection.exec_driver_sql(part, execution_options={"no_parameters": True})
    connection.commit()


def _current_tables(bind: str | URL | Engine, table_prefix: str, schema: str | None) -> Tables:
    status = check(bind, table_prefix=table_prefix, schema=schema)
    if status.state != "current":
        raise SchemaError(status.message)
    return Tables(table_prefix, schema)


def unknown_dialect(dialect: Dialect) -> ConfigurationError:
    """Return the error for a database that no triggers are made for."""
    return ConfigurationError(
        "harden",
        dialect.name,
        "triggers are made for SQLite, PostgreSQL, MariaDB and MySQL; for another database write "
        "them by hand",
    )
