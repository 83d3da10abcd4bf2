"""How figures are taken and shown: in pairs, within one run, as ratios."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass

__all__ = ["Figure", "Pair", "alternate", "as_markdown", "as_text"]


@dataclass(frozen=True)
class Pair:
    """One measurement of something beside its floor or peer, taken right after each other.

    Attributes:
        measured: What Indelible reached.
        floor: What the floor or peer reached.
    """

    measured: float
    floor: float


@dataclass(frozen=True)
class Figure:
    """One row of the table.

    Attributes:
        name: What was measured.
        floor_name: What stands beside it.
        unit: The unit of both, such as ``events/s``.
        pairs: The measurements.
        wanted: The ratio to reach, as text; "" where it is only printed.
        reached: Tells whether a ratio reaches it; None where it is only printed.
        most_above: How far what was measured may lie above the floor, where that is what counts.
    """

    name: str
    floor_name: str
    unit: str
    pairs: tuple[Pair, ...]
    wanted: str = ""
    reached: Callable[[float], bool] | None = None
    most_above: float | None = None

    @property
    def ratio(self) -> float:
        """The median of the pairs' ratios: a slow moment of the machine hits both of a pair."""
        return statistics.median(pair.measured / pair.floor for pair in self.pairs)

    @property
    def measured(self) -> float:
        return statistics.median(pair.measured for pair in self.pairs)

    @property
    def floor(self) -> float:
        return statistics.median(pair.floor for pair in self.pairs)

    @property
    def verdict(self) -> str:
        if self.most_above is not None:
            return "yes" if self.measured - self.floor <= self.most_above else "NO"
        if self.reached is None:
            return ""
        return "yes" if self.reached(self.ratio) else "NO"


def alternate(
    rounds: int, measured: Callable[[], float], floor: Callable[[], float]
) -> tuple[Pair, ...]:
    """Measure both in turn, the floor first in every second round."""
    pairs = []
    for number in range(rounds):
        if number % 2:
            below = floor()
            pairs.append(Pair(measured(), below))
        else:
            above = measured()
            pairs.append(Pair(above, floor()))
    return tuple(pairs)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _cells(figure: Figure) -> tuple[str, ...]:
    ratios = sorted(pair.measured / pair.floor for pair in figure.pairs)
    return (
        figure.name,
        f"{_number(figure.measured)} {figure.unit}",
        figure.floor_name,
        f"{_number(figure.floor)} {figure.unit}",
        f"{figure.ratio:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
        figure.wanted,
        figure.verdict,
    )


_HEADINGS = ("figure", "measured", "floor or peer", "floor", "ratio", "wanted", "reached")


def as_text(figures: Iterable[Figure]) -> str:
    rows = [_HEADINGS, *map(_cells, figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def as_markdown(figures: Iterable[Figure]) -> str:
    lines = [
        "| " + " | ".join(_HEADINGS) + " |",
        "| " + " | ".join("---" for _ in _HEADINGS) + " |",
    ]
    lines += ["| " + " | ".join(_cells(figure)) + " |" for figure in figures]
    return "\n".join(lines) + "\n"
