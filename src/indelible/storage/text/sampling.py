"""How frequent words are, from a few events spread over a log."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select
from sqlalchemy.sql.expression import FromClause

__all__ = ["sampled_many"]

_BLOCKS: Final = 10
_BLOCK: Final = 100
"""Places in the log that are looked at, and events at each."""

_FREQUENT: Final = 5
"""Hits among those from which on trying event after event is faster than sorting all hits."""


def sampled_many(
    connection: Connection, rows: FromClause, matches: ColumnElement[bool], size: int
) -> bool:
    """Tell whether a condition on the rows of a table holds for many of them.

    Args:
        connection: A connection.
        rows: The table, with the column ``seq``.
        matches: The condition.
        size: The number of events in the log.
    """
    seq = rows.c.seq
    starts = sorted({max(0, size * number // _BLOCKS - _BLOCK) for number in range(1, _BLOCKS + 1)})
    blocks = or_(*(and_(seq >= start, seq < start + _BLOCK) for start in starts))
    found = connection.execute(
        select(func.count()).select_from(rows).where(blocks, matches)
    ).scalar()
    return (found or 0) >= _FREQUENT
