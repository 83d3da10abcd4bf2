"""Charts of a few series over time: in characters for a terminal, and as an SVG file."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

_HEIGHT: Final = 8
_WIDTH: Final = 72
_BLOCKS: Final = " ▁▂▃▄▅▆▇█"

_SVG_WIDTH: Final = 900
_SVG_HEIGHT: Final = 150
_MARGIN: Final = 60


@dataclass(frozen=True)
class Series:
    """Values at moments.

    Attributes:
        name: What they are, with the unit.
        values: One for each moment.
    """

    name: str
    values: Sequence[float]

    @property
    def top(self) -> float:
        return max(self.values, default=0.0) or 1.0


@dataclass(frozen=True)
class Mark:
    """Something that happened at a moment."""

    second: float
    what: str


def text_chart(series: Series, seconds: Sequence[float], marks: Sequence[Mark]) -> str:
    """Return a chart in characters; a line below it shows when something happened."""
    columns = _columns(series.values)
    top = max(columns, default=0.0) or 1.0
    lines = [f"{series.name}, at most {series.top:,.0f}"]
    for row in range(_HEIGHT, 0, -1):
        filled = [(value / top * _HEIGHT - (row - 1)) * (len(_BLOCKS) - 1) for value in columns]
        cells = [_BLOCKS[max(0, min(len(_BLOCKS) - 1, round(fill)))] for fill in filled]
        label = f"{top:>12,.0f}" if row == _HEIGHT else " " * 12
        lines.append(f"{label} │{''.join(cells)}".rstrip())
    lines.append(f"{'0':>12} └{'─' * len(columns)}")
    end = seconds[-1] if seconds else 0.0
    if end and marks:
        below = [" "] * len(columns)
        for mark in marks:
            below[min(len(columns) - 1, int(mark.second / end * len(columns)))] = "^"
        lines.append(f"{'faults':>12}  {''.join(below)}".rstrip())
    return "\n".join(lines)


def _columns(values: Sequence[float]) -> list[float]:
    """Return as many values as a line has room for: the mean of each column's own."""
    width = min(_WIDTH, len(values))
    columns = []
    for column in range(width):
        first = column * len(values) // width
        part = values[first : max(first + 1, (column + 1) * len(values) // width)]
        columns.append(sum(part) / len(part))
    return columns


def write_svg(
    path: Path, series: Sequence[Series], seconds: Sequence[float], marks: Sequence[Mark]
) -> None:
    """Write one panel for each series above the other, with the marks as upright lines."""
    end = max(seconds, default=0.0) or 1.0
    height = len(series) * (_SVG_HEIGHT + _MARGIN) + _MARGIN
    width = _SVG_WIDTH + 2 * _MARGIN
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            ' font-family="sans-serif" font-size="12">'
        ),
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for number, each in enumerate(series):
        base = _MARGIN + number * (_SVG_HEIGHT + _MARGIN) + _SVG_HEIGHT
        parts += _panel(each, seconds, end, base)
        for mark in marks:
            x = _MARGIN + mark.second / end * _SVG_WIDTH
            parts.append(
                f'<line x1="{x:.1f}" y1="{base}" x2="{x:.1f}" y2="{base - _SVG_HEIGHT}"'
                f' stroke="#c33" stroke-opacity="0.5"><title>{escape(mark.what)}</title></line>'
            )
    parts.append("</svg>\n")
    path.write_text("\n".join(parts), encoding="utf-8")


def _panel(series: Series, seconds: Sequence[float], end: float, base: int) -> list[str]:
    points = " ".join(
        f"{_MARGIN + second / end * _SVG_WIDTH:.1f},{base - value / series.top * _SVG_HEIGHT:.1f}"
        for second, value in zip(seconds, series.values, strict=True)
    )
    return [
        (
            f'<text x="{_MARGIN}" y="{base - _SVG_HEIGHT - 8}">{escape(series.name)},'
            f" at most {series.top:,.0f}; {end:.0f} s</text>"
        ),
        (
            f'<path d="M{_MARGIN} {base - _SVG_HEIGHT}V{base}H{_MARGIN + _SVG_WIDTH}"'
            ' fill="none" stroke="#999"/>'
        ),
        f'<polyline points="{points}" fill="none" stroke="#246"/>',
    ]


def write_csv(path: Path, series: Sequence[Series], seconds: Sequence[float]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["seconds", *(each.name for each in series)])
        columns = [each.values for each in series]
        for row in zip(seconds, *columns, strict=True):
            writer.writerow([f"{value:.3f}" for value in row])
