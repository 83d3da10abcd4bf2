"""What goes through a spool, and what can be seen of it."""

from __future__ import annotations

import os
import random
import threading
import time
import tracemalloc
from pathlib import Path
from typing import Any, get_args

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from features.support.merkle.hypothesis_run import run_property
from features.support.spool.crashing import line_of, start
from features.support.spool.disks import QuickDisk
from features.support.spool.drains import (
    ORIGIN,
    Delivered,
    die,
    drain,
    fill,
    left_behind,
    make,
    recover,
    segments,
    some_records,
)
from indelible.body import EVENT_COLUMNS, EventRow
from indelible.errors import ConfigurationError
from indelible.spool import (
    Spool,
    SpoolError,
    SpoolMismatchError,
    adopt,
    bad_files,
    check_directory,
    decode,
    encode,
    inspect,
    status,
)


def random_traffic(tmp: Path, appends: int, most: int) -> tuple[Spool, list[bytes], Delivered]:
    numbers = random.Random(7)
    spool = make(tmp / "spools")
    sent: list[bytes] = []
    result = Delivered()
    for _ in range(appends):
        batch = [
            numbers.randbytes(numbers.choice([0, 1, 30, 700, 5000]))
            for _ in range(numbers.randrange(most + 1))
        ]
        sent += batch
        assert spool.append(batch) == spool.end == len(sent)
        if numbers.random() < 0.1:
            limit = spool.drained + numbers.randrange(400)
            drain(spool, result, most=40, upto=limit.__gt__)
        assert spool.pending == len(sent) - len(result.records)
    drain(spool, result, most=40)
    return spool, sent, result


def sizes(tmp: Path, lengths: list[int]) -> tuple[list[bytes], Delivered]:
    spool = make(tmp / "spools")
    sent = [bytes([65 + index]) * length for index, length in enumerate(lengths)]
    spool.append([b"first"])
    spool.append(sent)
    spool.append([b"last"])
    result = Delivered()
    drain(spool, result, most=100, most_bytes=10)
    return [b"first", *sent, b"last"], result


def check_empty(tmp: Path) -> None:
    spool = make(tmp / "spools")
    assert spool.read(0, 10, 10) == ([], 0)
    assert spool.append([]) == 0 == spool.pending
    assert spool.oldest is None
    spool.append([b""])
    assert spool.read(0, 10, 10) == ([(0, b"")], 1)
    assert spool.read(1, 10, 10) == ([], 1)


def two_threads(tmp: Path, count: int) -> tuple[list[bytes], Delivered]:
    spool = make(tmp / "spools", segment=16_384)
    sent = some_records(count)
    result = Delivered()
    failures: list[BaseException] = []

    def drain_all() -> None:
        try:
            while len(result.records) < count:
                drain(spool, result, most=50)
        except BaseException as error:  # noqa: BLE001 - shown by the asserting thread
            failures.append(error)

    thread = threading.Thread(target=drain_all)
    thread.start()
    numbers = random.Random(3)
    at = 0
    while at < count:
        step = numbers.randrange(1, 30)
        spool.append(sent[at : at + step])
        at += step
    thread.join(60)
    assert not failures, failures
    assert not thread.is_alive()
    assert spool.damaged == 0
    return sent, result


def check_chunks(tmp: Path) -> None:
    spool = make(tmp / "spools")
    records = some_records(100, size=50)
    fill(spool, records)
    for most, most_bytes in [(1, 1000), (3, 1000), (100, 120), (100, 10)]:
        start_ = 0
        found: list[bytes] = []
        while (chunk := spool.read(start_, most, most_bytes)).records:
            assert len(chunk.records) <= most
            size = sum(len(record) for _, record in chunk.records)
            assert size <= most_bytes or len(chunk.records) == 1
            found += [record for _, record in chunk.records]
            start_ = chunk.after
        assert found == records, (most, most_bytes)
    # Again from the middle, as after a delivery that failed.
    assert spool.read(50, 1, 1000).records == [(50, records[50])]


def memory_of_reading(tmp: Path, size: int) -> int:
    """Return the most memory that reading takes, in bytes."""
    spool = make(tmp / "spools", segment=2 * 1024 * 1024)
    record = b"x" * 1000
    for _ in range(size // 1000 // 500):
        spool.append([record] * 500)
    tracemalloc.start()
    try:
        drained = 0
        while (chunk := spool.read(drained, 1000, 1_000_000)).records:
            drained = chunk.after
            spool.acknowledge(drained)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        assert drained == size // 1000


def partly_drained(tmp: Path, count: int, drained: int, how: str) -> list[bytes]:
    spool = make(tmp / "spools")
    records = some_records(count)
    fill(spool, records)
    spool.acknowledge(spool.read(drained - 1, 1, 1000).after)
    assert spool.pending == count - drained
    if how == "well":
        spool.close()
    else:
        die(spool)
    return records[drained:]


def check_removed(tmp: Path, *, killed: bool) -> None:
    spool = make(tmp / "spools")
    fill(spool, some_records(50))
    drain(spool, Delivered())
    if killed:
        die(spool)
        assert list((tmp / "spools").iterdir())
        assert list(adopt(tmp / "spools", origin=ORIGIN)) == []
    else:
        spool.close()
        spool.close()
    assert not list((tmp / "spools").iterdir())


def check_in_turns(tmp: Path) -> None:
    records = some_records(90)
    path = left_behind(tmp / "spools", records)
    result = Delivered()
    for limit in (30, 60, 1000):
        spool = Spool.adopt(path, origin=ORIGIN, disk=QuickDisk())
        assert spool is not None
        drain(spool, result, most=10, upto=limit.__gt__)
        if limit == 30:
            die(spool)
        else:
            spool.close()
    assert result.records == records
    assert not path.exists()


def check_leftovers(tmp: Path) -> None:
    directory = tmp / "spools"
    directory.mkdir()
    new = directory / f".{'a' * 32}.new"
    old = directory / f".{'b' * 32}.gone"
    foreign = directory / ".notes.new"
    for path in (new, old, foreign):
        path.mkdir()
        (path / "owner").write_text("x")
    hours_ago = time.time() - 7200
    os.utime(old, (hours_ago, hours_ago))
    os.utime(foreign, (hours_ago, hours_ago))
    assert list(adopt(directory, origin=ORIGIN)) == []
    assert new.exists() and foreign.exists() and not old.exists()


def snapshot(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def check_other_log(directory: Path, before: dict[str, bytes]) -> None:
    result = recover(directory, origin="another/log")
    [error] = result.refusals
    assert isinstance(error, SpoolMismatchError), error
    assert ORIGIN in str(error) and "another/log" in str(error) and str(directory) in str(error)
    assert not result.records
    assert snapshot(directory) == before
    try:
        list(adopt(directory, origin="another/log"))
    except SpoolMismatchError:
        pass
    else:
        raise AssertionError("it was not raised")


def check_refused_beforehand(directory: Path) -> None:
    check_directory(directory, origin=ORIGIN)
    try:
        check_directory(directory, origin="another/log")
    except SpoolMismatchError as error:
        assert (error.found, error.wanted) == (ORIGIN, "another/log")
    else:
        raise AssertionError("it was accepted")


def check_refused_bound(tmp: Path, argument: str, value: int) -> None:
    options: dict[str, Any] = {"max_bytes": 1_000_000, argument: value}
    try:
        Spool.create(tmp / "spools", origin=ORIGIN, **options)
    except ConfigurationError as error:
        assert error.argument == argument and str(value) in str(error), error
    else:
        raise AssertionError("it was accepted")
    assert not (tmp / "spools").exists()


def check_modes(tmp: Path) -> None:
    for mask in (0o000, 0o077, 0o777):
        directory = tmp / f"{mask}" / "deeper" / "spools"
        (tmp / f"{mask}").mkdir()
        before = os.umask(mask)
        try:
            spool = make(directory)
            fill(spool, some_records(100))
        finally:
            os.umask(before)
        assert len(segments(spool.path)) > 1
        for path in [directory, *directory.rglob("*")]:
            wanted = 0o700 if path.is_dir() else 0o600
            assert path.stat().st_mode & 0o777 == wanted, (oct(mask), path)
        assert directory.parent.stat().st_mode & 0o777 == 0o700


def check_tells(tmp: Path) -> None:
    before = time.time()
    spool = make(tmp / "spools")
    records = some_records(100)
    spool.append(records[:50])
    between = time.time()
    time.sleep(0.01)
    spool.append(records[50:])
    assert (spool.pending, spool.drained, spool.end) == (100, 0, 100)
    assert spool.pending_bytes == sum(map(len, records)) + 36 * 100
    assert spool.oldest is not None and before - 0.001 <= spool.oldest <= between
    chunk = spool.read(0, 50, 100_000)
    spool.acknowledge(chunk.after)
    spool.acknowledge(3)
    assert (spool.pending, spool.drained) == (50, 50)
    assert spool.pending_bytes == 96 * 50
    chunk = spool.read(50, 10, 100_000)
    spool.acknowledge(chunk.after)
    assert between < (spool.oldest or 0) <= time.time()
    spool.acknowledge(100)
    assert (spool.pending, spool.pending_bytes) == (0, 0)
    assert not spool.oldest
    assert spool.origin == ORIGIN and spool.path.name == spool.spool_id and not spool.adopted


def check_looking(tmp: Path) -> None:
    directory = tmp / "spools"
    assert status(directory) == [] == list(inspect(directory))
    dead = left_behind(directory, some_records(30))
    broken = left_behind(directory, some_records(5))
    data = bytearray(segments(broken)[0].read_bytes())
    data[4096 + 50] ^= 1
    segments(broken)[0].write_bytes(data)
    process = start("hold", directory)
    try:
        living = line_of(process).split()[1]
        before = snapshot(directory)
        found = {look.spool_id: look for look in status(directory)}
        listed = list(inspect(directory))
        assert snapshot(directory) == before
        assert set(found) == {dead.name, broken.name, living}
        assert found[living].alive and found[living].pid == process.pid
        assert not found[dead.name].alive and found[dead.name].pid == os.getpid()
        assert [found[name].pending for name in (dead.name, broken.name, living)] == [30, 4, 10]
        assert found[dead.name].pending_bytes == 30 * 60
        assert (found[broken.name].damaged, found[broken.name].lost) == (1, 1)
        oldest = found[dead.name].oldest
        assert oldest is not None and time.time() - 60 < oldest <= time.time()
        assert {look.origin for look in found.values()} == {ORIGIN}
        records = [item.record for item in listed if item.spool_id == dead.name]
        assert records == some_records(30)
        assert [item.number for item in listed if item.spool_id == broken.name] == [1, 2, 3, 4]
    finally:
        assert process.stdin is not None
        process.communicate("")
    result = recover(directory)
    assert len(result.records) == 44
    [bad] = bad_files(directory)
    assert bad.name == f"{broken.name}-0000000000.bad"


def check_codec() -> None:
    texts = st.text()
    times = st.datetimes().map(lambda moment: f"{moment.isoformat(timespec='microseconds')}Z")
    rows = st.tuples(
        texts,
        times,
        times,
        *(texts for _ in range(3)),
        *(st.none() | texts for _ in range(5)),
        texts.map(str.encode),
    )
    assert len(EVENT_COLUMNS) == len(get_args(EventRow)) == 12

    @given(rows)
    def prop(row: EventRow) -> None:
        record = encode(row)
        assert decode(record) == row
        assert type(decode(record)[-1]) is bytes

    # Lone surrogates are refused when the event is made; here they cannot be encoded.
    run_property(prop)


def check_codec_refusals() -> None:
    time_ = "2026-07-01T23:30:00.123456Z"
    good: tuple[Any, ...] = ("x", time_, time_, *(["x"] * 3), *([None] * 5), b"{}")
    assert decode(encode(good)) == good
    shapes: list[Any] = [
        (*good, "more"),
        good[:-1],
        (*good[:-1], "{}"),
        (None, *good[1:]),
        (1, *good[1:]),
        (b"x", *good[1:]),
        (*good[:6], 7, *good[7:]),
        None,
        {},
        "x",
        ("\ud800", *good[1:]),
    ]
    for shape in shapes:
        _refused(encode, shape)
        try:
            wire = msgspec.msgpack.encode(shape)
        except UnicodeEncodeError:
            continue
        _refused(decode, wire)
    # Whole, and nothing that a database could take.
    for shape in (("x", "soon", *good[2:]), (*good[:2], "", *good[3:]), (*good[:-1], b"\xff")):
        _refused(decode, msgspec.msgpack.encode(shape))
    whole = encode(good)
    for length in range(len(whole)):
        _refused(decode, whole[:length])
    for extra in (whole + b"\0", b"", b"\xc1", b"\x93\xa1x"):
        _refused(decode, extra)


def _refused(function: Any, argument: Any) -> None:
    try:
        result = function(argument)
    except SpoolError as error:
        assert "event_id" in str(error), error
    else:
        raise AssertionError(f"{argument!r} gave {result!r}")
