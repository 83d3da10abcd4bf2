"""Exports in each format, compared with the events that they were made from."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, BinaryIO, cast
from uuid import UUID

import pyarrow.parquet
from hypothesis import given
from hypothesis import strategies as st

from features.support.events import examples
from features.support.exports.schemas import cloudevent_problems, ocsf_problems
from features.support.merkle.hypothesis_run import run_property
from indelible import AuditEvent, ExportError
from indelible.body import BodyBuilder
from indelible.event import Place
from indelible.exporters import (
    CloudEvents,
    Csv,
    EventWriter,
    Exportable,
    JsonLines,
    LineFormat,
    LineWriter,
    Ocsf,
    ParquetWriter,
    Stored,
    lines,
)
from indelible.query import StoredBatch
from indelible.redaction import Redaction

LOG = "example.com/a log's \u00e4"
BUILDER = BodyBuilder(Redaction(), max_body_bytes=1 << 24, source="billing")
EXAMPLES = 150

LINE_FORMATS: dict[str, Callable[[], LineFormat]] = {
    "jsonl": JsonLines,
    "csv": Csv,
    "cloudevents": CloudEvents,
    "ocsf": Ocsf,
}

_verbs = (
    *("login", "logout", "create", "update", "delete", "read", "enable", "lock", "move"),
    *("password.reset", "impersonate", "suspend", "mfa.enable", "export", "unknown"),
)

FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "\u00a0=1",
    "\u200b=1",
    "\ufeff=1",
    "\uff1d1",
    "a;=1",
    'a;" =1',
    '";=1',
    "=cmd|' /C calc'!A0",
    "\x1b[2J",
    "\u202eevil",
)
"""Texts that some spreadsheet would take for a formula, or would not show."""

_hostile = st.sampled_from([*FORMULAS, *examples.NASTY_TEXTS]).filter(
    lambda text: bool(text) and not text.isspace()
)
_actions = st.builds(
    "{}.{}".format, st.sampled_from(["user", "invoice", "group"]), st.sampled_from(_verbs)
)


@st.composite
def arguments(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments of ``record()``: any names, and those that mappings and spreadsheets know."""
    event: dict[str, Any] = draw(examples.arguments)
    event["action"] = draw(st.just(event["action"]) | _actions | _hostile)
    for name in ("tenant", "request_id", "session_id", "reason", "user_agent"):
        if draw(st.integers(0, 3)) == 0:
            event[name] = draw(_hostile)
    if draw(st.booleans()):
        event["before"] = {"status": draw(examples.innocent_texts), "address": {"city": "a"}}
        event["after"] = {"status": draw(examples.innocent_texts), "address": {"city": ";=1"}}
    if draw(st.integers(0, 3)) == 0:
        event["trace_id"], event["span_id"] = "a" * 32, "b" * 16
    event.setdefault("event_id", UUID(int=draw(st.integers(0, (1 << 128) - 1))))
    return event


def stored(given_: dict[str, Any], seq: int = 7) -> Stored:
    """Return an event as it would be stored."""
    common = {
        name: given_.get(name)
        for name in ("action", "actor", "target", "details", "before", "after")
    }
    more = {name: value for name, value in given_.items() if name not in common}
    outcome = more.pop("outcome", "success")
    body = BUILDER.build(**cast("Any", common), outcome=outcome, more=more)[-1]
    return Stored(Place(LOG, seq, sha256(b"\0" + body).digest()), body.decode())


def decoded(event: Stored) -> AuditEvent:
    return AuditEvent.from_body(event.body, event.place)


def example(seq: int = 7, **more: Any) -> Stored:
    """Return an event as it would be stored, with the members given and few others."""
    given_ = {"action": "invoice.update", "actor": "user:1", "event_id": UUID(int=seq + 1), **more}
    return stored(given_, seq)


def _check_each(check: Callable[[Stored], None], examples_: int = EXAMPLES) -> None:
    @given(arguments())
    def holds(given_: dict[str, Any]) -> None:
        check(stored(given_))

    run_property(holds, examples=examples_)


# JSON Lines -------------------------------------------------------------------------------------


def check_jsonl() -> None:
    def check(event: Stored) -> None:
        line = JsonLines().line(event)
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        place, _, rest = line.partition(b',"event":')
        assert json.loads(place + b"}") == {
            "log": LOG,
            "seq": 7,
            "leaf_hash": event.place.leaf_hash.hex(),
        }
        # The bytes of the body stand in the line as they were hashed.
        assert sha256(b"\0" + rest[:-2]).digest() == event.place.leaf_hash
        assert json.loads(line)["event"] == json.loads(event.body)

    _check_each(check)


# CSV --------------------------------------------------------------------------------------------

_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_BEHIND_SEMICOLON = re.compile('; *"* *[=+\\-@\uff1d\uff0b\uff0d\uff20]')


def read_csv(data: bytes) -> list[dict[str, str]]:
    reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
    head, *rows = reader
    assert all(len(row) == len(head) for row in rows)
    return [dict(zip(head, row, strict=True)) for row in rows]


def check_csv() -> None:
    def check(event: Stored) -> None:
        (row,) = read_csv(b"".join(lines([event], Csv())))
        for name, cell in row.items():
            assert cell.isprintable(), (name, cell)
            assert not cell.startswith(_STARTS), (name, cell)
            assert not cell.lstrip(" ").startswith(_STARTS), (name, cell)
            assert _BEHIND_SEMICOLON.search(cell) is None, (name, cell)
        _check_csv_values(decoded(event), json.loads(event.body), row)

    _check_each(check)


def _check_csv_values(event: AuditEvent, body: dict[str, Any], row: dict[str, str]) -> None:
    for name in ("details", "changes"):
        assert (json.loads(row[name]) if row[name] else None) == body.get(name), row[name]
    targets = [str(target) for target in event.targets]
    assert (json.loads(row["targets"]) if targets else []) == targets
    assert row["occurred_at"] == body["occurred_at"]
    assert row["recorded_at"] == body["recorded_at"]
    assert row["seq"] == "7"
    assert event.place is not None
    assert row["leaf_hash"] == event.place.leaf_hash.hex()
    assert row["duration_us"] == str(body.get("duration_us", ""))
    target = event.target
    texts: dict[str, object] = {
        "event_id": event.event_id,
        "log": LOG,
        "outcome": event.outcome,
        "actor": event.actor,
        "actor_name": event.actor.name,
        "target": target,
        "target_name": None if target is None else target.name,
        "on_behalf_of": event.on_behalf_of,
    }
    same = (
        "action tenant reason severity request_id trace_id span_id session_id source source_ip "
        "user_agent"
    )
    texts |= {name: getattr(event, name) for name in same.split()}
    assert row.keys() == texts.keys() | {
        "seq", "targets", "occurred_at", "recorded_at", "duration_us", "details", "changes",
        "leaf_hash",
    }  # fmt: skip
    for name, value in texts.items():
        _check_cell("" if value is None else str(value), row[name])


def _check_cell(value: str, cell: str) -> None:
    harmless = value.isprintable() and not value.lstrip(" ").startswith(_STARTS)
    if harmless and ";" not in value:
        assert cell == value
    elif "\\" not in value and "'" not in value:
        # Whatever was written out or put in front, nothing got lost.
        quoted = json.dumps(cell.replace("'", ""), ensure_ascii=False).replace("\\\\", "\\")
        assert json.loads(quoted) == value, (value, cell)


# CloudEvents and OCSF ---------------------------------------------------------------------------


def check_cloudevents() -> None:
    def check(event: Stored) -> None:
        found = json.loads(CloudEvents().line(event))
        problems = cloudevent_problems(found)
        assert not problems, (problems, found)
        assert found["data"] == json.loads(event.body)
        assert found["id"] == found["data"]["event_id"]
        assert int(found["sequence"]) == event.place.seq
        assert ("subject" in found) == (decoded(event).target is not None)

    _check_each(check)


def check_ocsf() -> None:
    seen = set()

    def check(event: Stored) -> None:
        found = json.loads(Ocsf().line(event))
        problems = ocsf_problems(found)
        assert not problems, (problems, found)
        body = json.loads(event.body)
        for name in ("details", "changes"):
            assert found["unmapped"].get(name) == body.get(name)
        assert found["metadata"]["uid"] == body["event_id"]
        assert found["metadata"]["sequence"] == event.place.seq
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=found["time"])
        assert timedelta(0) <= decoded(event).occurred_at - moment < timedelta(milliseconds=1)
        seen.add(found["class_uid"])

    _check_each(check, 2 * EXAMPLES)
    assert {3001, 3002, 3004, 6003} <= seen, seen


# Parquet ----------------------------------------------------------------------------------------


class BytesOnly:
    """A sink that can do nothing but take bytes, as a pipe."""

    def __init__(self) -> None:
        self.taken = bytearray()

    def write(self, data: Any) -> int:
        self.taken += data
        return len(data)


def written(writer: EventWriter, events: Iterable[Exportable]) -> bytes:
    """Return an export that was written event by event into something that only takes bytes."""
    sink = BytesOnly()
    writer.open(cast("BinaryIO", sink))
    for event in events:
        writer.write(event)
    writer.close()
    return bytes(sink.taken)


def check_parquet() -> None:
    @given(st.lists(arguments(), max_size=4))
    def holds(given_: list[dict[str, Any]]) -> None:
        events = [stored(event, seq) for seq, event in enumerate(given_)]
        table = pyarrow.parquet.read_table(io.BytesIO(written(ParquetWriter(), events)))
        rows = table.to_pylist()
        assert len(rows) == len(events)
        for row, stored_ in zip(rows, events, strict=True):
            _check_parquet_row(row, stored_)

    run_property(holds, examples=EXAMPLES // 2)


def _check_parquet_row(row: dict[str, Any], stored_: Stored) -> None:
    event, body = decoded(stored_), json.loads(stored_.body)
    assert (row.pop("log"), row.pop("seq"), row.pop("leaf_hash")) == stored_.place
    assert row.pop("targets") == [str(target) for target in event.targets]
    for name in ("details", "changes"):
        text = row.pop(name)
        assert (None if text is None else json.loads(text)) == body.get(name)
    assert row.pop("event_id") == str(event.event_id)
    duration = body.get("duration_us")
    assert row.pop("duration_us") == (None if duration is None else min(duration, (1 << 63) - 1))
    for name, value in row.items():
        thing, _, member = name.partition("_name")
        expected = getattr(event, thing)
        if name.endswith("_name"):
            expected = None if expected is None else expected.name
        elif name in {"actor", "target", "on_behalf_of"} and expected is not None:
            expected = str(expected)
        assert value == expected, (name, member, value, expected)


# All formats ------------------------------------------------------------------------------------


def writer_for(name: str) -> EventWriter:
    return ParquetWriter() if name == "parquet" else LineWriter(LINE_FORMATS[name]())


def check_batches(name: str) -> None:
    """A batch gives the same bytes as its events one by one, and so does the generator."""
    events = [example(seq, reason=FORMULAS[seq % len(FORMULAS)]) for seq in range(600)]
    rows = [(place.seq, place.leaf_hash, body) for place, body in events]
    sink = BytesOnly()
    writer = writer_for(name)
    writer.open(cast("BinaryIO", sink))
    for first in range(0, 600, 200):
        writer.write_batch(StoredBatch(LOG, rows[first : first + 200], first + 200))
    writer.write_batch(StoredBatch(LOG, [], 900))
    writer.close()
    one_by_one = written(writer_for(name), events)
    assert bytes(sink.taken) == one_by_one
    if name in LINE_FORMATS:
        assert b"".join(lines(events, LINE_FORMATS[name]())) == one_by_one
        assert b"".join(lines(map(decoded, events), LINE_FORMATS[name]())) == one_by_one


def refusal(name: str, body: str) -> str:
    """Return how a format refuses an event with a damaged body; "" if it takes it."""
    damaged = Stored(Place(LOG, 7, bytes(32)), body)
    try:
        written(writer_for(name), [damaged])
    except ExportError as error:
        assert error.seq == 7
        return str(error)
    return ""


def row_groups(events: int, size: int) -> list[int]:
    """Return how many events stand in each row group of a Parquet file."""
    made = (example(seq, details={"text": "x" * size}) for seq in range(events))
    file = pyarrow.parquet.ParquetFile(io.BytesIO(written(ParquetWriter(), made)))
    return [file.metadata.row_group(n).num_rows for n in range(file.metadata.num_row_groups)]
