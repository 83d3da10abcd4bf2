"""Texts and numbers that somebody who is audited may choose, in every field of an event."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from features.support.events import examples
from features.support.events.services import invalid_json
from indelible import Actor, AuditEvent, AuditService, InvalidEventError, Receipt, Target

TEXTS: dict[str, str] = {
    "control characters": "".join(map(chr, (*range(1, 32), 127, *range(128, 160)))),
    "terminal escapes": "\x1b[2J\x1b]0;owned\x07\x1b[31mred\x9b1A\x1b]8;;http:evil\x1b\\",
    "bidirectional controls": "admin\u202enimda\u2066\u2067x\u2069\u200f\u200e\u061c",
    "invisible characters": "a\u200bb\u200dc\ufeffd\u2060e\u00adf",
    "line ends": "a\r\nb\nc\rd\x0be\x0cf\x85g\u2028h\u2029{}\nfake: line",
    "NUL": "\0",
    "NUL in the middle": "user\0admin",
    "characters of four bytes": "\U0001f600\U0010ffff\U00020000",
    "combining characters": "e" + "\u0301" * 60,
    "non-characters": "\ufffe\uffff\ufdd0\U0001fffe\ufffd",
    "CSV injection": '=cmd|\' /C calc\'!A0,"x""y",@SUM(1+1)',
    "CSV injection by tab": "\t=1+1;+1;-1",
    "HTML injection": "<script>alert('x')</script>\"><img src=x onerror=alert(1)>&amp;",
    "SQL injection": "'; DROP TABLE audit_event; -- \\'; \"; */ x",
    "SQL wildcards": "%_%[a-z]*?\\%\\_",
    "format strings": "%s%n%(x)s{0}{x!r}$x${x}:x %1$s",
    "COPY's own escapes": "\\N\\.\n\\.\t\\x41\\101\\",
    "JSON's own escapes": '\\u0000\\","v":2,"x":"\\ud800',
    "path traversal": "../../../../etc/hosts\\..\\..",
    "a log4j lookup": "${jndi:ldap:evil/a}#{7*7}{{7*7}}",
    "outer blanks": " \u00a0x\u3000 ",
}
"""None of them is longer than any field; redaction has no business with any."""

NUMBERS: tuple[int | float, ...] = (
    *examples.HUGE_INTEGERS,
    2**53 + 1,
    2**63,
    -(2**63) - 1,
    2**64,
    10**400,
    1e308,
    5e-324,
    -0.0,
    0.1,
)

FILTERS = ("action", "actor", "target", "tenant")
"""The fields by which `query` finds an event."""

SURROGATE = "x\ud800y"


@dataclass
class Hostile:
    """A log, and what was recorded into it."""

    service: AuditService
    recorded: dict[str, tuple[dict[str, Any], Receipt]] = field(default_factory=dict)
    after: Receipt | None = None

    def record(self, what: str) -> None:
        arguments = everywhere(TEXTS[what])
        self.recorded[what] = (arguments, self.service.record(**arguments))

    def event(self, what: str) -> AuditEvent:
        event = self.service.get(self.recorded[what][1].event_id)
        assert event is not None, f"{what}: the event is not in the log"
        return event

    def check(self, what: str) -> None:
        """The event says what was recorded, field by field."""
        arguments, _ = self.recorded[what]
        event, text = self.event(what), TEXTS[what]
        for name, given in arguments.items():
            if name not in {"before", "after", "targets"}:
                found = getattr(event, name)
                assert found == given, f"{what}, {name}: {found!r} is not {given!r}"
        assert list(event.targets) == arguments["targets"], (what, event.targets)
        (change,) = event.changes.values()
        assert (change.before, change.after) == (text, text + "!"), (what, event.changes)

    def check_found(self, what: str) -> None:
        """The event is found by its own names, as they stand, and by nothing else."""
        arguments, receipt = self.recorded[what]
        for name in FILTERS:
            given = arguments[name]
            text = f"{given.type}:{given.id}" if isinstance(given, Actor | Target) else given
            found = self._found(name, text)
            assert found == [receipt.event_id], f"{what}, {name}: found are {found}"
            for other in _others(text):
                with contextlib.suppress(InvalidEventError, ValueError):
                    found = self._found(name, other)
                    assert receipt.event_id not in found, f"{what}: {name} is found by {other!r}"

    def _found(self, name: str, value: str) -> list[UUID]:
        wanted: dict[str, Any] = {name: value}
        return [event.event_id for event in self.service.query(**wanted).items]

    def check_log(self, engine: Any) -> None:
        report = self.service.verify()
        assert not report.findings, report.findings
        assert report.size == len(self.recorded), report.size
        assert not invalid_json(engine)

    def record_numbers(self) -> None:
        numbers = list(NUMBERS)
        receipt = self.service.record(
            "numbers",
            actor="user:1",
            details={"numbers": numbers},
            before=dict.fromkeys(map(str, range(len(numbers)))),
            after={str(at): number for at, number in enumerate(numbers)},
        )
        self.recorded["numbers"] = ({"numbers": numbers}, receipt)

    def check_numbers(self) -> None:
        event = self.event("numbers")
        # By the representation where there is one, which tells -0.0 from 0 and 1.0 from 1.
        for at, number in enumerate(NUMBERS):
            for found in (event.details["numbers"][at], event.changes[str(at)].after):
                assert type(found) is type(number) and found == number, f"number {at} has changed"
                assert not isinstance(number, float) or repr(found) == repr(number), number

    def check_refused(self, where: str, arguments: dict[str, Any]) -> None:
        try:
            self.service.record(**arguments)
        except InvalidEventError:
            return
        raise AssertionError(f"{where}: it was accepted")

    def record_after(self) -> None:
        self.after = self.service.record("after", actor="user:1", wait=True)

    def check_nothing_else(self) -> None:
        assert self.after is not None
        found = [event.event_id for event in self.service.query().items]
        assert found == [self.after.event_id], found


def everywhere(text: str) -> dict[str, Any]:
    """Return arguments of ``record()`` that hold a text in every field that takes one."""
    # A type ends at the first colon.
    kind = text.replace(":", "")[:64]
    return {
        "action": text,
        "actor": Actor(kind, text, text),
        "target": Target(kind, text, text),
        "targets": [Target(kind, text + "2", text)],
        "on_behalf_of": Actor(kind, text + "3", text),
        "tenant": text,
        "reason": text,
        "request_id": text,
        "trace_id": text,
        "span_id": text,
        "session_id": text,
        "user_agent": text,
        "details": {text: text, "list": [text, {text: [text]}]},
        "before": {"state": text},
        "after": {"state": text + "!"},
    }


def _others(text: str) -> list[str]:
    """Return texts that a careless comparison takes for another one."""
    variants = {
        "%",
        "_" * len(text),
        text[:-1],
        text + " ",
        text.strip(),
        text.replace("\0", ""),
        text.split("\0", maxsplit=1)[0],
        text.swapcase(),
    }
    return sorted(variants - {text, ""})


def with_surrogate(where: str) -> dict[str, Any]:
    """Return arguments of ``record()`` with a lone surrogate in one field."""
    arguments: dict[str, Any] = {"action": "a", "actor": "user:1"}
    places: dict[str, tuple[str, Any]] = {
        "actor.type": ("actor", Actor(SURROGATE, "1")),
        "actor.id": ("actor", Actor("user", SURROGATE)),
        "actor.name": ("actor", Actor("user", "1", SURROGATE)),
        "target.type": ("target", Target(SURROGATE, "1")),
        "target.id": ("target", Target("thing", SURROGATE)),
        "target.name": ("target", Target("thing", "1", SURROGATE)),
        "targets": ("targets", [Target("thing", "1"), Target("thing", SURROGATE)]),
        "on_behalf_of": ("on_behalf_of", Actor("user", SURROGATE)),
        "a key of details": ("details", {SURROGATE: 1}),
        "details": ("details", {"x": [{"y": SURROGATE}]}),
        "before": ("before", {"x": SURROGATE}),
        "after": ("after", {"x": SURROGATE}),
        "a key of a state": ("after", {SURROGATE: 1}),
    }
    name, value = places.get(where, (where, SURROGATE))
    return arguments | {name: value}


def nested_in(field_name: str) -> list[dict[str, Any]]:
    """Return arguments of ``record()`` with containers of each kind, too deep in one field."""
    depth = examples.DEEPER_THAN_THE_STACK
    return [
        {"action": "a", "actor": "user:1", field_name: {"x": examples.nested(depth, kind)}}
        for kind in (dict, list, tuple)
    ]
