"""Running the programs in features/support/recording/programs."""

from __future__ import annotations

import subprocess
import sys

from features.support import processes

SECONDS = 120.0
"""Longer than the limits that a program sets itself, at which it prints where it hangs."""


def run_to_its_end(name: str, *cases: tuple[str, str], measured: bool = True) -> processes.Ended:
    """Run some cases of a program, however it ends.

    Args:
        name: The program's module.
        cases: Each case with the URL of its database.
        measured: Whether coverage may measure it.  Its tracer takes a lock of its own at each new
            line, so that an exception which a signal handler raises there leaves it locked.

    Raises:
        AssertionError: It hangs.
    """
    command = [sys.executable, "-m", f"features.support.recording.programs.{name}"]
    for case, url in cases:
        command += [case, url]
    try:
        environment = None if measured else processes.unmeasured()
        return processes.run(command, environment=environment, seconds=SECONDS)
    except subprocess.TimeoutExpired as error:
        # One of its children keeps the pipe open.
        raise AssertionError(f"{name} does not end; it has printed: {error.stdout!r}") from error


def run_program(name: str, *cases: tuple[str, str], measured: bool = True) -> str:
    """Run some cases of a program to its good end.

    Returns:
        What it has printed.

    Raises:
        AssertionError: It says that something has gone wrong, or it hangs.
    """
    ended = run_to_its_end(name, *cases, measured=measured)
    assert ended.status == 0 and "ok" in ended.output.splitlines(), (
        f"{name} ended with {ended.status}:\n{ended.output}"
    )
    return ended.output
