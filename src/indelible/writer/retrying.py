"""When a batch that has failed is tried again, and when it is given up."""

from __future__ import annotations

import random
import threading
import time
from typing import Final

__all__ = ["Retrying"]

FIRST_DELAY: Final = 0.02
"""Pause before the first retry, in seconds; doubled for each further one, and jittered."""

LONGEST_DELAY: Final = 1.0
"""Longest pause between two retries, in seconds: how late it is noticed that a database is back.
An attempt costs a server that is coming up one connection, for each process and second."""

CLOSING_DELAY: Final = 0.1
"""The same while the service closes, in seconds."""


class Retrying:
    """Decides over the retries of one committer.

    Args:
        patient: Whether a batch is tried for as long as the service lives, whatever the database
            says.
        busy_timeout: For how long an impatient committer tries again while the database is busy,
            in seconds.
        give_up_after: After how many seconds of failing a patient one gives up; None for never.
    """

    def __init__(
        self, *, patient: bool, busy_timeout: float, give_up_after: float | None = None
    ) -> None:
        self._patient = patient
        self._busy_timeout = busy_timeout
        self._give_up_after = give_up_after
        # Set to end the pauses between retries; then nothing is retried after `_give_up_at`.
        self._stopping = threading.Event()
        self._give_up_at = float("inf")

    @property
    def stopping(self) -> bool:
        """Whether the service is about to end."""
        return self._stopping.is_set()

    def stop(self, give_up_at: float) -> None:
        """Make pauses end at once, and retries end at a time.

        Args:
            give_up_at: The time, as `time.monotonic` counts.
        """
        self._give_up_at = give_up_at
        self._stopping.set()

    def pause(self, attempt: int) -> float:
        """Return how long to rest after an attempt, in seconds.

        It doubles with each attempt, and is jittered, so that processes part.

        Args:
            attempt: How many have failed before.
        """
        longest = CLOSING_DELAY if self._stopping.is_set() else LONGEST_DELAY
        longest = min(longest, FIRST_DELAY * 2.0 ** min(attempt, 16))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - not for cryptography

    def rest(self, pause: float) -> None:
        """Pause between two attempts, for so many seconds."""
        if self._stopping.is_set():
            time.sleep(pause)
        else:
            # Ended early by `stop`: a service that closes must not sleep its time away.
            self._stopping.wait(pause)

    def may_retry(self, fault: str, started: float, again_at: float, deadline: float) -> bool:
        """Tell whether a batch is to be tried again.

        Args:
            fault: The `FaultKind`'s name.
            started: When it was tried first, as `time.monotonic` counts.
            again_at: When the next attempt would be.
            deadline: When its caller gives up.
        """
        if again_at > min(deadline, self._give_up_at):
            return False
        if self._patient:
            return self._give_up_after is None or again_at - started < self._give_up_after
        if fault == "BUSY":
            # The database itself has waited already; a caller who holds the lock would wait for
            # himself until the end of the timeout.
            return again_at - started < self._busy_timeout
        return fault == "TRANSIENT"
