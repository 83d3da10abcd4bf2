"""A log with a signer, as one scenario uses it, and what may be done behind the signer's back."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from indelible import AuditService, SchemaError
from indelible.merkle import Ed25519Signer, Frontier, Signer, generate_key
from indelible.sealing import (
    FileState,
    SealedCheckpoint,
    Sealer,
    SealingError,
    Sink,
    Witness,
    WitnessPolicy,
)
from indelible.sealing.state import SignerState
from indelible.storage import migrate
from indelible.storage.schema import Tables

ORIGIN = "billing.example.com/audit"

Dump = dict[str, list[dict[str, Any]]]

TABLES = Tables()


class SignedLog:
    """One log in one database, and who signs it.

    Attributes:
        key: The signer.
        state: Where it remembers.
        sinks: What it hands checkpoints to.
        witnesses: Whom it asks, with `policy`.
        sealed: The last checkpoint, if there is one.
        refusal: Why there was none the last time, if there was none.
    """

    def __init__(self, context: Any, url: str | None = None) -> None:
        self.url = url or context.database_url()
        self.engine: Engine = sqlalchemy.create_engine(self.url)
        context.add_cleanup(self.engine.dispose)
        migrate.upgrade(self.engine)
        self.key: Signer = generate_key(ORIGIN)
        self.directory = Path(context.tmp)
        self.state: SignerState = FileState(self.directory / "state")
        self.sinks: list[Sink] = []
        self.witnesses: list[Witness] = []
        self.policy: WitnessPolicy | None = None
        self.adopt = False
        # A sealer to use again and again, where that makes a difference.
        self.only_sealer: Sealer | None = None
        self.sealed: SealedCheckpoint | None = None
        self.refusal: SealingError | SchemaError | None = None

    @property
    def vkey(self) -> str:
        assert isinstance(self.key, Ed25519Signer)
        return self.key.verifier.vkey

    def append(self, number: int) -> None:
        """Record events, through a service of its own, which knows nothing of earlier ones."""
        with AuditService(self.engine, log=ORIGIN, audit_async=True) as service:
            for count in range(number):
                service.record("invoice.update", actor="user:42", details={"number": count})

    def sealer(self, **options: Any) -> Sealer:
        chosen: dict[str, Any] = {
            "sinks": self.sinks,
            "witnesses": self.witnesses,
            "witness_policy": self.policy,
            "adopt": self.adopt,
        }
        return Sealer(
            partial(Session, self.engine),
            TABLES,
            ORIGIN,
            self.key,
            self.state,
            **(chosen | options),
        )

    def seal(self, **options: Any) -> SealedCheckpoint | None:
        """Seal with a signer that has just been started, and keep what came of it."""
        self.sealed = self.refusal = None
        try:
            self.sealed = (self.only_sealer or self.sealer(**options)).seal()
        except (SealingError, SchemaError) as error:
            self.refusal = error
        return self.sealed

    def dump(self) -> Dump:
        """All rows of the tables."""
        with self.engine.connect() as connection:
            return {
                table.name: [dict(row) for row in connection.execute(table.select()).mappings()]
                for table in TABLES.metadata.sorted_tables
            }

    def load(self, dump: Dump) -> None:
        """Put the tables back to what they were, as restoring an old dump does."""
        with self.engine.begin() as connection:
            for table in TABLES.metadata.sorted_tables:
                connection.execute(table.delete())
                if dump[table.name]:
                    connection.execute(table.insert(), dump[table.name])

    def copy(self, context: Any) -> SignedLog:
        """Another database with the same rows, signed by the same key with the same state."""
        other = SignedLog(context, context.new_database())
        other.load(self.dump())
        other.key, other.state = self.key, self.state
        return other

    def run(self, statement: str) -> None:
        """Run a statement behind the library's back."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql(statement)

    def notes(self) -> list[str]:
        """The notes in the table, oldest first."""
        table = TABLES.checkpoint
        with self.engine.connect() as connection:
            wanted = sqlalchemy.select(table.c.note).order_by(table.c.checkpoint_id)
            return list(connection.execute(wanted).scalars())

    def leaves(self) -> list[bytes]:
        event = TABLES.event
        with self.engine.connect() as connection:
            wanted = sqlalchemy.select(event.c.leaf_hash).order_by(event.c.seq)
            return [bytes(leaf) for leaf in connection.execute(wanted).scalars()]

    def damage(self, what: str) -> None:
        """Change one thing behind the library's back; each is named in a feature."""
        event, log, tile = TABLES.event, TABLES.log, TABLES.tile
        if what == "a leaf hash is changed":
            changed = event.update().where(event.c.seq == 3).values(leaf_hash=b"\xaa" * 32)
            statements: list[Any] = [changed, self._forgetful_tiles(tile)]
        elif what == "a tile's root is changed":
            statements = [tile.update().values(root=b"\xaa" * 32)]
        elif what == "the head is changed":
            frontier = Frontier()
            frontier.extend(self.leaves()[:-1])
            frontier.append(b"\xaa" * 32)
            statements = [log.update().values(frontier=frontier.to_bytes())]
        elif what == "the head holds half a hash":
            frontier = Frontier()
            frontier.extend(self.leaves())
            statements = [log.update().values(frontier=frontier.to_bytes()[:-16])]
        elif what == "the head counts one event more than it covers":
            statements = [log.update().values(size=log.c.size + 1)]
        elif what == "all is rebuilt after an edit":
            self._rebuild()
            return
        else:
            raise ValueError(what)
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(statement)

    def _forgetful_tiles(self, tile: Any) -> Any:
        # Tiles are read before leaves, so without this one the edited leaf would not be looked at.
        return tile.delete()

    def _rebuild(self) -> None:
        """Edit an event and compute everything behind it anew, as an attacker with time would."""
        dump = self.dump()
        with AuditService(self.engine, log=ORIGIN) as service:
            bodies = [event.body for event in service.query(limit=1000).items][::-1]
        for table in (TABLES.event, TABLES.tile, TABLES.log):
            dump[table.name] = []
        self.load(dump)
        with AuditService(self.engine, log=ORIGIN, audit_async=True) as service:
            for number in range(len(bodies)):
                amount = 99 if number == 3 else number
                service.record("invoice.update", actor="user:42", details={"number": amount})

    def close(self) -> None:
        with suppress(Exception):
            self.engine.dispose()
