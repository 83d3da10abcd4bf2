"""Cursors: opaque texts that say where a page ended, and of which question."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Final, NamedTuple

import msgspec

from indelible.encoding import to_json
from indelible.errors import QueryError
from indelible.moments import utc_text
from indelible.query.answers import FoundRow
from indelible.query.filters import Filters

__all__ = ["Key", "pack", "read_cursor", "row_key", "unpack", "write_cursor"]

_MOST_EVENTS: Final = (1 << 63) - 1
_MEND: Final = "pass a Page's next_cursor, unchanged"


class Key(NamedTuple):
    """What events are ordered by.

    Attributes:
        occurred_at: When the event occurred, as RFC 3339 text in UTC with six digits of fraction.
        seq: Its number in the log, which decides between events of the same microsecond.
    """

    occurred_at: str
    seq: int


def row_key(row: FoundRow) -> Key:
    """Return what a row is ordered by."""
    seq, at, *_ = row
    if isinstance(at, datetime):
        moment = at if at.tzinfo is None else at.astimezone(UTC)
        return Key(moment.isoformat(timespec="microseconds")[:26] + "Z", seq)
    return Key(f"{at[:10]}T{at[11:26]}Z", seq)


def write_cursor(key: Key, filters: Filters, *, newest: bool) -> str:
    """Return the text that means "behind this event, in this order, with these filters"."""
    return pack(key, filters.fingerprint(newest=newest))


def read_cursor(cursor: object, filters: Filters, *, newest: bool) -> Key:
    """Return the event behind which the next page begins.

    Raises:
        QueryError: The text is no cursor, or one of a query with other filters or another order.
    """
    key, fingerprint = unpack(cursor)
    if fingerprint != filters.fingerprint(newest=newest):
        raise QueryError(
            "cursor",
            cursor,
            "it belongs to a query with other filters or another order; repeat those, or leave it "
            "out",
        )
    return key


def pack(key: Key, fingerprint: str) -> str:
    """Return the text that holds a key and the fingerprint of a query."""
    return base64.urlsafe_b64encode(to_json([*key, fingerprint])).decode("ascii").rstrip("=")


def unpack(cursor: object) -> tuple[Key, str]:
    """Return the key and the fingerprint that a text holds.

    Raises:
        QueryError: The text is no cursor.
    """
    if not isinstance(cursor, str):
        raise QueryError("cursor", cursor, _MEND)
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        occurred_at, seq, fingerprint = msgspec.json.decode(
            base64.b64decode(padded, altchars=b"-_", validate=True), type=tuple[str, int, str]
        )
        # Only a time that a page has written: it goes into a statement.
        moment = utc_text("cursor", datetime.fromisoformat(occurred_at))
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise QueryError("cursor", cursor, _MEND) from error
    if not 0 <= seq <= _MOST_EVENTS:
        raise QueryError("cursor", cursor, _MEND)
    return Key(moment, seq), fingerprint
