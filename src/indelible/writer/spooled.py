"""The way through the spool: callers put events in, and the leader of commits takes them out.

Both ends are commits.  Callers append to the spool in groups, led by whichever of them holds the
lock of the spool's own `Committer`: the database's way, with a file in the database's place.  The
leader of the database's commits then finds spooled events at the end of its queue as if they had
been recorded just now, and whatever becomes of them there is noted in the spool.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

from indelible.body import EVENT_COLUMNS, EventRow
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
    decode,
    encode,
)
from indelible.writer.committer import MAX_BATCH_BYTES, Committer
from indelible.writer.queue import PendingQueue
from indelible.writer.receipt import Receipt, SpooledReceipt

__all__ = ["ADOPT_SECONDS", "SpooledPath"]

ADOPT_SECONDS: Final = 5.0
"""How often to look for spools of processes that have died, in seconds."""

_ENTRIES: Final = 1_000
"""Most events that one write to the spool holds."""

_LONGEST_REST: Final = 5.0
"""Longest pause before events that the database did not take are read again, in seconds."""

REFUSED_SUFFIX: Final = ".refused"
"""Ends the name of the file that keeps events of a spool which the database refuses for good."""

_SLICE: Final = 0.1
"""How often to look again while waiting, in seconds, if nobody wakes."""

_SPOOLED: Final[EventRow] = ("", "", "", "", "", "", None, None, None, None, None, b"")
"""Stands for the row of an event that is in the spool: it is pending, and not in memory."""


class _Fault:
    """What a failure of the spool means for a group of callers: each of them is told."""

    name = "DATABASE"


@dataclass(frozen=True, slots=True)
class _Taken:
    """A chunk that is under way: where it begins and ends in the spool, and its events."""

    start: int
    after: int
    rows: list[EventRow]
    receipts: list[Receipt]


@dataclass(slots=True, eq=False)
class _Source:
    """A spool that is drained, and what of it is in the pending queue.

    Attributes:
        spool: The spool.
        next: The number to read on with.
        taken: Chunks that are under way, oldest first.
    """

    spool: Spool
    next: int
    taken: deque[_Taken] = field(default_factory=deque)

    @property
    def is_empty(self) -> bool:
        return not self.taken and self.spool.pending == 0


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
        # What follows belongs to the leader of the database's commits.
        self._sources: list[_Source] = []
        self._orphans: Iterator[Spool] | None = None
        self._adopt_at = 0.0
        # How often all spools of dead processes have been looked for, and drained.
        self._rounds = 0
        self._rest = 0.0
        self._read_at = 0.0
        # The callers' receipts of spooled events, as far as anybody still holds them.
        self._live: WeakValueDictionary[str, SpooledReceipt] = WeakValueDictionary()
        # Set whenever there may be room again.
        self._room = threading.Event()
        self._closed = False
        # Ids of receipts that were still held when the spool was closed.
        self._left: set[str] = set()
        self.lost: SpoolLostError | None = None

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
                self._room.clear()
                claim = Receipt.of(row)
                self._entries.force(claim)
                if not self._entry.commit(claim, timeout) or claim.error is None:
                    return mine
                error = claim.error
                left = give_up_at - time.monotonic()
                if not isinstance(error, SpoolFullError) or left <= 0:
                    raise error
                self._room.wait(left)
        except BaseException:
            if mine is fresh:
                self._live.pop(row[0], None)
            raise

    def _write(self, rows: Sequence[EventRow]) -> list[Placed | AuditError]:
        """Append a group; the entry's committer calls this, holding its lock."""
        records = [encode(row) for row in rows]
        spool = self._own
        if spool is None:
            check_directory(self.directory, origin=self._origin)
            spool = self._own = Spool.create(
                self.directory,
                origin=self._origin,
                max_bytes=self._max_bytes,
                on_damage=self._on_damage,
                on_trouble=self._report,
            )
        try:
            end = spool.append(records)
        except SpoolLostError as error:
            # Told to those whose events are in this group, and shown by `health` from now on.  The
            # next group gets a new spool; what can still be read of this one is drained.
            self.lost = error
            self._own = None
            raise
        self._queue.wake()
        return [(self._origin, number, b"") for number in range(end - len(rows), end)]

    # The leader's end --------------------------------------------------------------------------

    def fill(self) -> None:
        """Move spooled events to the end of the pending queue, a batch at most."""
        now = time.monotonic()
        if self._closed or now < self._read_at:
            return
        own = self._own
        if own is not None and not any(source.spool is own for source in self._sources):
            self._sources.append(_Source(own, own.drained))
        try:
            self._adopt(now)
            for source in self._sources:
                if len(self._queue) < self._batch_size:
                    self._read(source)
        except ClosedError:
            # close() has not waited for this commit.
            return
        except SpoolError as error:
            self._pause()
            self._report(error)

    def _read(self, source: _Source) -> None:
        chunk = source.spool.read(source.next, self._batch_size, MAX_BATCH_BYTES)
        if chunk.after == source.next:
            return
        rows = [decode(record) for _, record in chunk.records]
        receipts = [Receipt.of(row) for row in rows]
        # Noted before they are queued: what is settled must be found.
        source.taken.append(_Taken(source.next, chunk.after, rows, receipts))
        source.next = chunk.after
        for receipt in receipts:
            self._queue.force(receipt)

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
                on_refusal=self._report,
            )
        spool = next(self._orphans, None)
        if spool is None:
            self._orphans = None
            self._adopt_at = now + ADOPT_SECONDS
            self._rounds += 1
            self._room.set()
        else:
            self._sources.append(_Source(spool, spool.drained))

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

    def _acknowledge(self, source: _Source) -> None:
        done: int | None = None
        while source.taken and all(receipt.done for receipt in source.taken[0].receipts):
            chunk = source.taken[0]
            refused: list[tuple[EventRow, AuditError]] = []
            for row, receipt in zip(chunk.rows, chunk.receipts, strict=True):
                error = receipt.error
                if isinstance(error, EventRefusedError):
                    refused.append((row, error))
                elif error is not None:
                    # The database failed, and has not looked at them: they stay.
                    self._rewind(source)
                    return
            if refused:
                self._set_aside(source.spool, refused)
            self._rest = 0.0
            source.taken.popleft()
            done = chunk.after
            for row, receipt in zip(chunk.rows, chunk.receipts, strict=True):
                mine = self._live.pop(row[0], None)
                if mine is not None:
                    mine.settle(receipt.place, receipt.error)
        if done is not None:
            source.spool.acknowledge(done)
            self._room.set()

    def _rewind(self, source: _Source) -> None:
        source.next = source.taken[0].start
        for chunk in source.taken:
            for receipt in chunk.receipts:
                if not receipt.done:
                    self._queue.remove(receipt)
        source.taken.clear()
        self._pause()

    def _set_aside(self, spool: Spool, refused: list[tuple[EventRow, AuditError]]) -> None:
        """Keep events that the database refuses for good, in a file beside the spools."""
        path = self.directory / f"{spool.spool_id}{REFUSED_SUFFIX}"
        lines = [
            json.dumps(
                {**dict(zip(EVENT_COLUMNS, row, strict=True)), "body": row[-1].decode()}
                | {"refused": str(error)}
            )
            for row, error in refused
        ]
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write("".join(f"{line}\n" for line in lines))
                file.flush()
                os.fsync(descriptor)
        except OSError as error:
            raise SpoolError(
                f"events that the database refuses cannot be set aside in {str(path)!r}: {error}"
            ) from error

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
        spools = {source.spool for source in tuple(self._sources)}
        if self._own is not None:
            spools.add(self._own)
        return sum(spool.pending for spool in spools)

    @property
    def oldest(self) -> float | None:
        """Age of the oldest of them in seconds, at most; None if there are none."""
        own = None if self._own is None else self._own.oldest
        times = [source.spool.oldest for source in tuple(self._sources)]
        known = [moment for moment in (own, *times) if moment is not None]
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
        """Wait until what is in this process's own spool now is drained, and tell whether it is.

        Args:
            deadline: When to stop waiting, as `time.monotonic` counts, or None.
        """
        own = self._own
        if own is None:
            return True
        end = own.end
        while own.drained < end and not self._closed:
            self._room.clear()
            left = _SLICE if deadline is None else min(_SLICE, deadline - time.monotonic())
            if left <= 0:
                break
            if own.drained < end:
                self._room.wait(left)
        return own.drained >= end

    def adopted(self, deadline: float | None) -> bool:
        """Look for spools of dead processes now, wait until they are drained, and tell whether.

        Args:
            deadline: When to stop waiting, as `time.monotonic` counts, or None.
        """
        # Two rounds from now: the one that is under way may have looked already.
        wanted = self._rounds + 2
        while self._rounds < wanted and not self._closed:
            self._adopt_at = 0.0
            self._room.clear()
            self._queue.wake()
            left = _SLICE if deadline is None else min(_SLICE, deadline - time.monotonic())
            if left <= 0:
                break
            if self._rounds < wanted:
                self._room.wait(left)
        return self._rounds >= wanted

    def close(self, deadline: float) -> int:
        """Let go of the spools, and return how many events are left in them.

        No commit is under way any more.

        Args:
            deadline: When to stop waiting for callers, as `time.monotonic` counts.
        """
        self._closed = True
        self._entry.stop(deadline)
        self._room.set()
        locked = self._entry.lock.acquire(timeout=max(0.0, deadline - time.monotonic()))
        try:
            left = self.pending
            spools = {source.spool for source in self._sources}
            if self._own is not None:
                spools.add(self._own)
            for spool in spools:
                try:
                    spool.close()
                except SpoolError as error:
                    self._report(error)
        finally:
            if locked:
                self._entry.lock.release()
        later = ClosedError(
            "the service was closed before the event was in the database; it is in the spool "
            f"{str(self.directory)!r}, and whoever opens that next delivers it"
        )
        for event_id, receipt in list(self._live.items()):
            self._left.add(event_id)
            receipt.settle(None, later)
        return left

    def after_fork(self) -> None:
        """Let go, in a forked child, of what is the parent's."""
        for spool in {source.spool for source in self._sources} | {self._own}:
            if spool is not None:
                spool.after_fork()
