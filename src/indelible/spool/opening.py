"""Making sense of a spool's directory that another process has left; nothing is changed in it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from indelible.spool.damage import DamageReport
from indelible.spool.disk import Disk, failure
from indelible.spool.errors import SpoolError, SpoolMismatchError
from indelible.spool.frames import scan
from indelible.spool.judging import Finding
from indelible.spool.layout import read_owner
from indelible.spool.position import read_position
from indelible.spool.segment import (
    DATA_START,
    Header,
    Identity,
    Segment,
    open_segment,
    read_header,
    segment_paths,
)
from indelible.spool.shelf import Shelf

__all__ = ["Opened", "opened"]

_ANY_NUMBER: Final = 1 << 63


@dataclass(slots=True)
class Opened:
    """What a spool's directory holds.

    Attributes:
        identity: Whose it is.
        segments: Its segments, oldest first, without those of which nothing can be read.
        drained: The number of the first record that is not drained.
        known_end: A number below which all were acknowledged.
        findings: What is wrong with whole files.
    """

    identity: Identity
    segments: list[Segment] = field(default_factory=list)
    drained: int = 0
    known_end: int = 0
    findings: list[tuple[str, Finding]] = field(default_factory=list)

    def tell(self, report: DamageReport) -> None:
        """Report what is wrong with whole files."""
        for segment, finding in self.findings:
            report.tell(segment, [finding])

    def shelf(self, disk: Disk, report: DamageReport) -> Shelf:
        """Return a shelf of the segments."""
        return Shelf(
            disk, list(self.segments), report, drained=self.drained, known_end=self.known_end
        )


def opened(disk: Disk, path: Path, origin: str | None) -> Opened:
    """Look into a spool's directory.

    Args:
        disk: The system calls.
        path: The directory.
        origin: The log that it must belong to; None for whichever it names.

    Raises:
        SpoolMismatchError: It belongs to another log.
        SpoolError: It cannot be read, it is of a newer version, or nothing in it tells whose it is.
    """
    paths = segment_paths(path)
    headers = [(file, *read_header(disk, file)) for file in paths]
    identity = _identity(disk, path, origin, headers)
    if origin is not None and identity.origin != origin:
        raise SpoolMismatchError(path, identity.origin, origin)
    result = Opened(identity)
    found: dict[int, Segment] = {}
    for file, header, length in headers:
        segment = _segment(disk, file, header, length, result)
        if segment is None:
            continue
        if segment.sequence in found:
            reason = f"a second copy of segment {segment.sequence}"
            result.findings.append((file.name, Finding(0, b"", reason)))
            continue
        found[segment.sequence] = segment
    result.segments = [found[sequence] for sequence in sorted(found)]
    position = read_position(path, identity)
    if position is not None:
        result.drained, result.known_end = position.drained, position.end
    elif result.segments:
        result.drained = result.segments[0].first
    return result


def _identity(
    disk: Disk,
    path: Path,
    origin: str | None,
    headers: list[tuple[Path, Header | None, int]],
) -> Identity:
    owner = read_owner(path)
    if owner is not None:
        return owner.identity
    for _, header, _ in headers:
        if header is not None:
            return header.identity
    guess = Identity(path.name, origin or "")
    if not headers:
        return guess
    for file, _, _ in headers:
        seed = guess.seed(int(file.stem))
        data = _contents(disk, file, DATA_START)
        if scan(data, DATA_START, seed, 0, _ANY_NUMBER).frames:
            return guess
    others = "" if origin is None else f", and none of its records is of the log {origin!r}"
    raise SpoolError(
        f"nothing in the spool {str(path)!r} tells which log it belongs to: its file 'owner' and "
        f"the headers of its segments are damaged or missing{others}. It was left as it is. Drain "
        "it under the log's name (indelible spool drain DIR --log NAME): the checksums of its "
        "records tell whether that is it"
    )


def _segment(
    disk: Disk, file: Path, header: Header | None, length: int, result: Opened
) -> Segment | None:
    if header is not None and header.identity == result.identity:
        return open_segment(file, header, length)
    if header is not None:
        data = _contents(disk, file, 0)
        reason = f"a segment of another spool, {header.identity.spool_id}"
        result.findings.append((file.name, Finding(0, data, reason)))
        return None
    # The frames' checksums tell that they are this segment's, even without its header.
    sequence = int(file.stem)
    data = _contents(disk, file, 0)
    found = scan(data, 0, result.identity.seed(sequence), 0, _ANY_NUMBER)
    begin = min([DATA_START, *(frame.start for frame in found.frames)])
    reason = "the segment's header is damaged"
    if not found.frames:
        result.findings.append((file.name, Finding(0, data, f"{reason}, and so is all of it")))
        return None
    result.findings.append((file.name, Finding(0, data[:begin], reason)))
    first = min(frame.number for frame in found.frames)
    rebuilt = Header(sequence, first, length, found.frames[0].time, result.identity)
    segment = open_segment(file, rebuilt, length)
    segment.begin = begin
    return segment


def _contents(disk: Disk, file: Path, start: int) -> bytes:
    try:
        descriptor = disk.open(file)
        try:
            return disk.read_all(descriptor, start, os.fstat(descriptor).st_size)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise failure(file, "cannot be read", error) from error
