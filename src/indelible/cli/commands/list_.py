"""``indelible list``: events, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import click

from indelible.cli.filters import filter_options
from indelible.cli.output import console, event_line, format_option, wants_json, write_json
from indelible.cli.settings import Settings, database_options

if TYPE_CHECKING:
    from indelible.event import AuditEvent
    from indelible.service import AuditService

__all__ = ["command"]

_PAGE: Final = 500
"""Most events to ask for at once, so that memory stays bounded however many are listed."""


class _Pages:
    """Events page by page; `cursor` is where the next one begins, or None at the end."""

    def __init__(
        self, service: AuditService, filters: dict[str, Any], limit: int, cursor: str | None
    ) -> None:
        self._service = service
        self._filters = filters
        self._left = limit
        self.cursor = cursor

    def __iter__(self) -> Iterator[AuditEvent]:
        while self._left > 0:
            page = self._service.query(
                **self._filters, limit=min(self._left, _PAGE), cursor=self.cursor
            )
            yield from page.items
            self._left -= len(page.items)
            self.cursor = page.next_cursor
            if self.cursor is None:
                return


@click.command(name="list")
@filter_options
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="The most to list."
)
@click.option("--cursor", metavar="TEXT", help="Where to go on, as a former list said.")
@format_option
@database_options
def command(
    *,
    settings: Settings,
    filters: dict[str, Any],
    limit: int,
    cursor: str | None,
    as_json: bool | None,
) -> None:
    """List events, newest first.

    As JSON Lines, each line is an object with the members log, seq, leaf_hash and event, which is
    the event's body exactly as stored. When there are more events than listed, the last line on
    standard error says with which cursor to go on.
    """
    with settings.reader() as service:
        pages = _Pages(service, filters, limit, cursor)
        if wants_json(as_json):
            for event in pages:
                write_json(event_line(event))
        else:
            from indelible.cli.tables import events_table

            screen = console()
            screen.print(events_table(pages, screen.width))
    if pages.cursor is not None:
        click.echo(f"There are more: --cursor {pages.cursor}", err=True)
