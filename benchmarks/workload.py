"""The event that everything here records, and the same event as plain rows for the floors."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from indelible.body import BodyBuilder, EventRow
from indelible.redaction import Redaction

ACTION = "invoice.update"
DETAILS: dict[str, Any] = {
    "amount": 1250,
    "approved": True,
    "currency": "EUR",
    "department": None,
    "note": "corrected after a call",
    "position": [1, 2, 3],
    "rate": 1.19,
    "reference": "INV-2026-000981",
}
"""Eight keys, of the types that details usually have."""

BEFORE: dict[str, Any] = {
    "total": 10,
    "status": "draft",
    "address": {"city": "Bremen", "zip": "28195"},
}
AFTER: dict[str, Any] = {
    "total": 12,
    "status": "draft",
    "address": {"city": "Hamburg", "zip": "28195"},
}
ACTORS = [f"user:{number}" for number in range(1_000)]
TARGETS = [f"invoice:{number}" for number in range(5_000)]


def prepared_rows(count: int) -> list[tuple[EventRow, bytes]]:
    """Return the rows and leaf hashes of so many events, made as ``record()`` makes them."""
    builder = BodyBuilder(Redaction(), max_body_bytes=65_536)
    rows = [
        builder.build(
            ACTION,
            ACTORS[number % len(ACTORS)],
            TARGETS[number % len(TARGETS)],
            "success",
            DETAILS,
            BEFORE,
            AFTER,
            {},
        )
        for number in range(count)
    ]
    return [(row, sha256(b"\x00" + row[-1]).digest()) for row in rows]


def plain_rows(
    rows: Sequence[tuple[EventRow, bytes]], *, first: int = 0, sql_times: bool = True
) -> list[tuple[Any, ...]]:
    """Return rows as the floors insert them: values alone, nothing left to compute."""

    def moment(text: str) -> str:
        return f"{text[:10]} {text[11:26]}" if sql_times else text

    return [
        (1, seq, leaf, row[0], moment(row[1]), moment(row[2]), *row[3:11], row[11].decode())
        for seq, (row, leaf) in enumerate(rows, first)
    ]
