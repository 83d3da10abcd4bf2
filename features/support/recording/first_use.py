"""Racing to be the first to use a service: the founding story."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from features.support.recording import stored
from features.support.recording.engines import EngineWatch, watched_engines
from features.support.recording.threads import Outcome, race, values
from indelible import AuditService, Receipt

SLOWNESS = 0.05
"""Seconds that `create_engine` takes longer: enough for every thread to arrive meanwhile."""


class FirstUse:
    """A synchronous service on a file that `mkstemp` made, and what racing threads do with it.

    Attributes:
        outcomes: How each thread ended, after `race`.
    """

    def __init__(self, directory: Path, cleanup: ExitStack) -> None:
        handle, path = tempfile.mkstemp(suffix=".db", dir=directory)
        os.close(handle)
        self.url = f"sqlite:///{path}"
        self.watch: EngineWatch = cleanup.enter_context(watched_engines())
        self.watch.before = lambda: time.sleep(SLOWNESS)
        self.service = AuditService(self.url, audit_async=False)
        cleanup.callback(self.service.close)
        self.outcomes: list[Outcome] = []
        # The session is not thread-safe; a caller of the service never sees it.
        self._using = threading.Lock()

    def race(self, threads: int, *uses: Callable[[], object]) -> None:
        self.outcomes = race([uses[number % len(uses)] for number in range(threads)])

    def get_session(self) -> Session:
        return self.service._ensure_session()

    def record(self) -> Receipt:
        return self.service.record("race.start", actor="user:1")

    def read(self) -> int:
        return self.service.count()

    def check_threads(self, expected: int) -> None:
        idents = {outcome.thread for outcome in self.outcomes}
        assert len(idents) == expected, f"{len(idents)} different threads took part"

    def check_sessions(self) -> None:
        """Every thread holds the one session, and it works."""
        for session in values(self.outcomes):
            assert isinstance(session, Session)
            assert session is self.service._session, "a thread holds a session of its own"
            with self._using:
                assert session.execute(text("SELECT 1")).scalar_one() == 1
                session.rollback()

    def check_engines(self) -> None:
        assert self.watch.calls == 1, f"create_engine was called {self.watch.calls} times"
        assert self.service._engine is self.watch.made[0]

    def check_events(self, expected: int) -> None:
        results = values(self.outcomes)
        seqs = sorted(result.wait(0).seq for result in results if isinstance(result, Receipt))
        assert seqs == list(range(expected)), seqs
        assert len(stored.check(self.url)) == expected
