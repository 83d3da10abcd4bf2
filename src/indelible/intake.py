"""The way of an event from a finished row into the queue, and of the queue into the log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_OID, uuid5

from indelible.access import closed_error
from indelible.body import BodyBuilder, EventRow
from indelible.configuration import checked_seconds
from indelible.counting import counted
from indelible.encoding import ValueEncoder
from indelible.errors import (
    AuditError,
    AuditTimeoutError,
    ClosedError,
    ConfigurationError,
    EventRefusedError,
    QueueFullError,
    SchemaError,
    StorageError,
    UnsafeSettingError,
)
from indelible.event import Placed
from indelible.spool import SpoolFullError
from indelible.storage.deadline import deadline
from indelible.text_index import TextIndexing
from indelible.writer.committer import Committer
from indelible.writer.complaints import Complaints
from indelible.writer.gap import Gap, own_event
from indelible.writer.mishaps import Mishaps
from indelible.writer.queue import PendingQueue
from indelible.writer.receipt import Receipt
from indelible.writer.spooled import ADOPT_SECONDS, SpooledPath
from indelible.writer.thread import WriterThread, log_raised
from indelible.writer.watchdog import Watchdog

if TYPE_CHECKING:
    from pathlib import Path

    from indelible.sealing import Keeper
    from indelible.spool import Damage

__all__ = ["Intake"]

DAMAGE_ACTION: Final = "audit.spool.damaged"
"""The action of the event that tells of a damaged place in a spool."""

_THE_EVENTS_OWN: Final = (EventRefusedError, SchemaError, UnsafeSettingError)
"""Errors that neither waiting nor spooling mends, so that every policy raises them."""


class Intake(TextIndexing):
    """The writing half of a service, which assigns what is declared here.

    The locks and what they guard are described where they are made, in `AuditService.__init__`.
    """

    _queue_size: int
    _on_full: str
    _error_policy: str
    _spool_directory: Path | None
    _spool_max_bytes: int
    _gap: Gap
    _watchdog: Watchdog
    _complaints: Complaints
    _spooled: SpooledPath | None
    _builder: BodyBuilder
    _damages: Mishaps
    _deaths: Mishaps
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
        spooled = self._spooled
        pending = self._in_memory()
        if self._is_inside():
            # Waiting here would be waiting for this very thread.
            return not pending and (spooled is None or not spooled.pending)
        deadline = None if timeout is None else time.monotonic() + timeout
        refused = 0 if spooled is None else spooled.refused
        if spooled is not None and not spooled.drained(deadline):
            return False
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
        return all(receipt.place is not None for receipt in pending) and (
            spooled is None or spooled.refused == refused
        )

    def _in_memory(self) -> list[Receipt]:
        """Return the pending events that are nowhere else, oldest first."""
        pending = self._committer.pending()
        if self._spooled is None or not pending:
            return pending
        spooled = self._spooled.under_way()
        return [receipt for receipt in pending if receipt not in spooled]

    def drain_spool(self, timeout: float | None = None) -> bool:
        """Deliver everything that is in the spool's directory, left by dead processes or not.

        A service with a spool does this by itself, and looks for dead processes every few seconds;
        this is for a program that does nothing else.

        Args:
            timeout: Longest wait in seconds; None to wait for as long as it takes.

        Returns:
            Whether everything is in the database but what belongs to processes that live. False
            when time ran out, and when another log's spool or one that cannot be read was left as
            it is, of which `on_error` and the log of indelible were told.

        Raises:
            ConfigurationError: The service has no spool.
        """
        if timeout is not None:
            checked_seconds("timeout", timeout)
        spooled = self._spooled
        if spooled is None:
            raise ConfigurationError("spool", None, "make the service with spool='DIR' to drain it")
        if self._closed:
            raise closed_error()
        deadline = None if timeout is None else time.monotonic() + timeout
        self._start_writer()
        return spooled.adopted(deadline) and spooled.drained(deadline)

    def _make_path(self) -> None:
        """Make the queue, what commits from it, and the way through the spool if there is one."""
        self._queue = PendingQueue(self._queue_size)
        self._gap = Gap()
        self._watchdog = Watchdog(self._cut)
        self._spooled = None
        if self._spool_directory is not None:
            self._spooled = SpooledPath(
                self._spool_directory,
                origin=self._log,
                max_bytes=self._spool_max_bytes,
                queue=self._queue,
                batch_size=self._batch_size,
                report=self._report,
                on_damage=self._tell_damage,
            )
        self._committer = Committer(
            self._queue,
            self._append,
            self._classify,
            batch_size=self._batch_size,
            busy_timeout=self._busy_timeout,
            patient=self._audit_async,
            report=self._report,
            give_up_after=self._timeout if self._error_policy == "drop" else None,
            source=self._spooled,
            take_over=None if self._error_policy == "raise" else self._take_over,
        )

    def _filter_values(self) -> ValueEncoder:
        return self._builder.values

    def _append(self, rows: Sequence[EventRow]) -> Sequence[Placed | AuditError]:
        """Append a batch; the committer calls this, holding the commit lock."""
        deadline.at = self._committer.deadline
        try:
            return self._append_in_time(rows)
        finally:
            deadline.at = float("inf")

    def _append_in_time(self, rows: Sequence[EventRow]) -> Sequence[Placed | AuditError]:
        bind, appender = self._ensure_session().bind, self._appender
        if bind is None or appender is None:
            # close() has not waited for this commit.
            raise closed_error()
        # Whoever waits for room gets it while the database works, and not before.
        queue = self._queue
        queue.leader_works = self._audit_async
        backend = self._backend
        watched = backend is not None and backend.can_cut
        if watched:
            self._watchdog.watch(min(time.monotonic() + self._timeout, deadline.at))
        try:
            results = appender.append(bind, rows, queue.admit)
        finally:
            queue.leader_works = False
            if watched:
                self._watchdog.rest()
        if self._gap.untold:
            self._gap.tell(self._builder, queue)
        if self._keeper is not None:
            self._keeper.notify()
        return results

    def _cut(self) -> None:
        backend = self._backend
        if backend is not None:
            backend.cut()

    def _is_inside(self) -> bool:
        """Tell whether this thread is inside a commit or the first use, and must not wait."""
        return (
            self._maker == threading.get_ident()
            or self._committer.leading
            or (self._spooled is not None and self._spooled.leading)
        )

    def _commit(self, receipt: Receipt, *, wait: bool) -> Receipt:
        """Take an event in synchronous mode, and return the receipt for its caller."""
        if self._closed:
            raise closed_error()
        if self._spooled is not None and self._spooled.pending:
            # Behind what is spooled already, or a thread's events would change their order.
            receipt = self._spool(receipt, self._spooled)
            if wait and not self._is_inside():
                receipt.wait(self._timeout)
            return receipt
        row = receipt.row
        self._queue.force(receipt)
        if self._maker == threading.get_ident():
            # Whoever commits next takes it along; `_reading` does when nobody else would.
            return receipt
        try:
            if not self._committer.commit(receipt, self._timeout) or receipt.error is None:
                return receipt
            raise receipt.error
        except (StorageError, AuditTimeoutError) as error:
            if row is None or self._error_policy == "raise" or isinstance(error, _THE_EVENTS_OWN):
                raise
            if self._spooled is not None:
                if wait:
                    raise
                # Under the same id, so that it is stored once if the database has it after all.
                return self._spool(Receipt.of(row), self._spooled)
            # What the database failed to take has been given up by the leader.  If the event is in
            # a commit that still runs, that commit's end tells whether it was.
            if not receipt.done and receipt not in self._committer.in_flight():
                self._drop(receipt, error)
            return receipt

    def _enqueue(self, receipt: Receipt, *, wait: bool) -> Receipt:
        """Take an event in asynchronous mode, and return the receipt for its caller."""
        if self._closed:
            raise closed_error()
        if self._writer is None or self._writer.ended:
            self._start_writer()
        spooled = self._spooled
        if spooled is not None and (self._on_full != "spool" or spooled.pending):
            receipt = self._spool(receipt, spooled)
        elif not self._queue.offer(receipt):
            if self._is_inside():
                # Waiting for room would be waiting for itself.
                self._queue.force(receipt)
            elif spooled is not None:
                receipt = self._spool(receipt, spooled)
            else:
                self._await_room(receipt)
                if receipt.row is None:
                    return receipt
        self._queue.make_way()
        if self._is_closed() and (spooled is None or not spooled.holds(receipt)):
            # It was closed in between, and the last commit may have passed by already.
            if self._queue.remove(receipt):
                raise closed_error()
            if receipt.error is not None:
                raise receipt.error
        if wait and not self._is_inside():
            receipt.wait(self._timeout)
        return receipt

    def _spool(self, receipt: Receipt, spooled: SpooledPath) -> Receipt:
        """Put an event into the spool, and return the receipt for its caller."""
        if self._writer is None or self._writer.ended:
            self._start_writer()
        blocks = self._on_full == "block" and not self._is_inside()
        try:
            return spooled.accept(
                receipt, self._timeout, room_timeout=self._block_timeout if blocks else 0.0
            )
        except SpoolFullError as error:
            if self._on_full != "drop":
                raise
            self._drop(receipt, error)
            return receipt

    def _take_over(self, receipt: Receipt, error: AuditError) -> bool:
        """Drop or spool what the database failed to take, and tell whether that was done.

        The committer's leader calls this.
        """
        if self._gap.is_own(receipt) or (
            not self._audit_async and isinstance(error, _THE_EVENTS_OWN)
        ):
            return False
        if self._error_policy == "drop":
            self._drop(receipt, error)
            return True
        if receipt.led or self._spooled is None:
            # Its caller spools it.
            return False
        try:
            self._spooled.rescue(receipt, self._timeout)
        except AuditError as failure:
            self._report(failure)
            return False
        return True

    def _drop(self, receipt: Receipt, error: AuditError) -> None:
        """Give an event up, and count it; the log tells of it as soon as it can."""
        receipt.settle(None, error)
        self._gap.note(type(error).__name__)
        self._report(error)

    def _tell_damage(self, damage: Damage) -> None:
        """Put what was found damaged in a spool into the log, once however often it is found."""
        details = {
            "spool": damage.spool_id,
            "segment": damage.segment,
            "offset": damage.offset,
            "length": damage.length,
            "reason": damage.reason,
            "first_lost": damage.first_lost,
            "lost": damage.lost,
            "bad_file": damage.bad_file.name,
        }
        event_id = uuid5(NAMESPACE_OID, damage.identity)
        self._queue.force(own_event(self._builder, DAMAGE_ACTION, details, event_id=event_id))
        self._damages.note()
        cost = counted(damage.lost, "event") if damage.lost else "no event"
        self._report(
            StorageError(
                f"the spool {damage.spool_id} is damaged ({damage.reason}), which costs {cost}; "
                f"what stood there is kept in {str(damage.bad_file)!r}"
            )
        )

    def _await_room(self, receipt: Receipt) -> None:
        size = self._queue_size
        if self._on_full in {"raise", "drop"}:
            full = QueueFullError(
                f"{size} events wait to be committed (queue_size={size}) and "
                f"on_full={self._on_full!r}; the event is not accepted. Raise queue_size, or use "
                "on_full='block'",
                size,
            )
            if self._on_full == "raise":
                raise full
            self._drop(receipt, full)
            return
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
            if self._starting or (self._writer is not None and not self._writer.ended):
                return
            self._starting = True
            try:
                self._writer = WriterThread(
                    self._queue,
                    self._committer,
                    look_every=None if self._spooled is None else ADOPT_SECONDS,
                    on_death=self._writer_died,
                )
            except RuntimeError as error:
                # Python 3.12 and later, from the first function of `atexit` on.
                if "shutdown" not in str(error):
                    raise
            finally:
                self._starting = False
        finally:
            self._writer_lock.release()

    def _writer_died(self, error: BaseException | None) -> None:
        """Start another writer thread in the place of one that something has ended."""
        self._deaths.note()
        dead = StorageError(
            f"the thread {WriterThread.NAME} has ended ({error!r}); another one is started, and "
            "what it was about to commit is committed by that"
        )
        self._report(dead)
        with suppress(ClosedError):
            self._start_writer()

    def _report(self, error: AuditError) -> None:
        """Tell of an error that no caller sees: the log of this module, and the caller's hook."""
        # A handler that raises must neither end the commit nor keep the hook from being called.
        with suppress(Exception):
            # Names and numbers only: what stands in an event never reaches the application's log.
            self._complaints.log("%s: %s", type(error).__name__, error)
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
        if self._spooled is not None:
            self._spooled.after_fork()
        self._make_path()
