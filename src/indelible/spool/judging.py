"""What a segment holds: the records to deliver, what is damaged, what is lost.  Pure."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from indelible.spool.frames import Frame, Scan, Stretch

__all__ = ["Finding", "Verdict", "judge"]


class Finding(NamedTuple):
    """Something that is not as it was written.

    Attributes:
        start: Where in the file.
        data: The bytes that are set aside; empty where there are none.
        reason: What seems to have happened.
        first_lost: The number of the first record that it cost; None if it cost none.
        lost: How many records it cost.
    """

    start: int
    data: bytes
    reason: str
    first_lost: int | None = None
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to make of a segment.

    Attributes:
        frames: What to deliver, in the order of its numbers, each once.
        findings: What is damaged or missing.
        next: The number after the last one that this segment accounts for.
    """

    frames: list[Frame]
    findings: list[Finding]
    next: int


def judge(
    found: Scan,
    *,
    first: int,
    end: int | None,
    known_end: int,
    drained: int,
    length: int,
    size: int,
) -> Verdict:
    """Tell records, damage and an interrupted last write apart.

    Only the last segment of a dead process may end with a write that was interrupted.  Nothing of
    it was acknowledged, and so it is no damage: it is left out without a word if it looks like
    one (`Stretch.torn`), stands behind all that is known to have been acknowledged, and the file
    has its full length.  Records of that append that are whole are delivered: nobody was told that
    they failed.

    Args:
        found: What was found in the segment.
        first: The lowest number that it holds.
        end: The number that the next segment begins with, or the writer has reached; None for the
            last segment of a dead process.
        known_end: A number below which all were acknowledged, as far as is known from elsewhere.
        drained: A number below which all were delivered, so that none of them is lost.
        length: The file's length, in bytes.
        size: The length that it was made in, in bytes.
    """
    # What this number and later ones belong to is void: the next segment has it, or its append has
    # failed.
    valid = [frame for frame in found.frames if end is None or frame.number < end]
    if end is None:
        # An append is written when the one before it is on the disk.
        acknowledged = max([known_end, first, *(frame.batch for frame in valid)])
    else:
        acknowledged = end
    frames, findings = _ordered(valid)
    following = max(acknowledged, frames[-1].number + 1 if frames else first)
    missing = _missing(frames, max(first, drained), following)
    whole = length >= size
    for stretch in found.stretches:
        before, after = _neighbours(found.frames, stretch, first, following)
        cost = [numbers for numbers in missing if before < numbers.start and numbers.stop <= after]
        missing = [numbers for numbers in missing if numbers not in cost]
        if end is None and whole and stretch.torn and before + 1 >= acknowledged:
            continue
        lost = sum(map(len, cost))
        first_lost = cost[0].start if cost else None
        if end is None and stretch.at_end and not cost and stretch.records:
            first_lost, lost = following, stretch.records
        findings.append(Finding(stretch.start, stretch.data, stretch.reason, first_lost, lost))
    if not whole:
        cost, missing = missing, []
        findings.append(
            Finding(
                length,
                b"",
                f"the file is gone, or was cut off: it has {length} of {size} bytes",
                cost[0].start if cost else None,
                sum(map(len, cost)),
            )
        )
    findings += [
        Finding(length, b"", "records are missing", numbers.start, len(numbers))
        for numbers in missing
        if numbers.start < acknowledged
    ]
    return Verdict(frames, findings, following)


def _ordered(found: list[Frame]) -> tuple[list[Frame], list[Finding]]:
    """Return the frames by number, each once, and those that stand where they should not."""
    kept: dict[int, Frame] = {}
    findings = []
    highest = -1
    for frame in found:
        if frame.number in kept:
            findings.append(
                Finding(frame.start, frame.record, f"a second copy of record {frame.number}")
            )
            continue
        if frame.number < highest:
            reason = f"record {frame.number} is out of its place; it is delivered in its order"
            findings.append(Finding(frame.start, b"", reason))
        kept[frame.number] = frame
        highest = max(highest, frame.number)
    return sorted(kept.values(), key=attrgetter("number")), findings


def _missing(frames: list[Frame], first: int, following: int) -> list[range]:
    missing = []
    expected = first
    for frame in frames:
        if frame.number > expected:
            missing.append(range(expected, frame.number))
        expected = max(expected, frame.number + 1)
    if following > expected:
        missing.append(range(expected, following))
    return missing


def _neighbours(
    found: list[Frame], stretch: Stretch, first: int, following: int
) -> tuple[int, int]:
    """Return the numbers of the valid frames that stand before and after a stretch."""
    at = bisect_left(found, stretch.start, key=attrgetter("start"))
    before = found[at - 1].number if at else first - 1
    after = found[at].number if at < len(found) else following
    return before, after
