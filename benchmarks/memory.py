"""Memory of a long run through the bounded queue, beside that of a short one."""

from __future__ import annotations

import resource
import subprocess
import sys

from benchmarks.figures import Figure, Pair
from benchmarks.workload import ACTION, ACTORS, AFTER, BEFORE, DETAILS, TARGETS
from features.support import servers
from indelible import AuditService

SHORT = 10_000
LONG = 1_000_000
_MIB = 1024  # ru_maxrss is in KiB on Linux.


def bounded_queue(*, long: int = LONG) -> list[Figure]:
    """Peak memory of two processes that record few and many events."""
    pair = Pair(_peak_of_process(long), _peak_of_process(SHORT))
    return [
        Figure(
            f"memory of {long:,} events, async",
            f"memory of {SHORT:,} events",
            "MiB",
            (pair,),
            "≤ 1.1",
            lambda ratio: ratio <= 1.1,
        )
    ]


def _peak_of_process(count: int) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory", str(count)],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout)


def _main(count: int) -> None:
    with AuditService(servers.new_database("sqlite"), audit_async=True) as audit:
        for number in range(count):
            audit.record(
                ACTION,
                actor=ACTORS[number % len(ACTORS)],
                target=TARGETS[number % len(TARGETS)],
                details=DETAILS,
                before=BEFORE,
                after=AFTER,
            )
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB)


if __name__ == "__main__":
    _main(int(sys.argv[1]))
