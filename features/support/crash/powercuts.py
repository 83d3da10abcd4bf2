"""Power cuts: ``python -m features.support.crash.powercuts ORDER``, an order being JSON.

The log is on a file system of its own in a file, mounted through a loop device.  A cut stops the
programs and then shuts the file system down without letting it write anything more, neither data
nor its journal (the ``GOINGDOWN`` call with ``NOLOGFLUSH``, as the kernel's own tests of file
systems do).  What had not been synced is gone with that; what was, is found when the file system is
mounted again, which replays its journal.  Now and then all of it is synced by somebody else, as it
happens on a busy machine: then some of what the programs have not synced stays.

Run under ``unshare --mount``, so that what it mounts ends with it.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from features.support.crash import apart
from features.support.crash.apart import NoVolume, refuse
from features.support.crash.judge import Judge, Verdict
from features.support.crash.killing import deliver, options
from features.support.crash.ledger import Ledger
from features.support.crash.nursery import Nursery
from features.support.recording import stalls

BYTES: Final = 64 * 1024 * 1024

# <linux/fs.h>, _IOR('X', 125, __u32); of the flags, the one that writes nothing more.
_GOINGDOWN: Final = 2 << 30 | 4 << 16 | ord("X") << 8 | 125
_NOLOGFLUSH: Final = 2

_SPOOL_BYTES: Final = 4 * 1024 * 1024
"""Bound of a spool: small, so that its segments are, and several of them are begun and deleted."""


@dataclass(frozen=True)
class Order:
    """What is to be done.

    Attributes:
        mode: As for `killing.options`.
        cuts: How often the power is cut.
        seed: Of the moments.
        directory: An empty directory.
        filesystem: What `mkfs` makes.
        mount_options: Further options of the mount.
        unsynced: Which syncs of the programs do nothing, to see that the test notices; as for
            `programs.record`.
    """

    mode: str
    cuts: int
    seed: int
    directory: str
    filesystem: str = "ext4"
    mount_options: str = "data=ordered"
    unsynced: str = ""


def run_apart(order: Order) -> dict[str, Any]:
    """Run this module in a mount namespace of its own, and return what it has found.

    Raises:
        NoVolume: That is not allowed here, or the file system cannot be made or shut down.
    """
    return apart.run_apart(__name__, json.dumps(asdict(order)), seconds=240)


class Volume:
    """A file system in a file.

    Args:
        order: What says of which kind.

    Raises:
        NoVolume: It cannot be made here.
    """

    def __init__(self, order: Order) -> None:
        self.path = Path(order.directory) / "volume"
        self.path.mkdir()
        self._image = Path(order.directory) / "image"
        self._options = f"loop,{order.mount_options}"
        with self._image.open("wb") as file:
            file.truncate(BYTES)
        make = f"mkfs.{order.filesystem}"
        if shutil.which(make) is None:
            raise NoVolume(f"there is no {make} on the PATH")
        _do(make, "-q", str(self._image))
        self.mount()

    def mount(self) -> None:
        _do("mount", "-o", self._options, str(self._image), str(self.path))

    def cut(self) -> None:
        """Let nothing more reach the disk."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(descriptor, _GOINGDOWN, struct.pack("I", _NOLOGFLUSH))
        except OSError as error:
            raise NoVolume(f"the file system cannot be shut down: {error}") from error
        finally:
            os.close(descriptor)

    def restart(self) -> None:
        """Forget all that is not on the disk, and mount what is."""
        _do("umount", str(self.path))
        self.mount()

    @contextmanager
    def synced_now_and_then(self, moments: random.Random) -> Iterator[None]:
        """Sync everything at random moments meanwhile, or never."""
        ending = threading.Event()
        pauses = [moments.uniform(0.0, 0.05) for _ in range(20)] if moments.random() < 0.5 else []

        def sync() -> None:
            for pause in pauses:
                if ending.wait(pause):
                    return
                subprocess.run(["sync", "-f", str(self.path)], check=False)

        thread = threading.Thread(target=sync)
        thread.start()
        try:
            yield
        finally:
            ending.set()
            thread.join()


def _do(*command: str) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise NoVolume(f"{command[0]}: {ran.stderr.strip()}")


def cut_again_and_again(order: Order) -> dict[str, Any]:
    """Record, cut the power, restart and judge, so often."""
    moments = random.Random(order.seed)
    volume = Volume(order)
    elsewhere = Path(order.directory) / "elsewhere"
    elsewhere.mkdir()
    url = f"sqlite:///{volume.path / 'audit.db'}"
    spools = volume.path / "spools"
    service = options(order.mode, spools)
    if order.mode == "spool":
        service |= {"spool_max_bytes": _SPOOL_BYTES}
    judge = Judge(url, elsewhere)
    total = Verdict()
    with Nursery() as nursery:
        for number in range(order.cuts):
            ledger = Ledger()
            with ExitStack() as stack:
                if order.mode == "spool" and number % 2:
                    # What is acknowledged stays in the spool.
                    stack.enter_context(stalls.locked(url))
                child = nursery.start(
                    "record", ledger, url=url, service=service, unsynced=order.unsynced
                )
                ledger.started()
                stack.enter_context(volume.synced_now_and_then(moments))
                ledger.wait_for_acknowledged(moments.choice([1, 10, 100, 1000]))
                time.sleep(moments.uniform(0.0, 0.05))
                # At one moment, for all threads, wherever they are: nothing is told afterwards.
                os.kill(child.pid, signal.SIGSTOP)
                volume.cut()
                child.kill()
            ledger.finish()
            volume.restart()
            try:
                if order.mode == "spool" and spools.exists():
                    deliver(url, spools)
            except AssertionError:
                if not order.unsynced:
                    raise
                # Not even a spool is left that can be read.
                total.lost += 1
            total += judge.judge(ledger)
            if not total:
                break
    if total:
        assert judge.check_whole() == total.found, total
        # What a cut leaves of a write that nobody was told of is no damage.
        assert total.own == [], total
    return total.members()


if __name__ == "__main__":
    try:
        print(json.dumps(cut_again_and_again(Order(**json.loads(sys.argv[1])))))
    except NoVolume as error:
        refuse(error)
