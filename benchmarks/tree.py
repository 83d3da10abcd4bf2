"""What the Merkle tree costs the writer, beside the same commits without one."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from unittest import mock

from benchmarks import durable
from benchmarks.figures import Figure, alternate
from benchmarks.workload import prepared_rows
from indelible.body import EventRow
from indelible.merkle import Frontier
from indelible.storage import appender
from indelible.storage.backends import Head

_LEAVES = 1_000
_NO_HASH = bytes(32)


class _NoTree:
    """Stands in for `TreeState`: counts, and hashes nothing."""

    def __init__(self, size: int) -> None:
        self.size = size


def _grow_without(state: Any, rows: Sequence[EventRow]) -> Any:
    numbered = [(seq, _NO_HASH, row) for seq, row in enumerate(rows, state.size)]
    size = state.size + len(rows)
    return numbered, _NoTree(size), Head(size, b""), []


def cost(kind: str, rounds: int) -> list[Figure]:
    """Asynchronous throughput with the tree, and with neither hashes nor tree."""

    def without() -> float:
        with mock.patch.object(appender, "_grow", _grow_without):
            return durable.recorded_per_second(kind, 1)

    return [
        Figure(
            f"async until durable, {kind}, with the tree",
            "the same without hashes and tree",
            "events/s",
            alternate(rounds, lambda: durable.recorded_per_second(kind, 1), without),
            "≥ 0.85",
            lambda ratio: ratio >= 0.85,
        )
    ]


def frontier(rounds: int) -> list[Figure]:
    """Appending to a frontier in batches of 1,000, beside hashlib's two hashes for each leaf."""
    leaves = [leaf for _, leaf in prepared_rows(_LEAVES)]
    pairs = [left + right for left, right in zip(leaves, reversed(leaves), strict=True)]

    def extend() -> None:
        Frontier().extend(leaves)

    def hashes() -> None:
        for leaf, pair in zip(leaves, pairs, strict=True):
            sha256(b"\x00" + leaf).digest()
            sha256(b"\x01" + pair).digest()

    return [
        Figure(
            "Frontier.extend, batches of 1,000",
            "two hashes of hashlib for each leaf",
            "ns/leaf",
            alternate(
                20 * rounds,
                lambda: durable.seconds(extend) * 1e9 / _LEAVES,
                lambda: durable.seconds(hashes) * 1e9 / _LEAVES,
            ),
            "≤ 3.0",
            lambda ratio: ratio <= 3.0,
        )
    ]
