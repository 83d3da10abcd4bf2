"""Points in time as people write them on a command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Final

import click

__all__ = ["parse_moment", "read_moment"]

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO: Final = re.compile(r"([0-9]{1,9})([smhdw])")

_FORMS: Final = (
    "Write a time with its zone (2026-03-01T09:00:00Z, 2026-03-01T09:00+01:00), how long ago "
    "(30s, 15m, 2h, 3d, 1w), or now, today, yesterday"
)


def parse_moment(text: str, now: datetime) -> datetime:
    """Return the point in time that a text names.

    Args:
        text: An ISO 8601 time with its zone; or a number with one of the units s, m, h, d, w, for
            that long ago; or ``now``, ``today`` or ``yesterday``, the latter two for the midnight
            that this day or the one before began with, in the machine's own time zone.
        now: The present, aware.

    Raises:
        ValueError: It is none of these, or has no zone.
    """
    word = text.strip().lower()
    if word == "now":
        return now
    if word in {"today", "yesterday"}:
        day = now.astimezone().date() - timedelta(days=word == "yesterday")
        # Made without a zone and then put into the local one, whose offset may differ between the
        # two days.
        return datetime.combine(day, time.min).astimezone()
    ago = _AGO.fullmatch(word)
    if ago is not None:
        try:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        except OverflowError:
            raise ValueError(f"{text!r} lies before the calendar begins") from None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is no time. {_FORMS}") from None
    if moment.utcoffset() is None:
        raise ValueError(f"{text!r} has no time zone, so it names no point in time. {_FORMS}")
    return moment


def read_moment(
    _ctx: click.Context, _parameter: click.Parameter, text: str | None
) -> datetime | None:
    """Return the point in time that an option's text names; an option's callback.

    Raises:
        click.BadParameter: It names none.
    """
    if text is None:
        return None
    try:
        return parse_moment(text, datetime.now(UTC))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
