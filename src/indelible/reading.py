"""The questions that a log answers, whoever opens it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Unpack
from uuid import UUID

from indelible.body import checked_event_id
from indelible.columns import column_text
from indelible.encoding import ValueEncoder
from indelible.errors import QueryError, QueryTimeoutError
from indelible.event import AuditEvent
from indelible.query import (
    DEFAULT_LIMIT,
    MAX_BUCKETS,
    Bucket,
    Events,
    Facet,
    FilterArguments,
    Filters,
    FoundRow,
    Page,
    checked_bucket,
    checked_facet,
    checked_limit,
    checked_order,
    checked_timeout,
    read_cursor,
    row_key,
    write_cursor,
)
from indelible.search import Search, criteria_of
from indelible.storage.imports import imports

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from indelible.storage.reader import LogReader, StoredEvent

__all__ = ["LogReading"]


class LogReading(ABC):
    """Reads committed events; a subclass opens the database.

    Each statement is a transaction of its own, and none reads more than a page or a count, so that
    no reader keeps the database from cleaning up.
    """

    @abstractmethod
    def _reading(
        self, timeout: float | None = None
    ) -> AbstractContextManager[tuple[Connection, LogReader]]:
        """Give a connection of the caller's own, and what reads the log with it."""

    @abstractmethod
    def _filter_values(self) -> ValueEncoder:
        """Return how values are written into bodies, for filters on them."""

    def get(self, event_id: UUID | str) -> AuditEvent | None:
        """Return the committed event with an id, or None.

        Args:
            event_id: The event's id.

        Raises:
            InvalidEventError: It is no UUID.
            StorageError: The database failed.
        """
        wanted = checked_event_id(event_id)
        with self._reading() as (connection, reader):
            return _decoded(reader.get(connection, wanted))

    def at(self, seq: int) -> AuditEvent | None:
        """Return the committed event with a number in the log, or None.

        Args:
            seq: The event's number, from 0.

        Raises:
            QueryError: It is no whole number from 0.
            StorageError: The database failed.
        """
        filters = Filters.checked({"since_seq": seq})
        if filters.since_seq is None:
            raise QueryError("seq", seq, "pass a whole number from 0")
        with self._reading() as (connection, reader):
            return _decoded(reader.at(connection, filters.since_seq))

    def size(self) -> int:
        """Return the number of committed events in the log, pruned ones included.

        Raises:
            StorageError: The database failed.
        """
        with self._reading() as (connection, reader):
            return reader.size(connection)

    def query(
        self,
        *,
        order: str = "newest",
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
        timeout: float | None = None,
        **filters: Unpack[FilterArguments],
    ) -> Page:
        """Return the committed events that match all filters, a page at a time.

        Events are ordered by the time at which they occurred, and those of the same microsecond by
        their number in the log.

        Args:
            order: ``"newest"`` or ``"oldest"``, for what comes first.
            limit: Most events to return, 1 to 1,000.
            cursor: A page's `next_cursor`, to continue behind it; stable while events arrive.
            timeout: How long to look, in seconds; None for any time. Filters on what no index
                leads to, `changed` and `details`, may take long: the page then holds what was
                found so far, perhaps nothing, and a cursor to go on.
            **filters: See `FilterArguments`.

        Raises:
            QueryError: A filter, the limit or the cursor makes no sense.
            QueryTimeoutError: The database did not answer in time.
            StorageError: The database failed.
        """
        newest = checked_order(order)
        wanted = self._filters(filters)
        most = checked_limit(limit)
        behind = None if cursor is None else read_cursor(cursor, wanted, newest=newest)
        search = Search(
            self._reading, wanted, newest=newest, behind=behind, timeout=checked_timeout(timeout)
        )
        # One more than asked for tells whether there is a next page.
        found: list[FoundRow] = []
        for batch in search.batches(most + 1):
            found += batch
            if len(found) > most:
                break
        items = Events.of_rows(search.log, found[:most])
        reached = row_key(found[most - 1]) if len(found) > most else search.unfinished
        following = None if reached is None else write_cursor(reached, wanted, newest=newest)
        return Page(items, following)

    def count(self, *, timeout: float | None = None, **filters: Unpack[FilterArguments]) -> int:
        """Return how many committed events match all filters.

        Args:
            timeout: How long it may take, in seconds; None for any time.
            **filters: See `FilterArguments`.

        Raises:
            QueryError: A filter makes no sense.
            QueryTimeoutError: The time is over.
            StorageError: The database failed.
        """
        wanted, limit = self._filters(filters), checked_timeout(timeout)
        if wanted.content:
            return sum(1 for _ in self._matching(wanted, limit))
        with self._reading(limit) as (connection, reader):
            return reader.count(
                connection, criteria_of(wanted), reader.words(connection, wanted.text)
            )

    def facets(
        self,
        *,
        by: str,
        limit: int = 20,
        timeout: float | None = None,
        **filters: Unpack[FilterArguments],
    ) -> tuple[Facet, ...]:
        """Return the most frequent values of one property, with the number of events of each.

        Args:
            by: What to count by, such as ``"action"``; see `indelible.query.FACETS`.
            limit: Most values to return, 1 to 1,000.
            timeout: How long it may take, in seconds; None for any time.
            **filters: See `FilterArguments`.

        Raises:
            QueryError: A filter, or what to count by, makes no sense.
            QueryTimeoutError: The time is over.
            StorageError: The database failed.
        """
        name, most = checked_facet(by), checked_limit(limit)
        wanted, seconds = self._filters(filters), checked_timeout(timeout)
        if wanted.content:
            counts = Counter(_facet(name, event) for event in self._matching(wanted, seconds))
            ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0] or ""))
            return tuple(Facet(*item) for item in ordered[:most])
        with self._reading(seconds) as (connection, reader):
            words = reader.words(connection, wanted.text)
            found = reader.facets(connection, criteria_of(wanted), name, most, words)
        return tuple(Facet(*item) for item in found)

    def histogram(
        self,
        *,
        bucket: str | timedelta,
        timeout: float | None = None,
        **filters: Unpack[FilterArguments],
    ) -> tuple[Bucket, ...]:
        """Return how many events occurred in each span of time, from the first to the last event.

        Args:
            bucket: The length of a span: ``"minute"``, ``"hour"``, ``"day"``, ``"week"``, or a
                timedelta of whole seconds. Spans are counted in UTC; weeks begin on Mondays.
            timeout: How long it may take, in seconds; None for any time.
            **filters: See `FilterArguments`.

        Returns:
            The spans in order of time, empty ones between others included.

        Raises:
            QueryError: A filter makes no sense, or there would be more than 10,000 spans.
            QueryTimeoutError: The time is over.
            StorageError: The database failed.
        """
        with imports.lock:
            from indelible.storage.statements import span_number, span_start

        seconds = int(checked_bucket(bucket).total_seconds())
        wanted, allowed = self._filters(filters), checked_timeout(timeout)
        if wanted.content:
            counts = dict(
                Counter(
                    span_number(event.occurred_at, seconds)
                    for event in self._matching(wanted, allowed)
                )
            )
        else:
            with self._reading(allowed) as (connection, reader):
                words = reader.words(connection, wanted.text)
                counts = dict(
                    reader.histogram(
                        connection, criteria_of(wanted), seconds, MAX_BUCKETS + 1, words
                    )
                )
        if not counts:
            return ()
        first, last = min(counts), max(counts)
        if last - first >= MAX_BUCKETS:
            raise QueryError(
                "bucket",
                bucket,
                f"there would be more than {MAX_BUCKETS:,} spans; take longer ones, or narrow the "
                "time by since and until",
            )
        return tuple(
            Bucket(span_start(number, seconds), counts.get(number, 0))
            for number in range(first, last + 1)
        )

    def _filters(self, arguments: Mapping[str, Any]) -> Filters:
        return Filters.checked(arguments, values=self._filter_values())

    def _matching(self, filters: Filters, timeout: float | None) -> Iterator[AuditEvent]:
        """Yield all events that match, each page read in a transaction of its own."""
        search = Search(self._reading, filters, newest=False, timeout=timeout)
        for batch in search.batches():
            yield from Events.of_rows(search.log, batch)
        if search.unfinished is not None:
            raise QueryTimeoutError(
                "timeout", timeout, "the answer takes longer. Narrow the filters, or allow more"
            )


def _decoded(stored: StoredEvent | None) -> AuditEvent | None:
    if stored is None or stored.body is None:
        return None
    return AuditEvent.from_body(stored.body, stored.place)


def _facet(by: str, event: AuditEvent) -> str | None:
    """Return what an event is counted under, as its column says it."""
    named = getattr(event, by.removesuffix("_type"))
    if named is None:
        return None
    return column_text(named.type if by.endswith("_type") else str(named))
