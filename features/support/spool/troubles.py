"""Disks that are full or fail, files that vanish, and a model of all of it."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from features.support.merkle.hypothesis_run import run_property
from features.support.spool.disks import FailingDisk
from features.support.spool.drains import (
    ORIGIN,
    Delivered,
    die,
    drain,
    fill,
    make,
    recover,
    segments,
    some_records,
)
from indelible.spool import Spool, SpoolError, SpoolFullError, SpoolLostError


def fill_volume(volume: Path) -> tuple[SpoolError, Delivered, list[bytes]]:
    """Append until the disk is full, make room, and append again.

    Returns:
        The error, what is delivered in the end, and what was acknowledged.
    """
    spool = Spool.create(volume / "spools", origin=ORIGIN, segment_bytes=65_536)
    taken: list[bytes] = []
    result = Delivered()
    refusal = None
    for number in range(2000):
        batch = some_records(10, size=200, begin=10 * number)
        try:
            spool.append(batch)
        except SpoolError as error:
            refusal = error
            break
        taken += batch
    assert refusal is not None, "the volume is not full"
    assert not list(spool.path.glob("*.new"))
    drain(spool, result, upto=lambda number: number < len(taken) // 2)
    more = some_records(10, size=200, begin=100_000)
    spool.append(more)
    taken += more
    die(spool)
    rest = recover(volume / "spools")
    result.records += rest.records
    result.damages += rest.damages
    return refusal, result, taken


def fail_once(tmp: Path, what: str) -> tuple[FailingDisk, Spool, list[bytes]]:
    """Let one write, or one wait for the disk, fail among others that succeed."""
    disk = FailingDisk()
    told: list[SpoolError] = []
    spool = Spool.create(
        tmp / "spools", origin=ORIGIN, segment_bytes=8192, disk=disk, on_trouble=told.append
    )
    taken = some_records(12)
    fill(spool, taken[:6], batch=2)
    chunk = spool.read(0, 3, 10_000)
    spool.acknowledge(chunk.after)
    if what == "wait":
        disk.syncs_to_fail = 1
    else:
        disk.writes_to_fail = 1
    spool.append(taken[6:8])
    [trouble] = told
    assert "Input/output error" in str(trouble), trouble
    fill(spool, taken[8:], batch=2)
    return disk, spool, taken


def fail_for_long(tmp: Path, what: str) -> tuple[FailingDisk, Spool, list[bytes], SpoolError]:
    """Let everything fail for a while: what is refused then must not come back."""
    disk = FailingDisk()
    spool = make(tmp / "spools", disk=disk)
    taken = some_records(6)
    spool.append(taken)
    if what == "wait":
        disk.syncs_to_fail = 1_000_000
    else:
        disk.writes_to_fail = 1_000_000
    refusal = None
    for number in range(3):
        try:
            spool.append(some_records(3, begin=900 + 10 * number))
        except SpoolError as error:
            refusal = error
    assert refusal is not None
    disk.syncs_to_fail = disk.writes_to_fail = 0
    later = some_records(4, begin=100)
    spool.append(later)
    return disk, spool, taken + later, refusal


class KeepingDisk(FailingDisk):
    """Keeps what a failed wait was about: it has failed too late."""

    def sync(self, descriptor: int) -> None:
        self._unsynced.clear()
        super().sync(descriptor)


class StubbornDisk(KeepingDisk):
    """Lets segments neither be deleted nor be opened again for writing."""

    def unlink(self, path: Path) -> None:
        if path.suffix == ".seg":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().unlink(path)

    def open(self, path: Path, flags: int = os.O_RDONLY) -> int:
        if flags & os.O_RDWR and path.suffix == ".seg":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().open(path, flags)


def check_refused_and_dead(tmp: Path) -> None:
    """Die right after an append was refused whose records have reached the disk after all."""
    disk = KeepingDisk()
    spool = make(tmp / "spools", disk=disk)
    taken = some_records(6)
    spool.append(taken)
    # The wait for the records, and that for a new segment; then the disk has recovered.
    disk.syncs_to_fail = 2
    try:
        spool.append(some_records(3, begin=900))
    except SpoolError:
        die(spool)
    result = recover(tmp / "spools")
    assert result.records == taken, result
    assert not result.damages, result.damages


def check_given_up_stays(tmp: Path) -> None:
    """A segment that was given up and cannot be deleted says nothing beside its successor."""
    disk = StubbornDisk()
    spool = make(tmp / "spools", disk=disk)
    taken = some_records(6)
    spool.append(taken)
    spool.acknowledge(spool.read(0, 3, 1000).after)
    disk.syncs_to_fail = 1_000_000
    refused = some_records(3, begin=900)
    try:
        spool.append(refused)
    except SpoolError:
        disk.syncs_to_fail = 0
    later = some_records(2, begin=100)
    spool.append(later)
    die(spool)
    first, second = segments(spool.path)
    assert refused[2] in first.read_bytes() and later[1] in second.read_bytes()
    # Then nobody knows what was drained, and all is read again.
    (spool.path / "position").unlink()
    result = recover(tmp / "spools")
    assert result.records == taken + later, result
    assert not result.damages, result.damages


def interrupted(tmp: Path) -> tuple[Spool, list[bytes]]:
    """Interrupt an append by a signal's exception after its write; the next is shorter."""

    class Interrupting(FailingDisk):
        armed = False

        def sync(self, descriptor: int) -> None:
            if self.armed:
                self.armed = False
                raise KeyboardInterrupt
            super().sync(descriptor)

    disk = Interrupting()
    spool = make(tmp / "spools", disk=disk)
    taken = some_records(3)
    spool.append(taken)
    disk.armed = True
    try:
        spool.append(some_records(10, begin=500))
    except KeyboardInterrupt:
        pass
    else:
        raise AssertionError("it was not interrupted")
    later = some_records(1, begin=100)
    spool.append(later)
    return spool, taken + later


VANISHING: dict[str, Callable[[Spool], Any]] = {
    "the segment is deleted": lambda spool: segments(spool.path)[-1].unlink(),
    "the segment is replaced by a copy": lambda spool: _replace(segments(spool.path)[-1]),
    "the segment is cut off": lambda spool: os.truncate(segments(spool.path)[-1], 6000),
    "the spool's directory is deleted": lambda spool: shutil.rmtree(spool.path),
    "the spool's directory is renamed": lambda spool: spool.path.rename(f"{spool.path}-away"),
    "the spool's directory is replaced by a copy": lambda spool: _replace(spool.path),
    "the directory of spools is deleted": lambda spool: shutil.rmtree(spool.path.parent),
}


def _replace(path: Path) -> None:
    away = path.with_name("away")
    path.rename(away)
    if away.is_dir():
        shutil.copytree(away, path)
    else:
        shutil.copy(away, path)


def vanish(tmp: Path, how: str) -> tuple[Spool, Delivered]:
    """Take files away under an open spool; return it, and what its drainer still gets."""
    spool = make(tmp / "spools")
    spool.append(some_records(10))
    spool.check()
    VANISHING[how](spool)
    for attempt in range(3):
        try:
            if attempt == 1:
                spool.append([b"more"])
            else:
                spool.check()
        except SpoolLostError as error:
            assert str(spool.path.parent) in str(error) and "Find out" in str(error), error
        else:
            raise AssertionError(f"{how}, and it was not noticed")
    result = Delivered()
    chunk = spool.read(0, 100, 100_000)
    result.records += [record for _, record in chunk.records]
    return spool, result


def check_bound(tmp: Path) -> None:
    """The bound holds on the disk at every moment, and room comes back as records are drained."""
    bound = 100_000
    spool = Spool.create(
        tmp / "spools", origin=ORIGIN, max_bytes=bound, segment_bytes=16_384, disk=FailingDisk()
    )
    taken: list[bytes] = []
    result = Delivered()
    refused = 0
    for number in range(300):
        batch = some_records(number % 20 + 1, size=100, begin=100 * number)
        try:
            spool.append(batch)
            taken += batch
        except SpoolFullError as error:
            refused += 1
            assert error.limit == bound < error.needed
            half = spool.drained + spool.pending // 2
            drain(spool, result, upto=half.__gt__)
        used = sum(path.stat().st_size for path in segments(spool.path))
        assert used == spool.bytes_on_disk <= bound, (used, spool.bytes_on_disk)
    assert refused > 3
    drain(spool, result)
    assert result.records == taken
    try:
        spool.append(some_records(1000, size=200))
    except SpoolFullError as error:
        assert error.needed > bound
    else:
        raise AssertionError("more than the bound was taken")


def check_model() -> None:
    """Any order of appends, drains, failures, deaths and take-overs, beside a list."""
    steps = st.lists(
        st.one_of(
            st.tuples(st.just("append"), st.integers(1, 40)),
            st.tuples(st.just("drain"), st.integers(1, 60)),
            st.tuples(st.just("die"), st.integers(0, 1)),
            st.tuples(st.just("fail wait"), st.integers(1, 3)),
            st.tuples(st.just("fail write"), st.integers(1, 3)),
            st.tuples(st.just("short"), st.integers(0, 1)),
        ),
        max_size=40,
    )
    import tempfile

    @given(steps)
    def prop(steps: list[tuple[str, int]]) -> None:
        with tempfile.TemporaryDirectory() as parent:
            _Model(Path(parent) / "spools").run(steps)

    run_property(prop, examples=150)


class _Model:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._disk = FailingDisk()
        self._spool = make(directory, disk=self._disk)
        self._waiting: list[bytes] = []
        self._made = 0

    def run(self, steps: list[tuple[str, int]]) -> None:
        for name, argument in steps:
            getattr(self, name.replace(" ", "_"))(argument)
            assert self._spool.pending == len(self._waiting)
            assert not self._disk.used_after_failure
        self.die(0)

    def append(self, count: int) -> None:
        batch = some_records(count, size=150, begin=self._made)
        self._made += count
        try:
            self._spool.append(batch)
        except SpoolError:
            return
        self._waiting += batch

    def drain(self, most: int) -> None:
        chunk = self._spool.read(self._spool.drained, most, 3000)
        records = [record for _, record in chunk.records]
        assert records == self._waiting[: len(records)]
        assert records or not self._waiting
        try:
            self._spool.acknowledge(chunk.after)
        except SpoolError:
            assert self._disk.writes_to_fail >= 0
        del self._waiting[: len(records)]

    def fail_wait(self, times: int) -> None:
        self._disk.syncs_to_fail = times

    def fail_write(self, times: int) -> None:
        self._disk.writes_to_fail = times

    def short(self, on: int) -> None:
        self._disk.short = bool(on)

    def die(self, _: int) -> None:
        # A spool whose last failure is not mended may bring what was refused: see `Appender`.
        self._disk.syncs_to_fail = self._disk.writes_to_fail = 0
        self.append(1)
        die(self._spool)
        result = recover(self._directory)
        assert not result.damages, result.damages
        # What was acknowledged last may not have been noted.
        assert result.records[-len(self._waiting) :] == self._waiting
        self._waiting = []
        self._disk = FailingDisk()
        self._spool = make(self._directory, disk=self._disk)


def check_not_made(tmp: Path) -> None:
    for what in ("syncs_to_fail", "writes_to_fail"):
        for number in range(1, 4):
            disk = FailingDisk()
            setattr(disk, what, number)
            made = 0
            for _ in range(number):
                try:
                    make(tmp / "spools", disk=disk)
                except SpoolError as error:
                    assert "look at the system's log" in str(error), error
                else:
                    made += 1
            assert not made, (what, number, made)
            assert not list((tmp / "spools").iterdir()), list((tmp / "spools").iterdir())
    assert make(tmp / "spools").append([b"x"]) == 1
