"""The pending queue: bounded, in order, and safe to put into from anywhere."""

from __future__ import annotations

import time
from _thread import LockType, allocate_lock
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import repeat
from typing import Final

from indelible.writer.receipt import Receipt

__all__ = ["PendingQueue"]

_POP_OLDEST: Final[Callable[[deque[Receipt]], Receipt]] = deque.popleft

_AT_ONCE: Final = 64
"""Events that `take` moves in one step."""

_OFTEN: Final = 63
"""A mask: at which lengths of the queue somebody makes way, at every 64th."""

_INSTANT: Final = 1e-6
"""The pause of whoever makes way, in seconds: as short as the system can make it."""


class PendingQueue:
    """Events that are recorded and not yet in a batch.

    Any thread puts; only the leader of a commit (see `committer`) takes.

    Putting uses no lock that it could find held by its own thread, because it also runs inside
    signal handlers, ``__del__`` methods and logging calls, which may interrupt another put on the
    same thread at any point.  It relies on `collections.deque`, whose ``append``, ``popleft`` and
    indexing are atomic, and on raw locks used as one-token semaphores, which any thread may
    release.  The price: threads that put at the same moment may together exceed the bound by one
    event each.

    Args:
        capacity: The bound, in events.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._items: deque[Receipt] = deque()
        # One token, there while somebody has put since the leader last looked.
        self._filled = _Semaphore()
        self._leader_waits = False
        # Whether the leader is in and out of the database just now; see `make_way`.
        self.leader_works = False
        # Threads that wait for room, oldest first.
        self._waiting: deque[_Semaphore] = deque()

    def __len__(self) -> int:
        """Return the number of pending events."""
        return len(self._items)

    def offer(self, item: Receipt) -> bool:
        """Append an event if there is room, and tell whether there was."""
        if len(self._items) >= self.capacity:
            return False
        self.force(item)
        return True

    def force(self, item: Receipt) -> None:
        """Append an event whether there is room or not."""
        self._items.append(item)
        if self._leader_waits:
            self._leader_waits = False
            self._filled.signal()

    def make_way(self) -> None:
        """Pause for an instant, once in a while, so that the leader gets on; called after putting.

        CPython lets a busy thread keep the interpreter for five milliseconds before another one
        gets it, and a leader asks for it again after each of its statements.  Threads that put in
        the meantime would hold up the very commit that makes room for them.
        """
        if self.leader_works and len(self._items) & _OFTEN == _OFTEN:
            time.sleep(_INSTANT)

    def put(self, item: Receipt, timeout: float) -> bool:
        """Append an event, waiting for room, and tell whether there was any in time.

        Args:
            item: The event's receipt.
            timeout: Longest wait in seconds.
        """
        if self.offer(item):
            return True
        deadline = time.monotonic() + timeout
        room = _Semaphore()
        while True:
            self._waiting.append(room)
            # Looked at again after joining: the leader may have made room and woken nobody.
            if self.offer(item):
                self._leave(room)
                return True
            if not room.wait(deadline - time.monotonic()):
                self._leave(room)
                return self.offer(item)

    def take(self, batch: list[Receipt], *, most: int, most_bytes: int) -> None:
        """Move the oldest events to the end of `batch`; `admit` then lets others have the room.

        Events move from one to the other in a single step of the interpreter, so that whoever
        looks at the queue first and at the batch second misses none, a caller who withdraws his
        event (`remove`) either gets it or does not, and a signal handler that raises loses none.
        What turns out to be too much goes back, and for an instant stands in both.

        Args:
            batch: The list that receives them.
            most: Largest number of events that it may then hold.
            most_bytes: Size of all bodies after which nothing more is taken, in bytes.
        """
        items = self._items
        size = 0
        while items and size < most_bytes and (room := min(_AT_ONCE, most - len(batch))) > 0:
            start = len(batch)
            # Both ends are C code that `map` drives, with no bytecode in between.
            try:
                batch.extend(map(_POP_OLDEST, repeat(items, min(room, len(items)))))
            except IndexError:
                # Some were withdrawn in between, and the queue is empty.
                break
            for number in range(start, len(batch)):
                row = batch[number].row
                size += 0 if row is None else len(row[-1])
                if size >= most_bytes:
                    surplus = batch[number + 1 :]
                    items.extendleft(reversed(surplus))
                    del batch[number + 1 :]
                    break

    def admit(self) -> None:
        """Let waiting threads have the room that `take` has made.

        Apart from `take`, because it matters when they run: what they do next keeps the
        interpreter busy, and the leader waits for it unless it is inside the database meanwhile.
        """
        while self._waiting and len(self._items) < self.capacity:
            try:
                self._waiting.popleft().signal()
            except IndexError:
                break

    def give_back(self, batch: list[Receipt]) -> None:
        """Put a batch that was taken back to the front, in its order."""
        self._items.extendleft(reversed(batch))

    def wait(self, timeout: float | None) -> bool:
        """Wait until there is an event or `wake` is called; tell whether there is one.

        Args:
            timeout: Longest wait in seconds, or None.
        """
        self._leader_waits = True
        try:
            if not self._items:
                self._filled.wait(timeout)
        finally:
            self._leader_waits = False
        return bool(self._items)

    def wake(self) -> None:
        """End a `wait`, so that the leader looks around."""
        self._filled.signal()

    def remove(self, item: Receipt) -> bool:
        """Take one event out again; False if it is not there any more."""
        try:
            self._items.remove(item)
        except ValueError:
            return False
        return True

    def wake_waiting(self) -> None:
        """Let every thread that waits for room look again."""
        with suppress(IndexError):
            while True:
                self._waiting.popleft().signal()

    def oldest(self) -> Receipt | None:
        """Return the event that is next, without taking it."""
        try:
            return self._items[0] if self._items else None
        except IndexError:
            # Withdrawn in between.
            return None

    def snapshot(self) -> list[Receipt]:
        """Return the pending events, oldest first."""
        return list(self._items)

    def _leave(self, room: _Semaphore) -> None:
        with suppress(ValueError):
            self._waiting.remove(room)
        if not self._items or len(self._items) < self.capacity:
            # A token meant for this thread may have been taken too late; hand it on.
            with suppress(IndexError):
                self._waiting.popleft().signal()


class _Semaphore:
    """One token, given by any thread, also by a signal handler; giving it twice gives it once."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock: LockType = allocate_lock()
        self._lock.acquire()

    def signal(self) -> None:
        with suppress(RuntimeError):
            self._lock.release()

    def wait(self, timeout: float | None) -> bool:
        """Take the token, waiting for it; tell whether there was one."""
        return self._lock.acquire(timeout=-1 if timeout is None else max(0.0, timeout))
