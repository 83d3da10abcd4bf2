"""The way of an event from a finished row into the queue, and of the queue into the log."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from indelible.access import LogAccess, closed_error
from indelible.body import EventRow
from indelible.configuration import checked_seconds
from indelible.errors import AuditError, QueueFullError
from indelible.event import Placed
from indelible.writer.committer import Committer
from indelible.writer.queue import PendingQueue
from indelible.writer.receipt import Receipt
from indelible.writer.thread import WriterThread, log_raised

if TYPE_CHECKING:
    from indelible.sealing import Keeper

__all__ = ["Intake"]

_logger = logging.getLogger("indelible")


class Intake(LogAccess):
    """The writing half of a service, which assigns what is declared here.

    The locks and what they guard are described where they are made, in `AuditService.__init__`.
    """

    _queue_size: int
    _on_full: str
    _block_timeout: float
    _batch_size: int
    _on_error: Callable[[AuditError], None] | None
    _queue: PendingQueue
    _writer: WriterThread | None
    _writer_lock: threading.RLock
    _starting: bool
    _keeper: Keeper | None

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything that was acknowledged before this call is committed.

        Args:
            timeout: Longest wait in seconds; None to wait for as long as it takes.

        Returns:
            Whether all of it is committed.  False when time ran out, or when the database refused
            an event, of which its receipt, `on_error` and the log tell.
        """
        if timeout is not None:
            checked_seconds("timeout", timeout)
        pending = self._committer.pending()
        if self._is_inside():
            # Waiting here would be waiting for this very thread.
            return not pending
        deadline = None if timeout is None else time.monotonic() + timeout
        if not self._audit_async and pending:
            self._committer.commit_pending(
                time.monotonic() + self._timeout if deadline is None else deadline
            )
        for receipt in pending:
            # All of them, though the first may tell the answer: whoever is told that one event was
            # refused may rely on the others as well.
            receipt.settled_within(
                None if deadline is None else max(0.0, deadline - time.monotonic())
            )
        return all(receipt.place is not None for receipt in pending)

    def _make_committer(self) -> tuple[PendingQueue, Committer]:
        queue = PendingQueue(self._queue_size)
        committer = Committer(
            queue,
            self._append,
            self._classify,
            batch_size=self._batch_size,
            busy_timeout=self._busy_timeout,
            patient=self._audit_async,
            report=self._report,
        )
        return queue, committer

    def _append(self, rows: Sequence[EventRow]) -> Sequence[Placed | AuditError]:
        """Append a batch; the committer calls this, holding the commit lock."""
        bind, appender = self._ensure_session().bind, self._appender
        if bind is None or appender is None:
            # close() has not waited for this commit.
            raise closed_error()
        # Whoever waits for room gets it while the database works, and not before.
        queue = self._queue
        queue.leader_works = self._audit_async
        try:
            results = appender.append(bind, rows, queue.admit)
        finally:
            queue.leader_works = False
        if self._keeper is not None:
            self._keeper.notify()
        return results

    def _is_inside(self) -> bool:
        """Tell whether this thread is inside a commit or the first use, and must not wait."""
        return self._maker == threading.get_ident() or self._committer.leading

    def _commit(self, receipt: Receipt) -> None:
        if self._closed:
            raise closed_error()
        self._queue.force(receipt)
        if self._maker == threading.get_ident():
            # Whoever commits next takes it along; `_reading` does when nobody else would.
            return
        if self._committer.commit(receipt, self._timeout) and receipt.error is not None:
            raise receipt.error

    def _enqueue(self, receipt: Receipt, *, wait: bool) -> None:
        if self._closed:
            raise closed_error()
        if self._writer is None:
            self._start_writer()
        if not self._queue.offer(receipt):
            if self._is_inside():
                # Waiting for room would be waiting for itself.
                self._queue.force(receipt)
            else:
                self._await_room(receipt)
        self._queue.make_way()
        if self._is_closed():
            # It was closed in between, and the last commit may have passed by already.
            if self._queue.remove(receipt):
                raise closed_error()
            if receipt.error is not None:
                raise receipt.error
        if wait and not self._is_inside():
            receipt.wait(self._timeout)

    def _await_room(self, receipt: Receipt) -> None:
        size = self._queue_size
        if self._on_full == "raise":
            raise QueueFullError(
                f"{size} events wait to be committed (queue_size={size}) and on_full='raise'; the "
                "event is not accepted. Raise queue_size, or use on_full='block'",
                size,
            )
        if not self._queue.put(receipt, self._block_timeout):
            if self._is_closed():
                raise closed_error()
            raise QueueFullError(
                f"{size} events wait to be committed (queue_size={size}) and there was no room "
                f"within block_timeout={self._block_timeout:g} s; the event is not accepted. "
                "See stats().last_error for what keeps the database from taking them",
                size,
            )

    def _is_closed(self) -> bool:
        return self._closed

    def _start_writer(self) -> None:
        """Start the writer thread, unless it runs or cannot be started any more.

        Without one, because a signal handler has interrupted this very method or the interpreter
        is ending, events are queued all the same: the thread, or `close`, finds them there.
        """
        # Nobody waits for the lock: who holds it starts the thread, and may wait for what calls
        # this meanwhile, a `__del__` method on the new thread itself.
        if not self._writer_lock.acquire(blocking=False):
            return
        try:
            if self._closed:
                raise closed_error()
            if self._writer is not None or self._starting:
                return
            self._starting = True
            try:
                self._writer = WriterThread(self._queue, self._committer)
            except RuntimeError as error:
                # Python 3.12 and later, from the first function of `atexit` on.
                if "shutdown" not in str(error):
                    raise
            finally:
                self._starting = False
        finally:
            self._writer_lock.release()

    def _report(self, error: AuditError) -> None:
        """Tell of an error that no caller sees: the log of this module, and the caller's hook."""
        # A handler that raises must neither end the commit nor keep the hook from being called.
        with suppress(Exception):
            # Names and numbers only: what stands in an event never reaches the application's log.
            _logger.error("%s: %s", type(error).__name__, error)
        if self._on_error is None:
            return
        try:
            self._on_error(error)
        except Exception as raised:  # noqa: BLE001 - the hook is the caller's
            log_raised("the on_error hook raised", raised)

    def _renew_intake(self) -> None:
        """Make, in a forked child, what holds the parent's events anew."""
        self._writer_lock = threading.RLock()
        self._starting = False
        self._writer = None
        self._queue, self._committer = self._make_committer()
