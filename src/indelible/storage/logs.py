"""A log's row: made at the first use of its name, by whoever comes first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError

from indelible.merkle import Frontier
from indelible.storage.schema import FORMAT_VERSION, Tables

__all__ = ["empty_log", "ensure_log"]


def empty_log(origin: str) -> dict[str, Any]:
    """Return the row of a log without events.

    Args:
        origin: The log's name.
    """
    return {
        "origin": origin,
        "size": 0,
        "frontier": Frontier().to_bytes(),
        "format_version": FORMAT_VERSION,
        "created_at": datetime.now(UTC),
    }


def ensure_log(engine: Engine, tables: Tables, origin: str) -> int:
    """Return a log's key, after making its row if this is the first use of its name.

    For whoever needs the row without appending: it takes a connection and a transaction of its own.

    Args:
        engine: The database.
        tables: The tables.
        origin: The log's name.
    """
    wanted = select(tables.log.c.log_id).where(tables.log.c.origin == origin)
    with engine.connect() as connection:
        found = connection.execute(wanted).scalar()
        connection.rollback()
        if found is None:
            try:
                connection.execute(insert(tables.log), empty_log(origin))
                connection.commit()
            except IntegrityError:
                # Another process was faster.
                connection.rollback()
            found = connection.execute(wanted).scalar_one()
        log_id: int = found
        return log_id
