"""Numbers and lengths of time in sentences."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

__all__ = ["counted", "spelled"]

_UNITS: Final = {
    "week": timedelta(weeks=1),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
}
_MILLISECOND: Final = timedelta(milliseconds=1)


def counted(number: int, noun: str) -> str:
    """Return a number and what is counted, in the plural where it is not one."""
    if number == 1:
        return f"1 {noun}"
    head, of, rest = noun.partition(" of ")
    return f"{number:,} {head}{'es' if head.endswith('s') else 's'}{of}{rest}"


def spelled(span: timedelta) -> str:
    """Return a length of time, exactly, in the largest unit of which it is a whole number."""
    for unit, length in _UNITS.items():
        if not span % length:
            return counted(span // length, unit) if span else "0 seconds"
    if not span % _MILLISECOND:
        return f"{span // _MILLISECOND:,} ms"
    return f"{span // timedelta(microseconds=1):,} µs"
