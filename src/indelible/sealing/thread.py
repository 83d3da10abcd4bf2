"""The ``audit-sealer`` thread, which signs a checkpoint now and then while there are new events."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Final

from indelible.errors import AuditError
from indelible.sealing.errors import SealingError

__all__ = ["DEFAULT_INTERVAL", "SealerThread"]

DEFAULT_INTERVAL: Final = 60.0
"""How long after the first new event a checkpoint is signed, in seconds."""


class SealerThread:
    """Seals a log every interval in which there were new events, and once more at the end.

    Nobody who records ever waits for it: `notify` is what the commit path calls, and it takes no
    lock that is held while anything is signed, stored or sent.

    A daemon, because a thread that is not one would keep a program from ending.  It must not be
    used in a forked child, which makes one of its own.

    Args:
        seal: Signs the newest checkpoint.
        report: Is told of what went wrong, on the thread.
        interval: Seconds; None to seal at the end only.
    """

    NAME = "audit-sealer"

    def __init__(
        self,
        seal: Callable[[], object],
        report: Callable[[AuditError], None],
        interval: float | None = DEFAULT_INTERVAL,
    ) -> None:
        self._seal = seal
        self._report = report
        self._interval = interval
        # Whether there are events that no checkpoint covers. Set by committers and cleared before a
        # checkpoint reads the head, so that an event is never forgotten, at worst sealed twice.
        self._dirty = False
        self._stopping = False
        # Queues of this kind may be put into from a signal handler, even one that has interrupted
        # another put; an `Event` would deadlock.
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._stop: SimpleQueue[None] = SimpleQueue()
        # Guards the starting; only ever tried, never waited for.
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def notify(self) -> None:
        """Say that there are new events; takes no time, and starts the thread at the first use."""
        if self._dirty:
            return
        self._dirty = True
        self._wake.put(None)
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        if not self._starting.acquire(blocking=False):
            # Another thread starts it, or a signal handler has interrupted this very method.
            return
        try:
            if self._thread is None and not self._stopping:
                thread = threading.Thread(target=self._run, name=self.NAME, daemon=True)
                thread.start()
                self._thread = thread
        except RuntimeError:
            # The interpreter is ending, or there are no threads to be had. `stop` seals.
            self._thread = None
        finally:
            self._starting.release()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def stop(self, deadline: float) -> bool:
        """Seal what is left, and end the thread.

        Args:
            deadline: When to stop waiting, as `time.monotonic` counts.

        Returns:
            Whether everything is sealed and the thread has ended in time.
        """
        self._stopping = True
        thread = self._thread
        if thread is None or not thread.is_alive() or thread is threading.current_thread():
            # Without a thread of its own it cannot be given up half way; what the seal waits for
            # has limits of its own.
            if self._dirty and time.monotonic() < deadline:
                self._seal_once()
            return not self._dirty
        self._stop.put(None)
        self._wake.put(None)
        thread.join(max(0.0, deadline - time.monotonic()))
        return not thread.is_alive() and not self._dirty

    def _run(self) -> None:
        while True:
            self._wake.get()
            try:
                self._stop.get(timeout=self._interval)
            except Empty:
                if self._dirty:
                    self._seal_once()
                continue
            # The last one, which takes along what was committed until now.
            if self._dirty:
                self._seal_once()
            return

    def _seal_once(self) -> None:
        self._dirty = False
        try:
            self._seal()
        except AuditError as error:
            self._again(error)
        except Exception as error:  # noqa: BLE001 - a caller's signer or sink may raise anything
            self._again(SealingError(f"no checkpoint was made: {type(error).__name__}: {error}"))

    def _again(self, error: AuditError) -> None:
        """Report an error, and try again after the next interval."""
        if not self._dirty:
            self._dirty = True
            self._wake.put(None)
        self._report(error)
