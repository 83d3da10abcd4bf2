"""Making spools, dying, and delivering what is left."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from features.support.spool.disks import QuickDisk
from indelible.spool import Damage, Disk, Spool, SpoolError, adopt

ORIGIN = "spool.example/log"
SEGMENT = 8192
"""The smallest segment: a page for the header, and one for some dozen records."""


@dataclass
class Delivered:
    """What a drain has brought."""

    records: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    damages: list[Damage] = field(default_factory=list)
    refusals: list[SpoolError] = field(default_factory=list)

    @property
    def lost(self) -> int:
        return sum(damage.lost for damage in self.damages)


def make(
    directory: Path,
    *,
    segment: int = SEGMENT,
    disk: Disk | None = None,
    on_damage: Callable[[Damage], None] | None = None,
) -> Spool:
    return Spool.create(
        directory,
        origin=ORIGIN,
        segment_bytes=segment,
        on_damage=on_damage,
        disk=QuickDisk() if disk is None else disk,
    )


def some_records(count: int, size: int = 60, begin: int = 0) -> list[bytes]:
    return [b"record %06d " % number + b"." * (size - 14) for number in range(begin, begin + count)]


def fill(spool: Spool, records: Sequence[bytes], batch: int = 5) -> None:
    for start in range(0, len(records), batch):
        spool.append(records[start : start + batch])


def die(spool: Spool) -> None:
    """Let go of a spool as a process does that is killed: nothing is written."""
    spool.after_fork()


def drain(
    spool: Spool,
    into: Delivered,
    *,
    most: int = 7,
    most_bytes: int = 10_000,
    upto: Callable[[int], bool] = lambda _: True,
) -> None:
    """Read, deliver and acknowledge until nothing is left."""
    start = spool.drained
    while upto(start):
        chunk = spool.read(start, most, most_bytes)
        assert len(chunk.records) <= most
        into.records += [record for _, record in chunk.records]
        into.numbers += [number for number, _ in chunk.records]
        if chunk.after == start:
            break
        spool.acknowledge(chunk.after)
        start = chunk.after


def recover(directory: Path, *, origin: str = ORIGIN, disk: Disk | None = None) -> Delivered:
    """Take over everything that dead processes have left, and deliver it."""
    result = Delivered()
    for spool in adopt(
        directory,
        origin=origin,
        on_damage=result.damages.append,
        on_refusal=result.refusals.append,
        disk=QuickDisk() if disk is None else disk,
    ):
        drain(spool, result)
        assert spool.pending == 0, spool
        spool.close()
    return result


def left_behind(directory: Path, records: Sequence[bytes], batch: int = 5) -> Path:
    """Leave a spool with some records, as a killed process does, and return its own directory."""
    spool = make(directory)
    fill(spool, records, batch)
    die(spool)
    return spool.path


def copies(original: Path, parent: Path) -> Iterator[Path]:
    """Yield directories that hold a copy of a spool each, one after the other."""
    number = 0
    while True:
        directory = parent / f"copy-{number}"
        shutil.copytree(original, directory / original.name)
        yield directory
        shutil.rmtree(directory)
        number += 1


def segments(spool_directory: Path) -> list[Path]:
    return sorted(spool_directory.glob("*.seg"))
