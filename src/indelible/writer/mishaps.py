"""Mishaps that are over: counted for good, and told of for a while."""

from __future__ import annotations

import time
from typing import Final

__all__ = ["RECENT_SECONDS", "Mishaps"]

RECENT_SECONDS: Final = 900.0
"""For how long a mishap that is over still counts as recent, in seconds: longer than the intervals
at which monitors ask, and short enough that what is mended does not hide what comes next."""


class Mishaps:
    """Counts what has gone wrong.

    Any thread notes; at worst two that do so at the same moment count once.

    Attributes:
        total: How many there were.
    """

    def __init__(self) -> None:
        self.total = 0
        self._last = float("-inf")

    @property
    def recent(self) -> bool:
        """Whether the last one was not long ago."""
        return time.monotonic() - self._last < RECENT_SECONDS

    def note(self) -> None:
        """Count one that happens now."""
        self._last = time.monotonic()
        self.total += 1
