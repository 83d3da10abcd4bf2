"""What makes a log provable: signed checkpoints, proofs of single events, and verification."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from indelible.access import closed_error
from indelible.body import checked_event_id
from indelible.configuration import checked_count, checked_seconds
from indelible.ending import Ending
from indelible.errors import AuditTimeoutError, ConfigurationError, StorageError
from indelible.storage.imports import imports
from indelible.writer.failures import explained

if TYPE_CHECKING:
    from indelible.merkle import Checkpoint, CosignatureVerifier, Verifier
    from indelible.sealing import Keeper, SealedCheckpoint
    from indelible.verification.proof_file import EventProof
    from indelible.verification.prove import Consistency, StoredCheckpoint
    from indelible.verification.report import Progress, VerificationReport
    from indelible.verification.trust import Quorum, Trust, TrustedKey

__all__ = ["Proving"]


class Proving(Ending):
    """The part of a service that signs, proves and verifies."""

    _verifier: Verifier | None = None
    """The public key of the service's own signer, if it has one that tells."""

    def checkpoint(self, timeout: float = 30.0) -> SealedCheckpoint:
        """Sign what the log holds now, everything included that was acknowledged before this call.

        Args:
            timeout: How long to wait for pending events and for other signers of the same key, in
                seconds.

        Returns:
            The checkpoint; its ``note`` is the signed text.  If the newest one covers everything
            already, it is that one.

        Raises:
            ConfigurationError: The service has no signing key.
            SigningRefusedError: The log does not continue what the key has signed before.
            SealingError: It could not be made, or not be published; see `indelible.sealing`.
            AuditTimeoutError: Pending events were not committed in time.
            StorageError: The database failed.
        """
        if self._keeper is None:
            from indelible.sealing import NO_KEY

            raise ConfigurationError("signing_key", None, NO_KEY)
        checked_seconds("timeout", timeout)
        if self._closed:
            raise closed_error()
        if self._is_inside():
            raise StorageError(
                "a checkpoint cannot be signed from inside a commit, as by a logging handler. Ask "
                "for it when the commit is over"
            )
        pending = self._committer.pending()
        # An event that the database has refused makes this False as well, and is not waited for.
        if not self.flush(timeout) and not all(receipt.done for receipt in pending):
            raise AuditTimeoutError(
                f"events that were recorded before could not be committed within {timeout:g} s, so "
                "that no checkpoint would cover them; see stats().last_error"
            )
        try:
            return self._keeper.seal(timeout)
        except Exception as error:
            if not self._is_database_error(error):
                raise
            words = explained(self._classify(error).name, error, "no checkpoint was made")
            raise words from error

    def _make_keeper(self, *, signing_key: Any, **options: Any) -> Keeper | None:
        if signing_key is None:
            for name, value in options.items():
                if name != "checkpoint_interval" and value:
                    raise ConfigurationError(name, value, "it takes a signing_key")
            return None
        from indelible.sealing import Keeper

        keeper = Keeper(
            self._sealing_session,
            self._tables,
            self._log,
            self._report,
            signing_key=signing_key,
            **options,
        )
        self._verifier = keeper.verifier
        return keeper

    def prove(self, event_id: UUID | str, *, checkpoint: str | None = None) -> EventProof:
        """Return the proof that an event is in the log, which needs nothing else to be checked.

        Args:
            event_id: The event's id.
            checkpoint: The signed checkpoint to prove it under; None for the newest one that the
                log holds.

        Returns:
            The proof; its ``text()`` is what to keep or hand on (C2SP tlog-proof).

        Raises:
            InvalidEventError: The id is no UUID.
            StorageError: There is no such event, no checkpoint covers it yet, or the database
                failed.
            ProofError: The checkpoint is malformed, or the tables do not lead to its root.
        """
        with imports.lock:
            from sqlalchemy.orm import Session

            from indelible.verification.prove import prove_event

        wanted = checked_event_id(event_id)
        with self._reading() as (connection, _), Session(connection) as session:
            return prove_event(session, self._tables, self._log, wanted, note=checkpoint)

    def newest_checkpoint(self) -> StoredCheckpoint | None:
        """Return the newest checkpoint in the database, unchecked; None while there is none.

        Raises:
            StorageError: The database failed.
        """
        with imports.lock:
            from sqlalchemy.orm import Session

            from indelible.verification.prove import newest_checkpoint

        with self._reading() as (connection, _), Session(connection) as session:
            return newest_checkpoint(session, self._tables, self._log)

    def consistency(self, old_checkpoint: Checkpoint | str) -> Consistency:
        """Prove that the log continues an older checkpoint, whose signature the caller has checked.

        Args:
            old_checkpoint: The older checkpoint, or its signed text.

        Raises:
            ProofError: The checkpoint is malformed, or the log does not continue it.
            StorageError: The database failed.
        """
        with imports.lock:
            from sqlalchemy.orm import Session

            from indelible.merkle import parse_checkpoint, parse_note
            from indelible.verification.prove import prove_consistency

        old = old_checkpoint
        if isinstance(old, str):
            old = parse_checkpoint(parse_note(old)[0])
        with self._reading() as (connection, _), Session(connection) as session:
            return prove_consistency(session, self._tables, self._log, old)

    def trusting(self, *keys: str | Verifier | TrustedKey, quorum: Quorum | None = None) -> Trust:
        """Return what signatures are worth, for `verify` and `verify_proof`.

        Args:
            *keys: The verifier keys that are trusted. Without any, a service that has a signing key
                takes that one's, which is then a key found beside the log; and one that has none
                trusts nothing.
            quorum: The witnesses that must have cosigned; None to ask for none.

        Raises:
            ProofError: A key is malformed.
        """
        with imports.lock:
            from indelible.verification.trust import Trust, TrustLevel, trusted_keys

        named = trusted_keys(*keys)
        own = () if named or self._verifier is None else trusted_keys(self._verifier)
        level = TrustLevel.PINNED if named else TrustLevel.FOUND if own else TrustLevel.NONE
        return Trust(level, named or own, quorum)

    def verify(
        self,
        *,
        keys: Iterable[str | Verifier | TrustedKey] = (),
        pins: Iterable[str] = (),
        since: str | None = None,
        witnesses: Iterable[str | CosignatureVerifier] = (),
        witnesses_required: int | None = None,
        processes: int = 1,
        progress: Callable[[Progress], None] | None = None,
    ) -> VerificationReport:
        """Verify the whole log: bodies, columns, tiles, head and checkpoints.

        Args:
            keys: The verifier keys that are trusted. Without any, a service that has a signing key
                takes that one's, and the report says that the key was found beside the log; and
                one that has none proves nothing that the database says about itself.
            pins: Signed checkpoints that were kept outside the database.
            since: A signed checkpoint that was verified before; what it covers is not read again.
            witnesses: The verifier keys of witnesses that must have cosigned a checkpoint, one in
                the database or one that you pass.
            witnesses_required: How many of them must have; None for all.
            processes: How many processes read, 1 to 64.
            progress: Called now and then with how far it is.

        Returns:
            The report: every finding, what is proven, what is not, and the trust it rests on.

        Raises:
            ConfigurationError: The witnesses, their number or that of the processes make no sense.
            ProofError: A key or a checkpoint that was passed is malformed or false.
            StorageError: The database failed.
        """
        with imports.lock:
            from indelible.verification.database import Options, verify_database
            from indelible.verification.trust import quorum_of

        trust = self.trusting(*keys, quorum=quorum_of(witnesses, witnesses_required))

        options = Options(
            trust=trust,
            pins=tuple(trust.keep(note, self._log) for note in pins),
            processes=checked_count("processes", processes, least=1, most=64),
            since=None if since is None else trust.keep(since, self._log),
            progress=progress,
        )
        with self._reading() as (connection, _):
            return verify_database(connection.engine, self._tables, self._log, options)
