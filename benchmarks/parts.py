"""Where the time goes: the parts of a ``record()`` call, and of a commit of 1,000 events."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import msgspec
import uuid_utils

from benchmarks.figures import Figure, Pair
from benchmarks.workload import ACTION, ACTORS, AFTER, BEFORE, DETAILS, TARGETS, prepared_rows
from features.support import servers
from indelible import AuditService
from indelible.body import BodyBuilder
from indelible.changes import encode_changes
from indelible.encoding import ValueEncoder, to_json
from indelible.merkle import TreeState
from indelible.redaction import Redaction
from indelible.writer.receipt import Receipt

_CALLS = 300
_REPEATS = 40
_BATCH = 1_000


def call() -> list[Figure]:
    """Each part of making an event, as a share of all of it."""
    redaction = Redaction()
    encoder = ValueEncoder(redaction)
    builder = BodyBuilder(redaction, max_body_bytes=65_536)

    def build() -> Any:
        return builder.build(ACTION, ACTORS[7], TARGETS[7], "success", DETAILS, BEFORE, AFTER, {})

    row = build()
    members = msgspec.json.decode(row[-1])
    whole = _least(lambda: Receipt.of(build()))
    parts: dict[str, Callable[[], object]] = {
        "walking through details: checks, copy, redaction": (
            lambda: encoder.encode("details", DETAILS)
        ),
        "comparing before and after": lambda: encode_changes(encoder, BEFORE, AFTER),
        "writing the JSON": lambda: to_json(members),
        "the event id": lambda: str(uuid_utils.uuid7()),
        "the receipt": lambda: Receipt.of(row),
    }
    return [
        Figure(f"record(): {name}", "making the whole event", "µs", (Pair(_least(part), whole),))
        for name, part in parts.items()
    ]


def commit() -> list[Figure]:
    """Each part of a batch's commit on SQLite, as a share of all of it."""
    rows = [row for row, _ in prepared_rows(_BATCH * 6)]
    with AuditService(servers.new_database("sqlite")) as audit:
        audit.record(ACTION, actor="user:1")
        batches = [rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH)]
        whole = min(_once(functools.partial(audit._append, batch)) for batch in batches) / _BATCH
        backend: Any = audit._backend
        leaves = [sha256(b"\0" + row[-1]).digest() for row in batches[0]]
        numbered = list(zip(range(_BATCH), leaves, batches[0], strict=True))
        tree = TreeState.empty()
        parts: dict[str, Callable[[], object]] = {
            "leaf hashes": lambda: [sha256(b"\0" + row[-1]).digest() for row in batches[0]],
            "the tree": lambda: tree.extend(leaves),
            "values for the statement": lambda: backend.parameters(1, numbered),
        }
        return [
            Figure(
                f"commit of 1,000, per event: {name}",
                "the whole commit, SQLite's work included",
                "µs",
                (Pair(min(_once(part) for _ in range(_REPEATS)) / _BATCH, whole),),
            )
            for name, part in parts.items()
        ]


def _least(work: Callable[[], object]) -> float:
    """Return the least time of a call in microseconds: the machine's noise only ever adds."""
    least = float("inf")
    for _ in range(_REPEATS):
        start = time.perf_counter()
        for _ in range(_CALLS):
            work()
        least = min(least, time.perf_counter() - start)
    return least / _CALLS * 1e6


def _once(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e6
