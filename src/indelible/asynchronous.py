"""The questions for programs on an event loop: each is asked in a thread of its own.

Database drivers block, so that an event loop must not call them; `asyncio.to_thread` does, and
carries context variables along.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Collection, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, TypeVar, Unpack
from uuid import UUID

from indelible.event import Actor, AuditEvent, Target
from indelible.following import LogFollowing
from indelible.query import DEFAULT_LIMIT, Bucket, Facet, FilterArguments, Page, Version

__all__ = ["AsyncReading"]

_T = TypeVar("_T")

_POLL_SECONDS: Final = 1.0


class AsyncReading(LogFollowing):
    """The twins of all questions, each named as its original with an ``a`` in front."""

    async def aget(self, event_id: UUID | str) -> AuditEvent | None:
        """Return the committed event with an id, or None; see `get`."""
        return await asyncio.to_thread(self.get, event_id)

    async def aat(self, seq: int) -> AuditEvent | None:
        """Return the committed event with a number in the log, or None; see `at`."""
        return await asyncio.to_thread(self.at, seq)

    async def asize(self) -> int:
        """Return the number of committed events in the log; see `size`."""
        return await asyncio.to_thread(self.size)

    async def aquery(
        self,
        *,
        order: str = "newest",
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
        timeout: float | None = None,
        **filters: Unpack[FilterArguments],
    ) -> Page:
        """Return the committed events that match all filters, a page at a time; see `query`."""
        return await asyncio.to_thread(
            self.query, order=order, limit=limit, cursor=cursor, timeout=timeout, **filters
        )

    async def acount(
        self, *, timeout: float | None = None, **filters: Unpack[FilterArguments]
    ) -> int:
        """Return how many committed events match all filters; see `count`."""
        return await asyncio.to_thread(self.count, timeout=timeout, **filters)

    async def afacets(
        self,
        *,
        by: str,
        limit: int = 20,
        timeout: float | None = None,
        **filters: Unpack[FilterArguments],
    ) -> tuple[Facet, ...]:
        """Return the most frequent values of one property; see `facets`."""
        return await asyncio.to_thread(self.facets, by=by, limit=limit, timeout=timeout, **filters)

    async def ahistogram(
        self,
        *,
        bucket: str | timedelta,
        timeout: float | None = None,
        **filters: Unpack[FilterArguments],
    ) -> tuple[Bucket, ...]:
        """Return how many events occurred in each span of time; see `histogram`."""
        return await asyncio.to_thread(self.histogram, bucket=bucket, timeout=timeout, **filters)

    async def atimeline(
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
        """Return what an actor did, a page at a time; see `timeline`."""
        return await asyncio.to_thread(
            self.timeline,
            actor,
            order=order,
            limit=limit,
            cursor=cursor,
            timeout=timeout,
            **filters,
        )

    async def ahistory(
        self,
        target: str | Target,
        *,
        order: str = "oldest",
        limit: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        tenant: str | Collection[str] | None = None,
    ) -> AsyncIterator[Version]:
        """Yield the versions of one thing; see `history`."""
        versions = await asyncio.to_thread(
            self.history,
            target,
            order=order,
            limit=limit,
            since=since,
            until=until,
            tenant=tenant,
        )
        async for version in _in_threads(versions):
            yield version

    async def astream(
        self,
        *,
        after: int | None = None,
        follow: bool = True,
        poll: float = _POLL_SECONDS,
        **filters: Unpack[FilterArguments],
    ) -> AsyncIterator[AuditEvent]:
        """Yield the events that match in the order of their numbers, and wait; see `stream`.

        It ends when the iteration is given up or its task is cancelled.
        """
        stop = threading.Event()
        try:
            batches = self.stream_batches(
                after=after, follow=follow, poll=poll, stop=stop, **filters
            )
            async for batch in _in_threads(batches):
                for event in batch:
                    yield event
        finally:
            # The thread that waits for new events ends with the one who asked for them.
            stop.set()


async def _in_threads(items: Iterator[_T]) -> AsyncIterator[_T]:
    """Yield what an iterator yields, taking each from it in a thread."""

    def take() -> list[_T]:
        return list(islice(items, 1))

    while taken := await asyncio.to_thread(take):
        yield taken[0]
