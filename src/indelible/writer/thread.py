"""The ``audit-writer`` thread, which leads the commits of asynchronous mode."""

from __future__ import annotations

import threading
import time

from indelible.writer.committer import Committer
from indelible.writer.queue import PendingQueue

__all__ = ["WriterThread"]


class WriterThread:
    """A daemon thread that commits what is pending until it is stopped.

    A daemon, because a thread that is not one would keep a program from ending until somebody
    closes the service; the service drains the queue at exit instead.
    """

    NAME = "audit-writer"

    def __init__(self, queue: PendingQueue, committer: Committer) -> None:
        """Start the thread."""
        self._queue = queue
        self._committer = committer
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=self.NAME, daemon=True)
        self._thread.start()

    @property
    def is_current(self) -> bool:
        """Whether the caller runs on this thread."""
        return threading.get_ident() == self._thread.ident

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def stop(self, deadline: float) -> bool:
        """Drain the queue and end the thread; tell whether it ended in time.

        Args:
            deadline: When to stop waiting, as `time.monotonic` counts.
        """
        self._stopping = True
        self._committer.stop(deadline)
        self._queue.wake()
        if not self.is_current:
            self._thread.join(max(0.0, deadline - time.monotonic()))
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            self._queue.wait(None)
            self._committer.commit_pending(float("inf"))
            if self._stopping:
                return
