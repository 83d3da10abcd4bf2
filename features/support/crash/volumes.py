"""A small volume that is full and gets room: ``python -m features.support.crash.volumes WHAT DIR``

Run under ``unshare --mount``, so that the file system that it mounts ends with it.  It is the judge
as well: what is on that file system can be seen from here alone.  The ledger is a pipe.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from features.support.crash import apart
from features.support.crash.apart import NoVolume, refuse
from features.support.crash.judge import Judge
from features.support.crash.killing import options
from features.support.crash.ledger import Ledger
from features.support.crash.nursery import Nursery

SMALL = 5_000_000
"""Bytes of the volume at first: a spool's file has 2 MiB."""

LARGE = 200_000_000
"""Bytes of it once somebody has made room."""


def run_apart(what: str, directory: Path) -> dict[str, Any]:
    """Run this module in a mount namespace of its own, and return what it has found.

    Raises:
        NoVolume: That is not allowed here.
    """
    return apart.run_apart(__name__, what, str(directory), seconds=90)


def _mount(directory: Path, option: str) -> None:
    ran = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", option, "none", str(directory)],
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise NoVolume(ran.stderr.strip())


def fill(what: str, directory: Path) -> dict[str, Any]:
    """Record until the volume is full, make room, and judge.

    Args:
        what: What is on the volume: ``database`` or ``spool``.
        directory: An empty directory.
    """
    volume, elsewhere = directory / "volume", directory / "elsewhere"
    volume.mkdir()
    elsewhere.mkdir()
    _mount(volume, f"size={SMALL},mode=0700")
    database, spools = (volume, elsewhere) if what == "database" else (elsewhere, volume)
    url = f"sqlite:///{database / 'audit.db'}"
    judge = Judge(url, elsewhere)
    ledger = Ledger()
    service = options("spool", spools / "spools")
    locked = what == "spool"
    with Nursery() as nursery:
        child = nursery.start("fill", ledger, url=url, service=service, locked=locked)
        ledger.started()
        told = ledger.wait_for_note("full")
        before = ledger.acknowledged
        time.sleep(0.5)
        child.say("room")
        _mount(volume, f"remount,size={LARGE}")
        assert ledger.wait_for_note("closed") == "True", ledger.summary()
        assert child.wait() == 0
    ledger.finish()
    verdict = judge.judge(ledger)
    judge.check_whole()
    assert ledger.acknowledged > before > 40, (ledger.acknowledged, before)
    return verdict.members() | {"told": told}


if __name__ == "__main__":
    try:
        print(json.dumps(fill(sys.argv[1], Path(sys.argv[2]))))
    except NoVolume as error:
        refuse(error)
