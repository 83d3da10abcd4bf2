"""Programs that scenarios start, because they are killed, fork, compete, or may not grow files.

``python -m features.support.spool.programs NAME DIRECTORY``
"""

from __future__ import annotations

import faulthandler
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from features.support.spool import troubles
from features.support.spool.drains import ORIGIN, some_records
from indelible.errors import ClosedError
from indelible.spool import Spool, SpoolError, adopt

SECONDS = 60.0


def say(text: str) -> None:
    """Tell the ledger at the other end of the pipe, in one write."""
    os.write(1, text.encode() + b"\n")


def append_until_killed(directory: Path) -> None:
    """Append batches of one to forty, drain at times, and say what was done once it was."""
    spool = Spool.create(directory, origin=ORIGIN, segment_bytes=32_768)
    draining = directory.name.endswith("-draining")

    def drain() -> None:
        start = 0
        while True:
            chunk = spool.read(start, 30, 100_000)
            if chunk.after == start:
                time.sleep(0.001)
                continue
            say(f"delivered {start} {chunk.after}")
            spool.acknowledge(chunk.after)
            say(f"drained {chunk.after}")
            start = chunk.after
            time.sleep(0.003)

    say("ready")
    if draining:
        threading.Thread(target=drain, daemon=True).start()
    number = 0
    while True:
        batch = [
            b"%d:" % (number + index) + b"." * (number % 900) for index in range(number % 40 + 1)
        ]
        number = spool.append(batch)
        say(f"acknowledged {number}")


def hold(directory: Path) -> None:
    """Hold a spool with records until standard input ends."""
    spool = Spool.create(directory, origin=ORIGIN)
    spool.append(some_records(10))
    say(f"ready {spool.spool_id}")
    sys.stdin.read()


def compete(directory: Path) -> None:
    """Take over and drain whatever there is, and say what it was."""
    say("ready")
    sys.stdin.readline()
    for spool in adopt(directory, origin=ORIGIN):
        start = spool.drained
        while True:
            chunk = spool.read(start, 10, 10_000)
            for _, record in chunk.records:
                say(f"record {record.decode()}")
            if chunk.after == start:
                break
            time.sleep(0.001)
            spool.acknowledge(chunk.after)
            start = chunk.after
        spool.close()
    say("ok")


def fork_and_die(directory: Path) -> None:
    """Fork a child that lets go and lives on; the parent is killed."""
    _fork(directory, "after_fork")


def fork_and_close(directory: Path) -> None:
    """The same, but the child knows of no fork, and closes what it takes for its own."""
    _fork(directory, "close")


def fork_and_append(directory: Path) -> None:
    """The same, but the child knows of no fork, and goes on using it."""
    _fork(directory, "append")


def fork_without_letting_go(directory: Path) -> None:
    """The same, but the child keeps what it has inherited."""
    _fork(directory, "nothing")


def _fork(directory: Path, child_does: str) -> None:
    spool = Spool.create(directory, origin=ORIGIN)
    spool.append(some_records(10))
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        if child_does == "after_fork":
            spool.after_fork()
        elif child_does == "close":
            spool.close()
        if child_does != "nothing":
            for refused in (lambda: spool.append([b"the child's"]), lambda: spool.read(0, 1, 1)):
                try:
                    refused()
                except ClosedError:
                    os.write(write, b"refused")
            # In the child it is nobody's: this must not touch the parent's files or its lock.
            spool.close()
        os.write(write, b".")
        sys.stdin.read()
        os._exit(0)
    told = b""
    while not told.endswith(b"."):
        told += os.read(read, 100)
    try:
        # The child's letting go has left the lock to the parent.
        assert not list(adopt(directory, origin=ORIGIN)), "taken over while its process lives"
        assert spool.append(some_records(1)) == 11
    except BaseException:
        # It keeps open the pipe that the test reads.
        os.kill(child, signal.SIGKILL)
        raise
    say(f"ready {child} {told.decode().rstrip('.')}")
    os.kill(os.getpid(), signal.SIGKILL)


def grow_too_large(directory: Path) -> None:
    """Reach RLIMIT_FSIZE: refused with a mend, and what was there stays and works on."""
    spool = Spool.create(directory, origin=ORIGIN, segment_bytes=65_536)
    first = some_records(50)
    spool.append(first)
    # Python ignores SIGXFSZ; said here because the test rests on it.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    try:
        spool.append(some_records(3000, begin=1000))
    except SpoolError as error:
        assert "ulimit -f" in str(error) and str(directory) in str(error), error
    else:
        raise AssertionError("it was taken")
    assert spool.end == 50
    second = some_records(50, begin=50)
    spool.append(second)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    third = some_records(3000, begin=5000)
    assert spool.append(third) == 3100
    found = []
    start = 0
    while (chunk := spool.read(start, 1000, 1 << 20)).after != start:
        found += [record for _, record in chunk.records]
        start = chunk.after
    assert found == first + second + third
    assert not list(spool.path.glob("*.new"))
    say("ok")


def fill_small_volume(directory: Path) -> None:
    """Fill a file system of 2 MB, in a mount namespace of this process: it ends with it."""
    directory.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2000000,mode=0700", "none", str(directory)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        say(f"no mount: {mounted.stderr.strip()}")
        return
    refusal, result, taken = troubles.fill_volume(directory)
    for text in ("disk is full", "make room", str(directory / "spools")):
        assert text in str(refusal), refusal
    assert result.records == taken
    assert len(taken) > 1000
    assert not result.damages
    say("ok")


PROGRAMS = {
    "fill": fill_small_volume,
    "append": append_until_killed,
    "hold": hold,
    "compete": compete,
    "fork": fork_and_die,
    "fork-and-close": fork_and_close,
    "fork-and-append": fork_and_append,
    "fork-and-keep": fork_without_letting_go,
    "grow": grow_too_large,
}

if __name__ == "__main__":
    faulthandler.dump_traceback_later(SECONDS, exit=True)
    PROGRAMS[sys.argv[1]](Path(sys.argv[2]))
