"""``indelible facets``: events counted by what they share."""

from __future__ import annotations

from typing import Any

import click

from indelible.cli.filters import filter_options
from indelible.cli.output import format_option, wants_json, write_json
from indelible.cli.paging import Screen, pager_option
from indelible.cli.settings import Settings, database_options
from indelible.query import FACETS, MAX_LIMIT

__all__ = ["command"]


def _names(
    _ctx: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> tuple[str, ...]:
    """Return facets by name, with underscores as in Python or with hyphens as in options."""
    names = tuple(text.replace("-", "_") for text in given)
    for text, name in zip(given, names, strict=True):
        if name not in FACETS:
            raise click.BadParameter(f"{text!r} is not one of {', '.join(FACETS)}.")
    return names


def _complete_name(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    wanted = incomplete.replace("-", "_")
    return [name for name in FACETS if name.startswith(wanted)]


@click.command(name="facets")
@click.argument(
    "by",
    nargs=-1,
    required=True,
    callback=_names,
    shell_complete=_complete_name,
    metavar="BY...",
)
@filter_options
@click.option(
    "--limit",
    type=click.IntRange(1, MAX_LIMIT),
    default=20,
    show_default=True,
    help="The most values of each.",
)
@format_option
@pager_option
@database_options
def command(
    *,
    settings: Settings,
    by: tuple[str, ...],
    filters: dict[str, Any],
    limit: int,
    as_json: bool | None,
    no_pager: bool,
) -> None:
    """Count events by their actor, action or the like.

    BY is one or several of action, actor, actor_type, outcome, request_id, source_ip, target,
    target_type, tenant and trace_id. The most frequent values come first.

    As JSON Lines, each line is an object with the members by, value, which is null for events that
    have none, and count.
    """
    with settings.reader() as service:
        # All numbers are about the same events, though others are recorded meanwhile.
        size = service.size()
        filters["until_seq"] = min(size, filters.get("until_seq", size))
        total = service.count(**filters)
        counted = {name: service.facets(by=name, limit=limit, **filters) for name in by}
    if wants_json(as_json):
        from indelible.encoding import to_json

        for name, facets in counted.items():
            for facet in facets:
                members = {"by": name, "value": facet.value, "count": facet.count}
                write_json(to_json(members).decode())
        return
    from indelible.cli.charts import bars_table, facet_rows

    with Screen(no_pager=no_pager) as screen:
        for name, facets in counted.items():
            screen.heading(name.replace("_", " "))
            if facets:
                rows = facet_rows(facets, total)
                screen.print(bars_table(rows, screen.width, blocks=screen.blocks))
