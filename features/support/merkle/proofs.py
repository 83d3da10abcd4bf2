"""What the steps about proofs check."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from hypothesis import assume, given
from hypothesis import strategies as st

from features.support.merkle import oracle
from features.support.merkle.hypothesis_run import run_property
from features.support.merkle.oracle import TileStore
from features.support.merkle.trees import LARGEST, flip, is_refused, refusal, subtrees
from indelible import merkle
from indelible.merkle import verify_consistency, verify_inclusion

if TYPE_CHECKING:
    from collections.abc import Callable


def subtree_proofs_digest() -> str:
    """Digest over all inclusion proofs in all subtrees, in the same way."""
    hashes = [merkle.leaf_hash(bytes((number,))) for number in range(LARGEST)]
    digest = sha256()
    for start, end in subtrees():
        inside = hashes[start:end]

        def fetch(level: int, index: int, width: int, tile: list[bytes] = inside) -> bytes:
            assert (level, index) == (0, 0)
            return b"".join(tile[:width])

        for index in range(start, end):
            proof = merkle.inclusion_proof(index - start, end - start, fetch)
            line = " ".join((f"{index} [{start}, {end})", *(item.hex() for item in proof)))
            digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def check_all_inclusion_proofs() -> None:
    """Every leaf of every tree: the proof is the RFC's, and it verifies."""
    store = TileStore(LARGEST)
    for size in range(1, LARGEST + 1):
        hashes = oracle.leaves(size)
        root = oracle.mth(hashes)
        assert merkle.root_from_tiles(size, store.fetch) == root
        for index, item in enumerate(hashes):
            proof = merkle.inclusion_proof(index, size, store.fetch)
            assert proof == oracle.path(index, hashes), f"leaf {index} of {size}"
            verify_inclusion(index, size, item, proof, root)


def check_all_consistency_proofs() -> None:
    """Every pair of sizes: the proof is the RFC's, and it verifies."""
    store = TileStore(LARGEST)
    hashes = oracle.leaves(LARGEST)
    roots = [oracle.mth(hashes[:size]) for size in range(LARGEST + 1)]
    for size2 in range(LARGEST + 1):
        for size1 in range(size2 + 1):
            proof = merkle.consistency_proof(size1, size2, store.fetch)
            assert proof == oracle.proof(size1, hashes[:size2]), f"{size1} to {size2}"
            verify_consistency(size1, size2, roots[size1], roots[size2], proof)


def check_inclusion_bits() -> None:
    """One changed bit anywhere is refused.

    A proof does not say of which size the tree is where the way up looks the same in both sizes,
    so a changed size must be refused exactly where the way up looks different.
    """

    @given(st.data())
    def prop(data: st.DataObject) -> None:
        size = data.draw(st.integers(1, LARGEST), "size")
        index = data.draw(st.integers(0, size - 1), "index")
        hashes = oracle.leaves(size)
        leaf, root, proof = hashes[index], oracle.mth(hashes), oracle.path(index, hashes)
        verify_inclusion(index, size, leaf, proof, root)
        bit = data.draw(st.integers(0, 255), "bit")
        for position in range(len(proof)):
            changed = [*proof]
            changed[position] = flip(changed[position], bit)
            assert is_refused(verify_inclusion, index, size, leaf, changed, root)
        assert is_refused(verify_inclusion, index, size, flip(leaf, bit), proof, root)
        assert is_refused(verify_inclusion, index, size, leaf, proof, flip(root, bit))
        for shift in range(70):
            other_index, other_size = index ^ 1 << shift, size ^ 1 << shift
            assert is_refused(verify_inclusion, other_index, size, leaf, proof, root)
            same = oracle.inclusion_shape(index, other_size) == oracle.inclusion_shape(index, size)
            refused = is_refused(verify_inclusion, index, other_size, leaf, proof, root)
            assert refused != same, f"size {other_size} instead of {size}"

    run_property(prop, examples=60)


def check_consistency_bits() -> None:
    """One changed bit anywhere is refused; for sizes see `check_inclusion_bits`."""

    @given(st.data())
    def prop(data: st.DataObject) -> None:
        size2 = data.draw(st.integers(1, LARGEST), "size2")
        size1 = data.draw(st.integers(1, size2), "size1")
        hashes = oracle.leaves(size2)
        root1, root2 = oracle.mth(hashes[:size1]), oracle.mth(hashes)
        proof = oracle.proof(size1, hashes)
        verify_consistency(size1, size2, root1, root2, proof)
        bit = data.draw(st.integers(0, 255), "bit")
        for position in range(len(proof)):
            changed = [*proof]
            changed[position] = flip(changed[position], bit)
            assert is_refused(verify_consistency, size1, size2, root1, root2, changed)
        assert is_refused(verify_consistency, size1, size2, flip(root1, bit), root2, proof)
        assert is_refused(verify_consistency, size1, size2, root1, flip(root2, bit), proof)
        shape = oracle.consistency_shape(size1, size2)
        for shift in range(70):
            for other1, other2 in ((size1 ^ 1 << shift, size2), (size1, size2 ^ 1 << shift)):
                same = shape is not None and oracle.consistency_shape(other1, other2) == shape
                refused = is_refused(verify_consistency, other1, other2, root1, root2, proof)
                assert refused != same, f"{other1}, {other2} instead of {size1}, {size2}"

    run_property(prop, examples=100)


def check_proof_edits() -> None:
    """A proof with a hash too few, too many, doubled or in another's place is refused."""

    @given(st.data())
    def prop(data: st.DataObject) -> None:
        size = data.draw(st.integers(2, LARGEST), "size")
        other = data.draw(st.integers(0, size - 1), "index or older size")
        hashes = oracle.leaves(size)
        root = oracle.mth(hashes)
        kind = data.draw(st.sampled_from(("inclusion", "consistency")), "kind")
        if kind == "inclusion":
            proof = oracle.path(other, hashes)
        else:
            assume(other > 0)
            proof = oracle.proof(other, hashes)
        changed = [*proof]
        position = data.draw(st.integers(0, len(proof) - 1), "position")
        edit = data.draw(st.sampled_from(("remove", "insert", "double", "swap")), "edit")
        if edit == "remove":
            del changed[position]
        elif edit == "insert":
            changed.insert(position, data.draw(st.binary(min_size=32, max_size=32)))
        elif edit == "double":
            changed.append(changed[position])
        else:
            changed[position], changed[0] = changed[0], changed[position]
        assume(changed != proof)

        def verify(hashes_of_proof: list[bytes]) -> None:
            if kind == "inclusion":
                verify_inclusion(other, size, hashes[other], hashes_of_proof, root)
            else:
                older = oracle.mth(hashes[:other])
                verify_consistency(other, size, older, root, hashes_of_proof)

        verify(proof)
        assert is_refused(verify, changed)

    run_property(prop, examples=300)


GARBAGE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=40)
    | st.binary(max_size=40)
    | st.binary(min_size=32, max_size=32),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


def check_proof_garbage() -> None:
    """Whatever is passed to the verifiers, they return or raise ProofError."""
    hashes = oracle.leaves(8)
    root = oracle.mth(hashes)
    right: tuple[tuple[Callable[..., None], tuple[object, ...]], ...] = (
        (verify_inclusion, (3, 8, hashes[3], oracle.path(3, hashes), root)),
        (verify_consistency, (5, 8, oracle.mth(hashes[:5]), root, oracle.proof(5, hashes))),
        (verify_consistency, (4, 8, oracle.mth(hashes[:4]), root, oracle.proof(4, hashes))),
        (verify_consistency, (8, 8, root, root, [])),
        (verify_consistency, (0, 8, merkle.EMPTY_ROOT, root, [])),
    )

    @given(st.sampled_from(right), st.integers(0, 4), GARBAGE)
    def one(case: tuple[Callable[..., None], tuple[object, ...]], at: int, value: object) -> None:
        verify, arguments = case
        verify(*arguments)
        is_refused(verify, *arguments[:at], value, *arguments[at + 1 :])

    run_property(one, examples=1000)

    @given(GARBAGE, GARBAGE, GARBAGE, GARBAGE, GARBAGE)
    def prop(first: object, second: object, third: object, fourth: object, fifth: object) -> None:
        arguments = (first, second, third, fourth, fifth)
        # Through Any: the point is to pass what the types forbid.
        verifiers: tuple[Callable[..., None], ...] = (verify_inclusion, verify_consistency)
        for verify in verifiers:
            is_refused(verify, *arguments)

    run_property(prop, examples=500)

    @given(
        st.integers(-1, 40),
        st.integers(-1, 40),
        st.lists(st.binary(min_size=32, max_size=32), max_size=10),
        st.binary(min_size=32, max_size=32),
    )
    def numbers(first: int, second: int, proof: list[bytes], root: bytes) -> None:
        is_refused(verify_inclusion, first, second, root, proof, root)
        is_refused(verify_consistency, first, second, root, root, proof)

    run_property(numbers, examples=500)


def check_tiles_touched(count: int) -> None:
    """Proofs in a large tree fetch each tile once and at most two of each level."""
    levels = max(level for level, _ in oracle.naive_tiles(count)) + 1
    hashes = oracle.leaves(count)
    root = merkle.root_hash(hashes)
    for place in {0, 1, 255, 256, count // 2, 65535, 65536, count - 2, count - 1}:
        for kind in ("inclusion", "consistency"):
            store = TileStore(count)
            if kind == "inclusion":
                proof = merkle.inclusion_proof(place, count, store.fetch)
                verify_inclusion(place, count, hashes[place], proof, root)
            else:
                proof = merkle.consistency_proof(place, count, store.fetch)
                older = merkle.root_hash(hashes[:place])
                verify_consistency(place, count, older, root, proof)
            assert len(set(store.fetched)) == len(store.fetched), "a tile was fetched twice"
            for level in range(levels):
                touched = [tile for tile in store.fetched if tile[0] == level]
                assert len(touched) <= 2, f"{kind} {place}: {store.fetched}"


def check_past_sizes(count: int) -> None:
    """Proofs and roots for sizes that the log had before are made from the tiles of today."""
    hashes = oracle.leaves(count)

    @given(st.data())
    def prop(data: st.DataObject) -> None:
        sizes = st.integers(1, count) | st.sampled_from((255, 256, 257, 65535, 65536, 65537))
        size = data.draw(sizes, "size")
        index = data.draw(st.integers(0, size - 1), "index")
        older = data.draw(st.integers(0, size), "older")
        store = TileStore(count)
        root = merkle.root_hash(hashes[:size])
        assert merkle.root_from_tiles(size, store.fetch) == root
        proof = merkle.inclusion_proof(index, size, store.fetch)
        verify_inclusion(index, size, hashes[index], proof, root)
        proof = merkle.consistency_proof(older, size, store.fetch)
        verify_consistency(older, size, merkle.root_hash(hashes[:older]), root, proof)

    run_property(prop, examples=40)


def refused_proof(what: str) -> str:
    """Verify something that is wrong in a named way and return the refusal's message."""
    hashes = oracle.leaves(8)
    root, older = oracle.mth(hashes), oracle.mth(hashes[:5])
    path, proof = oracle.path(3, hashes), oracle.proof(5, hashes)
    nothing: Any = None
    unordered: Any = {*path}
    calls: dict[str, Callable[[], object]] = {
        "index at the size": lambda: verify_inclusion(8, 8, hashes[3], path, root),
        "a proof that is none": lambda: verify_inclusion(3, 8, hashes[3], nothing, root),
        "a proof that is a set": lambda: verify_inclusion(3, 8, hashes[3], unordered, root),
        "negative index": lambda: verify_inclusion(-1, 8, hashes[3], path, root),
        "boolean index": lambda: verify_inclusion(True, 8, hashes[3], path, root),
        "size 0": lambda: verify_inclusion(0, 0, hashes[0], [], root),
        "size above the limit": lambda: verify_inclusion(3, 2**63, hashes[3], path, root),
        "short leaf hash": lambda: verify_inclusion(3, 8, hashes[3][:31], path, root),
        "long root": lambda: verify_inclusion(3, 8, hashes[3], path, root + b"\x00"),
        "short hash in proof": lambda: verify_inclusion(
            3, 8, hashes[3], [*path[:2], path[2][:31]], root
        ),
        "proof too short": lambda: verify_inclusion(3, 8, hashes[3], path[:2], root),
        "proof too long": lambda: verify_inclusion(3, 8, hashes[3], [*path, root], root),
        "another leaf": lambda: verify_inclusion(3, 8, hashes[4], path, root),
        "sizes out of order": lambda: verify_consistency(8, 5, root, older, proof),
        "equal sizes, two roots": lambda: verify_consistency(8, 8, root, older, []),
        "equal sizes, a proof": lambda: verify_consistency(8, 8, root, root, [root]),
        "from 0 with a proof": lambda: verify_consistency(0, 8, merkle.EMPTY_ROOT, root, [root]),
        "from 0 with a root": lambda: verify_consistency(0, 8, root, root, []),
        "no proof": lambda: verify_consistency(5, 8, older, root, []),
        "one hash missing": lambda: verify_consistency(5, 8, older, root, proof[:-1]),
        "one hash more": lambda: verify_consistency(5, 8, older, root, [*proof, root]),
        "short older root": lambda: verify_consistency(5, 8, older[:31], root, proof),
        "short newer root": lambda: verify_consistency(5, 8, older, root[:31], proof),
        "another older root": lambda: verify_consistency(5, 8, root, root, proof),
        "another newer root": lambda: verify_consistency(5, 8, older, older, proof),
        "making one for index 8": lambda: merkle.inclusion_proof(8, 8, TileStore(8).fetch),
        "making one from 9 to 8": lambda: merkle.consistency_proof(9, 8, TileStore(8).fetch),
        "making one from a cut tile": lambda: merkle.inclusion_proof(
            3, 8, lambda *_: b"".join(hashes)[:-1]
        ),
    }
    return refusal(calls[what])
