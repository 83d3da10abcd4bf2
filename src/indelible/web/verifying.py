"""Whether the log is as it was: verified in a thread of its own, one verification at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from indelible.errors import AuditError, ProofError
from indelible.web.limits import Limits

if TYPE_CHECKING:
    from indelible.merkle import Checkpoint, Verifier
    from indelible.service import AuditService
    from indelible.verification.report import Progress, VerificationReport
    from indelible.verification.trust import TrustedKey

__all__ = ["LastCheckpoint", "LogStatus", "Outcome"]


@dataclass(frozen=True, slots=True)
class LastCheckpoint:
    """The newest signed checkpoint that the log holds.

    Attributes:
        note: The signed text.
        stored_at: When it was stored, as the database says.
        checkpoint: What it says; None where it says nothing readable.
        signed_by: The names in the signatures that were verified.
        problem: Why it is not to be believed; None if a key that is trusted has signed it.
    """

    note: str
    stored_at: datetime
    checkpoint: Checkpoint | None
    signed_by: tuple[str, ...]
    problem: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a verification ended.

    Attributes:
        at: When it ended.
        seconds: How long it took.
        report: What it found; None where it did not come to an end.
        problem: Why it did not; None where it did.
    """

    at: datetime
    seconds: float
    report: VerificationReport | None
    problem: str | None


class _StoppedError(Exception):
    """The verification took too long."""


class LogStatus:
    """Verifies the log, and remembers how the last verification ended.

    Args:
        service: The log.
        keys: The keys that are trusted.
        limits: How long it may take.
    """

    def __init__(
        self, service: AuditService, keys: Sequence[str | Verifier | TrustedKey], limits: Limits
    ) -> None:
        self._service = service
        self._keys = keys
        self._limits = limits
        # Guards what follows, and is held for an instant.
        self._lock = threading.Lock()
        self._running: threading.Thread | None = None
        self._progress: Progress | None = None
        self._last: Outcome | None = None

    @property
    def last(self) -> Outcome | None:
        """How the last verification ended; None before the first."""
        return self._last

    @property
    def running(self) -> bool:
        """Whether one is under way."""
        thread = self._running
        return thread is not None and thread.is_alive()

    @property
    def progress(self) -> Progress | None:
        """How far the one that is under way has come; None if it has not said so yet."""
        return self._progress

    def checkpoint(self) -> LastCheckpoint | None:
        """Return the newest checkpoint, its signature checked; None while there is none.

        Raises:
            StorageError: The database failed.
        """
        from indelible.merkle import parse_checkpoint, parse_note
        from indelible.verification.trust import TrustLevel

        found = self._service.newest_checkpoint()
        if found is None:
            return None
        trust = self._service.trusting(*self._keys)
        checkpoint: Checkpoint | None = None
        signed_by: tuple[str, ...] = ()
        problem: str | None = None
        try:
            checkpoint = parse_checkpoint(parse_note(found.note)[0])
            if trust.level is TrustLevel.NONE:
                problem = "No key is known that would tell who has signed it."
            else:
                _, note = trust.open(found.note, self._service.log)
                signed_by = tuple(signature.name for signature in note.verified)
        except ProofError as error:
            problem = str(error)
        return LastCheckpoint(found.note, found.stored_at, checkpoint, signed_by, problem)

    def start(self) -> threading.Thread:
        """Start one, if none is under way, and return the thread that is at it."""
        with self._lock:
            if self._running is None or not self._running.is_alive():
                self._progress = None
                self._running = threading.Thread(
                    target=self._verify, name="indelible-page-verify", daemon=True
                )
                self._running.start()
            return self._running

    def verified(self, seconds: float) -> None:
        """Start one and wait for its end, or for the one that is under way.

        Args:
            seconds: How long to wait; it goes on afterwards.
        """
        self.start().join(seconds)

    def _verify(self) -> None:
        start = time.monotonic()
        report, problem = None, None

        def progress(progress: Progress) -> None:
            self._progress = progress
            if time.monotonic() - start > self._limits.verify_seconds:
                raise _StoppedError

        try:
            report = self._service.verify(keys=self._keys, progress=progress)
        except _StoppedError:
            problem = (
                f"It was stopped after {self._limits.verify_seconds:g} s. Run indelible verify, "
                "which takes as long as it takes and can use several processes."
            )
        except AuditError as error:
            problem = str(error)
        except Exception as error:  # noqa: BLE001 - whatever a driver raises
            problem = f"It failed: {type(error).__name__}"
        self._last = Outcome(datetime.now(UTC), time.monotonic() - start, report, problem)
