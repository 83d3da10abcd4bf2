"""Spools that dead processes have left, damaged or another log's."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

from features.support.spooling.cases import Case
from indelible.body import BodyBuilder
from indelible.redaction import Redaction
from indelible.spool import Spool, decode, encode


def left_by(directory: Path, actions: Sequence[str], origin: str = "audit") -> Path:
    """Leave a spool as a process does that is killed; return its own directory."""
    builder = BodyBuilder(Redaction(), max_body_bytes=65536, clock=None, source=None)
    spool = Spool.create(directory, origin=origin)
    for action in actions:
        row = builder.build(action, "user:1", None, "success", None, None, None, {})
        spool.append([encode(row)])
    spool.after_fork()
    return spool.path


def left_with_junk(
    directory: Path, actions: Sequence[str], before: int, which: str
) -> tuple[Path, bytes]:
    """Leave a spool with a record that cannot be delivered. Returns its directory, and that."""
    builder = BodyBuilder(Redaction(), max_body_bytes=65536, clock=None, source=None)
    rows = [
        builder.build(action, "user:1", None, "success", None, None, None, {}) for action in actions
    ]
    junk = {
        "of another program": b"\xc1 is no message",
        "whose body is no text": encode((*rows[0][:-1], b"\xff")),
        "whose time is none": encode((rows[0][0], "noon", *rows[0][2:])),
    }[which]
    spool = Spool.create(directory, origin="audit")
    records = [encode(row) for row in rows]
    spool.append([*records[:before], junk, *records[before:]])
    spool.after_fork()
    return spool.path, junk


def make_newer(path: Path) -> None:
    """Make a spool look like one that a later version of the package has written."""
    for segment in path.glob("*.seg"):
        data = bytearray(segment.read_bytes())
        data[8] = 99
        data[4092:4096] = crc32(data[:4092]).to_bytes(4, "little")
        segment.write_bytes(data)


def contents(path: Path, origin: str) -> list[str]:
    """Return the actions of a spool's events, and leave them there."""
    spool = Spool.adopt(path, origin=origin)
    assert spool is not None
    chunk = spool.read(0, 1000, 10_000_000)
    spool.after_fork()
    return [decode(record)[3] for _, record in chunk.records]


def damage(path: Path, actions: Sequence[str]) -> None:
    """Change a byte in some events."""
    for segment in path.glob("*.seg"):
        data = bytearray(segment.read_bytes())
        for action in actions:
            at = data.index(b'"action":"' + action.encode())
            data[at] ^= 1
        segment.write_bytes(data)


def json_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def bad_bytes(path: Path) -> bytes:
    return b"".join(base64.b64decode(line["bytes"]) for line in json_lines(path))


def check_told(case: Case, *, lost: int) -> None:
    """The log holds what the damage has cost, each place once, by the library's own actor."""
    told = [row for row in case.rows() if row.action == "audit.spool.damaged"]
    bodies = [json.loads(row.body) for row in told]
    assert sum(body["details"]["lost"] for body in bodies) == lost, bodies
    assert len({json.dumps(body["details"], sort_keys=True) for body in bodies}) == len(told) == 1
    assert told[0].actor == "service:indelible", told
