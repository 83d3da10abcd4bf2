"""Events that scenarios about the command line find in their database, and what they compare."""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import io
import json
import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from features.support.command_line import STYLING
from features.support.merkle.hypothesis_run import run_property
from indelible import Actor, AuditEvent, AuditService, Target
from indelible.cli.tables import event_page
from indelible.visible import visible


class Color(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Money:
    amount: Decimal


def record_rows(url: str, rows: Iterable[Mapping[str, str]]) -> None:
    """Record one event for each row of a table; empty cells are left out, objects are JSON."""
    with AuditService(url) as service:
        for row in rows:
            members: dict[str, Any] = {name: row[name] for name in row if row[name]}
            members["occurred_at"] = datetime.fromisoformat(members["occurred_at"])
            for name in members.keys() & {"before", "after", "details"}:
                members[name] = json.loads(members[name])
            service.record(**members)


def record_many(url: str, number: int) -> None:
    with AuditService(url, audit_async=True) as service:
        for index in range(number):
            service.record("invoice.update", actor=f"user:{index % 7}", details={"n": index})
        assert service.flush(60)


def record_one(url: str, action: str, details: Mapping[str, Any], **members: Any) -> AuditEvent:
    """Record one event, and return it as it is read back."""
    with AuditService(url) as service:
        receipt = service.record(action, details=details, **{"actor": "user:1", **members})
        event = service.get(receipt.event_id)
    assert event is not None
    return event


HOSTILE = "\x1b[2Ja\u202eb[red]:smile:"
"""What clears a terminal, turns text around, and is markup for rich."""


def record_hostile(url: str) -> str:
    """Record two events about one thing with hostile text everywhere; return the thing."""
    thing = f"{HOSTILE.replace(':', '')}:{HOSTILE}"
    with AuditService(url) as service:
        for number in range(2):
            service.record(
                HOSTILE,
                actor=thing,
                target=thing,
                details={HOSTILE: HOSTILE, "list": [HOSTILE]},
                before={HOSTILE: {HOSTILE: f"{HOSTILE}{number}"}},
                after={HOSTILE: {HOSTILE: f"{HOSTILE}{number + 1}"}},
                tenant=HOSTILE,
                reason=HOSTILE,
                request_id=HOSTILE,
                trace_id=HOSTILE,
                session_id=HOSTILE,
                user_agent=HOSTILE,
            )
    return thing


def record_everything(url: str) -> AuditEvent:
    """Record an event that has every attribute and every type of value."""
    details = {
        "color": Color.RED,
        "dates": {date(2026, 1, 1), date(2026, 1, 2)},
        "email": "ann@example.org",
        "error": ValueError("no"),
        "money": Money(Decimal("1.10")),
        "pair": ("a", 1),
        "pairs": {("b", 2), ("a", 1)},
        "raw": b"\x00\x01",
        "since": datetime(2026, 1, 1, tzinfo=UTC),
        "took": timedelta(seconds=1),
        "uuid": UUID(int=1),
    }
    service = AuditService(url, source="billing", keyed_hash=["email"], hash_key=b"k" * 16)
    with service:
        receipt = service.record(
            "invoice.update",
            actor=Actor("user", "42", "Ann"),
            target=Target("invoice", "981", "March"),
            targets=["customer:3"],
            outcome="denied",
            details=details,
            before={"total": 10, "gone": 1, "address": {"city": "Rome"}, "api_key": "abc"},
            after={"total": 12, "new": [1, 2], "address": {"city": "Oslo"}, "api_key": "def"},
            tenant="acme",
            reason="a typo",
            occurred_at=datetime(2026, 3, 1, 9, tzinfo=UTC),
            request_id="r-1",
            trace_id="t-1",
            span_id="s-1",
            session_id="l-1",
            source_ip="192.0.2.1",
            user_agent="curl/8",
            on_behalf_of="user:7",
            severity="high",
            duration=timedelta(seconds=1.5),
        )
        event = service.get(receipt.event_id)
    assert event is not None
    return event


def page_without_place(url: str, event_id: str) -> str:
    """Show an event as one that has been built and is in no log yet."""
    with AuditService(url) as service:
        event = service.get(event_id)
    assert event is not None
    console = Console(width=120, file=io.StringIO())
    with console.capture() as shown:
        console.print(event_page(dataclasses.replace(event, place=None)))
    return re.sub(r" +\n", "\n", shown.get())


def without_what_changes(text: str) -> list[str]:
    """Return lines in which ids, times of recording and hashes are replaced by names."""
    text = re.sub(r"(?m)^event  .*$", "event         ID", text)
    text = re.sub(r"(?m)^recorded at  .*$", "recorded at   TIME", text)
    text = re.sub(r"\b[0-9a-f]{64}\b", "HASH", text)
    return [line.rstrip() for line in text.strip("\n").splitlines()]


def obeyed(output: str) -> list[str]:
    """Return the characters in a command's output that a terminal would obey or not show."""
    plain = STYLING.sub("", output)
    return sorted({char for char in plain if char != "\n" and not char.isprintable()})


def stored_body(path: Path) -> tuple[str, bytes]:
    """Return the body and the leaf hash of the newest event in an SQLite file."""
    connection = sqlite3.connect(path)
    try:
        body, leaf_hash = connection.execute(
            "SELECT body, leaf_hash FROM audit_event ORDER BY seq DESC LIMIT 1"
        ).fetchone()
    finally:
        connection.close()
    return body, leaf_hash


def check_line(line: str, path: Path) -> None:
    """Compare a line of the list with what the database holds, byte by byte."""
    body, leaf_hash = stored_body(path)
    assert line.endswith(f',"event":{body}}}'), line
    assert json.loads(line)["leaf_hash"] == leaf_hash.hex(), line
    assert hashlib.sha256(b"\0" + body.encode()).digest() == leaf_hash


def check_visible() -> None:
    """Check what `visible` promises on any text."""

    @given(st.text(st.characters()) | st.text(st.characters(categories=["Cc", "Cf", "Zs", "Cs"])))
    def shows(text: str) -> None:
        shown = visible(text)
        assert shown.isprintable()
        assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
        if text.isprintable():
            assert shown == text

    @given(st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text())))
    def means_the_same(value: dict[str, Any]) -> None:
        line = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        assert json.loads(visible(line)) == value

    run_property(shows)
    run_property(means_the_same)


def make_sqlite(path: Path, statements: str) -> None:
    connection = sqlite3.connect(path)
    try:
        connection.executescript(statements)
    finally:
        connection.close()


def sqlite_tables(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    finally:
        connection.close()
    return sorted(name for (name,) in found)
