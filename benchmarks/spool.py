"""The spool's own files beside SQLite, beside the least that the disk allows, and draining it.

The stores take their turns within a round, twenty appends at a time: the disk's speed changes from
second to second by more than what is to be measured.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.figures import Figure, Pair, as_text
from features.support import scratch
from indelible.spool import Spool, adopt

RECORD = os.urandom(600)
"""As long as an ordinary event's row."""

APPENDS = {1: 800, 8: 800, 500: 160}
"""How many records an append has, and how many appends are measured in a round."""

TURN = 20

_ORIGIN = "bench/spool"

Append = Callable[[list[bytes]], object]


def appending(rounds: int) -> list[Figure]:
    """Records per second that are durable, in appends of one, eight and five hundred."""
    figures = []
    for batch, appends in APPENDS.items():
        rates: dict[str, list[float]] = {name: [] for name in _STORES}
        for _ in range(rounds):
            for name, rate in _round(batch, appends).items():
                rates[name].append(rate)
        for name in _STORES:
            if name == "spool":
                continue
            pairs = zip(rates["spool"], rates[name], strict=True)
            wanted = "≥ 0.5" if (batch, name) == (1, _FLOOR) else ""
            figures.append(
                Figure(
                    f"spool, {batch} {'record' if batch == 1 else 'records'} an append",
                    name,
                    "records/s",
                    tuple(Pair(*pair) for pair in pairs),
                    wanted,
                    (lambda ratio: ratio >= 0.5) if wanted else None,
                )
            )
    return figures


def reading(rounds: int) -> list[Figure]:
    """Records per second from a spool that a dead process has left, beside reading its bytes."""
    pairs = tuple(_reading() for _ in range(rounds))
    return [
        Figure("draining a dead process's spool", "reading its files", "records/s", pairs),
        Figure("time to take one over, 100,000 records", "one second", "s", (_take_over(),)),
    ]


def _round(batch: int, appends: int) -> dict[str, float]:
    directory = scratch.new_directory()
    records = [RECORD] * batch
    stores = {name: make(directory) for name, make in _STORES.items()}
    seconds = dict.fromkeys(stores, 0.0)
    names = list(stores)
    for turn in range(appends // TURN):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            append = stores[name]
            started = time.perf_counter()
            for _ in range(TURN):
                append(records)
            seconds[name] += time.perf_counter() - started
    stores.clear()
    shutil.rmtree(directory)
    return {name: appends * batch / taken for name, taken in seconds.items()}


def _spool(directory: Path) -> Append:
    return Spool.create(directory / "spools", origin=_ORIGIN).append


def _growing(directory: Path) -> Append:
    descriptor = os.open(directory / "growing", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def append(records: list[bytes]) -> None:
        os.write(descriptor, b"".join(records))
        os.fdatasync(descriptor)

    return append


def _overwriting(directory: Path) -> Append:
    """The best that segments which are used again could do: written over, and never made anew."""
    descriptor = os.open(directory / "again", os.O_WRONLY | os.O_CREAT)
    size = 8 * 1024 * 1024
    os.pwrite(descriptor, bytes(size), 0)
    os.fsync(descriptor)
    offset = 0

    def append(records: list[bytes]) -> None:
        nonlocal offset
        data = b"".join(records)
        if offset + len(data) > size:
            offset = 0
        os.pwrite(descriptor, data, offset)
        os.fdatasync(descriptor)
        offset += len(data)

    return append


def _sqlite(directory: Path) -> Append:
    connection = sqlite3.connect(directory / "spool.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE spool (number INTEGER PRIMARY KEY, record BLOB NOT NULL)")

    def append(records: list[bytes]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO spool (record) VALUES (?)", ((record,) for record in records)
        )
        connection.execute("COMMIT")

    return append


_FLOOR = "fdatasync of a plain append"

_STORES: dict[str, Callable[[Path], Append]] = {
    "spool": _spool,
    _FLOOR: _growing,
    "SQLite, WAL, synchronous=FULL": _sqlite,
    "fdatasync, file written over": _overwriting,
}


def _left(records: int) -> Path:
    directory = scratch.new_directory()
    spool = Spool.create(directory, origin=_ORIGIN)
    for _ in range(records // 500):
        spool.append([RECORD] * 500)
    # As a process does that is killed.
    spool.after_fork()
    return directory


def _reading() -> Pair:
    count = 100_000
    directory = _left(count)
    [path] = directory.iterdir()
    started = time.perf_counter()
    for segment in path.glob("*.seg"):
        segment.read_bytes()
    floor = time.perf_counter() - started
    started = time.perf_counter()
    for spool in adopt(directory, origin=_ORIGIN):
        start = spool.drained
        while (chunk := spool.read(start, 1_000, 4_000_000)).records:
            spool.acknowledge(chunk.after)
            start = chunk.after
        spool.close()
    taken = time.perf_counter() - started
    shutil.rmtree(directory)
    return Pair(count / taken, count / floor)


def _take_over() -> Pair:
    directory = _left(100_000)
    started = time.perf_counter()
    spool = next(adopt(directory, origin=_ORIGIN))
    taken = time.perf_counter() - started
    spool.close()
    shutil.rmtree(directory)
    return Pair(taken, 1.0)


if __name__ == "__main__":
    print(as_text([*appending(5), *reading(3)]))
    sys.exit(0)
