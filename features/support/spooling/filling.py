"""Filling a spool, and interrupting who drains it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any
from unittest import mock

from features.support.recording.threads import Outcome, Running, wait_until
from features.support.spooling.cases import Case
from indelible import Receipt
from indelible.spool import Spool, SpoolFullError
from indelible.writer.queue import PendingQueue
from indelible.writer.receipt import SpooledReceipt

SIZE = 60_000
"""Bytes of each event: a spool of 1 MiB takes some dozen of them."""


def record_one(case: Case) -> Receipt:
    return case.service.record("big", actor="user:1", details={"text": "x" * SIZE})


def fill(case: Case) -> None:
    """Record until the first event is not accepted."""
    for _ in range(40):
        try:
            receipt = record_one(case)
        except SpoolFullError:
            break
        if isinstance(receipt.error, SpoolFullError):
            break
        case.receipts.append(receipt)
    else:
        raise AssertionError(f"the spool of 1 MiB is not full: {case.service.stats()}")
    assert len(case.receipts) > 8, len(case.receipts)
    assert case.service.stats().spooled == len(case.receipts), case.service.stats()
    assert case.service.health().status == "degraded", case.service.health()


def check_accepted(case: Case) -> None:
    """The log holds the events that were accepted, each once, and no other."""
    found = [action for action in case.actions() if action != "audit.gap"]
    assert found == ["big"] * len(case.receipts), (len(found), len(case.receipts))
    case.check_receipts()


def record_group(case: Case, threads: int) -> list[Outcome]:
    """Let threads record at once, so that their events are in one group.

    A spool with the first event in it is there already.
    """
    spooled = case.service._spooled
    assert spooled is not None
    with spooled._entry.lock:
        running = Running([partial(record_one, case)] * threads)
        wait_until(lambda: len(spooled._entries) == threads, "all of them are in the group")
    return running.join()


def interrupt(case: Case, moment: str) -> ExitStack:
    """Let the writer be interrupted, a few times, by what no handler of errors expects."""
    target: type
    if moment == "while it moves events into its queue":
        target, name = PendingQueue, "force"
    elif moment == "while it settles receipts":
        target, name = SpooledReceipt, "settle"
    else:
        assert moment == "before it notes what is delivered", moment
        target, name = Spool, "acknowledge"
    original: Callable[..., Any] = getattr(target, name)
    calls = iter(range(1_000_000))

    def interrupted(self: Any, *arguments: Any) -> Any:
        mine = target is not PendingQueue or self is case.service._queue
        if mine and next(calls) in {1, 4, 9}:
            raise SystemExit("interrupted")
        return original(self, *arguments)

    stack = ExitStack()
    stack.enter_context(mock.patch.object(target, name, interrupted))
    return stack
