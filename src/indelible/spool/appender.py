"""Appending to a spool: one write and one wait for the disk for each call.

Two things can go wrong.  A new segment cannot be made (the disk is full): nothing has happened to
what was there, and the next append tries again.  Or the write or the wait for the disk fails: then
nobody knows what of the segment's touched pages is on the disk, and the system reports that once
and may drop the pages.  Asking the same descriptor again would get a good answer about nothing.  So
the segment is given up: what is not drained of it is written into a new one, together with the
records that failed, and only when that is on the disk does the new one take its place.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from indelible.errors import ConfigurationError
from indelible.spool.disk import PAGE, Disk, failure
from indelible.spool.errors import SpoolError, SpoolFullError
from indelible.spool.frames import FRAME_BYTES, MAX_RECORD, Frame, encode, framed
from indelible.spool.segment import (
    DATA_START,
    Identity,
    Segment,
    UnsettledError,
    create_segment,
)
from indelible.spool.shelf import Shelf

__all__ = ["DEFAULT_SEGMENT_BYTES", "LEAST_SEGMENT_BYTES", "Appender", "segment_size"]

DEFAULT_SEGMENT_BYTES: Final = 2 * 1024 * 1024
"""Size of a segment in bytes: a larger one makes the append that needs a new one wait longer, a
smaller one makes that happen more often."""

LEAST_SEGMENT_BYTES: Final = 2 * PAGE

_SHARE: Final = 8
"""A segment is at most this part of ``max_bytes``, so that room comes back in small steps."""


def segment_size(max_bytes: int, segment_bytes: int | None) -> int:
    """Return the size of a spool's segments, in bytes.

    Raises:
        ConfigurationError: A bound makes no sense.
    """
    if max_bytes < 2 * LEAST_SEGMENT_BYTES:
        raise ConfigurationError(
            "max_bytes", max_bytes, f"give the spool at least {2 * LEAST_SEGMENT_BYTES} bytes"
        )
    if segment_bytes is None:
        segment_bytes = min(DEFAULT_SEGMENT_BYTES, max_bytes // _SHARE)
        return max(LEAST_SEGMENT_BYTES, segment_bytes - segment_bytes % PAGE)
    if not LEAST_SEGMENT_BYTES <= segment_bytes <= max_bytes:
        raise ConfigurationError(
            "segment_bytes",
            segment_bytes,
            f"pass a number from {LEAST_SEGMENT_BYTES} to max_bytes={max_bytes}",
        )
    return segment_bytes


class Appender:
    """Writes the newest segment; used by one thread at a time.

    Args:
        disk: The system calls.
        directory: The spool's directory.
        identity: Whose records they are.
        shelf: Where segments are made known to the drainer.
        max_bytes: Most bytes on the disk.
        segment_bytes: Size of a segment; an append that does not fit gets one of its own size.
        on_trouble: Is told of failures that an append has survived.

    Attributes:
        directory: As above; it is renamed once, when the spool is whole.
        abandoned: How many segments were given up because a write or the wait for it failed.
    """

    def __init__(
        self,
        disk: Disk,
        directory: Path,
        identity: Identity,
        shelf: Shelf,
        *,
        max_bytes: int,
        segment_bytes: int,
        on_trouble: Callable[[SpoolError], None] | None,
    ) -> None:
        self._disk = disk
        self.directory = directory
        self._identity = identity
        self._shelf = shelf
        self._max_bytes = max_bytes
        self._segment_bytes = segment_bytes
        self._on_trouble = on_trouble
        self._sequence = 0
        self._given_up = False
        self.abandoned = 0

    def begin(self) -> None:
        """Make the first segment.

        Raises:
            SpoolError: It cannot be made.
        """
        self._shelf.add(self._made(self._segment_bytes, 0, ()))

    def append(self, records: Sequence[bytes]) -> int:
        """Write records, and return the number after the last; see `Spool.append`."""
        segment = self._shelf.newest()
        if not records:
            return segment.next
        longest = max(map(len, records))
        if longest > MAX_RECORD:
            raise SpoolError(
                f"a record of {longest} bytes is longer than the {MAX_RECORD} that the spool takes"
            )
        if self._given_up:
            return self._replace(segment, records)
        size = sum(map(len, records)) + FRAME_BYTES * len(records)
        try:
            if segment.end + size > segment.size:
                return self._roll(segment, records, size)
            return self._write(segment, records)
        except SpoolError:
            raise
        except OSError as error:
            self._given_up = True
            self.abandoned += 1
            self._trouble(failure(segment.path, "cannot be written", error))
        except BaseException:
            # An interrupted write may have left records that nobody was told of.
            self._given_up = True
            raise
        return self._replace(segment, records)

    def _write(self, segment: Segment, records: Sequence[bytes]) -> int:
        if segment.descriptor is None:
            raise SpoolError(f"the spool's {str(segment.path)!r} is closed")
        frames = encode(records, segment.next, _now(), segment.seed)
        self._disk.write_all(segment.descriptor, frames, segment.end)
        self._disk.sync(segment.descriptor)
        after = segment.next + len(records)
        self._shelf.extend(segment, segment.end + len(frames), after)
        return after

    def _roll(self, full: Segment, records: Sequence[bytes], size: int) -> int:
        """Begin a new segment with records, in the same wait for the disk that makes it."""
        length = max(self._segment_bytes, DATA_START + size)
        needed = self._shelf.bytes_on_disk() + length
        if needed > self._max_bytes:
            raise SpoolFullError(self.directory, self._max_bytes, needed)
        made = self._made(length, full.next, records)
        self._shelf.add(made)
        return made.next

    def _replace(self, old: Segment, records: Sequence[bytes]) -> int:
        """Begin a new segment with what is not drained of one that is given up, and with records.

        Its place in the order makes void whatever the failed write has left in the old one.
        """
        try:
            kept = self._shelf.copy_of(old, self._shelf.drained)
            size = sum(frame.end - frame.start for frame in kept)
            size += sum(map(len, records)) + FRAME_BYTES * len(records)
            length = max(self._segment_bytes, DATA_START + size)
            made = self._made(length, old.next, records, kept)
        except SpoolError:
            self._void(old)
            raise
        self._shelf.replace(old, made)
        self._given_up = False
        try:
            self._disk.unlink(old.path)
            self._disk.sync_directory(self.directory)
        except OSError as error:
            # What is left there is void. Its room is not counted any more, which is the lesser
            # trouble on a disk that fails.
            self._trouble(failure(old.path, "cannot be deleted", error))
        return made.next

    def _void(self, segment: Segment) -> None:
        """Try to keep records whose append has failed from being delivered after a crash.

        Nothing is concluded from its success: if it fails as well, and the process is killed before
        an append succeeds, they may be delivered although their callers got an error.
        """
        with contextlib.suppress(OSError):
            descriptor = self._disk.open(segment.path, os.O_RDWR)
            try:
                length = segment.size - segment.end
                self._disk.write_all(descriptor, bytes(length), segment.end)
                self._disk.sync(descriptor)
            finally:
                os.close(descriptor)

    def _trouble(self, error: SpoolError) -> None:
        if self._on_trouble is not None:
            self._on_trouble(error)

    def _made(
        self, size: int, number: int, records: Sequence[bytes], kept: Sequence[Frame] = ()
    ) -> Segment:
        """Make a segment with records from a number on, and before them some that are kept."""
        self._sequence += 1
        time_now = _now()
        try:
            made = create_segment(
                self._disk,
                self.directory,
                self._identity,
                self._sequence - 1,
                kept[0].number if kept else number,
                size,
                lambda seed: framed(kept, seed) + encode(records, number, time_now, seed),
            )
        except OSError as error:
            if isinstance(error, UnsettledError):
                self._given_up = True
            raise failure(self.directory, "cannot take a new segment", error) from error
        made.next = number + len(records)
        return made


def _now() -> int:
    return time.time_ns() // 1000
