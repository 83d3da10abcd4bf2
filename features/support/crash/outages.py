"""Servers that are killed, stopped and cut off while processes record, and come back."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from features.support.crash.judge import Judge, Verdict
from features.support.crash.killing import options
from features.support.crash.ledger import Ledger
from features.support.crash.nursery import Child, Nursery
from features.support.crash.proxy import Proxy
from features.support.private_servers import Server

LONGEST_CALL = 0.3
"""How long `record` may take with a spool while the database hangs, in seconds: 10 ms is promised,
and what comes on top is this machine, which other tests keep busy."""


_CUTS = 12


class Victim:
    """A process that records into a database of its own, and its judge."""

    def __init__(
        self,
        nursery: Nursery,
        server: Server,
        proxy: Proxy,
        directory: Path,
        mode: str,
        *,
        timeout: float = 30.0,
    ) -> None:
        self.mode = mode
        self.ledger = Ledger()
        directory = directory / mode
        directory.mkdir()
        url = server.new_database()
        self._judge = Judge(url, directory)
        service = options(mode, directory / "spools") | {"timeout": timeout, "busy_timeout": 2.0}
        self._child: Child | None = nursery.start(
            "record on command", self.ledger, url=proxy.url(url), service=service
        )
        self.ledger.started()

    def finish(self) -> tuple[Verdict, Ledger]:
        """Let it stop, deliver what it has, and end; then judge."""
        assert self._child is not None
        if self.mode == "spool":
            # It goes on recording, whatever the database does.
            self.ledger.wait_for_acknowledged(50)
        self._child.say("stop")
        assert self.ledger.wait_for_note("closed") == "True", self.ledger.summary()
        child, self._child = self._child, None
        assert child.wait() == 0
        self.ledger.finish()
        return self._judge.judge(self.ledger), self.ledger

    def kill(self) -> None:
        """End it, if a test has failed before it could."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()


class Outage:
    """A database behind a proxy, and what happens to the two.

    Args:
        server: A server that nobody else uses.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self.faults: dict[str, Callable[[Proxy], None]] = {
            "is killed and restarted": self._kill,
            "is shut down and restarted": self._shut_down,
            "hangs": self._hang,
            "is behind a proxy that stalls": self._stall,
            "is behind a proxy that resets": self._reset,
            "is behind a proxy that cuts after COMMIT": self._cut,
        }

    def survive(
        self, nursery: Nursery, directory: Path, fault: str, modes: Sequence[str]
    ) -> dict[str, tuple[Verdict, Ledger]]:
        """Let processes record through an outage, one in each mode, and judge when it is over.

        Args:
            nursery: Where the processes come from.
            directory: For spools, and the judges' keys.
            fault: One of `faults`.
            modes: As for `killing.options`.

        Returns:
            For each mode the verdict, and what the process was told.
        """
        with Proxy(_socket(self.server)) as proxy:
            victims = [Victim(nursery, self.server, proxy, directory, mode) for mode in modes]
            try:
                for victim in victims:
                    victim.ledger.wait_for_acknowledged(100)
                self.faults[fault](proxy)
                return {victim.mode: victim.finish() for victim in victims}
            finally:
                for victim in victims:
                    victim.kill()

    def outlast(
        self, nursery: Nursery, directory: Path, mode: str, *, timeout: float, seconds: float
    ) -> Ledger:
        """Let a process record while the server says nothing for longer than it is to wait.

        Args:
            nursery: Where the process comes from.
            directory: For the judge's key.
            mode: As for `killing.options`.
            timeout: The service's.
            seconds: How long the server says nothing.
        """
        with Proxy(_socket(self.server)) as proxy:
            victim = Victim(nursery, self.server, proxy, directory, mode, timeout=timeout)
            try:
                victim.ledger.wait_for_acknowledged(100)
                proxy.stall()
                time.sleep(seconds)
                proxy.resume()
                verdict, ledger = victim.finish()
            finally:
                victim.kill()
        assert verdict, verdict
        return ledger

    def _kill(self, proxy: Proxy) -> None:
        self.server.kill()
        time.sleep(0.3)
        self.server.start()

    def _shut_down(self, proxy: Proxy) -> None:
        self.server.stop()
        time.sleep(0.3)
        self.server.start()

    def _hang(self, proxy: Proxy) -> None:
        with stopped(self.server):
            time.sleep(1.5)

    def _stall(self, proxy: Proxy) -> None:
        proxy.stall()
        time.sleep(1.5)
        proxy.resume()

    def _reset(self, proxy: Proxy) -> None:
        for _ in range(5):
            proxy.reset()
            time.sleep(0.1)

    def _cut(self, proxy: Proxy) -> None:
        proxy.cut_after_commit(_CUTS)
        deadline = time.monotonic() + 20
        while proxy.cuts < _CUTS:
            assert time.monotonic() < deadline, f"only {proxy.cuts} of {_CUTS} COMMITs were seen"
            time.sleep(0.02)


@contextmanager
def stopped(server: Server) -> Iterator[None]:
    """Stop a server's processes with SIGSTOP, and let them go on."""
    pids = [server.pid, *_children(server.pid)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in text.split()]


def _socket(server: Server) -> Path:
    names = {"postgresql": ".s.PGSQL.5432", "mariadb": "mariadb.sock"}
    return server.directory / names[server.kind]
