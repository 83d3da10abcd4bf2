"""CloudEvents 1.0, one event a line in the JSON format's structured mode."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

import msgspec

from indelible.errors import ConfigurationError
from indelible.exporters.members import (
    Exportable,
    Members,
    line_of,
    members_of,
    place_of,
    text_of,
)
from indelible.exporters.writers import LineFormat

__all__ = ["CloudEvents"]

# What an attribute's string may not hold (CloudEvents 1.0, "Type System").
_FORBIDDEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
_REFERENCE: Final = re.compile(r"(?:[A-Za-z0-9\-._~:/?#@!$&'()*+,;=\[\]]|%[0-9A-Fa-f]{2})+")
_HEX_TRACE: Final = re.compile(r"(?!0{32})[0-9a-f]{32}")
_HEX_SPAN: Final = re.compile(r"(?!0{16})[0-9a-f]{16}")
_SEQUENCE_DIGITS: Final = 19
"""Digits of the largest sequence number, to which all are padded, so that they sort as texts."""

_AUTH_TYPES: Final = {
    "api_key": "api_key",
    "service": "service_account",
    "service_account": "service_account",
    "system": "system",
    "user": "app_user",
}
"""What the auth context extension calls the types of actors that it knows."""


class CloudEvents(LineFormat):
    """CloudEvents 1.0 in JSON, one a line.

    ``data`` is the body exactly as stored.  The documented extensions ``sequence``,
    ``recordedtime``, ``traceparent`` and the auth context are used where the event has what they
    say; ``outcome``, ``tenant``, ``log`` and ``leafhash`` are extensions of our own.

    Args:
        source: The ``source`` of every event, a URI reference; None for ``/indelible/LOG``.
            Together with the id it is unique, so two logs must not share one.
        type_prefix: What to put in front of the action to make the ``type``, such as
            ``com.example.``; the specification wants a reverse DNS name there.

    Raises:
        ConfigurationError: The source is no URI reference.
    """

    name = "cloudevents"
    media_type = "application/jsonl"
    suffix = ".cloudevents.jsonl"

    def __init__(self, *, source: str | None = None, type_prefix: str = "") -> None:
        if source is not None and _REFERENCE.fullmatch(source) is None:
            raise ConfigurationError(
                "source", source, "pass a URI reference, such as https://example.com/audit"
            )
        self._source = source
        self._type_prefix = type_prefix
        self._encode = msgspec.json.Encoder().encode

    def line(self, event: Exportable) -> bytes:
        """Return one event's line, its end included."""
        place, members = place_of(event), members_of(event)
        attributes = {
            "specversion": "1.0",
            "id": members.event_id,
            "source": self._source or f"/indelible/{quote(place.log, safe='')}",
            "type": _attribute(self._type_prefix + text_of(members.action)),
            "time": members.occurred_at,
            "datacontenttype": "application/json",
            "sequence": f"{place.seq:0{_SEQUENCE_DIGITS}d}",
            "recordedtime": members.recorded_at,
            "authtype": _AUTH_TYPES.get(text_of(members.actor.type), "unknown"),
            "authid": _attribute(str(members.actor)),
            "outcome": members.outcome,
            "log": _attribute(place.log),
            "leafhash": place.leaf_hash.hex(),
        }
        if members.target is not None:
            attributes["subject"] = _attribute(str(members.target))
        if members.tenant is not None:
            attributes["tenant"] = _attribute(text_of(members.tenant))
        parent = _traceparent(members)
        if parent is not None:
            attributes["traceparent"] = parent
        return line_of(
            event, self._encode(attributes)[:-1] + b',"data":' + event.body.encode() + b"}"
        )


def _attribute(text: str) -> str:
    """Return a text without what an attribute may not hold, which is written out as JSON does."""
    if text.isprintable() and text.isascii():
        return text
    return _FORBIDDEN.sub(lambda found: _escape(found[0]), text)


def _escape(char: str) -> str:
    """Return a character as JSON escapes it, a surrogate pair where it needs one."""
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def _traceparent(members: Members) -> str | None:
    """Return the W3C trace context, if the ids are such; whether it was sampled is not known."""
    if members.trace_id is None or members.span_id is None:
        return None
    trace, span = text_of(members.trace_id), text_of(members.span_id)
    if _HEX_TRACE.fullmatch(trace) is None or _HEX_SPAN.fullmatch(span) is None:
        return None
    return f"00-{trace}-{span}-00"
