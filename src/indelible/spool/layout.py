"""The directory of spools: how one is made, whose it is, who holds it, and how it goes.

::

    DIR/                          given by the user, for one log
        0f3a…/                    one process's spool, named by its id; locked while held
            owner                 whose it is, as text
            position              how far it is drained
            0000000000.seg        segments
            0000000000.bad        what was damaged in one
        0f3a…-0000000000.bad      the same, of a spool that is gone
        .0f3a….new, .0f3a….gone   a spool that is being made or removed: nothing of value

The lock is `flock` on the spool's own directory.  It ends with its holder however that ends, leaves
no file behind that could look like a lock, and cannot be deleted while the spool stays.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
import secrets
import shutil
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zlib import crc32

from indelible.spool.damage import BAD_SUFFIX
from indelible.spool.disk import Disk, failure
from indelible.spool.errors import SpoolError
from indelible.spool.segment import Identity

__all__ = [
    "Owner",
    "is_held",
    "lock_directory",
    "make_spool_directory",
    "publish",
    "read_owner",
    "remove_leftovers",
    "remove_spool",
    "same_file",
    "spool_directories",
    "unlock",
]

OWNER_NAME: Final = "owner"
LEFTOVER_SECONDS: Final = 3600.0
"""Age after which what an interrupted making or removal has left is removed, in seconds."""

_ID: Final = re.compile(r"[0-9a-f]{32}")
_LEFTOVER: Final = re.compile(r"\.[0-9a-f]{32}\.(?:new|gone)")


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has made a spool.

    Attributes:
        identity: Whose records it holds.
        pid: The process, on its host.
        host: The host's name.
        created: When, in seconds since 1970.
    """

    identity: Identity
    pid: int
    host: str
    created: float


def make_spool_directory(disk: Disk, directory: Path, origin: str) -> tuple[Path, int, Identity]:
    """Make the directory of a new spool under a name that nobody looks at yet, and lock it.

    Returns:
        The directory, the descriptor that holds its lock, and the new spool's identity.
    """
    _make_parents(disk, directory)
    identity = Identity(secrets.token_hex(16), origin)
    path = directory / f".{identity.spool_id}.new"
    disk.make_directory(path)
    try:
        lock = lock_directory(path)
        if lock is None:
            raise SpoolError(
                f"another process has taken the new spool {str(path)!r}. Let nothing but Indelible "
                "use that directory"
            )
        descriptor = disk.create(path / OWNER_NAME)
        try:
            disk.write_all(descriptor, _owner_text(identity), 0)
            disk.sync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise
    return path, lock, identity


def publish(disk: Disk, path: Path, identity: Identity) -> Path:
    """Give a new spool's directory its name, and return it."""
    final = path.with_name(identity.spool_id)
    disk.sync_directory(path)
    disk.rename(path, final)
    disk.sync_directory(final.parent)
    return final


def _make_parents(disk: Disk, directory: Path) -> None:
    missing = []
    while not directory.exists():
        missing.append(directory)
        directory = directory.parent
    for path in reversed(missing):
        with contextlib.suppress(FileExistsError):
            disk.make_directory(path)
        disk.sync_directory(path.parent)


def lock_directory(path: Path) -> int | None:
    """Lock a spool's directory until the descriptor is closed, by whoever has it open.

    Returns:
        The descriptor, or None if somebody else holds the lock or the directory is gone.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise failure(path, "cannot be opened", error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it may have removed the directory meanwhile.
        held = same_file(path, descriptor)
    except BlockingIOError:
        held = False
    except OSError as error:
        os.close(descriptor)
        if error.errno in {errno.EBADF, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}:
            raise SpoolError(
                f"the spool's directory {str(path)!r} cannot be locked ({error.strerror}). "
                "Put the spool on a local disk"
            ) from error
        raise failure(path, "cannot be locked", error) from error
    if held:
        return descriptor
    os.close(descriptor)
    return None


def unlock(descriptor: int) -> None:
    """Give a lock back; not for a forked child, whose lock is its parent's."""
    try:
        # Said outright: a child that was forked meanwhile has the same descriptor open, and closing
        # ours alone would leave the lock in its hands.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Tell whether a process holds a spool, by asking for a lock that is given back at once."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def same_file(path: Path, descriptor: int) -> bool:
    """Tell whether a path still leads to what a descriptor has open."""
    try:
        there = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(there, os.fstat(descriptor))


def spool_directories(directory: Path) -> list[Path]:
    """Return the spools in a directory, by name; none if it does not exist."""
    try:
        return sorted(path for path in directory.iterdir() if _ID.fullmatch(path.name))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise failure(directory, "cannot be looked at", error) from error


def _owner_text(identity: Identity) -> bytes:
    facts = {
        "created": time.time(),
        "host": socket.gethostname(),
        "id": identity.spool_id,
        "origin": identity.origin,
        "pid": os.getpid(),
    }
    text = json.dumps(facts, sort_keys=True).encode() + b"\n"
    return text + f"{crc32(text):08x}\n".encode()


def read_owner(path: Path) -> Owner | None:
    """Return who has made a spool; None if its file is missing or damaged."""
    try:
        text, checksum = (path / OWNER_NAME).read_bytes().splitlines(keepends=True)
        if checksum != f"{crc32(text):08x}\n".encode():
            return None
        facts = json.loads(text)
        identity = Identity(facts["id"], facts["origin"])
        return Owner(identity, facts["pid"], facts["host"], facts["created"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remove_spool(disk: Disk, path: Path) -> None:
    """Remove a spool that holds nothing more; what was damaged in it stays, beside it.

    The caller holds its lock.
    """
    for bad in sorted(path.glob(f"*{BAD_SUFFIX}")):
        disk.rename(bad, path.parent / f"{path.name}-{bad.name}")
    gone = path.with_name(f".{path.name}.gone")
    disk.rename(path, gone)
    disk.sync_directory(path.parent)
    shutil.rmtree(gone, ignore_errors=True)


def remove_leftovers(directory: Path) -> None:
    """Remove what was left by a process that was killed while it made or removed a spool."""
    for path in directory.iterdir():
        if not _LEFTOVER.fullmatch(path.name):
            continue
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime < LEFTOVER_SECONDS:
                continue
            lock = lock_directory(path)
            if lock is not None:
                shutil.rmtree(path, ignore_errors=True)
                unlock(lock)
