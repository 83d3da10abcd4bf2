"""`indelible serve` as a process, and what clients get from it."""

from __future__ import annotations

import http.client
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

from features.support.browsing.serving import HOST, SECONDS, Program, answers, free_port
from features.support.processes import ROOT


class Server:
    """A server that runs until it is told to end.

    Args:
        url: The log's database.
        options: Further options.
        directory: Where it is started.
    """

    def __init__(self, url: str, options: str = "", directory: Path = ROOT) -> None:
        self.port = free_port()
        self._program = Program(command(url, f"--port {self.port} {options}"), directory)
        self._program.wait_for("it answered", lambda: answers(f"http://{HOST}:{self.port}/static/"))
        self.status = 0
        self.text = ""

    def ask(self, path: str, **headers: str) -> None:
        """Ask for a path, and take the answer."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=SECONDS)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        self.status, self.text = answer.status, answer.read().decode()
        connection.close()

    @property
    def address(self) -> str:
        """The address that it has printed."""
        (line,) = self._program.err.splitlines()
        found = re.search(r"http://\S+", line)
        assert found, line
        return found[0]

    def arguments(self) -> str:
        """What everybody on the machine sees of it."""
        return Path(f"/proc/{self._program.pid}/cmdline").read_text(encoding="utf-8")

    def end(self) -> int:
        """Tell it to end, and return its exit status."""
        return self._program.stop(signal.SIGTERM)

    def close(self) -> None:
        """End it, however it is."""
        self._program.end()


def command(url: str, options: str) -> list[str]:
    return [sys.executable, "-m", "indelible", "serve", url, *shlex.split(options)]


def without(module: str, url: str) -> str:
    """Return what `indelible serve` says where a library is not installed."""
    code = (
        f"import sys; sys.modules[{module!r}] = None\n"
        f"from indelible.cli import main\nsys.argv = ['indelible', 'serve', {url!r}]\nmain()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert ended.returncode == 3, ended
    return ended.stderr
