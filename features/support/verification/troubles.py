"""Verifications whose processes fail, hang or cannot be started."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import StaticPool

from features.support import processes, scratch
from features.support.verification.large import log_of
from features.support.verification.victim import ORIGIN
from indelible.errors import AuditError
from indelible.storage.schema import Tables
from indelible.verification import processes as scanning
from indelible.verification.database import Options, verify_database
from indelible.verification.report import VerificationReport

_PATIENCE = 0.5
"""How long a process may take to end in these scenarios, in seconds."""


class Verification:
    """One verification, the processes that it has started, and how it ended."""

    def __init__(self) -> None:
        self.started: list[subprocess.Popen[bytes]] = []
        self.report: VerificationReport | None = None
        self.problem = ""
        self._start = subprocess.Popen

    def run(self, events: int, count: int, engine: Engine | None = None) -> None:
        log = log_of(events)
        options = Options(trust=log.trust, processes=count)
        with (
            patch("indelible.verification.processes.subprocess.Popen", self.start),
            patch.object(scanning, "_GRACE", _PATIENCE),
        ):
            try:
                self.report = verify_database(engine or log.engine, Tables(), ORIGIN, options)
            except (AuditError, OSError) as error:
                self.problem = str(error)

    def start(self, *arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        """Start a process as the library asks for it."""
        process = self._start(*arguments, **options)
        self.started.append(process)
        return process

    def nothing_is_left(self) -> None:
        assert self.started, "no process was started"
        assert all(process.poll() is not None for process in self.started)
        pipes = [pipe for item in self.started for pipe in (item.stdin, item.stdout)]
        assert all(pipe is not None and pipe.closed for pipe in pipes)
        names = [thread.name for thread in threading.enumerate()]
        deadline = time.monotonic() + 5
        while any(name.startswith("audit-verify") for name in names):
            assert time.monotonic() < deadline, names
            time.sleep(0.02)
            names = [thread.name for thread in threading.enumerate()]


def own_engine(events: int) -> Engine:
    """An application's engine with a function that connects, and a URL that leads nowhere."""
    path = log_of(events).engine.url.database
    assert path is not None
    return create_engine("sqlite:////nowhere/audit.db", creator=lambda: sqlite3.connect(path))


def moved_engine(events: int) -> Engine:
    """An engine on a file that was moved after it was opened."""
    path = log_of(events).engine.url.database
    assert path is not None
    directory = scratch.new_directory()
    copy, moved = directory / "audit.db", directory / "moved.db"
    shutil.copyfile(path, copy)
    connection = sqlite3.connect(copy)
    connection.execute("SELECT count(*) FROM audit_log").fetchall()
    copy.rename(moved)
    return create_engine(f"sqlite:///{copy}", creator=lambda: connection, poolclass=StaticPool)


class _Killing(Verification):
    def start(self, *arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        process = super().start(*arguments, **options)
        process.kill()
        process.wait()
        return process


class _Hanging(Verification):
    """A process that neither reads on nor ends, and whose answers are over."""

    def start(self, *arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        code = "import os, time; os.close(1); time.sleep(60)"
        return super().start([sys.executable, "-c", code], **options)


class _Short(Verification):
    """A system that has room for one process."""

    def start(self, *arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        if self.started:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return super().start(*arguments, **options)


class _Slow(Verification):
    """A process that is stopped until the other one, which is this, has read all that it can."""

    def start(self, *arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        process = super().start(*arguments, **options)
        process.send_signal(signal.SIGSTOP)
        threading.Timer(1.0, process.send_signal, (signal.SIGCONT,)).start()
        return process


_TROUBLES: dict[str, Callable[[], Verification]] = {
    "its processes are killed": _Killing,
    "a process hangs": _Hanging,
    "only one process can be started": _Short,
}


def verify_while(events: int, what: str) -> Verification:
    verification = _TROUBLES[what]()
    verification.run(events, 3)
    return verification


def verify_slowly(events: int) -> Verification:
    verification = _Slow()
    with _few_waiting():
        verification.run(events, 2)
    return verification


@contextmanager
def _few_waiting() -> Iterator[None]:
    """Let few pieces wait for an earlier one, as on a log of millions of events."""
    with patch.object(scanning, "_MOST_WAITING", 3):
        yield


def run_worker() -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "indelible.verification.worker"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=processes.SECONDS,
        check=False,
    )


def modules_of_worker() -> set[str]:
    """Return the packages that a process has imported when it begins to read."""
    code = "import sys, indelible.verification.worker; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        timeout=processes.SECONDS,
    )
    return {name.partition(".")[0] for name in done.stdout.split()}
