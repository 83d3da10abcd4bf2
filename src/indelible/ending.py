"""What a service tells of itself, and how it ends."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Final

from indelible.counting import counted
from indelible.errors import AuditError, ClosedError
from indelible.intake import Intake
from indelible.stats import CloseReport, Health, Stats
from indelible.writer.receipt import Receipt

if TYPE_CHECKING:
    Lock = threading.Lock | threading.RLock

    from indelible.writer.spooled import SpooledPath

__all__ = ["Ending"]

_LEAST_SECONDS: Final = 0.1
"""How long `close` waits for what runs at its end even if its timeout is over, in seconds."""

_NEARLY: Final = 0.8
"""The share of a bound from which on a service says that it is close to it."""


class Ending(Intake):
    """The part of a service that looks at itself and comes to an end.

    The locks and what they guard are described where they are made, in `AuditService.__init__`.
    """

    _abandoned: int
    _disposed: bool
    _close_lock: threading.RLock
    _close_report: CloseReport | None

    def stats(self) -> Stats:
        """Return what the service has done so far; costs no database access."""
        counters = self._committer.counters
        waiting = self._in_memory()
        spooled = self._spooled
        in_spool = 0 if spooled is None else spooled.pending
        ages = [waiting[0].age] if waiting else []
        if spooled is not None and (oldest := spooled.oldest) is not None:
            ages.append(oldest)
        return Stats(
            queued=len(waiting) + in_spool,
            committed=counters.committed,
            refused=counters.refused,
            dropped=self._abandoned + self._gap.total,
            batches=counters.batches,
            last_error=counters.last_error,
            oldest_waiting=max(ages, default=None),
            spooled=in_spool,
            damaged=self._damages.total,
            restarts=self._deaths.total,
        )

    def health(self) -> Health:
        """Tell whether the service keeps its promises now; costs no database access.

        Returns:
            ``ok``; ``degraded`` while the database fails, events were dropped of which the log
            does not tell yet, or a queue or a spool is nearly full, and for a quarter of an hour
            after damage was found in a spool or the writer thread had to be started again, which
            `stats` counts for good; ``failed`` when the service is closed, its spool was lost, or
            its database file is gone.
        """
        failed: list[str] = []
        degraded: list[str] = []
        if self._closed:
            failed.append("the service is closed")
        for check in self._checks():
            try:
                check()
            except AuditError as error:
                failed.append(str(error))
        counters = self._committer.counters
        if counters.failures:
            degraded.append(
                f"the database has failed {counted(counters.failures, 'time')} in a row; "
                f"last error: {counters.last_error}"
            )
        if self._gap.untold:
            degraded.append(
                f"the log does not tell yet of {counted(self._gap.untold, 'dropped event')}"
            )
        if self._abandoned:
            degraded.append(f"{counted(self._abandoned, 'event')} given up at the end")
        if self._damages.recent:
            degraded.append(
                f"damage was found in spools, {counted(self._damages.total, 'place')} so far"
            )
        if self._deaths.recent:
            degraded.append(
                "the writer thread was ended and started again, "
                f"{counted(self._deaths.total, 'time')} so far"
            )
        if len(self._queue) >= self._queue_size * _NEARLY:
            degraded.append(f"{len(self._queue)} of {self._queue_size} places are taken")
        if self._spooled is not None and self._spooled.fullness >= _NEARLY:
            degraded.append(f"the spool takes {self._spooled.fullness:.0%} of spool_max_bytes")
        status = "failed" if failed else "degraded" if degraded else "ok"
        return Health(status, (*failed, *degraded))

    def _checks(self) -> list[Any]:
        checks: list[Any] = []
        if self._spooled is not None:
            checks.append(self._spooled.check)
        backend = self._backend
        if backend is not None and not self._disposed:
            checks.append(backend.check_file)
        return checks

    def _close_from_inside(self, deadline: float) -> CloseReport:
        self._committer.stop(deadline)
        writer = self._writer
        if writer is not None and writer.is_current:
            writer.stop(deadline)
        in_spool = 0 if self._spooled is None else self._spooled.pending
        return CloseReport(uncommitted=len(self._in_memory()) + in_spool, spooled=in_spool)

    def _close(self, deadline: float) -> CloseReport:
        self._committer.stop(deadline)
        with self._writer_lock:
            # From here on nobody starts one any more, because `_closed` is set.
            writer = self._writer
        if writer is not None:
            writer.stop(deadline)
        self._tell_at_the_end(deadline)
        if time.monotonic() < deadline and (
            self._committer.pending() or (self._spooled is not None and self._spooled.pending)
        ):
            # What nobody leads, or was queued at the last moment.
            self._committer.commit_pending(deadline)
        spooled = self._spooled
        in_spool = 0
        safe: set[Receipt] = set()
        if spooled is not None:
            safe = spooled.under_way()
            in_spool = self._leave_in_spool(spooled, safe, deadline)
            # A writer that has not ended in time may have read on until the spool was closed.
            safe |= spooled.under_way()
        # What the last commit left, because the database did not take it in time.  A caller who
        # withdraws his event himself is told so by an error of his own.
        left = [
            receipt
            for receipt in (
                *self._committer.in_flight(),
                *(receipt for receipt in self._queue.snapshot() if self._queue.remove(receipt)),
            )
            # Which is none of those that were accepted.
            if not self._gap.is_own(receipt) and receipt not in safe
        ]
        if left:
            self._abandoned = len(left)
            lost = ClosedError(
                f"the service was closed while {counted(len(left), 'event')} could not be "
                "committed; "
                f"last error: {self._committer.counters.last_error}"
            )
            for receipt in left:
                if not receipt.done:
                    receipt.settle(None, lost)
            self._report(lost)
        self._queue.wake_waiting()
        if self._keeper is not None:
            self._keeper.stop(max(deadline, time.monotonic() + _LEAST_SECONDS))
        self._dispose(deadline)
        return CloseReport(uncommitted=len(left) + in_spool, spooled=in_spool)

    def _tell_at_the_end(self, deadline: float) -> None:
        """Queue the event about what was dropped, unless a commit hangs."""
        lock = self._committer.lock
        if self._gap.untold and lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            try:
                self._gap.tell(self._builder, self._queue)
            finally:
                lock.release()

    def _leave_in_spool(
        self, spooled: SpooledPath, under_way: set[Receipt], deadline: float
    ) -> int:
        """Close the spool, and return how many events are in it for the next service."""
        later = spooled.later()
        taken = self._committer.in_flight()
        for receipt in (*taken, *self._queue.snapshot()):
            queued = self._queue.remove(receipt)
            if (queued or receipt in taken) and receipt not in under_way:
                # So far in memory alone.
                try:
                    spooled.accept(receipt, _LEAST_SECONDS, room_timeout=0.0)
                except AuditError:
                    if queued:
                        self._queue.force(receipt)
                    break
                spooled.leave(receipt, later)
        left = spooled.close(max(deadline, time.monotonic() + _LEAST_SECONDS))
        if left:
            self._report(
                ClosedError(
                    f"the service was closed with {counted(left, 'event')} in the spool "
                    f"{str(spooled.directory)!r}, for the next service that opens it to deliver. "
                    f"Last error: {self._committer.counters.last_error}"
                )
            )
        return left

    def _dispose(self, deadline: float) -> None:
        # Set first: a first use that hangs in the database, whose lock is not to be had, undoes
        # itself when it sees this.  A commit that hangs keeps its connection to itself likewise.
        self._disposed = True
        deadline = max(deadline, time.monotonic() + _LEAST_SECONDS)
        locks = self._quiesce(deadline)
        try:
            if self._session_lock in locks:
                self._let_go(deadline, closing=self._committer.lock in locks)
        finally:
            for lock in locks:
                lock.release()

    def _is_disposed(self) -> bool:
        return self._disposed
