"""Starts programs that end, and judges what they leave."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from features.support.crash.judge import Judge, Verdict
from features.support.crash.killing import deliver, options
from features.support.crash.ledger import Ledger
from features.support.processes import ROOT, unmeasured
from features.support.recording.stalls import locked

STATUSES: Final = {
    "sys.exit": (3,),
    "an exception that nobody catches": (1,),
    "SIGTERM, and no handler": (-signal.SIGTERM,),
    # By the signal itself, as shells expect, where Python notices that it was one.
    "SIGINT": (1, -signal.SIGINT),
    "SIGINT while it records": (1, -signal.SIGINT),
    "os._exit": (7,),
}
"""How the programs end that do not end with status 0."""

WITHOUT_A_WORD: Final = frozenset({"SIGTERM, and no handler", "os._exit"})
"""Ways to end that run nothing, so that what is in memory alone is lost."""

SECONDS: Final = 120.0
"""How long a program may take: longer than it gives itself."""

CLOSE_TIMEOUT: Final = 1.0


@dataclass(frozen=True)
class End:
    """How a program has ended.

    Attributes:
        status: Its exit status, or its signal as a negative number.
        stderr: What it has said.
        ledger: What it was told.
        seconds: How long it took, from its start or, if it says so, from the beginning of its end.
    """

    status: int
    stderr: str
    ledger: Ledger
    seconds: float


def run_to_its_end(
    way: str, url: str, mode: str, spools: Path, python: str = sys.executable
) -> End:
    """Run a program of `ending` to its end, by an interpreter."""
    ledger = Ledger()
    service = options(mode, spools)
    if way == "a database that is locked":
        service |= {"close_timeout": CLOSE_TIMEOUT, "busy_timeout": 0.2}
    started = time.monotonic()
    with subprocess.Popen(
        [python, "-m", "features.support.crash.ending", way, str(ledger.writer),
         json.dumps({"url": url, "service": service})],
        cwd=ROOT, env=unmeasured(), pass_fds=[ledger.writer],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        ledger.started()
        if way == "a database that is locked":
            ledger.wait_for_note("ending")
            started = time.monotonic()
        _, stderr = process.communicate(timeout=SECONDS)
    ended = time.monotonic() - started
    ledger.finish()
    return End(process.returncode, stderr, ledger, ended)


def judge_exit(
    way: str, url: str, mode: str, directory: Path, python: str = sys.executable
) -> Verdict:
    """Run a program to its end by an interpreter, deliver what it has left, and judge.

    Raises:
        AssertionError: It has ended in another way than it should.
    """
    judge = Judge(url, directory)
    spools = directory / "spools"
    ended = run_to_its_end(way, url, mode, spools, python)
    assert ended.status in STATUSES.get(way, (0,)), (ended.status, ended.stderr)
    if mode == "spool":
        deliver(url, spools)
    verdict = judge.judge(ended.ledger, lossy=mode == "async" and way in WITHOUT_A_WORD)
    assert not verdict.own, verdict.own
    assert verdict.acknowledged >= 20, verdict
    return verdict


def judge_locked_exit(
    url: str, mode: str, directory: Path, python: str = sys.executable
) -> tuple[Verdict, End]:
    """Let a program end while somebody else holds the database's lock.

    Returns:
        The verdict after the lock was given back, and how the program has ended before.
    """
    judge = Judge(url, directory)
    spools = directory / "spools"
    with locked(url):
        ended = run_to_its_end("a database that is locked", url, mode, spools, python)
    assert ended.status == 0, (ended.status, ended.stderr)
    # The interpreter itself takes some time to end.
    assert CLOSE_TIMEOUT * 0.5 < ended.seconds < CLOSE_TIMEOUT + 2.0, ended.seconds
    if mode == "spool":
        deliver(url, spools)
    return judge.judge(ended.ledger, lossy=mode == "async"), ended
