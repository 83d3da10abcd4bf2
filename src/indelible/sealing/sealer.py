"""Signing checkpoints of a log, and refusing to when its tree is not what was signed before.

::

    keep other signers of this key away  →  recall the last checkpoint  →  read the head
    →  prove that the one continues the other  →  sign  →  remember  →  ask witnesses
    →  store in the database  →  hand to the sinks

What is remembered is on the disk before anybody else sees the signature: whatever happens in
between, this key never signs two trees of which one does not continue the other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import Final, NamedTuple, TypeAlias

from sqlalchemy import insert, literal, select
from sqlalchemy.orm import Session

from indelible.errors import ProofError
from indelible.merkle import (
    Checkpoint,
    Frontier,
    NoteError,
    Signer,
    Verifier,
    add_signatures,
    consistency_proof,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    root_from_tiles,
    sign_checkpoint,
    verify_consistency,
)
from indelible.sealing.errors import (
    SealingError,
    SigningRefusedError,
    SinkError,
    WitnessPolicyError,
)
from indelible.sealing.handing import Handing
from indelible.sealing.keyfiles import verifier_of
from indelible.sealing.sinks import Sink
from indelible.sealing.state import SignerState
from indelible.sealing.witness import Witness, WitnessPolicy, as_witnesses, cosign, cosigners
from indelible.storage.schema import Tables
from indelible.storage.tree_reader import TreeReader

__all__ = ["OpenSession", "SealedCheckpoint", "Sealer"]

OpenSession: TypeAlias = Callable[[], AbstractContextManager[Session]]
"""Opens a session of the calling thread's own, on a connection of its own, for a short while."""

STATE_SECONDS: Final = 30.0
"""How long to wait for another signer on the same host, in seconds."""

_ROWS: Final = 100
"""Newest checkpoints in the table among which one by the same key is looked for."""


@dataclass(frozen=True, slots=True)
class SealedCheckpoint:
    """A signed checkpoint.

    Attributes:
        checkpoint: Origin, size and root.
        note: The signed text (C2SP signed-note), with the cosignatures of witnesses.
        cosigned_by: Names of the witnesses that have cosigned it.
        problems: Why other witnesses have not, one sentence for each.
        fresh: Whether it was published now; False when the newest checkpoint covered everything
            already.
    """

    checkpoint: Checkpoint
    note: str
    cosigned_by: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    fresh: bool = True

    @property
    def size(self) -> int:
        """The number of events that it covers."""
        return self.checkpoint.size

    @property
    def root(self) -> bytes:
        """The root of the tree over them."""
        return self.checkpoint.root


class _Known(NamedTuple):
    """A checkpoint that this key has signed before."""

    where: str
    checkpoint: Checkpoint
    note: str


class Sealer:
    """Signs one log's checkpoints; safe to use from several threads, which take turns.

    Args:
        open_session: Opens short sessions on the log's database.
        tables: The tables.
        origin: The log's name.
        signer: The key.  One that has an attribute ``verifier`` is checked: what it signs before
            it is published, and what it is said to have signed before it is believed.
        state: Where the last checkpoint is remembered.
        sinks: What is handed each new checkpoint.
        witnesses: Who is asked to cosign.
        witness_policy: How many of them must, and what happens otherwise.
        adopt: Whether a durable state that is empty may be filled with the newest checkpoint in the
            database, as on a new host.  Otherwise that is refused: a state that was lost, together
            with a database that was set back, would go unnoticed.
        clock: Returns the present; the system's clock if left out.

    Raises:
        ConfigurationError: Witnesses and policy do not fit.
    """

    def __init__(
        self,
        open_session: OpenSession,
        tables: Tables,
        origin: str,
        signer: Signer,
        state: SignerState,
        *,
        sinks: Sequence[Sink] = (),
        witnesses: Iterable[Witness] = (),
        witness_policy: WitnessPolicy | None = None,
        adopt: bool = False,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._open_session = open_session
        self._tables = tables
        self._origin = origin
        self._signer = signer
        self._verifier = verifier_of(signer)
        self._state = state
        self._sinks = tuple(map(Handing, sinks))
        self._witnesses, self._policy = as_witnesses(witnesses, witness_policy)
        self._adopt = adopt
        self._clock = clock or _now
        # Lets one thread at a time seal. The outermost of all locks: while it is held the state's
        # lock and those that opening a session needs are taken, and nothing that holds one of those
        # may wait for it. Nobody takes it to record an event.
        self._lock = threading.Lock()
        # The thread that seals just now, by its ident, or 0.
        self._sealing = 0
        # The size that each witness is known to have cosigned, by its key.
        self._witnessed: dict[bytes, int] = {}

    def seal(self, *, timeout: float = STATE_SECONDS) -> SealedCheckpoint:
        """Sign what the log holds now, and publish it.

        If the newest checkpoint covers it already, that one is returned; what was missing of its
        publication is made up for.

        Args:
            timeout: How long to wait for other signers of this key, in seconds.

        Raises:
            SigningRefusedError: The tree does not continue what this key has signed before.
            WitnessPolicyError: Too few witnesses have cosigned, and the policy says to raise.
            SinkError: A sink did not take it, or not within ten seconds; everything else is done.
            SealingError: The state cannot be read, written or had in time.
            SchemaError: The log's head in the database is damaged.
        """
        return self._in_turn((self._signer,), timeout)

    def hand_over(
        self,
        newer: Signer,
        state: SignerState | None = None,
        *,
        timeout: float = STATE_SECONDS,
    ) -> SealedCheckpoint:
        """Sign what the log holds now by this key and a newer one, which takes over there.

        Args:
            newer: The newer key.  From now on it alone should sign.
            state: Where the newer key will remember what it has signed; None if that is where this
                one does.
            timeout: As for `seal`.

        Returns:
            The handover: its size is where the older key ends and the newer one begins.

        Raises:
            SealingError: As for `seal`; also when the newer key is the same, or its state holds a
                checkpoint that is not the last one of this key's.  Then nothing is signed.
        """
        if (newer.name, newer.key_id) == (self._signer.name, self._signer.key_id):
            raise SealingError(
                "a key cannot hand over to itself. Make a new one: indelible keys generate FILE"
            )
        # Before anything is signed: whatever continues this key's last checkpoint need not continue
        # another one of the newer key's.  Its own it has from a handover that did not come to an
        # end, or was made once more.
        if state is not None and state.load() not in {None, self._state.load()}:
            raise SealingError(
                f"{state!r}, in which the newer key is to begin, holds another checkpoint already. "
                "Name a file that does not exist"
            )
        sealed = self._in_turn((self._signer, newer), timeout)
        if state is not None:
            state.store(sealed.note)
        return sealed

    def _in_turn(self, signers: Sequence[Signer], timeout: float) -> SealedCheckpoint:
        deadline = time.monotonic() + timeout
        me = threading.get_ident()
        if self._sealing == me or any(sink.is_inside(me) for sink in self._sinks):
            raise SealingError("a sink or a signer cannot ask for a checkpoint of the same log")
        if not self._lock.acquire(timeout=max(0.0, timeout)):
            raise SealingError(f"another thread has been sealing for {timeout:g} s")
        try:
            self._sealing = me
            with self._state.locked(deadline):
                sealed = self._seal(signers)
            if sealed.fresh:
                self._hand_out(sealed)
        finally:
            self._sealing = 0
            self._lock.release()
        return sealed

    # Signing -----------------------------------------------------------------------------------

    def _seal(self, signers: Sequence[Signer]) -> SealedCheckpoint:
        remembered = self._remembered()
        with self._open_session() as session:
            # The table first and then the head: the other way round, a checkpoint that another
            # host has stored in between would seem to be ahead of its log.
            stored = self._stored(session)
            if remembered is None and stored is not None:
                self._check_adoption()
            tree = TreeReader(session, self._tables, self._origin)
            frontier = tree.frontier()
            known = [item for item in (remembered, stored) if item is not None]
            self._check_tree(tree, frontier, known)
        checkpoint = Checkpoint(self._origin, frontier.size, frontier.root())
        note = _signed_already(known, checkpoint, signers)
        if note is None:
            note = self._sign(checkpoint, signers)
        if remembered is None or remembered.note != note:
            self._state.store(note)
        note, problems = self._ask_witnesses(checkpoint, note, known)
        fresh = stored is None or stored.note != note
        if fresh and not self._insert(checkpoint, note):
            # An empty log that was never used has no row for a checkpoint to belong to.
            fresh = remembered is None or remembered.note != note
        return SealedCheckpoint(checkpoint, note, cosigners(note, self._witnesses), problems, fresh)

    def _remembered(self) -> _Known | None:
        note = self._state.load()
        if note is None:
            return None
        where = f"the signer's state {self._state!r}"
        try:
            return _Known(where, self._opened(note), note)
        except ProofError as error:
            raise SigningRefusedError(
                f"{where} does not hold a checkpoint of the log {self._origin!r} by this key "
                f"({error}). Restore it from a backup, or give this log and key a state of its own"
            ) from error

    def _stored(self, session: Session) -> _Known | None:
        """Return the newest checkpoint by this key in the table."""
        table, log = self._tables.checkpoint.c, self._tables.log.c
        wanted = (
            select(table.checkpoint_id, table.note)
            .join(self._tables.log, log.log_id == table.log_id)
            .where(log.origin == self._origin)
            .order_by(table.size.desc(), table.checkpoint_id.desc())
            .limit(_ROWS)
        )
        key = self._signer.name, self._signer.key_id
        for number, note in session.execute(wanted).all():
            try:
                _, signatures = parse_note(note)
                if key not in {(item.name, item.key_id) for item in signatures}:
                    continue
                where = f"the row {number} of {self._tables.checkpoint.name}"
                return _Known(where, self._opened(note), note)
            except ProofError as error:
                raise SigningRefusedError(
                    f"the row {number} of {self._tables.checkpoint.name} claims to be a checkpoint "
                    f"of the log {self._origin!r} by this key and is none ({error}). Somebody "
                    "changed the table"
                ) from error
        return None

    def _opened(self, note: str) -> Checkpoint:
        """Return a checkpoint that this key has signed, after checking its signature if it can."""
        if self._verifier is not None:
            return open_checkpoint(note, (self._verifier,), origin=self._origin)[0]
        text, signatures = parse_note(note)
        checkpoint = parse_checkpoint(text)
        key = self._signer.name, self._signer.key_id
        if checkpoint.origin != self._origin:
            raise NoteError(f"it is of the log {checkpoint.origin!r}")
        if key not in {(item.name, item.key_id) for item in signatures}:
            raise NoteError(f"it is not signed by {key[0]}+{key[1]:08x}")
        return checkpoint

    def _check_adoption(self) -> None:
        if self._state.durable and not self._adopt:
            raise SigningRefusedError(
                f"this key has signed checkpoints of the log {self._origin!r} before, and its "
                f"state {self._state!r} is gone, so that nobody can tell whether the database was "
                "set back since. Restore the state; or, on a new host and after verifying the log, "
                "run: indelible checkpoint --adopt"
            )

    def _check_tree(self, tree: TreeReader, frontier: Frontier, known: Sequence[_Known]) -> None:
        """Refuse a tree that is not whole, or does not continue what this key has signed."""
        size, root = frontier.size, frontier.root()
        for item in known:
            before = item.checkpoint
            if before.size > size:
                raise SigningRefusedError(
                    f"the log {self._origin!r} has {size} events, and this key has signed a "
                    f"checkpoint of {before.size} ({item.where}). The database was set back to an "
                    "older state, or this is another copy of it. Find out which, and restore the "
                    "newer one"
                )
        try:
            if root_from_tiles(size, tree.fetch) != root:
                raise ProofError("its tiles lead to another root than its head says")
            for item in known:
                before = item.checkpoint
                proof = consistency_proof(before.size, size, tree.fetch)
                verify_consistency(before.size, size, before.root, root, proof)
        except ProofError as error:
            where = ", ".join(f"{item.checkpoint.size} in {item.where}" for item in known)
            raise SigningRefusedError(
                f"the log {self._origin!r} of {size} events does not continue what this key has "
                f"signed before ({where or 'nothing yet'}): {error}. Events were changed, or an "
                "older state or another copy of the database has gone its own way. Verify the log"
            ) from error

    def _sign(self, checkpoint: Checkpoint, signers: Sequence[Signer]) -> str:
        note = sign_checkpoint(checkpoint, *signers)
        verifiers: list[Verifier] = [
            verifier for verifier in map(verifier_of, signers) if verifier is not None
        ]
        try:
            if verifiers:
                open_checkpoint(note, verifiers)
        except ProofError as error:
            raise SealingError(
                f"the signer of {self._signer.name} made a signature that its own verifier does "
                f"not accept: {error}"
            ) from error
        return note

    # Publishing --------------------------------------------------------------------------------

    def _ask_witnesses(
        self, checkpoint: Checkpoint, note: str, known: Sequence[_Known]
    ) -> tuple[str, tuple[str, ...]]:
        """Return the note with all cosignatures that are to be had, and what kept others away."""
        policy = self._policy
        if policy is None:
            return note, ()
        for item in known:
            for name in cosigners(item.note, self._witnesses):
                self._saw(name, item.checkpoint.size)
        present = set(cosigners(note, self._witnesses))
        missing = [item for item in self._witnesses if item.verifier.name not in present]
        asked = cosign(
            checkpoint,
            note,
            missing,
            lambda size: self._prove(size, checkpoint.size),
            known=lambda witness: self._witnessed.get(witness.verifier.public_key, 0),
            timeout=policy.timeout,
        )
        if asked.signatures:
            note = add_signatures(note, asked.signatures)
            self._state.store(note)
        names = cosigners(note, self._witnesses)
        for name in names:
            self._saw(name, checkpoint.size)
        if len(names) < policy.required and policy.when_unmet == "raise":
            raise WitnessPolicyError(
                f"{len(names)} of {len(self._witnesses)} witnesses have cosigned the checkpoint of "
                f"size {checkpoint.size}, and the policy demands {policy.required}; it is not "
                f"published. {'; '.join(asked.problems)}",
                note,
            )
        return note, asked.problems

    def _saw(self, name: str, size: int) -> None:
        for witness in self._witnesses:
            if witness.verifier.name == name:
                key = witness.verifier.public_key
                self._witnessed[key] = max(size, self._witnessed.get(key, 0))

    def _prove(self, older: int, size: int) -> list[bytes]:
        with self._open_session() as session:
            return consistency_proof(
                older, size, TreeReader(session, self._tables, self._origin).fetch
            )

    def _insert(self, checkpoint: Checkpoint, note: str) -> bool:
        """Store a checkpoint; tell whether the log has a row that it can belong to."""
        table, log = self._tables.checkpoint, self._tables.log
        columns = ("log_id", "size", "root", "note", "signed_at")
        row = select(
            log.c.log_id,
            literal(checkpoint.size, table.c.size.type),
            literal(checkpoint.root, table.c.root.type),
            literal(note, table.c.note.type),
            literal(self._clock().astimezone(UTC), table.c.signed_at.type),
        ).where(log.c.origin == self._origin)
        with self._open_session() as session:
            # One statement in a transaction of its own: on SQLite, a transaction that has read
            # before it writes fails when somebody else has written in between.
            inserted = session.connection().execute(insert(table).from_select(columns, row))
            session.commit()
            return inserted.rowcount != 0

    def _hand_out(self, sealed: SealedCheckpoint) -> None:
        problems = [problem for sink in self._sinks if (problem := sink.hand(sealed))]
        if problems:
            raise SinkError(
                f"the checkpoint of size {sealed.size} is signed and stored, and was not taken by "
                f"{'; '.join(problems)}",
                sealed,
            )


def _signed_already(
    known: Iterable[_Known], checkpoint: Checkpoint, signers: Iterable[Signer]
) -> str | None:
    """Return a note over the same tree that all signers have signed, if there is one.

    Of several the one with the most signatures, which is the one that witnesses have cosigned.
    """
    wanted = {(signer.name, signer.key_id) for signer in signers}
    found: list[tuple[int, str]] = []
    for item in known:
        if item.checkpoint == checkpoint:
            _, signatures = parse_note(item.note)
            if wanted <= {(signature.name, signature.key_id) for signature in signatures}:
                found.append((len(signatures), item.note))
    return max(found, key=itemgetter(0))[1] if found else None


def _now() -> datetime:
    return datetime.now(UTC)
