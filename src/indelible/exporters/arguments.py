"""The way back: from an exported line of JSON Lines to the arguments of ``record()``."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

import msgspec

from indelible.changes import Change, Missing
from indelible.errors import shown
from indelible.event import AuditEvent
from indelible.values import Redacted

__all__ = ["EXPORTED_MEMBERS", "record_arguments"]

EXPORTED_MEMBERS: Final = frozenset({"event", "leaf_hash", "log", "seq"})
"""The members of an exported line, of which ``event`` is always there."""


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    event: msgspec.Raw
    leaf_hash: str | None = None
    log: str | None = None
    seq: int | None = None


def record_arguments(line: bytes) -> dict[str, Any]:
    """Return the arguments of ``record()`` that give an exported event again.

    What the new log says of itself is not among them: ``recorded_at``, ``source`` and its place.

    Args:
        line: The line, as `event_line` writes it.

    Raises:
        ValueError: It is no such line, or its event is not the one that was exported.
    """
    try:
        read = msgspec.json.decode(line, type=_Line)
    except msgspec.MsgspecError as error:
        raise ValueError(f"it is no exported event: {error}") from error
    body = bytes(read.event)
    if read.leaf_hash is not None and sha256(b"\0" + body).hexdigest() != read.leaf_hash:
        raise ValueError(
            "the event has been changed since it was exported: its leaf hash is another one"
        )
    event = AuditEvent.from_body(body.decode())
    before, after = _states(event.changes)
    members: dict[str, Any] = {
        "action": event.action,
        "actor": event.actor,
        "target": event.target,
        "targets": list(event.targets) or None,
        "on_behalf_of": event.on_behalf_of,
        "outcome": str(event.outcome),
        "occurred_at": event.occurred_at,
        "tenant": event.tenant,
        "reason": event.reason,
        "severity": None if event.severity is None else str(event.severity),
        "duration": event.duration,
        "request_id": event.request_id,
        "trace_id": event.trace_id,
        "span_id": event.span_id,
        "session_id": event.session_id,
        "source_ip": event.source_ip,
        "user_agent": event.user_agent,
        "details": event.details or None,
        "before": before,
        "after": after,
        "event_id": event.event_id,
    }
    return {name: value for name, value in members.items() if value is not None}


def _states(
    changes: dict[str, Change],
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return two states that differ by exactly these changes."""
    if not changes:
        return None, None
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for path, change in changes.items():
        *above, last = [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")]
        old, new = before, after
        for step in above:
            # On both sides, or the whole branch would count as added or removed.
            old, new = old.setdefault(step, {}), new.setdefault(step, {})
            if not isinstance(old, dict) or not isinstance(new, dict):
                raise ValueError(f"the changes contradict each other at {shown(path)}")
        if not isinstance(change.before, Missing):
            # Two values that were redacted differed, or they would not be here.
            old[last] = Redacted() if isinstance(change.before, Redacted) else change.before
        if not isinstance(change.after, Missing):
            new[last] = change.after
    return before, after
