"""Processes that share one log, started by multiprocessing's spawn method."""

from __future__ import annotations

import logging
import multiprocessing

from features.support.recording.programs import main
from indelible import AuditService

PROCESSES = 4
EVENTS = 500


def record(url: str, number: int, barrier: multiprocessing.synchronize.Barrier) -> None:
    # Small batches, so that the processes take turns often.
    with AuditService(url, audit_async=True, batch_size=20, queue_size=60) as service:
        barrier.wait(30)
        for step in range(EVENTS):
            service.record(f"{step:05}", actor=f"process:{number}")


def share_a_log(url: str) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES)
    children = [
        context.Process(target=record, args=(url, number, barrier)) for number in range(PROCESSES)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
        assert child.exitcode == 0, child.exitcode


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    main({"share a log": share_a_log})
