"""Watching the engines that a service makes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import sqlalchemy


class EngineWatch:
    """Counts the engines that `sqlalchemy.create_engine` makes, and which of them were disposed.

    Attributes:
        calls: How often it was called.
        made: The engines, in order.
        disposed: For each engine how often it was disposed.
        before: Runs inside each call, before the engine is made; may wait, or raise.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.made: list[sqlalchemy.Engine] = []
        self.disposed: list[int] = []
        self.before: Callable[[], object] = lambda: None
        self._create_engine = sqlalchemy.create_engine
        self._lock = threading.Lock()

    def create(self, *arguments: Any, **options: Any) -> sqlalchemy.Engine:
        with self._lock:
            self.calls += 1
        self.before()
        engine = self._create_engine(*arguments, **options)
        with self._lock:
            number = len(self.made)
            self.made.append(engine)
            self.disposed.append(0)

        def count(engine: sqlalchemy.Engine) -> None:
            self.disposed[number] += 1

        sqlalchemy.event.listen(engine, "engine_disposed", count)
        return engine

    def leaked(self) -> int:
        """How many of the engines were never disposed."""
        return self.disposed.count(0)


@contextmanager
def watched_engines() -> Iterator[EngineWatch]:
    """Watch every engine that is made inside the block."""
    watch = EngineWatch()
    with mock.patch.object(sqlalchemy, "create_engine", watch.create):
        yield watch


def open_files(path: str) -> list[str]:
    """Return which of a database's files this process has open."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = str(entry.readlink())
        except OSError:
            continue  # it was closed meanwhile
        if target.startswith(path):
            found.append(target)
    return found
