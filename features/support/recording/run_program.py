"""Running the programs in features/support/recording/programs."""

from __future__ import annotations

import subprocess
import sys

from features.support import processes

SECONDS = 120.0
"""Longer than the limits that a program sets itself, at which it prints where it hangs."""


def run_to_its_end(name: str, *cases: tuple[str, str]) -> processes.Ended:
    """Run some cases of a program, however it ends.

    Args:
        name: The program's module.
        cases: Each case with the URL of its database.

    Raises:
        AssertionError: It hangs.
    """
    command = [sys.executable, "-m", f"features.support.recording.programs.{name}"]
    for case, url in cases:
        command += [case, url]
    try:
        return processes.run(command, seconds=SECONDS)
    except subprocess.TimeoutExpired as error:
        # One of its children keeps the pipe open.
        raise AssertionError(f"{name} does not end; it has printed: {error.stdout!r}") from error


def run_program(name: str, *cases: tuple[str, str]) -> str:
    """Run some cases of a program to its good end.

    Returns:
        What it has printed.

    Raises:
        AssertionError: It says that something has gone wrong, or it hangs.
    """
    ended = run_to_its_end(name, *cases)
    assert ended.status == 0 and "ok" in ended.output.splitlines(), (
        f"{name} ended with {ended.status}:\n{ended.output}"
    )
    return ended.output
