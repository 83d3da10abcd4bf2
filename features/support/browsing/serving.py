"""The page's processes: `indelible serve`, an application that mounts it, and one that records."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from features.support import scratch
from features.support.processes import ROOT

SECONDS = 30.0
"""How long a process may take until it answers, and until it has ended."""

HOST = "127.0.0.1"

MOUNT = "/internal/audit"
"""Where the application of `mounting.py` has the page."""


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def serve_command(url: str, port: int, options: Sequence[str]) -> list[str]:
    return [
        sys.executable, "-m", "indelible", "serve", url, "--port", str(port), *options,
    ]  # fmt: skip


def mount_command(url: str, port: int, key: Path, tenants: Sequence[str] | None) -> list[str]:
    order = {"url": url, "port": port, "key": str(key), "tenants": tenants}
    return [sys.executable, "-m", "features.support.browsing.mounting", json.dumps(order)]


class Program:
    """A process with its output in files of its own.

    Args:
        command: What to run.
        directory: Where to run it.
    """

    def __init__(self, command: Sequence[str], directory: Path = ROOT) -> None:
        outputs = scratch.new_directory()
        self._out, self._err = outputs / "out", outputs / "err"
        self._read = 0
        environment = {name: value for name, value in os.environ.items() if name != "INDELIBLE_URL"}
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(
                list(command), cwd=directory, env=environment,
                stdin=subprocess.PIPE, stdout=out, stderr=err,
            )  # fmt: skip

    @property
    def out(self) -> str:
        return self._out.read_text(encoding="utf-8", errors="replace")

    @property
    def err(self) -> str:
        return self._err.read_text(encoding="utf-8", errors="replace")

    def news(self) -> str:
        """What it has said on standard error since the last look."""
        news = self.err[self._read :]
        self._read += len(news)
        return news

    def wait_for(self, what: str, ready: Any) -> None:
        """Wait until a function says yes.

        Raises:
            AssertionError: The process has ended before, or it takes too long.
        """
        deadline = time.monotonic() + SECONDS
        while not ready():
            said = f"{self.out}{self.err}"
            assert self._process.poll() is None, f"it ended before {what}: {said}"
            assert time.monotonic() < deadline, f"not {what} within {SECONDS} s: {said}"
            time.sleep(0.02)

    def finish(self) -> str:
        """Close its standard input, wait for its end, and return what it has printed."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        status = self._process.wait(SECONDS)
        assert status == 0, f"exit status {status}: {self.err}"
        return self.out

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self, number: signal.Signals) -> int:
        """Send it a signal that is to end it, and return its exit status."""
        self._process.send_signal(number)
        return self._process.wait(SECONDS)

    def end(self) -> None:
        """End it with SIGTERM, if it still runs."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
                raise AssertionError(f"it did not end on SIGTERM: {self.err}") from None
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()


def answers(address: str) -> bool:
    """Whether a server answers there, with whatever."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(address, timeout=SECONDS).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
