"""What an event's columns must hold, computed from its body, for every event of a log.

This is the part of a verification that runs once per event in Python, so it decodes of the body
only the members that have a column, and compares all of them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from indelible.columns import column_text

__all__ = ["COLUMNS", "differing", "expected_columns", "wrong_rows"]

COLUMNS: Final = (
    "event_id",
    "occurred_at",
    "recorded_at",
    "action",
    "outcome",
    "actor",
    "target",
    "tenant",
    "request_id",
    "trace_id",
    "source_ip",
)
"""The columns in the order in which `reading` selects them."""


class _Parts(msgspec.Struct, rename={"text": "$text"}, gc=False):
    """A text that holds NUL characters, as it stands in a body."""

    text: list[str]


_Text = str | _Parts


class _Named(msgspec.Struct, gc=False):
    id: _Text
    type: _Text


# The members stand in the order in which a canonical body has them, which msgspec reads fastest.
class _Body(msgspec.Struct, gc=False):
    """What has a column, of any body."""

    action: _Text
    actor: _Named
    event_id: str
    occurred_at: str
    outcome: str
    recorded_at: str
    request_id: _Text | None = None
    source_ip: str | None = None
    target: _Named | None = None
    tenant: _Text | None = None
    trace_id: _Text | None = None


class _PlainNamed(msgspec.Struct, gc=False):
    id: str
    type: str


class _PlainBody(msgspec.Struct, gc=False):
    """The same of a body whose names hold no NUL, which is nearly every one."""

    action: str
    actor: _PlainNamed
    event_id: str
    occurred_at: str
    outcome: str
    recorded_at: str
    request_id: str | None = None
    source_ip: str | None = None
    target: _PlainNamed | None = None
    tenant: str | None = None
    trace_id: str | None = None


_decode: Final[Callable[[bytes], _Body]] = msgspec.json.Decoder(_Body).decode
_decode_plain: Final[Callable[[bytes], _PlainBody]] = msgspec.json.Decoder(_PlainBody).decode


def wrong_rows(rows: Sequence[Sequence[Any]], body: int, first: int) -> list[int]:
    """Return the positions of rows whose columns do not follow from their bodies.

    Args:
        rows: The rows; each ends with the values of `COLUMNS`, times as ``YYYY-MM-DD HH:MM:SS.f``.
        body: Where in a row the body's bytes stand.
        first: Where in a row the columns begin.
    """
    decode = _decode_plain
    wrong = []
    for position, row in enumerate(rows):
        try:
            event = decode(row[body])
        except (msgspec.MsgspecError, TypeError, UnicodeError):
            if differing(row[body], row[first:]):
                wrong.append(position)
            continue
        actor, target = event.actor, event.target
        occurred, recorded = event.occurred_at, event.recorded_at
        moment = occurred.replace("T", " ")[:26]
        # Written out for speed: this runs for every event.
        if (
            event.event_id,
            moment,
            moment if recorded == occurred else recorded.replace("T", " ")[:26],
            event.action,
            event.outcome,
            f"{actor.type}:{actor.id}",
            None if target is None else f"{target.type}:{target.id}",
            event.tenant,
            event.request_id,
            event.trace_id,
            event.source_ip,
        ) != row[first:] and differing(row[body], row[first:]):
            wrong.append(position)
    return wrong


def differing(body: bytes, columns: Sequence[Any]) -> dict[str, tuple[str | None, Any]]:
    """Return the columns that do not follow from a body: what each should hold, and what it holds.

    Args:
        body: The body.
        columns: The stored values of `COLUMNS`.
    """
    expected = expected_columns(body)
    if expected is None:
        return {"body": ("an event", "something that is none")}
    return {
        name: (wanted, stored)
        for name, wanted, stored in zip(COLUMNS, expected, columns, strict=True)
        if wanted != stored
    }


def expected_columns(body: bytes) -> tuple[str | None, ...] | None:
    """Return the values that the columns of an event must have; None if the body is no event."""
    try:
        event = _decode(body)
    except (msgspec.MsgspecError, TypeError, UnicodeError):
        return None
    return (
        event.event_id,
        f"{event.occurred_at[:10]} {event.occurred_at[11:26]}",
        f"{event.recorded_at[:10]} {event.recorded_at[11:26]}",
        _text(event.action),
        event.outcome,
        _named(event.actor),
        None if event.target is None else _named(event.target),
        _text(event.tenant),
        _text(event.request_id),
        _text(event.trace_id),
        event.source_ip,
    )


def _text(value: _Text | None) -> str | None:
    if isinstance(value, _Parts):
        value = "\0".join(value.text)
    return None if value is None else column_text(value)


def _named(value: _Named) -> str:
    return f"{_text(value.type)}:{_text(value.id)}"
