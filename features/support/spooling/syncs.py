"""A disk whose syncs fail: made of the system calls themselves, so that nothing is bypassed."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest import mock

_fdatasync = os.fdatasync
_close = os.close


@dataclass
class Syncs:
    """What `os.fdatasync` was asked, and which of that fails.

    Attributes:
        fails: Tells whether the next call fails.
        calls: How many there were.
        failed: The inodes of the files on which one has failed.
        again: The inodes of those that were synced again on the same descriptor after that.
    """

    fails: Callable[[], bool] = lambda: False
    calls: int = 0
    failed: set[int] = field(default_factory=set)
    again: list[int] = field(default_factory=list)
    _open: set[int] = field(default_factory=set)
    # Keep the inodes of files that are deleted from being given to new ones.
    _kept: list[int] = field(default_factory=list)

    def __call__(self, descriptor: int) -> None:
        self.calls += 1
        inode = os.fstat(descriptor).st_ino
        if descriptor in self._open:
            self.again.append(inode)
        if self.fails():
            # As Linux does it: told once, and the next call would say that all is well.
            self._kept.append(os.dup(descriptor))
            self._open.add(descriptor)
            self.failed.add(inode)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        _fdatasync(descriptor)

    def close(self, descriptor: int) -> None:
        """Stand in the place of `os.close`: a number may be given out again after it."""
        self._open.discard(descriptor)
        _close(descriptor)

    def end(self) -> None:
        for descriptor in self._kept:
            _close(descriptor)

    def fail_once(self) -> None:
        """Let the next one fail, and no other."""
        answers = iter([True])
        self.fails = lambda: next(answers, False)


@contextmanager
def failing_syncs() -> Iterator[Syncs]:
    """Put it into the place of `os.fdatasync`, for all of this process."""
    syncs = Syncs()
    with mock.patch.object(os, "fdatasync", syncs), mock.patch.object(os, "close", syncs.close):
        yield syncs
    syncs.end()
