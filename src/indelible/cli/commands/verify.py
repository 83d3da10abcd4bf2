"""``indelible verify``: a whole log, in a database or as a directory of tiles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from indelible.cli.exit_codes import ExitCode
from indelible.cli.output import format_option, wants_json, write_json
from indelible.cli.proving import (
    COULD_NOT_CHECK,
    checking,
    key_option,
    log_of,
    opened_engine,
    progress_bar,
    quorum_in,
    read_checkpoints,
    tables_of,
    trust_in,
    witness_options,
)
from indelible.cli.settings import Settings, database_options
from indelible.visible import visible

if TYPE_CHECKING:
    from indelible.verification.database import Options
    from indelible.verification.report import VerificationReport
    from indelible.verification.trust import KeptCheckpoint, Trust

__all__ = ["command"]

_CODES = {"proven": ExitCode.OK, "tampered": ExitCode.NO, "unproven": COULD_NOT_CHECK}


@click.command(name="verify")
@click.argument("target", metavar="[URL|DIR]", required=False)
@key_option
@click.option(
    "--pin",
    "pins",
    multiple=True,
    metavar="FILE",
    help="A file with signed checkpoints that you have kept elsewhere; may be repeated.",
)
@click.option(
    "--since",
    metavar="FILE",
    help="The checkpoint that an earlier verification ended at; events before it are not read "
    "again.",
)
@witness_options
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many processes read and hash.",
)
@click.option(
    "--pruned-before",
    type=click.IntRange(min=0),
    default=0,
    metavar="NUMBER",
    help="Events below this number may have no body.",
)
@format_option
@database_options
def command(
    *,
    settings: Settings,
    target: str | None,
    keys: tuple[str, ...],
    pins: tuple[str, ...],
    since: str | None,
    witnesses: tuple[str, ...],
    witnesses_required: int | None,
    processes: int,
    pruned_before: int,
    as_json: bool | None,
) -> None:
    """Check that a log is complete, in order and unchanged.

    It reads every event and hashes it, rebuilds the Merkle tree, and compares it with the stored
    tiles, the log's head, every signed checkpoint and those that you pass, and every column with
    the event's body. DIR is a directory that indelible export --tiles wrote.

    The exit code is 0 when the log is proven, 1 when it was tampered with, and 2 when nothing could
    be proven: without a key, without a checkpoint, without the witnesses that were asked for, or
    because something failed.
    """
    from dataclasses import replace

    with checking():
        trust = trust_in(keys)
        directory = None if target is None or not Path(target).is_dir() else Path(target)
        if directory is not None and not trust.keys:
            from indelible.verification.tiles_dir import found_trust

            trust = found_trust(directory) or trust
        trust = replace(trust, quorum=quorum_in(witnesses, witnesses_required))
        kept = tuple(found for pin in pins for found in read_checkpoints(pin, trust))
        if directory is not None:
            if since is not None:
                raise click.UsageError("--since is for databases")
            report = _directory(directory, settings, trust, kept)
        else:
            if target is not None:
                settings = Settings(target, settings.arguments)
            earlier = None if since is None else read_checkpoints(since, trust)[-1]
            from indelible.verification.database import Options

            options = Options(
                trust=trust,
                pins=kept,
                since=earlier,
                processes=processes,
                pruned_before=pruned_before,
            )
            report = _database(settings, options)
    if wants_json(as_json):
        from indelible.encoding import to_json

        write_json(to_json(report.members()).decode())
    else:
        _tell(report)
    raise click.exceptions.Exit(_CODES[str(report.outcome)])


def _database(settings: Settings, options: Options) -> VerificationReport:
    from dataclasses import replace

    from indelible.verification.database import verify_database

    engine = opened_engine(settings)
    try:
        with progress_bar("verifying") as progress:
            return verify_database(
                engine, tables_of(settings), log_of(settings), replace(options, progress=progress)
            )
    finally:
        engine.dispose()


def _directory(
    directory: Path,
    settings: Settings,
    trust: Trust,
    pins: tuple[KeptCheckpoint, ...],
) -> VerificationReport:
    from indelible.verification.tiles_dir import verify_tiles

    with progress_bar("verifying") as progress:
        return verify_tiles(
            directory, trust, origin=settings.arguments.get("log"), pins=pins, progress=progress
        )


def _tell(report: VerificationReport) -> None:
    def say(text: str) -> None:
        click.echo(visible(text))

    say(f"log           {report.origin}")
    say(f"events        {report.size:,}, read {report.first:,} to {report.stop:,}")
    say(f"root          {report.root or 'cannot be computed'}")
    say(f"trust         {report.trust}")
    say(f"sealed        {report.sealed:,} events, by {report.checkpoints:,} good checkpoints")
    say(f"unsealed      {report.unsealed:,} events")
    pinned = "none" if report.pinned is None else f"size {report.pinned.size:,}"
    say(f"pinned        {pinned}")
    if report.witnessed is not None:
        names = ", ".join(report.witnessed.cosigners) or "too few"
        say(f"witnessed     {report.witnessed.size:,} events, by {names}")
    for finding in report.findings:
        say(f"FOUND         {finding}")
    if report.unlisted:
        say(f"FOUND         {report.unlisted:,} more that are not listed")
    for sentence in report.proven():
        say(f"proven        {sentence}")
    for sentence in report.unproven():
        say(f"not proven    {sentence}")
    # The last line never looks the same at two levels of trust.
    resting = "" if report.outcome != "proven" else f", resting on: {_basis(report)}"
    say(f"{str(report.outcome).upper()}{resting}")


def _basis(report: VerificationReport) -> str:
    """Return what a proof rests on, in a few words."""
    if report.trust == "none":
        return "no key, and the checkpoint that you kept"
    if report.witnessed is None:
        return str(report.trust)
    return f"{report.trust}, and {len(report.witnessed.cosigners)} of the witnesses"
