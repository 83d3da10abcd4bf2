"""What the steps about tiles and the growing state check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import assume, given
from hypothesis import strategies as st

from features.support.merkle import oracle
from features.support.merkle.hypothesis_run import run_property
from features.support.merkle.trees import flip, is_refused, refusal
from indelible import merkle
from indelible.merkle import CompletedTile, Frontier, ProofError, TilePath, TreeState

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 66_000
"""Leaves in the largest tree built here: a full tile of level 1 and something after it."""


# -- paths


def check_paths() -> None:
    """Every tile and bundle has one path, which reads back as the same."""

    @given(
        st.none() | st.integers(0, 63), st.integers(0, 2**55 - 1) | st.integers(0, 2000),
        st.integers(1, 256),
    )  # fmt: skip
    def prop(level: int | None, index: int, width: int) -> None:
        if level is None:
            path = merkle.entries_path(index, width)
        else:
            path = merkle.tile_path(level, index, width)
        assert merkle.parse_path(path) == TilePath(level, index, width)

    run_property(prop)

    alphabet = st.sampled_from([*"0123456789x/.p", "tile/", "entries/", "x001/", "٣", "\n"])

    @given(st.lists(alphabet, max_size=12), st.sampled_from(("", "tile/0/", "tile/entries/")))
    def mutated(pieces: list[str], start: str) -> None:
        path = start + "".join(pieces)
        try:
            parsed = merkle.parse_path(path)
        except ProofError:
            return
        if parsed.level is None:
            assert merkle.entries_path(parsed.index, parsed.width) == path
        else:
            assert merkle.tile_path(parsed.level, parsed.index, parsed.width) == path

    run_property(mutated, examples=1000)


def describe(size: int) -> dict[str, str]:
    """How many full tiles, and which partial one, each level of a tree has."""
    described = {}
    for level in range(4):
        widths = [width for at, _, width in merkle.new_tiles(0, size) if at == level]
        full = widths.count(256)
        partial = [width for width in widths if width < 256]
        described[str(level)] = f"{full} full, partial {partial[0] if partial else 'none'}"
    return described


# -- the state


def check_builder() -> None:
    """However the leaves are batched, the state yields exactly the tiles that the tree has."""
    hashes = oracle.leaves(COUNT)
    sizes = st.integers(0, 3) | st.integers(250, 260) | st.integers(0, 3000)

    @given(st.lists(sizes, max_size=8), st.sampled_from((0, 200, 64_990, 65_270)))
    def prop(batches: list[int], start: int) -> None:
        state, tiles = TreeState.empty().extend(hashes[:start])
        for count in batches:
            before = state.size, state.root(), state.partials
            old = state
            state, completed = old.extend(hashes[state.size : state.size + count])
            assert (old.size, old.root(), old.partials) == before, "the old state was changed"
            tiles += completed
        check_state(state, tiles)

    run_property(prop, examples=40, shrink=False)


def check_state(state: TreeState, tiles: list[CompletedTile]) -> None:
    """A state and the tiles completed on the way to it are those of the plain tree."""
    everything = oracle.naive_tiles(state.size)
    full = {place: hashes for place, hashes in everything.items() if len(hashes) == 256}
    built = {(tile.level, tile.index): tile for tile in tiles}
    assert len(built) == len(tiles), "a tile was completed twice"
    assert built.keys() == full.keys(), f"{built.keys() ^ full.keys()}"
    for place, tile in built.items():
        assert tile.hashes == b"".join(full[place]), f"tile {place}"
        assert tile.root == oracle.mth(full[place]), f"root of tile {place}"
        assert merkle.join_tile(merkle.split_tile(tile.hashes, 256)) == tile.hashes
    ranges = merkle.partial_ranges(state.size)
    assert len(state.partials) == len(ranges)
    for level, (partial, nodes) in enumerate(zip(state.partials, ranges, strict=True)):
        index = nodes.start // 256
        assert partial == b"".join(everything.get((level, index), ())), f"level {level}"
        assert len(partial) == 32 * len(nodes)
    assert state.root() == merkle.root_hash(oracle.leaves(state.size))
    assert state.frontier.to_bytes() == frontier_of(state.size).to_bytes()
    described = f"size={state.size} root={state.root().hex()}>"
    assert repr(state) == f"<TreeState {described}"
    assert repr(state.frontier) == f"<Frontier {described}"


def frontier_of(size: int) -> Frontier:
    """The frontier of the first leaves."""
    frontier = Frontier()
    frontier.extend(oracle.leaves(size))
    return frontier


def stored(size: int) -> tuple[Frontier, list[bytes]]:
    """What a database has of a log: its frontier, and per level what `partial_ranges` names."""
    tiles = oracle.naive_tiles(size)
    partials = []
    for level, nodes in enumerate(merkle.partial_ranges(size)):
        if level == 0:
            hashes = oracle.leaves(size)[nodes.start : nodes.stop]
        else:
            hashes = [oracle.mth(tiles[level - 1, index]) for index in nodes]
        partials.append(b"".join(hashes))
    return frontier_of(size), partials


def check_restore() -> None:
    """A state restored from what is stored goes on like one that was never dropped."""

    @given(st.integers(0, 1200) | st.integers(65_500, 65_600), st.integers(0, 600))
    def prop(size: int, more: int) -> None:
        frontier, partials = stored(size)
        restored = TreeState.restore(frontier, partials)
        hashes = oracle.leaves(size + more)
        # Neither what it was made from nor what it gives away is a part of it.
        frontier.append(bytes(32))
        restored.frontier.append(bytes(32))
        kept, tiles = TreeState.empty().extend(hashes[:size])
        assert restored.partials == kept.partials
        state, completed = restored.extend(hashes[size:])
        check_state(state, tiles + completed)

    run_property(prop, examples=30, shrink=False)


def check_restore_damage() -> None:
    """One changed bit in what is stored, in a partial tile or in the frontier, is refused."""

    @given(st.data())
    def prop(data: st.DataObject) -> None:
        size = data.draw(st.integers(1, 700) | st.integers(65_500, 66_000), "size")
        frontier, partials = stored(size)
        level = data.draw(st.sampled_from([i for i, part in enumerate(partials) if part]), "level")
        bit = data.draw(st.integers(0, 8 * len(partials[level]) - 1), "bit")
        changed = [*partials]
        changed[level] = flip(partials[level], bit)
        assert is_refused(TreeState.restore, frontier, changed)
        encoded = frontier.to_bytes()
        bit = data.draw(st.integers(64, 8 * len(encoded) - 1), "bit of the frontier")
        other = Frontier.from_bytes(flip(encoded, bit))
        assert is_refused(TreeState.restore, other, partials)
        assert is_refused(TreeState.restore, frontier, partials[:-1])
        assert is_refused(TreeState.restore, frontier, [*partials, b""])
        changed[level] = partials[level][:-32]
        assert is_refused(TreeState.restore, frontier, changed)

    run_property(prop, examples=60, shrink=False)


def check_new_tiles() -> None:
    """Writing what is new at each step leaves all tiles of the tree, with the widths it has."""

    @given(st.lists(st.integers(0, 3000), max_size=6))
    def prop(steps: list[int]) -> None:
        widths: dict[tuple[int, int], int] = {}
        size = 0
        for step in steps:
            for level, index, width in merkle.new_tiles(size, size + step):
                assert widths.get((level, index), 0) < width, "nothing new in that tile"
                widths[level, index] = width
            size += step
        assert widths == {place: len(tile) for place, tile in oracle.naive_tiles(size).items()}
        for (level, index), width in widths.items():
            assert merkle.tile_width(level, index, size) == width
        assert merkle.tile_width(0, size // 256 + 1, size) == 0
        assert merkle.tile_width(3, 0, size) == 0

    run_property(prop, examples=60)


# -- bundles


def check_bundles() -> None:
    """Entries come back from a bundle as they were; any other bytes are refused or canonical."""
    entries = st.lists(st.binary(max_size=300), min_size=1, max_size=256)

    @given(entries, st.data())
    def prop(written: list[bytes], data: st.DataObject) -> None:
        bundle = merkle.encode_entries(written)
        assert merkle.decode_entries(bundle, len(written)) == written
        cut = data.draw(st.integers(0, len(bundle) - 1), "cut at")
        assert is_refused(merkle.decode_entries, bundle[:cut], len(written))
        assert is_refused(merkle.decode_entries, bundle + b"\x00", len(written))
        width = data.draw(st.integers(1, 256), "width")
        assume(width != len(written))
        assert is_refused(merkle.decode_entries, bundle, width)

    run_property(prop, examples=100)

    @given(st.binary(max_size=60), st.integers(-1, 5) | st.just(257))
    def random(data: bytes, width: int) -> None:
        try:
            read = merkle.decode_entries(data, width)
        except ProofError:
            return
        assert len(read) == width
        assert merkle.encode_entries(read) == data

    run_property(random, examples=500)


def refused_tile(what: str) -> str:
    """Do something wrong with tiles and return the refusal's message."""
    hashes = oracle.leaves(300)
    calls: dict[str, Callable[[], object]] = {
        "an entry of 65,536 bytes": lambda: merkle.encode_entries([b"ok", bytes(65_536)]),
        "a bundle of 257 entries": lambda: merkle.encode_entries([b""] * 257),
        "a bundle of no entries": lambda: merkle.encode_entries([]),
        "a bundle cut inside an entry": lambda: merkle.decode_entries(
            merkle.encode_entries([b"one", b"two"])[:-1], 2
        ),
        "a bundle cut inside a length": lambda: merkle.decode_entries(b"\x00\x01x\x00", 2),
        "a tile of 257 hashes": lambda: merkle.join_tile(hashes[:257]),
        "a tile with a short hash": lambda: merkle.join_tile([*hashes[:2], hashes[2][:31]]),
        "a tile cut by a byte": lambda: merkle.split_tile(b"".join(hashes[:2])[:-1], 2),
        "a tile wider than asked": lambda: merkle.split_tile(b"".join(hashes[:3]), 2),
        "level 64": lambda: merkle.tile_path(64, 0),
        "level -1": lambda: merkle.tile_path(-1, 0),
        "width 0": lambda: merkle.tile_path(0, 0, 0),
        "width 257": lambda: merkle.entries_path(0, 257),
        "index -1": lambda: merkle.entries_path(-1),
        "a short leaf hash": lambda: TreeState.empty().extend([hashes[0], hashes[1][:31]]),
        "more leaves than the limit": lambda: TreeState(
            Frontier.from_hashes(2**63 - 1, [bytes(32)] * 63), [bytes(32)] * 255, (b"",) * 7
        ).extend(hashes[:1]),
        "tiles from 5 to 4": lambda: list(merkle.new_tiles(5, 4)),
        "partial tiles of size -1": lambda: merkle.partial_ranges(-1),
    }
    return refusal(calls[what])
