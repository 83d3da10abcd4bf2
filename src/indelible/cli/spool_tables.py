"""Spools and what is in them, for people."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from rich import box
from rich.table import Table
from rich.text import Text

from indelible.body import EventRow
from indelible.spool import SpoolStatus
from indelible.visible import visible

__all__ = ["rows_table", "spools_table"]

_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


_ROOM_FOR_IDS: Final = 76
"""Columns from which on an id stays in one piece, for copying it."""


def spools_table(spools: Iterable[SpoolStatus], width: int) -> Table:
    """Return spools as a table, two lines for each.

    Args:
        spools: The spools.
        width: The terminal's width in columns.
    """
    table = _table()
    table.add_column("spool, log", no_wrap=width >= _ROOM_FOR_IDS, overflow="fold")
    table.add_column("process", overflow="fold")
    table.add_column("pending", justify="right")
    table.add_column("oldest", justify="right")
    table.add_column("damage", overflow="fold")
    for spool in spools:
        name = Text(spool.spool_id + "\n")
        name.append("unknown" if spool.origin is None else visible(spool.origin), "bold")
        pending = f"{spool.pending:,}\n{spool.pending_bytes:,} bytes"
        table.add_row(
            name,
            _process(spool),
            Text("?", "red") if spool.problem else Text(pending),
            Text("" if spool.oldest is None else _age(time.time() - spool.oldest)),
            _damage(spool),
        )
    return table


def rows_table(rows: Iterable[tuple[int, EventRow]], width: int) -> Table:
    """Return events that wait in a spool as a table, each with its number there.

    Args:
        rows: Numbers and events.
        width: The terminal's width in columns.
    """
    table = _table()
    table.add_column("number", justify="right", no_wrap=True)
    table.add_column("time (UTC), event id", no_wrap=width >= _ROOM_FOR_IDS, overflow="fold")
    table.add_column("who, what, to what", overflow="fold")
    table.add_column("outcome", overflow="fold")
    for number, row in rows:
        event_id, occurred_at, _, action, outcome, actor, target, *_ = row
        moment = visible(occurred_at.replace("T", " ").removesuffix("Z"))
        what = Text(visible(f"{actor} {action}"))
        if target is not None:
            what.append("\n" + visible(target))
        table.add_row(
            Text(str(number), "dim"),
            Text(moment + "\n").append(visible(event_id), "dim"),
            what,
            Text(visible(outcome)),
        )
    return table


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False)


def _process(spool: SpoolStatus) -> Text:
    text = Text("alive" if spool.alive else "dead", "green" if spool.alive else "yellow")
    if spool.pid is not None:
        text.append(f"\n{spool.pid} on {visible(str(spool.host))}", "default")
    return text


def _damage(spool: SpoolStatus) -> Text:
    if spool.problem:
        return Text(visible(spool.problem), "red")
    if not spool.damaged:
        return Text("none", "dim")
    places = "1 place" if spool.damaged == 1 else f"{spool.damaged:,} places"
    return Text(f"{places}\n{spool.lost:,} lost", "red")


def _age(seconds: float) -> str:
    """Return an age in its two largest units."""
    left = max(0, round(seconds))
    parts: list[str] = []
    for size, unit in _UNITS:
        number, left = divmod(left, size)
        if number or parts or size == 1:
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2])
