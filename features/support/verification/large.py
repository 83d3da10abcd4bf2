"""Logs that are too large to be recorded event by event, and what is done to them.

Their rows are made as the library makes them, from one event that it has recorded.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, text

from features.support import servers
from features.support.verification.victim import ORIGIN, Victim, record, run, seal_root
from indelible import AuditService
from indelible.merkle import TreeState, generate_key, parse_checkpoint, parse_note
from indelible.storage.engines import make_engine
from indelible.storage.schema import Tables
from indelible.verification.database import Options, verify_database
from indelible.verification.reading import snapshot
from indelible.verification.report import Progress, VerificationReport
from indelible.verification.tiles_dir import export_tiles, verify_tiles

_CHUNK: Final = 4_096


@cache
def log_of(events: int) -> Victim:
    """Return a log of this run with so many events on SQLite, all of them sealed."""
    url = servers.new_database("sqlite")
    with AuditService(url) as service:
        record(service, 0)
    engine = make_engine(url, busy_timeout=30)
    signer = generate_key("example.com/audit")
    with engine.begin() as connection:
        row = dict(connection.execute(text("SELECT * FROM audit_event")).mappings().one())
        run(connection, "DELETE FROM audit_event")
        state = TreeState.empty()
        for first in range(0, events, _CHUNK):
            state = _append(connection, row, first, min(first + _CHUNK, events), state)
        run(
            connection,
            "UPDATE audit_log SET size = :size, frontier = :frontier",
            size=state.size,
            frontier=state.head(),
        )
        note = seal_root(connection, signer, state.size, state.root())
    return Victim(engine, signer, parse_checkpoint(parse_note(note)[0]))


def _append(
    connection: Connection, row: dict[str, Any], first: int, stop: int, state: TreeState
) -> TreeState:
    rows, leaves = [], []
    for number in range(first, stop):
        event_id = str(uuid.UUID(int=number + 1, version=4))
        body = row["body"].replace(row["event_id"], event_id)
        leaves.append(sha256(b"\0" + body.encode()).digest())
        rows.append(
            row | {"seq": number, "event_id": event_id, "body": body, "leaf_hash": leaves[-1]}
        )
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO audit_event ({names}) VALUES ({values})"), rows)
    grown = state.extend(leaves)
    for tile in grown.tiles:
        run(
            connection,
            "INSERT INTO audit_tile (log_id, level, tile_index, hashes, root) "
            "VALUES (1, :level, :index, :hashes, :root)",
            level=tile.level,
            index=tile.index,
            hashes=tile.hashes,
            root=tile.root,
        )
    return grown.state


def verify_after(events: int, what: str, **options: Any) -> VerificationReport:
    """Do something to a large log within a transaction, verify, and take it back."""
    log = log_of(events)
    progress: list[Progress] = []
    given = {"trust": log.trust, "progress": progress.append, **options}
    with log.engine.begin() as connection:
        kept = _copies(connection, what)
        _DEEDS[what](connection)
    try:
        report = verify_database(log.engine, Tables(), ORIGIN, Options(**given))
    finally:
        with log.engine.begin() as connection:
            _put_back(connection, kept)
    assert progress[-1].done == progress[-1].total == report.stop, progress[-1]
    return report


def export(events: int, directory: Path) -> None:
    """Export a large log as tiles."""
    log = log_of(events)
    with snapshot(log.engine) as connection:
        exported = export_tiles(connection, Tables(), ORIGIN, directory)
    assert exported.checkpoint.size == events


def verify_exported(events: int, directory: Path) -> VerificationReport:
    progress: list[Progress] = []
    report = verify_tiles(directory, log_of(events).trust, progress=progress.append)
    assert progress[-1] == Progress(events, events), progress
    return report


def _copies(connection: Connection, what: str) -> list[str]:
    tables = ["audit_tile", "audit_log", "audit_checkpoint"]
    if "event" in what:
        tables.append("audit_event")
    for table in tables:
        connection.execute(text(f"CREATE TABLE copy_{table} AS SELECT * FROM {table}"))
    return tables


def _put_back(connection: Connection, tables: list[str]) -> None:
    for table in tables:
        connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text(f"INSERT INTO {table} SELECT * FROM copy_{table}"))
        connection.execute(text(f"DROP TABLE copy_{table}"))


def _change_level_one(connection: Connection) -> None:
    """Change the hash of tile 7 of level 0 in the tile above it."""
    hashes = bytearray(
        connection.execute(text("SELECT hashes FROM audit_tile WHERE level = 1")).scalar_one()
    )
    hashes[7 * 32] ^= 1
    run(connection, "UPDATE audit_tile SET hashes = :value WHERE level = 1", value=bytes(hashes))


def _statement(statement: str, **values: Any) -> Callable[[Connection], None]:
    def run_it(connection: Connection) -> None:
        assert run(connection, statement, **values) > 0

    return run_it


def _set_back(connection: Connection) -> None:
    """Set the head back by 2,000 events, which stay, and remove what was signed over them."""
    stored = connection.execute(
        text("SELECT leaf_hash FROM audit_event WHERE seq < 3000 ORDER BY seq")
    )
    state = TreeState.empty().extend(stored.scalars()).state
    run(
        connection,
        "UPDATE audit_log SET size = :size, frontier = :frontier",
        size=state.size,
        frontier=state.head(),
    )
    run(connection, "DELETE FROM audit_tile WHERE tile_index >= :full", full=3000 // 256)
    run(connection, "DELETE FROM audit_checkpoint")


def _delete_everything(connection: Connection) -> None:
    run(connection, "DELETE FROM audit_event")
    run(connection, "DELETE FROM audit_tile")


_DEEDS: Final[dict[str, Callable[[Connection], None]]] = {
    "nothing was done": lambda _: None,
    "every event's body was edited": _statement(
        "UPDATE audit_event SET body = replace(body, 'naïve', 'naive')"
    ),
    "every event's actor was edited": _statement("UPDATE audit_event SET actor = 'user:99'"),
    "the head was set back to before 2,000 events": _set_back,
    "all events and tiles were deleted": _delete_everything,
    "a hash was changed in the tile of level 1": _change_level_one,
    "the root of the tile of level 1 was changed": _statement(
        "UPDATE audit_tile SET root = :root WHERE level = 1", root=bytes(32)
    ),
    "the tile of level 1 was deleted": _statement("DELETE FROM audit_tile WHERE level = 1"),
}
"""What can be done to a large log, by name."""
