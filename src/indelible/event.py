"""An event as it is read back: one fact about who did what to what, when, with which outcome."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple, Self, TypeVar
from uuid import UUID

import msgspec

from indelible.changes import Change, decode_changes
from indelible.decoding import decode_value
from indelible.errors import InvalidEventError, shown

__all__ = [
    "BODY_VERSION",
    "MAX_ID",
    "MAX_NAME",
    "MAX_TYPE",
    "Actor",
    "AuditEvent",
    "Outcome",
    "Place",
    "Placed",
    "Severity",
    "Target",
]

BODY_VERSION: Final = 1
"""The ``v`` member of a body: the version of its format."""

MAX_NAME: Final = 255
"""Longest action, tenant, request id and other name, in characters."""

MAX_TYPE: Final = 64
"""Longest type of an actor or a target, in characters."""

MAX_ID: Final = 447
"""Longest id of an actor or a target, in characters; ``type:id`` is then at most 512 long."""


class Outcome(StrEnum):
    """How an action ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    DENIED = "denied"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How much an event matters, in OCSF's words."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Place(NamedTuple):
    """Where a committed event stands.

    Attributes:
        log: The log's name (its origin).
        seq: The event's number in the log, from 0.
        leaf_hash: The RFC 6962 hash of its body, 32 bytes.
    """

    log: str
    seq: int
    leaf_hash: bytes


Placed = tuple[str, int, bytes]
"""The values of a `Place`: what a batch makes one of for each event, though few are looked at."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Named:
    """A thing with a type, an id that is unique within the type, and perhaps a display name."""

    type: str
    id: str
    name: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the value that ``type:id`` stands for; the id may hold further colons.

        Raises:
            InvalidEventError: There is no type or no id.
        """
        kind, colon, identifier = text.partition(":")
        if not (kind and colon and identifier):
            what = cls.__name__.lower()
            example = "user:42" if what == "actor" else "invoice:981"
            raise InvalidEventError(
                what, f"{shown(text)} is not of the form 'type:id'. Write for example '{example}'"
            )
        return cls(kind, identifier)

    def __str__(self) -> str:
        return f"{self.type}:{self.id}"


@dataclasses.dataclass(frozen=True, slots=True)
class Actor(_Named):
    """Who acts: a user, a service, a job.

    Attributes:
        type: The kind of actor, such as ``user``; holds no colon, at most `MAX_TYPE` characters.
        id: Its id within the type, at most `MAX_ID` characters.
        name: A name to show to people, at most `MAX_NAME` characters; None when there is none.
    """


@dataclasses.dataclass(frozen=True, slots=True)
class Target(_Named):
    """What is acted on: an invoice, an account, a file.

    Attributes:
        type: The kind of thing, such as ``invoice``; holds no colon, at most `MAX_TYPE` characters.
        id: Its id within the type, at most `MAX_ID` characters.
        name: A name to show to people, at most `MAX_NAME` characters; None when there is none.
    """


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One event, as it stands in the log.

    Two events are equal when they say the same; where they stand is not compared.

    Attributes:
        event_id: Its id, a UUIDv7 unless the caller chose another.
        action: What was done, such as ``invoice.update``.
        actor: Who did it.
        outcome: How it ended.
        occurred_at: When it happened, in UTC.
        recorded_at: When ``record()`` was called, in UTC.
        target: What it was done to.
        targets: Further things that it was done to.
        on_behalf_of: For whom the actor acted.
        tenant: The tenant whose data it concerns.
        reason: Why it was done, or why it ended so.
        severity: How much it matters.
        duration: How long the action took.
        request_id: The request that it belongs to.
        trace_id: The distributed trace that it belongs to.
        span_id: The span in that trace.
        session_id: The actor's login session.
        source: The service or component that recorded it.
        source_ip: The address that the request came from.
        user_agent: The client's own description.
        details: Further facts, with Python types restored (see `indelible.values`).
        changes: What changed, by path.
        place: Where it stands in the log; None while it is not committed.
        body: Its canonical JSON text, exactly as stored; empty while it is not committed.
    """

    event_id: UUID
    action: str
    actor: Actor
    outcome: Outcome = Outcome.SUCCESS
    occurred_at: datetime
    recorded_at: datetime
    target: Target | None = None
    targets: tuple[Target, ...] = ()
    on_behalf_of: Actor | None = None
    tenant: str | None = None
    reason: str | None = None
    severity: Severity | None = None
    duration: timedelta | None = None
    request_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    session_id: str | None = None
    source: str | None = None
    source_ip: str | None = None
    user_agent: str | None = None
    details: dict[str, Any] = dataclasses.field(default_factory=dict)
    changes: dict[str, Change] = dataclasses.field(default_factory=dict)
    place: Place | None = dataclasses.field(default=None, compare=False)
    body: str = dataclasses.field(default="", compare=False, repr=False)

    @classmethod
    def from_body(cls, body: str, place: Place | None = None) -> Self:
        """Return the event that a stored body describes.

        Args:
            body: The body's text, exactly as stored.
            place: Where it stands.

        Raises:
            ValueError: The text is no body, or one of a version that this package cannot read.
        """
        members = msgspec.json.decode(body)
        if not isinstance(members, dict) or members.get("v") != BODY_VERSION:
            raise ValueError(
                f"not an event body of version {BODY_VERSION}: {shown(body)}. "
                "A newer version of indelible may have written it"
            )
        try:
            return cls(
                event_id=UUID(members["event_id"]),
                action=decode_value(members["action"]),
                actor=_named(Actor, members["actor"]),
                outcome=Outcome(members["outcome"]),
                occurred_at=_utc(members["occurred_at"]),
                recorded_at=_utc(members["recorded_at"]),
                target=_optional_named(Target, members.get("target")),
                targets=tuple(_named(Target, item) for item in members.get("targets", ())),
                on_behalf_of=_optional_named(Actor, members.get("on_behalf_of")),
                severity=Severity(members["severity"]) if "severity" in members else None,
                duration=_duration(members.get("duration_us")),
                details=decode_value(members.get("details", {})),
                changes=decode_changes(members.get("changes", {})),
                place=place,
                body=body,
                **{name: decode_value(members[name]) for name in _TEXTS & members.keys()},
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"malformed event body {shown(body)}: {error!r}") from error


_N = TypeVar("_N", bound=_Named)

_TEXTS: Final = frozenset(
    {
        "reason",
        "request_id",
        "session_id",
        "source",
        "source_ip",
        "span_id",
        "tenant",
        "trace_id",
        "user_agent",
    }
)


def _named(kind: type[_N], members: Mapping[str, Any]) -> _N:
    name = members.get("name")
    return kind(
        decode_value(members["type"]),
        decode_value(members["id"]),
        None if name is None else decode_value(name),
    )


def _optional_named(kind: type[_N], members: Mapping[str, Any] | None) -> _N | None:
    return None if members is None else _named(kind, members)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _duration(microseconds: int | None) -> timedelta | None:
    return None if microseconds is None else timedelta(microseconds=microseconds)
