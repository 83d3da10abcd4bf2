"""Single events that make the round trip, each for a reason of its own."""

from __future__ import annotations

import json
import sys
from typing import Any
from uuid import UUID

from features.support.events import bodies, examples, kinds
from features.support.events.comparing import difference
from features.support.events.roundtrip import check_members
from indelible import Actor, AuditEvent, AuditService, DataclassValue, Receipt, Target

SETS: dict[str, Any] = {
    "plain": {examples.Colour.RED, examples.Colour.MIXED},
    "ints": {examples.Level.LOW, 7},
    "texts": frozenset(examples.Status),
    "mixture": {examples.Colour.GREEN, examples.Level.HIGH, ("a", examples.Status.OPEN), None},
    "points": {examples.Point(1, (2,))},
}

EXCEPTIONS: list[Exception] = [
    ValueError("total must not be negative"),
    KeyError("sku"),
    kinds.Speechless(),
]


def recorded(service: AuditService, details: dict[str, Any] | None) -> AuditEvent:
    """Record an event with details and return it as it is read."""
    event = service.get(service.record("x.y", actor="user:1", details=details).event_id)
    assert event is not None
    return event


def huge_integers(service: AuditService) -> str:
    details = {"huge": list(examples.HUGE_INTEGERS), "set": {examples.HUGE_INTEGERS[0]}}
    found = recorded(service, details).details
    # Nothing here may be shown: Python refuses to.
    return "" if found == details else "the integers differ"


def nul_everywhere(service: AuditService) -> str:
    arguments: dict[str, Any] = {
        "action": "a\0b",
        "actor": Actor("us\0er", "\x004\0", "N\0"),
        "target": Target("t\0", "\0"),
        "targets": [Target("\0", "\0")],
        "on_behalf_of": Actor("\0", "b"),
        "tenant": "\0",
        "reason": "no\0reason",
        "request_id": "r\0",
        "trace_id": "\0\0",
        "span_id": "\0s",
        "session_id": "s\0s",
        "user_agent": "\0",
        "details": {
            "\0": "\0",
            "list": ["\0", {"$\0": ("\0", {"a\0b"})}],
            "enum": examples.Status.OPEN,
            "point": examples.Point("\0", {"%00\0": "\\u0000"}),
            "literal": "\\u0000",
        },
    }
    receipt = service.record(**arguments, before={"a\0/~": "\0"}, after={"a\0/~": "\\u0000\0"})
    event = service.get(receipt.event_id)
    assert event is not None
    check_members(arguments, event)
    (path,) = event.changes
    change = event.changes[path]
    if (path, change.before, change.after) != ("a\0~1~0", "\0", "\\u0000\0"):
        return f"the changes came back as {event.changes}"
    return ""


def uuid_names(service: AuditService) -> str:
    tenant, request = UUID(int=1), UUID(int=2)
    # The types say str, and an application's own names are often this.
    arguments: dict[str, Any] = {"tenant": tenant, "request_id": request}
    service.record("x.y", actor="user:1", **arguments)
    (event,) = service.query(tenant=str(tenant)).items
    names = (event.tenant, event.request_id)
    return "" if names == (str(tenant), str(request)) else f"the names came back as {names}"


def batch(service: AuditService, number: int) -> str:
    """Record many events without waiting for any, so that the database gets them together."""
    texts = [text for text in examples.NASTY_TEXTS if text and not text.isspace()]
    recorded_: list[tuple[dict[str, Any], Receipt]] = []
    for own in range(number):
        name = f"{texts[own % len(texts)]}{own}"
        arguments: dict[str, Any] = {
            "action": name,
            "actor": Actor("user", name),
            "target": Target("thing", name) if own % 2 else None,
            "tenant": name if own % 3 else None,
            "request_id": name,
            "details": {"own": own} | dict.fromkeys(examples.NASTY_KEYS, name),
        }
        recorded_.append((arguments, service.record(**arguments)))
    if not service.flush(60):
        return "they are not committed"
    for seq, (arguments, receipt) in enumerate(recorded_):
        event = service.get(receipt.event_id)
        if event is None or event.place is None or event.place.seq != seq:
            return f"the event {seq} is {event}"
        given = {name: value for name, value in arguments.items() if value is not None}
        check_members(given, event)
    return ""


def again(service: AuditService) -> str:
    """Record what was read from an event: it must be written as it was."""
    odd = DataclassValue("a.B", {"$x": 1, "a\0": 2, "$": {"$decimal": "x"}})
    errors = {"errors": EXCEPTIONS}
    first = recorded(service, bodies.EVERYTHING | SETS | errors | {"odd": odd})
    second = recorded(service, first.details)
    one, two = (json.loads(event.body)["details"] for event in (first, second))
    if one != two:
        return f"{one}\nwas written as\n{two}"
    return "" if first.details == second.details else "they are not equal"


def derived_classes(service: AuditService) -> str:
    details = {name: value for name, (value, _) in kinds.DERIVED.items()}
    expected = {name: plain for name, (_, plain) in kinds.DERIVED.items()}
    text = kinds.Markup
    receipt = service.record(
        text("a.b"),
        actor=Actor(text("user"), text("42"), text("Ada")),
        target=text("invoice:9"),
        tenant=text("acme"),
        reason=text("why"),
        details=details,
        before={text("k"): text("old")},
        after={"k": text("new")},
    )
    event = service.get(receipt.event_id)
    assert event is not None
    plain = (event.action, event.actor, event.target, event.tenant, event.reason)
    if plain != ("a.b", Actor("user", "42", "Ada"), Target("invoice", "9"), "acme", "why"):
        return f"the names came back as {plain}"
    if (event.changes["k"].before, event.changes["k"].after) != ("old", "new"):
        return f"the changes came back as {event.changes}"
    return difference(expected, event.details)


def limit_digits(context: Any, digits: int) -> None:
    """Let Python show integers of so many digits only, until the scenario ends."""
    before = sys.get_int_max_str_digits()
    context.add_cleanup(sys.set_int_max_str_digits, before)
    sys.set_int_max_str_digits(digits)


def check_refused_body(body: str, says: str) -> None:
    """A body that cannot be read raises ValueError, whatever is wrong with it."""
    whole = (
        '{"action":"a","actor":{"id":"1","type":"u"},'
        '"event_id":"00000000-0000-0000-0000-000000000001","outcome":"success",'
        '"occurred_at":"2026-01-01T00:00:00Z","recorded_at":"2026-01-01T00:00:00Z",'
    )
    if '"details"' in body:
        body = whole + body[1:]
    try:
        AuditEvent.from_body(body)
    except ValueError as error:
        assert says in str(error), f"{body}: {error}"
    else:
        raise AssertionError(f"{body} was read")
