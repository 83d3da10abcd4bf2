"""Filters: what events must match, as callers write it and as a reader takes it."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, TypedDict

from indelible.body import checked_address
from indelible.columns import column_text
from indelible.encoding import LONE_SURROGATE, ValueEncoder, to_json
from indelible.errors import InvalidEventError, QueryError, shown
from indelible.event import Actor, Outcome, Target
from indelible.moments import utc_text
from indelible.query.content import ChangedPath, Content, StoredDetail

__all__ = ["FILTER_NAMES", "Choice", "FilterArguments", "Filters"]

MAX_CHOICES: Final = 1000
"""Most values that one filter accepts."""

_ANY: Final = ".*"


class FilterArguments(TypedDict, total=False):
    """The filters that every question takes; one that is left out, or None, matches all.

    Attributes:
        actor: Who acted, as ``"type:id"`` or an `Actor`.
        actor_type: The kind of actor, such as ``"user"``.
        action: What was done; ``"invoice.*"`` for every action that begins with ``invoice.``. One
            or several.
        target: What it was done to, as ``"type:id"`` or a `Target`.
        target_type: The kind of target, such as ``"invoice"``.
        outcome: How it ended, one or several of `Outcome`.
        tenant: The tenant concerned, one or several.
        request_id: The request that it belongs to.
        trace_id: The distributed trace that it belongs to.
        source_ip: The address that the request came from.
        since: Earliest ``occurred_at``, inclusive; an aware datetime.
        until: Latest ``occurred_at``, exclusive; an aware datetime.
        since_seq: Least sequence number, inclusive.
        until_seq: Greatest sequence number, exclusive.
        changed: A path in the event's changes, such as ``"status"`` or ``"address/city"``; matches
            what changed at the path or below it.
        details: Paths in the event's details with the values that must stand there, such as
            ``{"amount": 10, "customer/country": "CH"}``.
        text: Words that all occur in the event; needs a text index.
    """

    actor: str | Actor | None
    actor_type: str | None
    action: str | Collection[str] | None
    target: str | Target | None
    target_type: str | None
    outcome: str | Collection[str] | None
    tenant: str | Collection[str] | None
    request_id: str | None
    trace_id: str | None
    source_ip: str | None
    since: datetime | None
    until: datetime | None
    since_seq: int | None
    until_seq: int | None
    changed: str | None
    details: Mapping[str, Any] | None
    text: str | None


FILTER_NAMES: Final = tuple(FilterArguments.__annotations__)
"""The names of all filters."""


class Choice(NamedTuple):
    """What a column must hold: one of the values, or what begins with one of the prefixes."""

    column: str
    values: tuple[str, ...]
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filters:
    """What events must match, checked; None, or nothing, matches all.

    Attributes:
        choices: Columns with what they must hold.
        since: Earliest ``occurred_at``, inclusive, as RFC 3339 text in UTC.
        until: Latest ``occurred_at``, exclusive, likewise.
        since_seq: Least sequence number, inclusive.
        until_seq: Greatest sequence number, exclusive.
        content: What the body must hold.
        text: Words to look for.
    """

    choices: tuple[Choice, ...] = ()
    since: str | None = None
    until: str | None = None
    since_seq: int | None = None
    until_seq: int | None = None
    content: tuple[Content, ...] = ()
    text: str | None = None

    @classmethod
    def checked(
        cls, arguments: Mapping[str, Any], *, values: ValueEncoder | None = None
    ) -> Filters:
        """Return the filters that a caller's arguments mean.

        Args:
            arguments: Filters by name, see `FilterArguments`.
            values: How the service writes values into bodies, its redaction included.

        Raises:
            QueryError: There is no such filter, a value has the wrong type, a time has no zone, or
                an outcome is unknown.
        """
        for name in arguments:
            if name not in FILTER_NAMES:
                raise _unknown(name, arguments[name])
        given = {name: value for name, value in arguments.items() if value is not None}
        choices: list[Choice] = []
        for name, value in given.items():
            make = _CHOICES.get(name)
            if make is not None:
                choices.append(make(name, value))
        return cls(
            choices=tuple(sorted(choices)),
            since=_moment("since", given.get("since")),
            until=_moment("until", given.get("until")),
            since_seq=_number("since_seq", given.get("since_seq")),
            until_seq=_number("until_seq", given.get("until_seq")),
            content=_content(given, values),
            text=None if "text" not in given else _words(given["text"]),
        )

    def described(self) -> dict[str, Any]:
        """Return the filters as plain JSON values, for people to read."""
        out: dict[str, Any] = {}
        for column, values, prefixes in self.choices:
            texts = [*values, *(f"{prefix}*" for prefix in prefixes)]
            out[column] = texts[0] if len(texts) == 1 and column not in out else texts
        for name in ("since", "until", "since_seq", "until_seq", "text"):
            if getattr(self, name) is not None:
                out[name] = getattr(self, name)
        for part in self.content:
            out.update(part.described())
        return out

    def fingerprint(self, *, newest: bool) -> str:
        """Return a short digest that tells these filters, and an order, from others."""
        # Written out: it is made for each page.
        values = [
            self.choices,
            self.since,
            self.until,
            self.since_seq,
            self.until_seq,
            self.text,
            newest,
            [part.described() for part in self.content],
        ]
        return hashlib.sha256(to_json(values)).digest()[:_FINGERPRINT_BYTES].hex()


_FINGERPRINT_BYTES: Final = 6


def _unknown(name: str, value: object) -> QueryError:
    close = difflib.get_close_matches(name, FILTER_NAMES, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return QueryError(
        name, value, f"there is no such filter; {hint}The filters are {', '.join(FILTER_NAMES)}"
    )


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise QueryError(name, value, "pass a string that is not empty, or None for any")
    return column_text(_whole(name, value))


def _whole(name: str, value: str) -> str:
    """Return a plain string that has a UTF-8 form."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise QueryError(name, value, f"it {LONE_SURROGATE}") from error
    return str.__str__(value)


def _several(name: str, value: Any) -> list[str]:
    if isinstance(value, str):
        return [_text(name, value)]
    if not isinstance(value, Collection) or isinstance(value, bytes | Mapping):
        raise QueryError(name, value, "pass a string, a list of strings, or None for any")
    if not 1 <= len(value) <= MAX_CHOICES:
        raise QueryError(name, value, f"pass 1 to {MAX_CHOICES} values, or None for any")
    return sorted({_text(name, item) for item in value})


def _plain(name: str, value: Any) -> Choice:
    return Choice(name, (_text(name, value),))


def _tenants(name: str, value: Any) -> Choice:
    return Choice(name, tuple(_several(name, value)))


def _actions(name: str, value: Any) -> Choice:
    names: list[str] = []
    prefixes: list[str] = []
    for text in _several(name, value):
        if text.endswith(_ANY) and len(text) > len(_ANY):
            prefixes.append(text[:-1])
        else:
            names.append(text)
    return Choice(name, tuple(names), tuple(prefixes))


def _outcomes(name: str, value: Any) -> Choice:
    known = sorted(map(str, Outcome))
    found = _several(name, value)
    for outcome in found:
        if outcome not in known:
            raise QueryError(name, value, f"pass one of {', '.join(known)}")
    return Choice(name, tuple(found))


def _identity(name: str, value: Any) -> Choice:
    kind: type[Actor | Target] = Actor if name == "actor" else Target
    if isinstance(value, kind):
        value = str(value)
    if isinstance(value, str):
        try:
            kind.parse(value)
        except InvalidEventError as error:
            raise QueryError(name, value, f"write it as 'type:id', such as '{name}:42'") from error
    return _plain(name, value)


def _kind(name: str, value: Any) -> Choice:
    text = _text(name, value)
    if ":" in text:
        raise QueryError(name, value, "pass the part before the colon alone")
    return Choice(name.removesuffix("_type"), (), (f"{text}:",))


def _address(name: str, value: Any) -> Choice:
    try:
        return Choice(name, (checked_address(value),))
    except InvalidEventError as error:
        raise QueryError(name, value, "pass an IP address, such as '203.0.113.7'") from error


_CHOICES: Final = {
    "actor": _identity,
    "actor_type": _kind,
    "action": _actions,
    "target": _identity,
    "target_type": _kind,
    "outcome": _outcomes,
    "tenant": _tenants,
    "request_id": _plain,
    "trace_id": _plain,
    "source_ip": _address,
}


def _number(name: str, value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 63:
        raise QueryError(name, value, "pass a whole number from 0, or None for any")
    return int(value)


def _moment(name: str, value: Any) -> str | None:
    if value is None:
        return None
    try:
        return utc_text(name, value)
    except InvalidEventError as error:
        raise QueryError(
            name,
            value,
            "pass a datetime with a time zone, such as datetime.now(timezone.utc), "
            "from the years 1000 to 9999",
        ) from error


def _words(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise QueryError("text", value, "pass at least one word, or None for any")
    return _whole("text", value)


def _content(given: Mapping[str, Any], values: ValueEncoder | None) -> tuple[Content, ...]:
    changed, details = given.get("changed"), given.get("details")
    if changed is None and details is None:
        return ()
    found: list[Content] = []
    values = values or ValueEncoder(split_nul=True)
    if changed is not None:
        if not isinstance(changed, str) or not changed:
            raise QueryError("changed", changed, "pass a path, such as 'status', or None for any")
        found.append(ChangedPath(_whole("changed", changed)))
    if details is not None:
        if not isinstance(details, Mapping) or not details:
            raise QueryError(
                "details", details, "pass a dict of paths and values, such as {'amount': 10}"
            )
        for path, value in details.items():
            if not isinstance(path, str) or not path:
                raise QueryError("details", details, f"the path {shown(path)} is no string")
            found.append(StoredDetail.of(_whole("details", path), value, values))
    return tuple(found)
