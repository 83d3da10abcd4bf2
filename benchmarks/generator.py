"""Large logs, made in bulk and kept for later runs.

    ./dev bench --only query --logs /var/tmp/indelible-logs

Event ids, leaf hashes, tree, tiles and head are those that the library would have stored, so that
``indelible verify`` accepts such a log. Its indexes are made when all rows are there, which takes a
fraction of the time and leaves them as a database that has just been restored would have them.
"""

from __future__ import annotations

import marshal
import multiprocessing
import shutil
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing, contextmanager
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy import Engine, make_url
from sqlalchemy.schema import CreateIndex, DropIndex

from benchmarks.events import CHUNK, Row, chunk
from benchmarks.kept import KeptPostgreSQL
from features.support import scratch, servers
from indelible.merkle import CompletedTile, TreeState
from indelible.storage import migrate
from indelible.storage.backends.driver import INSERT_COLUMNS
from indelible.storage.engines import make_engine
from indelible.storage.schema import Tables

__all__ = ["BYTES", "COLUMNS", "ORIGIN", "LogStore", "fill", "postgresql_line", "sqlite_values"]

ORIGIN: Final = "audit"

BYTES: Final = 2_000
"""What an event takes on the disk, indexes included, about; never more."""

_EDITION: Final = 2
"""To be counted up when the events change, so that logs that were kept are made anew."""

_PROCESSES: Final = 2
_AHEAD: Final = 4
"""Chunks that are made before they are wanted: they bound the memory."""

_LOG_ID: Final = 1
COLUMNS: Final = ", ".join(INSERT_COLUMNS)
_TILE_COLUMNS: Final = "log_id, level, tile_index, hashes, root"
_DIGEST: Final = 32

_Stored = tuple[Any, ...]

_Chunk = tuple[bytes, bytes]
"""Leaf hashes one behind the other, and the rows as the database takes them."""


class LogStore:
    """Makes large logs, and keeps them where a later run finds them.

    Args:
        directory: Where to keep them; None for a directory that is gone when this process is.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._kept = directory
        self._directory = directory
        self._server: KeptPostgreSQL | None = None
        self._urls: dict[tuple[str, int], str] = {}

    def url(self, kind: str, events: int) -> str:
        """Return the URL of a log of so many events, made unless it is there already.

        Args:
            kind: 'sqlite' or 'postgresql'.
            events: The number of events.

        Raises:
            servers.Unavailable: The server cannot be had on this machine, or the disk is too small.
        """
        known = self._urls.get((kind, events))
        if known is None:
            if self._directory is None:
                self._directory = scratch.new_directory()
            self._directory.mkdir(parents=True, exist_ok=True)
            make = self._sqlite_log if kind == "sqlite" else self._postgresql_log
            known = self._urls[kind, events] = make(self._directory, events)
        return known

    def _sqlite_log(self, directory: Path, events: int) -> str:
        name = _name("sqlite://", events)
        path = directory / f"{name}.db"
        if not path.exists():
            for old in directory.glob(f"log_{events}_*.db*"):
                old.unlink()
            _check_room("sqlite", directory, events)
            unfinished = directory / f"{name}.unfinished.db"
            _tell(f"sqlite:///{unfinished}", "sqlite", events)
            unfinished.rename(path)
        return f"sqlite:///{path}"

    def _postgresql_log(self, directory: Path, events: int) -> str:
        if self._server is None:
            server = KeptPostgreSQL(directory / "postgresql")
            server.start()
            self._server = server
        server = self._server
        name = _name("postgresql+psycopg://", events)
        there = {str(row[0]) for row in server.execute("SELECT datname FROM pg_database")}
        if name not in there:
            for old in there:
                if old.startswith(f"log_{events}_"):
                    server.execute(f"DROP DATABASE {old}")
            _check_room("postgresql", directory, events)
            server.execute(f"CREATE DATABASE {name}_unfinished TEMPLATE template0")
            _tell(server.url(f"{name}_unfinished"), "postgresql", events)
            server.execute(f"ALTER DATABASE {name}_unfinished RENAME TO {name}")
        return server.url(name)

    def copy(self, kind: str, events: int) -> str:
        """Return the URL of a copy of a log, for measurements that write.

        Args:
            kind: As for `url`, like all that follow.
            events: The number of events.

        Raises:
            servers.Unavailable: As for `url`.
        """
        url = self.url(kind, events)
        if kind == "sqlite":
            path = scratch.new_directory() / "copy.db"
            shutil.copy(str(make_url(url).database), path)
            return f"sqlite:///{path}"
        server = self._server
        if server is None:
            raise RuntimeError("the server that has the log is gone")
        # What is left of a run that was ended in the middle goes first.
        server.execute("DROP DATABASE IF EXISTS log_copy WITH (FORCE)")
        server.execute(f"CREATE DATABASE log_copy TEMPLATE {make_url(url).database}")
        return server.url("log_copy")

    def close(self) -> None:
        """End the server; what is kept stays, and copies go."""
        if self._server is not None:
            self._server.execute("DROP DATABASE IF EXISTS log_copy WITH (FORCE)")
            self._server.close()
            self._server = None
        self._urls.clear()


def _name(url: str, events: int) -> str:
    """Return a name that changes whenever the events or the tables do."""
    tables = sha256(f"{_EDITION} {migrate.sql(url)}".encode()).hexdigest()
    return f"log_{events}_{tables[:8]}"


def _check_room(kind: str, directory: Path, events: int) -> None:
    # Sorting for an index takes about a tenth of the log besides.
    wanted, free = events * BYTES * 1.2, shutil.disk_usage(directory).free
    if free < wanted:
        raise servers.Unavailable(
            kind, f"{events:,} events take {wanted / 1e9:.0f} GB; {directory} has {free / 1e9:.0f}"
        )


def _tell(url: str, kind: str, events: int) -> None:
    begun = time.perf_counter()
    fill(url, events)
    taken = time.perf_counter() - begun
    print(f"made a log of {events:,} events on {kind} in {taken:.0f} s", flush=True)


def fill(url: str, events: int) -> None:
    """Make a log of so many events in an empty database.

    Args:
        url: The database: SQLite's or PostgreSQL's.
        events: The number of events.
    """
    migrate.upgrade(url)
    engine = make_engine(url, busy_timeout=30)
    try:
        with _without_indexes(engine):
            if engine.dialect.name == "sqlite":
                _fill_sqlite(str(make_url(url).database), events)
            else:
                _fill_postgresql(url, events)
        if engine.dialect.name == "postgresql":
            # What autovacuum does behind a log that grew by itself.
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM (ANALYZE)")
                connection.exec_driver_sql("CHECKPOINT")
        else:
            with closing(sqlite3.connect(str(make_url(url).database))) as raw:
                raw.execute("PRAGMA journal_mode = WAL")
    finally:
        engine.dispose()


@contextmanager
def _without_indexes(engine: Engine) -> Iterator[None]:
    indexes = sorted(Tables().event.indexes, key=lambda index: str(index.name))
    with engine.begin() as connection:
        for index in indexes:
            connection.execute(DropIndex(index))
    yield
    with engine.begin() as connection:
        settings = ["SET maintenance_work_mem = '1GB'", "SET max_parallel_maintenance_workers = 2"]
        if engine.dialect.name == "sqlite":
            values = ("journal_mode = OFF", "cache_size = -1000000", "synchronous = OFF")
            settings = [f"PRAGMA {value}" for value in (*values, "threads = 2")]
        for setting in settings:
            connection.exec_driver_sql(setting)
        for index in indexes:
            connection.execute(CreateIndex(index))


# The rows, made in processes of their own --------------------------------------------------------


def sqlite_chunk(place: int, events: int) -> _Chunk:
    """Return the events of a chunk for SQLite, as `marshal` writes a list of tuples.

    Args:
        place: Which chunk.
        events: How many of its events.
    """
    values = sqlite_values(chunk(place)[:events], place * CHUNK)
    return b"".join([value[2] for value in values]), marshal.dumps(values)


def sqlite_values(made: list[Row], first: int) -> list[_Stored]:
    """Return events as SQLite takes them.

    Args:
        made: The events.
        first: The number of the first one.
    """
    return [
        (_LOG_ID, seq, _leaf(row), row[0], _sql_time(row[1]), _sql_time(row[2]), *row[3:])
        for seq, row in enumerate(made, first)
    ]


def postgresql_chunk(place: int, events: int) -> _Chunk:
    """Return the events of a chunk for PostgreSQL, as COPY takes them.

    Args:
        place: Which chunk.
        events: How many of its events.
    """
    made = chunk(place)[:events]
    lines = [postgresql_line(seq, row) for seq, row in enumerate(made, place * CHUNK)]
    return b"".join(map(_leaf, made)), "".join(lines).encode()


def postgresql_line(seq: int, row: Row) -> str:
    """Return an event as COPY takes it; no value here holds a tab, a line feed or a backslash.

    Args:
        seq: Its number.
        row: The event.
    """
    texts = "\t".join(["\\N" if value is None else value for value in row])
    return f"{_LOG_ID}\t{seq}\t\\\\x{_leaf(row).hex()}\t{texts}\n"


def _leaf(row: Row) -> bytes:
    return sha256(b"\0" + row.body.encode()).digest()


def _sql_time(text: str) -> str:
    """Return a time as SQLite keeps it."""
    return f"{text[:10]} {text[11:26]}"


def _made(make: Callable[[int, int], _Chunk], events: int) -> Iterator[_Chunk]:
    """Yield all chunks in order, each made in another process while earlier ones are stored."""
    jobs = ((place, min(CHUNK, events - place * CHUNK)) for place in range(-(-events // CHUNK)))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(_PROCESSES, mp_context=context) as pool:
        ahead: deque[Future[_Chunk]] = deque()
        for job in islice(jobs, _AHEAD):
            ahead.append(pool.submit(make, *job))
        while ahead:
            done = ahead.popleft().result()
            for job in islice(jobs, 1):
                ahead.append(pool.submit(make, *job))
            yield done


# The rows, stored --------------------------------------------------------------------------------

_HEAD: Final = f"""
    INSERT INTO audit_log (log_id, origin, size, frontier, format_version, created_at)
    VALUES ({_LOG_ID}, '{ORIGIN}', %s, %s, 1, '2025-01-01 00:00:00.000000')
"""


def _insert(table: str, columns: str, mark: str) -> str:
    marks = ", ".join([mark] * (columns.count(",") + 1))
    return f"INSERT INTO {table} ({columns}) VALUES ({marks})"


def _grown(tree: TreeState, leaves: bytes) -> tuple[TreeState, list[tuple[Any, ...]]]:
    """Return the tree with further leaves, and the rows of the tiles that these complete."""
    hashes = [leaves[at : at + _DIGEST] for at in range(0, len(leaves), _DIGEST)]
    grown, tiles = tree.extend(hashes)
    return grown, [_tile(tile) for tile in tiles]


def _tile(tile: CompletedTile) -> tuple[Any, ...]:
    return (_LOG_ID, tile.level, tile.index, tile.hashes, tile.root)


def _fill_sqlite(path: str, events: int) -> None:
    event = _insert("audit_event", COLUMNS, "?")
    tile = _insert("audit_tile", _TILE_COLUMNS, "?")
    tree = TreeState.empty()
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        # Whoever is interrupted makes the file anew.
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -200000"):
            raw.execute(f"PRAGMA {setting}")
        raw.execute("BEGIN EXCLUSIVE")
        for leaves, values in _made(sqlite_chunk, events):
            raw.executemany(event, marshal.loads(values))  # noqa: S302 - written above
            tree, tiles = _grown(tree, leaves)
            raw.executemany(tile, tiles)
        raw.execute(_HEAD.replace("%s", "?"), (tree.size, tree.head()))
        raw.execute("COMMIT")


def _fill_postgresql(url: str, events: int) -> None:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    tile = _insert("audit_tile", _TILE_COLUMNS, "%s")
    tree = TreeState.empty()
    with psycopg.connect(plain) as connection, connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        for leaves, lines in _made(postgresql_chunk, events):
            with cursor.copy(f"COPY audit_event ({COLUMNS}) FROM STDIN") as copy:
                copy.write(lines)
            tree, tiles = _grown(tree, leaves)
            if tiles:
                cursor.executemany(tile.encode(), tiles)
            connection.commit()
        cursor.execute(_HEAD.encode(), (tree.size, tree.head()))
