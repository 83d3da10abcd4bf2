"""The ``audit-writer`` thread, which leads the commits of asynchronous mode."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from indelible.writer.committer import Committer
from indelible.writer.queue import PendingQueue

__all__ = ["WriterThread", "log_raised"]

_INTERRUPTED_SECONDS: Final = 0.1
"""Pause after an interruption, so that one that recurs does not keep a processor busy."""

_logger = logging.getLogger("indelible")


def log_raised(what: str, error: BaseException) -> None:
    """Log an error of the application's code with its traceback.

    Not with what came before it: the text of a database's error may hold what stands in an event.
    """
    with suppress(Exception):
        text = "".join(traceback.format_exception(error, chain=False))
        _logger.error("%s\n%s", what, text)


def log_death(error: BaseException | None) -> None:
    """Log that a writer thread has ended which should not have."""
    with suppress(Exception):
        _logger.error("the thread %s has ended: %r", WriterThread.NAME, error)


class WriterThread:
    """A daemon thread that commits what is pending until it is stopped.

    A daemon, because a thread that is not one would keep a program from ending until somebody
    closes the service; the service drains the queue at exit instead.
    """

    NAME = "audit-writer"

    def __init__(
        self,
        queue: PendingQueue,
        committer: Committer,
        *,
        look_every: float | None = None,
        on_death: Callable[[BaseException | None], None] = log_death,
    ) -> None:
        """Start the thread.

        Args:
            queue: Where events wait.
            committer: What commits them.
            look_every: How often to look for events that are not in the queue, in seconds.
            on_death: Called on the thread if it ends without having been stopped.
        """
        self.ended = False
        self._look_every = look_every
        self._on_death = on_death
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
        error: BaseException | None = None
        try:
            self._commit_until_stopped()
        except BaseException as raised:  # noqa: BLE001 - whatever it is, it is told
            error = raised
        finally:
            self.ended = True
            if not self._stopping:
                self._on_death(error)

    def _commit_until_stopped(self) -> None:
        while True:
            self._queue.wait(self._look_every)
            try:
                self._committer.commit_pending(float("inf"))
            except BaseException as error:  # noqa: BLE001 - whatever it is, see below
                # A hook that calls sys.exit(), for one.  Without this thread nothing would be
                # committed any more, and nobody would learn of it.
                log_raised(f"the thread {self.NAME} was interrupted, and goes on", error)
                time.sleep(_INTERRUPTED_SECONDS)
            if self._stopping:
                return
