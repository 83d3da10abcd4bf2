"""What the steps about trees check."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from features.support.merkle import oracle
from features.support.merkle.hypothesis_run import run_property
from indelible import merkle
from indelible.merkle import Frontier, ProofError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGEST = 130
"""Trees up to this size are checked in all combinations."""


def refusal(call: Callable[..., object], *arguments: object) -> str:
    """Return the message with which a call is refused; any other outcome is an error."""
    try:
        result = call(*arguments)
    except ProofError as error:
        return str(error)
    raise AssertionError(f"it was accepted: {result!r}")


def is_refused(call: Callable[..., object], *arguments: object) -> bool:
    """Tell whether a call raises ProofError; another exception is let through."""
    try:
        call(*arguments)
    except ProofError:
        return True
    return False


def flip(data: bytes, bit: int) -> bytes:
    """Return the data with one bit changed."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


# -- the tree


def subtrees() -> Iterator[tuple[int, int]]:
    """All valid subtrees [start, end) of trees up to LARGEST, in the order of the vectors."""
    for end in range(1, LARGEST + 1):
        for start in range(end):
            if start % (1 << (end - start - 1).bit_length()) == 0:
                yield start, end


def subtree_hashes_digest() -> str:
    """Digest over the hashes of all subtrees, as draft-ietf-plants-merkle-tree-certs forms it."""
    hashes = [merkle.leaf_hash(bytes((number,))) for number in range(LARGEST)]
    digest = sha256()
    for start, end in subtrees():
        digest.update(f"[{start}, {end}) {merkle.root_hash(hashes[start:end]).hex()}\n".encode())
    return digest.hexdigest()


def check_frontier_batches() -> None:
    """A frontier fed in any batches, stored and read back between them, has the tree's root."""

    @given(st.lists(st.integers(0, 70), max_size=30))
    def prop(batches: list[int]) -> None:
        hashes = oracle.leaves(sum(batches))
        frontier = Frontier()
        for count in batches:
            before = frontier.to_bytes()
            grown = Frontier.from_bytes(before)
            grown.extend(hashes[frontier.size : frontier.size + count])
            copied = frontier.copy()
            for item in hashes[frontier.size : frontier.size + count]:
                copied.append(item)
            assert copied.to_bytes() == grown.to_bytes(), "one by one is not the same as at once"
            assert frontier.to_bytes() == before, "a copy is not independent"
            frontier = grown
            assert frontier.root() == oracle.mth(hashes[: frontier.size])
            assert len(frontier.hashes) == frontier.size.bit_count()
        assert frontier.root() == merkle.root_hash(hashes)

    run_property(prop)


def check_interrupted_extend() -> None:
    """An extend that fails half-way, here by a value that is no bytes, changes nothing."""
    frontier = Frontier()
    frontier.extend(oracle.leaves(7))
    before = frontier.to_bytes()
    hashes: list[Any] = [bytes(32), bytes(32), "x" * 32]
    try:
        frontier.extend(hashes)
    except TypeError:
        assert frontier.to_bytes() == before
    else:
        raise AssertionError("it was accepted")


def check_frontier_bytes() -> None:
    """Bytes are refused, or are exactly what the frontier read from them writes again."""

    @given(st.binary(max_size=7) | st.binary(max_size=200) | frontier_like())
    def prop(data: bytes) -> None:
        try:
            frontier = Frontier.from_bytes(data)
        except ProofError:
            return
        assert frontier.to_bytes() == data

    run_property(prop, examples=500)


@st.composite
def frontier_like(draw: st.DrawFn) -> bytes:
    """Bytes that start like a frontier of some size and have about as many hashes as it needs."""
    size = draw(st.integers(0, 2**64 - 1) | st.integers(0, 20))
    length = max(0, 32 * size.bit_count() + draw(st.integers(-2, 2)))
    return size.to_bytes(8, "big") + bytes(length)


def damaged_frontier(damage: str) -> bytes:
    """A frontier of 11 leaves (three hashes) that was damaged in a named way."""
    frontier = Frontier()
    frontier.extend(oracle.leaves(11))
    data = frontier.to_bytes()
    return {
        "empty": b"",
        "cut inside the size": data[:7],
        "cut inside a hash": data[:-1],
        "followed by a byte": data + b"\x00",
        "short of a hash": data[:-32],
        "long by a hash": data + bytes(32),
        "of a size with more bits": (15).to_bytes(8, "big") + data[8:],
        "of a size with fewer bits": (8).to_bytes(8, "big") + data[8:],
        "of a size above the limit": (2**63).to_bytes(8, "big") + bytes(32),
    }[damage]


def extend_cost_ratio() -> float:
    """Time of extending by 1,000 leaves over hashlib's time for the two hashes of each leaf."""
    hashes = oracle.leaves(1000)
    frontier = Frontier()
    frontier.extend(hashes[:777])

    def floor() -> None:
        for item in hashes:
            sha256(item).digest()
            sha256(item + item).digest()

    def best(call: Callable[[], object]) -> float:
        times = []
        for _ in range(30):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        return min(times)

    return best(lambda: frontier.extend(hashes)) / best(floor)


# -- the package


def check_public_names() -> None:
    """`__all__` is sorted as ruff sorts it, without doubles, and every name exists."""
    names = merkle.__all__
    kinds = (str.isupper, lambda name: name[0].isupper(), lambda name: True)
    expected = sorted(names, key=lambda name: ([not kind(name) for kind in kinds], name))
    assert names == expected, f"not sorted: {names}"
    assert len(set(names)) == len(names)
    missing = [name for name in names if not hasattr(merkle, name)]
    assert not missing, f"not there: {missing}"


def foreign_imports() -> set[str]:
    """Modules that the package imports, other than its own and the standard library's."""
    imported: set[str] = set()
    for file in Path(merkle.__file__).parent.glob("*.py"):
        for item in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(item, ast.Import):
                imported.update(alias.name for alias in item.names)
            elif isinstance(item, ast.ImportFrom):
                assert item.level == 0
                imported.add(item.module or "")
    return {
        name
        for name in imported
        if not name.startswith("indelible.merkle") and name.split(".")[0] not in STANDARD_LIBRARY
    }


STANDARD_LIBRARY = sys.stdlib_module_names


def loads_cryptography() -> bool:
    """Tell whether importing the package in a fresh interpreter loads cryptography."""
    code = "import sys, indelible.merkle; print('cryptography' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip() == "True"
