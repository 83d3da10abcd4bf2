"""From the arguments of ``record()`` to a canonical body and its projections.

This runs in the caller's thread for every event, so it is written for speed where that shows: the
few names that repeat from event to event (actions, actors, targets) are checked once and
remembered, and the rare arguments cost nothing when they are absent.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

import uuid_utils

from indelible.changes import encode_changes
from indelible.columns import column_text
from indelible.context import current_context
from indelible.encoding import LONE_SURROGATE, ValueEncoder, to_json
from indelible.errors import EventTooLargeError, InvalidEventError, shown
from indelible.event import (
    BODY_VERSION,
    MAX_ID,
    MAX_NAME,
    MAX_TYPE,
    Actor,
    Outcome,
    Severity,
    Target,
)
from indelible.moments import CallersClock, SystemClock, utc_text
from indelible.redaction import Redaction

__all__ = [
    "EVENT_COLUMNS",
    "MAX_TEXT",
    "BodyBuilder",
    "EventRow",
    "checked_address",
    "checked_event_id",
]

EventRow = tuple[
    str, str, str, str, str, str, str | None, str | None, str | None, str | None, str | None, bytes
]
"""One event on its way into the database: the values of `EVENT_COLUMNS`, in that order."""

EVENT_COLUMNS: Final = (
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
    "body",
)
"""The columns that an event's row supplies.  The times are RFC 3339 text in UTC with six digits of
fraction, the body its UTF-8 bytes."""

_T = TypeVar("_T")

MAX_TEXT: Final = 4096
"""Longest reason and user agent, in characters."""

MAX_ADDRESS: Final = 45
"""Longest IP address, in characters."""

_REMEMBERED: Final = 4096
"""Names of each kind that are remembered as checked; all are forgotten when there are more."""

_OUTCOMES: Final = {str(member): str(member) for member in Outcome}
_SEVERITIES: Final = {str(member): str(member) for member in Severity}


class BodyBuilder:
    """Builds event rows for one service; safe to use from several threads.

    Args:
        redaction: The redaction rules.
        max_body_bytes: Largest body that is accepted, in bytes of UTF-8.
        clock: Returns the present as an aware datetime; None for the system's clock.
        source: The name of the recording service, for the body's ``source``; None for none.
    """

    def __init__(
        self,
        redaction: Redaction,
        *,
        max_body_bytes: int,
        clock: Callable[[], datetime] | None = None,
        source: str | None = None,
    ) -> None:
        self._redaction = redaction
        self._transforms = redaction.transforms
        self._encoder = ValueEncoder(redaction)
        self._careful_encoder = ValueEncoder(redaction, split_nul=True)
        self._max_body_bytes = max_body_bytes
        self._now: Callable[[], str] = SystemClock() if clock is None else CallersClock(clock)
        self._source = None if source is None else _name_forms("source", source)[0]
        # Plain dicts, whose single reads and writes are atomic.  Two threads that check the same
        # name at once do the same work twice and agree.
        self._actions: dict[object, tuple[Any, str]] = {}
        self._actors: dict[object, tuple[dict[str, Any], str]] = {}
        self._targets: dict[object, tuple[dict[str, Any], str]] = {}

    @property
    def values(self) -> ValueEncoder:
        """What writes values into bodies, text that holds NUL characters included."""
        return self._careful_encoder

    def build(
        self,
        action: str,
        actor: str | Actor | None,
        target: str | Target | None,
        outcome: str,
        details: object,
        before: object,
        after: object,
        more: Mapping[str, Any],
    ) -> EventRow:
        """Return the row of one event.

        Args:
            action: As for ``record()``, like all that follow.
            actor: Who acts; None to take it from the context.
            target: What is acted on.
            outcome: One of `Outcome`.
            details: Further facts.
            before: The state before.
            after: The state after.
            more: The rarer arguments that were given (not None), by name.

        Raises:
            InvalidEventError: Something cannot be stored as it is, with its name and the mend.
        """
        bound = current_context()
        if bound:
            more = {**bound, **more}
            if actor is None:
                actor = more.get("actor")
            bound_details = bound.get("details")
            if bound_details:
                details = _merged(bound_details, details)
        if self._transforms:
            transform = self._redaction.transform
            details = None if details is None else transform("details", details)
            before = None if before is None else transform("before", before)
            after = None if after is None else transform("after", after)
        event_id = more.get("event_id") if more else None
        event_id = str(uuid_utils.uuid7()) if event_id is None else checked_event_id(event_id)
        recorded_at = self._now()
        occurred_at = recorded_at
        try:
            action_form = self._actions.get(action)
            actor_form = self._actors.get(actor)
            target_form = None if target is None else self._targets.get(target)
            known_outcome = _OUTCOMES.get(outcome)
        except TypeError as error:
            raise _unhashable(action=action, actor=actor, target=target, outcome=outcome) from error
        if action_form is None:
            action_form = _remember(self._actions, action, _name_forms("action", action))
        if actor_form is None:
            actor_form = _remember(self._actors, actor, self._forms(Actor, "actor", actor))
        if known_outcome is None:
            raise InvalidEventError("outcome", _choose(outcome, _OUTCOMES))
        members: dict[str, Any] = {
            "action": action_form[0],
            "actor": actor_form[0],
            "event_id": event_id,
            "occurred_at": occurred_at,
            "outcome": known_outcome,
            "recorded_at": recorded_at,
            "v": BODY_VERSION,
        }
        target_column = None
        if target is not None:
            if target_form is None:
                forms = self._forms(Target, "target", target)
                target_form = _remember(self._targets, target, forms)
            members["target"], target_column = target_form
        if self._source is not None:
            members["source"] = self._source
        if more:
            columns = self._add_more(members, more)
            occurred_at = members["occurred_at"]
        else:
            columns = _NO_COLUMNS
        self._add_facts(self._encoder, members, details, before, after)
        body = _encoded(members)
        # Looking for one byte first is much faster.  An escaped backslash before "u0000" looks the
        # same as an escaped NUL, and only costs a second pass.
        if b"\\" in body and b"\\u0000" in body:
            self._add_facts(self._careful_encoder, members, details, before, after)
            body = _encoded(members)
        if len(body) > self._max_body_bytes:
            raise EventTooLargeError(len(body), self._max_body_bytes)
        return (
            event_id,
            occurred_at,
            recorded_at,
            action_form[1],
            known_outcome,
            actor_form[1],
            target_column,
            *columns,
            body,
        )

    def _add_facts(
        self,
        encoder: ValueEncoder,
        members: dict[str, Any],
        details: object,
        before: object,
        after: object,
    ) -> None:
        if details is not None:
            if type(details) is not dict and not isinstance(details, Mapping):
                raise InvalidEventError("details", f"{shown(details)} is no mapping. Pass a dict")
            if details:
                members["details"] = encoder.encode("details", details)
        if before is not None or after is not None:
            changes = encode_changes(encoder, before, after)
            if changes:
                members["changes"] = changes

    def _forms(
        self, kind: type[Actor | Target], argument: str, value: object
    ) -> tuple[dict[str, Any], str]:
        """Return an actor or a target as it stands in the body, and in its column."""
        if type(value) is str and value.isprintable() and "://" not in value:
            # Nearly all of them, and with endless targets at nearly every event: what needs no
            # second look.  Whatever fails here is told apart below.
            type_, _, identifier = value.partition(":")
            short = len(type_) <= MAX_TYPE and len(identifier) <= MAX_ID
            if short and type_.strip(" ") and identifier.strip(" "):
                return {"id": identifier, "type": type_}, value
        if value is None:
            raise InvalidEventError(
                argument,
                "an event needs an actor. Pass actor='type:id', or bind one with bind_context()",
            )
        if isinstance(value, str):
            try:
                named: Actor | Target = kind.parse(value)
            except InvalidEventError as error:
                raise InvalidEventError(argument, str(error).partition(": ")[2]) from None
        elif isinstance(value, kind):
            named = value
        else:
            raise InvalidEventError(
                argument,
                f"{shown(value)} is neither a 'type:id' string nor an indelible.{kind.__name__}",
            )
        type_ = _checked_text(f"{argument}'s type", named.type, MAX_TYPE)
        if ":" in type_:
            raise InvalidEventError(
                argument, f"its type {shown(type_)} holds a colon, which ends a type"
            )
        identifier = _checked_text(f"{argument}'s id", named.id, MAX_ID)
        if "://" in identifier:
            # Identities stay as they are, or nobody could say who; a URL's password is none.
            identifier = self._redaction.scrub(identifier)
            _checked_text(f"{argument}'s id", identifier, MAX_ID)
        members: dict[str, Any] = {"id": _split(identifier), "type": _split(type_)}
        if named.name is not None:
            name = _checked_text(f"{argument}'s name", named.name, MAX_NAME)
            members["name"] = _split(self._redaction.scrub(name))
        return members, column_text(f"{type_}:{identifier}")

    def _add_more(
        self, members: dict[str, Any], more: Mapping[str, Any]
    ) -> tuple[str | None, str | None, str | None, str | None]:
        """Add the rarer members, and return the columns that four of them have."""
        occurred_at = more.get("occurred_at")
        if occurred_at is not None:
            members["occurred_at"] = utc_text("occurred_at", occurred_at)
        found: dict[str, str | None] = {}
        for name, value in more.items():
            if name in _TEXT_ARGUMENTS:
                body_form, found[name] = _name_forms(name, value)
                members[name] = body_form
        for name in ("reason", "user_agent"):
            value = more.get(name)
            if value is not None:
                text = _checked_text(name, value, MAX_TEXT)
                members[name] = _split(self._redaction.scrub(text))
        source_ip = more.get("source_ip")
        if source_ip is not None:
            found["source_ip"] = members["source_ip"] = checked_address(source_ip)
        on_behalf_of = more.get("on_behalf_of")
        if on_behalf_of is not None:
            members["on_behalf_of"] = self._forms(Actor, "on_behalf_of", on_behalf_of)[0]
        targets = more.get("targets")
        if targets:
            if isinstance(targets, str) or not isinstance(targets, Sequence):
                raise InvalidEventError("targets", f"{shown(targets)} is no list. Pass a list")
            members["targets"] = [self._forms(Target, "targets", item)[0] for item in targets]
        severity = more.get("severity")
        if severity is not None:
            known = _SEVERITIES.get(severity) if isinstance(severity, str) else None
            if known is None:
                raise InvalidEventError("severity", _choose(severity, _SEVERITIES))
            members["severity"] = known
        duration = more.get("duration")
        if duration is not None:
            if not isinstance(duration, timedelta) or duration < timedelta(0):
                raise InvalidEventError(
                    "duration", f"{shown(duration)} is no length of time. Pass a timedelta"
                )
            members["duration_us"] = duration // timedelta(microseconds=1)
        return (
            found.get("tenant"),
            found.get("request_id"),
            found.get("trace_id"),
            found.get("source_ip"),
        )


_NO_COLUMNS: Final = (None, None, None, None)
_TEXT_ARGUMENTS: Final = frozenset({"request_id", "session_id", "span_id", "tenant", "trace_id"})


def checked_event_id(value: object) -> str:
    """Return the canonical text of an event id.

    Raises:
        InvalidEventError: It is neither a UUID nor the text of one.
    """
    try:
        return str(UUID(str(value)))
    except Exception as error:
        # A ValueError, or whatever the value's own str() raises.
        raise InvalidEventError(
            "event_id", f"{shown(value)} is no UUID. Leave it out, or derive one with uuid.uuid5()"
        ) from error


def _encoded(members: dict[str, Any]) -> bytes:
    try:
        return to_json(members)
    except UnicodeEncodeError:
        path, text = _find_surrogate("event", members)
        raise InvalidEventError(path, f"{shown(text)} {LONE_SURROGATE}") from None


def _find_surrogate(path: str, value: Any) -> tuple[str, str]:
    """Return where a text stands that has no UTF-8 form, and the text."""
    if isinstance(value, str):
        return ("", "") if value.isascii() or _has_utf8(value) else (path, value)
    if isinstance(value, dict):
        for key, item in value.items():
            inner = key if path == "event" else f"{path}.{key}"
            found = _find_surrogate(inner, item)
            if not found[0] and not _has_utf8(key):
                found = (path, key)
            if found[0]:
                return found
    if isinstance(value, list):
        for index, item in enumerate(value):
            found = _find_surrogate(f"{path}[{index}]", item)
            if found[0]:
                return found
    return "", ""


def _has_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _merged(bound: Mapping[str, Any], own: object) -> object:
    """Return the context's details with the event's own, which win; no mapping is refused later."""
    if own is None:
        return bound
    return {**bound, **own} if isinstance(own, Mapping) else own


def _remember(known: dict[Any, _T], key: object, form: _T) -> _T:
    if len(known) >= _REMEMBERED:
        known.clear()
    known[key] = form
    return form


def _checked_text(argument: str, value: object, limit: int) -> str:
    """Return a text that is neither empty nor too long; a plain str, whatever its class."""
    if not isinstance(value, str):
        raise InvalidEventError(argument, f"{shown(value)} is no string")
    if not value or value.isspace():
        raise InvalidEventError(
            argument, f"{shown(value)} is empty. Leave it out or give it a name"
        )
    if len(value) > limit:
        raise InvalidEventError(
            argument, f"{shown(value)} has {len(value)} characters; the most is {limit}"
        )
    return str.__str__(value)


def _name_forms(argument: str, value: Any) -> tuple[Any, str]:
    """Return a name as it stands in the body, and in its column."""
    if isinstance(value, UUID):
        value = str(value)
    text = _checked_text(argument, value, MAX_NAME)
    return _split(text), column_text(text)


def _split(text: str) -> Any:
    """Return a text in the body's form; one with NUL characters in parts (see `values`)."""
    return {"$text": text.split("\0")} if "\0" in text else text


def checked_address(value: object) -> str:
    """Return an IP address in its shortest form.

    Raises:
        InvalidEventError: It is no address.
    """
    try:
        text = str(ipaddress.ip_address(str(value)))
    except Exception as error:
        # A ValueError, or whatever the value's own str() raises.
        raise InvalidEventError(
            "source_ip", f"{shown(value)} is no IP address. Put other descriptions into details"
        ) from error
    # The zone of a link-local address (RFC 4007, section 11) may be any text.
    if len(text) > MAX_ADDRESS or not (text.isascii() and text.isprintable()):
        raise InvalidEventError(
            "source_ip",
            f"{shown(value)} is longer than {MAX_ADDRESS} characters or holds odd ones. "
            "Leave the zone behind '%' out",
        )
    return text


def _unhashable(**arguments: object) -> InvalidEventError:
    """Return the refusal of the first argument that has no hash, and so is no string."""
    for argument, value in arguments.items():
        try:
            hash(value)
        except TypeError:
            return InvalidEventError(
                argument, f"{shown(value)} of type {type(value).__name__} is no string"
            )
    raise AssertionError("all arguments have a hash")


def _choose(value: object, known: Mapping[str, str]) -> str:
    return f"{shown(value)} is not one of {', '.join(known)}"
