"""``indelible record``: one event from the command line."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from typing import Any, Final

import click

from indelible.cli.details import read_details
from indelible.cli.filters import OUTCOMES
from indelible.cli.output import format_option, place_members, wants_json, write_json
from indelible.cli.settings import Settings, database_options, recording_options
from indelible.cli.times import read_moment
from indelible.visible import visible

__all__ = ["command"]

_SEVERITIES: Final = ("informational", "low", "medium", "high", "critical")


def _json_object(
    _ctx: click.Context, _parameter: click.Parameter, text: str | None
) -> dict[str, Any] | None:
    """Return the JSON object that an option holds, or standard input if the option is ``-``."""
    from indelible.jsontext import read_json

    if text is None:
        return None
    try:
        members = read_json(sys.stdin.read() if text == "-" else text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if not isinstance(members, dict):
        raise click.BadParameter("it is no JSON object. Write for example '{\"total\": 12}'")
    return members


def _seconds(
    _ctx: click.Context, _parameter: click.Parameter, seconds: float | None
) -> timedelta | None:
    try:
        return None if seconds is None else timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        raise click.BadParameter(f"{seconds} is no length of time in seconds") from None


@click.command(name="record")
@click.argument("action")
@click.option("--actor", metavar="TYPE:ID", required=True, help="Who did it, such as user:42.")
@click.option("--target", metavar="TYPE:ID", help="What it was done to, such as invoice:981.")
@click.option(
    "--targets", multiple=True, metavar="TYPE:ID", help="A further target; may be repeated."
)
@click.option(
    "--outcome",
    type=click.Choice(OUTCOMES),
    default="success",
    show_default=True,
    help="How it ended.",
)
@click.option(
    "--detail",
    "pairs",
    multiple=True,
    callback=read_details,
    metavar="KEY=VALUE",
    help="A further fact; may be repeated. The value is read as JSON if it is that, else as text.",
)
@click.option(
    "--details",
    callback=_json_object,
    metavar="JSON",
    help="The same as one object; - reads it from stdin.",
)
@click.option("--before", callback=_json_object, metavar="JSON", help="The state before.")
@click.option("--after", callback=_json_object, metavar="JSON", help="The state after.")
@click.option("--tenant", metavar="NAME", help="The tenant whose data it concerns.")
@click.option("--reason", metavar="TEXT", help="Why it was done, or why it ended so.")
@click.option("--occurred-at", callback=read_moment, metavar="TIME", help="When; now if left out.")
@click.option("--on-behalf-of", metavar="TYPE:ID", help="For whom the actor acted.")
@click.option("--severity", type=click.Choice(_SEVERITIES), help="How much it matters.")
@click.option(
    "--duration", type=float, callback=_seconds, metavar="SECONDS", help="How long it took."
)
@click.option("--request-id", metavar="ID", help="The request that it belongs to.")
@click.option("--trace-id", metavar="ID", help="The distributed trace that it belongs to.")
@click.option("--span-id", metavar="ID", help="The span in that trace.")
@click.option("--session-id", metavar="ID", help="The actor's login session.")
@click.option("--source-ip", metavar="ADDRESS", help="Where the request came from.")
@click.option("--user-agent", metavar="TEXT", help="The client's own description.")
@click.option("--event-id", metavar="UUID", help="The event's id; the default is a new UUIDv7.")
@format_option
@recording_options
@database_options
def command(
    *,
    settings: Settings,
    as_json: bool | None,
    action: str,
    pairs: dict[str, Any],
    details: dict[str, Any] | None,
    targets: tuple[str, ...],
    occurred_at: datetime | None,
    **members: Any,
) -> None:
    """Record one event.

    ACTION is what was done, such as invoice.update. The command ends once the event is committed,
    and prints its id and its place in the log.
    """
    with settings.writer() as service:
        receipt = service.record(
            action,
            details={**(details or {}), **pairs} or None,
            targets=list(targets) or None,
            occurred_at=occurred_at,
            **members,
        )
        place = receipt.wait()
    if wants_json(as_json):
        from indelible.encoding import to_json

        members = {"event_id": str(receipt.event_id), **place_members(place)}
        write_json(to_json(members).decode())
    else:
        click.echo(f"{receipt.event_id}  number {place.seq} of the log {visible(place.log)}")
