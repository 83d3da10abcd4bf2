"""A process that has imported everything, and forks programs for a test in milliseconds.

The programs are processes of their own like any other; only that starting Python and importing the
library takes a second of a processor, which a hundred of them cannot have.  `Nursery` is the test's
side; the other one runs as ``python -m features.support.crash.nursery DESCRIPTOR``.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import traceback
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NoReturn, Self

from features.support.crash.ledger import Ledger, Teller
from features.support.processes import ROOT, unmeasured

SECONDS = 60.0
"""How long a program may take before it counts as hanging, prints its stacks and ends."""

PRELOADED = (
    "features.support.crash.programs",
    "indelible.storage.appender",
    "indelible.storage.backends",
    "indelible.storage.engines",
    "indelible.storage.harden",
    "indelible.storage.migrate",
    "indelible.storage.reader",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.orm",
)

DRIVERS = ("sqlalchemy.dialects.postgresql.psycopg", "psycopg", "pymysql")


@dataclass(frozen=True)
class Child:
    """A program that the nursery has forked.

    Attributes:
        pid: Its process id, which stays its own until `wait` has returned.
        control: Its standard input, by a descriptor.
    """

    pid: int
    control: int
    nursery: Nursery

    def say(self, line: str) -> None:
        os.write(self.control, f"{line}\n".encode())

    def kill(self) -> None:
        """End it with SIGKILL, and wait until it has ended."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def wait(self) -> int:
        """Wait for its end, and return its exit status, or its signal as a negative number."""
        status = int(self.nursery.ask({"do": "wait", "pid": self.pid})["status"])
        os.close(self.control)
        return status


class Nursery:
    """The test's side. As a context manager it ends the process, and with it what lives on."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                cwd=ROOT,
                env=unmeasured(),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(
        self, program: str, ledger: Ledger, *, lifetime: float | None = SECONDS, **options: Any
    ) -> Child:
        """Fork a program of `features.support.crash.programs`.

        Args:
            program: Its name there.
            ledger: What it tells; the test calls `Ledger.started` when it starts no more.
            lifetime: After how many seconds it counts as hanging; None for never.
            options: What it is given.
        """
        read, write = os.pipe()
        order = {"do": "start", "program": program, "options": options, "lifetime": lifetime}
        answer = self.ask(order, [ledger.writer, read])
        os.close(read)
        return Child(int(answer["pid"]), write, self)

    def ask(self, order: dict[str, Any], descriptors: list[int] | None = None) -> dict[str, Any]:
        socket.send_fds(self._socket, [json.dumps(order).encode()], descriptors or [])
        answer = self._socket.recv(1 << 16)
        assert answer, "the nursery has ended"
        result: dict[str, Any] = json.loads(answer)
        return result

    def close(self) -> None:
        self._socket.close()
        self._process.wait(SECONDS)


def run(order: dict[str, Any], ledger: int, control: int) -> NoReturn:
    """Run a program in the forked child."""
    os.dup2(control, 0)
    os.close(control)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - a descriptor, open until the end
    if order["lifetime"] is not None:
        faulthandler.dump_traceback_later(order["lifetime"], exit=True)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    programs = importlib.import_module("features.support.crash.programs")
    programs.PROGRAMS[order["program"]](Teller(ledger), **order["options"])
    sys.exit(0)


def serve(descriptor: int) -> None:
    """Fork and wait as the test orders, until it closes its end; then end what lives on."""
    orders = socket.socket(fileno=descriptor)
    living: set[int] = set()
    while True:
        message, descriptors, _, _ = socket.recv_fds(orders, 1 << 16, 2)
        if not message:
            break
        order = json.loads(message)
        if order["do"] == "start":
            pid = os.fork()
            if pid == 0:
                orders.close()
                run(order, *descriptors)
            for inherited in descriptors:
                os.close(inherited)
            living.add(pid)
            answer = {"pid": pid}
        else:
            _, status = os.waitpid(order["pid"], 0)
            living.discard(order["pid"])
            answer = {"status": os.waitstatus_to_exitcode(status)}
        orders.send(json.dumps(answer).encode())
    for pid in living:
        os.kill(pid, signal.SIGKILL)


def preload() -> None:
    for name in PRELOADED:
        importlib.import_module(name)
    for name in DRIVERS:
        try:
            importlib.import_module(name)
        except ImportError:
            # Whoever needs it finds out, and says so.
            continue


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    preload()
    # Two threads of one process must not share what a fork copies: there is one thread here.
    try:
        serve(int(sys.argv[1]))
    except BrokenPipeError:
        traceback.print_exc()
