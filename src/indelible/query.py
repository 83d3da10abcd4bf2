"""Filters, pages and cursors: what can be asked of a log, independent of how it is stored."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from indelible.body import column_text, utc_text
from indelible.encoding import to_json
from indelible.errors import InvalidEventError, QueryError
from indelible.event import Actor, AuditEvent, Outcome, Target

__all__ = ["DEFAULT_LIMIT", "MAX_LIMIT", "Filters", "Page", "read_cursor", "write_cursor"]

DEFAULT_LIMIT: Final = 50
"""Events of a page unless asked otherwise."""

MAX_LIMIT: Final = 1000
"""Most events of a page."""

_FINGERPRINT_BYTES: Final = 6
_MOST_EVENTS: Final = (1 << 63) - 1


class Page(NamedTuple):
    """One page of an answer, newest events first.

    Attributes:
        items: The events.
        next_cursor: What to pass as ``cursor`` for the next page; None at the end.
    """

    items: tuple[AuditEvent, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Filters:
    """What events must match; None matches all.

    Attributes:
        actor: Who acted, as ``type:id``.
        action: What was done, exactly.
        target: What it was done to, as ``type:id``.
        outcome: How it ended.
        tenant: The tenant concerned.
        since: Earliest ``occurred_at``, inclusive, as RFC 3339 text in UTC.
        until: Latest ``occurred_at``, exclusive, likewise.
    """

    actor: str | None = None
    action: str | None = None
    target: str | None = None
    outcome: str | None = None
    tenant: str | None = None
    since: str | None = None
    until: str | None = None

    @classmethod
    def checked(
        cls,
        *,
        actor: str | Actor | None = None,
        action: str | None = None,
        target: str | Target | None = None,
        outcome: str | None = None,
        tenant: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Filters:
        """Return the filters that a caller's arguments mean.

        Raises:
            QueryError: A value has the wrong type, a time has no zone, or an outcome is unknown.
        """
        # A list, because what has no hash may be looked for in it.
        known = sorted(map(str, Outcome))
        if outcome is not None and outcome not in known:
            raise QueryError("outcome", outcome, f"pass one of {', '.join(known)}")
        return cls(
            actor=_identity("actor", actor, Actor),
            action=_text("action", action),
            target=_identity("target", target, Target),
            outcome=None if outcome is None else str(outcome),
            tenant=_text("tenant", tenant),
            since=_moment("since", since),
            until=_moment("until", until),
        )

    def fingerprint(self) -> str:
        """Return a short digest that tells these filters from others."""
        values = [getattr(self, name) for name in self.__slots__]
        return hashlib.sha256(to_json(values)).digest()[:_FINGERPRINT_BYTES].hex()


def write_cursor(before: int, filters: Filters) -> str:
    """Return the opaque text that means "the events before this number, with these filters"."""
    text = base64.urlsafe_b64encode(to_json([before, filters.fingerprint()]))
    return text.decode("ascii").rstrip("=")


def read_cursor(cursor: str, filters: Filters) -> int:
    """Return the number before which the next page begins.

    Raises:
        QueryError: The text is no cursor, or one of a query with other filters.
    """
    mend = "pass a Page's next_cursor, unchanged"
    if not isinstance(cursor, str):
        raise QueryError("cursor", cursor, mend)
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        before, fingerprint = msgspec.json.decode(
            base64.b64decode(padded, altchars=b"-_", validate=True), type=tuple[int, str]
        )
    except (binascii.Error, UnicodeError, msgspec.MsgspecError) as error:
        raise QueryError("cursor", cursor, mend) from error
    if not 0 <= before <= _MOST_EVENTS:
        raise QueryError("cursor", cursor, mend)
    if fingerprint != filters.fingerprint():
        raise QueryError(
            "cursor",
            cursor,
            "it belongs to a query with other filters; repeat those, or leave it out",
        )
    return before


def checked_limit(limit: object) -> int:
    """Return the size of a page.

    Raises:
        QueryError: It is no number from 1 to `MAX_LIMIT`.
    """
    if isinstance(limit, int) and not isinstance(limit, bool) and 1 <= limit <= MAX_LIMIT:
        return limit
    raise QueryError("limit", limit, f"pass a whole number from 1 to {MAX_LIMIT}")


def _text(name: str, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise QueryError(name, value, "pass a string that is not empty, or None for any")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise QueryError(name, value, "it holds a lone surrogate, which no event does") from error
    return column_text(str.__str__(value))


def _identity(name: str, value: Any, kind: type[Actor | Target]) -> str | None:
    if isinstance(value, kind):
        value = str(value)
    if isinstance(value, str):
        try:
            kind.parse(value)
        except InvalidEventError as error:
            raise QueryError(name, value, f"write it as 'type:id', such as '{name}:42'") from error
    return _text(name, value)


def _moment(name: str, value: Any) -> str | None:
    if value is None:
        return None
    try:
        return utc_text(name, value)
    except InvalidEventError as error:
        raise QueryError(
            name,
            value,
            "pass a datetime with a time zone, such as datetime.now(timezone.utc), "
            "from the years 1000 to 9999",
        ) from error
