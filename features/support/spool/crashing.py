"""Killing processes that use spools, and comparing with what they have said before."""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from features.support.processes import ROOT, unmeasured
from features.support.spool.drains import ORIGIN, Delivered, drain, left_behind, some_records
from indelible.spool import Spool, adopt

CHILD_SECONDS = 60.0


def command(name: str, directory: Path) -> list[str]:
    return [sys.executable, "-m", "features.support.spool.programs", name, str(directory)]


def start(name: str, directory: Path) -> subprocess.Popen[str]:
    """Start a program, which says when it is ready."""
    return subprocess.Popen(
        command(name, directory),
        cwd=ROOT,
        env=unmeasured(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@dataclass
class Ledger:
    """What a killed process had said, read from the pipe after its death."""

    acknowledged: int = 0
    drained: int = 0
    delivered: int = 0
    lines: list[str] = field(default_factory=list)


def kill_at_random(tmp: Path, rounds: int, seed: int) -> tuple[int, int]:
    """Kill appending processes at random moments; return how many records that was about.

    Returns:
        The records that were acknowledged, and those that were drained before the kill.
    """
    moments = random.Random(seed)
    total = drained = 0
    for number in range(rounds):
        directory = tmp / (f"{number}-draining" if number % 2 else str(number))
        process = start("append", directory)
        assert line_of(process) == "ready"
        time.sleep(moments.random() * 0.1)
        process.kill()
        output, _ = process.communicate(timeout=CHILD_SECONDS)
        ledger = _ledger(output)
        result = Delivered()
        for spool in adopt(directory, origin=ORIGIN, on_damage=result.damages.append):
            drain(spool, result, most=100, most_bytes=100_000)
            spool.close()
        _compare(ledger, result)
        assert not list(directory.iterdir()), list(directory.iterdir())
        total += ledger.acknowledged
        drained += ledger.drained
    return total, drained


def _ledger(output: str) -> Ledger:
    ledger = Ledger()
    # The kill may have cut the last line off.
    for line in output.split("\n")[:-1]:
        words = line.split()
        if words[0] == "acknowledged":
            ledger.acknowledged = int(words[1])
        elif words[0] == "drained":
            ledger.drained = int(words[1])
        elif words[0] == "delivered":
            ledger.delivered = int(words[2])
    return ledger


def _compare(ledger: Ledger, result: Delivered) -> None:
    assert not result.damages, result.damages
    first = result.numbers[0] if result.numbers else ledger.acknowledged
    # Noted as drained before it was said: at most one chunk further.
    assert ledger.drained <= first, (ledger, first)
    assert first <= max(ledger.delivered, ledger.drained), (ledger, first)
    last = first + len(result.numbers)
    assert result.numbers == list(range(first, last)), "a gap, a double or another order"
    # One append of forty may have been on the disk and not told.
    assert ledger.acknowledged <= last <= ledger.acknowledged + 40, (ledger, last)
    for number, record in zip(result.numbers, result.records, strict=True):
        assert record.startswith(b"%d:" % number), (number, record)


def compete(tmp: Path, processes: int, spools: int) -> None:
    """Let processes take over the same dead spools at once: each record comes once."""
    directory = tmp / "spools"
    expected = []
    for number in range(spools):
        records = some_records(30, begin=100 * number)
        left_behind(directory, records)
        expected += records
    running = [start("compete", directory) for _ in range(processes)]
    for process in running:
        assert line_of(process) == "ready"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    found: Counter[str] = Counter()
    drained_something = 0
    for process in running:
        output, _ = process.communicate(timeout=CHILD_SECONDS)
        assert process.returncode == 0 and output.endswith("ok\n"), output
        own = [line.removeprefix("record ") for line in output.splitlines() if line != "ok"]
        drained_something += bool(own)
        found.update(own)
    assert found == Counter(record.decode() for record in expected)
    assert drained_something > 1, "one process had them all before the others came"
    assert not list(directory.iterdir())


def forked(tmp: Path, name: str) -> tuple[Delivered, str]:
    """Kill a parent whose forked child lives on; return what can be taken over meanwhile."""
    directory = tmp / "spools"
    process = start(name, directory)
    said = line_of(process)
    process.wait(CHILD_SECONDS)
    result = Delivered()
    try:
        for spool in adopt(directory, origin=ORIGIN):
            drain(spool, result)
            spool.close()
        # The child lives all the while.
        os.kill(int(said.split()[1]), 0)
    finally:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        # The child has the pipe too: this ends when it does.
        process.stdout.read()
        process.stdout.close()
    return result, said


def check_living(tmp: Path) -> None:
    """A spool is left alone as long as its process lives, however it lives."""
    directory = tmp / "spools"
    process = start("hold", directory)
    try:
        assert line_of(process).startswith("ready")
        assert list(adopt(directory, origin=ORIGIN)) == []
        process.send_signal(signal.SIGSTOP)
        assert list(adopt(directory, origin=ORIGIN)) == []
        assert len(list(directory.iterdir())) == 1
    finally:
        process.kill()
        process.communicate()
    found = adopt(directory, origin=ORIGIN)
    spool = next(found)
    # Taken over once, it is held again.
    assert list(adopt(directory, origin=ORIGIN)) == []
    result = Delivered()
    drain(spool, result)
    spool.close()
    assert result.records == some_records(10)
    assert not list(found)


def check_removed_meanwhile(tmp: Path) -> None:
    """Get the lock of a spool just after the process that had it has drained and removed it."""
    path = left_behind(tmp / "spools", some_records(10))
    flock = fcntl.flock

    def late(descriptor: int, operation: int) -> None:
        shutil.rmtree(path)
        flock(descriptor, operation)

    with mock.patch("fcntl.flock", late):
        assert Spool.adopt(path, origin=ORIGIN) is None
    assert not path.exists()


def check_lock_files(tmp: Path) -> None:
    """Whatever a dead process, or another program, calls a lock keeps nobody away."""
    directory = tmp / "spools"
    path = left_behind(directory, some_records(10))
    (path / "lock").write_text("4711")
    (path / "0000000000.seg.lock").write_text("4711")
    (directory / "lock").write_text("4711")
    result = Delivered()
    for spool in adopt(directory, origin=ORIGIN):
        drain(spool, result)
        spool.close()
    assert result.records == some_records(10)
    assert [entry.name for entry in directory.iterdir()] == ["lock"]
