"""Running `indelible` in scenarios: inside this process where that will do, for it is quick.

Arguments are split as a shell would, after names that begin with `$` are replaced: `$URL`, `$TMP`,
and what a step has kept, such as `$ID` for the event recorded last.
"""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from features.support import processes
from indelible.cli.app import app

TERMINAL_SECONDS = 60.0
"""How long a program on a terminal may run."""

# The beginnings of the escape sequences that rich itself writes: colours, and the cursor.
STYLING = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass
class CommandLine:
    """The command line as one scenario uses it.

    Attributes:
        names: What stands for `$NAME` in arguments.
        environment: Environment variables for the command; None removes one.
        last: How the last command ended.
    """

    names: dict[str, str]
    environment: dict[str, str | None] = field(default_factory=dict)
    last: Ran = field(default_factory=lambda: Ran(-1, "", "nothing has run yet"))

    def words(self, text: str) -> list[str]:
        """Split arguments, and put in what names stand for."""
        return [
            re.sub(r"\$([A-Z]+)", lambda match: self.names[match[1]], word)
            for word in shlex.split(text)
        ]

    def run(self, arguments: str, given: str | bytes = "") -> None:
        """Run it inside this process, with neither standard stream on a terminal."""
        # An unset variable may not reach it from outside either.
        environment = {"INDELIBLE_URL": None, **self.environment}
        result = CliRunner().invoke(
            app, self.words(arguments), input=given, env=environment, prog_name="indelible"
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        self._keep(Ran(result.exit_code, result.stdout, result.stderr))

    def run_process(
        self, arguments: str, *, command: tuple[str, ...] = (), given: str = ""
    ) -> None:
        """Run it as a process of its own.

        Args:
            arguments: Its arguments.
            command: The program; `python -m indelible` if left out.
            given: Its standard input.
        """
        program = command or (sys.executable, "-m", "indelible")
        process = subprocess.run(
            [*program, *self.words(arguments)],
            input=given,
            capture_output=True,
            text=True,
            env=self.process_environment(),
            timeout=processes.SECONDS,
            check=False,
        )
        self._keep(Ran(process.returncode, process.stdout, process.stderr))

    def run_on_terminal(self, arguments: str, *, columns: int = 80, pipeline: str = "") -> None:
        """Run it on a terminal, so that both its output streams are one; what comes is `out`.

        Args:
            arguments: Its arguments.
            columns: The terminal's width.
            pipeline: A line of the shell to run instead, in which `$INDELIBLE` is the program.
        """
        program = [sys.executable, "-m", "indelible"]
        command = [*program, *self.words(arguments)]
        if pipeline:
            command = ["sh", "-c", pipeline.replace("$INDELIBLE", shlex.join(program))]
        ours, theirs = pty.openpty()
        try:
            process = subprocess.Popen(
                command,
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                env={
                    **self.process_environment(),
                    "COLUMNS": str(columns),
                    "TERM": "xterm-256color",
                },
            )
        finally:
            os.close(theirs)
        output = _read_all(ours, time.monotonic() + TERMINAL_SECONDS)
        code = process.wait(TERMINAL_SECONDS)
        self._keep(Ran(code, output.replace("\r\n", "\n"), ""))

    def process_environment(self) -> dict[str, str]:
        """Return the environment of a process that runs it."""
        merged: Mapping[str, str | None] = {
            **os.environ,
            "INDELIBLE_URL": None,
            **self.environment,
        }
        return {name: value for name, value in merged.items() if value is not None}

    def _keep(self, ran: Ran) -> None:
        self.last = ran
        match = re.match(r'\{"event_id":"([0-9a-f-]{36})"', ran.out)
        if match is not None:
            self.names["ID"] = match[1]
        match = re.search(r"--cursor (\S+)", ran.err)
        if match is not None:
            self.names["CURSOR"] = match[1]

    @property
    def lines(self) -> list[str]:
        """The lines on standard output."""
        return self.last.out.splitlines()

    @property
    def json_lines(self) -> list[Any]:
        """The lines on standard output as JSON."""
        return [json.loads(line) for line in self.lines]

    @property
    def plain_output(self) -> str:
        """Standard output without the styling that a terminal gets."""
        return STYLING.sub("", self.last.out)


def _read_all(descriptor: int, deadline: float) -> str:
    parts = []
    try:
        while time.monotonic() < deadline:
            # The other end closes with the process, which Linux reports as an error.
            part = os.read(descriptor, 65536)
            if not part:
                break
            parts.append(part)
    except OSError:
        pass
    finally:
        os.close(descriptor)
    return b"".join(parts).decode()


def at_path(value: Any, path: str) -> Any:
    """Return what stands in nested JSON at a path such as `event.details.a`, or `<absent>`."""
    for step in path.split("."):
        if not isinstance(value, dict) or step not in value:
            return "<absent>"
        value = value[step]
    return value


def files_below(directory: Path) -> list[str]:
    """Return the names of all files below a directory."""
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))
