"""The command ``indelible`` itself: the list of its subcommands, each imported when it is used."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from indelible import __version__
from indelible.cli.failures import Failures

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["COMMANDS", "app"]


class LazyCommand(NamedTuple):
    """Where a subcommand lives, and what the list of subcommands says about it.

    Attributes:
        module: The module that has the command as its attribute ``command``.
        help: One line, the same that the command's own help begins with.
    """

    module: str
    help: str


COMMANDS: Final[Mapping[str, LazyCommand]] = {
    "record": LazyCommand("indelible.cli.commands.record", "Record one event."),
    "list": LazyCommand("indelible.cli.commands.list_", "List events, newest first."),
    "show": LazyCommand("indelible.cli.commands.show", "Show one event with all that it says."),
    "history": LazyCommand(
        "indelible.cli.commands.history", "Show what became of one thing, change by change."
    ),
    "tail": LazyCommand(
        "indelible.cli.commands.tail", "Show the newest events, and those to come."
    ),
    "stats": LazyCommand(
        "indelible.cli.commands.stats", "Show how many events there are, of what, and when."
    ),
    "facets": LazyCommand(
        "indelible.cli.commands.facets", "Count events by their actor, action or the like."
    ),
    "count": LazyCommand("indelible.cli.commands.count", "Count events."),
    "import": LazyCommand(
        "indelible.cli.commands.import_", "Import events from a file of JSON Lines."
    ),
    "keys": LazyCommand(
        "indelible.cli.commands.keys", "Make signing keys, and show what belongs to them."
    ),
    "checkpoint": LazyCommand("indelible.cli.commands.checkpoint", "Sign what the log holds now."),
    "prove": LazyCommand(
        "indelible.cli.commands.prove", "Write the proof that an event is in the log."
    ),
    "verify-proof": LazyCommand(
        "indelible.cli.commands.verify_proof", "Check the proof of one event, and show the event."
    ),
    "verify": LazyCommand(
        "indelible.cli.commands.verify", "Check that a log is complete, in order and unchanged."
    ),
    "evidence": LazyCommand(
        "indelible.cli.commands.evidence",
        "Export the events that match, each with its proof, and a script that verifies them.",
    ),
    "export": LazyCommand(
        "indelible.cli.commands.export",
        "Write events in a format of others, or the log as static files.",
    ),
    "serve": LazyCommand(
        "indelible.cli.commands.serve",
        "Serve the log as a page, read-only, until it is interrupted.",
    ),
    "spool": LazyCommand(
        "indelible.cli.commands.spool",
        "See what is in spools, and deliver what dead processes have left.",
    ),
    "search": LazyCommand(
        "indelible.cli.commands.search",
        "Switch full text search on and off, and see how far it is.",
    ),
    "db": LazyCommand("indelible.cli.commands.db", "Create, upgrade and check the tables."),
    "doctor": LazyCommand(
        "indelible.cli.commands.doctor",
        "Look at a database as an attacker with the application's account would.",
    ),
    "demo": LazyCommand(
        "indelible.cli.commands.demo", "Run a small HTTP service that records who did what."
    ),
    "completion": LazyCommand(
        "indelible.cli.commands.completion",
        "Print the script that makes a shell complete indelible.",
    ),
}
"""The subcommands by name, in the order in which ``indelible --help`` lists them."""


class LazyGroup(click.Group):
    """A group that imports a subcommand's module when that subcommand is used, or asked for help.

    `indelible --help` has to answer at once, so it shows the help lines that `COMMANDS` holds.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a subcommand; None if there is none of that name."""
        lazy = COMMANDS.get(cmd_name)
        if lazy is None:
            return None
        command: click.Command = importlib.import_module(lazy.module).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.help) for name, lazy in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return what a shell may complete, without importing subcommands for their help."""
        from click.shell_completion import CompletionItem

        items = [
            CompletionItem(name, help=lazy.help)
            for name, lazy in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return items + click.Command.shell_complete(self, ctx, incomplete)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand, and turn whatever it raises into one line and an exit code."""
        with Failures(ctx):
            return super().invoke(ctx)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 the answer is no, 2 wrong usage, 3 configuration or environment, "
    "4 the database is unavailable, 5 something was refused, 130 interrupted.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def app() -> None:
    """Record who did what into an audit log, and read it back.

    The database is named by --url or by the environment variable INDELIBLE_URL, for example
    sqlite:///audit.db. On a terminal the output is for people; elsewhere it is JSON Lines.
    """
