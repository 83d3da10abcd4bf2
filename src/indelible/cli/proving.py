"""What the commands that prove and verify have in common: keys, checkpoints, exit codes.

These commands end with 0 when something is proven, with 1 when it is false, and with 2 when it
could not be checked, whatever the reason: whoever asks whether a log is whole must never take
"could not tell" for an answer.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from indelible.cli.exit_codes import ExitCode
from indelible.cli.failures import CommandError
from indelible.cli.output import console
from indelible.errors import AuditError, QueryError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from indelible.cli.settings import Settings
    from indelible.storage.schema import Tables
    from indelible.verification.report import Progress
    from indelible.verification.trust import KeptCheckpoint, Quorum, Trust, TrustedKey

__all__ = [
    "COULD_NOT_CHECK",
    "checking",
    "key_option",
    "log_of",
    "opened_engine",
    "progress_bar",
    "quorum_in",
    "read_checkpoints",
    "read_note",
    "read_vkeys",
    "tables_of",
    "trust_in",
    "witness_options",
]

COULD_NOT_CHECK: Final = ExitCode.USAGE
"""Exit code 2."""

_MOST_BYTES: Final = 1024 * 1024

key_option: Final[Callable[[Callable[..., Any]], Callable[..., Any]]] = click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="VKEY",
    envvar="INDELIBLE_VKEY",
    show_envvar=True,
    help="The log's verifier key, or a keyring: a file with one to a line; may be repeated. Get it "
    "from elsewhere than the log.",
)
"""Adds the option ``--key``; the command takes ``keys``."""

_WITNESS_OPTIONS: Final = (
    click.option(
        "--witness",
        "witnesses",
        multiple=True,
        metavar="VKEY",
        help="The verifier key of a witness that must have cosigned a checkpoint, or a file with "
        "one to a line; may be repeated.",
    ),
    click.option(
        "--witnesses-required",
        type=click.IntRange(min=1),
        metavar="NUMBER",
        help="How many of the witnesses must have cosigned.  [default: all]",
    ),
)


def witness_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name witnesses; see `quorum_in` for what the command takes."""
    for option in reversed(_WITNESS_OPTIONS):
        command = option(command)
    return command


@contextmanager
def checking() -> Iterator[None]:
    """Turn whatever keeps a command from checking into exit code 2."""
    try:
        yield
    except CommandError as error:
        if error.code in {ExitCode.NO, COULD_NOT_CHECK}:
            raise
        raise CommandError(f"could not check: {error}", COULD_NOT_CHECK) from error
    except (click.ClickException, click.exceptions.Exit, QueryError):
        # The command line itself is wrong, which has the same code.
        raise
    except (AuditError, OSError) as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise CommandError(f"could not check: {error}", COULD_NOT_CHECK) from error
    except Exception as error:
        if not type(error).__module__.startswith(("sqlalchemy", "sqlite3", "psycopg", "pymysql")):
            raise
        said = getattr(error, "orig", None) or error
        raise CommandError(
            f"could not check: the database says: {said}", COULD_NOT_CHECK
        ) from error


def read_vkeys(keys: Sequence[str]) -> tuple[str, ...]:
    """Return verifier keys, of which some may be named as files."""
    return tuple(line.split()[0] for line in _key_lines(keys))


def _with_sizes(line: str) -> TrustedKey:
    """Return the key in a line of a keyring, which may say for which sizes it is valid."""
    from indelible.errors import ProofError
    from indelible.merkle import Ed25519Verifier
    from indelible.merkle.strict import decode_decimal
    from indelible.verification.trust import TrustedKey

    vkey, *sizes = line.split()
    verifier = Ed25519Verifier.parse(vkey)
    if not sizes:
        return TrustedKey(verifier)
    first, last = (None, None) if len(sizes) != 2 else map(decode_decimal, sizes)  # noqa: PLR2004
    if first is None or (last is None and sizes[1] != "-"):
        raise ProofError(
            f"the line {line!r} of a keyring has no key, first size, and last size or '-'"
        )
    return TrustedKey(verifier, first, last)


def _key_lines(keys: Sequence[str]) -> list[str]:
    found: list[str] = []
    for key in keys:
        path = Path(key)
        # A key holds plus signs and base64; what exists as a file is one.
        if key.count("+") < 2 or path.is_file():  # noqa: PLR2004
            lines = _read(path).decode("utf-8", "replace").splitlines()
            found += [line.partition("#")[0].strip() for line in lines]
        else:
            found.append(key)
    return [line for line in found if line]


def trust_in(keys: Sequence[str]) -> Trust:
    """Return what the keys of the command line are worth; nothing without any."""
    from indelible.verification.trust import NO_TRUST, Trust, TrustLevel, trusted_keys

    found = trusted_keys(*map(_with_sizes, _key_lines(keys)))
    return Trust(TrustLevel.PINNED, found) if found else NO_TRUST


def quorum_in(witnesses: Sequence[str], witnesses_required: int | None) -> Quorum | None:
    """Return the witnesses of the command line; None if there are none."""
    from indelible.verification.trust import quorum_of

    return quorum_of(read_vkeys(witnesses), witnesses_required)


def read_checkpoints(path: str, trust: Trust) -> list[KeptCheckpoint]:
    """Return the checkpoints that the user has kept in a file, one or, as a sink writes them, many.

    Their signatures are checked if there is a key, and their cosignatures if witnesses are named.

    Raises:
        ProofError: The file holds a checkpoint that is not signed well, or none at all.
    """
    from indelible.errors import ProofError
    from indelible.sealing import read_notes

    note = _read(Path(path))
    notes: Sequence[str | bytes] = read_notes(path) if note.count(b"\n\n") > 1 else [note]
    if not notes:
        raise ProofError(f"the file {path!r} holds no checkpoint")
    return [trust.keep(item) for item in notes]


def read_note(path: Path) -> str:
    """Return the text of a file that should hold a signed checkpoint.

    Raises:
        ProofError: It holds something that is no text.
    """
    from indelible.errors import ProofError

    try:
        return _read(path).decode()
    except UnicodeDecodeError as error:
        raise ProofError(f"the file {str(path)!r} is not text in UTF-8") from error


def opened_engine(settings: Settings) -> Engine:
    """Return an engine on tables that are there and current; creates nothing."""
    from indelible.errors import SchemaError
    from indelible.storage import migrate
    from indelible.storage.engines import make_engine

    url = settings.existing_url()
    status = migrate.check(url, **settings.tables())
    if status.state != "current":
        raise SchemaError(status.message)
    return make_engine(url, busy_timeout=float(settings.arguments.get("busy_timeout", 5.0)))


def log_of(settings: Settings) -> str:
    """Return the log's name."""
    return str(settings.arguments.get("log", "audit"))


def tables_of(settings: Settings) -> Tables:
    """Return the tables that the options name."""
    from indelible.storage.schema import DEFAULT_PREFIX, Tables

    names = settings.tables()
    return Tables(names.get("table_prefix", DEFAULT_PREFIX), names.get("schema"))


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[Progress], None] | None]:
    """Give what shows progress on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import (
        Progress as Bar,
    )

    with Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(label, total=None)

        def advance(progress: Progress) -> None:
            bar.update(task, completed=progress.done, total=progress.total)

        yield advance


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise CommandError(f"the file {str(path)!r} is too large for this", COULD_NOT_CHECK)
    return data
