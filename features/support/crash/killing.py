"""kill -9 at random moments: processes of a log die one after the other, and two at a time."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

from features.support.crash.judge import Judge, Verdict
from features.support.crash.ledger import Ledger
from features.support.crash.nursery import Child, Nursery
from indelible import AuditService

AT_ONCE = 2
"""Processes that live at a time: who lives adopts what is left by who has died."""


def options(mode: str, directory: Path) -> dict[str, Any]:
    """Return the arguments of a service that make a mode.

    Args:
        mode: ``sync``, ``async`` or ``spool``.
        directory: Where spools are.
    """
    common: dict[str, Any] = {"timeout": 20.0, "busy_timeout": 10.0}
    if mode == "spool":
        return common | {"audit_async": True, "spool": str(directory)}
    return common | {"audit_async": mode == "async"}


def deliver(url: str, directory: Path) -> None:
    """Deliver what dead processes have left in their spools."""
    with AuditService(url, audit_async=True, spool=directory, busy_timeout=10.0) as service:
        assert service.drain_spool(60), service.stats()
    # Hidden ones are nothing of value: a process was killed while it made or removed a spool.
    left = [path for path in directory.glob("*") if not path.name.startswith(".")]
    assert not left, left


def kill_at_random(
    nursery: Nursery, url: str, directory: Path, mode: str, kills: int, seed: int
) -> Verdict:
    """Kill processes that record into one log, and judge what is there, several times.

    Args:
        nursery: Where the processes come from.
        url: The database, which is empty.
        directory: For spools, and the judge's key.
        mode: As for `options`.
        kills: How many processes to kill.
        seed: Of the moments.
    """
    moments = random.Random(seed)
    spools = directory / "spools"
    service = options(mode, spools)
    judge = Judge(url, directory)
    total = Verdict()
    left = kills
    while left:
        now = min(left, moments.randint(2, 6))
        left -= now
        ledger = Ledger()
        living: list[Child] = []
        for _ in range(now):
            living.append(nursery.start("record", ledger, url=url, service=service))
            if len(living) == AT_ONCE:
                _kill_one(living, moments)
        while living:
            _kill_one(living, moments)
        ledger.finish()
        if mode == "spool":
            deliver(url, spools)
        total += judge.judge(ledger)
        assert total, f"seed {seed}: {total}"
    # The library has nothing to say of damage, or of gaps: a kill makes neither.
    assert total.own == [], total.own
    assert judge.check_whole() == total.found
    assert total.acknowledged > 20 * kills, f"too little to be killed in: {total}"
    return total


def _kill_one(living: list[Child], moments: random.Random) -> None:
    # From the first use on, which takes some 20 ms, into the middle of many batches.
    time.sleep(moments.uniform(0.0, 0.25))
    living.pop(moments.randrange(len(living))).kill()
