"""What a stored body says, read as far as exports need it.

Exports are made from the stored text and not from decoded events: what stands in `details` and
`changes` passes through as it is, which is exact and several times as fast.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, Protocol

import msgspec

from indelible.errors import ExportError, shown
from indelible.event import BODY_VERSION, Place
from indelible.query import StoredBatch

__all__ = [
    "Exportable",
    "Members",
    "Named",
    "Stored",
    "Text",
    "line_of",
    "members_of",
    "place_of",
    "text_of",
    "unreadable",
]


class Exportable(Protocol):
    """What can be exported: a committed `AuditEvent`, or a `Stored` body."""

    @property
    def place(self) -> Place | None:
        """Where it stands."""

    @property
    def body(self) -> str:
        """Its text, exactly as stored."""


class Stored(NamedTuple):
    """A body and its place, without being decoded.

    Attributes:
        place: Where it stands.
        body: Its text, exactly as stored.
    """

    place: Place
    body: str

    @classmethod
    def of(cls, batch: StoredBatch) -> Iterator[Stored]:
        """Yield the events of a batch."""
        log = batch.log
        return (cls(Place(log, seq, leaf), body) for seq, leaf, body in batch.rows)


class SplitText(msgspec.Struct, gc=False):
    """A text with NUL characters: ``{"$text": [...]}``."""

    parts: list[str] = msgspec.field(name="$text")


Text = str | SplitText
"""A text in a body."""


class Named(msgspec.Struct, gc=False):
    """An actor or a target."""

    type: Text
    id: Text
    name: Text | None = None

    def __str__(self) -> str:
        return f"{text_of(self.type)}:{text_of(self.id)}"


_ABSENT: Final = msgspec.Raw(b"")


class Members(msgspec.Struct, gc=False):
    """The members of a body; `details` and `changes` are the JSON text that stands there."""

    v: int
    event_id: str
    action: Text
    actor: Named
    outcome: Literal["success", "failure", "denied", "unknown"]
    occurred_at: str
    recorded_at: str
    target: Named | None = None
    targets: tuple[Named, ...] = ()
    on_behalf_of: Named | None = None
    tenant: Text | None = None
    reason: Text | None = None
    severity: Literal["informational", "low", "medium", "high", "critical"] | None = None
    duration_us: int | None = None
    request_id: Text | None = None
    trace_id: Text | None = None
    span_id: Text | None = None
    session_id: Text | None = None
    source: Text | None = None
    source_ip: Text | None = None
    user_agent: Text | None = None
    details: msgspec.Raw = _ABSENT
    changes: msgspec.Raw = _ABSENT


_decode: Final = msgspec.json.Decoder(Members).decode


def members_of(event: Exportable) -> Members:
    """Return what a body says.

    Raises:
        ExportError: The event has no body, because it is not committed, or one of a version that
            this package cannot read.
    """
    if not event.body:
        raise _uncommitted(event)
    try:
        members = _decode(event.body)
    except msgspec.MsgspecError as error:
        if _version(event.body) == BODY_VERSION:
            raise unreadable(event, f"malformed event body {shown(event.body)}: {error}") from error
        members = None
    if members is None or members.v != BODY_VERSION:
        raise unreadable(
            event,
            f"not an event body of version {BODY_VERSION}: {shown(event.body)}. "
            "A newer version of indelible may have written it",
        )
    return members


def place_of(event: Exportable) -> Place:
    """Return where an event stands.

    Raises:
        ExportError: It is not committed.
    """
    if event.place is None:
        raise _uncommitted(event)
    return event.place


def _uncommitted(event: Exportable) -> ExportError:
    return unreadable(event, "only events that are committed can be exported")


def unreadable(event: Exportable, problem: str) -> ExportError:
    """Return the error about an event whose stored text cannot be read."""
    return ExportError(None if event.place is None else event.place.seq, problem)


def line_of(event: Exportable, data: bytes) -> bytes:
    """Return an event's line with its end.

    Raises:
        ExportError: There is a line end in it, so that it would pass for two.
    """
    if b"\n" in data:
        raise unreadable(
            event, f"its body holds a line end, which no body has: {shown(event.body)}"
        )
    return data + b"\n"


def _version(body: str) -> object:
    """Return the version that a body names, however little else of it can be read."""
    try:
        return msgspec.json.decode(body, type=_Version).v
    except msgspec.MsgspecError:
        return BODY_VERSION


class _Version(msgspec.Struct):
    v: object = None


def text_of(text: Text) -> str:
    """Return the text that stands in a body, NUL characters included."""
    return text if isinstance(text, str) else "\0".join(text.parts)
