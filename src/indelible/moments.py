"""Points in time as they stand in a body: RFC 3339 text in UTC with six digits of fraction."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from indelible.encoding import unreadable
from indelible.errors import ConfigurationError, InvalidEventError, shown

__all__ = ["CallersClock", "SystemClock", "utc_text"]

_MIN_YEAR: Final = 1000  # DATETIME of MariaDB and MySQL begins there.


def utc_text(argument: str, value: object) -> str:
    """Return a time as RFC 3339 text in UTC, always with six digits of fraction.

    Raises:
        InvalidEventError: It is no aware datetime, or lies outside the years 1000 to 9999.
    """
    moment: datetime | None = None
    try:
        if isinstance(value, datetime) and value.utcoffset() is not None:
            moment = value.astimezone(UTC)
    except OverflowError:
        moment = datetime.min.replace(tzinfo=UTC)
    except Exception as error:
        raise unreadable(argument, error) from error
    if moment is None:
        raise InvalidEventError(
            argument,
            f"{shown(value)} is no datetime with a time zone. "
            "Use for example datetime.now(timezone.utc)",
        )
    if moment.year < _MIN_YEAR:
        raise InvalidEventError(
            argument, f"{shown(value)} lies outside the years {_MIN_YEAR} to 9999 in UTC"
        )
    return moment.isoformat(timespec="microseconds")[:26] + "Z"


class SystemClock:
    """The system's clock as RFC 3339 text; formats the second once and then reuses it."""

    def __init__(self) -> None:
        self._second: tuple[int, str] = (-1, "")

    def __call__(self) -> str:
        """Return the present."""
        microseconds = time.time_ns() // 1000
        seconds = microseconds // 1_000_000
        known, text = self._second
        if known != seconds:
            text = time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(seconds))
            # One assignment of a tuple: another thread sees the old pair or the new one.
            self._second = (seconds, text)
        # The fraction's digits with a leading 1, which keeps its zeros, cut off again: half the
        # time of formatting it.
        return text + str(microseconds % 1_000_000 + 1_000_000)[1:] + "Z"


class CallersClock:
    """The caller's clock, checked at each reading."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        if not callable(clock):
            raise ConfigurationError("clock", clock, "pass a callable that returns a datetime")
        self._clock = clock

    def __call__(self) -> str:
        """Return what the clock says."""
        return utc_text("clock", self._clock())
