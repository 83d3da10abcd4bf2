"""The spool of one process: what is appended is on the disk, and stays until it is drained."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Self

from indelible.errors import ClosedError
from indelible.spool.appender import Appender, segment_size
from indelible.spool.damage import Damage, DamageReport
from indelible.spool.disk import Disk, failure
from indelible.spool.errors import SpoolError, SpoolLostError
from indelible.spool.layout import (
    lock_directory,
    make_spool_directory,
    publish,
    remove_spool,
    same_file,
    unlock,
)
from indelible.spool.opening import opened
from indelible.spool.position import Position, PositionFile
from indelible.spool.segment import Identity
from indelible.spool.shelf import Chunk, Shelf

__all__ = ["DEFAULT_MAX_BYTES", "Spool"]

DEFAULT_MAX_BYTES: Final = 1024 * 1024 * 1024
"""Most bytes that a spool takes on the disk: some 1,500,000 ordinary events."""


class Spool:
    """A queue of records on the local disk.

    Made by `Spool.create`, for this process to append to, or by `Spool.adopt`, to drain what a dead
    process has left.

    One thread at a time may append, and one other thread may read and acknowledge meanwhile; the
    properties and `check` are for any thread.  `close` is for when neither does anything.

    What a returned `append` promises: the records outlive the process and a power cut, and are
    delivered in their order, each at least once, until they are acknowledged.  What it does not:
    that they are delivered only once (a drainer that dies before it acknowledges delivers again),
    or that they outlive the disk.  An append that raises has acknowledged nothing.  An append that
    was interrupted by a crash may or may not be delivered, in whole or in part.
    """

    def __init__(
        self,
        path: Path,
        lock: int,
        identity: Identity,
        shelf: Shelf,
        report: DamageReport,
        position: PositionFile,
        appender: Appender | None,
        disk: Disk,
        drained: int,
        end: int,
    ) -> None:
        self._path = path
        self._lock: int | None = lock
        self._pid = os.getpid()
        self._identity = identity
        self._shelf = shelf
        self._report = report
        self._position = position
        self._appender = appender
        self._disk = disk
        self._drained = drained
        self._end = end
        # When the oldest record that is not drained was appended, in microseconds since 1970.
        self._oldest: int | None = None
        self._lost: SpoolLostError | None = None

    @classmethod
    def create(
        cls,
        directory: str | Path,
        *,
        origin: str,
        max_bytes: int = DEFAULT_MAX_BYTES,
        segment_bytes: int | None = None,
        on_damage: Callable[[Damage], None] | None = None,
        on_trouble: Callable[[SpoolError], None] | None = None,
        disk: Disk | None = None,
    ) -> Self:
        """Make this process's spool, locked.

        Args:
            directory: Where spools of one log are; made if it does not exist.
            origin: The log's name.
            max_bytes: Most bytes that this spool takes on the disk, the unused rest of the newest
                segment included, damaged bytes that were set aside not.
            segment_bytes: Size of a segment; None for 2 MiB, or less under a small bound.
            on_damage: Is told of each damaged place, on the thread that finds it.
            on_trouble: Is told of failures of the disk that an append has survived, because its
                records are in a new segment.
            disk: The system calls; a test's own make them fail.

        Raises:
            ConfigurationError: An argument cannot work.
            SpoolError: It cannot be made.
        """
        size = segment_size(max_bytes, segment_bytes)
        disk = disk or Disk()
        directory = Path(directory).absolute()
        try:
            path, lock, identity = make_spool_directory(disk, directory, origin)
        except OSError as error:
            raise failure(directory, "cannot take a new spool", error) from error
        report = DamageReport(disk, path, identity.spool_id, on_damage)
        shelf = Shelf(disk, [], report)
        appender = Appender(
            disk,
            path,
            identity,
            shelf,
            max_bytes=max_bytes,
            segment_bytes=size,
            on_trouble=on_trouble,
        )
        position = None
        try:
            appender.begin()
            position = PositionFile(disk, path, identity, create=True)
            position.write(Position(0, 0), wait=True)
            path = publish(disk, path, identity)
        except BaseException as error:
            _discard(path, lock, shelf, position)
            if isinstance(error, OSError):
                raise failure(directory, "cannot take a new spool", error) from error
            raise
        report.directory = appender.directory = position.directory = path
        shelf.moved(path)
        return cls(path, lock, identity, shelf, report, position, appender, disk, 0, 0)

    @classmethod
    def adopt(
        cls,
        path: str | Path,
        *,
        origin: str | None,
        on_damage: Callable[[Damage], None] | None = None,
        disk: Disk | None = None,
    ) -> Self | None:
        """Take over a spool that a dead process has left, to drain it.

        Args:
            path: The spool's own directory.
            origin: The log that it must belong to; None for whichever it names.
            on_damage: As for `create`.
            disk: As for `create`.

        Returns:
            The spool; None if its process lives, or another one has taken it over.

        Raises:
            SpoolMismatchError: It belongs to another log, and was not touched.
            SpoolError: It cannot be read.
        """
        disk = disk or Disk()
        path = Path(path).absolute()
        lock = lock_directory(path)
        if lock is None:
            return None
        shelf = position = None
        try:
            found = opened(disk, path, origin)
            report = DamageReport(disk, path, found.identity.spool_id, on_damage)
            found.tell(report)
            shelf = found.shelf(disk, report)
            position = PositionFile(disk, path, found.identity, create=False)
            end = shelf.end()
        except BaseException as error:
            _release(lock, shelf, position)
            if isinstance(error, OSError):
                raise failure(path, "cannot be taken over", error) from error
            raise
        spool = cls(
            path, lock, found.identity, shelf, report, position, None, disk, found.drained, end
        )
        spool._oldest = shelf.segments()[0].created if shelf.segments() else None
        return spool

    # Appending -----------------------------------------------------------------------------------

    def append(self, records: Sequence[bytes]) -> int:
        """Write records behind all others; they are on the disk when this returns.

        Args:
            records: The records, at most 64 MiB each.  They get consecutive numbers.

        Returns:
            The number after the last one.

        Raises:
            SpoolFullError: The spool would grow beyond ``max_bytes``; nothing was written.
            SpoolLostError: Its files were deleted or replaced; nothing will be taken any more.
            SpoolError: The disk failed; nothing of it counts.  A later append may succeed.
            ClosedError: The spool is closed, was adopted, or is a forked parent's.
        """
        self.check()
        if self._appender is None:
            raise ClosedError(
                f"the spool {str(self._path)!r} was left by another process and is only drained"
            )
        was_empty = self.pending == 0
        now = time.time_ns() // 1000
        end = self._appender.append(records)
        if was_empty:
            self._oldest = now
        return end

    # Draining ------------------------------------------------------------------------------------

    def read(self, start: int, most: int, most_bytes: int) -> Chunk:
        """Return durable records in order.

        Args:
            start: The number to begin with, not below `drained`.
            most: Most records.
            most_bytes: Most bytes; a record that is longer comes alone.

        Returns:
            The records, fewer than there are if a segment ends, and where to read on.  With no
            records and ``after`` at `start`, nothing is there now.

        Raises:
            SpoolError: The files cannot be read.
            ClosedError: The spool is closed.
        """
        self._check_open()
        return self._shelf.read(max(start, self._drained), most, most_bytes)

    def set_aside(self, number: int, reason: str) -> None:
        """Give up a record that was read and cannot be delivered, as if it were damaged.

        It is kept in a ``.bad`` file, counted, and told to `on_damage`.  It is acknowledged with
        the others.

        Args:
            number: The record's number.
            reason: What is wrong with it.

        Raises:
            SpoolError: It cannot be set aside.
            ClosedError: The spool is closed.
        """
        self._check_open()
        self._shelf.set_aside(number, reason)

    def acknowledge(self, upto: int) -> None:
        """Say that everything below a number is delivered, and delete segments that are done with.

        Args:
            upto: A chunk's ``after``.

        Raises:
            SpoolError: The files cannot be written or deleted.  Nothing is lost: at worst some
                records are delivered again.
            ClosedError: The spool is closed.
        """
        self._check_open()
        if upto <= self._drained:
            return
        end = self.end
        self._drained = self._shelf.drained = upto
        if upto >= end:
            self._oldest = None
        else:
            self._oldest = self._shelf.oldest_time(upto) or self._oldest
        try:
            drained = self._shelf.drained_segments()
            # A position that fell back behind what is deleted would look as if it had been lost.
            self._position.write(Position(upto, end), wait=bool(drained))
            if drained:
                for segment in drained:
                    self._disk.unlink(segment.path)
                self._disk.sync_directory(self._path)
                self._shelf.forget(drained)
        except OSError as error:
            raise failure(self._path, "cannot note what is drained", error) from error

    # Looking -------------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """The spool's own directory."""
        return self._path

    @property
    def spool_id(self) -> str:
        """Names the spool: 32 hexadecimal digits."""
        return self._identity.spool_id

    @property
    def origin(self) -> str:
        """The log's name."""
        return self._identity.origin

    @property
    def adopted(self) -> bool:
        """Whether a dead process has left it."""
        return self._appender is None

    @property
    def drained(self) -> int:
        """The number of the first record that is not drained."""
        return self._drained

    @property
    def end(self) -> int:
        """The number after the last durable record."""
        return self._end if self._appender is None else self._shelf.newest().next

    @property
    def pending(self) -> int:
        """How many records are not drained."""
        return max(0, self.end - self._drained)

    @property
    def pending_bytes(self) -> int:
        """What the records that are not drained take, in bytes.

        The share of a segment that is partly drained is estimated by the number of its records.
        """
        return self._shelf.pending_bytes(self._drained)

    @property
    def bytes_on_disk(self) -> int:
        """What the segments take on the disk, in bytes; never above ``max_bytes``."""
        return self._shelf.bytes_on_disk()

    @property
    def oldest(self) -> float | None:
        """When the oldest record that is not drained was appended, in seconds since 1970.

        It may be told too early, never too late; None if everything is drained.
        """
        oldest = self._oldest
        return None if oldest is None or self.pending == 0 else oldest / 1_000_000

    @property
    def damaged(self) -> int:
        """How many damaged places were found."""
        return self._report.places

    @property
    def lost(self) -> int:
        """How many records they have cost."""
        return self._report.lost

    @property
    def abandoned(self) -> int:
        """How many segments were given up because the disk failed, and their records copied."""
        return 0 if self._appender is None else self._appender.abandoned

    def check(self) -> None:
        """Find out whether the files that are written to are still where they should be.

        This costs a few microseconds.

        Raises:
            SpoolLostError: They were deleted or replaced, now or before.
            ClosedError: The spool is closed.
        """
        lock = self._check_open()
        if self._lost is None:
            gone = self._what_is_gone(lock)
            if gone is None:
                return
            self._lost = SpoolLostError(
                f"the spool's {str(gone)!r} was deleted or replaced while it was open, so that "
                "nothing written there would survive. Find out who did that, and make the spool "
                "anew"
            )
        raise self._lost

    def _what_is_gone(self, lock: int) -> Path | None:
        try:
            if self._appender is None:
                return None if same_file(self._path, lock) else self._path
            # One call tells of the file and of all directories above it.
            segment = self._shelf.newest()
            if segment.is_in_place():
                return None
            return segment.path if same_file(self._path, lock) else self._path
        except OSError as error:
            raise failure(self._path, "cannot be looked at", error) from error

    def _check_open(self) -> int:
        if self._pid != os.getpid():
            self.after_fork()
        if self._lock is None:
            raise ClosedError(f"the spool {str(self._path)!r} is closed")
        return self._lock

    # Ending --------------------------------------------------------------------------------------

    def close(self) -> None:
        """Let go of the spool: remove it if everything is drained, or leave it for others.

        Raises:
            SpoolError: It cannot be removed; it is let go all the same.
        """
        if self._pid != os.getpid():
            self.after_fork()
        if self._lock is None:
            return
        lock, self._lock = self._lock, None
        try:
            if not same_file(self._path, lock):
                return
            if self.pending == 0:
                remove_spool(self._disk, self._path)
            else:
                self._position.write(Position(self._drained, self.end), wait=True)
        except OSError as error:
            raise failure(self._path, "cannot be closed well", error) from error
        finally:
            _release(lock, self._shelf, self._position)

    def after_fork(self) -> None:
        """Let go of a parent's spool in a forked child; the parent's stays as it is.

        Until this is called, the child holds the parent's lock as well, because the two share it,
        and if the parent is killed nobody can take over.  Any other call in the child, but for the
        properties, does this first.
        """
        if self._lock is not None:
            lock, self._lock = self._lock, None
            self._shelf.renew_lock()
            self._shelf.close()
            self._position.close()
            # Closed, not unlocked: that would unlock the parent's.
            os.close(lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        """Show where it is."""
        return f"Spool({str(self._path)!r}, pending={self.pending})"


def _release(lock: int, shelf: Shelf | None, position: PositionFile | None) -> None:
    if shelf is not None:
        shelf.close()
    if position is not None:
        position.close()
    unlock(lock)


def _discard(path: Path, lock: int, shelf: Shelf, position: PositionFile | None) -> None:
    """Remove what there is of a spool that could not be made."""
    with contextlib.suppress(OSError, SpoolError):
        if path.exists():
            for entry in path.iterdir():
                entry.unlink()
            path.rmdir()
    _release(lock, shelf, position)
