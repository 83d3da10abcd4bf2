"""The questions that a log answers, whoever opens it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from indelible.body import checked_event_id
from indelible.event import Actor, AuditEvent, Target
from indelible.query import (
    DEFAULT_LIMIT,
    Filters,
    Page,
    checked_limit,
    read_cursor,
    write_cursor,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from indelible.storage.reader import Criteria, LogReader, StoredEvent

__all__ = ["LogReading"]


class LogReading(ABC):
    """Reads committed events; a subclass opens the database."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[tuple[Session, LogReader]]:
        """Give a session of the caller's own, and what reads the log with it."""

    def get(self, event_id: UUID | str) -> AuditEvent | None:
        """Return the committed event with an id, or None.

        Args:
            event_id: The event's id.

        Raises:
            InvalidEventError: It is no UUID.
            StorageError: The database failed.
        """
        wanted = checked_event_id(event_id)
        with self._reading() as (session, reader):
            stored = reader.get(session, wanted)
        return None if stored is None else _event(stored)

    def query(
        self,
        *,
        actor: str | Actor | None = None,
        action: str | None = None,
        target: str | Target | None = None,
        outcome: str | None = None,
        tenant: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page:
        """Return the newest committed events that match all filters, newest first.

        Args:
            actor: Who acted, as ``"type:id"`` or an `Actor`.
            action: What was done, exactly.
            target: What it was done to, as ``"type:id"`` or a `Target`.
            outcome: How it ended.
            tenant: The tenant concerned.
            since: Earliest ``occurred_at``, inclusive; an aware datetime.
            until: Latest ``occurred_at``, exclusive; an aware datetime.
            limit: Most events to return, 1 to 1,000.
            cursor: A page's `next_cursor`, to continue behind it; stable while events arrive.

        Raises:
            QueryError: A filter, the limit or the cursor makes no sense.
            StorageError: The database failed.
        """
        filters = Filters.checked(
            actor=actor,
            action=action,
            target=target,
            outcome=outcome,
            tenant=tenant,
            since=since,
            until=until,
        )
        most = checked_limit(limit)
        before = None if cursor is None else read_cursor(cursor, filters)
        with self._reading() as (session, reader):
            # One more than asked for tells whether there is a next page.
            stored = reader.newest(session, _criteria(filters), before=before, limit=most + 1)
        items = tuple(_event(event) for event in stored[:most] if event.body is not None)
        more = len(stored) > most
        return Page(items, write_cursor(stored[most - 1].place.seq, filters) if more else None)

    def count(
        self,
        *,
        actor: str | Actor | None = None,
        action: str | None = None,
        target: str | Target | None = None,
        outcome: str | None = None,
        tenant: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> int:
        """Return how many committed events match all filters, which are those of `query`.

        Raises:
            QueryError: A filter makes no sense.
            StorageError: The database failed.
        """
        filters = Filters.checked(
            actor=actor,
            action=action,
            target=target,
            outcome=outcome,
            tenant=tenant,
            since=since,
            until=until,
        )
        with self._reading() as (session, reader):
            return reader.count(session, _criteria(filters))


def _criteria(filters: Filters) -> Criteria:
    from indelible.storage.reader import Criteria

    names = ("actor", "action", "target", "outcome", "tenant")
    equal = {name: getattr(filters, name) for name in names}
    return Criteria(
        {name: value for name, value in equal.items() if value is not None},
        filters.since,
        filters.until,
    )


def _event(stored: StoredEvent) -> AuditEvent:
    if stored.body is None:
        raise AssertionError("a pruned event has no body to read")
    return AuditEvent.from_body(stored.body, stored.place)
