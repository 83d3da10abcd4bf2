"""Events one after the other for people, without knowing those that follow."""

from __future__ import annotations

from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from indelible.cli.tables import changes_table, moment_text, outcome_text, values_table
from indelible.event import AuditEvent
from indelible.query import Version
from indelible.visible import visible

__all__ = ["event_text", "state_page", "version_page"]

_GAP: Final = "  "


def event_text(event: AuditEvent) -> Text:
    """Return an event as one line: number, time, who, what, to what, and how it ended."""
    number = "" if event.place is None else f"{event.place.seq:>6}"
    parts = [
        Text(number, "dim"),
        Text(moment_text(event.occurred_at, "milliseconds")),
        Text(visible(str(event.actor))),
        Text(visible(event.action), "bold"),
        *([] if event.target is None else [Text(visible(str(event.target)))]),
        outcome_text(event),
    ]
    return Text(_GAP).join(parts)


def version_page(version: Version, *, with_state: bool) -> RenderableType:
    """Return what one event changed, and what is known of the thing after it if that is wished."""
    event = version.event
    number = "" if event.place is None else f"number {event.place.seq}"
    heading = [
        Text(f"version {version.number}", "bold"),
        Text(moment_text(event.occurred_at, "milliseconds")),
        Text(visible(str(event.actor))),
        Text(visible(event.action), "bold"),
        outcome_text(event),
        Text(number, "dim"),
    ]
    parts: list[RenderableType] = [Text(_GAP).join(heading)]
    if event.reason is not None:
        parts.append(Text(f"  reason: {visible(event.reason)}", "dim"))
    if event.changes:
        parts.append(changes_table(event.changes))
    if with_state:
        parts.append(state_page(version))
    return Group(*parts, "")


def state_page(version: Version) -> RenderableType:
    """Return what is known of a thing after a version."""
    heading = Text(f"state after version {version.number}", "bold")
    if not version.state:
        return Group(heading, Text("  (nothing is known)", "dim"))
    return Group(heading, values_table(version.state))
