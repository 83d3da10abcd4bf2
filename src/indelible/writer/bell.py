"""Waking whoever waits, from anywhere."""

from __future__ import annotations

from _thread import LockType, allocate_lock
from contextlib import suppress

__all__ = ["Bell"]


class Bell:
    """Wakes every thread that waits for it.

    Unlike `threading.Event` it takes no lock that a signal handler, which may interrupt any of its
    methods, could find held by its own thread.  The price: a ring between a look at what is waited
    for and the wait itself is not heard, so whoever waits does it by slices and looks again.
    """

    def __init__(self) -> None:
        self._waiting: set[LockType] = set()

    def ring(self) -> None:
        """Wake all that wait now."""
        for waiter in tuple(self._waiting):
            # Released already: it has been woken before and not come back yet.
            with suppress(RuntimeError):
                waiter.release()

    def wait(self, seconds: float) -> None:
        """Wait for the next ring.

        Args:
            seconds: The longest wait.
        """
        waiter = allocate_lock()
        waiter.acquire()
        self._waiting.add(waiter)
        try:
            waiter.acquire(timeout=seconds)
        finally:
            self._waiting.discard(waiter)
