"""The values that answers are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, overload

from indelible.event import AuditEvent, Place

__all__ = ["Bucket", "Events", "Facet", "FoundRow", "Page", "StoredBatch", "Version"]


FoundRow = tuple[int, Any, bytes, str]
"""What a driver has of an event: number, time, leaf hash and body."""


class Events(Sequence[AuditEvent]):  # noqa: PLW1641 - it has no hash, as a list has none
    """Events of which each is decoded when it is first looked at.

    Decoding costs more than reading: whoever hands bodies on, or shows the first few, does not pay
    for the rest.  Equal to any sequence of the same events.

    Args:
        stored: Place and body of each event.
    """

    __slots__ = ("_events", "_log")

    def __init__(self, stored: Iterable[tuple[Place, str]]) -> None:
        self._log = ""
        self._events: list[tuple[Place, str] | FoundRow | AuditEvent] = list(stored)

    @classmethod
    def of_rows(cls, log: str, rows: Iterable[FoundRow]) -> Events:
        """Return the events of one log's rows, of which nothing is made before it is looked at.

        Args:
            log: The log's name.
            rows: The rows, without pruned ones.
        """
        events = cls(())
        events._log = log
        events._events += rows
        return events

    def _stored(self, found: tuple[Place, str] | FoundRow) -> tuple[Place, str]:
        if isinstance(found[0], Place):
            return found[0], found[1]
        seq, _, leaf, body = found
        return Place(self._log, seq, bytes(leaf)), body

    @overload
    def __getitem__(self, index: int) -> AuditEvent: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[AuditEvent]: ...

    def __getitem__(self, index: int | slice) -> AuditEvent | Sequence[AuditEvent]:
        if isinstance(index, slice):
            return tuple(self[number] for number in range(*index.indices(len(self._events))))
        found = self._events[index]
        if isinstance(found, AuditEvent):
            return found
        place, body = self._stored(found)
        # Two threads that look at once decode twice and agree.
        event = self._events[index] = AuditEvent.from_body(body, place)
        return event

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[AuditEvent]:
        for index in range(len(self._events)):
            yield self[index]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str) or not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(
            mine == theirs for mine, theirs in zip(self, other, strict=True)
        )

    def __repr__(self) -> str:
        return f"<{len(self)} events>"

    def bodies(self) -> Iterator[tuple[Place, str]]:
        """Yield place and stored body of each event, without decoding any."""
        for found in self._events:
            if not isinstance(found, AuditEvent):
                yield self._stored(found)
            elif found.place is not None:
                yield found.place, found.body


class StoredBatch(NamedTuple):
    """Events as they are stored, in the order of their numbers, none of them decoded.

    Attributes:
        log: The log's name.
        rows: Number, leaf hash and body of each event.
        reached: Number behind the last one that was looked at, whether it matches or not.
    """

    log: str
    rows: list[tuple[int, bytes, str]]
    reached: int


class Page(NamedTuple):
    """One page of an answer.

    Attributes:
        items: The events, in the order that was asked for.
        next_cursor: What to pass as ``cursor`` for the next page; None at the end.
    """

    items: Sequence[AuditEvent]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Facet:
    """How many events share one value.

    Attributes:
        value: The value; None for events without one.
        count: The number of events.
    """

    value: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many events occurred in one span of time.

    Attributes:
        start: When the span begins, in UTC; it ends where the next one begins.
        count: The number of events.
    """

    start: datetime
    count: int


class Version(NamedTuple):
    """What is known of a thing after one event.

    Attributes:
        number: The version's number, from 1; that of the first event about the thing.
        event: The event: who changed it, when, and what (`AuditEvent.changes`).
        state: The last value of each path that any event up to this one has changed; a path that
            was removed is left out.
    """

    number: int
    event: AuditEvent
    state: dict[str, Any]
