"""``indelible list``: the events that match."""

from __future__ import annotations

from typing import Any

import click

from indelible.cli.filters import filter_options
from indelible.cli.output import event_line, format_option, wants_json, write_json
from indelible.cli.pages import Pages
from indelible.cli.paging import Screen, pager_option
from indelible.cli.settings import Settings, database_options

__all__ = ["command"]


@click.command(name="list")
@filter_options
@click.option(
    "--order",
    type=click.Choice(["newest", "oldest"]),
    default="newest",
    show_default=True,
    help="What comes first.",
)
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="The most to list."
)
@click.option("--cursor", metavar="TEXT", help="Where to go on, as a former list said.")
@format_option
@pager_option
@database_options
def command(
    *,
    settings: Settings,
    filters: dict[str, Any],
    order: str,
    limit: int,
    cursor: str | None,
    as_json: bool | None,
    no_pager: bool,
) -> None:
    """List events, newest first.

    As JSON Lines, each line is an object with the members log, seq, leaf_hash and event, which is
    the event's body exactly as stored. When there are more events than listed, the last line on
    standard error says with which cursor to go on.
    """
    with settings.reader() as service:
        pages = Pages(service, filters, limit, order=order, cursor=cursor)
        if wants_json(as_json):
            for event in pages:
                write_json(event_line(event))
        else:
            from indelible.cli.tables import events_table

            with Screen(no_pager=no_pager) as screen:
                screen.print(events_table(pages, screen.width))
    if pages.cursor is not None:
        click.echo(f"There are more: --cursor {pages.cursor}", err=True)
