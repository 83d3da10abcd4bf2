"""From differences to names: edited, deleted, inserted, reordered, tile changed.

What was signed, or failing that the log's head, says which side of a difference is the true one.
Where that is the stored tiles, each hash in them is an event that was there once; looking for it
among the events that are there now tells a moved event from a lost one and from a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from indelible.merkle import TILE_WIDTH
from indelible.verification.pieces import Difference, Projection, TileDifference
from indelible.verification.report import Finding, Kind

__all__ = ["Truth", "name_differences", "name_projections", "name_tiles", "runs"]


@dataclass(frozen=True, slots=True)
class Truth:
    """Which side of a difference is the true one.

    Attributes:
        stored: A signed root agrees with the stored hashes below this number.
        computed: A signed root agrees with the bodies below this number.
        tiles: Tiles of level 0 whose stored root agrees with the bodies and not with their hashes.
        by_head: Whether the head agrees with the bodies and not with the stored hashes.
    """

    stored: int = 0
    computed: int = 0
    tiles: frozenset[int] = frozenset()
    by_head: bool = False

    def is_body(self, index: int) -> bool:
        """Tell whether the body is the true side at a number.

        What was signed comes first, then the tile's own root, then the head.  When nothing says
        it, the stored hash is taken for the true one: it is the older witness.
        """
        if index < self.stored:
            return False
        return index < self.computed or index // TILE_WIDTH in self.tiles or self.by_head


@dataclass(slots=True)
class _Now:
    """What became of the events that the stored hashes speak of."""

    original: dict[bytes, int] = field(default_factory=dict)
    present: dict[bytes, int] = field(default_factory=dict)

    def moved(self) -> list[tuple[int, int]]:
        """Return old and new number of the events that are still there, by old number."""
        return sorted(
            (old, self.present[item]) for item, old in self.original.items() if item in self.present
        )


def name_differences(
    differences: Sequence[Difference],
    outside: Sequence[tuple[int, bytes]],
    outside_count: int,
    truth: Truth,
    *,
    stop: int,
    truncated: bool,
) -> list[Finding]:
    """Name differences between events, leaf hashes and tiles.

    Args:
        differences: The differences, by number.
        outside: Number and body hash of events beyond the head.
        outside_count: How many of those there are.
        truth: Which side is the true one.
        stop: Number after the last event that was read.
        truncated: Whether there are more differences than these.
    """
    findings: list[Finding] = []
    now = _Now(present={item: index for index, item in outside})
    columns, bodiless, stored = [], [], {}
    for item in differences:
        if truth.is_body(item.index) and item.present and item.body is not None:
            if item.column != item.body:
                columns.append(item.index)
            continue
        if item.present and item.body is None:
            bodiless.append(item.index)
            continue
        side = item.tile or item.column
        if item.present and item.body == side:
            columns.append(item.index)
            continue
        stored[item.index] = item
        if side is not None:
            now.original[side] = item.index
        if item.body is not None:
            now.present[item.body] = item.index
    findings += _named(Kind.EDITED, columns, "the column leaf_hash is not the hash of the body")
    findings += _named(Kind.EDITED, bodiless, "the event has no body, and was not pruned")
    limit = stop - stop % TILE_WIDTH
    if truncated and differences:
        limit = min(limit, differences[-1].index + 1)
    known = _Known(stored, limit, stop)
    return findings + _name_events(known, now, [index for index, _ in outside], outside_count)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the stored hashes know.

    Attributes:
        differences: The differences of which they are the true side, by number.
        limit: Number of events whose hashes are known independently of the events' own rows.
        stop: Number after the last event that was read.
    """

    differences: dict[int, Difference]
    limit: int
    stop: int


def _name_events(
    known: _Known, now: _Now, outside: Sequence[int], outside_count: int
) -> list[Finding]:
    moved = now.moved()
    shift = max((abs(new - old) for old, new in moved), default=0)
    # Where events have moved across the end of what is known, the last few look lost or new.
    edge = range(known.limit - shift, known.limit) if moved else range(0)
    lost = {
        index
        for index, item in known.differences.items()
        if (item.tile or item.column or b"") not in now.present and index not in edge
    }
    fresh = {
        index
        for item, index in now.present.items()
        if item not in now.original and index not in edge
    }
    deleted = sorted(lost - fresh)
    # Of events that have moved down, the last numbers are empty.
    if moved and deleted and deleted[0] < known.limit:
        deleted = [index for index in deleted if index < max(known.limit, known.stop - shift)]
    inserted = sorted(fresh - lost)
    inner = [index for index in inserted if index not in outside]
    outer = [index for index in inserted if index in outside]
    shifted = _in_order(moved) and {new - old for old, new in moved} == {shift}
    unseen = outside_count - len(outside)
    if inner or (shifted and moved[-1][0] >= known.limit - 1 - shift):
        # And of those that have moved up, the last stand beyond the end.
        outer, unseen = [], 0
    findings = [*_edits(sorted(lost & fresh), known.differences)]
    findings += _named(Kind.DELETED, deleted, _deletion(moved))
    findings += _named(
        Kind.INSERTED, inner, "the event was never appended; those after it were renumbered"
    )
    findings += _beyond(outer, unseen, known.stop)
    if moved and not (_in_order(moved) and (deleted or inner)):
        old, new = moved[0]
        findings.append(
            Finding(
                Kind.REORDERED,
                min(min(pair) for pair in moved),
                max(max(pair) for pair in moved),
                f"{_events(len(moved))} under other numbers; number {old} is now {new}",
                count=len(moved),
            )
        )
    return findings


def _beyond(indices: Sequence[int], unseen: int, stop: int) -> list[Finding]:
    """Name events before the first or after the last that the log's head counts."""
    before = [index for index in indices if index < 0]
    after = [index for index in indices if index >= stop]
    findings = _named(Kind.INSERTED, before, "the event stands before the first one")
    if after or unseen:
        count = len(after) + unseen
        last = None if unseen else after[-1]
        findings.append(
            Finding(
                Kind.INSERTED,
                after[0] if after else stop,
                last,
                f"{_events(count)} beyond the end: the log's row counts {stop}",
                count=count,
            )
        )
    return findings


def _edits(indices: Sequence[int], stored: dict[int, Difference]) -> list[Finding]:
    again = [index for index in indices if stored[index].column == stored[index].body]
    plain = [index for index in indices if stored[index].column != stored[index].body]
    return [
        *_named(Kind.EDITED, plain, "the body does not have the hash that was stored for it"),
        *_named(
            Kind.EDITED,
            again,
            "the body was changed and hashed again; the tree has another hash for it",
        ),
    ]


def _deletion(moved: Sequence[tuple[int, int]]) -> str:
    text = "the event is gone"
    return f"{text}, and those after it were renumbered" if moved else text


def _in_order(moved: Sequence[tuple[int, int]]) -> bool:
    return all(before[1] < after[1] for before, after in pairwise(moved))


def name_projections(projections: Iterable[Projection], edited: set[int]) -> list[Finding]:
    """Name columns that do not follow from their bodies, each column of each event by itself.

    Args:
        projections: The columns.
        edited: Events whose body itself was changed, of which their columns say nothing.
    """
    return [
        Finding(
            Kind.PROJECTION,
            item.index,
            item.index,
            f"the column {item.column} does not follow from the body",
            expected=item.expected,
            found=item.found,
        )
        for item in projections
        if item.index not in edited
    ]


def name_tiles(tiles: Iterable[TileDifference], truth: Truth) -> list[Finding]:
    """Name tiles of level 0 that were changed, as opposed to the events below them."""
    findings = []
    for tile in tiles:
        first = tile.index * TILE_WIDTH
        last = first + TILE_WIDTH - 1
        name = f"tile {tile.index} of level 0"
        if tile.missing:
            findings.append(Finding(Kind.TILE, first, last, f"{name} is gone", count=TILE_WIDTH))
        elif not tile.stored:
            findings.append(
                Finding(Kind.TILE, first, last, f"{name} does not hold 256 hashes", count=256)
            )
        elif tile.stored != tile.computed and truth.is_body(last):
            findings.append(
                Finding(
                    Kind.TILE,
                    first,
                    last,
                    f"{name} has other hashes than the events have",
                    expected=tile.computed.hex(),
                    found=tile.stored.hex(),
                    count=TILE_WIDTH,
                )
            )
        elif tile.column not in {tile.stored, tile.computed}:
            findings.append(
                Finding(
                    Kind.TILE,
                    first,
                    last,
                    f"{name} has another root than its hashes",
                    expected=tile.stored.hex(),
                    found=tile.column.hex(),
                    count=TILE_WIDTH,
                )
            )
    return findings


def runs(indices: Iterable[int]) -> list[tuple[int, int]]:
    """Return first and last number of each run of numbers without a gap."""
    found: list[tuple[int, int]] = []
    for index in indices:
        if found and found[-1][1] == index - 1:
            found[-1] = (found[-1][0], index)
        else:
            found.append((index, index))
    return found


def _named(kind: Kind, indices: Sequence[int], detail: str) -> list[Finding]:
    return [
        Finding(kind, first, last, detail, count=last - first + 1) for first, last in runs(indices)
    ]


def _events(count: int) -> str:
    return "1 event stands" if count == 1 else f"{count} events stand"
