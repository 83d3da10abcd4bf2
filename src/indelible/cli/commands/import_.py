"""``indelible import``: events from a file of JSON Lines, with a progress bar on a terminal."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import click

from indelible.cli.exit_codes import ExitCode
from indelible.cli.failures import CommandError
from indelible.cli.output import console, format_option, wants_json, write_json
from indelible.cli.settings import Settings, database_options, queue_options, recording_options
from indelible.visible import visible

if TYPE_CHECKING:
    from indelible.body import BodyBuilder
    from indelible.importing import BadLine, ImportReport

__all__ = ["command"]


class _Display(NamedTuple):
    """Where an import in progress is shown.

    Attributes:
        progress: Shows how far it has come; None without a terminal.
        say: Prints one line beside that.
    """

    progress: Callable[[ImportReport], None] | None
    say: Callable[[str], None]


@click.command(name="import")
@click.argument("file", type=click.File("rb"))
@click.option(
    "--bad-lines",
    type=click.Choice(["stop", "skip"]),
    default="stop",
    show_default=True,
    help="Whether a bad line ends the import or is set aside.",
)
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, writable=True),
    help="Where to write the bad lines that are set aside.",
)
@click.option("--dry-run", is_flag=True, help="Read and check all lines, and store nothing.")
@format_option
@recording_options
@queue_options
@database_options
def command(
    *,
    settings: Settings,
    file: BinaryIO,
    bad_lines: str,
    rejects: str | None,
    dry_run: bool,
    as_json: bool | None,
) -> None:
    """Import events from a file of JSON Lines.

    FILE holds one event a line, - is standard input. Each line is an object whose members are the
    arguments of record(): action, actor, target, outcome, occurred_at, details and so on.

    Running the same import twice adds nothing: an event without an event_id gets one that is
    derived from the line's number and its text. A bad line is reported by number and reason. The
    exit code is 0 when every line is in the log, and 5 when some were bad.
    """
    from indelible.importing import LONGEST_COMMIT, Importer, check_lines

    skip = bad_lines == "skip"
    if rejects is not None and not skip:
        raise click.UsageError("--rejects needs --bad-lines skip")
    if rejects is not None and _same_file(rejects, file):
        raise click.UsageError("--rejects would overwrite the file that is imported")
    with ExitStack() as stack:
        display = stack.enter_context(_display(file))
        on_bad = _reporting(display, stack, rejects) if skip else None
        options: dict[str, Any] = {
            "skip_bad": skip,
            "on_bad": on_bad,
            "progress": display.progress,
        }
        if dry_run:
            report = check_lines(file, _builder(settings), **options)
        else:
            # A queue that is full is waited for as long as a commit is.
            service = settings.writer(audit_async=True, block_timeout=LONGEST_COMMIT)
            report = Importer(stack.enter_context(service), **options).run(file)
    _tell(report, as_json=wants_json(as_json), dry_run=dry_run)
    if report.stopped_by is not None:
        kept = "nothing is stored" if dry_run else "every good line before it is committed"
        raise CommandError(
            f"line {report.stopped_by.line.number}: {report.stopped_by.reason}. "
            f"Stopped there; {kept}. Mend the line and run the same command again, "
            "or set bad lines aside with --bad-lines skip",
            ExitCode.REFUSED,
        )
    if report.bad:
        lines, were = _counted(report.bad, "line"), "was" if report.bad == 1 else "were"
        raise CommandError(f"{lines} {were} bad and set aside", ExitCode.REFUSED)


def _builder(settings: Settings) -> BodyBuilder:
    """Return what a service with these settings would make its events' bodies with."""
    from indelible.body import BodyBuilder
    from indelible.redaction import Redaction
    from indelible.service import DEFAULT_MAX_BODY_BYTES

    given = settings.arguments
    return BodyBuilder(
        Redaction(
            given.get("redact", ()),
            keyed_hash=given.get("keyed_hash", ()),
            hash_key=given.get("hash_key"),
        ),
        max_body_bytes=given.get("max_body_bytes", DEFAULT_MAX_BODY_BYTES),
        source=given.get("source"),
    )


def _reporting(
    display: _Display, stack: ExitStack, rejects: str | None
) -> Callable[[BadLine], None]:
    """Return what reports a bad line that is set aside, and keeps it if that is wished."""
    kept = None if rejects is None else stack.enter_context(click.open_file(rejects, "wb"))

    def report(bad: BadLine) -> None:
        note = ""
        if kept is not None and bad.line.whole:
            kept.write(bad.line.data + b"\n")
        elif kept is not None:
            note = " (too long to be kept among the rejects)"
        display.say(f"line {bad.line.number}: {bad.reason}{note}")

    return report


def _tell(report: ImportReport, *, as_json: bool, dry_run: bool) -> None:
    if as_json:
        from indelible.encoding import to_json

        members = {
            "read": report.read,
            "added": report.added,
            "present": report.present,
            "bad": report.bad,
            "dry_run": dry_run,
        }
        write_json(to_json(members).decode())
    elif dry_run:
        lines = _counted(report.read, "line")
        click.echo(f"{lines} read, {report.bad} bad; nothing was stored (--dry-run)")
    else:
        lines, events = _counted(report.read, "line"), _counted(report.added, "event")
        click.echo(
            f"{lines} read: {events} added, {report.present} already there, {report.bad} bad"
        )


def _counted(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"


@contextmanager
def _display(file: BinaryIO) -> Iterator[_Display]:
    """Show a progress bar on standard error while the block runs, if that is a terminal."""
    if not sys.stderr.isatty():
        yield _Display(None, lambda text: click.echo(visible(text), err=True))
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    screen = console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=screen,
        transient=True,
    ) as bar:
        task = bar.add_task("importing", total=_size(file))

        def advance(report: ImportReport) -> None:
            bar.update(
                task,
                completed=report.bytes_read,
                description=_counted(report.read, "line"),
            )

        yield _Display(advance, lambda text: screen.print(visible(text), soft_wrap=True))


def _same_file(path: str, file: BinaryIO) -> bool:
    try:
        return os.path.samestat(Path(path).stat(), os.fstat(file.fileno()))
    except OSError:
        return False


def _size(file: BinaryIO) -> int | None:
    """Return a file's size in bytes; None for a pipe or a terminal, whose end nobody knows."""
    status = os.fstat(file.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None
