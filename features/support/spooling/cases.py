"""A log's database, the directory of its spools, and the services that use the two."""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from features.support.recording import stored
from features.support.recording.stalls import Gate, locked
from indelible import AuditError, AuditService, Receipt
from indelible.spool import adopt, decode

LIMITS = {"timeout": 10.0, "busy_timeout": 0.3, "close_timeout": 5.0}


class _Keeping(logging.Handler):
    def __init__(self, messages: list[str]) -> None:
        super().__init__()
        self._messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        self._messages.append(record.getMessage())


class Case:
    """What a scenario knows.

    Attributes:
        url: The database.
        directory: Where the spools are.
        service: The service that was started last.
        gate: Stands before its commits.
        receipts: What `record` returned, in order.
        raised: What it raised instead.
        seconds: How long each call of `record` took.
        heard: What the hook `on_error` was called with.
        logged: What the logger `indelible` was given.
        report: What `close` returned last.
    """

    _service: AuditService | None = None
    gate: Gate
    report: Any = None

    def __init__(self, url: str, directory: Path, cleanup: ExitStack) -> None:
        self.url = url
        self.directory = directory
        self.receipts: list[Receipt] = []
        self.raised: list[Exception] = []
        self.seconds: list[float] = []
        self.heard: list[AuditError] = []
        self.logged: list[str] = []
        self.notes: dict[str, Any] = {}
        self._cleanup = cleanup
        self._lock = ExitStack()
        cleanup.callback(self._lock.close)
        logger, handler = logging.getLogger("indelible"), _Keeping(self.logged)
        logger.addHandler(handler)
        cleanup.callback(logger.removeHandler, handler)
        with AuditService(url) as first:
            # The tables are there before anything fails, and there is something to lock.
            first.record("first", actor="user:1")

    @property
    def service(self) -> AuditService:
        assert self._service is not None, "no service was started"
        return self._service

    def start(self, **options: Any) -> AuditService:
        """Start a service: asynchronous, with a spool, and with a hook, unless told otherwise.

        Args:
            options: Arguments of the service; ``bind`` for an engine in the place of the URL.
        """
        usual = {"audit_async": True, "spool": self.directory, "on_error": self.heard.append}
        bind = options.pop("bind", self.url)
        self._service = service = AuditService(bind, **{**LIMITS, **usual, **options})
        self.gate = gate = Gate(service)

        def end() -> None:
            gate.open()
            service.close(1)

        self._cleanup.callback(end)
        return service

    # What happens ------------------------------------------------------------------------------

    def record(self, action: str = "event", **more: Any) -> Receipt | None:
        receipt, started = None, time.perf_counter()
        try:
            receipt = self.service.record(action, actor=more.pop("actor", "user:1"), **more)
        except Exception as error:  # noqa: BLE001 - the scenario looks at it
            self.raised.append(error)
        self.seconds.append(time.perf_counter() - started)
        if receipt is not None:
            self.receipts.append(receipt)
        return receipt

    def record_steps(self, events: int, begin: int = 0) -> None:
        """Record events whose actions are numbers."""
        for step in range(begin, begin + events):
            self.record(f"{step:05}")

    def lock_database(self) -> None:
        """Let another transaction hold the lock that a commit needs."""
        self._lock.enter_context(locked(self.url))

    def unlock_database(self) -> None:
        self._lock.close()

    def close(self, timeout: float | None = None) -> None:
        self.report = self.service.close(timeout)

    # What has become of it ---------------------------------------------------------------------

    def rows(self) -> list[stored.Row]:
        """Return the log's events but the very first, in order, having checked the whole log."""
        # The check reads more than once, and no commit may come between.  One that hangs does not.
        service = self._service
        with ExitStack() as stack:
            if service is not None and service._committer.lock.acquire(timeout=1.0):
                stack.callback(service._committer.lock.release)
            return stored.check(self.url)[1:]

    def actions(self) -> list[str]:
        """Return their actions."""
        return [row.action for row in self.rows()]

    def check_steps(self, events: int, extra: Iterable[str] = ()) -> None:
        """The log holds the numbered events, each once and in order, and these others."""
        found = self.actions()
        assert [action for action in found if action.isdigit()] == [
            f"{step:05}" for step in range(events)
        ], found
        assert sorted(action for action in found if not action.isdigit()) == sorted(extra), found

    def check_receipts(self) -> None:
        """Each receipt has the place at which its event stands."""
        assert self.receipts, self.raised
        places = {row.event_id: row.seq for row in stored.rows(self.url)}
        for receipt in self.receipts:
            assert receipt.wait(10).seq == places[str(receipt.event_id)], receipt

    def gaps(self) -> list[dict[str, Any]]:
        """Return what the log's events about dropped ones say."""
        return [json.loads(row.body)["details"] for row in self.rows() if row.action == "audit.gap"]

    def files(self, pattern: str) -> list[Path]:
        return sorted(self.directory.rglob(pattern))

    def on_disk(self, scratch: Path) -> list[str]:
        """Return the actions of the events in the spools' files, read from a copy of them."""
        copy = scratch / "copy"
        shutil.copytree(self.directory, copy)
        found = []
        for spool in adopt(copy, origin="audit"):
            start = spool.drained
            while (chunk := spool.read(start, 100, 1_000_000)).after != start:
                found += [decode(record)[3] for _, record in chunk.records]
                start = chunk.after
        shutil.rmtree(copy)
        return found


def check_threads(rows: Iterable[stored.Row], acknowledged: dict[str, int]) -> None:
    """Each thread's events are there, in order, each once, and at most one more than it was told.

    Args:
        rows: Events whose actors are threads and whose actions are numbers.
        acknowledged: How many of its events each thread was told of.
    """
    found: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        found[row.actor].append(int(row.action))
    for actor, count in acknowledged.items():
        steps = found.pop(actor, [])
        assert steps == list(range(len(steps))), (actor, "a gap, a double or another order", steps)
        assert count <= len(steps), (actor, f"{count - len(steps)} acknowledged events are lost")
        # The one that was being recorded when the process was killed.
        assert len(steps) <= count + 1, (actor, "events that nobody has recorded", steps)
    assert all(len(steps) <= 1 for steps in found.values()), found


def timed(function: Callable[[], Any]) -> tuple[Any, float]:
    """Call something. Returns its result, or its error, and how long it took in seconds."""
    started = time.monotonic()
    try:
        result = function()
    except Exception as error:  # noqa: BLE001 - the scenario looks at it
        result = error
    return result, time.monotonic() - started
