"""Logs for the page to show: the same to the byte each time, so that pictures hardly change.

`tell_story` records two weeks of a small accounting service that end at `NOW`.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from indelible import AuditService, InvalidEventError
from indelible.merkle.keys import format_signer_key

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""When the story ends, and what a frozen clock says."""

FILLERS = 600
"""Events beside those that tests look for."""

ED25519 = 1
"""The signature type of a log's own key (C2SP signed-note)."""

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
REQUEST = "req-8c1f"
TENANTS = ("acme", "globex")
SECRET = "correct horse battery staple"
HASH_KEY = b"a key for the tests' own hashes."

_PEOPLE = ("anna", "ben", "carla", "dmitri")
_TASKS = (
    ("invoice.create", "invoice", 5),
    ("invoice.update", "invoice", 6),
    ("invoice.send", "invoice", 5),
    ("customer.update", "customer", 3),
    ("user.login", "session", 4),
    ("report.export", "report", 1),
)

Told = dict[str, Any]


def write_key(directory: Path) -> Path:
    """Write the signing key that all these logs share, and return its file."""
    path = directory / "log.key"
    path.touch(mode=0o600)
    seed = hashlib.sha256(b"indelible's pages").digest()
    path.write_text(format_signer_key("audit", ED25519, seed) + "\n", encoding="ascii")
    return path


def event_id(moment: datetime, number: int) -> UUID:
    """Return a UUIDv7 that is always the same for a moment and a number."""
    milliseconds = int(moment.timestamp() * 1000)
    noise = int.from_bytes(hashlib.sha256(str(number).encode()).digest()[:10], "big")
    value = milliseconds << 80 | 7 << 76 | (noise >> 62 & 0xFFF) << 64
    return UUID(int=value | 2 << 62 | noise & (1 << 62) - 1)


def at(day: int, time: str) -> datetime:
    """Return a moment so many days before the one on which the story ends."""
    hour, minute = map(int, time.split(":"))
    return NOW.replace(hour=hour, minute=minute) - timedelta(days=day)


def _plot() -> Iterator[tuple[str, datetime, Told]]:
    """The events that tests and pictures look for, each with a name."""
    invoice: Told = {"target": "invoice:981", "tenant": "acme", "source_ip": "203.0.113.7"}
    request: Told = {"request_id": REQUEST, "trace_id": TRACE}
    address = {"street": "Hauptstr. 5", "city": "Bern", "country": "CH"}
    yield "created", at(13, "09:12"), {
        "action": "invoice.create", "actor": "user:anna", **invoice, "before": {},
        "after": {"total": 1000, "currency": "EUR", "status": "draft", "address": address},
    }  # fmt: skip
    yield "updated", at(11, "14:05"), {
        "action": "invoice.update", "actor": "user:anna", **invoice, **request,
        "before": {
            "total": 1000, "note": None, "address": address, "iban": "CH93 0076 2011 6238 5295 7",
        },
        "after": {
            "total": 1200, "note": "Corrected after a call\nwith the customer.",
            "address": {**address, "city": "Zürich"}, "iban": "DE89 3704 0044 0532 0130 00",
        },
        "reason": "Wrong total on the first draft",
        "details": {"channel": "web", "password": SECRET, "lines": [1, 2, 3]},
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/148.0",
        "duration": timedelta(milliseconds=184),
    }  # fmt: skip
    yield "neighbour", at(11, "14:06"), {
        "action": "customer.update", "actor": "user:anna", "target": "customer:77",
        "tenant": "acme", "source_ip": "203.0.113.7", **request,
        "before": {"discount": 0}, "after": {"discount": 5},
    }  # fmt: skip
    yield "traced", at(11, "14:07"), {
        "action": "mail.send", "actor": "service:mailer", "target": "customer:77",
        "tenant": "acme", "trace_id": TRACE, "on_behalf_of": "user:anna",
    }  # fmt: skip
    yield "sent", at(9, "10:31"), {
        "action": "invoice.send", "actor": "user:carla", **invoice,
        "before": {"status": "draft"}, "after": {"status": "sent"},
    }  # fmt: skip
    yield "approved", at(4, "16:44"), {
        "action": "invoice.approve", "actor": "user:carla", **invoice,
        "before": {"status": "sent", "approved_by": None},
        "after": {"status": "approved", "approved_by": "user:carla"},
    }  # fmt: skip
    yield "denied", at(0, "08:52"), {
        "action": "invoice.delete", "actor": "user:ben", **invoice, "outcome": "denied",
        "severity": "medium", "reason": "only its owner may delete an approved invoice",
    }  # fmt: skip


def _fillers() -> Iterator[tuple[str, datetime, Told]]:
    choose = random.Random(6)
    weights = [weight for *_, weight in _TASKS]
    for number in range(FILLERS):
        day = choose.choice([0, 1, 3, 4, 4, 5, 6, 6, 7, 8, 10, 11, 11, 12, 13])
        # Two humps a day, as people work.
        hour = choose.choice([8, 9, 9, 10, 10, 11, 13, 14, 14, 15, 16, 17]) if day else 8
        moment = at(day, f"{hour}:{choose.randrange(60)}") + timedelta(
            seconds=choose.randrange(60), microseconds=choose.randrange(1_000_000)
        )
        action, kind, _ = choose.choices(_TASKS, weights)[0]
        amount = choose.randrange(1, 200) * 50
        told: Told = {
            "action": action,
            "actor": f"user:{choose.choice(_PEOPLE)}",
            "target": f"{kind}:{choose.randrange(100, 160)}",
            "tenant": choose.choice(TENANTS),
            "source_ip": f"203.0.113.{choose.randrange(5, 15)}",
        }
        if action == "user.login" and choose.random() < 0.3:
            told |= {"outcome": "failure", "reason": "wrong password"}
        if action == "invoice.update":
            told |= {"before": {"total": amount}, "after": {"total": amount + 50}}
        yield f"filler {number}", moment, told


class _Clock:
    """Says what it was told last."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def tell_story(url: str, key: Path) -> dict[str, str]:
    """Record the story, and sign a checkpoint of it.

    Args:
        url: An empty database.
        key: The key's file.

    Returns:
        The ids of the events that have a name.
    """
    ids = {}
    clock = _Clock()
    events = sorted([*_plot(), *_fillers()], key=lambda told: told[1])
    with AuditService(
        url, audit_async=True, clock=clock, signing_key=key, checkpoint_interval=None,
        keyed_hash=["iban"], hash_key=HASH_KEY, source="billing",
    ) as audit:  # fmt: skip
        for number, (name, moment, told) in enumerate(events):
            clock.now = moment
            ids[name] = str(event_id(moment, number))
            audit.record(event_id=ids[name], **told)
        clock.now = NOW
        audit.flush()
        audit.checkpoint()
    return {name: id_ for name, id_ in ids.items() if not name.startswith("filler")}


HOSTILE = {
    "script": "<script>window.hit=1;alert(1)</script>",
    "attribute": '"><img id=injected src=x onerror="window.hit=1;alert(2)">',
    "quotes": "' autofocus onfocus='window.hit=1' x='",
    "template": "{{7*7}} ${7*7} {% raise %} #{7*7} <%= 7*7 %>",
    "bidi": "user\u202etxt.exe\u2066\u202d\u200f",
    "style": "</style><style>body{display:none!important}</style>",
    "html": "</td></tr></table></main><h1 id=injected>Taken over</h1><!--",
    "base": "<base id=injected href='https://attacker.example/'>",
    "refresh": "<meta id=injected http-equiv=refresh content='0;url=https://attacker.example/'>",
    "address": "javascript:alert(3)//",
    "csv": '=HYPERLINK("https://attacker.example/")',
    "controls": "a\x1b[2Jb\x07c\rd\ne\tf\x7fg",
    "joined": "Z" + "\u0336\u0352\u0489" * 40,
    "path": "../../%2e%2e/a?b=c&d=<e>#f",
    "htmx": "<div id=injected hx-get='/' hx-trigger='load'></div>",
}
"""What people with bad intentions have stored, by what it is aimed at."""

LONG = "W" * 65_536
"""A word of 64 KiB, which breaks a layout that does not break words."""


def tell_hostile(url: str, key: Path) -> dict[str, str]:
    """Record each hostile value in every member that takes it.

    Returns:
        The ids of the events, by the name of their value.
    """
    ids = {}
    with AuditService(
        url, signing_key=key, checkpoint_interval=None, max_body_bytes=1024 * 1024
    ) as audit:
        for name, value in HOSTILE.items():
            ids[name] = _record_everywhere(audit, value)
        ids["long"] = _record_everywhere(audit, LONG)
        audit.checkpoint()
    return ids


def _record_everywhere(audit: AuditService, value: str) -> str:
    own: Told = {"action": "note.write", "actor": "user:mallory", "target": "note:1"}
    own["details"] = {"text": value, "list": [value, {"deep": value}]}
    own["before"], own["after"] = {"text": value, "gone": value}, {"text": f"{value}!"}
    short = value[:200]
    more: Told = {
        "details": {**own["details"], short: value},
        "after": {**own["after"], short: value},
        "action": short,
        "actor": f"{short}:{short}" if ":" not in short else f"user:{short}",
        "target": f"note:{short}",
        "targets": [f"note:{short}"],
        "on_behalf_of": f"user:{short}",
        "tenant": short,
        "reason": value[:4000],
        "request_id": short,
        "session_id": short,
        "user_agent": value[:4000],
    }
    for member, told in more.items():
        try:
            audit.record(**{**own, member: told})
        except InvalidEventError:
            # Refused is as good as shown: that member cannot hold it.
            continue
        own[member] = told
    return str(audit.record(**own).event_id)
