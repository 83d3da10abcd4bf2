"""Damage by direct edits: what is not touched must be delivered, and what is must be told."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from features.support.merkle.hypothesis_run import run_property
from features.support.spool.disks import QuickDisk
from features.support.spool.drains import (
    ORIGIN,
    Delivered,
    copies,
    die,
    drain,
    left_behind,
    make,
    recover,
    segments,
    some_records,
)
from indelible.spool import Damage, Spool, SpoolError, bad_files
from indelible.spool.frames import FRAME_BYTES
from indelible.spool.segment import DATA_START

RECORDS = some_records(12, size=40)
FRAME = FRAME_BYTES + 40
HEADER_FACTS = 100
"""Bytes of the header's page that hold something; the rest is zero and its checksum."""


def edit(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def flip(path: Path, offset: int, bit: int) -> None:
    byte = path.read_bytes()[offset]
    edit(path, offset, bytes([byte ^ (1 << bit)]))


def frame_of(index: int, size: int = FRAME) -> tuple[int, int]:
    start = DATA_START + index * size
    return start, start + size


def check_kept(result: Delivered, expected: Sequence[bytes], context: object = "") -> None:
    assert result.records == list(expected), (
        context,
        [record for record in expected if record not in result.records],
        [record for record in result.records if record not in expected],
    )
    assert all(first < second for first, second in pairwise(result.numbers)), result.numbers


def bad_bytes(directory: Path) -> list[tuple[int, bytes, str]]:
    """Return what was set aside: offset, bytes and reason."""
    found = []
    for path in sorted([*directory.glob("*.bad"), *directory.glob("*/*.bad")]):
        assert path.stat().st_mode & 0o777 == 0o600, path
        for line in path.read_text().splitlines():
            facts = json.loads(line)
            found.append((facts["offset"], base64.b64decode(facts["bytes"]), facts["reason"]))
    return found


def flip_everywhere(tmp: Path) -> int:
    """Flip a bit of every byte that holds something; return how many places that were.

    The last record's end mark is special: flipped, it looks like a write that was interrupted in
    its last four bytes, and costs nothing.
    """
    original = left_behind(tmp / "original", RECORDS)
    [segment] = segments(original)
    end = DATA_START + FRAME * len(RECORDS)
    places = [*range(HEADER_FACTS), 2000, DATA_START - 1, *range(DATA_START, end)]
    copied = copies(original, tmp)
    for place in places:
        directory = next(copied)
        path = directory / original.name / segment.name
        flip(path, place, place % 8)
        flipped = path.read_bytes()
        result = recover(directory)
        index = (place - DATA_START) // FRAME
        within = (place - DATA_START) % FRAME
        if place < DATA_START or within >= FRAME - 4:
            check_kept(result, RECORDS, place)
            assert result.lost == 0, (place, result.damages)
        else:
            check_kept(result, RECORDS[:index] + RECORDS[index + 1 :], place)
            assert result.lost == 1, (place, result.damages)
            assert [damage.first_lost for damage in result.damages] == [index]
        if place < end - 4:
            assert len(result.damages) == 1, (place, result.damages)
            [(offset, data, _)] = bad_bytes(directory)
            assert offset <= place < offset + len(data), (place, offset)
            assert data == flipped[offset : offset + len(data)]
    return len(places)


def flip_beside(tmp: Path, name: str) -> None:
    """Flip every byte of a file beside the segments: it costs no record and no order."""
    spool = make(tmp / "original")
    spool.append(RECORDS)
    spool.acknowledge(3)
    die(spool)
    size = (spool.path / name).stat().st_size
    assert size
    copied = copies(spool.path, tmp)
    for place in range(size):
        directory = next(copied)
        flip(directory / spool.path.name / name, place, place % 7)
        result = recover(directory)
        assert result.records in (RECORDS[3:], RECORDS), (place, result)
        assert not result.damages and not result.refusals, (place, result)


def truncate_everywhere(tmp: Path) -> int:
    """Cut a segment off at every length at which something is in it."""
    original = left_behind(tmp / "original", RECORDS)
    [segment] = segments(original)
    lengths = [*range(DATA_START, DATA_START + FRAME * len(RECORDS) + 1), 8191]
    copied = copies(original, tmp)
    for length in lengths:
        directory = next(copied)
        os.truncate(directory / original.name / segment.name, length)
        result = recover(directory)
        # A record is whole without its end mark.
        whole = min(len(RECORDS), (length - DATA_START + 4) // FRAME)
        check_kept(result, RECORDS[:whole], length)
        assert any("cut off" in damage.reason for damage in result.damages), (length, result)
    return len(lengths)


def truncate_header(tmp: Path) -> None:
    """Cut it off inside the header: nothing but other segments is left to deliver."""
    records = some_records(200, size=100)
    original = left_behind(tmp / "original", records)
    paths = segments(original)
    assert len(paths) > 3
    held = held_by(original, records)
    for length, directory in zip([0, 1, 50, DATA_START - 1], copies(original, tmp), strict=False):
        os.truncate(directory / original.name / paths[1].name, length)
        result = recover(directory)
        check_kept(result, [r for r in records if r not in held[paths[1].name]], length)
        assert result.lost == len(held[paths[1].name]), result.damages


def held_by(original: Path, records: Sequence[bytes]) -> dict[str, list[bytes]]:
    """Return which records are in which segment."""
    return {
        path.name: [record for record in records if record in path.read_bytes()]
        for path in segments(original)
    }


WRITES_OVER_THE_FOURTH = {
    "another spool",
    "another segment",
    "its own segment, written over another",
    "zeros",
}


def spliced(tmp: Path, how: str) -> tuple[Delivered, list[bytes], Path]:
    """Tamper with frames; return what is delivered, what should be, and the directory."""
    records = some_records(100, size=100)
    size = FRAME_BYTES + 100
    original = left_behind(tmp / "original", records)
    first, second = segments(original)[:2]
    stranger = segments(left_behind(tmp / "other", some_records(100, size=100)))[0]
    data = first.read_bytes()
    third = slice(*frame_of(3, size))
    seventh = slice(*frame_of(7, size))
    if how == "another spool":
        edit(first, third.start, stranger.read_bytes()[third])
    elif how == "another segment":
        edit(first, third.start, second.read_bytes()[third])
    elif how == "its own segment, written over another":
        edit(first, third.start, data[seventh])
    elif how == "its own segment, put between":
        edit(first, third.start, (data[seventh] + data[third.start :])[: len(data) - third.start])
    elif how == "two places that change":
        edit(first, third.start, data[seventh])
        edit(first, seventh.start, data[third])
    elif how == "a whole segment of another spool":
        second.write_bytes(stranger.read_bytes())
    elif how == "a copy of a whole segment":
        (original / "0000000077.seg").write_bytes(data)
    elif how == "a segment that is deleted":
        second.unlink()
    elif how == "the oldest segment, deleted":
        first.unlink()
    elif how == "the segments' names, changed":
        other = second.read_bytes()
        second.write_bytes(data)
        first.write_bytes(other)
    elif how == "zeros":
        edit(first, third.start, bytes(size))
    else:
        raise AssertionError(how)
    if how in WRITES_OVER_THE_FOURTH:
        gone = records[3:4]
    else:
        everything = b"".join(path.read_bytes() for path in segments(original))
        gone = [record for record in records if record not in everything]
    result = recover(original.parent)
    return result, [record for record in records if record not in gone], original.parent


def check_random_edits(tmp: Path) -> None:
    """Overwrite, cut out or insert anything anywhere: frames that are whole are delivered."""
    records = some_records(60, size=80)
    original = left_behind(tmp / "original", records)
    names = [path.name for path in segments(original)]
    copied = copies(original, tmp)

    @given(
        st.sampled_from(names),
        st.integers(0, 8191),
        st.integers(0, 300),
        st.one_of(st.binary(max_size=300), st.integers(1, 300).map(bytes)),
    )
    def prop(name: str, offset: int, length: int, data: bytes) -> None:
        directory = next(copied)
        path = directory / original.name / name
        before = path.read_bytes()
        after = before[:offset] + data + before[offset + length :]
        path.write_bytes(after)
        result = recover(directory)
        kept = [record for record in records if record in result.records]
        check_kept(result, kept)
        whole = whole_frames(original, name, records, after)
        lost = [record for record in whole if record not in result.records]
        assert not lost, (lost, result.damages)

    run_property(prop, examples=300)


def whole_frames(original: Path, name: str, records: Sequence[bytes], after: bytes) -> list[bytes]:
    """Return the records whose frames are still somewhere, byte for byte."""
    whole = []
    for path in segments(original):
        data = path.read_bytes()
        for record in records:
            at = data.find(record)
            if at < 0:
                continue
            frame = data[at - 32 : at + len(record)]
            if path.name != name or frame in after:
                whole.append(record)
    return whole


def torn_writes(tmp: Path) -> Iterator[tuple[str, Delivered, int]]:
    """Interrupt the last append at every byte, as a kill does, and drop sectors, as a power cut."""
    spool = make(tmp / "original", segment=16384)
    spool.append(RECORDS)
    last = some_records(60, size=100, begin=500)
    spool.append(last)
    die(spool)
    [segment] = segments(spool.path)
    data = segment.read_bytes()
    begin = DATA_START + FRAME * len(RECORDS)
    end = begin + len(last) * (FRAME_BYTES + 100)
    copied = copies(spool.path, tmp)
    for cut in [*range(begin, begin + 3 * (FRAME_BYTES + 100)), *range(begin, end, 37)]:
        directory = next(copied)
        edit(directory / spool.path.name / segment.name, cut, bytes(len(data) - cut))
        yield f"cut at {cut}", recover(directory), max(0, cut - begin + 4) // (FRAME_BYTES + 100)
    for sector in range(begin + (-begin) % 512, end, 512):
        directory = next(copied)
        edit(directory / spool.path.name / segment.name, sector, bytes(512))
        yield f"without the sector at {sector}", recover(directory), -1


def check_torn_writes(tmp: Path) -> int:
    """What was acknowledged is delivered, the interrupted append in part, and nothing is told."""
    count = 0
    for name, result, whole in torn_writes(tmp):
        count += 1
        assert result.records[: len(RECORDS)] == RECORDS, (name, result.records)
        assert not result.damages, (name, result.damages)
        if whole >= 0:
            assert len(result.records) - len(RECORDS) in {whole, min(whole, 60)}, (name, whole)
        else:
            assert 55 <= len(result.records) - len(RECORDS) < 60, name
    return count


def check_damaged_while_open(tmp: Path) -> None:
    """Damage a record of a spool that is in use, when some are read already."""
    result = Delivered()
    spool = make(tmp / "spools", on_damage=result.damages.append)
    spool.append(RECORDS[:6])
    drain(spool, result, most=2, upto=(2).__gt__)
    spool.append(RECORDS[6:])
    [segment] = segments(spool.path)
    flip(segment, frame_of(8)[0] + 50, 1)
    drain(spool, result)
    check_kept(result, RECORDS[:8] + RECORDS[9:])
    assert (spool.damaged, spool.lost, spool.pending) == (1, 1, 0)
    assert [(damage.first_lost, damage.lost) for damage in result.damages] == [(8, 1)]
    more = some_records(3, begin=50)
    spool.append(more)
    drain(spool, result)
    assert result.records[-3:] == more
    check_set_aside(tmp / "spools", result.damages)
    spool.close()
    check_set_aside(tmp / "spools", result.damages)


def check_set_aside(directory: Path, damages: Sequence[Damage]) -> None:
    """Each place that was told is in a .bad file, once."""
    told = sorted((damage.offset, damage.length, damage.reason) for damage in damages)
    assert sorted((offset, len(data), reason) for offset, data, reason in bad_bytes(directory)) == (
        told
    )


def check_bad_stays(tmp: Path) -> None:
    """Crash between setting aside and delivering, twice, with a line cut off in between."""
    original = left_behind(tmp / "spools", RECORDS)
    [segment] = segments(original)
    flip(segment, frame_of(4)[0] + 40, 3)
    damaged = segment.read_bytes()[slice(*frame_of(4))]
    told: list[Damage] = []
    for attempt in range(3):
        spool = Spool.adopt(original, origin=ORIGIN, on_damage=told.append, disk=QuickDisk())
        assert spool is not None
        spool.read(0, 100, 100_000)
        die(spool)
        if attempt == 1:
            [bad] = original.glob("*.bad")
            bad.write_bytes(bad.read_bytes() + b'{"bytes": "AA')
    # Told each time, since nobody knows whether it was passed on; as the same place, though.
    assert len(told) == 3
    assert len({damage.identity for damage in told}) == 1
    [line] = [line for line in bad.read_text().splitlines() if line.endswith("}")]
    assert base64.b64decode(json.loads(line)["bytes"]) == damaged
    result = recover(tmp / "spools")
    check_kept(result, RECORDS[:4] + RECORDS[5:])
    [left] = (tmp / "spools").iterdir()
    assert left.name == f"{original.name}-{bad.name}"
    assert line in left.read_text()
    assert left in bad_files(tmp / "spools")


def newer_version(tmp: Path) -> SpoolError:
    """Make a header say that it is of format 2."""
    original = left_behind(tmp / "spools", RECORDS)
    [segment] = segments(original)
    page = bytearray(segment.read_bytes()[:DATA_START])
    page[8] = 2
    page[-4:] = crc32(page[:-4]).to_bytes(4, "little")
    edit(segment, 0, bytes(page))
    before = segment.read_bytes()
    result = recover(tmp / "spools")
    assert segment.read_bytes() == before and not result.records
    [refusal] = result.refusals
    return refusal


def unknown_owner(tmp: Path) -> SpoolError:
    """Destroy everything that tells whose a spool is."""
    original = left_behind(tmp / "spools", RECORDS)
    [segment] = segments(original)
    segment.write_bytes(os.urandom(8192))
    (original / "owner").unlink()
    before = segment.read_bytes()
    result = recover(tmp / "spools")
    assert segment.read_bytes() == before
    [refusal] = result.refusals
    return refusal
