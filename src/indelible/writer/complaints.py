"""The library's own messages to the application's log, of which there are never too many."""

from __future__ import annotations

import logging
import time
from typing import Final

__all__ = ["Complaints"]

BURST: Final = 20
"""Messages of one kind that are logged in a window; more are counted."""

WINDOW: Final = 10.0
"""Length of a window, in seconds."""


class Complaints:
    """Logs messages, at most `BURST` of each kind in a window of time.

    A database that is down fails every event, and a log that repeats it for each of them fills
    the next disk.  Safe for any thread: at worst a few messages more are logged, or the count of
    those left out is off by a few, when windows change.

    Args:
        logger: Where they go.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._windows: dict[str, tuple[float, int]] = {}

    def log(self, pattern: str, kind: str, error: object) -> None:
        """Log an error, unless there were too many of its kind just now.

        Args:
            pattern: The message, with a place for the kind and one for the error.
            kind: What is counted together.
            error: What is told.
        """
        now = time.monotonic()
        begun, count = self._windows.get(kind, (now, 0))
        left_out = 0
        if now - begun > WINDOW:
            left_out = max(0, count - BURST)
            begun, count = now, 0
        self._windows[kind] = (begun, count + 1)
        if left_out:
            self._logger.error("%s: %d more of them were not logged", kind, left_out)
        if count < BURST:
            self._logger.error(pattern, kind, error)
