"""A spool that is drained, and what of it is in the pending queue; all of it the leader's."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from indelible.body import EventRow
from indelible.spool import Spool, SpoolError, decode
from indelible.writer.committer import MAX_BATCH_BYTES
from indelible.writer.queue import PendingQueue
from indelible.writer.receipt import Receipt

__all__ = ["Source", "Taken"]


@dataclass(slots=True, eq=False)
class Taken:
    """A chunk that is under way.

    Attributes:
        start: The number of its first event in the spool.
        after: The number behind its last one.
        rows: Its events.
        receipts: Theirs in the database's queue.
        queued: Whether they are there: False if reading was interrupted before that was noted.
    """

    start: int
    after: int
    rows: list[EventRow]
    receipts: list[Receipt]
    queued: bool = False

    @property
    def is_done(self) -> bool:
        """Whether the database has said what has become of each of them."""
        return self.queued and all(receipt.done for receipt in self.receipts)


@dataclass(slots=True, eq=False)
class Source:
    """A spool that is drained, and what of it is in the pending queue.

    Attributes:
        spool: The spool.
        next: The number to read on with.
        taken: Chunks that are under way, oldest first.
    """

    spool: Spool
    next: int
    taken: deque[Taken] = field(default_factory=deque)

    @property
    def is_empty(self) -> bool:
        """Whether everything in the spool is delivered, and noted there."""
        return not self.taken and self.spool.pending == 0

    def read(self, queue: PendingQueue, most: int) -> None:
        """Put events of the spool into the queue.

        Args:
            queue: The database's pending queue.
            most: How many events, at most.

        Raises:
            SpoolError: The spool cannot be read.
        """
        if self.taken and not self.taken[-1].queued:
            # Interrupted half way below: what is queued of it is read again.
            self.take_back(queue)
        chunk = self.spool.read(self.next, most, MAX_BATCH_BYTES)
        if chunk.after == self.next:
            return
        rows: list[EventRow] = []
        for number, record in chunk.records:
            try:
                rows.append(decode(record))
            except SpoolError:
                # Not the reason itself: its text may hold what stands in the record.
                self.spool.set_aside(number, "a whole record that is no event")
        taken = Taken(self.next, chunk.after, rows, [Receipt.of(row) for row in rows])
        # Noted before they are queued: what is settled must be found.
        self.taken.append(taken)
        for receipt in taken.receipts:
            queue.force(receipt)
        self.next = chunk.after
        taken.queued = True

    def take_back(self, queue: PendingQueue) -> None:
        """Take the newest chunk out of the queue again."""
        chunk = self.taken[-1]
        self.next = chunk.start
        for receipt in chunk.receipts:
            if not receipt.done:
                queue.remove(receipt)
        self.taken.pop()
