"""The verdict: from all that a pass over a log has collected to findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final

from indelible.merkle import HASH_SIZE, TILE_WIDTH, CompletedTile, Frontier
from indelible.verification.checkpoints import CheckpointJudge, Disagreement
from indelible.verification.classify import Truth, name_differences, name_projections, name_tiles
from indelible.verification.pieces import (
    MOST_DIFFERENCES,
    Difference,
    Piece,
    Projection,
    TileDifference,
)
from indelible.verification.report import Finding, Kind
from indelible.verification.signed import (
    STRUCTURAL,
    name_disagreements,
    name_missing_handovers,
    name_rollback,
)
from indelible.verification.tree import TreeAt, find_insertion, find_swap, subtrees

__all__ = ["Evidence", "HeadState", "findings_of"]

_MOST_FINDINGS: Final = 200
_MOST_LEVELS: Final = 8  # A log of 2**63 events has no more.
_LEAF_PREFIX: Final = b"\x00"


@dataclass(frozen=True, slots=True)
class HeadState:
    """The log's row.

    Attributes:
        size: How many events it counts; how many there are, where it cannot be read.
        frontier: Its tree; None where that cannot be read.
        problems: What is wrong with the row in itself.
    """

    size: int
    frontier: Frontier | None
    problems: tuple[str, ...]


@dataclass(slots=True)
class Evidence:
    """What a pass has collected.

    Attributes:
        head: The log's row.
        judge: The checkpoints.
        first: Number of the first event that was read.
        differences: Where what is stored does not agree with itself.
        tiles: Tiles of level 0 that differ.
        projections: Columns that do not follow from their bodies.
        upper: Findings about tiles above level 0.
        outside: Number and body of events beyond the end.
        outside_count: How many of those there are.
        surplus: Level and index of tiles that the tree has not.
        tail: The last piece's leaves after the last full tile.
        unlisted: What was found and not kept.
        pruned: Events without a body.
        unknown: Number of the first event of which nothing is left.
        at_head: The tree at the head's size.
        at_stop: The tree over all that was read.
        loose_handovers: Whether older keys' checkpoints need not be there.
    """

    head: HeadState
    judge: CheckpointJudge
    first: int = 0
    differences: list[Difference] = field(default_factory=list)
    tiles: list[TileDifference] = field(default_factory=list)
    projections: list[Projection] = field(default_factory=list)
    upper: list[Finding] = field(default_factory=list)
    outside: list[tuple[Any, bytes | None]] = field(default_factory=list)
    outside_count: int = 0
    surplus: list[tuple[int, int]] = field(default_factory=list)
    tail: bytes = b""
    unlisted: int = 0
    pruned: int = 0
    unknown: int | None = None
    at_head: TreeAt | None = None
    at_stop: TreeAt | None = None
    loose_handovers: bool = False

    def add(self, piece: Piece) -> None:
        """Keep what a piece has found."""
        room = MOST_DIFFERENCES - len(self.differences)
        self.differences += piece.differences[:room]
        self.tiles += piece.tiles[: MOST_DIFFERENCES - len(self.tiles)]
        kept = MOST_DIFFERENCES - len(self.projections)
        self.projections += piece.projections[:kept]
        self.unlisted += max(0, len(piece.differences) - room) + piece.unlisted
        self.unlisted += max(0, len(piece.projections) - kept)
        self.pruned += piece.pruned
        self.tail = piece.tail
        if self.unknown is None:
            self.unknown = piece.unknown

    def add_tile(
        self,
        level: int,
        computed: CompletedTile,
        stored: CompletedTile,
        found: tuple[bytes, bytes] | None,
    ) -> None:
        """Compare a full tile above level 0 with what is stored."""
        span = TILE_WIDTH ** (level + 1)
        first = computed.index * span
        name = f"tile {computed.index} of level {level}"
        if found is None:
            problem = f"{name} is gone"
        elif found[0] not in {computed.hashes, stored.hashes}:
            wrong = next(
                (
                    position
                    for position in range(TILE_WIDTH)
                    if _at(found[0], position) != _at(computed.hashes, position)
                ),
                0,
            )
            first += wrong * TILE_WIDTH**level
            problem = f"{name} has another hash for the events from {first} on"
        elif found[1] not in {computed.root, stored.root}:
            problem = f"{name} has another root than its hashes"
        else:
            return
        last = (computed.index + 1) * span - 1
        self.upper.append(Finding(Kind.TILE, first, last, problem, count=span))


def findings_of(evidence: Evidence, stop: int) -> tuple[list[Finding], list[str]]:
    """Return the findings by number, and what could not be checked.

    Args:
        evidence: What a pass has collected.
        stop: Number after the last event that was read.
    """
    return _Verdict(evidence, stop).run()


class _Verdict:
    def __init__(self, evidence: Evidence, stop: int) -> None:
        self._evidence = evidence
        self._judge = evidence.judge
        self._stop = stop
        self._tiled = stop - stop % TILE_WIDTH
        self._truth = self._find_truth()
        self._findings: list[Finding] = []

    def run(self) -> tuple[list[Finding], list[str]]:
        evidence = self._evidence
        outside = [
            (seq, sha256(_LEAF_PREFIX + (body or b"")).digest())
            for seq, body in evidence.outside
            if isinstance(seq, int)
        ]
        self._findings += name_differences(
            evidence.differences,
            outside,
            evidence.outside_count,
            self._truth,
            stop=self._stop,
            truncated=evidence.unlisted > 0,
        )
        edited = {item.index for item in evidence.differences if self._is_edited(item)}
        self._findings += name_projections(evidence.projections, edited)
        self._findings += name_tiles(evidence.tiles, self._truth)
        self._findings += evidence.upper
        self._add_surplus()
        self._check_head()
        self._findings += self._judge.findings
        if not evidence.loose_handovers:
            self._findings += name_missing_handovers(self._judge, evidence.first)
        self._findings += name_disagreements(self._judge, self._findings)
        self._findings += name_rollback(self._judge, self._findings, self._stop)
        self._findings.sort(key=lambda finding: finding.first)
        evidence.unlisted += max(0, len(self._findings) - _MOST_FINDINGS)
        return self._findings[:_MOST_FINDINGS], self._notes()

    def _is_edited(self, item: Difference) -> bool:
        """Tell whether it is a body that differs, of which its columns then say nothing."""
        if item.body != item.column:
            return True
        return item.tile not in {None, item.body} and not self._truth.is_body(item.index)

    def _find_truth(self) -> Truth:
        evidence, judge = self._evidence, self._judge
        by_head = False
        frontier, tree = evidence.head.frontier, evidence.at_head
        if frontier is not None and tree is not None:
            by_head = frontier.hashes == tree.computed and frontier.hashes != tree.stored
        voted = frozenset(
            tile.index
            for tile in evidence.tiles
            if tile.stored and tile.column == tile.computed != tile.stored
        )
        return Truth(judge.stored, judge.computed, voted, by_head)

    def _add_surplus(self) -> None:
        for level, index in self._evidence.surplus:
            # SQLite keeps whatever was put into a number's column.
            first = index * TILE_WIDTH ** (level + 1) if _is_number(level, index) else 0
            self._findings.append(
                Finding(
                    Kind.TILE,
                    min(first, self._stop),
                    None,
                    f"tile {index} of level {level} does not belong to a tree of {self._stop}",
                    count=0,
                )
            )

    # The head ----------------------------------------------------------------------------------

    def _check_head(self) -> None:
        head, tree = self._evidence.head, self._evidence.at_head
        for problem in head.problems:
            self._findings.append(self._head_finding(0, f"the log's row is damaged: {problem}"))
        if head.size < self._stop and self._judge.computed > head.size:
            # A head that was set back says nothing about the events beyond it.
            self._findings = [
                finding
                for finding in self._findings
                if finding.kind is not Kind.INSERTED or finding.first < self._stop
            ]
            self._findings.append(
                self._head_finding(
                    head.size,
                    f"the log's row counts {head.size} events, and a signed checkpoint "
                    f"{self._judge.computed}, all of which are there",
                )
            )
        if head.frontier is None or tree is None:
            return
        if head.frontier.hashes in {tree.computed, tree.stored}:
            return
        bad = [
            (part, wanted)
            for part, wanted, computed, stored in zip(
                subtrees(head.size),
                head.frontier.hashes,
                tree.computed,
                tree.stored,
                strict=True,
            )
            if wanted not in {computed, stored}
            and (self._evidence.unknown is None or part[1] <= self._evidence.unknown)
        ]
        if not bad:
            return
        if self._is_structural():
            if bad[0][0][0] >= self._tiled:
                self._widen(bad[0][0])
                return
            gaps = {tile.index for tile in self._evidence.tiles if not tile.stored}
            if gaps:
                self._widen_gaps(gaps)
                return
            # Whole tiles know what was there, so that it is the head that is wrong.
        guarded = max(self._tiled, self._judge.computed, self._judge.stored)
        if bad[0][0][1] <= guarded or self._stop != head.size:
            first = bad[0][0][0]
            self._findings.append(
                self._head_finding(
                    first, "the log's row has another tree than its events, which agree otherwise"
                )
            )
        else:
            self._name_tail(bad)

    def _head_finding(self, first: int, detail: str) -> Finding:
        head = self._evidence.head.frontier
        tree = self._evidence.at_head
        return Finding(
            Kind.HEAD,
            first,
            None,
            detail,
            count=0,
            expected=None if tree is None else tree.computed_root.hex(),
            found=None if head is None else head.root().hex(),
        )

    def _is_structural(self) -> bool:
        return any(finding.kind in STRUCTURAL for finding in self._findings)

    def _widen(self, part: tuple[int, int]) -> None:
        """Correct a finding about the end: the events before it were renumbered to hide it."""
        for position, finding in enumerate(self._findings):
            if finding.kind not in STRUCTURAL or finding.first < part[1]:
                continue
            if finding.kind is Kind.INSERTED and finding.count == 1:
                place = self._inserted_at()
                if place is not None:
                    self._findings[position] = replace(
                        finding,
                        first=place,
                        last=place,
                        detail="the event was never appended; those after it were renumbered",
                    )
                    return
            self._findings[position] = replace(
                finding,
                first=max(part[0], self._judge.computed),
                last=part[1] - 1,
                exact=False,
                detail=f"{finding.detail}; the events after it were renumbered",
            )
            return

    def _widen_gaps(self, gaps: set[int]) -> None:
        """Correct findings right behind tiles that are gone, and with them what was there."""
        for position, finding in enumerate(self._findings):
            tile, offset = divmod(finding.first, TILE_WIDTH)
            if finding.kind not in STRUCTURAL or offset or tile - 1 not in gaps:
                continue
            while tile - 1 in gaps:
                tile -= 1
            self._findings[position] = replace(
                finding, first=tile * TILE_WIDTH, last=finding.first - 1, exact=False
            )

    def _tail_leaves(self) -> list[bytes]:
        data = self._evidence.tail
        return [data[start : start + HASH_SIZE] for start in range(0, len(data), HASH_SIZE)]

    def _tail_parts(self) -> list[tuple[tuple[int, int], bytes]]:
        """Return the head's subtrees after the last full tile, as positions in the tail."""
        head = self._evidence.head
        hashes = () if head.frontier is None else head.frontier.hashes
        return [
            ((start - self._tiled, stop - self._tiled), root)
            for (start, stop), root in zip(subtrees(head.size), hashes, strict=True)
            if start >= self._tiled
        ]

    def _inserted_at(self) -> int | None:
        bodies = [body for _, body in self._evidence.outside if body is not None]
        if self._evidence.outside_count != 1 or len(bodies) != 1:
            return None
        leaves = [*self._tail_leaves(), sha256(_LEAF_PREFIX + bodies[0]).digest()]
        parts = self._tail_parts()
        found = find_insertion(leaves, [part for part, _ in parts], [root for _, root in parts])
        return None if found is None else found + self._tiled

    def _name_tail(self, bad: Sequence[tuple[tuple[int, int], bytes]]) -> None:
        """Name what happened after the last full tile, where only the head says what was there."""
        shifted = [(start - self._tiled, stop - self._tiled) for (start, stop), _ in bad]
        swap = find_swap(self._tail_leaves(), shifted, [root for _, root in bad])
        if swap is not None:
            first, second = swap[0] + self._tiled, swap[1] + self._tiled
            self._findings.append(
                Finding(
                    Kind.REORDERED,
                    first,
                    second,
                    f"the events {first} and {second} have changed places",
                    count=2,
                )
            )
            return
        for (start, stop), _ in bad:
            last = min([stop, *(item.checkpoint.size for item in self._above(start))]) - 1
            self._findings.append(
                Finding(
                    Kind.EDITED,
                    max(start, self._judge.computed),
                    last,
                    "an event was changed and hashed again; the log's row has another tree",
                    exact=False,
                )
            )

    def _above(self, size: int) -> list[Disagreement]:
        return [item for item in self._judge.disagreements if item.checkpoint.size > size]

    def _notes(self) -> list[str]:
        notes = []
        if self._evidence.loose_handovers and self._judge.missing_handovers(0):
            notes.append(
                "The key that signed is not the first one, and the checkpoint at which it took "
                "over is not among the files: that the older key vouched for the same history is "
                "not shown. Pass that checkpoint as a pin."
            )
        if self._judge.foreign:
            notes.append(
                f"{len(self._judge.foreign)} checkpoints, from size {min(self._judge.foreign)} on, "
                "are not signed by the key that was found, and so say nothing here. Name all the "
                "keys that the log has had, as a keyring lists them."
            )
        if self._judge.unchecked:
            notes.append(
                f"{len(self._judge.unchecked)} checkpoints, from size "
                f"{min(self._judge.unchecked)} on, could not be compared: events before them are "
                "gone without a trace of their hashes."
            )
        if self._evidence.unlisted:
            notes.append(
                f"{self._evidence.unlisted} further differences were found and are not listed."
            )
        return notes


def _is_number(level: object, index: object) -> bool:
    return (
        isinstance(level, int)
        and isinstance(index, int)
        and 0 <= level <= _MOST_LEVELS
        and index >= 0
    )


def _at(data: bytes, position: int) -> bytes:
    return data[position * HASH_SIZE : (position + 1) * HASH_SIZE]
