"""Tiles: how a tree's hashes and a log's entries are cut into files (C2SP tlog-tiles).

A tile of level ``L`` and index ``N`` holds up to 256 hashes: the tree's nodes of height ``8 * L``
from ``256 * N`` on. A full tile never changes again; only the rightmost tile of each level may be
partial. An entry bundle holds the entries whose leaf hashes are in the level 0 tile of the same
index.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indelible.errors import ProofError, shown
from indelible.merkle.tree import HASH_SIZE, MAX_SIZE, TILE_HEIGHT, check_hash, check_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

TILE_WIDTH: Final = 1 << TILE_HEIGHT
"""Hashes in a full tile, and entries in a full bundle."""

TILE_BYTES: Final = TILE_WIDTH * HASH_SIZE
"""Length of a full tile, in bytes."""

MAX_LEVEL: Final = 63
"""The highest level that a tile's path can name."""

MAX_ENTRY_BYTES: Final = 0xFFFF
"""The longest entry that a bundle can hold, in bytes: its length is written in 16 bits."""

# An index is written in decimal, three digits to a directory.
_INDEX_GROUP: Final = 1000
_MAX_INDEX: Final = MAX_SIZE >> TILE_HEIGHT
_PATH: Final = re.compile(
    r"tile/(?P<level>entries|[0-9]{1,2})"
    r"/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})"
    r"(?:\.p/(?P<width>[0-9]{1,3}))?"
)


@dataclass(frozen=True, slots=True)
class TilePath:
    """What a path names.

    Attributes:
        level: The tile's level, from 0 to 63; None for an entry bundle.
        index: The tile's or bundle's index in its level, from 0.
        width: How many hashes or entries it has, from 1 to 256; below 256 it is partial.
    """

    level: int | None
    index: int
    width: int


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a tile in the log's prefix: ``tile/<L>/<N>[.p/<W>]``.

    Args:
        level: From 0 to 63.
        index: From 0; written in groups of three digits, all but the last with an ``x`` before it.
        width: Hashes in the tile, from 1 to 256 (the default, a full tile).

    Returns:
        The path, for example ``tile/0/x001/x234/067`` or ``tile/1/000.p/17``.

    Raises:
        ProofError: A number is out of range.
    """
    if not 0 <= level <= MAX_LEVEL:
        raise ProofError(f"the tile level {level} is not between 0 and {MAX_LEVEL}")
    return f"tile/{level}/{_index_path(index, width)}"


def entries_path(index: int, width: int = TILE_WIDTH) -> str:
    """Return the path of an entry bundle in the log's prefix: ``tile/entries/<N>[.p/<W>]``.

    Args:
        index: From 0.
        width: Entries in the bundle, from 1 to 256 (the default, a full bundle).

    Returns:
        The path, for example ``tile/entries/x001/000.p/5``.

    Raises:
        ProofError: A number is out of range.
    """
    return f"tile/entries/{_index_path(index, width)}"


def parse_path(path: str) -> TilePath:
    """Read the path of a tile or of an entry bundle; only the one canonical spelling is accepted.

    Args:
        path: A path relative to the log's prefix, with no slash before it.

    Returns:
        Its level (None for an entry bundle), index and width.

    Raises:
        ProofError: The path is not one that `tile_path` or `entries_path` returns.
    """
    match = _PATH.fullmatch(path)
    if match is not None:
        level = None if match["level"] == "entries" else int(match["level"])
        index = int(match["index"].replace("x", "").replace("/", ""))
        width = int(match["width"] or TILE_WIDTH)
        try:
            canonical = (
                entries_path(index, width) if level is None else tile_path(level, index, width)
            )
        except ProofError:
            canonical = ""
        # Comparing refuses every leading zero, needless group and ".p/256" at once.
        if canonical == path:
            return TilePath(level, index, width)
    raise ProofError(f"{shown(path)} is not the path of a tile or of an entry bundle")


def _index_path(index: int, width: int) -> str:
    if not 0 <= index <= _MAX_INDEX:
        raise ProofError(f"the tile index {index} is not between 0 and {_MAX_INDEX}")
    if not 1 <= width <= TILE_WIDTH:
        raise ProofError(f"the tile width {width} is not between 1 and {TILE_WIDTH}")
    index, group = divmod(index, _INDEX_GROUP)
    path = f"{group:03d}"
    while index:
        index, group = divmod(index, _INDEX_GROUP)
        path = f"x{group:03d}/{path}"
    return path if width == TILE_WIDTH else f"{path}.p/{width}"


def tile_width(level: int, index: int, size: int) -> int:
    """Return how many hashes a tile has in a tree of a given size.

    Args:
        level: The tile's level, from 0.
        index: The tile's index, from 0.
        size: The tree's size, in leaves.

    Returns:
        From 0 (the tree has no such tile) to 256 (the tile is full).
    """
    nodes = size >> (TILE_HEIGHT * level)
    return max(0, min(nodes - index * TILE_WIDTH, TILE_WIDTH))


def partial_ranges(size: int) -> tuple[range, ...]:
    """Return which nodes the partial tile of each level holds in a tree of a given size.

    Args:
        size: The tree's size, in leaves, from 0 to `MAX_SIZE`.

    Returns:
        One range for each level that has a node, level 0 first; it is empty where the level's
        last tile is full. Level 0 counts leaves. Level ``L`` above it counts nodes of height
        ``8 * L``, and node ``i`` there is the root of the full tile ``i`` of level ``L - 1``.

    Raises:
        ProofError: The size is out of range.
    """
    check_size(size)
    ranges = []
    nodes = size
    while nodes:
        ranges.append(range(nodes - nodes % TILE_WIDTH, nodes))
        nodes //= TILE_WIDTH
    return tuple(ranges)


def new_tiles(old_size: int, new_size: int) -> Iterator[tuple[int, int, int]]:
    """Yield the tiles that a tree of one size has and one of a smaller size has not.

    Args:
        old_size: The size for which all tiles are there already; 0 for none.
        new_size: The size that is wanted, not below ``old_size``.

    Yields:
        Level, index and width of each tile, level 0 first and from left to right. Both new full
        tiles and tiles that are partial, or wider than they were, are yielded. The entry bundles
        are those of level 0.

    Raises:
        ProofError: A size is out of range, or the new one is below the old one.
    """
    check_size(old_size)
    check_size(new_size)
    if new_size < old_size:
        raise ProofError(f"the new size {new_size} is below the old size {old_size}")
    level = 0
    while new_size >> (TILE_HEIGHT * level):
        old_nodes, nodes = old_size >> (TILE_HEIGHT * level), new_size >> (TILE_HEIGHT * level)
        if nodes > old_nodes:
            for index in range(old_nodes // TILE_WIDTH, -(-nodes // TILE_WIDTH)):
                yield level, index, tile_width(level, index, new_size)
        level += 1


def split_tile(data: bytes, width: int) -> list[bytes]:
    """Cut a tile into its hashes.

    Args:
        data: The tile's bytes.
        width: How many hashes it must hold, from 0 to 256.

    Returns:
        The hashes, 32 bytes each.

    Raises:
        ProofError: The data is not exactly as long as the width demands.
    """
    if len(data) != width * HASH_SIZE:
        raise ProofError(
            f"a tile of width {width} has {width * HASH_SIZE} bytes; got {len(data)} bytes"
        )
    return [data[start : start + HASH_SIZE] for start in range(0, len(data), HASH_SIZE)]


def encode_entries(entries: Iterable[bytes]) -> bytes:
    """Encode an entry bundle: each entry with its length before it, in 16 bits, big-endian.

    Args:
        entries: From 1 to 256 entries of at most 65,535 bytes each.

    Returns:
        The bundle's bytes.

    Raises:
        ProofError: There are too few or too many entries, or one is too long to be represented in
            this format.
    """
    parts: list[bytes] = []
    count = 0
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise ProofError(
                f"entry {count} of the bundle is {len(entry)} bytes long; an entry bundle of C2SP "
                f"tlog-tiles writes the length in 16 bits and holds at most {MAX_ENTRY_BYTES} "
                f"bytes for each entry, so this entry cannot be exported in that format"
            )
        parts += (len(entry).to_bytes(2, "big"), entry)
        count += 1
    if not 1 <= count <= TILE_WIDTH:
        raise ProofError(f"an entry bundle holds from 1 to {TILE_WIDTH} entries; got {count}")
    return b"".join(parts)


def decode_entries(data: bytes, width: int) -> list[bytes]:
    """Decode an entry bundle.

    Args:
        data: The bundle's bytes.
        width: How many entries it must hold, from 1 to 256.

    Returns:
        The entries.

    Raises:
        ProofError: An entry is cut short, there are fewer or more entries than ``width``, or
            something follows the last one.
    """
    if not 1 <= width <= TILE_WIDTH:
        raise ProofError(f"the bundle width {width} is not between 1 and {TILE_WIDTH}")
    entries: list[bytes] = []
    position = 0
    for number in range(width):
        start = position + 2
        position = start + int.from_bytes(data[position:start], "big")
        if position > len(data):
            raise ProofError(f"the entry bundle of width {width} ends inside entry {number}")
        entries.append(data[start:position])
    if position != len(data):
        raise ProofError(
            f"{len(data) - position} bytes follow the last of the {width} entries of the bundle"
        )
    return entries


def join_tile(hashes: Sequence[bytes]) -> bytes:
    """Join hashes to a tile's bytes: the inverse of `split_tile`.

    Args:
        hashes: At most 256 hashes of 32 bytes.

    Returns:
        The tile's bytes.

    Raises:
        ProofError: There are too many hashes, or one is not 32 bytes long.
    """
    if len(hashes) > TILE_WIDTH:
        raise ProofError(f"a tile has at most {TILE_WIDTH} hashes; got {len(hashes)}")
    for position, item in enumerate(hashes):
        check_hash(f"hashes[{position}]", item)
    return b"".join(hashes)
