"""The segments of one spool in their order, and reading records from them.

The appending thread adds segments and moves the end of the last one; the draining thread reads,
and takes away what is drained.
"""

from __future__ import annotations

import os
import threading
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import islice, pairwise
from operator import attrgetter
from pathlib import Path
from typing import Final, NamedTuple

from indelible.spool.damage import DamageReport
from indelible.spool.disk import Disk, failure
from indelible.spool.frames import Frame, scan
from indelible.spool.judging import Finding, judge
from indelible.spool.segment import DATA_START, Segment

__all__ = ["Chunk", "Shelf"]

GONE: Final = "(gone)"
"""Stands for the name of a segment that is not there any more."""


class Chunk(NamedTuple):
    """Records that follow each other, and how far they reach.

    Attributes:
        records: The records with their numbers, in order.  Numbers that are missing were lost to
            damage, which has been reported.
        after: Where to read on, and what to acknowledge once the records are delivered.  It equals
            the start that was asked for only if nothing is there, now.
    """

    records: list[tuple[int, bytes]]
    after: int


@dataclass(slots=True)
class _View:
    """What a segment is at one moment; `end` and `upper` are known together."""

    segment: Segment
    end: int
    upper: int | None


@dataclass(slots=True)
class _Loaded:
    """The part of a segment that is in memory: the records from `low` to before `upper`."""

    segment: Segment | None = None
    end: int = 0
    low: int = 0
    upper: int = 0
    frames: list[Frame] = field(default_factory=list)


class Shelf:
    """Segments in order of their numbers, and the part of one that the drainer has in memory.

    Memory is bounded by one segment, which is as large as the largest append at least.

    Args:
        disk: The system calls.
        segments: What there is, oldest first; `first` never falls.
        report: Is told of damage.
        drained: The number of the first record that is not drained.
        known_end: A number below which all were acknowledged, as far as the position tells.

    Attributes:
        drained: As above; the draining thread moves it on.
    """

    def __init__(
        self,
        disk: Disk,
        segments: list[Segment],
        report: DamageReport,
        *,
        drained: int = 0,
        known_end: int = 0,
    ) -> None:
        self._disk = disk
        self._report = report
        self.drained = drained
        self._known_end = known_end
        # Guards the list and the segments' `end` and `next`.  It is never held while a file is
        # read or written, so that neither thread waits for the other's disk.  Reentrant, because a
        # signal handler that appends, or only looks, may have interrupted a look on its own thread.
        self._lock = threading.RLock()
        self._segments = segments
        # The draining thread's own.
        self._loaded = _Loaded()

    # What the appending thread does --------------------------------------------------------------

    def add(self, segment: Segment) -> None:
        """Put a new segment behind the others, of which none is written to any more."""
        with self._lock:
            if self._segments:
                _close(self._segments[-1])
            self._segments.append(segment)

    def extend(self, segment: Segment, end: int, number: int) -> None:
        """Let the drainer read on: everything before is on the disk."""
        with self._lock:
            segment.end, segment.next = end, number

    def replace(self, old: Segment, new: Segment) -> None:
        """Put a segment in the place of one that is given up."""
        with self._lock:
            _close(old)
            self._segments[self._segments.index(old)] = new

    def moved(self, directory: Path) -> None:
        """Learn that the spool's directory has another name."""
        with self._lock:
            for segment in self._segments:
                segment.path = directory / segment.path.name

    def renew_lock(self) -> None:
        """Make the lock anew in a forked child: one of the parent's threads may have held it."""
        self._lock = threading.RLock()

    def close(self) -> None:
        """Close what is open."""
        with self._lock:
            for segment in self._segments:
                _close(segment)

    # What either does ----------------------------------------------------------------------------

    def segments(self) -> list[Segment]:
        """Return the segments that there are, oldest first."""
        with self._lock:
            return list(self._segments)

    def newest(self) -> Segment:
        """Return the segment that is written to."""
        with self._lock:
            return self._segments[-1]

    def bytes_on_disk(self) -> int:
        """Return what the segments take, in bytes."""
        with self._lock:
            return sum(segment.length for segment in self._segments)

    def pending_bytes(self, drained: int) -> int:
        """Return what the frames from a number on take in bytes, estimated within a segment."""
        total = 0
        with self._lock:
            for index, segment in enumerate(self._segments):
                size = (segment.used or segment.end) - DATA_START
                following = self._segments[index + 1 : index + 2]
                end = following[0].first if following else segment.next
                if drained >= end:
                    continue
                if segment.first < drained < end:
                    size = size * (end - drained) // (end - segment.first)
                total += size
        return total

    # What the draining thread does ---------------------------------------------------------------

    def end(self) -> int:
        """Return the number after the last record that a dead process has left."""
        segments = self.segments()
        if not segments:
            return self._known_end
        last = segments[-1]
        loaded = self._load(_View(last, last.end, None), last.first)
        last.next = loaded.upper
        last.used = loaded.frames[-1].end if loaded.frames else DATA_START
        return loaded.upper

    def read(self, start: int, most: int, most_bytes: int) -> Chunk:
        """Return records from a number on; see `Spool.read`."""
        while True:
            view = self._view(start)
            if view is None:
                if start < self._known_end:
                    self._report_gone(start, self._known_end)
                return Chunk([], max(start, self._known_end))
            if start < view.segment.first:
                self._report_gone(start, view.segment.first)
                start = view.segment.first
            loaded = self._load(view, start)
            records: list[tuple[int, bytes]] = []
            size = 0
            at = bisect_left(loaded.frames, start, key=attrgetter("number"))
            for frame in islice(loaded.frames, at, None):
                size += len(frame.record)
                if records and (len(records) >= most or size > most_bytes):
                    return Chunk(records, frame.number)
                records.append((frame.number, frame.record))
            after = max(loaded.upper, start)
            if records or after == start:
                return Chunk(records, after)
            start = after

    def _report_gone(self, start: int, end: int) -> None:
        finding = Finding(0, b"", "a segment's file is gone", start, end - start)
        self._report.tell(GONE, [finding])

    def set_aside(self, number: int, reason: str) -> None:
        """Treat a record that was read as damaged, though its bytes are as they were written.

        Args:
            number: Its number; it was read last, or not long ago.
            reason: What is wrong with it.

        Raises:
            SpoolError: It cannot be set aside.
        """
        view = self._view(number)
        if view is None:
            return
        frames = self._load(view, number).frames
        frame = frames[bisect_left(frames, number, key=attrgetter("number"))]
        start = frame.end - len(frame.record)
        finding = Finding(start, frame.record, reason, number, 1)
        self._report.tell(view.segment.path.name, [finding])

    def oldest_time(self, number: int) -> int | None:
        """Return when a record was appended, in microseconds since 1970, or somewhat earlier.

        What is in memory tells: of a record behind it, that it is no older.  None if nothing is.
        """
        frames = self._loaded.frames
        at = bisect_left(frames, number, key=attrgetter("number"))
        return frames[min(at, len(frames) - 1)].time if frames else None

    def drained_segments(self) -> list[Segment]:
        """Return the segments of which everything is drained, but for the newest."""
        with self._lock:
            return [
                segment
                for segment, following in pairwise(self._segments)
                if following.first <= self.drained
            ]

    def forget(self, segments: list[Segment]) -> None:
        """Take away segments whose files are deleted."""
        with self._lock:
            self._segments = [segment for segment in self._segments if segment not in segments]
        if self._loaded.segment in segments:
            self._loaded = _Loaded()

    def copy_of(self, segment: Segment, start: int) -> list[Frame]:
        """Return a segment's durable records from a number on, for another segment."""
        data = self._read(segment, DATA_START, segment.end)
        found = scan(data, DATA_START, segment.seed, segment.first, segment.above)
        if found.is_regular(segment.first, segment.next):
            frames = found.frames
        else:
            frames = self._judged(_View(segment, segment.end, segment.next), data).frames
        return [frame for frame in frames if frame.number >= start]

    def _view(self, start: int) -> _View | None:
        """Return the segment that has a number, or the first one behind it."""
        with self._lock:
            if not self._segments:
                return None
            at = 0
            while at + 1 < len(self._segments) and self._segments[at + 1].first <= start:
                at += 1
            segment = self._segments[at]
            if at + 1 < len(self._segments):
                upper: int | None = self._segments[at + 1].first
            else:
                upper = segment.next if segment.live else None
            return _View(segment, segment.end, upper)

    def _load(self, view: _View, start: int) -> _Loaded:
        loaded = self._loaded
        segment = view.segment
        if loaded.segment is segment and start >= loaded.low:
            # What is in memory is used up first: the rest is then read at once.
            if start < loaded.upper or loaded.end == view.end:
                return loaded
            if view.upper is not None and start == loaded.upper:
                data = self._read(segment, loaded.end, view.end)
                found = scan(data, loaded.end, segment.seed, segment.first, segment.above)
                if found.is_regular(start, view.upper):
                    self._loaded = _Loaded(segment, view.end, start, view.upper, found.frames)
                    return self._loaded
        data = self._read(segment, segment.begin, view.end)
        self._loaded = self._judged(view, data)
        return self._loaded

    def _judged(self, view: _View, data: bytes) -> _Loaded:
        segment = view.segment
        found = scan(data, segment.begin, segment.seed, segment.first, segment.above)
        if view.upper is not None and found.is_regular(segment.first, view.upper):
            frames, upper = found.frames, view.upper
            findings: list[Finding] = []
        else:
            # A live segment is read up to where its durable part ends, a dead one's file whole.
            size = view.end if segment.live else segment.size
            verdict = judge(
                found,
                first=segment.first,
                end=view.upper,
                known_end=self._known_end,
                drained=self.drained,
                length=segment.begin + len(data) if data else 0,
                size=size,
            )
            frames, findings = verdict.frames, verdict.findings
            upper = verdict.next if view.upper is None else view.upper
        if findings:
            self._report.tell(segment.path.name, findings)
        return _Loaded(segment, view.end, segment.first, upper, frames)

    def _open(self, segment: Segment) -> int:
        with self._lock:
            # What is written to is read even after somebody has deleted its name.
            if segment.descriptor is not None:
                return os.dup(segment.descriptor)
        return self._disk.open(segment.path)

    def _read(self, segment: Segment, start: int, end: int) -> bytes:
        try:
            descriptor = self._open(segment)
        except FileNotFoundError:
            # The caller finds its records missing.
            return b""
        except OSError as error:
            raise failure(segment.path, "cannot be opened", error) from error
        try:
            return self._disk.read_all(descriptor, start, end)
        except OSError as error:
            raise failure(segment.path, "cannot be read", error) from error
        finally:
            os.close(descriptor)


def _close(segment: Segment) -> None:
    if segment.descriptor is not None:
        os.close(segment.descriptor)
        segment.descriptor = None
