"""What is longer than the screen goes through a pager, on a terminal with somebody before it."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

import click

from indelible.cli.output import console

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["Screen", "pager_option"]

_LESS: Final = "FRX"
"""Options of less, unless the variable LESS has others: end at once if all fits, show colours, and
leave what was shown on the screen."""

pager_option: Final[Callable[[Callable[..., Any]], Callable[..., Any]]] = click.option(
    "--no-pager",
    is_flag=True,
    help="Do not hand output that is longer than the screen to $PAGER, or less.",
)
"""Adds the option; the command takes ``no_pager``."""


class Screen:
    """A context manager around what a command prints for people.

    Nothing is shown until it ends or the screen is full; from then on the pager shows what comes.
    Whoever leaves the pager ends the block, as if it had come to its end.

    Args:
        no_pager: Print everything at once, wherever the output goes.

    Attributes:
        width: The width in columns.
        blocks: Whether its encoding has block characters, for bars.
    """

    def __init__(self, *, no_pager: bool = False) -> None:
        self._console = console()
        self.width = self._console.width
        self.blocks = not self._console.options.ascii_only
        self._command = None if no_pager else _pager()
        self._held: list[str] = []
        self._lines = 0
        self._pager: _Pager | None = None

    def __enter__(self) -> Self:
        """Do nothing."""
        return self

    def print(self, *renderables: RenderableType) -> None:
        """Show something, now or later."""
        if self._command is None:
            self._console.print(*renderables, sep="\n")
            return
        with self._console.capture() as capture:
            self._console.print(*renderables, sep="\n")
        self._write(capture.get())

    def heading(self, text: str) -> None:
        """Show the name of what comes, below an empty line."""
        from rich.text import Text

        self.print(Text(f"\n{text}", "bold"))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Show what is left, and wait until the pager is left."""
        if self._pager is None:
            self._release()
            return False
        self._pager.wait()
        return isinstance(error, _Left)

    def _write(self, text: str) -> None:
        self._held.append(text)
        self._lines += text.count("\n")
        # The prompt of the shell takes the last line.
        if self._pager is None and self._lines >= self._console.height and self._command:
            try:
                self._pager = _Pager(self._command)
            except OSError:
                self._command = None
        if self._command is None:
            self._release()
        elif self._pager is not None:
            self._pager.write(
                "".join(self._held).encode(self._console.encoding, "backslashreplace")
            )
            self._held.clear()

    def _release(self) -> None:
        """Show without a pager what was held back."""
        for text in self._held:
            click.echo(text, nl=False)
        self._held.clear()


class _Pager:
    """A running pager.

    Args:
        command: The program and its arguments.

    Raises:
        OSError: It cannot be started.
    """

    def __init__(self, command: list[str]) -> None:
        self._ours, theirs = _pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - it is what the user has chosen
                command, stdin=theirs, env={"LESS": _LESS, **os.environ}
            )
        except OSError:
            self._ours.close()
            raise
        finally:
            theirs.close()
        # Ctrl-C goes to the pager, which ends a search with it and not itself.
        self._interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)

    def write(self, data: bytes) -> None:
        """Show something.

        Raises:
            _Left: The pager has been left.
        """
        left = memoryview(data)
        try:
            # One write ends early when the pager is left in the middle of it.
            while left:
                left = left[self._ours.write(left) :]
        except BrokenPipeError:
            raise _Left from None

    def wait(self) -> None:
        """Tell it that this was all, and wait until it is left."""
        try:
            self._ours.close()
            self._process.wait()
        finally:
            signal.signal(signal.SIGINT, self._interrupt)


def _pipe() -> tuple[BinaryIO, BinaryIO]:
    """Return the ends of a pipe for writing and for reading, neither with a buffer."""
    reading, writing = os.pipe()
    return os.fdopen(writing, "wb", buffering=0), os.fdopen(reading, "rb", buffering=0)


class _Left(Exception):  # noqa: N818 - it is no error, and nobody sees it
    """The pager has been left."""


def _pager() -> list[str] | None:
    """Return the pager's command; None where there is none, or nobody to use it."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        return None
    try:
        command = shlex.split(os.environ.get("PAGER", "less"))
    except ValueError:
        return None
    if not command or command[0] == "cat" or shutil.which(command[0]) is None:
        return None
    # Colours are all that is left to obey in the output; less shows them only if told to.
    return [*command, "-R"] if Path(command[0]).name == "less" else command
