"""Looking at spools from outside: nothing is locked for longer than a look, nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from indelible.spool.damage import BAD_SUFFIX, DamageReport
from indelible.spool.disk import Disk
from indelible.spool.errors import SpoolError
from indelible.spool.layout import Owner, is_held, read_owner, spool_directories
from indelible.spool.opening import opened

__all__ = ["SpoolStatus", "SpooledRecord", "bad_files", "inspect", "status"]

_CHUNK: Final = 1_000
_CHUNK_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SpoolStatus:
    """What a spool looks like from outside.

    Attributes:
        path: The spool's own directory.
        spool_id: Its name.
        alive: Whether a process holds it.
        pid: The process that has made it; None if that is not known.
        host: That process's host.
        created: When it was made, in seconds since 1970.
        origin: The log; None if nothing tells.
        pending: How many records wait to be delivered.  Of a spool that is in use this is as of the
            last time that its drainer noted how far it was.
        pending_bytes: What they take, in bytes.
        oldest: When the oldest of them was appended, in seconds since 1970; None if there is none.
        damaged: How many damaged places are among them.
        lost: How many records these have cost.
        bad_files: Where damaged bytes were set aside.
        problem: Why it cannot be read; None if it can.
    """

    path: Path
    spool_id: str
    alive: bool
    pid: int | None
    host: str | None
    created: float | None
    origin: str | None
    pending: int = 0
    pending_bytes: int = 0
    oldest: float | None = None
    damaged: int = 0
    lost: int = 0
    bad_files: tuple[Path, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class SpooledRecord:
    """One record that waits to be delivered.

    Attributes:
        spool_id: The spool that it is in.
        number: Its number there.
        record: The record.
    """

    spool_id: str
    number: int
    record: bytes


def status(directory: str | Path) -> list[SpoolStatus]:
    """Return what the spools in a directory look like; they are read through once.

    Raises:
        SpoolError: The directory cannot be looked at.
    """
    found = []
    for path in spool_directories(Path(directory).absolute()):
        alive = is_held(path)
        owner = read_owner(path)
        try:
            look = _status(path, owner, alive=alive)
            # What its process deletes while it is read looks like damage.
            if alive and look.damaged:
                look = _status(path, owner, alive=alive)
            found.append(look)
        except FileNotFoundError:
            # Removed meanwhile, because everything was drained.
            continue
        except (SpoolError, OSError) as error:
            found.append(
                SpoolStatus(
                    path,
                    path.name,
                    alive,
                    None if owner is None else owner.pid,
                    None if owner is None else owner.host,
                    None if owner is None else owner.created,
                    None if owner is None else owner.identity.origin,
                    bad_files=tuple(sorted(path.glob(f"*{BAD_SUFFIX}"))),
                    problem=str(error),
                )
            )
    return found


def bad_files(directory: str | Path) -> list[Path]:
    """Return the files of damaged bytes in a directory of spools, those of gone spools included."""
    directory = Path(directory)
    return sorted([*directory.glob(f"*{BAD_SUFFIX}"), *directory.glob(f"*/*{BAD_SUFFIX}")])


def inspect(directory: str | Path) -> Iterator[SpooledRecord]:
    """Return what waits to be delivered, spool by spool, in order, in bounded memory.

    Raises:
        SpoolError: A spool cannot be read; all that can be read has come before.
    """
    problem: SpoolError | None = None
    for path in spool_directories(Path(directory).absolute()):
        try:
            yield from _records(path)
        except FileNotFoundError:
            continue
        except SpoolError as error:
            problem = problem or error
    if problem is not None:
        raise problem


def _records(path: Path) -> Iterator[SpooledRecord]:
    disk = Disk()
    found = opened(disk, path, None)
    shelf = found.shelf(disk, DamageReport(None, path, found.identity.spool_id))
    start = found.drained
    while True:
        chunk = shelf.read(start, _CHUNK, _CHUNK_BYTES)
        for number, record in chunk.records:
            yield SpooledRecord(found.identity.spool_id, number, record)
        if chunk.after == start:
            return
        start = chunk.after


def _status(path: Path, owner: Owner | None, *, alive: bool) -> SpoolStatus:
    disk = Disk()
    found = opened(disk, path, None)
    report = DamageReport(None, path, found.identity.spool_id)
    found.tell(report)
    shelf = found.shelf(disk, report)
    start = found.drained
    pending = pending_bytes = 0
    oldest = None
    while True:
        chunk = shelf.read(start, _CHUNK, _CHUNK_BYTES)
        if chunk.records and oldest is None:
            oldest = shelf.oldest_time(chunk.records[0][0])
        pending += len(chunk.records)
        pending_bytes += sum(len(record) for _, record in chunk.records)
        if chunk.after == start:
            break
        start = chunk.after
    return SpoolStatus(
        path,
        found.identity.spool_id,
        alive,
        None if owner is None else owner.pid,
        None if owner is None else owner.host,
        None if owner is None else owner.created,
        found.identity.origin,
        pending,
        pending_bytes,
        None if oldest is None else oldest / 1_000_000,
        report.places,
        report.lost,
        tuple(sorted(path.glob(f"*{BAD_SUFFIX}"))),
    )
