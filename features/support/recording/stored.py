"""What stands in a database, read without the library, and whether it fits together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import sqlalchemy
from sqlalchemy import NullPool, text

from indelible.merkle import Frontier, root_hash

TILE_WIDTH = 256


@dataclass(frozen=True)
class Row:
    """One stored event."""

    seq: int
    event_id: str
    action: str
    actor: str
    body: str
    leaf_hash: bytes


def query(url: str, statement: str, **parameters: Any) -> Sequence[Any]:
    """Run one statement on a connection of its own, and commit it."""
    engine = sqlalchemy.create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        result = connection.execute(text(statement), parameters)
        return result.all() if result.returns_rows else []


def rows(url: str, log: str = "audit") -> list[Row]:
    """Return the events of a log, in order."""
    found = query(
        url,
        "SELECT e.seq, e.event_id, e.action, e.actor, e.body, e.leaf_hash"
        " FROM audit_event e JOIN audit_log l ON l.log_id = e.log_id"
        " WHERE l.origin = :log ORDER BY e.seq",
        log=log,
    )
    return [
        Row(row.seq, str(row.event_id), row.action, row.actor, row.body, bytes(row.leaf_hash))
        for row in found
    ]


def ids(url: str, log: str = "audit") -> set[str]:
    """Return the ids of a log's events."""
    return {row.event_id for row in rows(url, log)}


def actions(url: str, log: str = "audit") -> list[str]:
    """Return the actions of a log's events, in order."""
    return [row.action for row in rows(url, log)]


def check(url: str, log: str = "audit") -> list[Row]:
    """Check a whole log: numbers, ids, leaf hashes, the tree's frontier and all of its tiles.

    Returns:
        Its events, in order.

    Raises:
        AssertionError: Something does not fit.
    """
    events = rows(url, log)
    assert [event.seq for event in events] == list(range(len(events))), "the numbers have gaps"
    doubles = {key: n for key, n in Counter(event.event_id for event in events).items() if n > 1}
    assert not doubles, f"events are there twice: {doubles}"
    for event in events:
        expected = sha256(b"\x00" + event.body.encode()).digest()
        assert event.leaf_hash == expected, f"the leaf hash of {event.seq} is not its body's"

    [head] = query(url, "SELECT log_id, size, frontier FROM audit_log WHERE origin = :log", log=log)
    leaves = [event.leaf_hash for event in events]
    frontier = Frontier.from_bytes(bytes(head.frontier))
    assert head.size == frontier.size == len(events), (head.size, frontier.size, len(events))
    assert frontier.root() == root_hash(leaves), "the frontier's root is not that of the leaves"
    _check_tiles(url, head.log_id, leaves)
    return events


def _check_tiles(url: str, log_id: int, leaves: list[bytes]) -> None:
    found = query(
        url,
        "SELECT level, tile_index, hashes, root FROM audit_tile WHERE log_id = :log_id",
        log_id=log_id,
    )
    tiles = {(row.level, row.tile_index): (bytes(row.hashes), bytes(row.root)) for row in found}
    assert len(tiles) == len(found)
    expected: dict[tuple[int, int], tuple[bytes, bytes]] = {}
    level, nodes = 0, leaves
    while len(nodes) >= TILE_WIDTH:
        above = []
        for index in range(len(nodes) // TILE_WIDTH):
            part = nodes[index * TILE_WIDTH : (index + 1) * TILE_WIDTH]
            # A full tile is a perfect tree over its nodes, whatever they stand for.
            root = _perfect_root(part)
            expected[level, index] = (b"".join(part), root)
            above.append(root)
        level, nodes = level + 1, above
    assert tiles.keys() == expected.keys(), (sorted(tiles)[-3:], sorted(expected)[-3:])
    for key, tile in expected.items():
        assert tiles[key] == tile, f"tile {key} does not hold the tree's hashes"


def _perfect_root(nodes: Sequence[bytes]) -> bytes:
    while len(nodes) > 1:
        nodes = [
            sha256(b"\x01" + left + right).digest()
            for left, right in zip(nodes[::2], nodes[1::2], strict=True)
        ]
    return nodes[0]
