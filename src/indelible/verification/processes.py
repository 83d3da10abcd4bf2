"""Reading pieces of a log in several processes.

Each is an interpreter of its own that runs `indelible.verification.worker`, started without a fork,
because the host may have threads and open databases, and without the host's main module, which need
not be one that may be imported twice.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from types import TracebackType
from typing import IO, Final, NamedTuple, Self, cast

import msgspec
from sqlalchemy import Connection

from indelible.errors import StorageError
from indelible.storage.schema import Tables
from indelible.verification.pieces import Piece, PieceTask
from indelible.verification.reading import statements_for
from indelible.verification.worker import Answer, Setup, read_frame, write_frame

__all__ = ["ScanProcesses"]

_AHEAD: Final = 2
"""Tasks that wait for each process, so that none is idle while results are put together."""

_MOST_WAITING: Final = 64
"""Pieces that may wait for an earlier one, a few kilobytes each."""

_GRACE: Final = 5.0
"""How long a process may take to end by itself, in seconds."""


class _Worker(NamedTuple):
    """A process that reads, with its pipes."""

    process: subprocess.Popen[bytes]
    tasks: IO[bytes]
    answers: IO[bytes]

    @classmethod
    def started(cls, environment: dict[str, str]) -> Self:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "indelible.verification.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        # Both are there, because both were asked for.
        return cls(process, cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout))

    def send(self, data: bytes) -> None:
        # A process that has ended says so itself when its answer is read.
        with suppress(OSError):
            write_frame(self.tasks, data)

    def stop(self) -> None:
        try:
            self.process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.answers.close()


class ScanProcesses:
    """A context manager that keeps processes for as long as the block runs.

    Args:
        connection: A connection to the database; the processes make their own, to its file on
            SQLite and to its engine's URL elsewhere.
        tables: The tables.
        log_id: The log's key.
        count: How many processes, this one included.
    """

    def __init__(self, connection: Connection, tables: Tables, log_id: int, count: int) -> None:
        self._setup = Setup(
            connection.engine.url.render_as_string(hide_password=False),
            _file_of(connection),
            statements_for(connection, tables, log_id),
        )
        self._count = count - 1
        self._all: list[_Worker] = []
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        self._threads = ThreadPoolExecutor(self._count, thread_name_prefix="audit-verify")

    def __enter__(self) -> Self:
        """Start the processes."""
        paths = [path for path in sys.path if path]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        try:
            for _ in range(self._count):
                worker = _Worker.started(environment)
                self._all.append(worker)
                # The URL may hold a password, which other users could read among the arguments.
                worker.send(msgspec.msgpack.encode(self._setup))
                self._idle.put(worker)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the processes."""
        self._stop()

    def run(
        self,
        tasks: Iterable[tuple[PieceTask, list[int]]],
        here: Callable[[PieceTask], Piece],
    ) -> Iterator[tuple[Piece, list[int]]]:
        """Yield the pieces in the order of their tasks, each with what stood beside its task.

        This process reads as well: it does not wait for the others, which take a while to start.

        Args:
            tasks: What to read.
            here: Reads one piece in this process.

        Raises:
            StorageError: A process failed, with what it said.
        """
        waiting: deque[tuple[Future[Piece], list[int]]] = deque()
        given: list[Future[Piece]] = []
        for task, edges in tasks:
            given = [future for future in given if not future.done()]
            future: Future[Piece]
            if len(given) < _AHEAD * len(self._all):
                future = self._threads.submit(self._scan, task)
                given.append(future)
            else:
                future = Future()
                future.set_result(here(task))
            waiting.append((future, edges))
            while waiting and (waiting[0][0].done() or len(waiting) >= _MOST_WAITING):
                done, beside = waiting.popleft()
                yield done.result(), beside
        for done, beside in waiting:
            yield done.result(), beside

    def _scan(self, task: PieceTask) -> Piece:
        worker = self._idle.get()
        try:
            worker.send(msgspec.msgpack.encode(task))
            data = read_frame(worker.answers)
        finally:
            self._idle.put(worker)
        if data is None:
            raise StorageError(
                "a process that was reading the log has ended; its last words are on standard "
                "error. Verify with processes=1 to see the error itself"
            )
        answer = msgspec.msgpack.decode(data, type=Answer)
        if answer.piece is None:
            raise StorageError(f"a process could not read the log: {answer.error}")
        return answer.piece

    def _stop(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._all:
            with suppress(OSError):
                worker.tasks.close()
        for worker in self._all:
            worker.stop()


def _file_of(connection: Connection) -> str:
    """Return the file that a connection of Python's own driver for SQLite has open, or ""."""
    dialect = connection.engine.dialect
    if (dialect.name, dialect.driver) != ("sqlite", "pysqlite"):
        return ""
    # Not the URL's, for an engine of the application's may connect by a function of its own.
    rows = connection.exec_driver_sql("PRAGMA database_list").all()
    return next((str(row[2]) for row in rows if row[1] == "main"), "")
