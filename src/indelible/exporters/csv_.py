"""CSV for spreadsheets: a table in which nothing is run and nothing hides.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, even from a
CSV file, and a formula can start programs and send the sheet elsewhere.  What strangers typed must
not get there.  The measures are those of OWASP's page on CSV injection, and two more: control and
invisible characters are written out, and a part of a cell behind a semicolon is treated like a
cell, because spreadsheets set to many European languages split at semicolons.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from indelible.event import Place
from indelible.exporters.members import Exportable, Members, Text, members_of, place_of, text_of
from indelible.exporters.writers import LineFormat
from indelible.visible import visible

__all__ = ["COLUMNS", "Csv", "json_cell", "safe_cell"]

_BOM: Final = b"\xef\xbb\xbf"
_FORMULA: Final = "=+\\-@＝＋－＠"  # noqa: RUF001 - some spreadsheets take the full-width forms, too
_AT_THE_START: Final = re.compile(f"^(?:[\t\r\n]| *[{_FORMULA}])")
_BEHIND_A_SEMICOLON: Final = re.compile(f'(;[ "]*)(?=[{_FORMULA}])')


def safe_cell(text: str) -> str:
    r"""Return a text as a cell that no spreadsheet takes for a formula.

    What does not show is written out as ``\u001b``, and an apostrophe is put in front of a cell
    that begins with a tab, a line end or, perhaps after spaces, with one of ``= + - @`` or their
    full-width forms; likewise inside the cell behind a semicolon.
    """
    start = "'" if _AT_THE_START.match(text) else ""
    shown = visible(text)
    return start + (_BEHIND_A_SEMICOLON.sub(r"\1'", shown) if ";" in shown else shown)


def json_cell(raw: bytes) -> str:
    r"""Return JSON text as a cell that is still JSON and means the same.

    Characters that do not show, and semicolons, stand as ``\u…`` escapes.
    """
    return visible(raw.decode()).replace(";", "\\u003b")


def _text(value: Text | None) -> str:
    return "" if value is None else safe_cell(text_of(value))


def _raw(value: msgspec.Raw) -> str:
    content = bytes(value)
    return json_cell(content) if content else ""


def _targets(members: Members) -> str:
    if not members.targets:
        return ""
    return json_cell(msgspec.json.encode([str(target) for target in members.targets]))


_CELLS: Final[Mapping[str, Callable[[Place, Members], Any]]] = {
    "seq": lambda place, _: place.seq,
    "log": lambda place, _: safe_cell(place.log),
    "event_id": lambda _, members: members.event_id,
    "occurred_at": lambda _, members: members.occurred_at,
    "recorded_at": lambda _, members: members.recorded_at,
    "action": lambda _, members: _text(members.action),
    "outcome": lambda _, members: members.outcome,
    "actor": lambda _, members: safe_cell(str(members.actor)),
    "actor_name": lambda _, members: _text(members.actor.name),
    "target": lambda _, members: "" if members.target is None else safe_cell(str(members.target)),
    "target_name": lambda _, members: "" if members.target is None else _text(members.target.name),
    "targets": lambda _, members: _targets(members),
    "on_behalf_of": lambda _, members: (
        "" if members.on_behalf_of is None else safe_cell(str(members.on_behalf_of))
    ),
    "tenant": lambda _, members: _text(members.tenant),
    "reason": lambda _, members: _text(members.reason),
    "severity": lambda _, members: members.severity or "",
    "duration_us": lambda _, members: "" if members.duration_us is None else members.duration_us,
    "request_id": lambda _, members: _text(members.request_id),
    "trace_id": lambda _, members: _text(members.trace_id),
    "span_id": lambda _, members: _text(members.span_id),
    "session_id": lambda _, members: _text(members.session_id),
    "source": lambda _, members: _text(members.source),
    "source_ip": lambda _, members: _text(members.source_ip),
    "user_agent": lambda _, members: _text(members.user_agent),
    "details": lambda _, members: _raw(members.details),
    "changes": lambda _, members: _raw(members.changes),
    "leaf_hash": lambda place, _: place.leaf_hash.hex(),
}

COLUMNS: Final = tuple(_CELLS)
"""The columns, in their order."""


class _Line:
    """What `csv.writer` writes to: it hands the line back."""

    def write(self, line: str) -> str:
        return line


class Csv(LineFormat):
    """Comma-separated values as RFC 4180 has them, in UTF-8, with a header line.

    Meant for people and spreadsheets: what `safe_cell` changes cannot be told from what stood there
    before.  `JsonLines` and Parquet are exact.

    Args:
        bom: Whether to begin with a byte order mark, without which some spreadsheets take the text
            for one in their system's older encoding.
    """

    name = "csv"
    media_type = "text/csv; charset=utf-8; header=present"
    suffix = ".csv"

    def __init__(self, *, bom: bool = False) -> None:
        writer: Any = csv.writer(_Line(), lineterminator="\r\n")
        self._row: Callable[[list[Any]], str] = writer.writerow
        self.header = (_BOM if bom else b"") + self._row(list(COLUMNS)).encode()

    def line(self, event: Exportable) -> bytes:
        """Return one event's line, its end included."""
        place, members = place_of(event), members_of(event)
        return self._row([cell(place, members) for cell in _CELLS.values()]).encode()
