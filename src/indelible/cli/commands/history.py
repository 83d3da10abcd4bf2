"""``indelible history``: what became of one thing."""

from __future__ import annotations

from typing import Any

import click

from indelible.cli.exit_codes import ExitCode
from indelible.cli.failures import CommandError
from indelible.cli.filters import some_filters
from indelible.cli.output import event_line, format_option, wants_json, write_json
from indelible.cli.paging import Screen, pager_option
from indelible.cli.settings import Settings, database_options

__all__ = ["command"]


@click.command(name="history")
@click.argument("target")
@click.option(
    "--order",
    type=click.Choice(["newest", "oldest"]),
    default="oldest",
    show_default=True,
    help="What comes first.",
)
@click.option("--limit", type=click.IntRange(min=1), help="The most versions.  [default: all]")
@click.option("--state", is_flag=True, help="Show the state after each version, not the last only.")
@some_filters("since", "until", "tenant")
@format_option
@pager_option
@database_options
def command(
    *,
    settings: Settings,
    target: str,
    order: str,
    limit: int | None,
    state: bool,
    filters: dict[str, Any],
    as_json: bool | None,
    no_pager: bool,
) -> None:
    """Show what became of one thing, change by change.

    TARGET is the thing, such as invoice:981. Each event about it makes a version; its changes are
    shown as before → after, and at the end what is known of it then: with --until, at that time.
    Events before --since count for the state. Where there is no version, the exit code is 1.

    As JSON Lines, each version is an object with the members version, its number from 1; state, the
    last value of all that was changed; and log, seq, leaf_hash and event as list prints them.
    """
    with settings.reader() as service:
        versions = service.history(target, order=order, limit=limit, **filters)
        last = None
        if wants_json(as_json):
            from indelible.encoding import ValueEncoder, to_json

            # What was read is safe already, and is written as it stands in bodies.
            values = ValueEncoder(split_nul=True)
            for last in versions:
                known = to_json(values.encode("state", last.state)).decode()
                members = f'{{"version":{last.number},"state":{known},'
                write_json(members + event_line(last.event)[1:])
        else:
            from indelible.cli.lines import state_page, version_page

            with Screen(no_pager=no_pager) as screen:
                for version in versions:
                    screen.print(version_page(version, with_state=state))
                    last = version if order == "oldest" or last is None else last
                if last is not None and not state:
                    screen.print(state_page(last))
    if last is None:
        such = "such event" if filters else "event"
        raise CommandError(f"there is no {such} about {target}", ExitCode.NO)
