"""Group commit: one leader at a time turns everything that is pending into batches.

In synchronous mode the leader is whichever waiting caller gets the commit lock; it commits
everybody's events in one transaction, so throughput grows with the number of threads.  In
asynchronous mode the leader is the writer thread.  Nothing else differs.
"""

from __future__ import annotations

import gc
import threading
import time
from _thread import LockType
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from indelible.body import EventRow
from indelible.errors import (
    AuditError,
    AuditTimeoutError,
    EventRefusedError,
    StorageError,
)
from indelible.event import Placed
from indelible.writer.failures import FaultKind, explained, told, undecided, unknown
from indelible.writer.queue import PendingQueue
from indelible.writer.receipt import Receipt
from indelible.writer.retrying import Retrying

__all__ = ["Committer", "Counters", "Source"]

MAX_BATCH_BYTES: Final = 4 * 1024 * 1024
"""Size of bodies after which a batch takes no further event, in bytes.  MariaDB refuses statements
above ``max_allowed_packet``, 16 MiB by default."""

GATHER_SHARE: Final = 0.5
"""How long a leader waits for callers that the last commit released, as a share of that commit."""

GATHER_LONGEST: Final = 0.005
"""The same in seconds: a commit that had to wait for a lock says nothing about the next one."""

GATHER_STEP: Final = 0.00002
"""Pause between two looks at the queue meanwhile, in seconds; it lets the other threads run."""

LOOK_AGAIN: Final = 0.05
"""How often a caller who waits looks whether he can lead, in seconds, if nobody wakes him."""


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


class Source(Protocol):
    """Where events come from that are not put into the queue by their callers."""

    def fill(self) -> None:
        """Put some into the queue; called by the leader before it takes a batch."""

    def settle(self) -> None:
        """Look at what has become of them; called by the leader after a batch."""

    def under_way(self) -> set[Receipt]:
        """Return the receipts of those that are in the queue or a batch, and kept there as well."""


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
        give_up_after: After how many seconds of failing a patient committer refuses the batch that
            it is at; None for never.
        source: Where further events come from, or None.
        take_over: Is given each event, by its receipt, that is about to be refused with an error
            because the database fails; tells whether it has taken it over.

    Attributes:
        counters: What has happened so far.
        deadline: When the leader gives up, as `time.monotonic` counts; for `append`.
    """

    def __init__(
        self,
        queue: PendingQueue,
        append: Callable[[Sequence[EventRow]], Sequence[Placed | AuditError]],
        classify: Callable[[BaseException], FaultKind],
        *,
        batch_size: int,
        busy_timeout: float,
        patient: bool,
        report: Callable[[AuditError], None],
        give_up_after: float | None = None,
        source: Source | None = None,
        take_over: Callable[[Receipt, AuditError], bool] | None = None,
    ) -> None:
        self._queue = queue
        self._take_over = take_over
        self._give_up_after = give_up_after
        self._source = source
        self._append = append
        self._classify = classify
        self._batch_size = batch_size
        self._busy_timeout = busy_timeout
        self._patient = patient
        self._retrying = Retrying(
            patient=patient, busy_timeout=busy_timeout, give_up_after=give_up_after
        )
        self._report = report
        self.counters = Counters()
        # The commit lock.  Whoever holds it is the leader: alone takes from the queue, uses the
        # writer's session, and changes the counters, `_batch` and `_leader`.  It is taken before
        # the session lock of the service, never after it.  It is reentrant so that a signal
        # handler (or anything else that interrupts the leader on its own thread) gets it and then
        # learns from `_leader` that it must not lead, instead of waiting for itself.
        self._lock = threading.RLock()
        self._leader = 0  # The leading thread's ident, which is never 0.
        self.deadline = float("inf")
        self._batch: list[Receipt] = []
        # Those of pending events that may be in the log already, because an attempt ended without
        # an answer. Changed by the leader, and by callers who withdraw their events; any thread
        # looks, which is a single step.
        self._uncertain: set[Receipt] = set()
        # Whether a commit was left by what nobody expects, and none has succeeded since.
        self._interrupted = False
        # Size and duration of the last batch that was committed.
        self._last_size = 1
        self._last_seconds = 0.0

    @property
    def lock(self) -> threading.RLock:
        """The commit lock, for whoever must keep commits away."""
        return self._lock

    @property
    def leading(self) -> bool:
        """Whether the calling thread is inside a commit."""
        return self._leader == threading.get_ident()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Keep commits away while their connection is used for something else.

        In synchronous mode what is pending is committed first, or callers that read all the time
        would keep those that record from ever getting the lock.  What is recorded inside, by a
        logging call for example, is committed behind it.

        Raises:
            StorageError: The calling thread is inside a commit, which uses that connection.
        """
        with self._lock:
            if self._leader:
                raise StorageError(
                    "a log in memory has one connection, and a commit is using it on this very "
                    "thread. Read when the commit is over, or keep the log in a file"
                )
            self._leader = threading.get_ident()
            try:
                if not self._patient:
                    self._commit_all(time.monotonic() + self._busy_timeout)
                yield
            finally:
                self._end_leading()
        self.hand_over(time.monotonic() + self._busy_timeout)

    def pending(self) -> list[Receipt]:
        """Return the events that are accepted and not settled, oldest first."""
        waiting = self._queue.snapshot()
        taken = self.in_flight()
        # An event that is given back stands in both for an instant.
        ids = set(map(id, taken))
        return taken + [receipt for receipt in waiting if id(receipt) not in ids]

    def in_flight(self) -> list[Receipt]:
        """Return the events that the leader has taken and not settled."""
        return [receipt for receipt in list(self._batch) if not receipt.done]

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
        waiter: LockType | None = None
        receipt.led = True
        try:
            while receipt.row is not None:
                if self._lock.acquire(blocking=False):
                    try:
                        if self._leader:
                            return False
                        if waiter is not None and time.monotonic() >= deadline:
                            # Leading takes time as well, which is over.
                            self._withdraw(receipt, timeout)
                        self._lead(receipt, deadline)
                    finally:
                        self._lock.release()
                    self.hand_over(deadline)
                elif waiter is None:
                    # Before the next look at the lock: who holds it now wakes this waiter then.
                    waiter = receipt.add_waiter()
                # The thread that was chosen to lead may be unable to: a signal handler that
                # interrupted it waits for an event of its own.  So everybody looks again.
                elif (
                    not waiter.acquire(timeout=_bounded(deadline, LOOK_AGAIN))
                    and time.monotonic() >= deadline
                ):
                    self._withdraw(receipt, timeout)
        except BaseException:
            # This thread may just have been chosen to lead; the choice must not end with it.
            self._queue.remove(receipt)
            self.hand_over(deadline)
            raise
        finally:
            receipt.led = False
            if waiter is not None:
                receipt.drop_waiter(waiter)
        return True

    def commit_pending(self, deadline: float) -> None:
        """Commit everything that is pending on this thread, unless it is inside a commit already.

        Args:
            deadline: When to stop waiting for the commit lock, and to give up retrying, as
                `time.monotonic` counts.
        """
        if not self._lock.acquire(timeout=_bounded(deadline, threading.TIMEOUT_MAX)):
            return
        try:
            if self._leader:
                return
            self._leader = threading.get_ident()
            try:
                self._commit_all(deadline)
            finally:
                self._end_leading()
        finally:
            self._lock.release()

    def _commit_all(self, deadline: float) -> None:
        self.deadline = deadline
        while self._take() and self._settle_batch(deadline):
            pass

    def stop(self, give_up_at: float) -> None:
        """Make pauses end at once, and retries end at a time.

        Args:
            give_up_at: The time, as `time.monotonic` counts.
        """
        self._retrying.stop(give_up_at)

    def _lead(self, receipt: Receipt, deadline: float) -> None:
        self._leader = threading.get_ident()
        self.deadline = deadline
        try:
            # Others are led only as long as nobody waits for them, and so nobody else would lead.
            while not receipt.done or self._unled():
                self._gather()
                if not (self._take() and self._settle_batch(deadline)):
                    break
        finally:
            self._end_leading()

    def _gather(self) -> None:
        """Let the callers of the last batch join this one.

        They were all released by the same commit and are about to record again.  Without this,
        the first of them leads alone while the others queue up behind it, and every second commit
        holds a single event.
        """
        if len(self._queue) >= self._last_size:
            return
        longest = min(self._last_seconds * GATHER_SHARE, GATHER_LONGEST)
        enough_at = time.perf_counter() + longest
        while len(self._queue) < self._last_size and time.perf_counter() < enough_at:
            time.sleep(GATHER_STEP)

    def _unled(self) -> bool:
        oldest = self._queue.oldest()
        return oldest is not None and not oldest.led

    def hand_over(self, deadline: float) -> None:
        """Let the caller whose event is oldest lead next, if there is one.

        Args:
            deadline: For an event that nobody leads, as for `commit_pending`.
        """
        oldest = self._queue.oldest()
        if oldest is None or self._patient:
            return
        if oldest.led:
            oldest.wake()
        else:
            # Queued from inside the commit that just ended, after its last look at the queue.
            self.commit_pending(deadline)

    def _withdraw(self, receipt: Receipt, timeout: float) -> None:
        if self._queue.remove(receipt):
            if receipt in self._uncertain:
                self._uncertain.discard(receipt)
                raise AuditTimeoutError(
                    f"the event was not committed within timeout={timeout} s; "
                    f"{unknown(receipt.event_id)}"
                )
            raise AuditTimeoutError(
                f"the event was not committed within timeout={timeout} s and is not in the log: "
                "other commits took all of the time. Record it again, or raise timeout"
            )
        if not receipt.done:
            raise AuditTimeoutError(
                f"the event was not committed within timeout={timeout} s, and whether it will be "
                "is unknown: it is in a commit that still runs. Record it again with the same "
                f"event_id={receipt.event_id}, which stores it once either way"
            )

    def _take(self) -> bool:
        if self._source is not None:
            self._source.fill()
        self._queue.take(self._batch, most=self._batch_size, most_bytes=MAX_BATCH_BYTES)
        return bool(self._batch)

    def _end_leading(self) -> None:
        try:
            # An interrupted batch (KeyboardInterrupt in the leader) is its other callers' as well.
            if self._batch:
                self._interrupted = True
                left = self.in_flight()
                self._uncertain.update(left)
                self._queue.give_back(left)
                self._batch.clear()
        finally:
            # Whatever else interrupts: with this left behind, nobody would ever lead again.
            self._leader = 0

    def _settle_batch(self, deadline: float) -> bool:
        settled = self._settle(list(self._batch), deadline)
        if settled:
            self._batch.clear()
            if self._source is not None:
                self._source.settle()
        return settled

    def _settle(self, batch: list[Receipt], deadline: float) -> bool:
        """Append a batch, by parts if the database refuses one of its events.

        Returns:
            Whether every event is settled, be it by an error.  False when retrying was given up
            and the events stay pending, in their order.
        """
        started = tried_at = time.monotonic()
        attempt = 0
        # A close() that ran out of time has settled its event: it is the caller's again.
        rows = [row for receipt in batch if (row := receipt.row) is not None]
        if len(rows) < len(batch):
            batch = [receipt for receipt in batch if receipt.row is not None]
            return not batch or self._settle(batch, deadline)
        while True:
            if self._interrupted:
                # What was interrupted may be held by its own traceback: a statement that nobody
                # ends, with which SQLite keeps the write lock though its connection is closed.
                gc.collect()
            try:
                results = self._append(rows)
            except Exception as error:  # noqa: BLE001 - the database's, or a bug: none may lose events
                self._queue.admit()
                fault = self._classify(error).name
                self.counters.failures += 1
                self.counters.last_error = f"{type(error).__name__}: {told(error)}"
                if fault == "TRANSIENT":
                    # The connection may have broken between the COMMIT and its reply.
                    self._uncertain.update(batch)
                if fault == "EVENT":
                    return self._divide(batch, error, deadline)
                pause = self._retrying.pause(attempt)
                attempt += 1
                if not self._retrying.may_retry(fault, started, time.monotonic() + pause, deadline):
                    return self._fail(batch, fault, error)
                if self._patient and attempt == 1:
                    self._report(explained(fault, error, "it is tried again until it succeeds"))
                self._retrying.rest(pause)
                tried_at = time.monotonic()
            else:
                self._interrupted = False
                self._queue.admit()
                self._last_size = len(batch)
                self._last_seconds = time.monotonic() - tried_at
                self._accept(batch, results)
                return True

    def _divide(self, batch: list[Receipt], error: Exception, deadline: float) -> bool:
        """Find the event that the database refuses: each half in a transaction of its own."""
        if len(batch) > 1:
            middle = len(batch) // 2
            return self._settle(batch[:middle], deadline) and self._settle(batch[middle:], deadline)
        refused = EventRefusedError(str(batch[0].event_id), told(error))
        refused.__cause__ = error
        self._refuse(batch[0], refused)
        return True

    def _refuse(self, receipt: Receipt, error: AuditError) -> None:
        self.counters.refused += 1
        self.counters.last_error = f"{type(error).__name__}: {error}"
        unheard = self._patient or not receipt.led
        receipt.settle(None, error)
        if unheard:
            self._report(error)

    def _fail(self, batch: list[Receipt], fault: str, error: Exception) -> bool:
        if self._patient and (self._give_up_after is None or self._retrying.stopping):
            # The service closes.  What stays pending is counted, and told, there.
            return False
        kept = set() if self._source is None else self._source.under_way()
        if not kept.isdisjoint(batch):
            self._report(explained(fault, error, "it gets the events again, which stay spooled"))
        for receipt in batch:
            failure = explained(fault, error, "the event is not in the log")
            if receipt in self._uncertain:
                # Whatever this attempt has met, an earlier one may have committed it.
                self._uncertain.discard(receipt)
                failure = undecided(fault, error, receipt.event_id)
            if receipt in kept:
                receipt.settle(None, failure)
            elif self._take_over is None or not self._take_over(receipt, failure):
                self._refuse(receipt, failure)
        return True

    def _accept(self, batch: list[Receipt], results: Sequence[Placed | AuditError]) -> None:
        counters = self.counters
        counters.batches += 1
        counters.failures = 0
        if self._uncertain:
            self._uncertain.difference_update(batch)
        for receipt, result in zip(batch, results, strict=True):
            if isinstance(result, AuditError):
                self._refuse(receipt, result)
            else:
                counters.committed += 1
                receipt.settle(result)


def _bounded(deadline: float, longest: float) -> float:
    return max(0.0, min(longest, deadline - time.monotonic()))
