"""Numbers of events as bars that fit the width of a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from indelible.query import Bucket, Facet
from indelible.visible import visible

__all__ = ["Row", "bars_table", "facet_rows", "fitting_span", "histogram_rows", "span_name"]

_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
"""From nothing to a whole cell."""

_SHORTEST_BAR: Final = 10
"""Cells that are left for bars, however long the labels are."""

_INDENT: Final = 2
_GAP: Final = 2

_MOST_SPANS: Final = 24
"""Spans of a histogram whose length nobody has chosen: with the rest they fit on a screen."""

_WEEK: Final = timedelta(weeks=1)
_SPANS: Final = (
    *(timedelta(seconds=number) for number in (1, 5, 15)),
    *(timedelta(minutes=number) for number in (1, 5, 15)),
    *(timedelta(hours=number) for number in (1, 3, 6, 12)),
    timedelta(days=1),
    *(number * _WEEK for number in (1, 4, 13, 52)),
)
"""Lengths of spans that people count time in."""


class Row(NamedTuple):
    """One bar.

    Attributes:
        label: What is counted.
        number: The number of events.
        style: A rich style for the label.
        bar: Whether there is a bar. One for all the rest would leave none to compare.
    """

    label: str
    number: int
    style: str = ""
    bar: bool = True


def bars_table(rows: Sequence[Row], width: int, *, blocks: bool = True) -> Table:
    """Return rows of label, number and a bar; the longest bar reaches the right edge.

    Args:
        rows: At least one row.
        width: The terminal's width in columns.
        blocks: Whether the terminal's encoding has block characters.
    """
    most = max([1, *(row.number for row in rows if row.bar)])
    numbers = max(len(f"{row.number:,}") for row in rows)
    around = _INDENT + 2 * _GAP + numbers
    longest = max(cell_len(row.label) for row in rows)
    labels = max(1, min(longest, width - around - max(_SHORTEST_BAR, width // 4)))
    table = Table.grid(padding=0)
    table.add_column(width=_INDENT)
    table.add_column(overflow="fold", width=labels)
    table.add_column(justify="right", no_wrap=True, width=numbers + _GAP)
    table.add_column(width=_GAP)
    table.add_column(no_wrap=True)
    for row in rows:
        length = row.number / most * max(1, width - around - labels)
        bar = _bar(length, blocks=blocks) if row.bar and row.number else ""
        number = Text(f"{row.number:,}")
        table.add_row("", Text(row.label, row.style), number, "", Text(bar, "cyan"))
    return table


def _bar(length: float, *, blocks: bool) -> str:
    # However few there are, they are not none.
    if not blocks:
        return "#" * max(1, round(length))
    whole, eighths = divmod(max(1, round(length * 8)), 8)
    return _EIGHTHS[8] * whole + (_EIGHTHS[eighths] if eighths else "")


def facet_rows(facets: Sequence[Facet], total: int | None = None) -> list[Row]:
    """Return a row for each value.

    Args:
        facets: The values.
        total: All events, for a row that says how many have other values; None for no such row.
    """
    rows = [
        Row("(none)", facet.count, "dim")
        if facet.value is None
        else Row(visible(facet.value), facet.count)
        for facet in facets
    ]
    others = 0 if total is None else total - sum(facet.count for facet in facets)
    if others > 0:
        rows.append(Row("(others)", others, "dim", bar=False))
    return rows


def histogram_rows(buckets: Sequence[Bucket], span: timedelta) -> list[Row]:
    """Return a row for each span of time."""
    if span % timedelta(days=1) == timedelta():
        form = "%Y-%m-%d"
    elif span % timedelta(minutes=1) == timedelta():
        form = "%Y-%m-%d %H:%M"
    else:
        form = "%Y-%m-%d %H:%M:%S"
    return [Row(_formatted(bucket.start, form), bucket.count) for bucket in buckets]


def _formatted(moment: datetime, form: str) -> str:
    # strftime leaves out the zeros before a year of less than four digits.
    return moment.strftime(form.replace("%Y", f"{moment.year:04}"))


def fitting_span(first: datetime, last: datetime) -> timedelta:
    """Return the length of a histogram's spans with which it fits on a screen."""
    for span in _SPANS:
        # One more, because the first span begins before the first event.
        if (last - first) // span + 2 <= _MOST_SPANS:
            return span
    span = _SPANS[-1]
    while (last - first) // span + 2 > _MOST_SPANS:
        span *= 2
    return span


def span_name(span: timedelta) -> str:
    """Return the length of a span as people say it, such as ``15 minutes``."""
    for name in ("weeks", "days", "hours", "minutes"):
        unit = timedelta(**{name: 1})
        if span % unit == timedelta():
            return name[:-1] if span == unit else f"{span // unit:,} {name}"
    seconds = span // timedelta(seconds=1)
    return "second" if seconds == 1 else f"{seconds:,} seconds"
