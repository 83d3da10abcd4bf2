"""Events that were given up: counted exactly, until the log itself says so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import Context
from datetime import UTC, datetime
from typing import Any, Final

from indelible.body import BodyBuilder
from indelible.writer.queue import PendingQueue
from indelible.writer.receipt import Receipt

__all__ = ["GAP_ACTION", "SERVICE_ACTOR", "Gap", "own_event"]

GAP_ACTION: Final = "audit.gap"
"""The action of the event that stands for dropped ones."""

SERVICE_ACTOR: Final = "service:indelible"
"""Who records what the library itself has to say."""

_MOST_FRESH: Final = 4096
"""How many drops are counted one byte each before they are added up."""

_READ_SECONDS: Final = 0.1
"""How long a reader waits for that, in seconds."""


def own_event(builder: BodyBuilder, action: str, details: dict[str, Any], **more: Any) -> Receipt:
    """Return an event of the library's own, which takes nothing from the caller's context."""
    build: Callable[..., Any] = builder.build
    more["severity"] = "high"
    row = Context().run(build, action, SERVICE_ACTOR, None, "failure", details, None, None, more)
    return Receipt.of(row)


class Gap:
    """Counts dropped events, and puts one event about them into the log once it takes some.

    Any thread drops, also inside a signal handler that interrupts another drop on its own thread.
    So what is counted is the length of a bytearray, a byte for each event, whose ``append`` is a
    single step of the interpreter; only now and then it is emptied into a number.
    """

    def __init__(self) -> None:
        # Guards the moving from the one to the other.  Nobody waits for it but readers, and they
        # not for long: a signal handler may have interrupted the mover on their own thread.
        self._lock = threading.Lock()
        self._fresh = bytearray()
        self._older = 0
        # When the first and the last of those were dropped that are not told of, and the first of
        # those that an event which is under way does not tell of.
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._since: datetime | None = None
        self._reason = ""
        # What follows is the leader's, who alone tells.
        self._told: Receipt | None = None
        self._telling = 0
        self._settled = 0

    @property
    def total(self) -> int:
        """How many events were dropped in all."""
        locked = self._lock.acquire(timeout=_READ_SECONDS)
        try:
            return self._older + len(self._fresh)
        finally:
            if locked:
                self._lock.release()

    @property
    def untold(self) -> int:
        """How many dropped events the log does not tell of yet."""
        told = self._told
        settled = self._settled
        telling = self._telling if told is not None and told.place else 0
        # Never below zero, though the leader may have moved one into the other meanwhile.
        return max(0, self.total - settled - telling)

    def is_own(self, receipt: Receipt) -> bool:
        """Whether a receipt is that of the event about dropped ones, which is none of them."""
        return receipt is self._told

    def note(self, reason: str) -> None:
        """Count an event that is dropped now."""
        now = datetime.now(UTC)
        self._last = now
        self._reason = reason
        if self._first is None:
            self._first = now
        if self._since is None:
            self._since = now
        self._fresh.append(0)
        if len(self._fresh) >= _MOST_FRESH and self._lock.acquire(blocking=False):
            try:
                count = len(self._fresh)
                self._older += count
                del self._fresh[:count]
            finally:
                self._lock.release()

    def tell(self, builder: BodyBuilder, queue: PendingQueue) -> None:
        """Queue an event about what was dropped, unless one is under way; the leader calls this."""
        told = self._told
        if told is not None:
            if not told.done:
                return
            self._told = None
            if told.place is not None:
                self._settled += self._telling
                self._first = self._since
        self._since = None
        count = self.total - self._settled
        if count:
            self._telling = count
            details = {
                "count": count,
                "first": self._first or self._last,
                "last": self._last,
                "reason": self._reason,
            }
            self._told = own_event(builder, GAP_ACTION, details)
            queue.force(self._told)
