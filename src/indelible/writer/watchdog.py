"""Ending a commit that hangs: the database does not answer, and does not fail either."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

__all__ = ["Watchdog"]

_STEP: Final = 0.2
"""How often to look while something is watched, in seconds; how late a cut may come."""

_IDLE_SECONDS: Final = 10.0
"""How long the thread stays when nothing is watched, in seconds."""


class Watchdog:
    """Cuts a connection when the leader has waited for its answer for too long.

    A thread that waits in a driver cannot be interrupted by another one; but when its connection
    is shut down, the driver raises.  What the commit has done by then is unknown, as with any lost
    connection, and the event ids settle it.

    Only the leader of commits calls `watch` and `rest`.  The thread starts with the first `watch`
    and ends when nothing was watched for a while.

    Args:
        cut: Shuts the connection down; called on the watchdog's thread, and must not wait.
    """

    def __init__(self, cut: Callable[[], None]) -> None:
        self._cut = cut
        self._deadline: float | None = None
        self._used_at = 0.0
        # Guards the starting and ending of the thread: one that is about to end has seen, under
        # this lock, that nothing is watched.
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def watch(self, deadline: float) -> None:
        """Cut the connection at a time, as `time.monotonic` counts, unless `rest` comes before."""
        self._deadline = deadline
        if self._thread is None:
            self._start()

    def rest(self) -> None:
        """The database has answered."""
        self._deadline = None

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._used_at = time.monotonic()
                thread = threading.Thread(target=self._run, name="audit-watchdog", daemon=True)
                # While the interpreter ends no thread can be started: then there is none.
                with suppress(RuntimeError):
                    thread.start()
                    self._thread = thread

    def _run(self) -> None:
        while True:
            time.sleep(_STEP)
            now, deadline = time.monotonic(), self._deadline
            if deadline is None:
                if now - self._used_at > _IDLE_SECONDS and self._ended():
                    return
                continue
            self._used_at = now
            if now >= deadline:
                self._deadline = None
                with suppress(Exception):
                    self._cut()

    def _ended(self) -> bool:
        with self._lock:
            if self._deadline is not None:
                return False
            self._thread = None
            return True
