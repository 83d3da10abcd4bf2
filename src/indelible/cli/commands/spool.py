"""``indelible spool``: what processes have left in their spools, and its way into the database."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import click

from indelible.cli.exit_codes import ExitCode
from indelible.cli.failures import CommandError
from indelible.cli.output import console, format_option, wants_json, write_json
from indelible.cli.settings import Settings, database_options
from indelible.visible import visible

if TYPE_CHECKING:
    from indelible.body import EventRow
    from indelible.cli.spools import SpoolsLook
    from indelible.errors import AuditError
    from indelible.service import AuditService
    from indelible.spool import SpooledRecord

__all__ = ["command"]

_PATIENCE: Final = 30.0
"""How long nothing may be committed before the command gives up, in seconds; as `timeout` is."""

_LOOK_EVERY: Final = 0.5
"""How often to look whether something was committed, in seconds."""

_CLOSE_SECONDS: Final = 1.0
"""How long to wait at the end for a database that did not answer before, in seconds."""

_directory = click.argument("directory", metavar="DIR")


@click.group(name="spool")
def command() -> None:
    """See what is in spools, and deliver what dead processes have left.

    DIR is the directory that the service was given as spool=. Run these commands under the
    account of the application, for the files are its owner's alone.
    """


@command.command()
@_directory
@format_option
def status(*, directory: str, as_json: bool | None) -> None:
    """Tell whose the spools are, how much waits in them, and what is damaged.

    Nothing is changed. Of a process that lives, the numbers are as of the last time that it noted
    how far its spool is drained.

    The exit code is 0 when nothing needs looking at, and 1 when a dead process has left events,
    a spool is damaged or cannot be read, or something was set aside in a .bad or .refused file.
    """
    from indelible.cli.spools import checked_directory, look_at

    look = look_at(checked_directory(directory))
    if wants_json(as_json):
        _print_json(look)
    else:
        _print_table(look)
    needs = look.needs()
    if needs:
        raise CommandError(f"in {directory!r}: {', '.join(needs)}", ExitCode.NO)


@command.command()
@_directory
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="The most to show."
)
@format_option
def inspect(*, directory: str, limit: int, as_json: bool | None) -> None:
    """Show the events that wait, spool by spool, oldest first.

    Nothing is changed. As JSON Lines, each line is an object with the members spool_id, number
    and event, which is the event's body exactly as it will be stored; or problem and base64, for
    a record that is no event.
    """
    from indelible.cli.spools import checked_directory
    from indelible.spool import inspect as inspect_spools

    records = inspect_spools(checked_directory(directory))
    shown = islice(records, limit)
    if wants_json(as_json):
        for record in shown:
            write_json(_record_line(record))
    else:
        _print_records(shown)
    if next(records, None) is not None:
        click.echo("There are more: raise --limit", err=True)


@command.command()
@_directory
@format_option
@database_options
def drain(*, settings: Settings, directory: str, as_json: bool | None) -> None:
    """Put what dead processes have left into the database.

    Each event is stored once, however often this is run or interrupted, also while the application
    runs. The spools of living processes are left alone: these deliver themselves. The tables must
    be there already, so that a mistyped URL receives nothing.

    It goes on for as long as something is committed. When nothing was for as long as --timeout
    says, 30 seconds if left out, it ends with code 4 and tells what is left. The code is 3 when
    spools of another log or unreadable ones were left alone, 5 when the database refuses events
    for good, and 1 when damage was found.
    """
    from indelible.cli.spools import checked_directory, look_at

    path = checked_directory(directory)
    log = settings.arguments.get("log", "audit")
    fixed = Settings(settings.url, {**settings.arguments, "create_tables": False})
    errors: list[AuditError] = []
    service = fixed.writer(audit_async=True, spool=path, on_error=errors.append)
    before = look_at(path)
    done = True
    try:
        if before.waiting:
            patience = settings.arguments.get("timeout", _PATIENCE)
            done = _drained(service, patience, errors, lambda: look_at(path).of_log(log))
    finally:
        service.close(None if done else _CLOSE_SECONDS)
    after = look_at(path)
    _tell(after, log, service.stats().committed, as_json=wants_json(as_json))
    if not done:
        raise _left(after, log, errors, service.stats().last_error)
    _complain(before, after, log)


def _drained(
    service: AuditService,
    patience: float,
    errors: list[AuditError],
    left: Callable[[], Sequence[object]],
) -> bool:
    """Drain for as long as events are committed, and tell whether all of them are.

    Args:
        service: A service with the spool.
        patience: How long nothing may be committed, in seconds.
        errors: What it has reported.
        left: Returns the spools that dead processes have left of its log.
    """
    from indelible.spool import SpoolError

    progress = -1
    give_up_at = 0.0
    while not service.drain_spool(_LOOK_EVERY):
        stats = service.stats()
        if stats.committed + stats.refused != progress:
            progress = stats.committed + stats.refused
            give_up_at = time.monotonic() + patience
        # Those that are another log's, or cannot be read, are no reason to wait.  First what nobody
        # holds, then what this process does: taken over in between, it is seen there.
        if (
            any(isinstance(error, SpoolError) for error in errors)
            and not left()
            and not service.stats().spooled
        ):
            return True
        if any(map(_is_hopeless, errors)) or time.monotonic() > give_up_at:
            return False
    return True


def _left(
    look: SpoolsLook, log: str, errors: list[AuditError], last_error: str | None
) -> CommandError:
    """Return the error that says what is left, and why."""
    from indelible.counting import counted
    from indelible.spool import SpoolError

    spools = look.of_log(log)
    events = counted(sum(spool.pending for spool in spools), "event")
    hopeless = [error for error in errors if _is_hopeless(error)]
    unreadable = [error for error in errors if isinstance(error, SpoolError)]
    if hopeless:
        cause, code = str(hopeless[0]), ExitCode.CONFIGURATION
    elif last_error is None and unreadable:
        cause, code = str(unreadable[-1]), ExitCode.CONFIGURATION
    else:
        cause, code = last_error or "the database does not answer", ExitCode.UNAVAILABLE
    return CommandError(
        f"{events} left in {counted(len(spools), 'spool')}, and nothing is lost. "
        f"Run the same command again when this is mended: {cause}",
        code,
    )


def _is_hopeless(error: AuditError) -> bool:
    """Tell whether waiting will not mend it."""
    from indelible.errors import SchemaError, UnsafeSettingError

    return isinstance(error, SchemaError | UnsafeSettingError)


def _complain(before: SpoolsLook, after: SpoolsLook, log: str) -> None:
    """Raise the worst of what was met, if anything was."""
    from indelible.counting import counted

    hindrances = after.hindrances(log)
    if hindrances:
        more = f" (and {len(hindrances) - 1} more)" if len(hindrances) > 1 else ""
        raise CommandError(hindrances[0] + more, ExitCode.CONFIGURATION)
    refused = after.entries("refused") - before.entries("refused")
    if refused > 0:
        files = [str(file.path) for file in after.files if file.kind == "refused"]
        raise CommandError(
            f"the database refuses {counted(refused, 'event')}, set aside with the reasons in "
            f"{', '.join(map(repr, files))}",
            ExitCode.REFUSED,
        )
    places = after.entries("bad") - before.entries("bad")
    if places > 0:
        files = [str(file.path) for file in after.files if file.kind == "bad"]
        raise CommandError(
            f"{counted(places, 'damaged place')} found, "
            f"{counted(after.lost - before.lost, 'event')} lost. The bytes are kept in "
            f"{', '.join(map(repr, files))}, and the log tells of it",
            ExitCode.NO,
        )


def _tell(look: SpoolsLook, log: str, committed: int, *, as_json: bool) -> None:
    from indelible.counting import counted

    left = sum(spool.pending for spool in look.of_log(log))
    alone = [(spool, "its process lives and delivers it") for spool in look.living]
    alone += [
        (spool, "it cannot be read" if spool.problem else "it is another log's")
        for spool in look.waiting
        if spool.problem or spool.origin != log
    ]
    if as_json:
        members = [
            {"spool_id": spool.spool_id, "pid": spool.pid, "why": why} for spool, why in alone
        ]
        _write({"committed": committed, "left": left, "left_alone": members})
        return
    click.echo(f"{counted(committed, 'event')} committed, {left:,} left")
    for spool, why in alone:
        who = "" if spool.pid is None else f", process {spool.pid} on {visible(str(spool.host))}"
        click.echo(f"left alone: {spool.spool_id}{who}: {why}")


# What is shown -----------------------------------------------------------------------------------


def _print_json(look: SpoolsLook) -> None:
    for spool in look.spools:
        _write(
            {
                "kind": "spool",
                "spool_id": spool.spool_id,
                "log": spool.origin,
                "alive": spool.alive,
                "pid": spool.pid,
                "host": spool.host,
                "created": _moment(spool.created),
                "pending": spool.pending,
                "pending_bytes": spool.pending_bytes,
                "oldest": _moment(spool.oldest),
                "damaged": spool.damaged,
                "lost": spool.lost,
                "problem": spool.problem,
            }
        )
    for file in look.files:
        _write(
            {"kind": file.kind, "file": str(file.path), "entries": file.entries, "lost": file.lost}
        )


def _print_table(look: SpoolsLook) -> None:
    from indelible.cli.spool_tables import spools_table
    from indelible.counting import counted

    if look.spools:
        screen = console()
        screen.print(spools_table(look.spools, screen.width))
    else:
        click.echo(f"there is no spool in {visible(str(look.directory))}")
    for file in look.files:
        if file.kind == "bad":
            what = f"{counted(file.entries, 'damaged place')}, {counted(file.lost, 'event')} lost"
        else:
            what = f"{counted(file.entries, 'event')} that the database refuses"
        click.echo(f"{visible(str(file.path))}: {what}")


def _print_records(records: Iterator[SpooledRecord]) -> None:
    """Print a table for each spool, and a line for each record that is no event."""
    from indelible.cli.spool_tables import rows_table
    from indelible.spool import SpoolError, decode

    spools: dict[str, list[tuple[int, EventRow]]] = {}
    problems: Counter[str] = Counter()
    try:
        for record in records:
            rows = spools.setdefault(record.spool_id, [])
            try:
                rows.append((record.number, decode(record.record)))
            except SpoolError as error:
                problems[f"{record.spool_id} {record.number}: {error}"] += 1
    finally:
        screen = console()
        # What was read before something could not be read is shown all the same.
        for spool_id, rows in spools.items():
            click.echo(f"spool {spool_id}")
            if rows:
                screen.print(rows_table(rows, screen.width))
        for problem in problems:
            click.echo(visible(problem))
    if not spools:
        click.echo("nothing waits")


def _record_line(record: SpooledRecord) -> str:
    import base64

    from indelible.encoding import to_json
    from indelible.spool import SpoolError, decode

    members: dict[str, Any] = {"spool_id": record.spool_id, "number": record.number}
    try:
        body = decode(record.record)[-1].decode()
    except (SpoolError, UnicodeDecodeError) as error:
        raw = base64.b64encode(record.record).decode()
        return to_json({**members, "problem": str(error), "base64": raw}).decode()
    return f'{to_json(members).decode()[:-1]},"event":{body}}}'


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


def _write(members: dict[str, Any]) -> None:
    from indelible.encoding import to_json

    write_json(to_json(members).decode())
