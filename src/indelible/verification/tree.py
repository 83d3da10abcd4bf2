"""The tree of a log under verification, put together from the roots that pieces leave.

There are two of it as soon as the stored hashes differ from those of the bodies: which of the two
was signed says which side was changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indelible.merkle import (
    EMPTY_ROOT,
    HASH_SIZE,
    TILE_WIDTH,
    CompletedTile,
    Frontier,
    TreeState,
    node_hash,
    partial_ranges,
    tile_width,
)
from indelible.merkle.proofs import Fetch
from indelible.verification.pieces import Piece

__all__ = ["GrowingTree", "TreeAt", "find_insertion", "find_swap", "restore", "root_of", "subtrees"]


@dataclass(frozen=True, slots=True)
class TreeAt:
    """Both trees at one size.

    Attributes:
        size: The size.
        computed: The hashes of the perfect subtrees, from the bodies.
        stored: The same from the stored hashes.
        known: Whether something is known of every leaf.
    """

    size: int
    computed: tuple[bytes, ...]
    stored: tuple[bytes, ...]
    known: bool

    @property
    def computed_root(self) -> bytes:
        """The root over the bodies."""
        return _folded(self.computed)

    @property
    def stored_root(self) -> bytes:
        """The root over the stored hashes."""
        return _folded(self.stored)


class GrowingTree:
    """Grows by whole pieces, in order.

    Args:
        state: The tree over the roots of the tiles before the first piece, each tile a leaf.
    """

    def __init__(self, state: TreeState) -> None:
        self._computed = state
        self._stored = state
        self._unknown: int | None = None

    @classmethod
    def empty(cls) -> GrowingTree:
        """Return the tree of a log that is read from its beginning."""
        return cls(TreeState.empty())

    def add(
        self, piece: Piece, edges: Sequence[int]
    ) -> Iterator[TreeAt | tuple[CompletedTile, CompletedTile]]:
        """Add a piece.

        Args:
            piece: The piece that follows the last one.
            edges: The sizes, in order, at which the tree is wanted.

        Yields:
            The tree at each of these sizes, and every tile above level 0 that has become full,
            once as the bodies make it and once as the stored hashes make it.
        """
        if self._unknown is None:
            self._unknown = piece.unknown
        roots = _split(piece.roots)
        stored = _split(piece.stored_roots) if piece.stored_roots else roots
        done = 0
        for edge in edges:
            upto = (edge - piece.first) // TILE_WIDTH
            yield from self._grow(roots[done:upto], stored[done:upto])
            done = upto
            below = piece.edges.get(edge)
            computed = () if below is None else tuple(_split(below.computed))
            remembered = () if below is None else tuple(_split(below.stored))
            yield TreeAt(
                edge,
                self._computed.frontier.hashes + computed,
                self._stored.frontier.hashes + remembered,
                self._unknown is None or self._unknown >= edge,
            )
        yield from self._grow(roots[done:], stored[done:])

    @property
    def partials(self) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        """The hashes of the last tile of each level from 1 on: from the bodies, and as stored."""
        return self._computed.partials, self._stored.partials

    def _grow(
        self, roots: list[bytes], stored: list[bytes]
    ) -> Iterator[tuple[CompletedTile, CompletedTile]]:
        if not roots:
            return
        same = self._stored is self._computed and roots == stored
        grown = self._computed.extend(roots)
        other = grown if same else self._stored.extend(stored)
        self._computed, self._stored = grown.state, other.state
        yield from zip(grown.tiles, other.tiles, strict=True)


def subtrees(size: int) -> list[tuple[int, int]]:
    """Return first leaf and end of the perfect subtrees of a tree, biggest first."""
    found = []
    start = 0
    while start < size:
        width = 1 << (size - start).bit_length() - 1
        found.append((start, start + width))
        start += width
    return found


def restore(tiles: int, fetch: Fetch) -> TreeState:
    """Rebuild the tree over so many tiles' roots from the tiles above them.

    Args:
        tiles: How many full tiles of level 0 there are.
        fetch: Reads one tile of the log.

    Raises:
        ProofError: A tile is missing or too short.
    """
    partials = []
    hashes: list[bytes] = []
    for level, nodes in enumerate(partial_ranges(tiles)):
        width = tile_width(level + 1, nodes.start // TILE_WIDTH, tiles * TILE_WIDTH)
        data = fetch(level + 1, nodes.start // TILE_WIDTH, width) if nodes else b""
        partials.append(data)
        edge = Frontier()
        edge.extend(_split(data))
        hashes[:0] = edge.hashes
    return TreeState.restore(Frontier.from_hashes(tiles, hashes), partials)


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over a few leaves."""
    frontier = Frontier()
    frontier.extend(leaves)
    return frontier.root()


def find_swap(
    leaves: list[bytes], ranges: Sequence[tuple[int, int]], roots: Sequence[bytes]
) -> tuple[int, int] | None:
    """Find the two leaves that have to change places for one or two subtrees to have given roots.

    Args:
        leaves: The leaves, at most 255.
        ranges: The subtrees that have other roots, as positions in `leaves`.
        roots: The roots that they should have.
    """
    if len(ranges) not in {1, 2}:
        return None
    for i in range(*ranges[0]):
        for j in range(*ranges[-1]):
            if j <= i:
                continue
            swapped = leaves.copy()
            swapped[i], swapped[j] = leaves[j], leaves[i]
            if _fits(swapped, ranges, roots):
                return i, j
    return None


def find_insertion(
    leaves: list[bytes], ranges: Sequence[tuple[int, int]], roots: Sequence[bytes]
) -> int | None:
    """Find the leaf without which the subtrees have given roots.

    Args:
        leaves: The leaves, one more than the subtrees hold.
        ranges: All the subtrees, as positions in `leaves`.
        roots: Their roots.
    """
    for position in range(len(leaves)):
        if _fits(leaves[:position] + leaves[position + 1 :], ranges, roots):
            return position
    return None


def _fits(leaves: list[bytes], ranges: Sequence[tuple[int, int]], roots: Sequence[bytes]) -> bool:
    return all(
        root_of(leaves[start:stop]) == root
        for (start, stop), root in zip(ranges, roots, strict=True)
    )


def _folded(hashes: Sequence[bytes]) -> bytes:
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in hashes[-2::-1]:
        root = node_hash(left, root)
    return root


def _split(data: bytes) -> list[bytes]:
    return [data[start : start + HASH_SIZE] for start in range(0, len(data), HASH_SIZE)]
