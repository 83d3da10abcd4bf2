"""When the events of a list occurred: spans of time, as many as fit beside each other."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from indelible.errors import QueryTimeoutError
from indelible.event import AuditEvent
from indelible.web.parameters import READS, Question, without_reads
from indelible.web.reader import Reader

if TYPE_CHECKING:
    from indelible.service import AuditService

__all__ = ["Bar", "Histogram", "histogram_of"]

_MOST_BARS: Final = 60
"""Most spans: each is a link, which a finger has to hit and the Tab key to pass."""

HEIGHTS: Final = 20
"""Heights that the style sheet has classes for."""

_LOOKS: Final = 20
"""Events at either end among which the first is looked for that is no look at the page."""

_WIDTHS: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 172_800,
        604_800, 1_209_600, 2_419_200, 4_838_400, 9_676_800, 19_353_600, 38_707_200,
    )
)  # fmt: skip
"""Lengths of spans, each of which people can name, or nearly."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One span.

    Attributes:
        start: When it begins, inclusive.
        stop: When it ends, exclusive.
        count: How many events occurred in it.
        height: How high to draw it, from 0 to `HEIGHTS`.
        address: The address of the list narrowed to it.
    """

    start: datetime
    stop: datetime
    count: int
    height: int
    address: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """The spans of a list.

    Attributes:
        bars: The spans in order of time.
        total: How many events there are in all of them.
        width: The length of a span.
    """

    bars: tuple[Bar, ...]
    total: int
    width: timedelta

    @property
    def most(self) -> int:
        """The number of events of the highest bar."""
        return max((bar.count for bar in self.bars), default=0)


def histogram_of(
    service: AuditService, reader: Reader, question: Question, seconds: float
) -> Histogram:
    """Return the histogram of a list's events.

    Args:
        service: The log.
        reader: Who asks.
        question: What the list shows.
        seconds: How long it may take.

    Raises:
        QueryTimeoutError: It takes longer.
        QueryError: A filter makes no sense.
        StorageError: The database failed.
    """
    deadline = time.monotonic() + seconds
    filters = reader.narrowed(dict(question.filters))
    ends = _ends(service, filters, deadline, hides_reads=question.hides_reads)
    if ends is None:
        return Histogram((), 0, _WIDTHS[0])
    first, last = ends
    width = _width(last - first)
    # What arrives meanwhile may be far from all that is there, and would not fit.
    filters |= {"since": first, "until": last + timedelta(microseconds=1)}
    counts = {
        bucket.start: bucket.count
        for bucket in service.histogram(bucket=width, timeout=_left(deadline), **filters)
    }
    if question.hides_reads:
        looks = {**filters, "action": READS}
        for bucket in service.histogram(bucket=width, timeout=_left(deadline), **looks):
            counts[bucket.start] = counts.get(bucket.start, 0) - bucket.count
    most = max(counts.values(), default=0)
    bars = tuple(
        _bar(start, width, count, most, question) for start, count in sorted(counts.items())
    )
    return Histogram(_trimmed(bars), sum(bar.count for bar in bars), width)


def _ends(
    service: AuditService, filters: Mapping[str, Any], deadline: float, *, hides_reads: bool
) -> tuple[datetime, datetime] | None:
    """Return the times of the first and the last event; None where there is none."""
    found = []
    # What has to be looked for in bodies may be far: its ends are then those of all the rest.
    near = {name: filters[name] for name in filters if name not in {"changed", "details"}}
    for order in ("oldest", "newest"):
        # Looks at the page are the newest events of a log that nobody else writes to just now.
        limit = _LOOKS if hides_reads else 1
        page = service.query(order=order, limit=limit, timeout=_left(deadline), **near)
        if not page.items:
            return None
        others = without_reads(page, hide=hides_reads)
        # Where all are looks, one of them is near enough.
        place, body = (others or without_reads(page, hide=False)[-1:])[0]
        found.append(AuditEvent.from_body(body, place).occurred_at)
    return min(found), max(found)


def _width(span: timedelta) -> timedelta:
    for width in _WIDTHS:
        # One more, for it rarely begins where a span does.
        if span / width <= _MOST_BARS - 1:
            return width
    return timedelta(seconds=-(-int(span.total_seconds()) // (_MOST_BARS - 1)))


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise QueryTimeoutError("timeout", 0, "the histogram takes longer")
    return left


def _bar(start: datetime, width: timedelta, count: int, most: int, question: Question) -> Bar:
    stop = start + width
    moments = question.moments
    since = max(start, moments.get("since", start))
    until = min(stop, moments.get("until", stop))
    # What is there at all can be seen, however little it is beside the rest.
    height = 0 if count <= 0 else max(1, round(count / most * HEIGHTS))
    query = question.query(since=_text(since), until=_text(until))
    return Bar(start, stop, max(count, 0), height, query)


def _trimmed(bars: tuple[Bar, ...]) -> tuple[Bar, ...]:
    """Return the bars from the first to the last that is not empty."""
    filled = [place for place, bar in enumerate(bars) if bar.count]
    return bars[filled[0] : filled[-1] + 1] if filled else ()


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
