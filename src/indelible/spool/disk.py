"""What the spool asks of the operating system: one object, so that tests can make it fail."""

from __future__ import annotations

import errno
import fcntl
import os
import sys
from pathlib import Path
from typing import Final

from indelible.spool.errors import SpoolError

__all__ = ["Disk", "failure"]

DIRECTORY_MODE: Final = 0o700
FILE_MODE: Final = 0o600
"""Events may hold personal data: the spool is for its owner alone."""

PAGE: Final = 4096

_MENDS: Final = {
    errno.ENOSPC: "The disk is full: make room on it, or put the spool on another",
    errno.EDQUOT: "The account's quota is used up: raise it, or put the spool elsewhere",
    errno.EFBIG: "Files may not grow that large: raise the process's limit (ulimit -f)",
    errno.EIO: "The disk reports an error: look at the system's log, and replace the disk",
    errno.EROFS: "The file system is read-only, often after an error: look at the system's log",
    errno.EACCES: "Let this account read and write the directory and what is in it",
    errno.EPERM: "Let this account read and write the directory and what is in it",
    errno.ENOENT: "The directory is gone: find out what deletes it, and make the spool anew",
    errno.EMFILE: "The process has too many files open: raise its limit (ulimit -n)",
}


def failure(path: Path, doing: str, error: OSError) -> SpoolError:
    """Return the error that says what failed, where, and how to mend it."""
    mend = _MENDS.get(error.errno or 0, "Find out what keeps the file from being used")
    return SpoolError(f"the spool's {str(path)!r} {doing}: {error.strerror or error}. {mend}")


class Disk:
    """The system calls that can fail; each raises `OSError` as the system reports it."""

    def create(self, path: Path) -> int:
        """Create a file for its owner alone, open for reading and writing."""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(path, flags, FILE_MODE)
        # The umask may have taken more away than is meant.
        os.fchmod(descriptor, FILE_MODE)
        return descriptor

    def open(self, path: Path, flags: int = os.O_RDONLY) -> int:
        """Open a file that is there, and no link."""
        return os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW)

    def pwrite(self, descriptor: int, data: bytes | memoryview, offset: int) -> int:
        """Write some of the bytes, and return how many."""
        return os.pwrite(descriptor, data, offset)

    def pread(self, descriptor: int, length: int, offset: int) -> bytes:
        """Read at most so many bytes."""
        return os.pread(descriptor, length, offset)

    def sync(self, descriptor: int) -> None:
        """Wait until a file's contents are on the disk, and what it takes to find them."""
        if sys.platform == "darwin":
            # fsync() there leaves them in the drive's own cache.
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        else:
            os.fdatasync(descriptor)

    def sync_directory(self, directory: Path) -> None:
        """Wait until a directory's own entries are on the disk."""
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        """Give a file or a directory another name, replacing what has it."""
        old.rename(new)

    def unlink(self, path: Path) -> None:
        """Delete a file, if it is there."""
        path.unlink(missing_ok=True)

    def make_directory(self, path: Path) -> None:
        """Make a directory for its owner alone."""
        path.mkdir(mode=DIRECTORY_MODE)
        path.chmod(DIRECTORY_MODE)

    def write_all(self, descriptor: int, data: bytes | bytearray, offset: int) -> None:
        """Write all of some bytes, in one call unless the system takes fewer at once."""
        rest = memoryview(data)
        while rest:
            written = self.pwrite(descriptor, rest, offset)
            rest = rest[written:]
            offset += written

    def read_all(self, descriptor: int, start: int, end: int) -> bytes:
        """Read the bytes from one offset to another; fewer if the file ends before.

        A page that the disk cannot read comes as zeros, so that it costs what is in it alone.
        """
        parts = []
        while start < end:
            try:
                part = self.pread(descriptor, end - start, start)
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                part = self._readable(descriptor, start, min(end, start - start % PAGE + PAGE))
            if not part:
                break
            parts.append(part)
            start += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _readable(self, descriptor: int, start: int, end: int) -> bytes:
        try:
            return self.pread(descriptor, end - start, start)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return bytes(end - start)
