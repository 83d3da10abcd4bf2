"""Events that were given up: counted exactly, until the log itself says so."""

from __future__ import annotations

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


def own_event(builder: BodyBuilder, action: str, details: dict[str, Any], **more: Any) -> Receipt:
    """Return an event of the library's own, which takes nothing from the caller's context."""
    build: Callable[..., Any] = builder.build
    more["severity"] = "high"
    row = Context().run(build, action, SERVICE_ACTOR, None, "failure", details, None, None, more)
    return Receipt.of(row)


class Gap:
    """Counts dropped events, and puts one event about them into the log once it takes some.

    Any thread drops, also inside a signal handler that interrupts another drop on its own thread.
    So the count is the length of a bytearray, a byte for each event, whose ``append`` is a single
    step of the interpreter.  Only the leader of a commit takes from it.
    """

    def __init__(self) -> None:
        self._drops = bytearray()
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._reason = ""
        self._told: Receipt | None = None
        self._telling = 0
        self._settled = 0

    @property
    def untold(self) -> int:
        """How many dropped events the log does not tell of yet."""
        told = self._told
        return len(self._drops) - (self._telling if told is not None and told.place else 0)

    @property
    def total(self) -> int:
        """How many events were dropped in all."""
        return self._settled + len(self._drops)

    def note(self, reason: str, events: int = 1) -> None:
        """Count events that are dropped now."""
        now = datetime.now(UTC)
        if self._first is None:
            self._first = now
        self._last = now
        self._reason = reason
        self._drops.extend(bytes(events))

    def tell(self, builder: BodyBuilder, queue: PendingQueue) -> None:
        """Queue an event about what was dropped, unless one is under way; the leader calls this."""
        told = self._told
        if told is not None:
            if not told.done:
                return
            self._told = None
            if told.place is not None:
                self._settled += self._telling
                del self._drops[: self._telling]
                self._first = self._last if self._drops else None
        count = len(self._drops)
        if count:
            self._telling = count
            self._told = own_event(
                builder,
                GAP_ACTION,
                {
                    "count": count,
                    "first": self._first,
                    "last": self._last,
                    "reason": self._reason,
                },
            )
            queue.force(self._told)
