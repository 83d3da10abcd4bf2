"""The command line ``indelible``, which needs the extra ``cli``.

This module runs before it is known whether click and rich are there, so it imports neither.  What
is shown, and with which exit code a command ends, is told in `indelible.cli.exit_codes`.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, NoReturn

from indelible.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["main"]

_NEEDED: Final = ("click", "rich")


def main() -> NoReturn:
    """Run the command line on ``sys.argv``, and end the process.

    Raises:
        SystemExit: Always, with one of `ExitCode`.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        print(
            f"indelible: the command line needs {' and '.join(missing)}. "
            "Run: pip install 'indelible[cli]'",
            file=sys.stderr,
        )
        sys.exit(ExitCode.CONFIGURATION)
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        # What the terminal's encoding does not have is better shown escaped than not at all.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # SIGTERM ends a command the way Ctrl-C does: what it has opened is closed and removed.
    signal.signal(signal.SIGTERM, _terminate)
    try:
        from indelible.cli.app import app

        app(prog_name="indelible")
    except KeyboardInterrupt:
        # Before or after the moments in which the command itself deals with it.
        sys.exit(ExitCode.INTERRUPTED)
    raise AssertionError("click ends the process")


def _open_closed_streams() -> None:
    """Send nowhere what would go to streams that are closed from the start, as by ``>&-``.

    Python has None in their places, and their numbers would go to the next files that are opened.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(nowhere, mode, encoding="utf-8"))


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(ExitCode.TERMINATED)
