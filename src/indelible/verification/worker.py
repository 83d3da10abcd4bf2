"""What a process that helps to verify a log runs: tasks in on standard input, pieces out.

It reads with a connection of its own, for reading alone, and within one view of the database. On
SQLite it imports no SQLAlchemy: that takes a second, in which it reads a hundred thousand events.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from indelible.verification.pieces import Piece, PieceTask, scan
from indelible.verification.rows import EventRows, Statements

__all__ = ["Answer", "Setup", "main", "read_frame", "write_frame"]

_LENGTH: Final = 4
"""Bytes of the length before each message."""

_BUSY_TIMEOUT: Final = 30.0
"""How long to wait for a lock that another transaction holds, in seconds."""


class Setup(msgspec.Struct, frozen=True):
    """What a process has to know before its first task.

    Attributes:
        url: The database, with its password.
        file: The database's file, where it is one of SQLite's; "" otherwise.
        statements: What to ask.
    """

    url: str
    file: str
    statements: Statements


class Answer(msgspec.Struct, frozen=True):
    """What a process answers to a task.

    Attributes:
        piece: What it has found; None when it failed.
        error: Why.
    """

    piece: Piece | None = None
    error: str = ""


def read_frame(stream: IO[bytes]) -> bytes | None:
    """Return the next message of a stream; None at its end."""
    read = stream.read
    head = read(_LENGTH)
    if len(head) < _LENGTH:
        return None
    return read(int.from_bytes(head, "big"))


def write_frame(stream: IO[bytes], data: bytes) -> None:
    """Write a message to a stream."""
    stream.write(len(data).to_bytes(_LENGTH, "big") + data)
    stream.flush()


def main() -> None:
    """Answer tasks until standard input ends."""
    tasks, answers = sys.stdin.buffer, sys.stdout.buffer
    data = read_frame(tasks)
    if data is None:
        return
    setup = msgspec.msgpack.decode(data, type=Setup)
    try:
        with _connected(setup) as driver:
            rows = EventRows(driver, setup.statements)
            while (data := read_frame(tasks)) is not None:
                task = msgspec.msgpack.decode(data, type=PieceTask)
                write_frame(answers, msgspec.msgpack.encode(Answer(scan(rows, task))))
    except Exception as error:  # noqa: BLE001 - whatever it is, the other side tells of it
        answer = Answer(error=f"{type(error).__name__}: {error}")
        write_frame(answers, msgspec.msgpack.encode(answer))


@contextmanager
def _connected(setup: Setup) -> Iterator[Any]:
    """Give the driver's connection, with one view of the database for as long as it is open."""
    if setup.file:
        file = f"{Path(setup.file).as_uri()}?mode=ro"
        with closing(
            sqlite3.connect(file, uri=True, timeout=_BUSY_TIMEOUT, isolation_level=None)
        ) as driver:
            driver.execute("BEGIN")
            yield driver
        return
    from indelible.storage.engines import make_engine
    from indelible.verification.reading import snapshot

    engine = make_engine(setup.url, busy_timeout=_BUSY_TIMEOUT)
    try:
        with snapshot(engine) as connection:
            yield connection.connection.driver_connection
    finally:
        engine.dispose()


if __name__ == "__main__":
    main()
