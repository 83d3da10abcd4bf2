"""The rights of an account that records and reads, and may do nothing else."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.engine import URL, Dialect

from indelible.errors import ConfigurationError
from indelible.storage.attempts import MYSQL
from indelible.storage.engines import checked_url
from indelible.storage.harden import unknown_dialect
from indelible.storage.schema import DEFAULT_PREFIX, Tables, check_names

__all__ = ["DEFAULT_ROLE", "grants"]

DEFAULT_ROLE: Final = "audit_writer"
"""The account in the GRANTs unless another one is named."""

_ROLE: Final = re.compile(r"[A-Za-z0-9_.%-]+(@[A-Za-z0-9_.%:-]+)?")


def grants(
    bind: str | URL | Engine,
    role: str = DEFAULT_ROLE,
    *,
    table_prefix: str = DEFAULT_PREFIX,
    schema: str | None = None,
) -> list[str]:
    """Return the rights that an account needs that records and reads, and no others.

    Args:
        bind: The database; it is not connected to.
        role: The account: a role's name, or for MariaDB and MySQL ``user@host``.
        table_prefix: What the tables' names begin with.
        schema: The tables' schema (PostgreSQL), or None.

    Returns:
        SQL statements, and for SQLite, which has no accounts, comments that say what to do instead.

    Raises:
        ConfigurationError: The role's name cannot be one, or the database is none of those that
            this is made for.
    """
    check_names(table_prefix, schema)
    if not _ROLE.fullmatch(role):
        raise ConfigurationError(
            "role", role, f"use letters, digits, '_', '-' and '.', such as {DEFAULT_ROLE!r}"
        )
    url = bind.url if isinstance(bind, Engine) else checked_url(bind)
    dialect = url.get_dialect()()
    tables = Tables(table_prefix, schema)
    if dialect.name == "sqlite":
        return [
            "-- SQLite has no accounts. Whoever may write to the file may drop the triggers too,",
            "-- so let nobody but the service's own account write to the file and its directory,",
            "-- and let a signed checkpoint, kept elsewhere, find what that account changes.",
        ]
    if dialect.name == "postgresql":
        return _postgresql_grants(dialect, tables, role)
    if dialect.name in MYSQL:
        return _mysql_grants(dialect, tables, role, url.database or "")
    raise unknown_dialect(dialect)


def _postgresql_grants(dialect: Dialect, tables: Tables, role: str) -> list[str]:
    quote, name = dialect.identifier_preparer.quote, dialect.identifier_preparer.format_table
    to = quote(role)

    def named(suffix: str) -> str:
        schema = "" if tables.schema is None else f"{quote(tables.schema)}."
        return f"{schema}{quote(suffix)}"

    lines = []
    if tables.schema is not None:
        lines.append(f"GRANT USAGE ON SCHEMA {quote(tables.schema)} TO {to};")
    sequences = (
        named(f"{tables.log.name}_log_id_seq"),
        named(f"{tables.checkpoint.name}_checkpoint_id_seq"),
    )
    rows = ", ".join(name(table) for table in (tables.event, tables.tile, tables.checkpoint))
    return [
        *lines,
        f"GRANT SELECT ON {named(tables.version_table)} TO {to};",
        f"GRANT SELECT, INSERT, UPDATE (size, frontier) ON {name(tables.log)} TO {to};",
        f"GRANT SELECT, INSERT ON {rows} TO {to};",
        f"GRANT USAGE ON SEQUENCE {', '.join(sequences)} TO {to};",
    ]


def _mysql_grants(dialect: Dialect, tables: Tables, role: str, database: str) -> list[str]:
    quote = dialect.identifier_preparer.quote
    user, _, host = role.partition("@")
    to = f"'{user}'@'{host}'" if host else f"'{user}'"
    schema = tables.schema or database
    where = f"{quote(schema)}." if schema else ""
    granted = [
        ("SELECT", tables.version_table),
        ("SELECT, INSERT, UPDATE (size, frontier)", tables.log.name),
        ("SELECT, INSERT", tables.event.name),
        ("SELECT, INSERT", tables.tile.name),
        ("SELECT, INSERT", tables.checkpoint.name),
        # The server hides tables from whoever may do nothing with them, and then they seem missing.
        ("SELECT", tables.outbox.name),
        ("SELECT", tables.subject_key.name),
    ]
    return [f"GRANT {rights} ON {where}{quote(table)} TO {to};" for rights, table in granted]
