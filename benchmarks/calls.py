"""What one call costs the calling thread, beside logging the same facts through a queue."""

from __future__ import annotations

import logging
import logging.handlers
import queue
import statistics
import time
from collections.abc import Callable

from benchmarks.figures import Figure, alternate
from benchmarks.workload import ACTION, ACTORS, AFTER, BEFORE, DETAILS, TARGETS
from features.support import servers
from indelible import AuditService

CALLS = 3_000


def record_call(rounds: int) -> list[Figure]:
    """Median time of a ``record()`` call with one producer, while the writer thread works."""
    audit = AuditService(
        servers.new_database("sqlite"), audit_async=True, queue_size=2 * CALLS + 10
    )
    audit.record(ACTION, actor="user:1", wait=True)
    log_queue: queue.Queue[logging.LogRecord] = queue.Queue(-1)
    logger = logging.getLogger("benchmark")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    # As the logging cookbook sets it up.
    logger.addHandler(logging.handlers.QueueHandler(log_queue))

    def record() -> None:
        audit.record(
            ACTION, actor=ACTORS[7], target=TARGETS[7], details=DETAILS, before=BEFORE, after=AFTER
        )

    extra = {"actor": ACTORS[7], "target": TARGETS[7], "details": DETAILS}
    extra |= {"before": BEFORE, "after": AFTER}

    def log() -> None:
        logger.info(ACTION, extra=extra)

    def measured() -> float:
        audit.flush()
        return _median_microseconds(record)

    def peer() -> float:
        while not log_queue.empty():
            log_queue.get()
        return _median_microseconds(log)

    pairs = alternate(rounds, measured, peer)
    audit.close()
    return [
        Figure(
            "record(), async, p50 of a call",
            "logging through QueueHandler, same dict as extra",
            "µs",
            pairs,
            "≤ 1.0",
            lambda ratio: ratio <= 1.0,
        )
    ]


def _median_microseconds(call: Callable[[], None]) -> float:
    clock = time.perf_counter_ns
    times = []
    for _ in range(CALLS):
        start = clock()
        call()
        times.append(clock() - start)
    return statistics.median(times) / 1000
