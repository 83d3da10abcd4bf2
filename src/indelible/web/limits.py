"""How much a reader of the page may ask for."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from indelible.errors import AuditError, ConfigurationError
from indelible.query import MAX_LIMIT

__all__ = ["Limits", "Slots", "TooManyError"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of what one page of the log, and all its readers together, may cost.

    Attributes:
        page_size: Events of a list unless the address says otherwise, 1 to `most_page_size`.
        most_page_size: Most events of a list, 1 to 1,000.
        query_seconds: How long one question to the database may take, in seconds.
        histogram_seconds: How long the list waits for its histogram before it is shown without, in
            seconds; the histogram then follows by itself, or by a link.
        readers: Most questions to the database at once; further ones wait for their turn.
        exports: Most exports at once; further ones are refused.
        export_seconds: How long one export may take, in seconds.
        verify_events: Up to how many events a log is verified at every look at its status; a
            longer one when a reader asks for it.
        verify_seconds: How long a verification may take, in seconds.

    Raises:
        ConfigurationError: A value makes no sense.
    """

    page_size: int = 50
    most_page_size: int = 200
    query_seconds: float = 10.0
    histogram_seconds: float = 0.005
    readers: int = 8
    exports: int = 2
    export_seconds: float = 3600.0
    verify_events: int = 20_000
    verify_seconds: float = 900.0

    def __post_init__(self) -> None:
        """Check every bound."""
        for field in fields(self):
            value: Any = getattr(self, field.name)
            seconds = field.name.endswith("_seconds")
            number = isinstance(value, int | float if seconds else int)
            least = 0 if field.name == "verify_events" else 1
            if isinstance(value, bool) or not number or not (value > 0 or value >= least):
                kind = "seconds above 0" if seconds else f"a whole number from {least}"
                raise ConfigurationError(field.name, value, f"pass {kind}")
        if self.most_page_size > MAX_LIMIT:
            raise ConfigurationError(
                "most_page_size", self.most_page_size, f"pass at most {MAX_LIMIT}"
            )
        if self.page_size > self.most_page_size:
            raise ConfigurationError(
                "page_size",
                self.page_size,
                f"pass at most most_page_size, which is {self.most_page_size}",
            )

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Limits:
        """Return limits of which only those that are given, and not None, differ from the usual."""
        return cls(**{name: value for name, value in values.items() if value is not None})


RETRY_SECONDS: Final = 30
"""After how long somebody who was refused is told to try again, in seconds."""


class TooManyError(AuditError):
    """As many as may be under way at once are so already."""


class Slots:
    """A number of places of which each is taken by one thing that is under way.

    Args:
        number: How many there are.
    """

    def __init__(self, number: int) -> None:
        self._free = threading.BoundedSemaphore(number)

    def take(self) -> None:
        """Take a place; never waits.

        Raises:
            TooManyError: All are taken.
        """
        if not self._free.acquire(blocking=False):
            raise TooManyError("as many downloads as may be under way at once are so already")

    def give_back(self) -> None:
        """Give a place back."""
        self._free.release()
