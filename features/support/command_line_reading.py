"""A log that is followed, pagers, and shells that complete, for scenarios on the command line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from features.support import processes
from features.support.merkle.hypothesis_run import run_property
from indelible.cli.charts import fitting_span
from indelible.storage.statements import span_number


class Follower:
    """A running `indelible tail --follow`, read line by line.

    Args:
        environment: Its whole environment.
        lines: With how many events it begins.
    """

    def __init__(self, environment: Mapping[str, str], lines: int) -> None:
        program = [sys.executable, "-m", "indelible", "tail", "--follow", "--poll", "0.05"]
        self._process = subprocess.Popen(
            [*program, "--lines", str(lines)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(environment),
        )

    def numbers(self, count: int) -> list[int]:
        """Wait for so many events, and return their numbers."""
        assert self._process.stdout is not None
        return [json.loads(self._process.stdout.readline())["seq"] for _ in range(count)]

    def send(self, name: str) -> None:
        self._process.send_signal(signal.Signals[name])

    def leave(self) -> None:
        """Read no more, as a program does that has ended."""
        assert self._process.stdout is not None
        self._process.stdout.close()

    def end(self) -> tuple[int, str]:
        """Wait for its end, and return the exit code and what it has said."""
        assert self._process.stderr is not None
        code = self._process.wait(processes.SECONDS)
        return code, self._process.stderr.read()

    def close(self) -> None:
        """Leave nothing of it, however the scenario has ended."""
        if self._process.poll() is None:
            self._process.kill()
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()
        self._process.wait()


@dataclass(frozen=True)
class KeepingPager:
    """A pager that keeps what it is shown, and shows it."""

    path: Path

    @property
    def command(self) -> str:
        return f"tee '{self.path}'"

    def shown(self) -> str | None:
        """Return what it was shown; None if it was never started."""
        return self.path.read_text(encoding="utf-8") if self.path.exists() else None


def make_less(directory: Path) -> None:
    """Write a program `less` that tells how it was started."""
    program = directory / "less"
    program.write_text('#!/bin/sh\ncat\necho "started as less $* with $LESS"\n', encoding="utf-8")
    program.chmod(0o755)


def completed(words: str, environment: Mapping[str, str]) -> list[str]:
    """Return what a shell is told that a line's last word may become."""
    ran = subprocess.run(
        [sys.executable, "-m", "indelible"],
        env={
            **environment,
            "_INDELIBLE_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=processes.SECONDS,
        check=False,
    )
    assert not ran.stderr, ran.stderr
    return [line.partition(",")[2] for line in ran.stdout.splitlines() if line]


COMPLETING = """
import os, sys
os.environ.update(_INDELIBLE_COMPLETE="bash_complete", COMP_WORDS="indelible ", COMP_CWORD="1")
from indelible.cli import main
try:
    main()
finally:
    print("IMPORTED", *(name for name in sys.modules if name.startswith("indelible.cli.commands")))
"""
"""Completes the commands, and tells which of them were imported."""


def check_spans(most: int) -> None:
    """Check that a histogram of any two times fits on a screen, and shows what there is."""
    earliest, latest = (datetime.fromisoformat(day) for day in ("1000-01-01", "9999-12-31"))
    moments = st.datetimes(earliest, latest, timezones=st.just(UTC))

    @given(moments, moments)
    def fits(one: datetime, other: datetime) -> None:
        first, last = sorted((one, other))
        seconds = int(fitting_span(first, last).total_seconds())
        bars = span_number(last, seconds) - span_number(first, seconds) + 1
        assert bars <= most, (first, last, seconds, bars)
        assert seconds == 1 or bars >= 2, (first, last, seconds, bars)

    run_property(fits)
