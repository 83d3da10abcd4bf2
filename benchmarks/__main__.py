"""The benchmarks: ``./dev bench``, or ``./dev bench --only sync --rounds 9``.

Each figure stands beside a floor or a peer from the same run, and ratios are what counts: absolute
numbers say as much about the machine as about the code.
"""

from __future__ import annotations

import argparse
import atexit
import os
import platform
import sqlite3
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import (
    calls,
    durable,
    export,
    indexes,
    memory,
    page,
    parts,
    query,
    readers,
    spool,
    spooled,
    text,
    tree,
    verify,
)
from benchmarks.figures import Figure, as_markdown, as_text
from benchmarks.generator import LogStore
from features.support import servers

PAGE = Path(__file__).parent.parent / "docs" / "explanation" / "benchmarks.md"


EVENTS = (1_000_000,)
"""The sizes of the logs that are read, unless asked otherwise."""

LARGE = ("sqlite", "postgresql")
"""The databases that large logs are made in."""


def _suites(
    rounds: int,
    store: LogStore,
    *,
    events: Sequence[int] = EVENTS,
    quick: bool = False,
) -> dict[str, list[Callable[[], list[Figure]]]]:
    few = min(events)
    return {
        "call": [lambda: calls.record_call(2 * rounds + 1)],
        "async": [
            lambda: durable.asynchronous("sqlite", 1, rounds),
            lambda: durable.asynchronous("sqlite", 8, rounds),
            lambda: durable.asynchronous("postgresql", 1, rounds),
            lambda: durable.asynchronous("postgresql", 8, rounds),
        ],
        "sync": [
            lambda: durable.synchronous("sqlite", rounds),
            lambda: durable.synchronous("postgresql", rounds),
            lambda: durable.synchronous("mariadb", rounds),
        ],
        "parts": [parts.call, parts.commit],
        "tree": [lambda: tree.cost("sqlite", rounds), lambda: tree.frontier(rounds)],
        "spool": [
            lambda: spool.appending(rounds),
            lambda: spool.reading(max(1, rounds // 2)),
            lambda: spooled.recording(rounds),
            lambda: spooled.draining(
                max(1, rounds // 2), spooled.QUICK if quick else spooled.DRAINED
            ),
            spooled.recovery,
        ],
        "memory": [memory.bounded_queue],
        "text": [
            *(lambda kind=kind: text.writing(kind, rounds) for kind in servers.KINDS),
            *(lambda kind=kind: text.searching(kind) for kind in servers.KINDS),
        ],
        "export": [lambda: export.exporting(rounds)],
        "query": [
            *(
                lambda kind=kind, size=size: query.reading(store, kind, size, rounds)
                for kind in LARGE
                for size in events
            ),
            *(
                lambda kind=kind: query.flatness(store, kind, events, rounds)
                for kind in LARGE
                if len(events) > 1
            ),
        ],
        "page": [*(lambda kind=kind: page.first_paint(store, kind, few, rounds) for kind in LARGE)],
        "readers": [
            *(lambda kind=kind: readers.beside_readers(store, kind, few, rounds) for kind in LARGE)
        ],
        "indexes": [*(lambda kind=kind: indexes.costs(kind, rounds) for kind in LARGE)],
        "verify": [
            lambda: verify.verification(rounds),
            lambda: verify.beside_peer(rounds),
            verify.proving,
            verify.verify_memory,
        ],
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="pairs of each figure (default 5)")
    parser.add_argument(
        "--only", choices=[*_suites(1, LogStore())], action="append", help="a part; repeatable"
    )
    parser.add_argument(
        "--logs",
        type=Path,
        metavar="DIRECTORY",
        help="where to keep large logs for later runs, 1.3 GB for a million events and more; "
        "otherwise they are made anew",
    )
    parser.add_argument(
        "--events",
        type=int,
        action="append",
        help=f"the size of a log that is read; repeatable (default {EVENTS[0]})",
    )
    parser.add_argument(
        "--quick", action="store_true", help=f"drain {spooled.QUICK:,} events, not more"
    )
    parser.add_argument("--write", action="store_true", help=f"keep the table in {PAGE.name}")
    options = parser.parse_args()
    figures: list[Figure] = []
    store = LogStore(options.logs)
    atexit.register(store.close)
    suites = _suites(options.rounds, store, events=options.events or EVENTS, quick=options.quick)
    for name, measurements in suites.items():
        if options.only and name not in options.only:
            continue
        for measure in measurements:
            try:
                new = measure()
            except servers.Unavailable as reason:
                print(f"SKIPPED: {name}: {reason}", flush=True)
                continue
            figures += new
            print(as_text(new), flush=True)
    print("\n" + as_text(figures))
    if options.write:
        PAGE.write_text(_page(figures))
    return 0


def _page(figures: list[Figure]) -> str:
    return (
        "# Figures\n\n"
        "Written by `./dev bench --write`. Each figure was measured in turns with the floor or "
        "peer beside it, in one run; the ratio is the median over the pairs, with the lowest and "
        "the highest in parentheses. Large logs are made in bulk, event by event as the library "
        "would have written them (`benchmarks/generator.py`).\n\n"
        f"Machine: {os.cpu_count()} cores, {platform.machine()}, Python "
        f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}.\n\n" + as_markdown(figures)
    )


if __name__ == "__main__":
    sys.exit(main())
