"""Killing processes that record into spools, and comparing with what they have said before."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from features.support.processes import ROOT, unmeasured
from features.support.recording.threads import wait_until
from features.support.spooling.cases import Case, check_threads
from indelible import AuditService


@contextmanager
def started(name: str, url: str, directory: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a program, which is killed at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "features.support.spooling.programs", name, url, str(directory)],
        cwd=ROOT,
        env=unmeasured(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if name in {"record", "hold", "die"} else subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def kill_while_recording(case: Case, rounds: int, *, reachable: bool, seed: int) -> int:
    """Kill recording processes, deliver what they leave, and compare; return how much that was."""
    moments = random.Random(seed)
    total = 0
    for number in range(rounds):
        directory = case.directory / str(number)
        acknowledged: dict[str, int] = defaultdict(int)
        if not reachable:
            case.lock_database()
        with started("record", case.url, directory) as process:
            for _ in range(moments.randrange(50, 1500)):
                _note(acknowledged, line_of(process))
            process.kill()
            assert process.stdout is not None
            # Not communicate(), which knows nothing of what readline() has read ahead.
            rest = process.stdout.read()
        for line in rest.split("\n")[:-1]:
            _note(acknowledged, line)
        case.unlock_database()
        with AuditService(case.url, audit_async=True, spool=directory) as service:
            assert service.drain_spool(60), service.stats()
        rows = case.rows()
        check_threads(rows[total:], acknowledged)
        assert not list(directory.iterdir()), list(directory.iterdir())
        total = len(rows)
    return total


def _note(acknowledged: dict[str, int], line: str) -> None:
    actor, step = line.split()
    # A thread's events are told of in its own order.
    assert int(step) == acknowledged[actor], line
    acknowledged[actor] += 1


def take_over(case: Case) -> None:
    """A living process takes over the spool of one that is killed beside it."""
    service = case.start()
    with started("hold", case.url, case.directory) as process:
        assert line_of(process) == "ready"
        case.record("living")
        assert service.flush(10)
        # Looked at by the living one, and left alone.
        assert not service.drain_spool(0.5) or service.stats().committed == 1
        assert case.actions() == ["living"]
        process.send_signal(signal.SIGKILL)
        process.wait()
        # The living one does nothing meanwhile.
        wait_until(lambda: service.stats().committed == 6, "they are taken over", 15)
    assert service.close()


def outlived_by_its_child(case: Case) -> None:
    """A living process takes over the spool of one that is dead, while its forked child lives."""
    service = case.start()
    with started("die", case.url, case.directory) as process:
        assert line_of(process) == "ready"
        process.wait()
        case.record("living")
        # The child waits for a line, and ends when the pipe is closed behind this.
        wait_until(lambda: service.stats().committed == 6, "they are taken over", 15)
    assert service.close()


def run_to_its_end(case: Case, name: str) -> dict[str, int]:
    """Run a program; return how often the log holds which action, and what it said."""
    with started(name, case.url, case.directory) as process:
        output, _ = process.communicate(timeout=90)
    lines = output.split("\n")
    assert process.returncode == 0 and "ok" in lines, output
    found = Counter(case.actions())
    for line in lines:
        if line.startswith("parent "):
            mine = found["parent"] + found["event"] + found["handler"]
            assert mine == int(line.split()[1]), (found, line)
            for action in ("parent", "event", "handler"):
                del found[action]
    return dict(found)
