"""Inclusion and consistency proofs: made from tiles, verified from nothing but the proof.

Both kinds are those of RFC 9162 sections 2.1.3 and 2.1.4 (the same hashes in the same order as
RFC 6962 sections 2.1.1 and 2.1.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from indelible.errors import ProofError, shown
from indelible.merkle.tiles import TILE_WIDTH, split_tile, tile_width
from indelible.merkle.tree import (
    EMPTY_ROOT,
    TILE_HEIGHT,
    check_hash,
    check_size,
    node_hash,
    root_hash,
)

Fetch: TypeAlias = Callable[[int, int, int], bytes]
"""Reads a tile: given its level, index and width, returns the tile's first ``width`` hashes.

The width is what the tile has in the tree that is being proven, which may be less than what is
stored by now. It is called once for each tile that a proof needs, at most twice a level.
"""


def inclusion_proof(index: int, size: int, fetch: Fetch) -> list[bytes]:
    """Make the proof that a leaf is in a tree (RFC 9162 section 2.1.3.1, PATH).

    Args:
        index: The leaf's index, from 0.
        size: The tree's size, in leaves; any size that the log has had, not only its present one.
        fetch: Reads one tile, see `Fetch`.

    Returns:
        The proof: 32-byte hashes from the leaf's sibling upwards, at most 63.

    Raises:
        ProofError: The index is not in a tree of this size, or a tile has not the length that was
            asked for.
    """
    _check_index(index, size)
    tiles = _Tiles(size, fetch)
    return [tiles.hash_of(start, end) for start, end in _inclusion_ranges(index, size)]


def consistency_proof(size1: int, size2: int, fetch: Fetch) -> list[bytes]:
    """Make the proof that one tree is the beginning of another (RFC 9162 section 2.1.4.1, PROOF).

    Args:
        size1: The older tree's size, in leaves. A proof from 0 is empty: every tree continues the
            empty one.
        size2: The newer tree's size, in leaves, not below ``size1``. A proof between equal sizes
            is empty.
        fetch: Reads one tile, see `Fetch`.

    Returns:
        The proof: 32-byte hashes in the order of the RFC, at most 64.

    Raises:
        ProofError: The sizes are out of range or out of order, or a tile has not the length that
            was asked for.
    """
    _check_sizes(size1, size2)
    tiles = _Tiles(size2, fetch)
    return [tiles.hash_of(start, end) for start, end in _consistency_ranges(size1, size2)]


def root_from_tiles(size: int, fetch: Fetch) -> bytes:
    """Compute the root that a log had at one size, from the tiles on that tree's right edge.

    Args:
        size: The tree's size, in leaves; any size that the log has had.
        fetch: Reads one tile, see `Fetch`.

    Returns:
        The 32-byte root.

    Raises:
        ProofError: The size is out of range, or a tile has not the length that was asked for.
    """
    check_size(size)
    return _Tiles(size, fetch).hash_of(0, size) if size else EMPTY_ROOT


def verify_inclusion(
    index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Verify that a leaf is in a tree (RFC 9162 section 2.1.3.2).

    The size and the root must come together from a source that is trusted, such as one signed
    checkpoint. A proof ties the leaf and its index to the root; it does not by itself tell trees
    of different size apart in which the way from the leaf to the root has the same shape (leaf 0
    has the same way up in trees of 5, 6, 7 and 8 leaves).

    Args:
        index: The leaf's index, from 0.
        size: The tree's size, in leaves.
        leaf_hash: The leaf's 32-byte hash.
        proof: The hashes of the inclusion proof.
        root: The tree's 32-byte root.

    Raises:
        ProofError: The proof does not verify, or an argument has the wrong type, length or range.
    """
    _check_index(index, size)
    check_hash("leaf_hash", leaf_hash)
    check_hash("root", root)
    _check_proof(proof)
    # The names of the RFC: fn is the path's node on its level, sn the last node of that level.
    fn, sn, computed = index, size - 1, leaf_hash
    for sibling in proof:
        if sn == 0:
            raise ProofError(_wrong_length("an inclusion", proof, f"leaf {index} of {size}"))
        if fn & 1 or fn == sn:
            computed = node_hash(sibling, computed)
            while fn and not fn & 1:
                fn >>= 1
                sn >>= 1
        else:
            computed = node_hash(computed, sibling)
        fn >>= 1
        sn >>= 1
    if sn:
        raise ProofError(_wrong_length("an inclusion", proof, f"leaf {index} of {size}"))
    if computed != root:
        raise ProofError(
            f"the inclusion proof of leaf {index} in the tree of size {size} leads to the root "
            f"{computed.hex()}, not to {root.hex()}: the leaf, the proof or the root was changed, "
            f"or they belong to different logs"
        )


def verify_consistency(
    size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]
) -> None:
    """Verify that one tree is the beginning of another (RFC 9162 section 2.1.4.2).

    Each size and its root must come together from a source that is trusted, such as a signed
    checkpoint; see `verify_inclusion` for why. Between equal sizes the roots must be equal and the
    proof empty. From size 0 the proof must be empty and ``root1`` the root of the empty tree;
    nothing is then said about ``root2``.

    Args:
        size1: The older tree's size, in leaves.
        size2: The newer tree's size, in leaves, not below ``size1``.
        root1: The older tree's 32-byte root.
        root2: The newer tree's 32-byte root.
        proof: The hashes of the consistency proof.

    Raises:
        ProofError: The proof does not verify, or an argument has the wrong type, length or range.
    """
    _check_sizes(size1, size2)
    check_hash("root1", root1)
    check_hash("root2", root2)
    _check_proof(proof)
    if size1 == 0 and root1 != EMPTY_ROOT:
        raise ProofError(
            f"root1 {root1.hex()} is not the root of the empty tree, {EMPTY_ROOT.hex()}"
        )
    if size1 in {0, size2}:
        if proof:
            raise ProofError(
                f"the consistency proof from size {size1} to {size2} must be empty; got "
                f"{len(proof)} hashes"
            )
        if size1 == size2 and root1 != root2:
            raise ProofError(
                f"two trees of the same size {size1} have different roots, {root1.hex()} and "
                f"{root2.hex()}: the log was forked or rewritten"
            )
        return
    computed1, computed2 = _consistency_roots(size1, size2, root1, proof)
    if computed1 != root1 or computed2 != root2:
        which, computed, root = (
            ("older", computed1, root1) if computed1 != root1 else ("newer", computed2, root2)
        )
        raise ProofError(
            f"the consistency proof from size {size1} to {size2} leads to the {which} root "
            f"{computed.hex()}, not to {root.hex()}: the newer tree does not continue the older "
            f"one, or the proof was changed"
        )


def _consistency_roots(
    size1: int, size2: int, root1: bytes, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Fold a consistency proof to both roots; steps 1 to 6 of RFC 9162 section 2.1.4.2."""
    # A perfect older tree is itself a node of the newer one, and so is left out of the proof.
    path = [root1, *proof] if size1.bit_count() == 1 else proof
    where = f"sizes {size1} and {size2}"
    if not path:
        raise ProofError(_wrong_length("a consistency", proof, where))
    fn, sn = size1 - 1, size2 - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    computed1 = computed2 = path[0]
    for sibling in path[1:]:
        if sn == 0:
            raise ProofError(_wrong_length("a consistency", proof, where))
        if fn & 1 or fn == sn:
            computed1 = node_hash(sibling, computed1)
            computed2 = node_hash(sibling, computed2)
            while fn and not fn & 1:
                fn >>= 1
                sn >>= 1
        else:
            computed2 = node_hash(computed2, sibling)
        fn >>= 1
        sn >>= 1
    if sn:
        raise ProofError(_wrong_length("a consistency", proof, where))
    return computed1, computed2


def _inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Return the leaf ranges whose hashes make the proof, lowest first."""
    ranges = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    ranges.reverse()
    return ranges


def _consistency_ranges(size1: int, size2: int) -> list[tuple[int, int]]:
    """Return the leaf ranges whose hashes make the proof, lowest first."""
    if size1 in {0, size2}:
        return []
    ranges = []
    start, end = 0, size2
    while end != size1:
        middle = start + _split(end - start)
        if size1 <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    # From leaf 0 on this is the older tree itself, whose root the verifier has already.
    if start:
        ranges.append((start, end))
    ranges.reverse()
    return ranges


def _split(count: int) -> int:
    """Return the largest power of two below ``count``, where a tree of that many leaves splits."""
    return 1 << (count - 1).bit_length() - 1


def _perfect_subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield height and index of the perfect subtrees that make up one subtree, from the left."""
    while start < end:
        height = (end - start).bit_length() - 1
        yield height, start >> height
        start += 1 << height


class _Tiles:
    """Hashes of subtrees of one tree, each tile fetched at most once."""

    def __init__(self, size: int, fetch: Fetch) -> None:
        self._size = size
        self._fetch = fetch
        self._fetched: dict[tuple[int, int], list[bytes]] = {}

    def hash_of(self, start: int, end: int) -> bytes:
        """Return the hash over the leaves from ``start`` to before ``end``.

        The range must be one that splitting the tree leads to, so that its perfect subtrees are
        nodes of the tree.
        """
        hashes = [self._node(height, index) for height, index in _perfect_subtrees(start, end)]
        computed = hashes.pop()
        while hashes:
            computed = node_hash(hashes.pop(), computed)
        return computed

    def _node(self, height: int, index: int) -> bytes:
        level, above = divmod(height, TILE_HEIGHT)
        first = index << above
        tile_index, offset = divmod(first, TILE_WIDTH)
        return root_hash(self._tile(level, tile_index)[offset : offset + (1 << above)])

    def _tile(self, level: int, index: int) -> list[bytes]:
        hashes = self._fetched.get((level, index))
        if hashes is None:
            width = tile_width(level, index, self._size)
            try:
                hashes = split_tile(self._fetch(level, index, width), width)
            except ProofError as error:
                raise ProofError(f"tile {index} of level {level}: {error}") from error
            self._fetched[level, index] = hashes
        return hashes


def _check_index(index: int, size: int) -> None:
    check_size(size)
    if type(index) is not int or not 0 <= index < size:
        raise ProofError(f"the leaf index {shown(index)} is not in a tree of size {size}")


def _check_sizes(size1: int, size2: int) -> None:
    check_size(size1)
    check_size(size2)
    if size1 > size2:
        raise ProofError(
            f"size1 {size1} is above size2 {size2}; the older tree comes first, and a log that "
            f"shrank was rolled back"
        )


def _check_proof(proof: object) -> None:
    if not isinstance(proof, Sequence):
        raise ProofError(f"the proof {shown(proof)} is not a list of hashes")
    for position, item in enumerate(proof):
        check_hash(f"proof[{position}]", item)


def _wrong_length(kind: str, proof: Sequence[bytes], where: str) -> str:
    return f"{kind} proof for {where} does not have {len(proof)} hashes: it was cut or padded"
