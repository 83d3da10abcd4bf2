"""Reading a log: single events, pages and counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from indelible.event import Place
from indelible.storage.schema import Tables

__all__ = ["Criteria", "LogReader", "StoredEvent"]


class StoredEvent(NamedTuple):
    """An event's body and place, as they are stored.

    Attributes:
        place: Where it stands.
        body: Its text; None when it was pruned.
    """

    place: Place
    body: str | None


class Criteria(NamedTuple):
    """What a reader selects by.

    Attributes:
        equal: Column names with the values that they must have.
        since: Earliest ``occurred_at``, inclusive, as RFC 3339 text in UTC, or None.
        until: Latest ``occurred_at``, exclusive, likewise.
    """

    equal: dict[str, str]
    since: str | None
    until: str | None


class LogReader:
    """Reads one log; safe to use from several threads, each with a session of its own.

    Args:
        tables: The tables.
        origin: The log's name.
    """

    def __init__(self, tables: Tables, origin: str) -> None:
        self._event = tables.event
        self._origin = origin
        self._log_id = (
            select(tables.log.c.log_id).where(tables.log.c.origin == origin).scalar_subquery()
        )

    def get(self, session: Session, event_id: str) -> StoredEvent | None:
        """Return the event with an id, or None."""
        event = self._event.c
        wanted = self._select().where(event.event_id == event_id, event.log_id == self._log_id)
        found = session.execute(wanted).one_or_none()
        return None if found is None else self._stored(found)

    def newest(
        self, session: Session, criteria: Criteria, *, before: int | None, limit: int
    ) -> list[StoredEvent]:
        """Return the newest events that match, newest first.

        Args:
            session: A session of the calling thread's own.
            criteria: What they match.
            before: Only events numbered below this; None for all.
            limit: Most events to return.
        """
        event = self._event.c
        wanted = self._select().where(*self._conditions(criteria))
        if before is not None:
            wanted = wanted.where(event.seq < before)
        wanted = wanted.order_by(event.seq.desc()).limit(limit)
        return [self._stored(row) for row in session.execute(wanted)]

    def count(self, session: Session, criteria: Criteria) -> int:
        """Return how many events match."""
        wanted = select(func.count()).select_from(self._event).where(*self._conditions(criteria))
        return session.execute(wanted).scalar_one()

    def _select(self) -> Select[Any]:
        event = self._event.c
        return select(event.seq, event.leaf_hash, event.body)

    def _conditions(self, criteria: Criteria) -> Sequence[ColumnElement[bool]]:
        event = self._event.c
        conditions = [event.log_id == self._log_id]
        conditions += [event[name] == value for name, value in criteria.equal.items()]
        if criteria.since is not None:
            conditions.append(event.occurred_at >= _moment(criteria.since))
        if criteria.until is not None:
            conditions.append(event.occurred_at < _moment(criteria.until))
        return conditions

    def _stored(self, row: Any) -> StoredEvent:
        return StoredEvent(Place(self._origin, row.seq, bytes(row.leaf_hash)), row.body)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
