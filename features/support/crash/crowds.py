"""Tests of one program or several at full speed, and of those that run into limits."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from features.support.crash.judge import Judge, Verdict
from features.support.crash.killing import options
from features.support.crash.ledger import Ledger
from features.support.crash.nursery import Nursery


def share_a_log(
    nursery: Nursery, url: str, directory: Path, mode: str, processes: int, events: int
) -> tuple[Verdict, float]:
    """Let processes record into one log at once, and judge. Returns how many seconds it took."""
    judge = Judge(url, directory)
    ledger = Ledger()
    service = options(mode, directory / "spools") | {"close_timeout": 50.0}
    started = time.monotonic()
    children = [
        nursery.start("record", ledger, url=url, service=service, threads=2, events=events // 2)
        for _ in range(processes)
    ]
    for child in children:
        status = child.wait()
        assert status == 0, status
    seconds = time.monotonic() - started
    ledger.finish()
    assert list(ledger.notes["closed"]) == ["True"] * processes, ledger.summary()
    verdict = judge.judge(ledger)
    assert judge.check_whole() == processes * events
    return verdict, seconds


def reach_a_limit(
    nursery: Nursery, url: str, directory: Path, mode: str, limit: str, most: int
) -> tuple[Verdict, str]:
    """Let files, or the database, grow up to a limit and no further, lift it, and judge.

    Returns:
        The verdict, and what the program was told at the limit.
    """
    judge = Judge(url, directory)
    ledger = Ledger()
    child = nursery.start(
        "limited", ledger, url=url, limit=limit, most=most,
        # A synchronous caller tries for as long.
        service=options(mode, directory / "spools") | {"timeout": 0.5},
    )  # fmt: skip
    ledger.started()
    told = ledger.wait_for_note("full")
    assert ledger.wait_for_note("closed") == "True", ledger.summary()
    assert child.wait() == 0
    ledger.finish()
    verdict = judge.judge(ledger)
    judge.check_whole()
    assert int(ledger.notes["before"][0]) > 10, ledger.summary()
    assert list(ledger.notes["afterwards"]) == ["20"], ledger.summary()
    return verdict, told


def change_the_clock(
    nursery: Nursery, url: str, directory: Path, mode: str, hours: float
) -> tuple[Verdict, dict[str, Any]]:
    """Let a process record whose clock jumps back and forth, and judge.

    Returns:
        The verdict, and in seconds the ``slowest`` call, the ``flush``, and how long the program
        ``waited`` for half a second in which nothing was committed.
    """
    judge = Judge(url, directory)
    ledger = Ledger()
    service = options(mode, directory / "spools") | {"timeout": 0.5}
    child = nursery.start("jump", ledger, url=url, service=service, hours=hours)
    assert child.wait() == 0
    ledger.finish()
    verdict = judge.judge(ledger)
    names = ("slowest", "flush", "waited")
    return verdict, {name: float(ledger.notes[name][0]) for name in names}
