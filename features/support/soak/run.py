"""The soak: processes that record, random faults, and the judge at the end."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from features.support import scratch
from features.support.crash.judge import Judge, Verdict
from features.support.crash.killing import deliver, options
from features.support.crash.ledger import Ledger
from features.support.crash.nursery import Child, Nursery
from features.support.crash.outages import stopped
from features.support.private_servers import PostgreSQL
from features.support.soak.charts import Mark, Series

PROCESSES: Final = 3
THREADS: Final = 4

PACE: Final = 0.005
"""Pause of each thread between two events, in seconds: the judge remembers all of them."""

SAMPLE_SECONDS: Final = 0.25
_MIB: Final = 1024 * 1024


@dataclass
class Course:
    """How a soak went.

    Attributes:
        verdict: The judge's.
        seconds: When was looked.
        marks: The faults.
        acknowledged: Events acknowledged until then.
        spooled: Events that were in spools then.
        memory: What the processes took then, in MiB.
    """

    verdict: Verdict = field(default_factory=Verdict)
    seconds: list[float] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    spooled: list[int] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    def series(self) -> list[Series]:
        rates = [0.0]
        for at in range(1, len(self.seconds)):
            passed = self.seconds[at] - self.seconds[at - 1]
            rates.append((self.acknowledged[at] - self.acknowledged[at - 1]) / passed)
        return [
            Series("acknowledged a second", rates),
            Series("events in spools", self.spooled),
            Series("memory of all processes in MiB", self.memory),
        ]


class Soak:
    """One soak on a PostgreSQL server of its own.

    Args:
        server: The server, which is started.
        seconds: How long to record.
        seed: Of all that is random.
        say: Is told of each fault.
    """

    def __init__(
        self, server: PostgreSQL, seconds: float, seed: int, say: Callable[[str], None]
    ) -> None:
        self._server = server
        self._duration = seconds
        self._moments = random.Random(seed)
        self._say = say
        self._directory = scratch.new_directory()
        self._spools = self._directory / "spools"
        self._url = server.new_database()
        self._judge = Judge(self._url, self._directory)
        self._ledger = Ledger()
        self._children: list[Child] = []
        self._course = Course()
        self._stopping = False
        self._started = time.monotonic()
        self._faults: list[tuple[str, Callable[[Nursery], None]]] = [
            ("kill -9 of a process", self._kill),
            ("kill -9 of a process", self._kill),
            ("the server is killed and restarted", self._restart),
            ("the server is stopped for a while", self._stop),
        ]

    def run(self) -> Course:
        with Nursery() as nursery:
            for _ in range(PROCESSES):
                self._add(nursery)
            self._started = time.monotonic()
            turn = 0
            while (left := self._duration - self._passed) > 0:
                # Each of them comes before any comes again.
                if turn % len(self._faults) == 0:
                    self._moments.shuffle(self._faults)
                longest = max(0.5, min(15.0, self._duration / 6))
                self._watch(min(left, self._moments.uniform(0.3, 1.0) * longest))
                if self._duration - self._passed > 1.0:
                    self._strike(nursery, *self._faults[turn % len(self._faults)])
                    turn += 1
            self._say(f"{self._passed:7.1f} s  end: what is spooled is delivered")
            self._stopping = True
            for child in self._children:
                child.say("stop")
            for child in self._children:
                status = child.wait()
                assert status == 0, f"a process has ended with status {status}"
        self._ledger.finish()
        deliver(self._url, self._spools)
        self._look()
        self._course.verdict = self._judge.judge(self._ledger)
        return self._course

    @property
    def _passed(self) -> float:
        return time.monotonic() - self._started

    def _add(self, nursery: Nursery) -> None:
        service = options("spool", self._spools) | {"close_timeout": 30.0}
        child = nursery.start(
            "record on command", self._ledger, url=self._url, service=service, threads=THREADS,
            pace=PACE, lifetime=None,
        )  # fmt: skip
        self._children.append(child)

    def _strike(self, nursery: Nursery, what: str, fault: Callable[[Nursery], None]) -> None:
        self._course.marks.append(Mark(self._passed, what))
        self._say(f"{self._passed:7.1f} s  {what}")
        fault(nursery)

    def _kill(self, nursery: Nursery) -> None:
        self._children.pop(self._moments.randrange(len(self._children))).kill()
        self._add(nursery)

    def _restart(self, nursery: Nursery) -> None:
        self._server.kill()
        self._watch(self._moments.uniform(0.1, 1.0))
        self._server.start()

    def _stop(self, nursery: Nursery) -> None:
        with stopped(self._server):
            self._watch(self._moments.uniform(0.2, 2.0))

    def _watch(self, seconds: float) -> None:
        """Look at what happens, now and then, for so long."""
        until = time.monotonic() + seconds
        while True:
            self._look()
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, SAMPLE_SECONDS))

    def _look(self) -> None:
        course = self._course
        if course.seconds and self._passed - course.seconds[-1] < SAMPLE_SECONDS / 2:
            return
        course.seconds.append(self._passed)
        course.acknowledged.append(self._ledger.acknowledged)
        course.spooled.append(self._spooled())
        course.memory.append(sum(_memory(child.pid) for child in self._children) / _MIB)

    def _spooled(self) -> int:
        """Return what the processes have said last, and ask them anew."""
        total = 0
        for child in self._children:
            said = self._ledger.notes[f"spooled-{child.pid}"]
            total += int(said[-1]) if said else 0
            if not self._stopping:
                child.say("stats")
        return total


def _memory(pid: int) -> int:
    """Return how many bytes of a process are in memory; 0 if it is no more."""
    with suppress(OSError, ValueError, IndexError):
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGESIZE")
    return 0
