"""Where output goes and in which of its two forms: for people or, elsewhere, as JSON Lines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from indelible.visible import visible

if TYPE_CHECKING:
    from rich.console import Console

    from indelible.event import AuditEvent, Place

__all__ = ["console", "event_line", "format_option", "place_members", "wants_json", "write_json"]

format_option: Final[Callable[[Callable[..., Any]], Callable[..., Any]]] = click.option(
    "--json/--table",
    "as_json",
    default=None,
    help="JSON Lines or a table.  [default: a table on a terminal, JSON Lines elsewhere]",
)
"""Adds the option that overrides the form; the command takes ``as_json``."""


def wants_json(as_json: bool | None) -> bool:
    """Tell whether to write JSON Lines, from the value of the option."""
    return not sys.stdout.isatty() if as_json is None else as_json


def console(*, stderr: bool = False) -> Console:
    """Return a rich console that shows text as it is: no markup, no emoji names, no highlights."""
    from rich.console import Console

    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def write_json(line: str) -> None:
    """Write one line of compact JSON to standard output.

    On a terminal, characters that it would obey are written as escapes; the JSON means the same.
    Anywhere else it is left alone, so that the bytes of a stored body pass unchanged.
    """
    # As bytes, because JSON is UTF-8 whatever the locale says.
    click.echo((visible(line) if sys.stdout.isatty() else line).encode())


def place_members(place: Place) -> Mapping[str, object]:
    """Return where an event stands as members for JSON."""
    return {"log": place.log, "seq": place.seq, "leaf_hash": place.leaf_hash.hex()}


def event_line(event: AuditEvent) -> str:
    """Return an event as one line of JSON: its place, and its body exactly as stored.

    The line's form is ``{"log": …, "seq": …, "leaf_hash": …, "event": body}``.  Values that JSON
    has no name for stand as in the body, see `indelible.values`.
    """
    from indelible.exporters import jsonl

    return jsonl.event_line(event)
