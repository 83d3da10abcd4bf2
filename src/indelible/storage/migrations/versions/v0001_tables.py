"""All tables of the first release.

There is no downgrade: a step back would drop events.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.types import TypeEngine

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NAME, IDENTITY, HASH = 255, 512, 32


def upgrade() -> None:
    """Create the tables."""
    tables = context.config.attributes["tables"]
    prefix, schema = tables.prefix, tables.schema
    dialect = op.get_context().dialect

    def hash_type() -> TypeEngine[bytes]:
        return sa.LargeBinary().with_variant(mysql.BINARY(HASH), "mysql", "mariadb")

    def moment() -> TypeEngine[datetime]:
        return (
            sa.DateTime()
            .with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
            .with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
        )

    def long_text() -> TypeEngine[str]:
        return sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")

    def name_type(length: int) -> TypeEngine[str]:
        return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")

    def event_id() -> TypeEngine[str]:
        return sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")

    def create(name: str, *parts: sa.schema.SchemaItem) -> None:
        # A collation that pads would take "user:42 " for "user:42".
        maria = getattr(dialect, "is_mariadb", False)
        op.create_table(
            f"{prefix}{name}",
            *parts,
            schema=schema,
            mysql_engine="InnoDB",
            mysql_charset="utf8mb4",
            mysql_collate="utf8mb4_nopad_bin" if maria else "utf8mb4_0900_bin",
            mariadb_engine="InnoDB",
            mariadb_charset="utf8mb4",
            mariadb_collate="utf8mb4_nopad_bin",
        )

    create(
        "log",
        sa.Column("log_id", sa.Integer, primary_key=True),
        sa.Column("origin", sa.String(NAME), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
        sa.Column("format_version", sa.Integer, nullable=False),
        sa.Column("created_at", moment(), nullable=False),
        sa.UniqueConstraint("origin", name=f"{prefix}log_origin_key"),
    )
    create(
        "event",
        sa.Column("log_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("event_id", event_id()),
        sa.Column("occurred_at", moment()),
        sa.Column("recorded_at", moment()),
        sa.Column("action", name_type(NAME)),
        sa.Column("outcome", name_type(16)),
        sa.Column("actor", name_type(IDENTITY)),
        sa.Column("target", name_type(IDENTITY)),
        sa.Column("tenant", name_type(NAME)),
        sa.Column("request_id", name_type(NAME)),
        sa.Column("trace_id", name_type(NAME)),
        sa.Column("source_ip", name_type(45)),
        sa.Column("body", long_text()),
        sa.Column("leaf_hash", hash_type(), nullable=False),
        sa.UniqueConstraint("event_id", name=f"{prefix}event_event_id_key"),
    )
    sparse = {"target", "tenant", "request_id", "trace_id", "source_ip"}
    for name in (
        "action",
        "actor",
        "target",
        "tenant",
        "request_id",
        "trace_id",
        "source_ip",
        "outcome",
    ):
        present = None
        if name in sparse:
            present = sa.text(f"{name} IS NOT NULL")
        elif name == "outcome":
            present = sa.text("outcome != 'success'")
        op.create_index(
            f"{prefix}event_{name}_idx",
            f"{prefix}event",
            ["log_id", name, "occurred_at", "seq"],
            schema=schema,
            sqlite_where=present,
            postgresql_where=present,
        )
    op.create_index(
        f"{prefix}event_occurred_at_idx",
        f"{prefix}event",
        ["log_id", "occurred_at", "seq"],
        schema=schema,
    )
    create(
        "tile",
        sa.Column("log_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("tile_index", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
        sa.Column("root", hash_type(), nullable=False),
    )
    create(
        "checkpoint",
        sa.Column("checkpoint_id", sa.Integer, primary_key=True),
        sa.Column("log_id", sa.Integer, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("root", hash_type(), nullable=False),
        sa.Column("note", long_text(), nullable=False),
        sa.Column("signed_at", moment(), nullable=False),
    )
    op.create_index(
        f"{prefix}checkpoint_size_idx", f"{prefix}checkpoint", ["log_id", "size"], schema=schema
    )
    create(
        "outbox",
        sa.Column(
            "outbox_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True
        ),
        sa.Column("origin", sa.String(NAME), nullable=False),
        sa.Column("event_id", event_id(), nullable=False),
        sa.Column("body", long_text(), nullable=False),
        sa.UniqueConstraint("event_id", name=f"{prefix}outbox_event_id_key"),
    )
    create(
        "subject_key",
        sa.Column("subject", sa.String(IDENTITY), primary_key=True),
        sa.Column("wrapped_key", sa.LargeBinary),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("destroyed_at", moment()),
    )


def downgrade() -> None:
    """Refuse: a step back would drop events."""
    raise RuntimeError("the first schema has nothing before it; drop the tables by hand instead")
