"""The growing right edge of a log: a frontier and the partial tiles, extended in one pass.

This is what a commit needs from the tree: given the state at the log's head and the leaf hashes of
a batch, it yields the next state and the tiles that the batch completed. Nothing is changed in
place, so a batch whose transaction fails simply leaves the old state in use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from indelible.errors import ProofError
from indelible.merkle.tiles import TILE_BYTES, TILE_WIDTH, partial_ranges, split_tile
from indelible.merkle.tree import HASH_SIZE, TILE_HEIGHT, Frontier

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class CompletedTile:
    """A full tile, which will never change again.

    Attributes:
        level: Its level, from 0.
        index: Its index in the level, from 0.
        hashes: Its 256 hashes, 8,192 bytes.
        root: The 32-byte root of the tree over its hashes: node ``index`` of level ``level + 1``.
    """

    level: int
    index: int
    hashes: bytes
    root: bytes


class Growth(NamedTuple):
    """What `TreeState.extend` returns.

    Attributes:
        state: The state after the batch.
        tiles: The tiles that the batch completed, level 0 first and from left to right.
    """

    state: TreeState
    tiles: list[CompletedTile]


class TreeState:
    """A log's tree at one size: immutable, made by `empty`, `restore` or `extend`.

    Cost: `extend` computes each inner node exactly once. Measured on CPython 3.11 in batches
    of 1,000: 0.5 µs per leaf, 0.7 times what hashlib needs for one leaf hash and one node hash;
    1.4 µs for a batch of one.
    """

    __slots__ = ("_frontier", "_higher", "_leaves", "size")

    size: int
    """The number of leaves."""

    def __init__(self, frontier: Frontier, leaves: list[bytes], higher: tuple[bytes, ...]) -> None:
        """Take over trusted parts; stored ones come in through `restore`, which checks them.

        Args:
            frontier: The tree's frontier.
            leaves: The leaf hashes of the partial tile of level 0.
            higher: The joined hashes of the partial tiles above it.
        """
        self.size = frontier.size
        self._frontier = frontier
        # States that follow each other share the list, to which each only ever appends: of what
        # is in it, a state's own are as many as its size says.
        self._leaves = leaves
        self._higher = higher

    @classmethod
    def empty(cls) -> TreeState:
        """Return the state of a log without events."""
        return cls(Frontier(), [], ())

    @classmethod
    def restore(cls, frontier: Frontier, partials: Sequence[bytes]) -> TreeState:
        """Rebuild a state from what is stored, and check that it fits together.

        Args:
            frontier: The frontier stored with the log's head.
            partials: The joined hashes of the partial tile of each level, level 0 first, exactly
                the nodes that `partial_ranges` names for the frontier's size: leaf hashes for
                level 0, and for each higher level the roots of full tiles of the level below.

        Returns:
            The state.

        Raises:
            ProofError: A level is missing, too many, or of the wrong length, or the hashes of a
                level do not lead to the frontier: one of the two was changed behind the log's back.
        """
        size = frontier.size
        ranges = partial_ranges(size)
        if len(partials) != len(ranges):
            raise ProofError(
                f"a tree of size {size} has partial tiles at {len(ranges)} levels; got "
                f"{len(partials)}"
            )
        stored = frontier.hashes
        for level, (data, nodes) in enumerate(zip(partials, ranges, strict=True)):
            edge = Frontier()
            edge.extend(split_tile(data, len(nodes)))
            # The subtrees of this level are the smallest ones that are not compared yet.
            kept = len(stored) - len(edge.hashes)
            if stored[kept:] != edge.hashes:
                raise ProofError(
                    f"the hashes {nodes.start} to {nodes.stop - 1} of tile level {level} do not "
                    f"lead to the stored frontier of size {size}"
                )
            stored = stored[:kept]
        return _state(frontier.copy(), [bytes(data) for data in partials])

    @property
    def frontier(self) -> Frontier:
        """A copy of the tree's frontier; its `to_bytes` is what a log's head stores."""
        return self._frontier.copy()

    @property
    def partials(self) -> tuple[bytes, ...]:
        """The joined hashes of each level's partial tile, level 0 first; ``b""`` for none."""
        if not self.size:
            return ()
        return b"".join(self._leaves[: self.size % TILE_WIDTH]), *self._higher

    def root(self) -> bytes:
        """Return the tree's 32-byte root."""
        return self._frontier.root()

    def head(self) -> bytes:
        """Return the encoded frontier, which a log's head stores: `Frontier.to_bytes`."""
        return self._frontier.to_bytes()

    def extend(self, leaf_hashes: Iterable[bytes]) -> Growth:
        """Append a batch of leaves.

        Args:
            leaf_hashes: The 32-byte leaf hashes in order; may be empty.

        Returns:
            The new state, and the tiles that became full.

        Raises:
            ProofError: A hash is not 32 bytes long, or the tree would exceed `MAX_SIZE`.
        """
        hashes = tuple(leaf_hashes)
        size = self.size
        own = size % TILE_WIDTH
        if len(hashes) == 1 and own + 1 < TILE_WIDTH:
            # No tile is completed, so only the lowest one changes.
            frontier, leaves = self._frontier.appended(hashes[0]), self._leaves
            if len(leaves) != own:
                # Another state has gone on from here.
                leaves = leaves[:own]
            leaves.append(hashes[0])
            return Growth(TreeState(frontier, leaves, self._higher), [])
        frontier = self._frontier.copy()
        added = frontier.extend(hashes)
        partials = list(self.partials)
        partials += [b""] * (len(added) - len(partials))
        tiles: list[CompletedTile] = []
        for level, nodes in enumerate(added):
            data = partials[level] + b"".join(nodes)
            full = len(data) // TILE_BYTES
            if full:
                first = size >> TILE_HEIGHT * (level + 1)
                # The nodes that the next level gained are exactly the roots of these tiles.
                tiles += [
                    CompletedTile(
                        level,
                        first + number,
                        data[number * TILE_BYTES : (number + 1) * TILE_BYTES],
                        root,
                    )
                    for number, root in enumerate(added[level + 1])
                ]
                data = data[full * TILE_BYTES :]
            partials[level] = data
        return Growth(_state(frontier, partials), tiles)

    def __repr__(self) -> str:
        """Show size and root."""
        return f"<TreeState size={self.size} root={self.root().hex()}>"


def _state(frontier: Frontier, partials: Sequence[bytes]) -> TreeState:
    """Return the state whose partial tiles are these, level 0 first."""
    lowest, *higher = partials or (b"",)
    return TreeState(frontier, split_tile(lowest, len(lowest) // HASH_SIZE), tuple(higher))
