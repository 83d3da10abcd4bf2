"""What ``record()`` returns: a claim on the event's place, once it has one."""

from __future__ import annotations

import time
from _thread import LockType, allocate_lock
from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

from indelible.body import EventRow
from indelible.errors import AuditError, AuditTimeoutError, ConfigurationError
from indelible.event import Place

__all__ = ["Receipt"]

_FOREVER: Final = 1e9
"""Seconds that stand for "no limit": what a lock accepts has one."""

# The locks of those who wait, by receipt, until it is settled.  Nearly no receipt of asynchronous
# mode is waited for, and a list in each would be one more object for the garbage collector to go
# through while thousands of them are pending: that cost more than making the event.
_waiting: Final[dict[Receipt, list[LockType]]] = {}


class Receipt:
    """One recorded event on its way into the log.

    A receipt is *settled* once: with the event's place when it is committed, or with an error when
    it is not.  Waiting is safe from any number of threads.

    There is no lock in it.  Settling stores the result first and then wakes the waiters that it
    finds; a waiter adds itself first and then looks at the result.  One of the two sees the other,
    and both steps are single operations on an attribute and on a dict, so a signal handler may run
    between any of them.

    Attributes:
        led: Whether a caller waits for it who leads a commit when woken; set by the committer.
    """

    __slots__ = ("_error", "_event_id", "_place", "_queued_at", "_row", "led")

    def __init__(self, row: EventRow) -> None:
        """Make the receipt of an event that is not queued yet."""
        self.led = False
        self._event_id = row[0]
        self._row: EventRow | None = row
        self._place: Place | None = None
        self._error: AuditError | None = None
        self._queued_at = time.monotonic()

    @property
    def event_id(self) -> UUID:
        """The event's id."""
        return UUID(self._event_id)

    @property
    def done(self) -> bool:
        """Whether the event is settled, be it committed or refused with an error."""
        return self._row is None

    def wait(self, timeout: float | None = None) -> Place:
        """Wait until the event is committed.

        Args:
            timeout: Longest wait in seconds; None to wait for as long as it takes.

        Returns:
            Where the event stands: log, sequence number and leaf hash.

        Raises:
            AuditError: The event was refused, or the service was closed before it was committed.
            AuditTimeoutError: It is not settled yet.
        """
        if timeout is not None and not timeout >= 0:
            raise ConfigurationError("timeout", timeout, "pass seconds, 0 or more, or None")
        if not self.settled_within(timeout):
            raise AuditTimeoutError(
                f"event {self._event_id} was not committed within {timeout} s; it still may be"
            )
        if self._place is None:
            # The error is shared by all who wait for this event.
            raise self._error or AssertionError("a settled receipt has a place or an error")
        return self._place

    def settled_within(self, timeout: float | None) -> bool:
        """Wait until the event is settled, and tell whether it is.

        Args:
            timeout: Longest wait in seconds, or None.
        """
        if self._row is None:
            return True
        deadline = time.monotonic() + (_FOREVER if timeout is None else min(timeout, _FOREVER))
        waiter = self.add_waiter()
        try:
            # Being woken means no more than to look again: a caller who is to lead is woken
            # before his event is settled, and everybody who waits for that event with him.
            while not self.done:
                if not waiter.acquire(timeout=max(0.0, deadline - time.monotonic())):
                    break
        finally:
            self.drop_waiter(waiter)
        return self.done

    def add_waiter(self) -> LockType:
        """Return a held lock that is released when the event is settled."""
        waiter = allocate_lock()
        waiter.acquire()
        _waiting.setdefault(self, []).append(waiter)
        if self._row is None:
            self.wake()
        return waiter

    def drop_waiter(self, waiter: LockType) -> None:
        """Forget a waiter that does not wait any more."""
        waiters = _waiting.get(self)
        if waiters is not None:
            waiters.remove(waiter)
        if self._row is None:
            # Settling has forgotten the others; this one may have come behind it.
            _waiting.pop(self, None)

    def wake(self) -> None:
        """Release every waiter; one that is woken too early looks again and waits on."""
        # A copy, since waiters leave on threads of their own.
        for waiter in tuple(self._waiters):
            # Released already: it has been woken before and not come back yet.
            with suppress(RuntimeError):
                waiter.release()

    def settle(self, place: Place | None, error: AuditError | None = None) -> None:
        """Store the result and wake whoever waits for it.

        Args:
            place: The event's place, or None when it is not in the log.
            error: Why it is not.
        """
        self._place = place
        self._error = error
        self._row = None
        if _waiting:
            self.wake()
            _waiting.pop(self, None)

    @property
    def _waiters(self) -> Sequence[LockType]:
        return _waiting.get(self, ())

    @property
    def row(self) -> EventRow | None:
        """The event's row; None once it is settled."""
        return self._row

    @property
    def place(self) -> Place | None:
        """Where the event stands, if it is committed."""
        return self._place

    @property
    def error(self) -> AuditError | None:
        """Why the event is not committed, if it never will be."""
        return self._error

    @property
    def age(self) -> float:
        """Seconds since the event was recorded."""
        return time.monotonic() - self._queued_at

    def __repr__(self) -> str:
        """Show id and state."""
        if not self.done:
            state = "pending"
        elif self._place is not None:
            state = f"{self._place.log}:{self._place.seq}"
        else:
            state = f"failed: {self._error}"
        return f"<Receipt {self._event_id} {state}>"
