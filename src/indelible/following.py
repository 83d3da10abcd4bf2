"""One thing's history, one actor's timeline, and the log as it grows."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, Final, Unpack

from indelible.changes import Change, Missing
from indelible.errors import QueryError
from indelible.event import Actor, AuditEvent, Place, Target
from indelible.query import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    Events,
    FilterArguments,
    Page,
    StoredBatch,
    Version,
    checked_order,
)
from indelible.reading import LogReading
from indelible.search import criteria_of, matches

__all__ = ["LogFollowing"]

_POLL_SECONDS: Final = 1.0
"""How often to look for new events, in seconds, unless asked otherwise."""


class LogFollowing(LogReading):
    """The questions whose answers are told in order."""

    def history(
        self,
        target: str | Target,
        *,
        order: str = "oldest",
        limit: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        tenant: str | Collection[str] | None = None,
    ) -> Iterator[Version]:
        """Return the versions of one thing: what each event changed, and what was known after it.

        Args:
            target: The thing, as ``"type:id"`` or a `Target`.
            order: ``"oldest"`` or ``"newest"``, for what comes first. The newest first takes the
                memory of as many versions as are asked for.
            limit: Most versions to return; None for all.
            since: Earliest ``occurred_at`` of the versions to return, inclusive; earlier events
                still count for the state.
            until: Latest ``occurred_at``, exclusive.
            tenant: The tenant concerned, one or several.

        Raises:
            QueryError: An argument makes no sense.
            StorageError: The database failed.
        """
        newest = checked_order(order)
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int)):
            raise QueryError("limit", limit, "pass a whole number from 1, or None for all")
        if limit is not None and limit < 1:
            raise QueryError("limit", limit, "pass a whole number from 1, or None for all")
        # Checked now, and not when the first version is asked for.
        self._filters({"target": target, "since": since, "until": until, "tenant": tenant})
        versions = self._versions(target, since, until, tenant)
        if newest:
            return iter(reversed(deque(versions, maxlen=limit)))
        return versions if limit is None else islice(versions, limit)

    def _versions(
        self,
        target: str | Target,
        since: datetime | None,
        until: datetime | None,
        tenant: str | Collection[str] | None,
    ) -> Iterator[Version]:
        state: dict[str, Any] = {}
        number = 0
        cursor: str | None = None
        while True:
            page = self.query(
                target=target,
                tenant=tenant,
                until=until,
                order="oldest",
                limit=MAX_LIMIT,
                cursor=cursor,
            )
            for event in page.items:
                number += 1
                for path, change in event.changes.items():
                    state = _changed(state, _steps(path), change)
                if since is None or event.occurred_at >= since:
                    yield Version(number, event, state)
            cursor = page.next_cursor
            if cursor is None:
                return

    def timeline(
        self,
        actor: str | Actor,
        /,
        *,
        order: str = "newest",
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
        timeout: float | None = None,
        **filters: Unpack[FilterArguments],
    ) -> Page:
        """Return what an actor did, a page at a time.

        Args:
            actor: The actor, as ``"type:id"`` or an `Actor`.
            order: As for `query`, like all that follow.
            limit: Most events to return, 1 to 1,000.
            cursor: A page's `next_cursor`.
            timeout: How long to look, in seconds; None for any time.
            **filters: See `FilterArguments`; there is no second ``actor``.

        Raises:
            QueryError: An argument makes no sense.
            QueryTimeoutError: The database did not answer in time.
            StorageError: The database failed.
        """
        if filters.get("actor") is not None:
            raise QueryError(
                "actor", filters["actor"], "it is given already, as the first argument"
            )
        filters["actor"] = actor
        return self.query(order=order, limit=limit, cursor=cursor, timeout=timeout, **filters)

    def stream(
        self,
        *,
        after: int | None = None,
        follow: bool = True,
        poll: float = _POLL_SECONDS,
        stop: threading.Event | None = None,
        **filters: Unpack[FilterArguments],
    ) -> Iterator[AuditEvent]:
        """Yield the events that match in the order of their numbers, and wait for new ones.

        Numbers are given in the order of commits, so no event can appear behind one that was
        yielded: whoever keeps the number of the last event handled can go on there, after a crash
        too, without missing or repeating one.

        Args:
            after: Number of the last event handled; None for the beginning of the log.
            follow: Whether to wait for new events; otherwise it ends with those that are committed
                now.
            poll: How often to look for new events, in seconds.
            stop: Set it from another thread to end the iteration.
            **filters: See `FilterArguments`.

        Raises:
            QueryError: An argument makes no sense.
            StorageError: The database failed; what was yielded stays valid, go on with `after`.
        """
        batches = self.stream_batches(after=after, follow=follow, poll=poll, stop=stop, **filters)
        return (event for batch in batches for event in batch)

    def stream_batches(
        self,
        *,
        after: int | None = None,
        follow: bool = True,
        poll: float = _POLL_SECONDS,
        stop: threading.Event | None = None,
        **filters: Unpack[FilterArguments],
    ) -> Iterator[Events]:
        """Yield what `stream` does in batches of at most 1,000, decoded when they are looked at.

        For shipping to elsewhere: `Events.bodies` gives the stored text as it is.

        Args:
            after: As for `stream`, like all that follow.
            follow: Whether to wait for new events.
            poll: How often to look for new events, in seconds.
            stop: Set it from another thread to end the iteration.
            **filters: See `FilterArguments`.
        """
        batches = self.stream_stored(after=after, follow=follow, poll=poll, stop=stop, **filters)
        return (
            Events((Place(batch.log, seq, leaf), body) for seq, leaf, body in batch.rows)
            for batch in batches
            if batch.rows
        )

    def stream_stored(
        self,
        *,
        after: int | None = None,
        follow: bool = True,
        poll: float = _POLL_SECONDS,
        stop: threading.Event | None = None,
        **filters: Unpack[FilterArguments],
    ) -> Iterator[StoredBatch]:
        """Yield what `stream` does as it is stored, in batches of at most 1,000.

        The fastest way through a whole log, and one that tells how far it has come: a batch is
        yielded for each read, even when nothing in it matches.

        Args:
            after: As for `stream`, like all that follow.
            follow: Whether to wait for new events.
            poll: How often to look for new events, in seconds.
            stop: Set it from another thread to end the iteration.
            **filters: See `FilterArguments`.
        """
        wanted = self._filters(filters)
        if wanted.text is not None:
            raise QueryError("text", wanted.text, "a stream has no search; leave it out")
        first = 0 if after is None else after + 1
        # Checked as every number is.
        self._filters({"since_seq": first})
        if not poll > 0:
            raise QueryError("poll", poll, "pass seconds above 0")
        return self._batches(wanted, first, poll if follow else None, stop or threading.Event())

    def _batches(
        self, filters: Any, first: int, poll: float | None, stop: threading.Event
    ) -> Iterator[StoredBatch]:
        criteria = criteria_of(filters)
        following, end = max(first, criteria.first or 0), None
        while not stop.is_set():
            with self._reading() as (connection, reader):
                if end is None or following >= end:
                    size = reader.size(connection)
                    if poll is None and end is not None:
                        return
                    end = size if criteria.stop is None else min(size, criteria.stop)
                last = min(end, following + MAX_LIMIT)
                rows = reader.span_rows(
                    connection, criteria, first=following, stop=last, limit=MAX_LIMIT
                )
                log = reader.log
            # Without a body: pruned, or without the needles that the filters look for.
            stored = [(seq, bytes(leaf), body) for seq, _, leaf, body in rows if body is not None]
            if filters.content:
                stored = [row for row in stored if matches(filters, row[2])]
            if last > following:
                following = last
                yield StoredBatch(log, stored, following)
            if following >= end:
                if poll is None or end == criteria.stop:
                    return
                stop.wait(poll)


def _steps(path: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")]


def _changed(state: dict[str, Any], steps: list[str], change: Change) -> dict[str, Any]:
    """Return a state with one change applied; what it shares with the old one is never altered."""
    step, *below = steps
    out = dict(state)
    if below:
        inner = state.get(step)
        out[step] = _changed(inner if isinstance(inner, dict) else {}, below, change)
    elif isinstance(change.after, Missing):
        out.pop(step, None)
    else:
        out[step] = change.after
    return out
