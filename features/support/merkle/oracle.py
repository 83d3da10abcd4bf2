"""Slow and plain: the tree of RFC 6962 and RFC 9162 written down as their texts define it.

Nothing here uses the code under test, apart from the two hash functions of single nodes, which the
published vectors check. `Shape` proofs hold no hashes but names of what is hashed, so that one can
ask in which cases two proofs are of the same form.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

Range: TypeAlias = tuple[int, int]
Shape: TypeAlias = object

TILE = 256


_LEAVES: list[bytes] = []


def leaves(count: int) -> list[bytes]:
    """Leaf hashes for tests, all different; a longer list begins like a shorter one."""
    missing = range(len(_LEAVES), count)
    _LEAVES.extend(sha256(b"\x00leaf %d" % number).digest() for number in missing)
    return _LEAVES[:count]


def node(left: bytes, right: bytes) -> bytes:
    """One inner node."""
    return sha256(b"\x01" + left + right).digest()


def split(count: int) -> int:
    """The largest power of two smaller than count."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def mth(hashes: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    middle = split(len(hashes))
    return node(mth(hashes[:middle]), mth(hashes[middle:]))


def path(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 9162 section 2.1.3.1."""
    if len(hashes) == 1:
        return []
    middle = split(len(hashes))
    if index < middle:
        return [*path(index, hashes[:middle]), mth(hashes[middle:])]
    return [*path(index - middle, hashes[middle:]), mth(hashes[:middle])]


def proof(size1: int, hashes: Sequence[bytes]) -> list[bytes]:
    """PROOF of RFC 9162 section 2.1.4.1; empty from size 0 and between equal sizes."""
    return subproof(size1, hashes, complete=True) if size1 else []


def subproof(size1: int, hashes: Sequence[bytes], *, complete: bool) -> list[bytes]:
    """SUBPROOF of RFC 9162 section 2.1.4.1."""
    if size1 == len(hashes):
        return [] if complete else [mth(hashes)]
    middle = split(len(hashes))
    if size1 <= middle:
        return [*subproof(size1, hashes[:middle], complete=complete), mth(hashes[middle:])]
    return [
        *subproof(size1 - middle, hashes[middle:], complete=False),
        mth(hashes[:middle]),
    ]


def inclusion_shape(index: int, size: int) -> Shape:
    """How a verifier combines leaf and proof to the root: the sides from which hashes come."""
    if not 0 <= index < size:
        return None
    sides: list[str] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            sides.append("right")
            end = middle
        else:
            sides.append("left")
            start = middle
    return tuple(reversed(sides))


def consistency_shape(size1: int, size2: int) -> Shape:
    """How a verifier combines an older root and a proof to the two roots, as two expressions."""
    if not 0 < size1 < size2:
        return None
    count = 0

    def taken() -> str:
        nonlocal count
        count += 1
        return f"proof[{count - 1}]"

    def roots(old: int, new: int, *, complete: bool) -> tuple[Shape, Shape]:
        if old == new:
            name = "root1" if complete else taken()
            return name, name
        middle = split(new)
        if old <= middle:
            first, second = roots(old, middle, complete=complete)
            return first, (second, taken())
        first, second = roots(old - middle, new - middle, complete=False)
        left = taken()
        return (left, first), (left, second)

    return roots(size1, size2, complete=True)


@cache
def naive_tiles(count: int) -> dict[tuple[int, int], list[bytes]]:
    """All tiles, full and partial, of the tree over `leaves(count)`, by level and index."""
    tiles = {}
    nodes, level = leaves(count), 0
    while nodes:
        for index in range(0, len(nodes), TILE):
            tiles[level, index // TILE] = nodes[index : index + TILE]
        full = len(nodes) // TILE
        nodes = [mth(nodes[number * TILE : (number + 1) * TILE]) for number in range(full)]
        level += 1
    return tiles


class TileStore:
    """Serves the tiles of the tree over `leaves(count)` and counts what is fetched."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.fetched: list[tuple[int, int, int]] = []

    def fetch(self, level: int, index: int, width: int) -> bytes:
        """Return the first hashes of a tile, as a proof's fetch function must."""
        self.fetched.append((level, index, width))
        hashes = naive_tiles(self.count)[level, index]
        assert 1 <= width <= len(hashes), f"asked for {width} of {len(hashes)} hashes"
        return b"".join(hashes[:width])
