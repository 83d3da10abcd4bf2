"""``indelible show``: one event with all that it says."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import click

from indelible.cli.exit_codes import ExitCode
from indelible.cli.failures import CommandError
from indelible.cli.output import event_line, format_option, wants_json, write_json
from indelible.cli.paging import Screen, pager_option
from indelible.cli.settings import Settings, database_options

__all__ = ["command"]

_MOST_DIGITS: Final = 18
"""Digits of a number in the log; an id has 32, which may all be decimal ones."""


def _wanted(_ctx: click.Context, _parameter: click.Parameter, text: str) -> UUID | int:
    """Return an event's id, or its number in the log."""
    if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS:
        return int(text)
    try:
        return UUID(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is neither an event's id nor its number in the log."
        ) from None


@click.command(name="show")
@click.argument("event", callback=_wanted)
@format_option
@pager_option
@database_options
def command(*, settings: Settings, event: UUID | int, as_json: bool | None, no_pager: bool) -> None:
    """Show one event with all that it says.

    EVENT is the event's id, as record and list print it, or its number in the log. What was
    redacted is marked, what changed is shown as before → after, and the event's place in the log
    stands with its leaf hash. As JSON, it is one line as list prints it.
    """
    with settings.reader() as service:
        found = service.at(event) if isinstance(event, int) else service.get(event)
        if found is None and isinstance(event, int) and event < service.size():
            raise CommandError(f"event {event} was pruned; its leaf hash is left", ExitCode.NO)
    if found is None:
        raise CommandError(f"there is no event {event}", ExitCode.NO)
    if wants_json(as_json):
        write_json(event_line(found))
    else:
        from indelible.cli.tables import event_page

        with Screen(no_pager=no_pager) as screen:
            screen.print(event_page(found))
