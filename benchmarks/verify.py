"""Verifying and proving, beside reading the same rows and hashing each body by hand."""

from __future__ import annotations

import importlib
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from benchmarks.figures import Figure, Pair, alternate
from benchmarks.workload import plain_rows, prepared_rows
from features.support import servers
from indelible.merkle import Checkpoint, TreeState, generate_key, inclusion_proof, sign_checkpoint
from indelible.storage import migrate
from indelible.storage.backends.driver import INSERT_COLUMNS
from indelible.storage.engines import make_engine
from indelible.storage.schema import Tables
from indelible.storage.tree_reader import TreeReader
from indelible.verification.database import Options, verify_database
from indelible.verification.prove import prove_event
from indelible.verification.trust import Trust, TrustLevel, trusted_keys

EVENTS = 200_000
LONG = 1_000_000
SHORT = 10_000
PROOFS = 500
_BATCH = 20_000
_COLUMNS = ", ".join(INSERT_COLUMNS)
_KEY = generate_key("bench")
_KIB = 1024


def verification(rounds: int) -> list[Figure]:
    """Events per second, one process beside its floor and two beside one."""
    url = sealed_log(EVENTS)
    # What is read once is in memory from then on, for all that follows.
    _verify(url, 1)
    figures = [
        Figure(
            "verify, sqlite, 1 process",
            "sqlite3 and hashlib over the same rows",
            "events/s",
            alternate(rounds, lambda: _verify(url, 1), lambda: _floor(url, "*")),
            "≥ 0.6",
            lambda ratio: ratio >= 0.6,
        ),
        Figure(
            "verify, sqlite, 1 process",
            "sqlite3 and hashlib over the bodies alone",
            "events/s",
            alternate(rounds, lambda: _verify(url, 1), lambda: _floor(url, "body")),
        ),
    ]
    long = sealed_log(LONG)
    figures.append(
        Figure(
            f"verify, sqlite, 2 processes, {LONG:,} events",
            "1 process",
            "events/s",
            alternate(max(1, rounds // 2), lambda: _verify(long, 2), lambda: _verify(long, 1)),
            "≥ 1.6",
            lambda ratio: ratio >= 1.6,
        )
    )
    return figures


def proving() -> list[Figure]:
    """Time of one proof, and the tiles that it reads."""
    url = sealed_log(LONG)
    engine = make_engine(url, busy_timeout=5)
    # One for all, as a service has it: SQLAlchemy remembers what it has compiled by table.
    tables = Tables()
    with engine.connect() as connection:
        ids = [
            row[0]
            for row in connection.exec_driver_sql(
                f"SELECT event_id FROM audit_event WHERE seq % {LONG // PROOFS} = 7"
            )
        ]
    seconds, fetched = [], 0
    for event_id in ids:
        begin = time.perf_counter()
        with Session(engine) as session:
            prove_event(session, tables, "audit", event_id)
        seconds.append(time.perf_counter() - begin)
    with Session(engine) as session:
        for index in range(7, LONG, LONG // PROOFS):
            reader = TreeReader(session, tables, "audit")
            inclusion_proof(index, LONG, reader.fetch)
            fetched = max(fetched, reader.fetched)
    engine.dispose()
    return [
        Figure(
            f"prove, {LONG:,} events, p50",
            "5 ms",
            "ms",
            (Pair(statistics.median(seconds) * 1000, 5.0),),
            "≤ 1",
            lambda ratio: ratio <= 1,
        ),
        Figure(
            f"prove, {LONG:,} events, most tiles read",
            "2 for each of 3 levels of tiles",
            "tiles",
            (Pair(fetched, 6),),
            "≤ 1",
            lambda ratio: ratio <= 1,
        ),
    ]


def verify_memory() -> list[Figure]:
    """Peak memory of processes that verify a long and a short log."""
    pair = Pair(_peak(sealed_log(LONG)), _peak(sealed_log(SHORT)))
    return [
        Figure(
            f"memory of verifying {LONG:,} events",
            f"{SHORT:,} events, and 32 MiB",
            "MiB",
            (Pair(pair.measured, pair.floor + 32),),
            "≤ 1",
            lambda ratio: ratio <= 1,
        )
    ]


@cache
def sealed_log(count: int) -> str:
    """Write a log of so many events with a signed checkpoint over all of them; return its URL."""
    url = servers.new_database("sqlite")
    migrate.upgrade(url)
    connection = sqlite3.connect(_path(url))
    state = TreeState.empty()
    for first in range(0, count, _BATCH):
        rows = prepared_rows(min(_BATCH, count - first))
        state, tiles = state.extend([leaf for _, leaf in rows])
        connection.executemany(
            f"INSERT INTO audit_event ({_COLUMNS}) VALUES ({', '.join('?' * len(INSERT_COLUMNS))})",
            plain_rows(rows, first=first),
        )
        connection.executemany(
            "INSERT INTO audit_tile (log_id, level, tile_index, hashes, root) "
            "VALUES (1, ?, ?, ?, ?)",
            [(tile.level, tile.index, tile.hashes, tile.root) for tile in tiles],
        )
        connection.commit()
    note = sign_checkpoint(Checkpoint("audit", count, state.root()), _KEY)
    moment = "2026-03-01 10:00:00.000000"
    connection.execute(
        "INSERT INTO audit_log VALUES (1, 'audit', ?, ?, 1, ?)",
        (count, state.frontier.to_bytes(), moment),
    )
    connection.execute(
        "INSERT INTO audit_checkpoint VALUES (1, 1, ?, ?, ?, ?)",
        (count, state.root(), note, moment),
    )
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return url


def _path(url: str) -> str:
    return url.removeprefix("sqlite:///")


def _verify(url: str, processes: int, key: str = "") -> float:
    engine = make_engine(url, busy_timeout=5)
    trust = Trust(TrustLevel.PINNED, trusted_keys(key or _KEY.verifier))
    begin = time.perf_counter()
    report = verify_database(engine, Tables(), "audit", Options(trust=trust, processes=processes))
    seconds = time.perf_counter() - begin
    engine.dispose()
    assert report, report
    return report.size / seconds


def _floor(url: str, columns: str) -> float:
    connection = sqlite3.connect(_path(url))
    begin = time.perf_counter()
    cursor = connection.execute(f"SELECT {columns} FROM audit_event WHERE log_id = 1 ORDER BY seq")
    body = [column[0] for column in cursor.description].index("body")
    count = 0
    for row in cursor:
        sha256(row[body].encode()).digest()
        count += 1
    seconds = time.perf_counter() - begin
    connection.close()
    return count / seconds


def _peak(url: str) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.verify", url, _KEY.verifier.vkey],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout)


def beside_peer(rounds: int) -> list[Figure]:
    """Two processes beside rust-py-audit's verification of the same events from its own file.

    Raises:
        servers.Unavailable: It is not installed.
    """
    try:
        module: Any = importlib.import_module("rust_py_audit")
    except ImportError:
        raise servers.Unavailable("rust-py-audit", "pip install rust-py-audit") from None
    url = sealed_log(EVENTS)
    with tempfile.TemporaryDirectory() as directory:
        log = module.AuditLogger(app_name="bench", file_path=str(Path(directory, "audit.jsonl")))
        connection = sqlite3.connect(_path(url))
        for (body,) in connection.execute("SELECT body FROM audit_event ORDER BY seq"):
            event = json.loads(body)
            log.log(
                actor_id=event["actor"]["id"],
                action=event["action"],
                resource=event["target"]["type"],
                resource_id=event["target"]["id"],
                metadata={"details": event["details"], "changes": event["changes"]},
            )
        connection.close()

        def verify() -> float:
            begin = time.perf_counter()
            result = log.verify()
            seconds = time.perf_counter() - begin
            assert result["valid"], result
            return float(result["total_events"] / seconds)

        return [
            Figure(
                "verify, sqlite, 2 processes",
                "rust-py-audit's verify of the same events",
                "events/s",
                alternate(rounds, lambda: _verify(url, 2), verify),
                "≥ 0.5",
                lambda ratio: ratio >= 0.5,
            )
        ]


def _main(arguments: list[str]) -> None:
    _verify(arguments[0], 1, arguments[1])
    # Not ru_maxrss, which begins with that of the process that started this one.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    print(int(status.partition("VmHWM:")[2].split()[0]) / _KIB)


if __name__ == "__main__":
    _main(sys.argv[1:])
