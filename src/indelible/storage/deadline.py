"""Until when a thread may wait for the database: for locks, and for a new connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["deadline", "keep_deadlines", "remaining"]


LEAST_SECONDS: Final = 0.2
"""How long a new connection may take though the time is over, in seconds: a server that refuses it
does so at once, and says more than that time was over."""


class _Deadline(threading.local):
    """Each thread's own.

    Attributes:
        at: The time, as `time.monotonic` counts; infinity where there is none.
    """

    at: float = float("inf")


deadline: Final = _Deadline()


def remaining() -> float:
    """Return how long the calling thread may wait, in seconds: 0 or more, or infinity."""
    return max(0.0, deadline.at - time.monotonic())


def keep_deadlines(engine: Engine, connect_timeout: float) -> None:
    """Let a new connection of an engine take no longer than the thread's deadline allows.

    The drivers take whole seconds, and two of them at least: more than the caller of a synchronous
    ``record`` may have.

    Args:
        engine: The engine.
        connect_timeout: How long its driver waits by itself, in seconds.
    """
    from sqlalchemy import event

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, _record: object, arguments: Any, options: Any) -> Any:
        seconds = max(remaining(), LEAST_SECONDS)
        if seconds >= connect_timeout:
            # None for the driver's own way.
            return None
        attempt = _Attempt(lambda: dialect.connect(*arguments, **options))
        try:
            threading.Thread(target=attempt.run, name="audit-connect", daemon=True).start()
        except RuntimeError:
            # While the interpreter ends no thread can be started.
            return None
        if attempt.ended.wait(seconds) or not attempt.give_up():
            return attempt.result()
        raise dialect.loaded_dbapi.OperationalError(
            f"the server has not answered a new connection within {seconds:.1f} s"
        )


class _Attempt:
    """A connection that is made on a thread of its own, and closed if it comes too late."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self.ended = threading.Event()
        # Guards the question of who has the connection: its maker or who has waited for it.
        self._lock = threading.Lock()
        self._given_up = False
        self._connection: Any = None
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            connection = self._connect()
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            self._error = error
            self.ended.set()
            return
        with self._lock:
            self._connection = connection
            given_up = self._given_up
        self.ended.set()
        if given_up:
            connection.close()

    def give_up(self) -> bool:
        """Leave the connection to its maker; False if it is there by now."""
        with self._lock:
            self._given_up = self._connection is None and self._error is None
            return self._given_up

    def result(self) -> Any:
        if self._error is not None:
            raise self._error
        return self._connection
