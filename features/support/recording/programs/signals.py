"""Processes that record wherever Python may run code: handlers of all kinds, and finalizers."""

from __future__ import annotations

import gc
import itertools
import logging
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any
from unittest import mock

from features.support.recording import stored
from features.support.recording.ledger import Ledger
from features.support.recording.programs import main
from features.support.recording.scene import refuse_action
from features.support.recording.stalls import Gate
from features.support.recording.threads import Running, values, wait_until
from indelible import AuditError, AuditService, Receipt

SECONDS = 0.5
"""How long a program interrupts itself at least."""

INTERRUPTS = 20
"""How often at least; a first use on another thread may take all of the time."""

ROUNDS = 12
"""How many services a handler closes, each at another moment."""

MOST = 2_000
"""Most events that a handler records; its own events cause further calls of some handlers."""


class Recorder:
    """Records through one service from everywhere, and keeps the receipts."""

    def __init__(self, url: str, *, audit_async: bool, **options: Any) -> None:
        self.url = url
        self.service = AuditService(url, audit_async=audit_async, **options)
        self.receipts: list[Receipt] = []
        self.nested = 0
        self._depth = 0
        self._closing = False

    def record(self, action: str = "event") -> None:
        self.receipts.append(self.service.record(action, actor="user:1"))

    def record_nested(self, *arguments: object) -> None:
        """Record from inside something else, but not for ever from inside itself."""
        if self._depth < 3 and self.nested < MOST and not self._closing:
            self._depth += 1
            try:
                self.nested += 1
                self.record("nested")
            finally:
                self._depth -= 1

    def check(self, least: int = 1) -> None:
        """Close, and compare the log with the receipts."""
        started = time.monotonic()
        self._closing = True
        assert self.service.close(10), "events are uncommitted"
        assert time.monotonic() - started < 8, "close() has waited for something"
        writers = [thread for thread in threading.enumerate() if thread.name == "audit-writer"]
        assert not writers, f"{len(writers)} writer threads go on after close()"
        assert self.nested >= least, f"only {self.nested} events were recorded from inside"
        in_log = Counter(event.event_id for event in stored.check(self.url))
        expected = Counter(str(receipt.event_id) for receipt in self.receipts)
        assert in_log == expected, (in_log - expected, expected - in_log)
        assert all(receipt.place is not None for receipt in self.receipts)


@contextmanager
def alarms(handler: Callable[[], object]) -> Iterator[None]:
    """Have a handler called at random moments, some of them very close together."""
    ringing = True

    def ring(number: int, frame: FrameType | None) -> None:
        if ringing:
            handler()
            signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, 0.003))

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.001)
    try:
        yield
    finally:
        ringing = False
        signal.setitimer(signal.ITIMER_REAL, 0)


def in_a_handler_that_interrupts_record(url: str, *, audit_async: bool) -> None:
    recorder = Recorder(url, audit_async=audit_async)
    done = threading.Event()

    def record_on() -> None:
        while not done.is_set():
            recorder.record()
            time.sleep(0.001)

    others = Running([record_on, record_on])
    # From the first use on.
    with alarms(recorder.record_nested):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end or recorder.nested < INTERRUPTS:
            recorder.record()
    done.set()
    values(others.join())
    recorder.check(least=INTERRUPTS)


def in_a_handler_that_interrupts_a_query(url: str, *, audit_async: bool) -> None:
    recorder = Recorder(url, audit_async=audit_async)
    with alarms(recorder.record_nested):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end or recorder.nested < INTERRUPTS:
            recorder.service.query(limit=5)
    recorder.check(least=INTERRUPTS)


def while_it_waits_for_a_leader(url: str, *, audit_async: bool) -> None:
    """The one whose turn it is to lead sits in a handler, where he waits for another event."""
    recorder = Recorder(url, audit_async=audit_async, timeout=20.0)
    recorder.record()
    gate = Gate(recorder.service)
    gate.shut()
    leading = Running([recorder.record])
    gate.wait_for_leader()

    signal.signal(signal.SIGALRM, recorder.record_nested)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    threading.Timer(0.5, gate.open).start()
    started = time.monotonic()
    recorder.record()
    assert time.monotonic() - started < 3, "it was waited for nobody"
    values(leading.join())
    recorder.check()


def while_a_thread_is_started(url: str, *, audit_async: bool) -> None:
    recorder = Recorder(url, audit_async=audit_async)
    signal.signal(signal.SIGALRM, recorder.record_nested)
    start = threading.Thread.start

    def interrupted_start(thread: threading.Thread) -> None:
        signal.raise_signal(signal.SIGALRM)
        start(thread)
        signal.raise_signal(signal.SIGALRM)

    with mock.patch.object(threading.Thread, "start", interrupted_start):
        recorder.record()
    recorder.check(least=2)


def in_del(url: str, *, audit_async: bool) -> None:
    recorder = Recorder(url, audit_async=audit_async)

    class Garbage:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            recorder.record_nested()

    gc.set_threshold(20, 2, 2)
    for _ in range(200):
        Garbage()
        recorder.record()
    gc.set_threshold(700, 10, 10)
    gc.collect()
    recorder.check(least=100)


class _Handler(logging.Handler):
    def __init__(self, function: Callable[[], object], most: int) -> None:
        super().__init__()
        self._function = function
        self._left = itertools.repeat(None, most)

    def emit(self, record: logging.LogRecord) -> None:
        for _ in self._left:
            self._function()
            break


@contextmanager
def handling(names: list[str], function: Callable[[], object], most: int) -> Iterator[None]:
    """Call a function for the first so many log records of some loggers, at all levels."""
    handler = _Handler(function, most)
    for name in names:
        logging.getLogger(name).addHandler(handler)
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield
    for name in names:
        logging.getLogger(name).removeHandler(handler)


def in_a_logging_handler_while_committing(url: str, *, audit_async: bool) -> None:
    recorder = Recorder(url, audit_async=audit_async)
    names = ["sqlalchemy.engine.Engine", "sqlalchemy.pool", "alembic", "indelible"]
    with handling(names, recorder.record_nested, 300):
        for _ in range(30):
            recorder.record()
        assert recorder.service.flush(10)
        recorder.check(least=20)


def in_a_logging_handler_during_the_first_query(url: str, *, audit_async: bool) -> None:
    recorder = Recorder(url, audit_async=audit_async)
    errors: list[BaseException] = []

    def query_too() -> None:
        recorder.record_nested()
        assert recorder.service.flush() is False
        try:
            recorder.service.count()
        except AuditError as error:
            errors.append(error)

    with handling(["alembic"], query_too, 10):
        recorder.service.count()
    assert errors, "reading inside the first use must be refused, not waited for"
    # What was recorded inside is committed without anybody recording again.
    assert recorder.service.flush(10)
    assert recorder.service.count() == recorder.nested
    recorder.check()


def in_on_error(url: str, *, audit_async: bool) -> None:
    recorder: Recorder

    def hear(error: AuditError) -> None:
        recorder.record_nested()

    recorder = Recorder(url, audit_async=audit_async, on_error=hear)
    recorder.record()
    assert recorder.service.flush(10)
    refuse_action(url, "bad")
    gate = Gate(recorder.service)

    def record_bad(rows: object) -> None:
        # From inside a commit nobody is told of an event's end but on_error.
        gate.before = lambda rows: None
        recorder.service.record("bad", actor="user:1")

    gate.before = record_bad
    recorder.record()
    wait_until(lambda: recorder.nested, "on_error is called")
    recorder.check()


def closes_in_a_handler(url: str, *, audit_async: bool) -> None:
    """A handler closes the service in the middle of whatever its thread does with it."""
    with AuditService(url) as service:
        service.record("first", actor="user:1")
    for number in range(ROUNDS):
        log = f"round-{number}"
        service = AuditService(url, log=log, audit_async=audit_async, timeout=8.0)
        ledger = Ledger()
        reports: list[bool] = []

        def close(number: int, frame: FrameType | None, service: AuditService = service) -> None:
            started = time.monotonic()
            reports.append(bool(service.close(5)))  # noqa: B023 - called within this round
            assert time.monotonic() - started < 4, "close() in the handler has waited for itself"

        others = Running([partial(ledger.record_until_closed, service, 10_000)] * 2)
        signal.signal(signal.SIGALRM, close)
        signal.setitimer(signal.ITIMER_REAL, random.uniform(0.005, 0.08))
        ledger.record_until_closed(service, 10_000)
        values(others.join())
        assert len(reports) == 1
        # What the handler could not finish, because it stood in its way, is finished now.
        assert service.close(5)
        ledger.check(url, log)


def is_interrupted_again_and_again(url: str) -> None:
    """KeyboardInterrupt at any moment: others lose nothing, and nothing is stuck."""
    service = AuditService(url, timeout=8.0)
    service.record("first", actor="user:1")
    done = threading.Event()
    acknowledged: list[Receipt] = []
    armed = False
    interrupts = 0

    def interrupt() -> None:
        if armed:
            raise KeyboardInterrupt

    def record_on() -> None:
        while not done.is_set():
            acknowledged.append(service.record("other", actor="user:1"))

    others = Running([record_on, record_on])
    with alarms(lambda: None):
        signal.signal(signal.SIGALRM, lambda number, frame: interrupt())
        end = time.monotonic() + SECONDS
        while time.monotonic() < end or interrupts < INTERRUPTS:
            try:
                armed = True
                signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0002, 0.004))
                while True:
                    acknowledged.append(service.record("main", actor="user:1"))
            except KeyboardInterrupt:
                armed = False
                interrupts += 1
    done.set()
    outcomes = others.join()
    values(outcomes)
    assert interrupts >= INTERRUPTS
    started = time.monotonic()
    service.record("last", actor="user:1")
    assert time.monotonic() - started < 3
    assert service.close()
    in_log = Counter(event.event_id for event in stored.check(url))
    for receipt in acknowledged:
        assert in_log[str(receipt.event_id)] == 1, receipt


_ANYWHERE = {
    "in a signal handler that interrupts record()": in_a_handler_that_interrupts_record,
    "in a signal handler that interrupts a query": in_a_handler_that_interrupts_a_query,
    "in a signal handler while it waits for a leader": while_it_waits_for_a_leader,
    "in a signal handler while a thread is started": while_a_thread_is_started,
    "in a signal handler that closes the service": closes_in_a_handler,
    "in __del__": in_del,
    "in a logging handler while committing": in_a_logging_handler_while_committing,
    "in a logging handler during the first query": in_a_logging_handler_during_the_first_query,
    "in on_error": in_on_error,
}

CASES: dict[str, Callable[[str], None]] = {
    f"{name}, {mode}": partial(function, audit_async=mode == "asynchronous")
    for name, function in _ANYWHERE.items()
    for mode in ("synchronous", "asynchronous")
}
CASES["is interrupted again and again"] = is_interrupted_again_and_again

if __name__ == "__main__":
    logging.getLogger("indelible").addHandler(logging.NullHandler())
    main(CASES)
