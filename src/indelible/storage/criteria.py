"""What a reader selects by, in terms of the tables."""

from __future__ import annotations

from typing import Any, NamedTuple

from indelible.storage.statements import ColumnShape, Shape

__all__ = ["Condition", "Criteria"]

_USUAL = "success"


class Condition(NamedTuple):
    """What a column must hold: one of the values, or what begins with one of the prefixes."""

    column: str
    values: tuple[str, ...]
    prefixes: tuple[str, ...] = ()


class Criteria(NamedTuple):
    """What events must match to be selected.

    Attributes:
        conditions: What columns must hold.
        since: Earliest ``occurred_at``, inclusive, as RFC 3339 text in UTC, or None.
        until: Latest ``occurred_at``, exclusive, likewise.
        first: Least number, or None.
        stop: Greatest number, exclusive, or None.
        needles: Texts that a body must hold.
        text: Words that an event must hold, looked for in its log's text index; None for any.
    """

    conditions: tuple[Condition, ...] = ()
    since: str | None = None
    until: str | None = None
    first: int | None = None
    stop: int | None = None
    needles: tuple[str, ...] = ()
    text: str | None = None

    def shape(self) -> Shape:
        """Return which conditions there are, without their values."""
        return Shape(
            tuple(
                [
                    ColumnShape(column, len(values), len(prefixes))
                    for column, values, prefixes in self.conditions
                ]
            ),
            since=self.since is not None,
            until=self.until is not None,
            first=self.first is not None,
            stop=self.stop is not None,
            needles=len(self.needles),
            unusual=any(
                column == "outcome" and _USUAL not in values
                for column, values, _ in self.conditions
            ),
        )

    def bound(self) -> dict[str, Any]:
        """Return the values by their names in a statement, times as text."""
        out: dict[str, Any] = {}
        for index, (_, values, prefixes) in enumerate(self.conditions):
            for number, value in enumerate(values):
                out[f"c{index}_{number}"] = value
            for number, prefix in enumerate(prefixes):
                out[f"p{index}_{number}"] = prefix
                out[f"q{index}_{number}"] = behind(prefix)
        for number, needle in enumerate(self.needles):
            out[f"n{number}"] = needle
        if self.since is not None:
            out["since"] = self.since
        if self.until is not None:
            out["until"] = self.until
        if self.first is not None:
            out["first"] = self.first
        if self.stop is not None:
            out["stop"] = self.stop
        return out


def behind(prefix: str) -> str:
    """Return the least text behind all that begin with a prefix, which ends in ASCII."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)
