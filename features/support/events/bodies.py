"""What makes a body canonical, checked without the encoder that writes it."""

from __future__ import annotations

import json
import random
import re
import time as wall
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from features.support.events import examples
from features.support.events.comparing import difference
from features.support.merkle.hypothesis_run import run_property
from indelible import MISSING, REDACTED, Actor, AuditService, KeyedHash, Target, moments
from indelible.body import BodyBuilder
from indelible.redaction import Redaction

CLOCK = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def problem(body: str) -> str:
    """Return what is not canonical about a body, or ""."""
    strings = _STRING.findall(body)
    if re.search(r"\s", _STRING.sub("", body)):
        return "white space between tokens"
    for text in strings:
        if text != json.dumps(json.loads(text), ensure_ascii=False):
            return f"needless escapes in {text}"
    if "\\u0000" in re.sub(r"\\\\", "", body):
        return "an escaped NUL"
    if not body.isprintable() and re.search(r"[\x00-\x1f]", body):
        return "a raw control character"
    unsorted: list[list[str]] = []

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        # Code points, not UTF-16 units: they differ above U+FFFF.
        if names != sorted(set(names), key=lambda name: [ord(c) for c in name]):
            unsorted.append(names)
        return dict(pairs)

    members = json.loads(body, object_pairs_hook=look)
    if unsorted:
        return f"keys out of order or twice: {unsorted[0]}"
    return "" if members.get("v") == 1 else "no version"


def depth(body: str) -> int:
    """Return how deep containers nest in a JSON text."""

    def of(value: Any) -> int:
        if isinstance(value, dict):
            value = list(value.values())
        return 1 + max(map(of, value), default=0) if isinstance(value, list) else 0

    return of(json.loads(body))


def _builder() -> BodyBuilder:
    return BodyBuilder(Redaction(), max_body_bytes=1 << 24, clock=lambda: CLOCK)


def _build(builder: BodyBuilder, details: Any, after: Any) -> bytes:
    return builder.build(
        "a.b", "user:1", None, "success", details, None, after, {"event_id": UUID(int=1)}
    )[-1]


def _shuffled(value: Any, order: random.Random) -> Any:
    """Return an equal value whose dicts and sets were filled in another order."""
    if isinstance(value, dict):
        items = list(value.items())
        order.shuffle(items)
        return {key: _shuffled(item, order) for key, item in items}
    if isinstance(value, set):
        members = list(value)
        order.shuffle(members)
        return set(members)
    return [_shuffled(item, order) for item in value] if isinstance(value, list) else value


def check_stability() -> None:
    """Equal input gives equal bytes, in any order of keys and from a builder that knows it."""
    builder = _builder()

    @given(examples.details, st.dictionaries(examples.keys, examples.values, max_size=3), st.data())
    def stable(details: Any, after: Any, data: st.DataObject) -> None:
        first = _build(builder, details, after)
        order = random.Random(data.draw(st.integers(0, 1000)))
        again = _build(_builder(), _shuffled(details, order), _shuffled(after, order))
        assert first == again == _build(builder, details, after)
        reason = problem(first.decode())
        assert not reason, reason

    run_property(stable, examples=150)


EVERYTHING: dict[str, Any] = {
    "bool": True,
    "bytes": b"\x00\xff",
    "bytearray": bytearray(b"ab"),
    "date": date(2026, 2, 28),
    "datetime": datetime(2026, 1, 1, 12, 0, tzinfo=timezone(timedelta(hours=2, minutes=30))),
    "decimal": Decimal("1.10"),
    "dict": {"b": 1, "a": {}, "\U0001f600": 2, "\uffff": 3},
    "enum": examples.Colour.RED,
    "float": 1.5,
    "flag": examples.Right.READ | examples.Right.WRITE,
    "frozenset": frozenset({2, 1}),
    "int": -1,
    "hash": KeyedHash("00ff"),
    "int enum": examples.Level.HIGH,
    "large": 1 << 64,
    "list": [None, [], ()],
    "nul": "a\0b",
    "nul\0key": 1,
    "none": None,
    "point": examples.Point(1, "y"),
    "redacted": REDACTED,
    "set": {"b", "a"},
    "str enum": examples.Status.PAID,
    "text": 'é"\\\n\u2028',
    "time": time(1, 2, 3),
    "timedelta": timedelta(seconds=1.5),
    "tuple": (1, "a"),
    "uuid": UUID(int=7),
    "$decimal": "x",
}


def record_everything(service: AuditService) -> str:
    """Record an event that has every member and every type of value; return its body."""
    receipt = service.record(
        "invoice.update",
        actor=Actor("user", "42", "Ada Lovelace"),
        target=Target("invoice", "981"),
        targets=["customer:7", Target("file", "a/b", "b")],
        on_behalf_of="service:billing",
        outcome="denied",
        tenant="acme",
        reason="limit\0reached",
        request_id="r-1",
        trace_id="0af7651916cd43dd8448eb211c80319c",
        span_id="b7ad6b7169203331",
        session_id="s-1",
        source_ip="2001:DB8::1",
        user_agent="curl/8",
        severity="high",
        duration=timedelta(milliseconds=12),
        occurred_at=datetime(
            2025, 12, 31, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=-5))
        ),
        event_id=UUID(int=1),
        details=EVERYTHING,
        before={"total": 10, "gone": None, "a/b": {"~": 1}},
        after={"total": 12, "new": [], "a/b": {"~": 2}},
    )
    event = service.get(receipt.event_id)
    assert event is not None
    return event.body


def everything_problem(service: AuditService) -> str:
    """Compare the event of `record_everything` as it is read with what it was recorded with."""
    event = service.get(UUID(int=1))
    assert event is not None
    expected = EVERYTHING | {"bytearray": b"ab"}
    problem = difference(expected, event.details)
    if problem:
        return problem
    changes = {path: (change.before, change.after) for path, change in event.changes.items()}
    wanted = {
        "total": (10, 12),
        "gone": (None, MISSING),
        "new": (MISSING, []),
        "a~1b/~0": (1, 2),
    }
    return "" if changes == wanted else f"the changes came back as {changes}"


def from_lines(text: str) -> bytes:
    """Join the lines of a step's text to one body; lines are broken between members only."""
    joined = "".join(text.splitlines())
    # These two do not survive in a feature file.
    return joined.replace("\\uffff", "\uffff").replace("\\u2028", "\u2028").encode()


def members(body: str) -> list[str]:
    return list(json.loads(body))


def check_event_id(service: AuditService) -> None:
    """Event ids are UUIDs of version 7 (RFC 9562, section 5.7) and sort as they are made."""
    receipts = [service.record("x.y", actor="user:1") for _ in range(20)]
    ids = [receipt.event_id for receipt in receipts]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    for event_id in ids:
        assert (event_id.version, event_id.variant) == (7, RFC_4122)
        assert abs((event_id.int >> 80) / 1000 - wall.time()) < 60


def check_times(body: str) -> None:
    for name in ("occurred_at", "recorded_at"):
        text = json.loads(body)[name]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", text), text
    assert json.loads(body)["occurred_at"] == json.loads(body)["recorded_at"]


def check_system_clock() -> None:
    """The fast clock says what `datetime` says, also where a second begins."""
    instants = [0, 1, 999_999, 1_000_000, 1_000_001, 1_767_225_599_999_999, 1_767_225_600_000_000]
    clock = moments.SystemClock()
    with patch.object(moments, "time", wraps=wall) as fake:
        for microseconds in [*instants, *reversed(instants)]:
            fake.time_ns.return_value = microseconds * 1000 + 999
            fake.time_ns.side_effect = None
            moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)
            expected = moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"
            assert clock() == expected, (clock(), expected)


HASH_SEED_PROGRAM = """
from datetime import datetime, timezone
from indelible.body import BodyBuilder
from indelible.redaction import Redaction
clock = lambda: datetime(2026, 1, 1, tzinfo=timezone.utc)
builder = BodyBuilder(Redaction(), max_body_bytes=65536, clock=clock)
details = {"set": set(map(str, range(50))), "nested": {frozenset("abc"), "x", None, 1}}
more = {"event_id": "00000000-0000-0000-0000-000000000001"}
print(builder.build("a", "u:1", None, "success", details, None, details, more))
"""
"""Prints a row with sets; each interpreter hashes texts in its own way."""
