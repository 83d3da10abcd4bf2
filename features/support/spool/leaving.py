"""Spools with events in them, as processes leave them, for the command line to find."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from features.support.command_line_startup import lock_sqlite
from features.support.spool.disks import QuickDisk
from features.support.spool.drains import SEGMENT, die, fill, segments
from indelible import AuditService
from indelible.body import BodyBuilder, EventRow
from indelible.redaction import Redaction
from indelible.spool import Spool, encode

BEGIN = datetime(2026, 3, 1, 9, tzinfo=UTC)


def rows(count: int, *, action: str = "door.open", event_id: UUID | None = None) -> list[EventRow]:
    """Return events, a second apart, which all have one id if that is given."""
    builder = BodyBuilder(Redaction(), max_body_bytes=65_536)
    return [
        builder.build(
            action,
            "device:7",
            f"door:{number}",
            "success",
            None,
            None,
            None,
            {"occurred_at": BEGIN + timedelta(seconds=number)}
            | ({} if event_id is None else {"event_id": event_id}),
        )
        for number in range(count)
    ]


def hold(directory: Path, log: str, records: Iterable[bytes]) -> Spool:
    """Make a spool that this process holds, with some records."""
    spool = Spool.create(directory, origin=log, segment_bytes=SEGMENT, disk=QuickDisk())
    fill(spool, list(records))
    return spool


def leave(directory: Path, log: str, records: Iterable[bytes]) -> Path:
    """Make a spool with some records and die; return its own directory."""
    spool = hold(directory, log, records)
    die(spool)
    return spool.path


def leave_events(
    directory: Path,
    log: str,
    count: int,
    *,
    action: str = "door.open",
    event_id: UUID | None = None,
) -> Path:
    return leave(directory, log, map(encode, rows(count, action=action, event_id=event_id)))


def damage(spool_directory: Path) -> None:
    """Change a bit in the middle of a spool's first record."""
    [segment, *_] = segments(spool_directory)
    data = bytearray(segment.read_bytes())
    data[4096 + 80] ^= 1
    segment.write_bytes(data)


def forget_whose(spool_directory: Path) -> None:
    """Take away all that tells which log a spool belongs to."""
    (spool_directory / "owner").unlink()
    for segment in segments(spool_directory):
        data = bytearray(segment.read_bytes())
        data[:4096] = os.urandom(4096)
        segment.write_bytes(data)


def lock_for(url: str, seconds: float) -> None:
    """Hold the write lock of an SQLite file for a while, from now on."""
    held = threading.Event()

    def hold_lock() -> None:
        # Made and closed on one thread, as sqlite3 demands.
        connection = lock_sqlite(url)
        held.set()
        time.sleep(seconds)
        connection.close()

    threading.Thread(target=hold_lock).start()
    assert held.wait(10)


def stored_targets(url: str) -> list[str]:
    """Return the targets of a database's events in the order of their numbers."""
    with AuditService(url) as service:
        found = list(reversed(service.query(limit=500).items))
        assert [event.place.seq for event in found if event.place] == list(range(len(found)))
        return [str(event.target) for event in found]


def check_bodies(lines: Iterable[str], directory: Path) -> None:
    """Check that printed lines hold the bodies that are in the spools, byte for byte."""
    from indelible.spool import decode, inspect

    wanted = {
        (record.spool_id, record.number): decode(record.record)[-1].decode()
        for record in inspect(directory)
    }
    found = {}
    for line in lines:
        members = json.loads(line)
        body = line.partition(',"event":')[2].removesuffix("}")
        found[members["spool_id"], members["number"]] = body
    assert found == wanted, (found, wanted)
