"""Keeping a service's commits from going on, and letting them go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy
from sqlalchemy import NullPool

from features.support.recording.threads import wait_until
from indelible import AuditService


class Gate:
    """Stands before the appending function of a service: nothing is appended while it is shut.

    Attributes:
        batches: The batches that were let in, as the actions of their events.
        before: Runs for each batch before it is appended; may raise.
        after: Runs after it is appended, before the service learns of it; may raise.
    """

    def __init__(self, service: AuditService) -> None:
        self.batches: list[list[str]] = []
        self.before: Callable[[Sequence[Any]], object] = lambda rows: None
        self.after: Callable[[Sequence[Any]], object] = lambda rows: None
        self._open = threading.Event()
        self._open.set()
        self._waiting = 0
        self._append = service._committer._append
        service._committer._append = self._pass

    def _pass(self, rows: Sequence[Any]) -> Any:
        self._waiting += 1
        try:
            if not self._open.wait(60):
                raise AssertionError("nobody opened the gate")
        finally:
            self._waiting -= 1
        self.batches.append([row[3] for row in rows])
        self.before(rows)
        result = self._append(rows)
        self.after(rows)
        return result

    def shut(self) -> None:
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    def wait_for_leader(self) -> None:
        """Wait until a commit stands before the gate."""
        wait_until(lambda: self._waiting, "a commit stands before the gate")


@contextmanager
def locked(url: str) -> Iterator[Any]:
    """Hold the lock that a batch needs, in a transaction of another connection.

    Yields:
        The connection; ending its transaction gives the lock back early.
    """
    engine = sqlalchemy.create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("SELECT log_id FROM audit_log FOR UPDATE")
        yield connection
        connection.rollback()
