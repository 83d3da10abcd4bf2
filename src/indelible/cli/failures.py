"""From whatever a command raises to one clear line and an exit code."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

import click

from indelible import errors
from indelible.cli.exit_codes import ExitCode
from indelible.visible import visible

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["CommandError", "Failures", "keep_secret"]

_CODES: Final[tuple[tuple[type[errors.AuditError], ExitCode], ...]] = (
    (errors.QueryError, ExitCode.USAGE),
    (errors.ConfigurationError, ExitCode.CONFIGURATION),
    (errors.SchemaError, ExitCode.CONFIGURATION),
    (errors.UnsafeSettingError, ExitCode.CONFIGURATION),
    (errors.InvalidEventError, ExitCode.REFUSED),
    (errors.EventRefusedError, ExitCode.REFUSED),
    (errors.ExportError, ExitCode.REFUSED),
    # The rest of the tree: unreachable, busy, too slow, a full queue.
    (errors.AuditError, ExitCode.UNAVAILABLE),
)
"""The exit code of each kind of error; the first that fits counts."""

_LATE_CODES: Final = (
    ("indelible.sealing.errors", "SealingError", ExitCode.REFUSED),
    # A directory that cannot be read, or belongs to another log: the same command will not work.
    ("indelible.spool.errors", "SpoolError", ExitCode.CONFIGURATION),
)
"""The same for errors whose modules are not loaded unless they are used; these count first."""

_DATABASE_ERRORS: Final = (
    ("sqlalchemy.exc", "SQLAlchemyError"),
    ("sqlite3", "Error"),
)
"""Where the errors of databases are defined, for those that the library has not translated."""

_SECRETS: Final = "indelible.cli.secrets"
_MASK: Final = "***"
_SHORTEST_SECRET: Final = 3
"""Shorter passwords would be found inside ordinary words, and hide those instead."""


class CommandError(Exception):
    """A command cannot do, or could not do wholly, what was asked.

    Attributes:
        code: The exit code.
    """

    def __init__(self, message: str, code: ExitCode) -> None:
        super().__init__(message)
        self.code = code


class Failures:
    """A context manager around a whole command.

    It lets click's own exceptions pass, and turns all others into `click.exceptions.Exit` after
    saying in one line on standard error what happened.

    Args:
        ctx: The command's context, which knows the secrets to leave out.
    """

    def __init__(self, ctx: click.Context) -> None:
        self._ctx = ctx

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Translate the error, if there is one."""
        # Here and not at the interpreter's end, where nobody can answer a closed pipe.
        error = error or _flushed()
        if error is None:
            return
        if isinstance(error, click.exceptions.Exit | click.ClickException | SystemExit):
            return
        raise click.exceptions.Exit(self._settle(error)) from None

    def _settle(self, error: BaseException) -> ExitCode:
        if isinstance(error, BrokenPipeError):
            _flushed()
            return ExitCode.CLOSED_PIPE
        if isinstance(error, KeyboardInterrupt | click.Abort):
            self._say("interrupted")
            return ExitCode.INTERRUPTED
        if isinstance(error, CommandError):
            self._say(str(error))
            return error.code
        for module, name, code in _LATE_CODES:
            if _is_one(error, module, name):
                self._say(str(error))
                return code
        for kind, code in _CODES:
            if isinstance(error, kind):
                self._say(str(error))
                return code
        if _is_database_error(error):
            # The driver's own words, without SQLAlchemy's copy of the statement.
            self._say(f"the database says: {getattr(error, 'orig', None) or error}")
            return ExitCode.UNAVAILABLE
        if isinstance(error, OSError):
            # Perhaps standard output itself, on a full disk.
            _flushed()
            self._say(str(error))
            return ExitCode.CONFIGURATION
        import traceback

        text = _masked(self._ctx, "".join(traceback.format_exception(error)))
        click.echo("\n".join(map(visible, text.splitlines())), err=True)
        self._say("this is a defect of indelible. Please report it with the lines above")
        return ExitCode.DEFECT

    def _say(self, message: str) -> None:
        line = " ".join(_masked(self._ctx, message).split())
        click.echo(f"indelible: {visible(line)}", err=True)


def keep_secret(ctx: click.Context, *secrets: str | None) -> None:
    """Keep texts out of every error message of this command, passwords above all.

    The library does not repeat passwords itself; drivers and servers make no such promise.
    """
    known: list[str] = ctx.meta.setdefault(_SECRETS, [])
    known.extend(text for text in secrets if text and len(text) >= _SHORTEST_SECRET)


def _masked(ctx: click.Context, text: str) -> str:
    for secret in ctx.meta.get(_SECRETS, ()):
        text = text.replace(secret, _MASK)
    return text


def _is_database_error(error: BaseException) -> bool:
    """Tell whether SQLAlchemy or a driver raised it."""
    return any(_is_one(error, module, name) for module, name in _DATABASE_ERRORS)


def _is_one(error: BaseException, module: str, name: str) -> bool:
    """Tell whether an error is of a class, without importing its module to find out."""
    return isinstance(error, getattr(sys.modules.get(module), name, ()))


def _flushed() -> OSError | None:
    """Write what is still buffered for standard output; return why that cannot be done, if so.

    Then it is sent nowhere, as Python's documentation of SIGPIPE advises, or the interpreter would
    try again at its end and complain.
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        return error
    return None
