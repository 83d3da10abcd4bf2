"""``indelible demo``: the demonstration, and what it shows at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from indelible.cli.exit_codes import ExitCode
from indelible.cli.failures import CommandError
from indelible.cli.output import console
from indelible.cli.settings import Settings, database_options

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from indelible.demo.proof import ProofResult
    from indelible.demo.run import Demonstration, ModeResult
    from indelible.verification.report import VerificationReport

__all__ = ["command"]


@click.command(name="demo")
@click.option(
    "--requests",
    type=click.IntRange(min=1),
    default=1_250,
    show_default=True,
    help="How many requests to send in each of the two modes.",
)
@database_options
def command(*, settings: Settings, requests: int) -> None:
    """Run a small HTTP service that records who did what.

    It starts an invoice service on a free port of this machine, lets eight users work with it at
    once, first in sync and then in async mode, and shows what the log says about them. Then it
    proves one event, verifies the whole log, edits one row behind the library's back, and verifies
    again. The exit code is 0 when the log holds exactly one event for each request, is proven, and
    the edited event is found; and 1 otherwise.

    Without a URL it records into a temporary SQLite file; with one, into that database, where the
    events stay, and where no row is edited.
    """
    from indelible.demo.clients import UnexpectedAnswerError
    from indelible.demo.run import CLIENTS, demonstrate
    from indelible.errors import ProofError

    url = settings.created_url() if settings.url else None
    screen = console()
    screen.print(
        f"An invoice service, {CLIENTS} users at once, {requests:,} requests in each mode:"
    )
    try:
        with _progress(screen, requests) as progress:
            shown = demonstrate(url, requests, progress, **settings.arguments)
    except UnexpectedAnswerError as error:
        raise CommandError(str(error), ExitCode.UNAVAILABLE) from error
    except ProofError as error:
        raise CommandError(f"nothing is proven: {error}", ExitCode.NO) from error
    _show(screen, shown)
    if not shown.agrees:
        raise CommandError("requests and events do not agree, see the table above", ExitCode.NO)
    if not shown.proves:
        raise CommandError("the verification did not say what it should, see above", ExitCode.NO)


def _show(screen: Console, shown: Demonstration) -> None:
    from indelible.cli.tables import event_page, events_table

    screen.print(_throughput(shown.modes))
    screen.print("The last events:", style="bold")
    screen.print(events_table(shown.last_events, screen.width))
    if shown.example is not None:
        screen.print("One of them in full, with what changed and without its secret:", style="bold")
        screen.print()
        screen.print(event_page(shown.example))
        screen.print()
    screen.print("One event for each request?", style="bold")
    screen.print(_agreement(shown.modes))
    if shown.proof is not None:
        screen.print("Is the log as it was recorded?", style="bold")
        screen.print()
        screen.print(_proof(shown.proof))


def _throughput(modes: tuple[ModeResult, ...]) -> Table:
    table = _table("mode", "requests", "seconds", "requests/s")
    for mode in modes:
        table.add_row(
            mode.mode,
            f"{mode.requests:,}",
            f"{mode.seconds:.2f}",
            f"{mode.requests / mode.seconds:,.0f}",
        )
    return table


def _agreement(modes: tuple[ModeResult, ...]) -> Table:
    from indelible.event import Outcome

    table = _table("mode", "outcome", "answers", "events", "")
    for mode in modes:
        for outcome in Outcome:
            answers, events = mode.answers[outcome], mode.events[outcome]
            if answers or events:
                verdict = "equal" if answers == events else "NOT EQUAL"
                table.add_row(mode.mode, outcome, f"{answers:,}", f"{events:,}", verdict)
        total = mode.events.total()
        verdict = "equal" if mode.agrees else "NOT EQUAL"
        table.add_row(mode.mode, "all", f"{mode.requests:,}", f"{total:,}", verdict, style="bold")
    return table


def _proof(proof: ProofResult) -> Table:
    from rich.table import Table
    from rich.text import Text

    from indelible.demo.proof import FORGED_ACTOR

    event = proof.event.event
    how = (
        f"{proof.proof_bytes:,} bytes, under the signed checkpoint of "
        f"{proof.event.checkpoint.size:,} events; checked with the public key alone: it holds"
    )
    lines = [
        ("event", f"number {proof.event.index:,}, {event.action} by {event.actor}"),
        ("its proof", how),
        *_verdict(proof.clean),
    ]
    if proof.tampered is None:
        lines.append(("left out", "the tampering: no row of a database that is named is edited"))
    else:
        lines += [
            ("edit", f"event {proof.event.index:,} with plain SQL: now by {FORGED_ACTOR}"),
            *_verdict(proof.tampered),
        ]
    table = Table.grid(padding=(0, 2))
    for name, text in lines:
        table.add_row(name, Text(text))
    return table


def _verdict(report: VerificationReport) -> list[tuple[str, str]]:
    lines = [("verify", f"{report.size:,} events: {report.outcome.upper()}")]
    lines += [("proven", sentence) for sentence in report.proven()]
    return lines + [("found", str(finding)) for finding in report.findings]


def _table(*columns: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(name, justify="left" if name in {"mode", "outcome", ""} else "right")
    return table


@contextmanager
def _progress(screen: Console, requests: int) -> Iterator[Callable[[str, int], None]]:
    """Show a bar for each mode while the block runs, if the output goes to a terminal."""
    if not screen.is_terminal:
        yield lambda _mode, _done: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    with Progress(
        TextColumn("{task.description:>5}"), BarColumn(), MofNCompleteColumn(), console=screen
    ) as bar:
        tasks = {mode: bar.add_task(mode, total=requests) for mode in ("sync", "async")}
        yield lambda mode, done: bar.update(tasks[mode], completed=done)
