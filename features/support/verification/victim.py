"""A log of 1,000 events to be tampered with, by raw SQL as the database's own superuser.

It is recorded once for each database and run; before each tampering its tables are put back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from features.support import servers
from indelible import AuditService
from indelible.merkle import (
    Checkpoint,
    Ed25519Signer,
    TreeState,
    generate_key,
    parse_checkpoint,
    parse_note,
    sign_checkpoint,
)
from indelible.storage.engines import make_engine
from indelible.storage.schema import Tables
from indelible.verification.database import Options, verify_database
from indelible.verification.report import VerificationReport
from indelible.verification.trust import Trust, TrustLevel, trusted_keys

EVENTS: Final = 1_000
SEALED: Final = 900
ORIGIN: Final = "audit"
_TABLES: Final = ("audit_log", "audit_event", "audit_tile", "audit_checkpoint")

COLUMNS: Final = (
    "log_id, seq, event_id, occurred_at, recorded_at, action, outcome, actor, target, tenant, "
    "request_id, trace_id, source_ip, body, leaf_hash"
)


@dataclass
class Victim:
    """The log.

    Attributes:
        engine: Its database.
        signer: The log's key.
        pin: The checkpoint over 900 events that is kept outside.
    """

    engine: Engine
    signer: Ed25519Signer
    pin: Checkpoint

    @classmethod
    def recorded(cls, kind: str) -> Victim:
        """Record the log, and keep a copy of its tables."""
        url = servers.new_database(kind)
        with AuditService(url, audit_async=True, batch_size=100) as service:
            for number in range(EVENTS):
                record(service, number)
        engine = make_engine(url, busy_timeout=30)
        signer = generate_key("example.com/audit")
        with engine.begin() as connection:
            for size in (500, SEALED):
                note = seal(connection, signer, size)
            for table in _TABLES:
                connection.execute(text(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}"))
        return cls(engine, signer, parse_checkpoint(parse_note(note)[0]))

    def restore(self) -> None:
        """Put the tables back as they were recorded."""
        with self.engine.begin() as connection:
            for table in _TABLES:
                connection.execute(text(f"DELETE FROM {table}"))
                connection.execute(text(f"INSERT INTO {table} SELECT * FROM kept_{table}"))

    def verify(self, **options: Any) -> VerificationReport:
        """Verify as an auditor with the key and the checkpoint that was kept would."""
        given: dict[str, Any] = {"trust": self.trust, "pins": (self.pin,), **options}
        return verify_database(self.engine, Tables(), ORIGIN, Options(**given))

    @property
    def trust(self) -> Trust:
        return Trust(TrustLevel.PINNED, trusted_keys(self.signer.verifier))


def record(service: AuditService, number: int) -> None:
    """Record an event that has every column."""
    service.record(
        "invoice.update",
        actor=f"user:{number % 7}",
        target=f"invoice:{number}",
        outcome="success",
        tenant="acme",
        request_id=f"r-{number}",
        trace_id=f"t-{number}",
        source_ip="192.0.2.1",
        details={"number": number, "naïve": "✓"},
        occurred_at=datetime(2026, 3, 1, 9, 0, number % 60, number, tzinfo=UTC),
    )


def bodies(connection: Connection) -> list[tuple[int, bytes]]:
    """Return number and body of all events."""
    rows = connection.execute(text("SELECT seq, body FROM audit_event ORDER BY seq"))
    return [(seq, body.encode()) for seq, body in rows]


def count(connection: Connection) -> int:
    number: int = connection.execute(text("SELECT COUNT(*) FROM audit_event")).scalar_one()
    return number


def leaves(connection: Connection) -> list[bytes]:
    return [sha256(b"\0" + body).digest() for _, body in bodies(connection)]


def seal(connection: Connection, signer: Ed25519Signer, size: int, origin: str = ORIGIN) -> str:
    """Sign the tree over the first events as they stand there, and store the checkpoint."""
    root = TreeState.empty().extend(leaves(connection)[:size]).state.root()
    return seal_root(connection, signer, size, root, origin)


def seal_root(
    connection: Connection, signer: Ed25519Signer, size: int, root: bytes, origin: str = ORIGIN
) -> str:
    """Sign whatever root, and store the checkpoint."""
    return store(connection, sign_checkpoint(Checkpoint(origin, size, root), signer))


def store(connection: Connection, note: str) -> str:
    """Store a signed checkpoint as a row that says what its note says."""
    checkpoint = parse_checkpoint(parse_note(note)[0])
    connection.execute(
        text(
            "INSERT INTO audit_checkpoint (checkpoint_id, log_id, size, root, note, signed_at) "
            "SELECT COALESCE(MAX(checkpoint_id), 0) + 1, 1, :size, :root, :note, "
            "'2026-03-01 10:00:00' FROM audit_checkpoint"
        ),
        {"size": checkpoint.size, "root": checkpoint.root, "note": note},
    )
    return note


def rebuild(connection: Connection) -> None:
    """Number, hash and file everything anew: what the log would be had it always been so."""
    events = bodies(connection)
    for new, (old, _) in enumerate(events):
        if new != old:
            run(connection, "UPDATE audit_event SET seq = :new WHERE seq = :old", new=new, old=old)
    hashes = leaves(connection)
    statement = "UPDATE audit_event SET leaf_hash = :leaf WHERE seq = :seq"
    for seq, leaf in enumerate(hashes):
        run(connection, statement, leaf=leaf, seq=seq)
    state, tiles = TreeState.empty().extend(hashes)
    run(connection, "DELETE FROM audit_tile")
    for tile in tiles:
        run(
            connection,
            "INSERT INTO audit_tile (log_id, level, tile_index, hashes, root) "
            "VALUES (1, :level, :index, :hashes, :root)",
            level=tile.level,
            index=tile.index,
            hashes=tile.hashes,
            root=tile.root,
        )
    run(
        connection,
        "UPDATE audit_log SET size = :size, frontier = :frontier",
        size=state.size,
        frontier=state.frontier.to_bytes(),
    )


def run(connection: Connection, statement: str, **values: Any) -> int:
    """Run one statement, and return how many rows it has changed."""
    return connection.execute(text(statement), values).rowcount


def renumber(connection: Connection, first: int, by: int) -> None:
    """Renumber the events from one on; one by one, so that no two ever have one number."""
    numbers: Sequence[int] = range(first, 2 * EVENTS)
    for number in numbers if by < 0 else reversed(numbers):
        statement = "UPDATE audit_event SET seq = :new WHERE seq = :old"
        run(connection, statement, new=number + by, old=number)
