"""What the scenarios of proving.service.feature do and ask of a service."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.pool import Pool

from features.support.sealing.services import SigningService
from features.support.verification.commands import engine_of
from features.support.verification.tamperings import edit_body
from features.support.verification.victim import rebuild, run, seal
from indelible.errors import AuditError
from indelible.merkle import (
    Checkpoint,
    CosignatureSigner,
    generate_key,
    parse_checkpoint,
    parse_note,
    sign_checkpoint,
    verify_consistency,
)
from indelible.sealing import generate_key_file
from indelible.verification.proof_file import verify_proof
from indelible.verification.report import VerificationReport
from indelible.verification.trust import Trust, TrustLevel, trusted_keys


class SilentSigner:
    """A signer such as one in an HSM, which signs and says no more."""

    def __init__(self) -> None:
        key = generate_key("audit")
        self.name = key.name
        self.key_id = key.key_id
        self.sign = key.sign


class Own(SigningService):
    """A signing service whose log is proven and verified."""

    def verify(self, **options: Any) -> VerificationReport:
        return self.service.verify(**options)

    def hand_over(self, events: int) -> None:
        """Let a newer key take over where the log is now, and go on with it."""
        self.service.close()
        self.vkey = generate_key_file(self.directory / "newer", "audit").verifier
        self.options["signing_key"] = self.directory / "newer"
        self.open()
        self.record(events)
        self.service.checkpoint()

    def rewrite(self) -> None:
        """Rewrite the log and sign it with another key than the service's."""
        engine = engine_of(self.url)
        with engine.begin() as connection:
            edit_body(connection, 3)
            rebuild(connection)
            run(connection, "DELETE FROM audit_checkpoint")
            seal(connection, generate_key("audit"), 10)
        engine.dispose()

    def check_options(self) -> None:
        """Verify from an older checkpoint, and with a witness that has cosigned nothing."""
        older, newer = self.notes()
        seen: list[int] = []
        report = self.verify(
            keys=[self.vkey],
            pins=[newer],
            since=older,
            processes=2,
            progress=lambda progress: seen.append(progress.done),
        )
        assert report, report
        assert (report.first, report.stop, report.sealed) == (512, 610, 610), report
        assert seen[-1] == 610 - 512, seen
        report = self.verify(pins=[older])
        assert (report.trust, report.pinned) == ("key found beside the log", self._pin(older))
        stranger = CosignatureSigner("witness.example/w", generate_key("w").seed).verifier
        report = self.verify(witnesses=[stranger.vkey])
        assert report.outcome == "unproven", report
        assert report.witnessed is not None
        assert report.witnessed.size == 0

    def _pin(self, note: str) -> Checkpoint:
        return parse_checkpoint(parse_note(note)[0])

    def check_refusals(self) -> None:
        said = problem(lambda: self.verify(processes=0))
        assert "processes=0" in said, said
        stranger = sign_checkpoint(Checkpoint("audit", 5, bytes(32)), generate_key("audit"))
        said = problem(lambda: self.verify(keys=[self.vkey], pins=[stranger]))
        assert "by no key that is known here" in said, said

    def ids(self) -> list[str]:
        engine = engine_of(self.url)
        with engine.begin() as connection:
            found = connection.execute(text("SELECT event_id FROM audit_event ORDER BY seq"))
            ids = [str(item) for item in found.scalars()]
        engine.dispose()
        return ids

    def check_proofs(self, number: int) -> None:
        trust = Trust(TrustLevel.PINNED, trusted_keys(self.vkey))
        event_id = self.ids()[number]
        older = self.notes()[0]
        for note, size in ((None, 30), (older, 10)):
            proof = self.service.prove(uuid.UUID(event_id), checkpoint=note)
            verified = verify_proof(proof.text(), trust, origin="audit")
            assert (verified.index, verified.checkpoint.size) == (number, size)
            assert str(verified.event.event_id) == event_id

    def check_consistency(self) -> None:
        older, newer = self.notes()
        proof = self.service.consistency(older)
        assert (proof.old.size, proof.size, proof.note) == (10, 30, newer)
        verify_consistency(10, 30, proof.old.root, proof.root, proof.hashes)
        assert self.service.consistency(proof.old) == proof

    def failure(self, what: str) -> str:
        """Try to prove what cannot be proven, and return why."""
        attempts: dict[str, Callable[[], object]] = {
            "an event that was pruned": self._prove_pruned,
            "that it continues another log": lambda: self.service.consistency(
                Checkpoint("other", 3, bytes(32))
            ),
            "that it continues a malformed checkpoint": lambda: self.service.consistency("audit"),
            "that it continues a longer log": lambda: self.service.consistency(
                Checkpoint("audit", 30, bytes(32))
            ),
            "an event whose id is none": lambda: self.service.prove("7"),
        }
        return problem(attempts[what])

    def _prove_pruned(self) -> object:
        event_id = self.ids()[3]
        self._sql("UPDATE audit_event SET body = NULL WHERE seq = 3")
        return self.service.prove(event_id)

    def _sql(self, statement: str) -> None:
        engine = engine_of(self.url)
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    def refusal_inside(self) -> str:
        """Ask from a hook that runs while the first event's connection is made."""
        said: list[str] = []

        def ask(*_: object) -> None:
            if not said:
                said.append(problem(self.service.checkpoint))

        self.service.close()
        self.open()
        event.listen(Pool, "connect", ask)
        try:
            self.record(1)
        finally:
            event.remove(Pool, "connect", ask)
        return said[0]

    def refusal_without_table(self) -> str:
        self._sql("ALTER TABLE audit_checkpoint RENAME TO away")
        try:
            return problem(self.service.checkpoint)
        finally:
            self._sql("ALTER TABLE away RENAME TO audit_checkpoint")

    def refusal_closed(self) -> str:
        self.service.close()
        return problem(self.service.checkpoint)

    def refusal_blocked(self) -> str:
        """Ask while somebody else holds the lock for writing."""
        assert self.service.flush(10)
        engine = engine_of(self.url)
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            self.record(1)
            said = problem(lambda: self.service.checkpoint(timeout=0.3))
            connection.rollback()
        engine.dispose()
        return said


def problem(call: Callable[[], object]) -> str:
    """Call something that must fail, and return why it did."""
    try:
        call()
    except AuditError as error:
        return str(error)
    raise AssertionError("it did not fail")
