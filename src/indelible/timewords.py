"""Points in time as people write them, on a command line or in a form."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta, tzinfo
from typing import Final

__all__ = ["parse_moment", "parse_span"]

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN: Final = re.compile(r"([0-9]{1,9})([smhdw])")

_FORMS: Final = (
    "Write a time with its zone (2026-03-01T09:00:00Z, 2026-03-01T09:00+01:00), how long ago "
    "(30s, 15m, 2h, 3d, 1w), or now, today, yesterday"
)


def parse_moment(text: str, now: datetime, zone: tzinfo | None = None) -> datetime:
    """Return the point in time that a text names.

    Args:
        text: An ISO 8601 time with its zone; or a number with one of the units s, m, h, d, w, for
            that long ago; or ``now``, ``today`` or ``yesterday``, the latter two for the midnight
            that this day or the one before began with.
        now: The present, aware.
        zone: The zone of days, and of times without one; None for the machine's own, and to refuse
            times without one.

    Raises:
        ValueError: It is none of these, or has no zone.
    """
    word = text.strip().lower()
    if word == "now":
        return now
    if word in {"today", "yesterday"}:
        day = now.astimezone(zone).date() - timedelta(days=word == "yesterday")
        if zone is not None:
            return datetime.combine(day, time.min, zone)
        # Made without a zone and then put into the local one, whose offset may differ between the
        # two days.
        return datetime.combine(day, time.min).astimezone()
    try:
        ago = parse_span(word)
        if ago is not None:
            return now - ago
    except OverflowError:
        raise ValueError(f"{text!r} lies before the calendar begins") from None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is no time. {_FORMS}") from None
    if moment.utcoffset() is not None:
        return moment
    if zone is None:
        raise ValueError(f"{text!r} has no time zone, so it names no point in time. {_FORMS}")
    return moment.replace(tzinfo=zone)


def parse_span(text: str) -> timedelta | None:
    """Return the length of time that a number with one of the units s, m, h, d, w names.

    Args:
        text: Such as ``15m``.

    Returns:
        None if it is nothing of the kind.

    Raises:
        OverflowError: It is longer than Python can say.
    """
    found = _SPAN.fullmatch(text)
    return None if found is None else timedelta(**{_UNITS[found[2]]: int(found[1])})
