"""Reading one stretch of a log: hash every body, compare with leaf hashes, tiles and columns.

A piece begins at a multiple of 256, so that it is made of whole tiles, and what is left of it is
the roots of those tiles: 32 bytes for 256 events, which another process can hand back cheaply.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final, Protocol, TypeGuard

import msgspec

from indelible.merkle import HASH_SIZE, TILE_WIDTH, Frontier
from indelible.verification.projections import differing, wrong_rows
from indelible.verification.rows import BODY, COLUMN_HASH, FIRST_COLUMN, SEQ

__all__ = [
    "MOST_DIFFERENCES",
    "Difference",
    "Edge",
    "Piece",
    "PieceTask",
    "Projection",
    "Rows",
    "TileDifference",
    "scan",
]

MOST_DIFFERENCES: Final = 4096
"""Differences of one piece that are kept; the others are counted."""

_LEAF_PREFIX: Final = b"\x00"  # RFC 6962, section 2.1
_TILE_BYTES: Final = TILE_WIDTH * HASH_SIZE
_SHOWN: Final = 120


class PieceTask(msgspec.Struct, frozen=True):
    """What to read.

    Attributes:
        first: Number of the first event, a multiple of 256.
        stop: Number after the last one; a multiple of 256 except at the log's end.
        edges: Sizes of trees whose roots are wanted, within the piece and none a multiple of 256,
            for there the roots of its tiles say it.
        pruned_before: Events below this number may have no body.
    """

    first: int
    stop: int
    edges: tuple[int, ...] = ()
    pruned_before: int = 0


class Difference(msgspec.Struct, frozen=True):
    """A number where what is stored does not agree with itself.

    Attributes:
        index: The number.
        present: Whether there is an event.
        body: The hash of its body; None without one.
        column: Its stored leaf hash; None without an event.
        tile: The hash in the stored tile; None without a tile.
    """

    index: int
    present: bool
    body: bytes | None
    column: bytes | None
    tile: bytes | None


class Projection(msgspec.Struct, frozen=True):
    """A column that does not follow from its event's body.

    Attributes:
        index: The event's number.
        column: The column's name.
        expected: What it should hold.
        found: What it holds.
    """

    index: int
    column: str
    expected: str
    found: str


class Edge(msgspec.Struct, frozen=True):
    """The tree at one size within a piece, above the last whole tile.

    Attributes:
        computed: The joined hashes of the perfect subtrees below a tile, from the bodies.
        stored: The same from the stored hashes.
        known: Whether all the leaves before it are known.
    """

    computed: bytes
    stored: bytes
    known: bool


class TileDifference(msgspec.Struct, frozen=True):
    """A full tile of level 0 that is not what the bodies make it.

    Attributes:
        index: Its index.
        missing: Whether it is not there at all.
        computed: The root over the bodies' hashes.
        stored: The root over the stored hashes.
        column: Its stored root.
    """

    index: int
    missing: bool
    computed: bytes
    stored: bytes
    column: bytes


class Piece(msgspec.Struct):
    """What is left of a piece.

    Attributes:
        first: As in the task.
        stop: As in the task.
        roots: The joined roots of its full tiles, from the bodies.
        stored_roots: The same from the stored hashes; empty where they are the same.
        tail: The joined hashes of the leaves after the last full tile, from the bodies.
        stored_tail: The same from the stored hashes; empty where they are the same.
        edges: The trees at the sizes that were asked for.
        differences: Where what is stored does not agree with itself.
        tiles: The tiles that differ.
        projections: Columns that do not follow from their bodies.
        unlisted: Further differences and columns.
        pruned: Events without a body.
        unknown: Number of the first event of which nothing at all is left; None if there is none.
    """

    first: int
    stop: int
    roots: bytes = b""
    stored_roots: bytes = b""
    tail: bytes = b""
    stored_tail: bytes = b""
    edges: dict[int, Edge] = {}
    differences: list[Difference] = []
    tiles: list[TileDifference] = []
    projections: list[Projection] = []
    unlisted: int = 0
    pruned: int = 0
    unknown: int | None = None


class Rows(Protocol):
    """Where events and tiles come from: `rows.EventRows`, or files.

    Attributes:
        columns: Whether a row goes on with the projections.
        partial_tiles: Whether the last tile of a level is kept before it is full.
    """

    columns: bool
    partial_tiles: bool

    def events(
        self, first: int, stop: int, *, tolerant: bool = False
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the events from one number to before another, in order, in lists.

        After an error that `is_bad_text` knows, it is asked again for `tolerant` ones.
        """
        ...

    def is_bad_text(self, error: Exception) -> bool:
        """Tell whether an error is about text that is no text."""
        ...

    def tiles(self, level: int, first: int, stop: int) -> dict[int, tuple[bytes, bytes]]:
        """Return hashes and root of the tiles of a level by index."""
        ...


def scan(rows: Rows, task: PieceTask) -> Piece:
    """Read a piece.

    Args:
        rows: The log's rows.
        task: What to read.
    """
    try:
        return _Scan(rows, task, tolerant=False).run()
    except Exception as error:
        if not rows.is_bad_text(error):
            raise
    return _Scan(rows, task, tolerant=True).run()


class _Scan:
    """One pass over a piece."""

    def __init__(self, rows: Rows, task: PieceTask, *, tolerant: bool) -> None:
        self._rows = rows
        self._task = task
        self._tolerant = tolerant
        self._piece = Piece(task.first, task.stop)
        # What the bodies hash to, and what the column holds; None where there is no event.
        self._computed: list[bytes | None] = []
        self._odd: dict[int, tuple[bytes | None, bytes]] = {}

    def run(self) -> Piece:
        task = self._task
        for rows in self._rows.events(task.first, task.stop, tolerant=self._tolerant):
            self._take(rows)
        self._fill(task.stop)
        tiles = self._rows.tiles(0, task.first // TILE_WIDTH, -(-task.stop // TILE_WIDTH))
        self._fold(tiles)
        return self._piece

    def _take(self, rows: list[tuple[Any, ...]]) -> None:
        """Hash and compare the rows that a cursor gave."""
        begin = self._task.first + len(self._computed)
        try:
            hashes = [sha256(_LEAF_PREFIX + row[BODY]).digest() for row in rows]
        except TypeError:
            self._take_singly(rows)
            return
        gap_free = [row[SEQ] for row in rows] == list(range(begin, begin + len(rows)))
        if not gap_free or hashes != [row[COLUMN_HASH] for row in rows]:
            self._take_singly(rows)
            return
        self._computed += hashes
        if not self._rows.columns:
            return
        for position in wrong_rows(rows, BODY, FIRST_COLUMN):
            self._project(rows[position])

    def _take_singly(self, rows: list[tuple[Any, ...]]) -> None:
        """Take rows among which there are odd ones."""
        for row in rows:
            seq, body, column = row[SEQ], row[BODY], row[COLUMN_HASH]
            if type(seq) is not int:
                # SQLite keeps a fraction in an integer's column; no event was ever numbered so.
                self._add_projection(self._task.first, "seq", "a whole number", seq)
                continue
            self._fill(seq)
            pruned = body is None and seq < self._task.pruned_before
            if pruned and not any(value is not None for value in row[FIRST_COLUMN:]):
                self._piece.pruned += 1
                self._computed.append(_hash(column))
                continue
            found = None if not isinstance(body, bytes) else _leaf(body)
            stored = _hash(column)
            self._computed.append(found or stored)
            if found is None or found != column:
                self._odd[seq] = (found, stored)
            elif self._rows.columns and wrong_rows([row], BODY, FIRST_COLUMN):
                self._project(row)

    def _fill(self, stop: int) -> None:
        """Note that there are no events up to a number."""
        missing = stop - self._task.first - len(self._computed)
        self._computed += [None] * missing

    def _project(self, row: tuple[Any, ...]) -> None:
        for name, (wanted, found) in differing(row[BODY], row[FIRST_COLUMN:]).items():
            self._add_projection(row[SEQ], name, wanted, found)

    def _add_projection(self, index: int, name: str, wanted: Any, found: Any) -> None:
        if len(self._piece.projections) >= MOST_DIFFERENCES:
            self._piece.unlisted += 1
            return
        self._piece.projections.append(Projection(index, name, _shown(wanted), _shown(found)))

    def _fold(self, tiles: dict[int, tuple[bytes, bytes]]) -> None:
        """Compare with the stored tiles, and reduce everything to roots."""
        if self._fold_whole(tiles):
            return
        piece, first = self._piece, self._task.first
        roots: list[bytes] = []
        stored_roots: list[bytes] = []
        edges = list(self._task.edges)
        for start in range(0, len(self._computed), TILE_WIDTH):
            index = (first + start) // TILE_WIDTH
            leaves = self._computed[start : start + TILE_WIDTH]
            full = len(leaves) == TILE_WIDTH
            stored = tiles.get(index)
            computed, remembered = self._settle(
                first + start, leaves, stored if full or self._rows.partial_tiles else None
            )
            while edges and edges[0] <= first + start + len(leaves):
                edge = edges.pop(0)
                width = edge - first - start
                piece.edges[edge] = Edge(
                    b"".join(_frontier(computed[:width]).hashes),
                    b"".join(_frontier(remembered[:width]).hashes),
                    piece.unknown is None or piece.unknown >= edge,
                )
            if not full:
                piece.tail = b"".join(computed)
                piece.stored_tail = b"" if remembered is computed else b"".join(remembered)
                continue
            root = _frontier(computed).root()
            stored_root = root if remembered is computed else _frontier(remembered).root()
            roots.append(root)
            stored_roots.append(stored_root)
            column = b"" if stored is None else stored[1]
            odd = stored is None or len(stored[0]) != _TILE_BYTES
            if odd or stored_root != root or column != root:
                piece.tiles.append(
                    TileDifference(index, stored is None, root, b"" if odd else stored_root, column)
                )
        piece.roots = b"".join(roots)
        piece.stored_roots = b"" if roots == stored_roots else b"".join(stored_roots)

    def _fold_whole(self, tiles: dict[int, tuple[bytes, bytes]]) -> bool:
        """Do the same in one go, which is possible where nothing differs and nothing is asked."""
        leaves = self._computed
        if self._odd or self._task.edges or len(leaves) % TILE_WIDTH or not _is_complete(leaves):
            return False
        begin = self._task.first // TILE_WIDTH
        stored = [tiles.get(begin + number) for number in range(len(leaves) // TILE_WIDTH)]
        frontier = Frontier()
        nodes = frontier.extend(leaves)
        roots = nodes[1] if len(nodes) > 1 else []
        hashes = b"".join(leaves)
        found = [
            (hashes[start : start + _TILE_BYTES], root)
            for start, root in zip(range(0, len(hashes), _TILE_BYTES), roots, strict=True)
        ]
        if found != stored:
            return False
        self._piece.roots = b"".join(roots)
        return True

    def _settle(
        self, begin: int, leaves: list[bytes | None], stored: tuple[bytes, bytes] | None
    ) -> tuple[list[bytes], list[bytes]]:
        """Return a tile's leaves from the bodies, and from what is stored; note where they differ.

        Where nothing is known of a leaf, both have zeros.  The same list twice means no difference.
        """
        odd = bool(self._odd) and any(begin + offset in self._odd for offset in range(len(leaves)))
        width = len(leaves) * HASH_SIZE
        data = stored[0] if stored is not None and len(stored[0]) == width else None
        if not odd and _is_complete(leaves) and (data is None or b"".join(leaves) == data):
            return leaves, leaves
        computed: list[bytes] = []
        remembered: list[bytes] = []
        for offset, leaf in enumerate(leaves):
            index = begin + offset
            tile = None if data is None else data[offset * HASH_SIZE : (offset + 1) * HASH_SIZE]
            body, column = self._odd.get(index, (leaf, leaf))
            own = body or leaf
            kept = tile or column
            if own is None and kept is None:
                self._piece.unknown = index if self._piece.unknown is None else self._piece.unknown
            computed.append(own or kept or bytes(HASH_SIZE))
            remembered.append(kept or own or bytes(HASH_SIZE))
            if leaf is None or index in self._odd or (tile is not None and tile != own):
                self._differ(Difference(index, leaf is not None, body, column, tile))
        return computed, remembered

    def _differ(self, difference: Difference) -> None:
        if len(self._piece.differences) >= MOST_DIFFERENCES:
            self._piece.unlisted += 1
            return
        self._piece.differences.append(difference)


def _is_complete(leaves: list[bytes | None]) -> TypeGuard[list[bytes]]:
    """Tell whether there is a hash for every number."""
    return None not in leaves


def _leaf(body: bytes) -> bytes:
    return sha256(_LEAF_PREFIX + body).digest()


def _hash(value: Any) -> bytes:
    """Return a stored hash in a form that the tree takes; what is none matches nothing."""
    data = value.encode("utf-8", "replace") if isinstance(value, str) else value
    if isinstance(data, bytes | bytearray | memoryview) and len(data) == HASH_SIZE:
        return bytes(data)
    return sha256(repr(value).encode()).digest()


def _frontier(leaves: list[bytes]) -> Frontier:
    frontier = Frontier()
    frontier.extend(leaves)
    return frontier


def _shown(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
