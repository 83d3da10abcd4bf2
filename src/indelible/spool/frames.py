r"""How records stand in a segment, and how they are found again whatever happened to the file.

Pure: bytes in, bytes out.  A segment is a header of one page, and then frames::

    offset  bytes
         0      4  magic F7 FE 's' 'p'
         4      4  length of the record
         8      8  number of the record
        16      4  how many records of the same append stand before it
        20      8  time of the append, in microseconds since 1970
        28      4  CRC-32 of bytes 4 to 27 and the record, begun with the segment's seed
        32         the record
      then      4  end F7 FE 'e' 'n'

All numbers are little-endian.  The seed is a CRC-32 of the spool's id, the segment's number and the
log's name.  CRC-32 maps different beginnings to different ends, so a frame that was copied from
another segment, spool or log never fits, unless their seeds are equal by a chance of 1 in 2^32.
Frames that were copied or moved within a segment are known by their numbers, which only grow.

The first two bytes of the marks occur in no UTF-8 text, so that what somebody records cannot look
like a frame.  The end mark is not zero: a frame that was written whole is told from one whose end
never reached the disk, where the file still holds the zeros that it was made of.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from zlib import crc32

__all__ = ["FRAME_BYTES", "MAX_RECORD", "Frame", "Scan", "Stretch", "encode", "framed", "scan"]

MAGIC: Final = b"\xf7\xfesp"
END: Final = b"\xf7\xfeen"
FRAME_BYTES: Final = 36
"""What a frame takes besides its record, in bytes."""

MAX_RECORD: Final = 64 * 1024 * 1024
"""Longest record, in bytes: four times the longest event body there can be."""

SECTOR: Final = 512
"""What a disk writes whole or not at all, in bytes; most write more."""

_FACTS: Final = struct.Struct("<IQIQ")
_CHECKED: Final = struct.Struct("<4sIQIQI")
_CRC: Final = struct.Struct("<I")


class Frame(NamedTuple):
    """One valid frame.

    Attributes:
        number: The record's number.
        batch: The number of the first record of the same append.  All before it were on the disk
            when this one was written.
        time: When it was appended, in microseconds since 1970.
        record: The record.
        start: Where the frame begins in the file.
        end: Where it ends.
    """

    number: int
    batch: int
    time: int
    record: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes that are no valid frame.

    Attributes:
        start: Where they begin in the file.
        data: The bytes.
        at_end: Whether no valid frame follows.
    """

    start: int
    data: bytes
    at_end: bool

    @property
    def reason(self) -> str:
        """What seems to have happened."""
        if not self.data.strip(b"\0"):
            return "zeros where records should be"
        if not self.data.startswith(MAGIC):
            return "not the beginning of a record"
        if self.data.endswith(END):
            return "a record whose checksum does not fit this segment"
        return "a record that is cut off"

    @property
    def torn(self) -> bool:
        """Whether it looks like a write that a crash has interrupted.

        Such a write lacks its end, or whole sectors of its middle: there stand the zeros that the
        file was made of.
        """
        if self.at_end and not self.data.endswith(END):
            return True
        first = -self.start % SECTOR
        zeros = bytes(SECTOR)
        return any(
            self.data[at : at + SECTOR] == zeros
            for at in range(first, len(self.data) - SECTOR + 1, SECTOR)
        )

    @property
    def records(self) -> int:
        """How many records seem to have stood there."""
        return max(self.data.count(MAGIC), self.data.count(END))


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found in a part of a segment.

    Attributes:
        frames: The valid frames, in the order in which they stand.
        stretches: What is none; zeros at the very end are left out.
    """

    frames: list[Frame]
    stretches: list[Stretch]

    def is_regular(self, low: int, high: int) -> bool:
        """Tell whether it holds exactly the records from one number to before another."""
        return (
            not self.stretches
            and len(self.frames) == high - low
            and all(frame.number == low + index for index, frame in enumerate(self.frames))
        )


def encode(records: Sequence[bytes], first: int, time: int, seed: int) -> bytes:
    """Return the frames of one append.

    Args:
        records: The records.
        first: The number of the first one.
        time: When, in microseconds since 1970.
        seed: The segment's seed.
    """
    parts: list[bytes] = []
    for index, record in enumerate(records):
        facts = _FACTS.pack(len(record), first + index, index, time)
        checksum = crc32(record, crc32(facts, seed))
        parts += (MAGIC, facts, _CRC.pack(checksum), record, END)
    return b"".join(parts)


def framed(frames: Iterable[Frame], seed: int) -> bytes:
    """Return frames again, for another segment."""
    parts: list[bytes] = []
    for frame in frames:
        facts = _FACTS.pack(len(frame.record), frame.number, frame.number - frame.batch, frame.time)
        checksum = crc32(frame.record, crc32(facts, seed))
        parts += (MAGIC, facts, _CRC.pack(checksum), frame.record, END)
    return b"".join(parts)


def scan(data: bytes, offset: int, seed: int, low: int, high: int) -> Scan:
    """Find the frames in a part of a segment.

    Args:
        data: The part; it begins where a frame should.
        offset: Where it stands in the file.
        seed: The segment's seed.
        low: The lowest number that may occur.
        high: What all numbers are below.
    """
    frames: list[Frame] = []
    stretches: list[Stretch] = []
    position = 0
    # A whole frame does not end with a zero, so that none reaches beyond.
    content = len(data.rstrip(b"\0"))
    while position < content:
        frame = _frame_at(data, position, offset, seed, low, high)
        if frame is not None:
            frames.append(frame)
            position = frame.end - offset
            continue
        resumed = content
        for match in _MAGICS.finditer(data, position + 1):
            # One of them may be part of a damaged record, if that is no text.
            if _frame_at(data, match.start(), offset, seed, low, high) is not None:
                resumed = match.start()
                break
        stretch = data[position:resumed]
        stretches.append(Stretch(offset + position, stretch, at_end=resumed == content))
        position = resumed
    return Scan(frames, stretches)


_MAGICS: Final = re.compile(re.escape(MAGIC))


def _frame_at(
    data: bytes, position: int, offset: int, seed: int, low: int, high: int
) -> Frame | None:
    start = position + 32
    if start > len(data):
        return None
    magic, length, number, index, time, checksum = _CHECKED.unpack_from(data, position)
    end = start + length
    if magic != MAGIC or not low <= number < high or end > len(data):
        return None
    record = data[start:end]
    if crc32(record, crc32(data[position + 4 : position + 28], seed)) != checksum:
        return None
    # The end mark is not needed to know the record.  Where it is damaged, it is left to be found
    # as a stretch that is no frame.
    if data.startswith(END, end):
        end += len(END)
    return Frame(number, number - index, time, record, offset + position, offset + end)
