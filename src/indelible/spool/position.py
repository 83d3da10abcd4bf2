"""How far a spool has been drained, kept so that a restart delivers little twice.

It is a hint: written in place without waiting for the disk, so that it costs a few microseconds and
survives a killed process, and after a power cut may be some seconds old.  A damaged one only makes
more be delivered again, which the events' ids make harmless.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zlib import crc32

from indelible.spool.disk import Disk
from indelible.spool.segment import NEW_SUFFIX, Identity

__all__ = ["POSITION_NAME", "Position", "PositionFile", "read_position"]

POSITION_NAME: Final = "position"

_BODY: Final = struct.Struct("<8sQQ")
_CRC: Final = struct.Struct("<I")
_MAGIC: Final = b"INDPOSIT"


@dataclass(frozen=True, slots=True)
class Position:
    """How far the drainer is, and how far the writer was then.

    Attributes:
        drained: The number of the first record that is not drained.
        end: The number after the last one that was durable when this was written.
    """

    drained: int
    end: int


class PositionFile:
    """The file, open; used by the drainer alone.

    Args:
        disk: The system calls.
        directory: The spool's directory.
        identity: Whose it is: the position of another spool says nothing.
        create: Whether to make it.

    Attributes:
        directory: As above; it is renamed once, when the spool is whole.
    """

    def __init__(self, disk: Disk, directory: Path, identity: Identity, *, create: bool) -> None:
        self._disk = disk
        self.directory = directory
        self._seed = identity.seed(-1)
        self._failed = False
        path = directory / POSITION_NAME
        try:
            self._descriptor = disk.create(path) if create else disk.open(path, os.O_RDWR)
        except FileNotFoundError:
            self._descriptor = disk.create(path)

    def write(self, position: Position, *, wait: bool = False) -> None:
        """Note a position, for whoever comes after this process.

        After a failure the file is made anew: what a failed wait for the disk was about is unknown.

        Args:
            position: The position.
            wait: Whether to wait until it is on the disk.
        """
        body = _BODY.pack(_MAGIC, position.drained, position.end)
        data = body + _CRC.pack(crc32(body, self._seed))
        if self._failed:
            self._renew(data)
            return
        try:
            self._disk.write_all(self._descriptor, data, 0)
            if wait:
                self._disk.sync(self._descriptor)
        except OSError:
            self._failed = True
            raise

    def _renew(self, data: bytes) -> None:
        path = self.directory / POSITION_NAME
        temporary = path.with_name(path.name + NEW_SUFFIX)
        self._disk.unlink(temporary)
        descriptor = self._disk.create(temporary)
        try:
            self._disk.write_all(descriptor, data, 0)
            self._disk.sync(descriptor)
            self._disk.rename(temporary, path)
            self._disk.sync_directory(self.directory)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(self._descriptor)
        self._descriptor = descriptor
        self._failed = False

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def read_position(directory: Path, identity: Identity) -> Position | None:
    """Return what a spool's position file says; None if it is missing or damaged."""
    try:
        data = (directory / POSITION_NAME).read_bytes()[: _BODY.size + _CRC.size]
    except OSError:
        return None
    body, checksum = data[: _BODY.size], data[_BODY.size :]
    if len(body) != _BODY.size or checksum != _CRC.pack(crc32(body, identity.seed(-1))):
        return None
    magic, drained, end = _BODY.unpack(body)
    return Position(drained, end) if magic == _MAGIC else None
