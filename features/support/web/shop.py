"""A small log for the page to show: events with names, so that tests can speak of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from indelible import AuditService

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""When the log is written."""

PASSWORD = "correct horse battery"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

EVENTS: dict[str, dict[str, Any]] = {
    "created": {
        "action": "invoice.create", "actor": "user:anna", "target": "invoice:981",
        "tenant": "acme", "before": {}, "after": {"total": 1000, "address": {"city": "Bern"}},
    },
    "updated": {
        "action": "invoice.update", "actor": "user:anna", "target": "invoice:981",
        "tenant": "acme", "request_id": "req-1", "trace_id": TRACE, "source_ip": "203.0.113.7",
        "before": {"total": 1000, "address": {"city": "Bern"}, "note": "a"},
        "after": {"total": 1200, "address": {"city": "Zürich"}, "note": "a"},
        "details": {"channel": "web", "password": PASSWORD}, "reason": "a typo",
    },
    "neighbour": {
        "action": "customer.update", "actor": "user:anna", "target": "customer:77",
        "tenant": "acme", "request_id": "req-1", "trace_id": TRACE,
    },
    "other": {
        "action": "invoice.create", "actor": "user:gus", "target": "invoice:5",
        "tenant": "globex", "trace_id": TRACE,
    },
    "traced": {
        "action": "mail.send", "actor": "service:mailer", "target": "customer:77",
        "tenant": "acme", "trace_id": TRACE, "on_behalf_of": "user:anna",
    },
    "others": {
        "action": "invoice.update", "actor": "user:gus", "target": "invoice:5",
        "tenant": "globex", "before": {"total": 5}, "after": {"total": 6},
    },
    "denied": {
        "action": "invoice.delete", "actor": "user:ben", "target": "invoice:981",
        "tenant": "acme", "outcome": "denied", "reason": "only its owner may",
    },
}  # fmt: skip
"""The events, the oldest first; each is an hour after the one before."""


class _Status(Enum):
    PAID = 3


@dataclass
class _Line:
    text: str
    price: Decimal


def every_kind() -> dict[str, Any]:
    """Details that hold a value of each kind which an event can hold."""
    return {
        "amount": Decimal("1.10"),
        "huge": 2**20_000,
        "ratio": 0.5,
        "paid": True,
        "nothing": None,
        "id": UUID("019ca8bb-0e00-7000-8000-000000000001"),
        "day": date(2026, 3, 1),
        "took": timedelta(milliseconds=12),
        "digest": b"\x00\xff",
        "tags": {"b", "a"},
        "status": _Status.PAID,
        "line": _Line("paper", Decimal("2.50")),
        "error": ValueError("no such invoice"),
        "empty": [{}, []],
        "many": list(range(501)),
        "members": {f"name{number:03}": number for number in range(501)},
    }


def record(service: AuditService) -> dict[str, str]:
    """Record them, and return their ids by name."""
    ids = {}
    for place, (name, members) in enumerate(EVENTS.items()):
        at = NOW - timedelta(hours=len(EVENTS) - place)
        ids[name] = str(service.record(**members, occurred_at=at).event_id)
    return ids


def record_many(
    service: AuditService, number: int, tenant: Callable[[int], str | None] = lambda _: None
) -> list[str]:
    """Record orders a second apart, and return their ids, the oldest first."""
    return [
        str(
            service.record(
                "order.place",
                actor="service:shop",
                target=f"order:{place}",
                tenant=tenant(place),
                occurred_at=NOW + timedelta(seconds=place),
            ).event_id
        )
        for place in range(number)
    ]
