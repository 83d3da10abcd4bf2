"""What ``record()`` returns: a claim on the event's place, once it has one."""

from __future__ import annotations

import time
from _thread import LockType, allocate_lock
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Self
from uuid import UUID

from msgspec import Struct, field

from indelible.body import EventRow
from indelible.errors import AuditError, AuditTimeoutError, ConfigurationError
from indelible.event import Place, Placed

__all__ = ["Receipt", "SpooledReceipt"]

_FOREVER: Final = 1e9
"""Seconds that stand for "no limit": what a lock accepts has one."""

# The locks of those who wait, by receipt, until it is settled.  Nearly no receipt of asynchronous
# mode is waited for, and a list in each would cost all of them.
_waiting: Final[dict[Receipt, list[LockType]]] = {}


class Receipt(Struct, gc=False, eq=False):
    """One recorded event on its way into the log.

    A receipt is *settled* once: with the event's place when it is committed, or with an error when
    it is not.  Waiting is safe from any number of threads.

    There is no lock in it.  Settling stores the result first and then wakes the waiters that it
    finds; a waiter adds itself first and then looks at the result.  One of the two sees the other,
    and both steps are single operations on an attribute and on a dict, so a signal handler may run
    between any of them.

    The garbage collector does not know of receipts (msgspec's ``gc=False``): going through those
    of a full queue, again and again, cost half as much as making the events.  So no receipt may be
    part of a cycle.  The one reference that could close one is its error, whose traceback leads to
    frames and these to receipts; that is why an error is stored without one, and copied when it is
    raised.

    Attributes:
        led: Whether a caller waits for it who leads a commit when woken; set by the committer.
    """

    _event_id: str
    row: EventRow | None
    """The event's row; None once it is settled."""
    led: bool = False
    _placed: Placed | None = None
    _error: AuditError | None = None
    _queued_at: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, row: EventRow) -> Self:
        """Make the receipt of an event that is not queued yet."""
        return cls(row[0], row)

    @property
    def event_id(self) -> UUID:
        """The event's id."""
        return UUID(self._event_id)

    @property
    def done(self) -> bool:
        """Whether the event is settled, be it committed or refused with an error."""
        return self.row is None

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
        place = self.place
        if place is None:
            raise self.error or AssertionError("a settled receipt has a place or an error")
        return place

    def settled_within(self, timeout: float | None) -> bool:
        """Wait until the event is settled, and tell whether it is.

        Args:
            timeout: Longest wait in seconds, or None.
        """
        if self.row is None:
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
        if self.row is None:
            self.wake()
        return waiter

    def drop_waiter(self, waiter: LockType) -> None:
        """Forget a waiter that does not wait any more."""
        waiters = _waiting.get(self)
        if waiters is not None:
            waiters.remove(waiter)
        if self.row is None:
            # Settling has forgotten the others; this one may have come behind it.
            _waiting.pop(self, None)

    def wake(self) -> None:
        """Release every waiter; one that is woken too early looks again and waits on."""
        # A copy, since waiters leave on threads of their own.
        for waiter in tuple(self._waiters):
            # Released already: it has been woken before and not come back yet.
            with suppress(RuntimeError):
                waiter.release()

    def settle(self, placed: Placed | None, error: AuditError | None = None) -> None:
        """Store the result and wake whoever waits for it.

        Args:
            placed: The values of the event's `Place`, or None when it is not in the log.
            error: Why it is not.
        """
        self._placed = placed
        if error is not None:
            self._error = _without_tracebacks(error)
        self.row = None
        if _waiting:
            self.wake()
            _waiting.pop(self, None)

    @property
    def _waiters(self) -> Sequence[LockType]:
        return _waiting.get(self, ())

    @property
    def place(self) -> Place | None:
        """Where the event stands, if it is committed."""
        placed = self._placed
        return None if placed is None else Place(*placed)

    @property
    def error(self) -> AuditError | None:
        """Why the event is not committed, if it never will be; a copy of one's own."""
        return None if self._error is None else _copied(self._error)

    @property
    def age(self) -> float:
        """Seconds since the event was recorded."""
        return time.monotonic() - self._queued_at

    def __repr__(self) -> str:
        """Show id and state."""
        if not self.done:
            state = "pending"
        elif self._placed is not None:
            state = "{}:{}".format(*self._placed)
        else:
            state = f"failed: {self._error}"
        return f"<Receipt {self._event_id} {state}>"


class SpooledReceipt(Receipt, gc=True, weakref=True, eq=False):
    """The receipt of an event that is in the spool.

    It can be found by the event's id as long as somebody holds it, and is only then settled.
    """


def _without_tracebacks(error: AuditError) -> AuditError:
    """Return a copy of an error, having freed what led to it of its frames."""
    links: list[BaseException | None] = [error.__cause__, error.__context__]
    while links:
        link = links.pop()
        if link is not None and link.__traceback__ is not None:
            link.__traceback__ = None
            links += [link.__cause__, link.__context__]
    return _copied(error)


def _copied(error: AuditError) -> AuditError:
    # Not by calling the class, since its constructor takes other arguments than `args`.
    copy = type(error).__new__(type(error))
    copy.args = error.args
    copy.__dict__.update(error.__dict__)
    copy.__cause__ = error.__cause__
    return copy
