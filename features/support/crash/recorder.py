"""Threads that record, and tell the ledger what they are told."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from features.support.crash.ledger import Teller, is_unknown
from indelible import AuditError, AuditService, ClosedError, InvalidEventError, Receipt

RETRY_SECONDS = 0.02
"""Pause before an event is recorded again that was not accepted."""


class Recorder:
    """Records one actor's events, one after the other.

    Args:
        service: The service.
        teller: The ledger.
        actor: The actor's name, which no other thread of any process has.
        retry: Whether an event that was not accepted is recorded again, under the same id, until
            it is; otherwise the actor's next event is another one.
    """

    def __init__(
        self, service: AuditService, teller: Teller, actor: str, *, retry: bool = True
    ) -> None:
        self.step = 0
        self.slowest = 0.0
        self.errors: list[AuditError] = []
        self._service = service
        self._teller = teller
        self._actor = actor
        self._retry = retry

    def record(self, **more: Any) -> Receipt | None:
        """Record the next event; None if it was not accepted."""
        step, event_id = self.step, uuid4()
        self.step += 1
        self._teller.tell("try", self._actor, step)
        while True:
            started = time.monotonic()
            try:
                receipt = self._service.record(
                    f"{step:06}", actor=self._actor, event_id=event_id, **more
                )
            except InvalidEventError:
                # A mistake of the test's own.
                raise
            except AuditError as error:
                self.errors.append(error)
                self._teller.tell("unknown" if is_unknown(error) else "no", self._actor, step)
                if not self._retry or isinstance(error, ClosedError):
                    return None
                time.sleep(RETRY_SECONDS)
            else:
                self._teller.tell("ack", self._actor, step)
                return receipt
            finally:
                self.slowest = max(self.slowest, time.monotonic() - started)

    def flush(self, seconds: float = 30.0) -> bool:
        """Wait until what was recorded is committed, and tell that it is."""
        step = self.step - 1
        flushed = self._service.flush(seconds)
        if flushed:
            self._teller.tell("safe", self._actor, step)
        return flushed


def record_on_threads(
    service: AuditService,
    teller: Teller,
    *,
    threads: int,
    events: int | None,
    pace: float = 0.0,
    until: Callable[[], bool] = lambda: False,
    **more: Any,
) -> list[Recorder]:
    """Record on threads of this process until each has recorded its events, or for ever.

    Returns:
        What has recorded, a recorder for each thread.
    """
    # A process's id is given out again, some time after its end.
    name = f"thread:{os.getpid()}.{uuid4().hex[:8]}"
    recorders = [Recorder(service, teller, f"{name}.{number}") for number in range(threads)]

    def run(recorder: Recorder) -> None:
        while not until() and (events is None or recorder.step < events):
            if recorder.record(**more) is None:
                return
            if pace:
                time.sleep(pace)

    running = [threading.Thread(target=run, args=(each,), daemon=True) for each in recorders]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return recorders


class Control:
    """Commands for a program under test, one in a line, on its standard input."""

    @staticmethod
    def wait(*expected: str) -> str:
        line = sys.stdin.readline().strip()
        if not line:
            # The test is gone.
            os._exit(99)
        assert line in expected, line
        return line
