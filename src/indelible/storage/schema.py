"""The tables, as SQLAlchemy Core sees them.

The migrations create them and are the only place that does; what stands here is for statements.
`features/storage.schema.feature` holds the two together.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.types import TypeEngine

from indelible.errors import ConfigurationError
from indelible.event import MAX_ID, MAX_NAME, MAX_TYPE

__all__ = ["DEFAULT_PREFIX", "FORMAT_VERSION", "Tables", "check_names"]

DEFAULT_PREFIX: Final = "audit_"
"""Default of ``table_prefix``."""

FORMAT_VERSION: Final = 1
"""``audit_log.format_version``: the version of what stands in a log's rows, bodies apart."""

HASH_SIZE: Final = 32
_IDENTITY: Final = MAX_TYPE + 1 + MAX_ID

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# PostgreSQL cuts identifiers at 63 bytes; the longest of ours behind the prefix has 28.
_MAX_PREFIX: Final = 32
_MAX_IDENTIFIER: Final = 63


def check_names(table_prefix: object, schema: object) -> None:
    """Refuse names that cannot be part of a table's name in every database.

    Raises:
        ConfigurationError: `table_prefix` or `schema` is no plain identifier.
    """
    if not (
        isinstance(table_prefix, str)
        and len(table_prefix) <= _MAX_PREFIX
        and (not table_prefix or _IDENTIFIER.fullmatch(table_prefix))
    ):
        raise ConfigurationError(
            "table_prefix",
            table_prefix,
            f"use letters, digits and underscores, at most {_MAX_PREFIX}, such as 'audit_'",
        )
    if schema is not None and not (
        isinstance(schema, str) and len(schema) <= _MAX_IDENTIFIER and _IDENTIFIER.fullmatch(schema)
    ):
        raise ConfigurationError(
            "schema", schema, "use the plain name of a schema, such as 'compliance', or None"
        )


def _hash_column(name: str, *, nullable: bool = False) -> Column[bytes]:
    return Column(
        name,
        LargeBinary().with_variant(mysql.BINARY(HASH_SIZE), "mysql", "mariadb"),
        nullable=nullable,
    )


def _moment() -> TypeEngine[datetime]:
    """Return the type of a time: UTC, with microseconds, aware where the database can be."""
    return (
        DateTime()
        .with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
        .with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    )


def _body() -> TypeEngine[str]:
    return Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")


def _name(length: int) -> TypeEngine[str]:
    """Return the type of a name that is searched by its beginning too, and so is ordered by code.

    SQLite does that anyway, and the tables' collation makes MariaDB do it.
    """
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def _event_id() -> TypeEngine[str]:
    return String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")


class Tables:
    """The tables of one installation.

    Args:
        prefix: What every table's name begins with.
        schema: The schema that they live in (PostgreSQL); None for the connection's default.
    """

    def __init__(self, prefix: str = DEFAULT_PREFIX, schema: str | None = None) -> None:
        self.prefix = prefix
        self.schema = schema
        self.metadata = MetaData(schema=schema)
        self.version_table = f"{prefix}schema_version"
        self.log = Table(
            f"{prefix}log",
            self.metadata,
            Column("log_id", Integer, primary_key=True),
            Column("origin", String(MAX_NAME), nullable=False),
            Column("size", BigInteger, nullable=False),
            Column("frontier", LargeBinary, nullable=False),
            Column("format_version", Integer, nullable=False),
            Column("created_at", _moment(), nullable=False),
            UniqueConstraint("origin", name=f"{prefix}log_origin_key"),
        )
        # No foreign keys: a log's key comes from its row, which is locked while in use and never
        # deleted, and PostgreSQL would look it up again for every event.
        self.event = Table(
            f"{prefix}event",
            self.metadata,
            Column("log_id", Integer, primary_key=True, autoincrement=False),
            Column("seq", BigInteger, primary_key=True, autoincrement=False),
            # All projections are nullable for the same reason as the body: pruning empties them.
            Column("event_id", _event_id()),
            Column("occurred_at", _moment()),
            Column("recorded_at", _moment()),
            Column("action", _name(MAX_NAME)),
            Column("outcome", _name(16)),
            Column("actor", _name(_IDENTITY)),
            Column("target", _name(_IDENTITY)),
            Column("tenant", _name(MAX_NAME)),
            Column("request_id", _name(MAX_NAME)),
            Column("trace_id", _name(MAX_NAME)),
            Column("source_ip", _name(45)),
            Column("body", _body()),
            _hash_column("leaf_hash"),
            UniqueConstraint("event_id", name=f"{prefix}event_event_id_key"),
        )
        event = self.event.c
        # Each leads to the events that share a value in the order in which pages want them; the
        # number decides between events of the same microsecond.
        for name in INDEXED_COLUMNS:
            # Values that most events do not have, or all have, cost nothing where the database can
            # leave them out of an index.
            present: ColumnElement[bool] | None = None
            if name in SPARSE_COLUMNS:
                present = event[name].isnot(None)
            elif name == "outcome":
                present = event.outcome != "success"
            Index(
                f"{prefix}event_{name}_idx",
                event.log_id,
                event[name],
                event.occurred_at,
                event.seq,
                sqlite_where=present,
                postgresql_where=present,
            )
        Index(f"{prefix}event_occurred_at_idx", event.log_id, event.occurred_at, event.seq)
        self.tile = Table(
            f"{prefix}tile",
            self.metadata,
            Column("log_id", Integer, primary_key=True, autoincrement=False),
            Column("level", Integer, primary_key=True, autoincrement=False),
            # "index" is a reserved word in MariaDB; people type these names by hand.
            Column("tile_index", BigInteger, primary_key=True, autoincrement=False),
            Column("hashes", LargeBinary, nullable=False),
            _hash_column("root"),
        )
        self.checkpoint = Table(
            f"{prefix}checkpoint",
            self.metadata,
            Column("checkpoint_id", Integer, primary_key=True),
            Column("log_id", Integer, nullable=False),
            Column("size", BigInteger, nullable=False),
            _hash_column("root"),
            Column("note", _body(), nullable=False),
            Column("signed_at", _moment(), nullable=False),
            Index(f"{prefix}checkpoint_size_idx", "log_id", "size"),
        )
        self.outbox = Table(
            f"{prefix}outbox",
            self.metadata,
            Column(
                "outbox_id",
                BigInteger().with_variant(Integer, "sqlite"),
                primary_key=True,
            ),
            Column("origin", String(MAX_NAME), nullable=False),
            Column("event_id", _event_id(), nullable=False),
            Column("body", _body(), nullable=False),
            UniqueConstraint("event_id", name=f"{prefix}outbox_event_id_key"),
        )
        self.subject_key = Table(
            f"{prefix}subject_key",
            self.metadata,
            Column("subject", String(_IDENTITY), primary_key=True),
            Column("wrapped_key", LargeBinary),
            Column("created_at", _moment(), nullable=False),
            Column("destroyed_at", _moment()),
        )


INDEXED_COLUMNS: Final = (
    "action",
    "actor",
    "target",
    "tenant",
    "request_id",
    "trace_id",
    "source_ip",
    "outcome",
)
"""Columns with an index of their own."""

SPARSE_COLUMNS: Final = frozenset({"tenant", "request_id", "trace_id", "target", "source_ip"})
"""Indexed columns that many applications leave empty."""
