"""What the log can prove of itself, and what it notices: the second part of the demonstration.

An event is proven by a file that needs no database, the whole log is verified, then somebody edits
a row behind the library's back, and the same verification finds that row.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from indelible.errors import ProofError
from indelible.event import AuditEvent, Place
from indelible.merkle import Checkpoint, Ed25519Signer, generate_key, sign_checkpoint
from indelible.service import AuditService
from indelible.storage.schema import DEFAULT_PREFIX, Tables
from indelible.verification.proof_file import VerifiedEvent, verify_proof
from indelible.verification.report import Finding, Kind, Outcome, VerificationReport
from indelible.verification.trust import Trust, TrustLevel, trusted_keys

__all__ = ["FORGED_ACTOR", "ProofResult", "prove_in_database", "prove_in_file"]

FORGED_ACTOR: Final = "user:mallory"
"""Who is said to have done it, once the row is edited."""


@dataclass(frozen=True, slots=True)
class ProofResult:
    """What was proven, and what was found after the edit.

    Attributes:
        event: The event as its proof says, checked with the key alone.
        proof_bytes: Size of the proof, in bytes.
        clean: The verification of the log as it was recorded.
        tampered: The verification after the edit; None where nothing was edited.
    """

    event: VerifiedEvent
    proof_bytes: int
    clean: VerificationReport
    tampered: VerificationReport | None

    @property
    def as_expected(self) -> bool:
        """Whether the log was proven, and the edit, if there was one, found where it was made."""
        return self.clean.outcome is Outcome.PROVEN and (
            self.tampered is None
            or (self.tampered.unlisted == 0 and _names_only(self.tampered.findings, self.event))
        )


def prove_in_file(path: Path, event: AuditEvent, **arguments: Any) -> ProofResult:
    """Prove and verify in the demonstration's own file, edit a row of it, and verify again.

    Args:
        path: The SQLite file, which holds one log and is worthless afterwards.
        event: The event to prove, and then to edit.
        **arguments: Further arguments for `AuditService`.

    Raises:
        AuditError: The database cannot be used.
        ProofError: The proof does not hold.
    """
    key = generate_key(_place(event).log)
    with AuditService(
        f"sqlite:///{path}", signing_key=key.skey, checkpoint_interval=None, **arguments
    ) as audit:
        note = audit.checkpoint().note
        proven, size = _prove(audit, event, key, note)
        # The verifier's key comes from outside the database; that is what makes it worth something.
        keys = (key.verifier.vkey,)
        clean = audit.verify(keys=keys)
        _edit(path, Tables(arguments.get("table_prefix", DEFAULT_PREFIX)), event)
        return ProofResult(proven, size, clean, audit.verify(keys=keys))


def prove_in_database(url: str, event: AuditEvent, **arguments: Any) -> ProofResult:
    """Prove and verify in somebody's database, and change nothing in it.

    The checkpoint is signed outside of it: the log's owner has a key of his own, and a checkpoint
    by any other key would be taken for a forged one when he verifies.

    Args:
        url: The database.
        event: The event to prove.
        **arguments: Further arguments for `AuditService`.

    Raises:
        AuditError: The database cannot be used.
        ProofError: The proof does not hold, or the log is not as it was recorded.
    """
    key = generate_key(_place(event).log)
    with AuditService(url, **arguments) as audit:
        read = audit.verify()
        if read.findings or read.root is None:
            found = "; ".join(map(str, read.findings)) or "its root cannot be computed"
            raise ProofError(f"the log {read.origin!r} is not as it was recorded: {found}")
        note = sign_checkpoint(Checkpoint(read.origin, read.size, bytes.fromhex(read.root)), key)
        proven, size = _prove(audit, event, key, note)
        # The events have just been read; a large log is not read twice.
        return ProofResult(proven, size, audit.verify(pins=[note], since=note), None)


def _prove(
    audit: AuditService, event: AuditEvent, key: Ed25519Signer, note: str
) -> tuple[VerifiedEvent, int]:
    """Return the event as its proof has it, and the proof's size in bytes."""
    text = audit.prove(event.event_id, checkpoint=note).text()
    # From here on as somebody would who has the file and the public key, and no database.
    trust = Trust(TrustLevel.PINNED, trusted_keys(key.verifier.vkey))
    return verify_proof(text, trust, origin=_place(event).log), len(text.encode())


def _edit(path: Path, tables: Tables, event: AuditEvent) -> None:
    """Blame somebody else for an event, in its body and in its column, with SQL alone."""
    kind, _, name = FORGED_ACTOR.partition(":")
    # The table's name cannot be a parameter; its prefix was checked when the service was made.
    statement = (
        f"UPDATE {tables.event.name} SET actor = ?, "  # noqa: S608
        "body = json_set(body, '$.actor', json_object('id', ?, 'type', ?)) WHERE event_id = ?"
    )
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, (FORGED_ACTOR, name, kind, str(event.event_id)))


def _place(event: AuditEvent) -> Place:
    if event.place is None:
        raise AssertionError("an event that was read has a place")
    return event.place


def _names_only(findings: tuple[Finding, ...], event: VerifiedEvent) -> bool:
    """Tell whether there is one finding, and it says of this very event that it was edited."""
    return [(found.kind, found.first, found.last, found.exact) for found in findings] == [
        (Kind.EDITED, event.index, event.index, True)
    ]
