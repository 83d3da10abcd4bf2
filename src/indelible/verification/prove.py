"""Proofs from the database: that an event is in the log, that the log continues an older one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from indelible.errors import ProofError, StorageError
from indelible.merkle import (
    Checkpoint,
    Frontier,
    consistency_proof,
    inclusion_proof,
    parse_checkpoint,
    parse_note,
    verify_consistency,
)
from indelible.storage.schema import Tables
from indelible.storage.tree_reader import TreeReader
from indelible.verification.proof_file import EventProof, build_proof

__all__ = [
    "Consistency",
    "NotSealedError",
    "StoredCheckpoint",
    "UnknownEventError",
    "newest_checkpoint",
    "newest_note",
    "prove_consistency",
    "prove_event",
]


class UnknownEventError(StorageError, LookupError):
    """The log has no event with this id."""


class NotSealedError(StorageError):
    """No signed checkpoint covers the event yet."""


@dataclass(frozen=True, slots=True)
class Consistency:
    """The proof that a log at one size is the beginning of the same log at a later one.

    Attributes:
        old: The older checkpoint.
        size: The size of the newer tree, in events.
        root: Its root.
        hashes: The consistency proof (RFC 9162 section 2.1.4).
        note: The newer tree's signed checkpoint; None where it is the log's head, which nobody
            has signed.
    """

    old: Checkpoint
    size: int
    root: bytes
    hashes: tuple[bytes, ...]
    note: str | None


def prove_event(
    session: Session, tables: Tables, origin: str, event_id: str, *, note: str | None = None
) -> EventProof:
    """Prove that an event is in the log, by the newest checkpoint or a given one.

    It reads the event, one checkpoint, and at most two tiles for each level of the tree.

    Args:
        session: A session of the calling thread's own.
        tables: The tables.
        origin: The log's name.
        event_id: The event's id, in its canonical text form.
        note: The signed checkpoint to prove it by; None for the newest in the database.

    Returns:
        The proof, which has been verified except for the signature.

    Raises:
        UnknownEventError: There is no such event.
        NotSealedError: No checkpoint covers it.
        ProofError: What is stored does not lead to the root that was signed.
    """
    event, log = tables.event.c, tables.log.c
    log_id = select(log.log_id).where(log.origin == origin).scalar_subquery()
    found = session.execute(
        select(event.seq, event.body).where(event.log_id == log_id, event.event_id == event_id)
    ).one_or_none()
    if found is None:
        raise UnknownEventError(f"the log {origin!r} has no event {event_id}")
    if found.body is None:
        raise StorageError(
            f"the event {event_id} was pruned: its body is gone, and with it what could be proven"
        )
    if note is None:
        note = newest_note(session, tables, origin)
    checkpoint = None if note is None else parse_checkpoint(parse_note(note)[0])
    if note is None or checkpoint is None or checkpoint.size <= found.seq:
        signed = "there is no checkpoint" if checkpoint is None else f"it ends at {checkpoint.size}"
        raise NotSealedError(
            f"no signed checkpoint covers the event {event_id}, which is number {found.seq} of "
            f"the log {origin!r}; {signed}. Sign one with checkpoint(), or wait for the next"
        )
    tiles = TreeReader(session, tables, origin)
    body = found.body if isinstance(found.body, bytes) else found.body.encode()
    hashes = inclusion_proof(found.seq, checkpoint.size, tiles.fetch)
    return build_proof(found.seq, body, hashes, note)


def prove_consistency(
    session: Session, tables: Tables, origin: str, old: Checkpoint
) -> Consistency:
    """Prove that the log continues an older checkpoint, and verify that proof.

    Args:
        session: A session of the calling thread's own.
        tables: The tables.
        origin: The log's name.
        old: The older checkpoint, whose signature the caller has checked.

    Returns:
        The proof up to the newest signed checkpoint, or up to the head if that is older.

    Raises:
        ProofError: The log does not continue it: it was rolled back, forked or rewritten; or the
            checkpoint is of another log.
    """
    if old.origin != origin:
        raise ProofError(f"the checkpoint is of the log {old.origin!r}, not of {origin!r}")
    tiles = TreeReader(session, tables, origin)
    head: Frontier = tiles.frontier()
    note = newest_note(session, tables, origin)
    newest = None if note is None else parse_checkpoint(parse_note(note)[0])
    size, root = head.size, head.root()
    if newest is not None and old.size <= newest.size <= head.size:
        size, root = newest.size, newest.root
    else:
        note = None
    hashes = consistency_proof(old.size, size, tiles.fetch)
    verify_consistency(old.size, size, old.root, root, hashes)
    return Consistency(old, size, root, tuple(hashes), note)


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A checkpoint as the database holds it; nothing of it has been checked.

    Attributes:
        note: The signed text.
        stored_at: When it was stored, in UTC, as the database says; nobody has signed that.
    """

    note: str
    stored_at: datetime


def newest_checkpoint(session: Session, tables: Tables, origin: str) -> StoredCheckpoint | None:
    """Return the signed checkpoint of the largest size in the database, or None."""
    checkpoint, log = tables.checkpoint.c, tables.log.c
    wanted = (
        select(checkpoint.note, checkpoint.signed_at)
        .join(tables.log, log.log_id == checkpoint.log_id)
        .where(log.origin == origin)
        .order_by(checkpoint.size.desc(), checkpoint.checkpoint_id.desc())
        .limit(1)
    )
    found = session.execute(wanted).one_or_none()
    if found is None:
        return None
    at: datetime = found.signed_at
    return StoredCheckpoint(found.note, at.replace(tzinfo=UTC) if at.tzinfo is None else at)


def newest_note(session: Session, tables: Tables, origin: str) -> str | None:
    """Return the signed text of the checkpoint of the largest size in the database, or None."""
    found = newest_checkpoint(session, tables, origin)
    return None if found is None else found.note
