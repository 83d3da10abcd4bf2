"""Events for people: tables, and one event in full."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from indelible.changes import Change, Missing
from indelible.event import Actor, AuditEvent, Outcome, Target
from indelible.values import DataclassValue, EnumValue, ErrorValue, KeyedHash, Redacted
from indelible.visible import visible

__all__ = [
    "changes_table",
    "event_page",
    "events_table",
    "moment_text",
    "outcome_text",
    "value_text",
    "values_table",
]

_OUTCOME_STYLES: Final = {
    Outcome.SUCCESS: "green",
    Outcome.FAILURE: "red",
    Outcome.DENIED: "yellow",
    Outcome.UNKNOWN: "dim",
}
_WIDE: Final = 120
"""Columns of a terminal from which on an event fits into one line."""

_ROOM_FOR_IDS: Final = 76
"""Columns from which on an id stays in one piece, for copying it."""

_REDACTED: Final = ("[redacted]", "bold magenta")
_FACTS: Final = (
    "reason",
    "severity",
    "duration",
    "tenant",
    "request_id",
    "trace_id",
    "span_id",
    "session_id",
    "source",
    "source_ip",
    "user_agent",
)
"""The attributes of an event that are shown when they are there, in this order."""


def events_table(events: Iterable[AuditEvent], width: int) -> Table:
    """Return events as a table: one line for each where there is room, two where there is not.

    Nothing is cut off in a narrow terminal: an auditor must not be shown half a name.

    Args:
        events: The events.
        width: The terminal's width in columns.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("seq", justify="right", no_wrap=True)
    add_row = _wide_rows(table) if width >= _WIDE else _narrow_rows(table, width)
    for event in events:
        add_row(event)
    return table


def _wide_rows(table: Table) -> Callable[[AuditEvent], None]:
    table.add_column("time (UTC)", no_wrap=True)
    for name in ("actor", "action", "target"):
        table.add_column(name, overflow="fold")
    table.add_column("outcome", no_wrap=True)
    table.add_column("event id", no_wrap=True)

    def add_row(event: AuditEvent) -> None:
        table.add_row(
            _number(event),
            Text(moment_text(event.occurred_at, "milliseconds")),
            Text(visible(str(event.actor))),
            Text(visible(event.action)),
            Text("" if event.target is None else visible(str(event.target))),
            outcome_text(event),
            Text(str(event.event_id), "dim"),
        )

    return add_row


def _narrow_rows(table: Table, width: int) -> Callable[[AuditEvent], None]:
    table.add_column("time (UTC), event id", no_wrap=width >= _ROOM_FOR_IDS, overflow="fold")
    table.add_column("who, what, to what", overflow="fold")
    table.add_column("outcome", no_wrap=True)

    def add_row(event: AuditEvent) -> None:
        moment = Text(moment_text(event.occurred_at, "milliseconds") + "\n")
        what = Text(visible(f"{event.actor} {event.action}"))
        if event.target is not None:
            what.append("\n" + visible(str(event.target)))
        table.add_row(
            _number(event), moment.append(str(event.event_id), "dim"), what, outcome_text(event)
        )

    return add_row


def _number(event: AuditEvent) -> Text:
    return Text("" if event.place is None else str(event.place.seq), "dim")


def outcome_text(event: AuditEvent) -> Text:
    """Return how an event ended, in its colour."""
    return Text(event.outcome, _OUTCOME_STYLES[event.outcome])


def event_page(event: AuditEvent) -> RenderableType:
    """Return all that one event says, and where it stands."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("event", Text(str(event.event_id), "bold"))
    grid.add_row("action", Text(visible(event.action), "bold"))
    grid.add_row("actor", _named(event.actor))
    if event.on_behalf_of is not None:
        grid.add_row("on behalf of", _named(event.on_behalf_of))
    for target in (event.target, *event.targets):
        if target is not None:
            grid.add_row("target", _named(target))
    grid.add_row("outcome", outcome_text(event))
    grid.add_row("occurred at", Text(moment_text(event.occurred_at, "microseconds")))
    grid.add_row("recorded at", Text(moment_text(event.recorded_at, "microseconds")))
    for name in _FACTS:
        value = getattr(event, name)
        if value is not None:
            grid.add_row(name.replace("_", " "), Text(visible(str(value))))
    if event.place is None:
        grid.add_row("place", Text("not committed", "yellow"))
    else:
        place = f"number {event.place.seq} of the log {visible(event.place.log)}"
        grid.add_row("place", Text(place))
        grid.add_row("leaf hash", Text(event.place.leaf_hash.hex()))
    parts: list[RenderableType] = [grid]
    if event.details:
        parts += [Text("\ndetails", "bold"), values_table(event.details)]
    if event.changes:
        parts += [Text("\nchanges", "bold"), changes_table(event.changes)]
    return Group(*parts)


def changes_table(changes: Mapping[str, Change]) -> Table:
    """Return what changed, path by path: before → after."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=False, overflow="fold")
    for _ in ("before", "arrow", "after"):
        table.add_column(overflow="fold")
    for path, change in sorted(changes.items()):
        table.add_row(
            Text(f"  {visible(path)}"),
            value_text(change.before, "red"),
            Text("→"),
            value_text(change.after, "green"),
        )
    return table


def value_text(value: Any, style: str = "") -> Text:
    """Return any value that an event can hold as text.

    Strings stand in quotes, as in JSON, so that ``"12"`` and ``12`` look as different as they are.

    Args:
        value: The value.
        style: A rich style for all of it but the marks of what was redacted.
    """
    text = Text(style=style)
    _append(text, value)
    return text


def _append(text: Text, value: Any) -> None:
    if isinstance(value, Redacted):
        text.append(*_REDACTED)
    elif isinstance(value, Missing):
        text.append("(none)", "dim")
    elif isinstance(value, Mapping):
        _append_members(text, value)
    elif isinstance(value, list | tuple | set | frozenset):
        opening, closing = _BRACKETS[type(value)]
        text.append(opening)
        items = value if isinstance(value, list | tuple) else sorted(value, key=_plain)
        for index, item in enumerate(items):
            text.append(", " if index else "")
            _append(text, item)
        text.append(closing)
    elif isinstance(value, DataclassValue):
        text.append(visible(value.type.rpartition(".")[2]))
        _append_members(text, value.fields)
    elif isinstance(value, EnumValue):
        text.append(visible(f"{value.type.rpartition('.')[2]}.{value.name}"))
    elif isinstance(value, ErrorValue):
        text.append(visible(f"{value.type}: {value.message}"))
    else:
        text.append(_plain(value))


_BRACKETS: Final[Mapping[type, tuple[str, str]]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("{", "}"),
}


def _append_members(text: Text, members: Mapping[str, Any]) -> None:
    text.append("{")
    for index, (key, item) in enumerate(sorted(members.items())):
        text.append(", " if index else "")
        text.append(f"{visible(key)}: ")
        _append(text, item)
    text.append("}")


def _plain(value: Any) -> str:
    """Return a value that holds no other one as text."""
    if isinstance(value, str):
        return visible(json.dumps(value, ensure_ascii=False))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"base64:{base64.b64encode(value).decode()}"
    if isinstance(value, KeyedHash):
        return f"hmac:{value.hex}"
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int) and value.bit_length() > _DECIMAL_BITS:
        return hex(value)
    if isinstance(value, int | float | Decimal | UUID | timedelta):
        return str(value)
    return visible(repr(value))


_DECIMAL_BITS: Final = 13_000
"""Python refuses to write integers of more than 4,300 digits in decimal."""


def values_table(details: Mapping[str, Any]) -> Table:
    """Return names and values, one to a line."""
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for key, value in sorted(details.items()):
        table.add_row(Text(f"  {visible(key)}"), value_text(value))
    return table


def _named(named: Actor | Target) -> Text:
    text = Text(visible(str(named)))
    if named.name is not None:
        text.append(f" ({visible(named.name)})", "dim")
    return text


def moment_text(moment: datetime, precision: str) -> str:
    """Return a point in time in UTC.

    Args:
        moment: Any aware time.
        precision: The smallest unit to show, as `datetime.isoformat` takes it.
    """
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", timespec=precision)
