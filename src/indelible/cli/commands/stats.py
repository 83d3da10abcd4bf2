"""``indelible stats``: how many events there are, of what, and when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from indelible.cli.exit_codes import ExitCode
from indelible.cli.failures import CommandError
from indelible.cli.filters import filter_options
from indelible.cli.output import format_option, wants_json, write_json
from indelible.cli.paging import Screen, pager_option
from indelible.cli.settings import Settings, database_options
from indelible.query import BUCKETS, MAX_BUCKETS, MAX_LIMIT, Bucket, Facet
from indelible.timewords import parse_span

if TYPE_CHECKING:
    from indelible.service import AuditService

__all__ = ["command"]

_FACETS: Final = ("outcome", "action", "actor")


def _span(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> timedelta | None:
    """Return the length of time that a name, or a number with a unit, stands for."""
    if text is None:
        return None
    word = text.strip().lower()
    try:
        span = BUCKETS.get(word) or parse_span(word)
    except OverflowError:
        span = None
    if not span:
        raise click.BadParameter(
            f"{text!r} is no length of time. Write {', '.join(BUCKETS)}, or for example 15m, 6h, "
            "2d, 4w."
        )
    return span


def _complete_span(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in BUCKETS if name.startswith(incomplete)]


class _Stats(NamedTuple):
    """What was counted.

    Attributes:
        total: All events that match.
        first: When the first of them occurred; None if there is none.
        last: When the last one occurred.
        facets: The most frequent values of some properties.
        span: The length of the histogram's spans.
        histogram: The events in each span.
    """

    total: int
    first: datetime | None
    last: datetime | None
    facets: dict[str, tuple[Facet, ...]]
    span: timedelta | None
    histogram: tuple[Bucket, ...]


@click.command(name="stats")
@filter_options
@click.option(
    "--bucket",
    callback=_span,
    shell_complete=_complete_span,
    metavar="SPAN",
    help="How much time each bar of the histogram stands for: minute, hour, day, week, or 15m, 6h, "
    "2d, 4w.  [default: what fits on a screen]",
)
@click.option(
    "--top",
    type=click.IntRange(1, MAX_LIMIT),
    default=10,
    show_default=True,
    help="The most actions and actors to name.",
)
@format_option
@pager_option
@database_options
def command(
    *,
    settings: Settings,
    filters: dict[str, Any],
    bucket: timedelta | None,
    top: int,
    as_json: bool | None,
    no_pager: bool,
) -> None:
    """Show how many events there are, of what, and when.

    Counted are all events that match, by outcome, action and actor, and over time. Spans of time
    are counted in UTC; weeks begin on Mondays.

    As JSON, it is one object with the members total; first and last, the times of the first and
    the last event; outcome, action and actor, each a list of value and count, the most frequent
    first; bucket_seconds; and histogram, a list of start and count.
    """
    with settings.reader() as service:
        stats = _counted(service, filters, bucket, top)
    if wants_json(as_json):
        from indelible.encoding import to_json

        write_json(to_json(_members(stats)).decode())
    else:
        with Screen(no_pager=no_pager) as screen:
            _show(screen, stats)


def _counted(
    service: AuditService, filters: dict[str, Any], bucket: timedelta | None, top: int
) -> _Stats:
    from indelible.cli.charts import fitting_span

    # All numbers are about the same events, though others are recorded meanwhile.
    size = service.size()
    filters["until_seq"] = min(size, filters.get("until_seq", size))
    total = service.count(**filters)
    if not total:
        return _Stats(0, None, None, dict.fromkeys(_FACETS, ()), bucket, ())
    facets = {name: service.facets(by=name, limit=top, **filters) for name in _FACETS}
    first, last = (
        service.query(order=order, limit=1, **filters).items[0].occurred_at
        for order in ("oldest", "newest")
    )
    span = bucket or fitting_span(first, last)
    if (last - first) // span >= MAX_BUCKETS:
        raise CommandError(
            f"--bucket: the histogram would have more than {MAX_BUCKETS:,} bars; take longer "
            "spans, or narrow the time by --since and --until",
            ExitCode.USAGE,
        )
    histogram = service.histogram(bucket=span, **filters)
    return _Stats(total, first, last, facets, span, histogram)


def _members(stats: _Stats) -> dict[str, object]:
    from indelible.moments import utc_text

    def moment(value: datetime | None) -> str | None:
        return None if value is None else utc_text("time", value)

    return {
        "total": stats.total,
        "first": moment(stats.first),
        "last": moment(stats.last),
        **{
            name: [{"value": facet.value, "count": facet.count} for facet in facets]
            for name, facets in stats.facets.items()
        },
        "bucket_seconds": None if stats.span is None else stats.span // timedelta(seconds=1),
        "histogram": [
            {"start": f"{bucket.start:%Y-%m-%dT%H:%M:%SZ}", "count": bucket.count}
            for bucket in stats.histogram
        ],
    }


def _show(screen: Screen, stats: _Stats) -> None:
    from rich.text import Text

    from indelible.cli.charts import bars_table, facet_rows, histogram_rows, span_name
    from indelible.cli.tables import moment_text

    heading = Text(f"{stats.total:,} {'event' if stats.total == 1 else 'events'}", "bold")
    if stats.first is None or stats.last is None or stats.span is None:
        screen.print(heading)
        return
    first, last = (moment_text(moment, "seconds") for moment in (stats.first, stats.last))
    screen.print(heading.append(f" from {first} to {last} (UTC)", "not bold"))
    for name, facets in stats.facets.items():
        screen.heading(name)
        rows = facet_rows(facets, stats.total)
        screen.print(bars_table(rows, screen.width, blocks=screen.blocks))
    screen.heading(f"each {span_name(stats.span)} (UTC)")
    rows = histogram_rows(stats.histogram, stats.span)
    screen.print(bars_table(rows, screen.width, blocks=screen.blocks))
