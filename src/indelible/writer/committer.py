"""Group commit: one leader at a time turns everything that is pending into batches.

In synchronous mode the leader is whichever waiting caller gets the commit lock; it commits
everybody's events in one transaction, so throughput grows with the number of threads.  In
asynchronous mode the leader is the writer thread.  Nothing else differs.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from indelible.body import EventRow
from indelible.errors import (
    AuditError,
    AuditTimeoutError,
    DatabaseBusyError,
    DatabaseUnavailableError,
    EventRefusedError,
    StorageError,
)
from indelible.event import Place
from indelible.writer.queue import PendingQueue
from indelible.writer.receipt import Receipt

__all__ = ["Committer", "Counters", "FaultKind", "explained"]

MAX_BATCH_BYTES: Final = 4 * 1024 * 1024
"""Size of bodies after which a batch takes no further event, in bytes.  MariaDB refuses statements
above ``max_allowed_packet``, 16 MiB by default."""

FIRST_DELAY: Final = 0.02
"""Pause before the first retry, in seconds; doubled for each further one, and jittered."""

LONGEST_DELAY: Final = 5.0
"""Longest pause between two retries, in seconds."""


class FaultKind(Protocol):
    """What a database error means for a batch; `indelible.storage.backends.Fault` is one."""

    @property
    def name(self) -> str:
        """``EVENT``, ``BUSY``, ``TRANSIENT`` or ``DATABASE``."""


@dataclass(slots=True)
class Counters:
    """What has happened so far; changed by the leader alone, under the commit lock.

    Attributes:
        committed: Events that are in the database.
        refused: Events that are not, and never will be.
        batches: Transactions committed.
        failures: Attempts that failed since the last success.
        last_error: The text of the last error; None while there was none.
    """

    committed: int = 0
    refused: int = 0
    batches: int = 0
    failures: int = 0
    last_error: str | None = None


class Committer:
    """Takes events from the queue, appends them in batches and settles their receipts.

    Args:
        queue: The pending queue.
        append: Appends a batch in one transaction; returns for each event its place, or why it is
            refused.
        classify: Tells what an error of `append` means for the batch.
        batch_size: Most events of one transaction.
        busy_timeout: How long the database waits for a lock before it reports that it is busy, in
            seconds.
        patient: Whether an event that is accepted is tried for as long as the service lives
            (asynchronous mode), whatever the database says; otherwise its caller gets the error.
        report: Called with each error of which no caller learns, and never with the lock's owner
            waiting for it.
    """

    def __init__(
        self,
        queue: PendingQueue,
        append: Callable[[Sequence[EventRow]], Sequence[Place | AuditError]],
        classify: Callable[[BaseException], FaultKind],
        *,
        batch_size: int,
        busy_timeout: float,
        patient: bool,
        report: Callable[[AuditError], None],
    ) -> None:
        self._queue = queue
        self._append = append
        self._classify = classify
        self._batch_size = batch_size
        self._busy_timeout = busy_timeout
        self._patient = patient
        self._report = report
        self.counters = Counters()
        # The commit lock.  Whoever holds it is the leader: alone takes from the queue, uses the
        # writer's session, and changes the counters, `_batch` and `_leading`.  It is taken before
        # the session lock of the service, never after it.  It is reentrant so that a signal
        # handler (or anything else that interrupts the leader on its own thread) gets it and then
        # learns from `_leading` that it must not lead, instead of waiting for itself.
        self._lock = threading.RLock()
        self._leading = False
        self._batch: list[Receipt] = []
        # Set to end the pauses between retries; then nothing is retried after `_give_up_at`.
        self._stopping = threading.Event()
        self._give_up_at = float("inf")

    @property
    def lock(self) -> threading.RLock:
        """The commit lock, for whoever must keep commits away from a shared connection."""
        return self._lock

    def pending(self) -> list[Receipt]:
        """Return the events that are accepted and not settled, oldest first."""
        waiting = self._queue.snapshot()
        taken = [receipt for receipt in list(self._batch) if not receipt.done]
        # For an instant an event stands in both.
        ids = set(map(id, taken))
        return taken + [receipt for receipt in waiting if id(receipt) not in ids]

    def commit(self, receipt: Receipt, timeout: float) -> bool:
        """Return once a queued event is settled, leading if nobody else does (synchronous mode).

        Args:
            receipt: The event's receipt; it is in the queue.
            timeout: Longest time to take, in seconds.

        Returns:
            Whether it is settled.  False only for a call from inside a commit on the same thread
            (a signal handler, a logging call): the event is queued, and the commit that was
            interrupted takes it along before it returns.

        Raises:
            AuditTimeoutError: It is not settled within the time.
        """
        deadline = time.monotonic() + timeout
        waiter = receipt.add_waiter()
        try:
            while not receipt.done:
                if self._lock.acquire(blocking=False):
                    try:
                        if self._leading:
                            receipt.drop_waiter(waiter)
                            return False
                        self._lead(receipt, deadline)
                    finally:
                        self._lock.release()
                    self._hand_over(deadline)
                elif not waiter.acquire(timeout=max(0.0, deadline - time.monotonic())):
                    self._withdraw(receipt, timeout)
        except BaseException:
            # This thread may just have been chosen to lead; the choice must not end with it.
            self._queue.remove(receipt)
            self._hand_over(deadline)
            raise
        return True

    def commit_pending(self, deadline: float) -> None:
        """Commit everything that is pending on this thread, unless it is inside a commit already.

        Args:
            deadline: When to give up retrying, as `time.monotonic` counts.
        """
        with self._lock:
            if self._leading:
                return
            self._leading = True
            try:
                while self._take() and self._settle_batch(deadline):
                    pass
            finally:
                self._end_leading()

    def stop(self, give_up_at: float) -> None:
        """Make pauses end at once, and retries end at a time.

        Args:
            give_up_at: The time, as `time.monotonic` counts.
        """
        self._give_up_at = give_up_at
        self._stopping.set()

    def _lead(self, receipt: Receipt, deadline: float) -> None:
        self._leading = True
        try:
            # Others are led only as long as nobody waits for them, and so nobody else would lead.
            while not receipt.done or self._unawaited():
                if not (self._take() and self._settle_batch(deadline)):
                    break
        finally:
            self._end_leading()

    def _unawaited(self) -> bool:
        oldest = self._queue.oldest()
        return oldest is not None and not oldest.awaited

    def _hand_over(self, deadline: float) -> None:
        """Let the caller whose event is oldest lead next, if there is one."""
        oldest = self._queue.oldest()
        if oldest is None:
            return
        if oldest.awaited:
            oldest.wake()
        else:
            # Queued from inside the commit that just ended, after its last look at the queue.
            self.commit_pending(deadline)

    def _withdraw(self, receipt: Receipt, timeout: float) -> None:
        if self._queue.remove(receipt):
            raise AuditTimeoutError(
                f"the event was not committed within timeout={timeout} s and is not in the log: "
                "other commits took all of the time. Record it again, or raise timeout"
            )
        if not receipt.done:
            raise AuditTimeoutError(
                f"the event was not committed within timeout={timeout} s, and whether it will be is "
                "unknown: it is in a commit that still runs. Record it again with the same "
                f"event_id={receipt.event_id}, which stores it once either way"
            )

    def _take(self) -> bool:
        self._queue.take(self._batch, most=self._batch_size, most_bytes=MAX_BATCH_BYTES)
        return bool(self._batch)

    def _end_leading(self) -> None:
        # An interrupted batch (KeyboardInterrupt in the leader) belongs to its other callers too.
        left = [receipt for receipt in self._batch if not receipt.done]
        if left:
            self._queue.give_back(left)
        self._batch.clear()
        self._leading = False

    def _settle_batch(self, deadline: float) -> bool:
        settled = self._settle(list(self._batch), deadline)
        if settled:
            self._batch.clear()
        return settled

    def _settle(self, batch: list[Receipt], deadline: float) -> bool:
        """Append a batch, by parts if the database refuses one of its events.

        Returns:
            Whether every event is settled, be it by an error.  False when retrying was given up
            and the events stay pending, in their order.
        """
        started = time.monotonic()
        attempt = 0
        rows = [receipt.row for receipt in batch]
        while True:
            try:
                results = self._append(rows)
            except Exception as error:
                fault = self._classify(error).name
                self.counters.failures += 1
                self.counters.last_error = f"{type(error).__name__}: {error}"
                if fault == "EVENT":
                    return self._divide(batch, error, deadline)
                pause = _pause(attempt)
                attempt += 1
                if not self._may_retry(fault, started, time.monotonic() + pause, deadline):
                    return self._fail(batch, fault, error)
                if self._patient and attempt == 1:
                    self._report(explained(fault, error, "it is tried again until it succeeds"))
                self._stopping.wait(pause)
            else:
                self._accept(batch, results)
                return True

    def _may_retry(self, fault: str, started: float, again_at: float, deadline: float) -> bool:
        if again_at > min(deadline, self._give_up_at):
            return False
        if self._patient:
            return True
        if fault == "BUSY":
            # The database itself has waited already; a caller who holds the lock would wait for
            # himself until the end of the timeout.
            return again_at - started < self._busy_timeout
        return fault == "TRANSIENT"

    def _divide(self, batch: list[Receipt], error: Exception, deadline: float) -> bool:
        """Find the event that the database refuses: each half in a transaction of its own."""
        if len(batch) > 1:
            middle = len(batch) // 2
            return self._settle(batch[:middle], deadline) and self._settle(batch[middle:], deadline)
        refused = EventRefusedError(str(batch[0].event_id), _told(error))
        refused.__cause__ = error
        self._refuse(batch[0], refused)
        return True

    def _refuse(self, receipt: Receipt, error: AuditError) -> None:
        self.counters.refused += 1
        self.counters.last_error = f"{type(error).__name__}: {error}"
        unheard = self._patient or not receipt.awaited
        receipt.settle(None, error)
        if unheard:
            self._report(error)

    def _fail(self, batch: list[Receipt], fault: str, error: Exception) -> bool:
        if self._patient:
            # The service closes.  What stays pending is counted, and told, there.
            return False
        for receipt in batch:
            self._refuse(receipt, explained(fault, error, "the event is not in the log"))
        return True

    def _accept(self, batch: list[Receipt], results: Sequence[Place | AuditError]) -> None:
        counters = self.counters
        counters.batches += 1
        counters.failures = 0
        for receipt, result in zip(batch, results, strict=True):
            if isinstance(result, AuditError):
                self._refuse(receipt, result)
            else:
                counters.committed += 1
                receipt.settle(result)


def _pause(attempt: int) -> float:
    """Return a pause that doubles with each attempt; jittered, so that processes part."""
    longest = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(attempt, 16))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - not for cryptography


def _told(error: Exception) -> str:
    """Return the database's own words, without SQLAlchemy's copy of the statement."""
    original = getattr(error, "orig", None) or error
    return " ".join(str(original).split()) or type(original).__name__


def explained(fault: str, error: Exception, consequence: str) -> AuditError:
    """Return the error that the application sees, with the database's own as its cause.

    Args:
        fault: The `FaultKind`'s name.
        error: What the database raised; an `AuditError` is returned as it is.
        consequence: What it means, as the second half of a sentence.
    """
    if isinstance(error, AuditError):
        return error
    explained: AuditError
    if fault == "BUSY":
        explained = DatabaseBusyError(
            f"another transaction holds the database's write lock ({_told(error)}); {consequence}. "
            "If it is your own, end it first; or record with audit_async=True, or keep "
            "the audit log in a database of its own"
        )
    elif fault == "TRANSIENT":
        explained = DatabaseUnavailableError(
            f"the database cannot be reached or keeps failing ({_told(error)}); {consequence}"
        )
    else:
        explained = StorageError(f"the database refused the batch ({_told(error)}); {consequence}")
    explained.__cause__ = error
    return explained
