"""``indelible show``: one event with all that it says."""

from __future__ import annotations

from uuid import UUID

import click

from indelible.cli.exit_codes import ExitCode
from indelible.cli.failures import CommandError
from indelible.cli.output import console, event_line, format_option, wants_json, write_json
from indelible.cli.settings import Settings, database_options

__all__ = ["command"]


@click.command(name="show")
@click.argument("event_id", type=click.UUID)
@format_option
@database_options
def command(*, settings: Settings, event_id: UUID, as_json: bool | None) -> None:
    """Show one event with all that it says.

    EVENT_ID is the event's id, as record and list print it. What was redacted is marked, what
    changed is shown as before → after, and the event's place in the log stands with its leaf hash.
    """
    with settings.reader() as service:
        event = service.get(event_id)
    if event is None:
        raise CommandError(f"there is no event {event_id}", ExitCode.NO)
    if wants_json(as_json):
        write_json(event_line(event))
    else:
        from indelible.cli.tables import event_page

        console().print(event_page(event))
