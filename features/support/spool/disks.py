"""Disks that fail on purpose, and one that does not wait."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from indelible.spool import Disk


class QuickDisk(Disk):
    """Waits for nothing: for tests that make hundreds of spools and lose no power."""

    def sync(self, descriptor: int) -> None:
        pass

    def sync_directory(self, directory: Path) -> None:
        pass


class FailingDisk(QuickDisk):
    """Fails when told to, and drops what a failed wait for the disk was about, as Linux may.

    Attributes:
        syncs_to_fail: How many of the next waits fail.
        writes_to_fail: How many of the next writes fail, after half of their bytes were written.
        error: The error number that they report.
        short: Whether writes take at most 100 bytes at once.
        used_after_failure: Set when a file is written or waited for through the descriptor whose
            wait has failed.
    """

    def __init__(self) -> None:
        self.syncs_to_fail = 0
        self.writes_to_fail = 0
        self.error = errno.EIO
        self.short = False
        self.used_after_failure = False
        self._failed: set[tuple[int, int]] = set()
        self._unsynced: dict[int, list[tuple[int, bytes]]] = {}

    def create(self, path: Path) -> int:
        return self._new(super().create(path))

    def open(self, path: Path, flags: int = os.O_RDONLY) -> int:
        return self._new(super().open(path, flags))

    def _new(self, descriptor: int) -> int:
        # Numbers of descriptors and inodes are given out again.
        self._failed.discard((descriptor, os.fstat(descriptor).st_ino))
        self._unsynced.pop(descriptor, None)
        return descriptor

    def pwrite(self, descriptor: int, data: bytes | memoryview, offset: int) -> int:
        self._look(descriptor)
        rest = bytes(data)
        if self.writes_to_fail:
            self.writes_to_fail -= 1
            self._failed.add((descriptor, os.fstat(descriptor).st_ino))
            os.pwrite(descriptor, rest[: len(rest) // 2], offset)
            raise OSError(self.error, os.strerror(self.error))
        if self.short:
            rest = rest[:100]
        before = os.pread(descriptor, len(rest), offset)
        self._unsynced.setdefault(descriptor, []).append((offset, before))
        return os.pwrite(descriptor, rest, offset)

    def sync(self, descriptor: int) -> None:
        self._look(descriptor)
        written = self._unsynced.pop(descriptor, [])
        if self.syncs_to_fail:
            self.syncs_to_fail -= 1
            self._failed.add((descriptor, os.fstat(descriptor).st_ino))
            for offset, before in reversed(written):
                os.pwrite(descriptor, before, offset)
            raise OSError(self.error, os.strerror(self.error))

    def _look(self, descriptor: int) -> None:
        if (descriptor, os.fstat(descriptor).st_ino) in self._failed:
            self.used_after_failure = True
