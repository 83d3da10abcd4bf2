"""Looking for the events that match, a bounded statement at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

import msgspec

from indelible.errors import QueryTimeoutError
from indelible.event import Place
from indelible.query import Filters, FoundRow, Key, row_key
from indelible.storage.imports import imports

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from indelible.storage.criteria import Criteria
    from indelible.storage.reader import LogReader

    Reading = Callable[[float | None], AbstractContextManager[tuple[Connection, LogReader]]]

__all__ = ["Search", "criteria_of", "matches"]

_SCANNED: Final = 2_000
"""Events that one statement looks through for what no index leads to."""


class Search:
    """One walk through the events of a log in the order of their times.

    Args:
        reading: Gives a connection and a reader, for a read that may take so many seconds.
        filters: What events must match.
        newest: Whether the newest come first.
        behind: Behind which event to begin; None for the beginning.
        timeout: How long the walk may take, in seconds; None for any time.
        pruned: Told of each event that matches and was pruned; None to pass over them.

    Attributes:
        log: The log's name, once something was read.
        unfinished: How far it came before time was over; None if it came to the end, or was not
            asked to.
    """

    def __init__(
        self,
        reading: Reading,
        filters: Filters,
        *,
        newest: bool,
        behind: Key | None = None,
        timeout: float | None = None,
        pruned: Callable[[Place], None] | None = None,
    ) -> None:
        self._pruned = pruned
        self._reading = reading
        self._filters = filters
        self._newest = newest
        self._behind = behind
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self.log = ""
        self.unfinished: Key | None = None

    def batches(self, most: int = _SCANNED) -> Iterator[list[FoundRow]]:
        """Yield the events that match as their rows are stored, those of a statement at a time.

        Args:
            most: How many are wanted; no more than these are read where an index leads to them.

        Raises:
            QueryTimeoutError: Time was over before the first event was read.
        """
        criteria, behind = criteria_of(self._filters), self._behind
        content = self._filters.content
        # What no index leads to is looked for among many.
        limit = _SCANNED if content else most
        while True:
            left = None if self._deadline is None else self._deadline - time.monotonic()
            if left is not None and left <= 0 and behind is not self._behind:
                self.unfinished = behind
                return
            try:
                with self._reading(left) as (connection, reader):
                    rows = reader.page_rows(
                        connection,
                        criteria,
                        newest=self._newest,
                        behind=behind,
                        limit=limit,
                        words=reader.words(connection, self._filters.text, limit=limit),
                    )
                    self.log = reader.log
            except QueryTimeoutError:
                if behind is self._behind:
                    raise
                self.unfinished = behind
                return
            # Pruned events have no body, nor have those that do not hold a needle.
            found = [row for row in rows if row[3] is not None]
            if content:
                found = [row for row in found if matches(self._filters, row[3])]
            elif self._pruned is not None and len(found) < len(rows):
                for seq, _, leaf, body in rows:
                    if body is None:
                        self._pruned(Place(self.log, seq, bytes(leaf)))
            yield found
            if len(rows) < limit:
                return
            behind = row_key(rows[-1])


def criteria_of(filters: Filters) -> Criteria:
    """Return checked filters in terms of the tables."""
    with imports.lock:
        from indelible.storage.criteria import Condition, Criteria

    return Criteria(
        tuple([Condition(*choice) for choice in filters.choices]),
        filters.since,
        filters.until,
        filters.since_seq,
        filters.until_seq,
        tuple([part.needle for part in filters.content]),
        filters.text,
    )


def matches(filters: Filters, body: str) -> bool:
    """Tell whether a body that holds all needles holds them in the right places."""
    if not filters.content:
        return True
    members = msgspec.json.decode(body)
    return all(part.matches(members) for part in filters.content)
