"""One segment: a file of fixed size whose header says whose it is.

A segment is made of zeros in its full size before it gets its name.  Writing into it later changes
no metadata of the file, which makes each wait for the disk cheaper than for a file that grows, and
cannot run out of space on file systems that write in place.  Its size also tells when somebody has
cut it off.
"""

from __future__ import annotations

import os
import re
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zlib import crc32

from indelible.spool.disk import PAGE, Disk, failure
from indelible.spool.errors import SpoolError
from indelible.spool.frames import FRAME_BYTES

__all__ = [
    "DATA_START",
    "Header",
    "Identity",
    "Segment",
    "UnsettledError",
    "create_segment",
    "open_segment",
]

DATA_START: Final = PAGE
"""Where the frames begin: behind the header's page, which no later write touches."""

MAX_ORIGIN_BYTES: Final = 3 * 1024
"""Longest name of a log, in bytes of UTF-8: the header holds it."""

SUFFIX: Final = ".seg"
NEW_SUFFIX: Final = ".new"
"""Ends the names of files that are not whole yet; they hold nothing that was acknowledged."""

_NAME: Final = re.compile(r"[0-9]{10}\.seg")
_MAGIC: Final = b"INDSPOOL"
_VERSION: Final = 1
_FIXED: Final = struct.Struct("<8sIIQQQQ16sH")
_CRC: Final = struct.Struct("<I")
_ZEROS: Final = bytes(1024 * 1024)


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose records they are.

    Attributes:
        spool_id: 32 hexadecimal digits, chosen at random.
        origin: The log's name.
    """

    spool_id: str
    origin: str

    def seed(self, sequence: int) -> int:
        """Return what the checksums of one segment's frames begin with."""
        return crc32(f"{self.spool_id}\n{sequence}\n{self.origin}".encode())


@dataclass(frozen=True, slots=True)
class Header:
    """What a segment says of itself.

    Attributes:
        sequence: Its number; later ones are newer.
        first: The lowest number that a record in it has.  Records of older segments from this
            number on are void: they were copied here, or their append has failed.
        size: Size that the file was made in, in bytes.
        created: When, in microseconds since 1970.
        identity: Whose records it holds.
    """

    sequence: int
    first: int
    size: int
    created: int
    identity: Identity

    def packed(self) -> bytes:
        """Return the header's page."""
        origin = self.identity.origin.encode()
        fixed = _FIXED.pack(
            _MAGIC,
            _VERSION,
            PAGE,
            self.sequence,
            self.first,
            self.size,
            self.created,
            bytes.fromhex(self.identity.spool_id),
            len(origin),
        )
        page = (fixed + origin).ljust(PAGE - _CRC.size, b"\0")
        return page + _CRC.pack(crc32(page))

    @classmethod
    def unpacked(cls, page: bytes, path: Path) -> Header | None:
        """Return what a header's page says, or None if it is damaged.

        Raises:
            SpoolError: A newer version has written it.
        """
        if len(page) != PAGE or not page.startswith(_MAGIC):
            return None
        if _CRC.pack(crc32(page[: -_CRC.size])) != page[-_CRC.size :]:
            return None
        _, version, _, sequence, first, size, created, spool_id, length = _FIXED.unpack_from(page)
        if version != _VERSION:
            raise SpoolError(
                f"the spool's {str(path)!r} has format {version}, and this version of Indelible "
                f"knows format {_VERSION}. Drain it with the version that has written it"
            )
        origin = page[_FIXED.size : _FIXED.size + length].decode()
        return cls(sequence, first, size, created, Identity(spool_id.hex(), origin))


class UnsettledError(OSError):
    """A segment could not be made, and may be there after a crash all the same."""


@dataclass(slots=True, eq=False)
class Segment:
    """A segment that is in use.

    Attributes:
        path: The file.
        sequence: Its number.
        first: The lowest number in it.
        seed: What the checksums of its frames begin with.
        size: Size that it was made in, in bytes.
        length: How long the file is, in bytes.
        live: Whether this process has written it, so that what follows is known.
        end: Where its durable frames end; of a dead process's segment, where the file ends.
        next: The number after its last durable record; unknown, and `first`, for a dead process's.
        begin: Where its frames begin; before `DATA_START` only if bytes of its header are gone.
        used: Where a dead process's frames end, if that is known.
        created: When it was made, in microseconds since 1970.
        made_as: Inode, device and size of the file that this process has made.
        descriptor: The file, open, while it is the one that is written to; None otherwise.
    """

    path: Path
    sequence: int
    first: int
    seed: int
    size: int
    length: int
    live: bool
    end: int
    next: int
    created: int
    begin: int = DATA_START
    used: int | None = None
    made_as: tuple[int, int, int] | None = None
    descriptor: int | None = None

    @property
    def above(self) -> int:
        """A number that none of its records can have."""
        return self.first + self.size // FRAME_BYTES + 1

    def is_in_place(self) -> bool:
        """Tell whether its path still leads to the file that was made, in its full size."""
        try:
            there = self.path.stat(follow_symlinks=False)
        except FileNotFoundError:
            return False
        return (there.st_ino, there.st_dev, there.st_size) == self.made_as


def segment_path(directory: Path, sequence: int) -> Path:
    """Return where a segment is."""
    return directory / f"{sequence:010}{SUFFIX}"


def segment_paths(directory: Path) -> list[Path]:
    """Return the segments of a spool, oldest first."""
    return sorted(path for path in directory.iterdir() if _NAME.fullmatch(path.name))


def create_segment(
    disk: Disk,
    directory: Path,
    identity: Identity,
    sequence: int,
    first: int,
    size: int,
    contents: Callable[[int], bytes],
) -> Segment:
    """Make a segment, all of it on the disk under its name when this returns.

    Args:
        disk: The system calls.
        directory: The spool's directory.
        identity: Whose records it will hold.
        sequence: Its number.
        first: The lowest number that it will hold.
        size: Size in bytes, header and zeros included.
        contents: Returns the frames that it begins with, given its seed.

    Returns:
        The segment, open.

    Raises:
        UnsettledError: It could not be made, and not be removed for certain.
        OSError: It could not be made; nothing is left of it.
    """
    path = segment_path(directory, sequence)
    temporary = path.with_name(path.name + NEW_SUFFIX)
    disk.unlink(temporary)
    descriptor = disk.create(temporary)
    seed = identity.seed(sequence)
    try:
        header = Header(sequence, first, size, time.time_ns() // 1000, identity)
        data = header.packed() + contents(seed)
        end = len(data)
        disk.write_all(descriptor, data, 0)
        for start in range(end, size, len(_ZEROS)):
            disk.write_all(descriptor, _ZEROS[: size - start], start)
        disk.sync(descriptor)
        disk.rename(temporary, path)
        disk.sync_directory(directory)
        there = os.fstat(descriptor)
    except BaseException as error:
        os.close(descriptor)
        try:
            disk.unlink(temporary)
            # The new name may be on the disk or not: it must not be.
            if path.exists():
                disk.unlink(path)
                disk.sync_directory(directory)
        except OSError as again:
            raise UnsettledError(again.errno, again.strerror) from error
        raise
    return Segment(
        path=path,
        sequence=sequence,
        first=first,
        seed=seed,
        size=size,
        length=size,
        live=True,
        end=end,
        next=first,
        created=header.created,
        made_as=(there.st_ino, there.st_dev, size),
        descriptor=descriptor,
    )


def read_header(disk: Disk, path: Path) -> tuple[Header | None, int]:
    """Return a segment's header, None if it is damaged, and the file's length in bytes.

    Raises:
        FileNotFoundError: There is no such file.
        SpoolError: It cannot be read, or a newer version has written it.
    """
    try:
        descriptor = disk.open(path)
        try:
            length = os.fstat(descriptor).st_size
            page = disk.read_all(descriptor, 0, PAGE)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise failure(path, "cannot be read", error) from error
    return Header.unpacked(page, path), length


def open_segment(path: Path, header: Header, length: int) -> Segment:
    """Return a segment that a dead process has left, or that is looked at from outside."""
    return Segment(
        path=path,
        sequence=header.sequence,
        first=header.first,
        seed=header.identity.seed(header.sequence),
        size=max(header.size, length),
        length=length,
        live=False,
        end=length,
        next=header.first,
        created=header.created,
    )
