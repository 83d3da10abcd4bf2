"""What a process that helps to verify a log runs: tasks in on standard input, pieces out."""

from __future__ import annotations

import sys
from typing import IO, Final

import msgspec

from indelible.verification.pieces import Piece, PieceTask, scan

__all__ = ["Answer", "Setup", "main", "read_frame", "write_frame"]

_LENGTH: Final = 4
"""Bytes of the length before each message."""

_BUSY_TIMEOUT: Final = 30.0


class Setup(msgspec.Struct, frozen=True):
    """What a process has to know before its first task.

    Attributes:
        url: The database, with its password.
        prefix: What the tables' names begin with.
        schema: The tables' schema.
        log_id: The log's key.
    """

    url: str
    prefix: str
    schema: str | None
    log_id: int


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
    from indelible.storage.engines import make_engine
    from indelible.storage.schema import Tables
    from indelible.verification.reading import LogRows, snapshot

    tasks, answers = sys.stdin.buffer, sys.stdout.buffer
    data = read_frame(tasks)
    if data is None:
        return
    setup = msgspec.msgpack.decode(data, type=Setup)
    engine = make_engine(setup.url, busy_timeout=_BUSY_TIMEOUT)
    tables = Tables(setup.prefix, setup.schema)
    try:
        while (data := read_frame(tasks)) is not None:
            task = msgspec.msgpack.decode(data, type=PieceTask)
            try:
                with snapshot(engine) as connection:
                    answer = Answer(scan(LogRows(connection, tables, setup.log_id), task))
            except Exception as error:  # noqa: BLE001 - whatever it is, the other side tells of it
                answer = Answer(error=f"{type(error).__name__}: {error}")
            write_frame(answers, msgspec.msgpack.encode(answer))
    finally:
        engine.dispose()


if __name__ == "__main__":
    main()
