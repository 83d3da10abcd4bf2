"""Running programs in scenarios."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

SECONDS = 60.0
"""How long a program may run that says nothing else."""


@dataclass(frozen=True)
class Ended:
    """How a program ended; `output` holds standard output and error as they came."""

    status: int
    output: str


def unmeasured() -> dict[str, str]:
    """This process's environment without what makes coverage measure the programs it starts.

    For tests of time, of memory, and of what is imported.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


def run(
    command: list[str],
    *,
    cwd: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
) -> Ended:
    """Run a program to its end, without standard input.

    Args:
        command: The program and its arguments.
        cwd: Where it runs.
        environment: Its whole environment; this process's own by default.
        seconds: The time limit, after which it is killed and `subprocess.TimeoutExpired` raised.
    """
    process = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=seconds,
        check=False,
    )
    return Ended(process.returncode, process.stdout)


def run_python(code: str, *, environment: Mapping[str, str] | None = None) -> Ended:
    """Run code in a fresh interpreter of the same environment."""
    return run([sys.executable, "-c", code], environment=environment)
