"""The way through the spool: callers put events in, and the leader of commits takes them out.

Both ends are commits.  Callers append to the spool in groups, led by whichever of them holds the
lock of the spool's own `Committer`: the database's way, with a file in the database's place.  The
leader of the database's commits then finds spooled events at the end of its queue as if they had
been recorded just now, and whatever becomes of them there is noted in the spool.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

from indelible.body import EventRow
from indelible.errors import AuditError, ClosedError, EventRefusedError
from indelible.event import Placed
from indelible.spool import (
    Damage,
    Spool,
    SpoolError,
    SpoolFullError,
    SpoolLostError,
    adopt,
    check_directory,
    encode,
)
from indelible.writer.bell import Bell
from indelible.writer.committer import Committer
from indelible.writer.queue import PendingQueue
from indelible.writer.receipt import Receipt, SpooledReceipt
from indelible.writer.refused import set_aside
from indelible.writer.sources import Source

__all__ = ["ADOPT_SECONDS", "SpooledPath"]

ADOPT_SECONDS: Final = 5.0
"""How often to look for spools of processes that have died, in seconds."""

_ENTRIES: Final = 1_000
"""Most events that one write to the spool holds."""

_LONGEST_REST: Final = 1.0
"""Longest pause before events that the database did not take are read again, in seconds."""

_SLICE: Final = 0.1
"""How often to look again while waiting, in seconds, if nobody wakes."""

_SPOOLED: Final[EventRow] = ("", "", "", "", "", "", None, None, None, None, None, b"")
"""Stands for the row of an event that is in the spool: it is pending, and not in memory."""


class _Fault:
    """What a failure of the spool means for a group of callers: each of them is told."""

    name = "DATABASE"


class SpooledPath:
    """The spool's two ends.

    Args:
        directory: Where the spools of this log are.
        origin: The log's name.
        max_bytes: Bound of this process's spool, in bytes on the disk.
        queue: The database's pending queue.
        batch_size: How many events to keep there.
        report: Is told of errors that no caller sees.
        on_damage: Is told of each damaged place that was found.
    """

    def __init__(
        self,
        directory: Path,
        *,
        origin: str,
        max_bytes: int,
        queue: PendingQueue,
        batch_size: int,
        report: Callable[[AuditError], None],
        on_damage: Callable[[Damage], None],
    ) -> None:
        self.directory = directory
        self._origin = origin
        self._max_bytes = max_bytes
        self._queue = queue
        self._batch_size = batch_size
        self._report = report
        self._on_damage = on_damage
        self._entries = PendingQueue(_ENTRIES)
        # Its lock is the entry's: whoever holds it alone appends, makes `_own`, and replaces it.
        # Taken before no other lock, and never while the database's commit lock is held.
        self._entry = Committer(
            self._entries,
            self._write,
            lambda _: _Fault,
            batch_size=_ENTRIES,
            busy_timeout=1.0,
            patient=False,
            report=report,
        )
        self._own: Spool | None = None
        # Spools that were made here and are not among the sources yet.
        self._made: deque[Spool] = deque()
        # What follows belongs to the leader of the database's commits.
        self._sources: list[Source] = []
        self._orphans: Iterator[Spool] | None = None
        self._adopt_at = 0.0
        # How often all spools of dead processes have been looked for, and drained.
        self._rounds = 0
        # How many had to be left alone in the round that is under way, and in the one before.
        self._refusals = 0
        self._left_alone = 0
        self._rest = 0.0
        self._read_at = 0.0
        # The callers' receipts of spooled events, as far as anybody still holds them.
        self._live: WeakValueDictionary[str, SpooledReceipt] = WeakValueDictionary()
        # Those that callers had before their events were put into the spool for them, by event id.
        self._early: dict[str, Receipt] = {}
        # Rings whenever there may be room again, or something is drained.
        self._room = Bell()
        self._closed = False
        # Ids of receipts that were still held when the spool was closed.
        self._left: set[str] = set()
        self.lost: SpoolLostError | None = None
        # How many events were set aside, because the database refuses them for good.
        self.refused = 0

    # The callers' end --------------------------------------------------------------------------

    def accept(self, receipt: Receipt, timeout: float, *, room_timeout: float) -> Receipt:
        """Return once an event is in the spool.

        Args:
            receipt: Its receipt, with its row.
            timeout: Longest time to write it, in seconds.
            room_timeout: Longest wait for room in a spool that is full, in seconds.

        Returns:
            The receipt to give to the caller, which is settled once the event is in the database:
            an earlier one if an event of the same id is in the spool already.

        Raises:
            SpoolFullError: There was no room in time; the event is not accepted.
            SpoolError: The spool failed; the event is not accepted.
            AuditTimeoutError: It was not written in time.
        """
        row = receipt.row
        if row is None or self._closed:
            raise ClosedError("the audit service is closed; its spool takes no more events")
        fresh = SpooledReceipt(row[0], _SPOOLED)
        mine = self._live.setdefault(row[0], fresh)
        give_up_at = time.monotonic() + room_timeout
        try:
            while True:
                claim = Receipt.of(row)
                self._entries.force(claim)
                if not self._entry.commit(claim, timeout) or claim.error is None:
                    return mine
                error = claim.error
                left = give_up_at - time.monotonic()
                if not isinstance(error, SpoolFullError) or left <= 0:
                    raise error
                self._room.wait(min(left, _SLICE))
        except BaseException:
            if mine is fresh:
                self._live.pop(row[0], None)
            raise

    def rescue(self, receipt: Receipt, timeout: float) -> None:
        """Put an event into the spool whose caller has its receipt, and does not wait.

        Called by the leader, so that the event is not delivered before this is noted.

        Args:
            receipt: Its receipt, which is settled once the event is in the database.
            timeout: Longest time to write it, in seconds.

        Raises:
            AuditError: As `accept`.
        """
        self.accept(receipt, timeout, room_timeout=0.0)
        self._early[str(receipt.event_id)] = receipt

    def _write(self, rows: Sequence[EventRow]) -> list[Placed | AuditError]:
        """Append a group; the entry's committer calls this, holding its lock."""
        if self._closed:
            raise ClosedError("the audit service is closed; its spool takes no more events")
        spool = self._own
        if spool is None:
            check_directory(self.directory, origin=self._origin)
            spool = Spool.create(
                self.directory,
                origin=self._origin,
                max_bytes=self._max_bytes,
                on_damage=self._on_damage,
                on_trouble=self._report,
            )
            self._made.append(spool)
            self._own = spool
        results = self._append(spool, rows)
        self._queue.wake()
        return results

    def _append(self, spool: Spool, rows: Sequence[EventRow]) -> list[Placed | AuditError]:
        try:
            end = spool.append([encode(row) for row in rows])
        except SpoolFullError as error:
            if len(rows) == 1:
                return [error]
            # Some of them may still fit.
            middle = len(rows) // 2
            return [*self._append(spool, rows[:middle]), *self._append(spool, rows[middle:])]
        except SpoolError as error:
            if isinstance(error, SpoolLostError):
                # Told to those whose events are in this group, and shown by `health` from now on.
                # The next group gets a new spool; what can still be read of this one is drained.
                self.lost = error
                self._own = None
            return [error] * len(rows)
        return [(self._origin, number, b"") for number in range(end - len(rows), end)]

    # The leader's end --------------------------------------------------------------------------

    def fill(self) -> None:
        """Move spooled events to the end of the pending queue, a batch at most."""
        now = time.monotonic()
        if self._closed or now < self._read_at:
            return
        while self._made:
            # Taken from there only afterwards, so that it is never in neither.
            if not any(source.spool is self._made[0] for source in self._sources):
                self._sources.append(Source(self._made[0], self._made[0].drained))
            self._made.popleft()
        try:
            self._adopt(now)
            for source in self._sources:
                if len(self._queue) < self._batch_size:
                    source.read(self._queue, self._batch_size)
        except ClosedError:
            # close() has not waited for this commit.
            return
        except SpoolError as error:
            self._pause()
            self._report(error)
        if any(source.taken and source.taken[0].is_done for source in self._sources):
            # Whoever led before was interrupted, or there is nothing but damage.
            self.settle()

    def _adopt(self, now: float) -> None:
        """Take over one spool of a dead process, when there is one and none is being drained."""
        if any(source.spool.adopted for source in self._sources):
            return
        if self._orphans is None:
            if now < self._adopt_at:
                return
            self._orphans = adopt(
                self.directory,
                origin=self._origin,
                on_damage=self._on_damage,
                on_refusal=self._leave_alone,
            )
        spool = next(self._orphans, None)
        if spool is None:
            self._orphans = None
            self._left_alone, self._refusals = self._refusals, 0
            self._adopt_at = now + ADOPT_SECONDS
            self._rounds += 1
            self._room.ring()
        else:
            self._sources.append(Source(spool, spool.drained))

    def _leave_alone(self, error: SpoolError) -> None:
        """Count a spool that cannot be taken over, and tell of it."""
        self._refusals += 1
        self._report(error)

    def settle(self) -> None:
        """Note in the spools what has become of the events that were taken from them."""
        for source in tuple(self._sources):
            try:
                self._acknowledge(source)
            except ClosedError:
                # As above.  The events are delivered again, and recognised by their ids.
                return
            except SpoolError as error:
                # At worst they are delivered again, and recognised by their ids.
                self._report(error)
            if source.is_empty and (source.spool.adopted or source.spool is not self._own):
                self._sources.remove(source)
                with suppress(SpoolError):
                    source.spool.close()

    def _acknowledge(self, source: Source) -> None:
        # Every step may be done twice, should this be interrupted; so a chunk is forgotten last.
        while source.taken and source.taken[0].is_done:
            chunk = source.taken[0]
            refused: list[tuple[EventRow, AuditError]] = []
            for row, receipt in zip(chunk.rows, chunk.receipts, strict=True):
                error = receipt.error
                if isinstance(error, EventRefusedError):
                    refused.append((row, error))
                elif error is not None:
                    # The database failed, and has not looked at them: they stay.
                    while source.taken:
                        source.take_back(self._queue)
                    self._pause()
                    return
            if refused:
                set_aside(self.directory, source.spool.spool_id, refused)
                self.refused += len(refused)
            for row, receipt in zip(chunk.rows, chunk.receipts, strict=True):
                mine = self._live.get(row[0])
                if mine is not None:
                    mine.settle(receipt.place, receipt.error)
                self._live.pop(row[0], None)
                early = self._early.get(row[0])
                if early is not None:
                    early.settle(receipt.place, receipt.error)
                self._early.pop(row[0], None)
            self._rest = 0.0
            source.spool.acknowledge(chunk.after)
            source.taken.popleft()
            self._room.ring()

    def _pause(self) -> None:
        self._rest = min(_LONGEST_REST, max(0.05, self._rest * 2))
        self._read_at = time.monotonic() + self._rest

    # State and end -----------------------------------------------------------------------------

    def under_way(self) -> set[Receipt]:
        """Return the receipts in the pending queue, or in a batch, whose events are spooled."""
        return {
            receipt
            for source in tuple(self._sources)
            for chunk in tuple(source.taken)
            for receipt in chunk.receipts
        }

    def holds(self, receipt: Receipt) -> bool:
        """Whether a receipt is of an event that went into the spool."""
        return receipt.row is _SPOOLED or str(receipt.event_id) in self._left

    @property
    def leading(self) -> bool:
        """Whether the calling thread is inside a write to the spool."""
        return self._entry.leading

    @property
    def pending(self) -> int:
        """How many events are in the spools that this process drains, its own included."""
        return sum(spool.pending for spool in self._spools())

    def _spools(self) -> set[Spool]:
        # Looked at in the order in which `_write` and `fill` hand them on, so that none is missed.
        spools = {*tuple(self._made), *(source.spool for source in tuple(self._sources))}
        own = self._own
        return spools if own is None else spools | {own}

    @property
    def oldest(self) -> float | None:
        """Age of the oldest of them in seconds, at most; None if there are none."""
        times = [spool.oldest for spool in self._spools()]
        known = [moment for moment in times if moment is not None]
        return max(0.0, time.time() - min(known)) if known else None

    @property
    def fullness(self) -> float:
        """The share of its bound that this process's own spool takes."""
        return 0.0 if self._own is None else self._own.bytes_on_disk / self._max_bytes

    def check(self) -> None:
        """Find out whether the spool's files are still there.

        Raises:
            SpoolLostError: They are not, or have not been before.
            SpoolError: They cannot be looked at.
        """
        own = self._own
        if own is not None and not self._closed:
            own.check()
        if self.lost is not None:
            raise self.lost

    def drained(self, deadline: float | None) -> bool:
        """Wait until what this process has spooled up to now is drained, and tell whether it is.

        Args:
            deadline: When to stop waiting, as `time.monotonic` counts, or None.
        """
        # More than one if the first was lost: what can be read of it is drained all the same.
        ends = {spool: spool.end for spool in self._spools() if not spool.adopted}
        while not self._closed and any(spool.drained < end for spool, end in ends.items()):
            left = _SLICE if deadline is None else min(_SLICE, deadline - time.monotonic())
            if left <= 0:
                break
            self._room.wait(left)
        return all(spool.drained >= end for spool, end in ends.items())

    def adopted(self, deadline: float | None) -> bool:
        """Look for spools of dead processes now, wait until they are drained, and tell whether.

        Not if one of them is another log's, or cannot be read: it stays as it is.

        Args:
            deadline: When to stop waiting, as `time.monotonic` counts, or None.
        """
        # Two rounds from now: the one that is under way may have looked already.
        wanted = self._rounds + 2
        while self._rounds < wanted and not self._closed:
            self._adopt_at = 0.0
            self._queue.wake()
            left = _SLICE if deadline is None else min(_SLICE, deadline - time.monotonic())
            if left <= 0:
                break
            self._room.wait(left)
        return self._rounds >= wanted and not self._left_alone

    def close(self, deadline: float) -> int:
        """Let go of the spools, and return how many events are left in them.

        No commit is under way any more.

        Args:
            deadline: When to stop waiting for callers, as `time.monotonic` counts.
        """
        self._closed = True
        self._entry.stop(deadline)
        self._room.ring()
        locked = self._entry.lock.acquire(timeout=max(0.0, deadline - time.monotonic()))
        try:
            left = self.pending
            for spool in self._spools():
                try:
                    spool.close()
                except SpoolError as error:
                    self._report(error)
        finally:
            if locked:
                self._entry.lock.release()
        later = self.later()
        # Not items(), which minds another thread that adds or takes away meanwhile.
        held = (reference() for reference in self._live.valuerefs())
        for receipt in (*held, *tuple(self._early.values())):
            if receipt is not None:
                self.leave(receipt, later)
        return left

    def later(self) -> ClosedError:
        """Return the error of an event that stays in the spool when the service is closed."""
        return ClosedError(
            "the service was closed before the event was in the database; it is in the spool "
            f"{str(self.directory)!r}, and whoever opens that next delivers it"
        )

    def leave(self, receipt: Receipt, error: ClosedError) -> None:
        """Settle the receipt of an event that stays in the spool for the next service."""
        self._left.add(str(receipt.event_id))
        receipt.settle(None, error)

    def after_fork(self) -> None:
        """Let go, in a forked child, of what is the parent's."""
        for spool in self._spools():
            spool.after_fork()
