"""Writing small files so that they are whole and on the disk when the call returns."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

__all__ = ["PRIVATE_MODE", "create_private", "replace_private", "sync_directory", "write_all"]

PRIVATE_MODE: Final = 0o600
"""Mode of files that are for their owner alone."""


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of some bytes, however many the system takes at once, and wait for the disk."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.fsync(descriptor)


def sync_directory(directory: Path) -> None:
    """Wait until a directory's own entries, such as a new name, are on the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def create_private(path: Path, data: bytes) -> None:
    """Create a file that only its owner may read; never touch one that is there.

    Args:
        path: The file.
        data: What it is to hold.

    Raises:
        FileExistsError: There is something of this name already, if only a dangling link.
        OSError: It cannot be written; nothing is left behind.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(path, flags, PRIVATE_MODE)
    try:
        try:
            # The umask may have taken more away than is meant.
            os.fchmod(descriptor, PRIVATE_MODE)
            write_all(descriptor, data)
        finally:
            os.close(descriptor)
        sync_directory(path.parent)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def replace_private(path: Path, data: bytes) -> None:
    """Give a file new contents at once: whoever reads it sees the old or the new ones, whole.

    Args:
        path: The file, which need not exist.
        data: What it is to hold.

    Raises:
        OSError: It cannot be written; the old contents are still there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    # What a process of the same number left behind when it was killed.
    temporary.unlink(missing_ok=True)
    create_private(temporary, data)
    try:
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)
