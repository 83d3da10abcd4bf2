"""A small log for the page to show: events with names, so that tests can speak of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

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
