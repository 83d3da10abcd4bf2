"""What the scenarios about the test databases do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import sqlalchemy

from features.support import processes

_USER = """
import json, os, signal, sys, time
from features.support import servers

# A shell that runs this in the background may have had SIGINT ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
urls = [servers.new_database(kind) for kind in servers.KINDS]
running = [servers.server(kind) for kind in ("postgresql", "mariadb")]
sqlite_directory = os.path.dirname(urls[0].removeprefix("sqlite:///"))
print(json.dumps({
    "pids": [server.pid for server in running],
    "paths": [str(server.directory) for server in running] + [sqlite_directory],
}), flush=True)
try:
    time.sleep(60)
except KeyboardInterrupt:
    sys.exit(130)
"""


def make_table(url: str) -> None:
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE t (n INTEGER)"))
    engine.dispose()


def tables(url: str) -> int:
    """How many tables a database holds."""
    engine = sqlalchemy.create_engine(url)
    number = len(sqlalchemy.inspect(engine).get_table_names())
    engine.dispose()
    return number


def problem(url: str) -> str:
    """Why a database cannot be connected to, or nothing if it can."""
    engine = sqlalchemy.create_engine(url)
    try:
        engine.connect().close()
    except sqlalchemy.exc.OperationalError as error:
        return str(error)
    finally:
        engine.dispose()
    return ""


class DatabaseUser:
    """A process that has databases of all kinds, and what would remain of it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _USER],
            cwd=processes.ROOT,
            env={**processes.unmeasured(), "PYTHONPATH": str(processes.ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        told = json.loads(self._process.stdout.readline() or "null")
        assert told, "it could not start its servers"
        self._pids: list[int] = told["pids"]
        self._paths = [Path(path) for path in told["paths"]]
        assert all(path.exists() for path in self._paths), self._paths

    def end(self, signal_name: str) -> None:
        self._process.send_signal(signal.Signals[signal_name])
        self._process.wait(20)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def what_is_left(self, seconds: float) -> list[str]:
        """Its servers and files that are still there after so many seconds at most."""
        deadline = time.monotonic() + seconds
        while (left := self._left()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return left

    def _left(self) -> list[str]:
        left = [str(path) for path in self._paths if path.exists()]
        for pid in self._pids:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                continue
            left.append(f"process {pid}")
        return left
