"""What the logs of `benchmarks.generator` are held against: the library itself."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path

import msgspec
import sqlalchemy
from sqlalchemy import inspect

from benchmarks.events import Row, rows
from benchmarks.generator import LogStore
from features.support import servers
from indelible import AuditService
from indelible.body import BodyBuilder
from indelible.redaction import Redaction
from indelible.storage.schema import Tables

_ENORMOUS = 10**12


def _same(moment: datetime) -> datetime:
    return moment


def check_bodies(number: int) -> None:
    """Build each event again from the arguments that its body tells of."""
    for row in rows(number):
        members = msgspec.json.decode(row.body)
        recorded_at = datetime.fromisoformat(row.recorded_at)
        builder = BodyBuilder(Redaction(), max_body_bytes=65_536, clock=partial(_same, recorded_at))
        changes = members.get("changes")
        more = {
            name: members[name]
            for name in ("event_id", "tenant", "request_id", "trace_id", "source_ip")
            if name in members
        }
        if row.occurred_at != row.recorded_at:
            more["occurred_at"] = datetime.fromisoformat(row.occurred_at)
        built = builder.build(
            members["action"],
            row.actor,
            row.target,
            members["outcome"],
            members["details"],
            changes and {path: change["before"] for path, change in changes.items()},
            changes and {path: change["after"] for path, change in changes.items()},
            more,
        )
        assert (*row[:-1], row.body.encode()) == built, (row, built)


def check_sizes(least: int, most: int) -> None:
    sizes = [len(row.body) for row in rows(2_000)]
    assert least <= min(sizes) <= max(sizes) <= most, (min(sizes), max(sizes))


def check_prefix(many: int, few: int) -> None:
    begin: list[Row] = list(rows(few))
    longer = list(rows(many))
    assert len(begin) == few
    assert len(longer) == many
    assert longer[:few] == begin
    assert len({row.event_id for row in longer}) == many
    assert sorted(row.event_id for row in longer) == [row.event_id for row in longer]


def check_intact(url: str, number: int) -> None:
    with AuditService(url, create_tables=False) as audit:
        assert audit.size() == number
        assert audit.count() == number
        report = audit.verify()
        assert not report.findings, report.findings
        for place, row in zip((0, 1, 2), islice(rows(3), 3), strict=True):
            event = audit.at(place)
            assert event is not None
            assert event.body == row.body


def check_indexes(url: str) -> None:
    engine = sqlalchemy.create_engine(url)
    try:
        found = {index["name"] for index in inspect(engine).get_indexes("audit_event")}
    finally:
        engine.dispose()
    missing = {str(index.name) for index in Tables().event.indexes} - found
    assert not missing, missing


def check_growing(url: str) -> None:
    with AuditService(url, create_tables=False) as audit:
        size = audit.size()
        receipt = audit.record("invoice.update", actor="user:1", target="invoice:1")
        assert receipt.wait().seq == size, receipt
        report = audit.verify()
        assert not report.findings, report.findings


def check_kept(directory: Path, number: int, other: int) -> None:
    first = LogStore(directory)
    url = first.url("sqlite", number)
    made = _files(directory)
    first.close()
    again = LogStore(directory)
    assert again.url("sqlite", number) == url
    assert _files(directory) == made, "made anew"
    assert again.url("sqlite", other) != url
    assert made.items() <= _files(directory).items()


def _files(directory: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in directory.glob("*.db")}


def check_room(store: LogStore) -> None:
    try:
        store.url("sqlite", _ENORMOUS)
    except servers.Unavailable as reason:
        assert "GB" in str(reason), reason
    else:
        raise AssertionError("not refused")
