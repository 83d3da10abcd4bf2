"""What goes into a database comes out of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from hypothesis import given
from sqlalchemy import Engine

from features.support.events import bodies, examples
from features.support.events.comparing import difference
from features.support.events.services import invalid_json, stored_rows
from features.support.merkle.hypothesis_run import run_property
from indelible import Actor, AuditEvent, AuditService
from indelible.columns import column_text

MARIADB_JSON_DEPTH = 31
"""MariaDB 10.11 takes no JSON for valid whose containers nest deeper than this."""


def check_any_event(service: AuditService, number: int) -> int:
    """Record generated events and compare each with what the database gives back."""
    recorded = 0

    @given(examples.arguments)
    def comes_back(arguments: dict[str, Any]) -> None:
        nonlocal recorded
        if "event_id" in arguments and service.get(arguments["event_id"]) is not None:
            arguments.pop("event_id")
        before = datetime.now(UTC)
        receipt = service.record(**arguments)
        after = datetime.now(UTC)
        recorded += 1
        event = service.get(receipt.event_id)
        assert event is not None
        assert before.replace(microsecond=0) <= event.recorded_at <= after
        check_members(arguments, event)
        place = receipt.wait(0)
        assert event.place == place
        assert place.leaf_hash == sha256(b"\0" + event.body.encode()).digest()

    run_property(comes_back, examples=number)
    return recorded


def check_members(arguments: dict[str, Any], event: AuditEvent) -> None:
    """Compare an event, member by member, with the arguments that it was recorded with."""
    expected: dict[str, Any] = {"outcome": "success", "occurred_at": event.recorded_at} | arguments
    expected["targets"] = tuple(expected.get("targets", ()))
    occurred_at = expected.pop("occurred_at")
    assert event.occurred_at.utcoffset() == datetime.now(UTC).utcoffset()
    # Not ==: Python calls the hour that comes twice unequal to any other zone's.
    assert event.occurred_at == occurred_at.astimezone(UTC)
    problem = difference(expected.pop("details"), event.details, "details")
    assert not problem, problem
    for name, value in expected.items():
        assert getattr(event, name) == value, f"{name}: {value!r} came back as {event!r}"
    absent = {"reason", "tenant", "severity", "duration", "target", "user_agent"} - expected.keys()
    assert not any(getattr(event, name) for name in absent)


def check_stored(engine: Engine) -> int:
    """Look at all rows without the library: projections, hashes and JSON agree with the bodies."""
    rows = stored_rows(engine)
    for seq, row in enumerate(rows):
        exact = bytes(row["body_bytes"])
        body = exact.decode("utf-8", "strict")
        assert row["body"] == body
        assert row["seq"] == seq
        assert bytes(row["leaf_hash"]) == sha256(b"\0" + exact).digest()
        problem = bodies.problem(body)
        assert not problem, f"{problem} in {body}"
        check_projections(row, body)
    for body in invalid_json(engine):
        deep = engine.dialect.name == "mariadb" and bodies.depth(body) > MARIADB_JSON_DEPTH
        assert deep, f"the database calls this no JSON: {body}"
    return len(rows)


def check_projections(row: dict[str, Any], body: str) -> None:
    """Compare a row's columns with what the standard library reads in its body."""
    members = json.loads(body)
    event = AuditEvent.from_body(body)
    assert UUID(str(row["event_id"])) == UUID(members["event_id"])
    for name in ("occurred_at", "recorded_at"):
        moment = row[name] if row[name].tzinfo else row[name].replace(tzinfo=UTC)
        assert moment == datetime.fromisoformat(members[name]), f"{name} differs: {row}"
    assert row["outcome"] == members["outcome"]
    assert row["actor"] == column_text(str(event.actor))
    assert row["target"] == (event.target and column_text(str(event.target)))
    for name in ("action", "tenant", "request_id", "trace_id", "source_ip"):
        value = getattr(event, name)
        assert row[name] == (None if value is None else column_text(value)), f"{name}: {row}"


def check_names_are_found(service: AuditService) -> None:
    """Each event is found by each of its searched members, exactly as it was written."""
    for event in service.query(limit=25).items:
        choices: list[dict[str, Any]] = [
            {"actor": event.actor},
            {"actor": str(event.actor)},
            {"action": event.action},
            {"target": event.target},
            {"tenant": event.tenant},
            {"outcome": str(event.outcome), "since": event.occurred_at},
        ]
        for filters in choices:
            found = service.query(limit=1000, **filters)
            assert event in found.items, f"{filters} does not find {event}"


def check_snapshot(service: AuditService) -> None:
    """What happens to a caller's objects after record() does not reach the event."""
    inner: list[Any] = [1, {"deep": "old"}]
    details: dict[str, Any] = {"list": inner, "set": {1}, "bytes": bytearray(b"old")}
    before = {"state": {"items": [1]}}
    after = {"state": {"items": [1, 2]}}
    targets = ["invoice:1"]
    receipt = service.record(
        "x.y", actor="user:1", details=details, before=before, after=after, targets=targets
    )
    inner.append("new")
    inner[1]["deep"] = "new"
    details["set"].add(2)
    details["bytes"][0:3] = b"new"
    details["more"] = "new"
    before["state"]["items"][0] = 99
    after["state"]["items"].clear()
    targets.append("invoice:2")
    receipt.wait(30)
    event = service.get(receipt.event_id)
    assert event is not None
    assert event.details == {"list": [1, {"deep": "old"}], "set": {1}, "bytes": b"old"}
    change = event.changes["state/items"]
    assert (change.before, change.after) == ([1], [1, 2])
    assert [str(target) for target in event.targets] == ["invoice:1"]
    assert event.actor == Actor("user", "1")
