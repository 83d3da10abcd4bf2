"""Exporting a log, beside a script that reads the bodies and writes lines."""

from __future__ import annotations

import functools
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from benchmarks.figures import Figure, alternate
from benchmarks.verify import EVENTS, sealed_log
from features.support import scratch
from indelible import AuditService
from indelible.cli.exporting import Export
from indelible.cli.sinks import OutputFile
from indelible.exporters import (
    CloudEvents,
    Csv,
    EventWriter,
    JsonLines,
    LineWriter,
    Ocsf,
    ParquetWriter,
)

_WRITERS: dict[str, Callable[[], EventWriter]] = {
    "JSON Lines": lambda: LineWriter(JsonLines()),
    "CSV": lambda: LineWriter(Csv()),
    "CloudEvents": lambda: LineWriter(CloudEvents()),
    "OCSF": lambda: LineWriter(Ocsf()),
    "Parquet": ParquetWriter,
}


def exporting(rounds: int) -> list[Figure]:
    """Events per second into a file, as the command writes it: digest, fsync and rename included.

    It is not recorded, for another benchmark reads the same log.
    """
    url, directory = sealed_log(EVENTS), scratch.new_directory()
    # What is read once is in memory from then on, for all that follows.
    _floor(url, directory)
    return [
        Figure(
            f"export of {EVENTS:,} events, {name}",
            "sqlite3 reading bodies and writing lines",
            "events/s",
            alternate(
                rounds if name == "JSON Lines" else 1,
                functools.partial(_exported, url, directory, make),
                functools.partial(_floor, url, directory),
            ),
            "≥ 0.5" if name == "JSON Lines" else "",
            (lambda ratio: ratio >= 0.5) if name == "JSON Lines" else None,
        )
        for name, make in _WRITERS.items()
    ]


def _exported(url: str, directory: Path, make: Callable[[], EventWriter]) -> float:
    path = directory / "exported"
    with AuditService(url, create_tables=False) as service:
        # Opens the database, as the floor has done before it looks at the clock.
        service.size()
        begun = time.perf_counter()
        export = Export(service, "audit", make(), OutputFile(path), {}, actor=None)
        exported = export.run()
        took = time.perf_counter() - begun
    if exported.events != EVENTS:
        raise RuntimeError(f"{exported.events} events were exported")
    path.unlink()
    return EVENTS / took


def _floor(url: str, directory: Path) -> float:
    path = directory / "lines"
    with closing(sqlite3.connect(str(make_url(url).database))) as connection:
        connection.execute("SELECT size FROM audit_log").fetchall()
        begun = time.perf_counter()
        with path.open("w", encoding="utf-8") as file:
            for (body,) in connection.execute(
                "SELECT body FROM audit_event WHERE log_id = 1 ORDER BY seq"
            ):
                file.write(body)
                file.write("\n")
        took = time.perf_counter() - begun
    path.unlink()
    return EVENTS / took
