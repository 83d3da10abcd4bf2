"""One service with its database and its troubles, as a scenario builds it up."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any

import sqlalchemy
from sqlalchemy import NullPool

from features.support.recording import stored
from features.support.recording.stalls import Gate, locked
from features.support.recording.threads import Outcome, Running, values, wait_until
from indelible import AuditError, AuditService, EventRefusedError, Receipt

OURS = ("first", "hanging")
"""Actions of the events that a scene records by itself."""


def refuse_action(url: str, action: str) -> None:
    """Make a database refuse events with one action, by a constraint of its own."""
    kind = sqlalchemy.make_url(url).get_backend_name()
    if kind == "sqlite":
        stored.query(
            url,
            f"CREATE TRIGGER refusal BEFORE INSERT ON audit_event WHEN NEW.action = '{action}'"
            " BEGIN SELECT RAISE(ABORT, 'no such action'); END",
        )
    else:
        stored.query(
            url, f"ALTER TABLE audit_event ADD CONSTRAINT refusal CHECK (action <> '{action}')"
        )


class _Keeping(logging.Handler):
    """Keeps what is logged."""

    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__()
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(record)


class Scene:
    """A service that has recorded its first event, and what happens to it.

    Attributes:
        url: Its database.
        service: The service.
        gate: Stands before its commits.
        receipts: What `record` returned, in order.
        raised: What it raised instead.
        hung: How the `record` ended that `hang` leaves before the gate.
        heard: What `on_error` was called with.
        logged: What the logger `indelible` was given.
        report: What `close` returned.
        seconds: How long the last call that is timed took.
    """

    def __init__(
        self, url: str, cleanup: ExitStack, *, audit_async: bool, first: bool = True, **options: Any
    ) -> None:
        self.url = url
        self.receipts: list[Receipt] = []
        self.raised: list[BaseException] = []
        self.hung: Running | None = None
        self.heard: list[AuditError] = []
        self.logged: list[logging.LogRecord] = []
        self.report: Any = None
        self.result: Any = None
        self.error: BaseException | None = None
        self.seconds = 0.0
        self.hook: Callable[[AuditError], None] = lambda error: None
        self.audit_async = audit_async
        self.cleanup = cleanup
        limits = {"timeout": 10.0, "busy_timeout": 1.0, "close_timeout": 5.0}
        self.service = AuditService(
            url, audit_async=audit_async, on_error=self._hear, **{**limits, **options}
        )
        cleanup.callback(self._end)
        self._listen()
        self.gate = Gate(self.service)
        if first:
            self.service.record("first", actor="user:1")
            assert self.service.flush(30)
            self.gate.batches.clear()

    def _hear(self, error: AuditError) -> None:
        self.heard.append(error)
        self.hook(error)

    def _listen(self) -> None:
        logger, handler = logging.getLogger("indelible"), _Keeping(self.logged)
        logger.addHandler(handler)
        self.cleanup.callback(logger.removeHandler, handler)

    def _end(self) -> None:
        self.gate.open()
        self.service.close(1)

    # What happens ------------------------------------------------------------------------------

    def record(self, action: str = "event", **more: Any) -> Receipt | None:
        try:
            receipt = self.service.record(action, actor="user:1", **more)
        except Exception as error:  # noqa: BLE001 - the scenario looks at it
            self.raised.append(error)
            return None
        self.receipts.append(receipt)
        return receipt

    def record_all(self, actions: Iterable[str]) -> None:
        for action in actions:
            self.record(action)

    def close(self, timeout: float | None = None) -> None:
        self.timed(lambda: self.service.close(timeout))
        self.report = self.result

    def timed(self, function: Callable[[], Any]) -> None:
        """Call something, and keep its result, or its error, and how long it took."""
        self.result, self.error = None, None
        started = time.monotonic()
        try:
            self.result = function()
        except Exception as error:  # noqa: BLE001 - the scenario looks at it
            self.error = error
        self.seconds = time.monotonic() - started

    def lock_database(self) -> None:
        """Let another transaction hold the lock that a commit needs, until `unlock_database`."""
        self._lock = ExitStack()
        self._lock.enter_context(locked(self.url))
        self.cleanup.callback(self._lock.close)

    def unlock_database(self) -> None:
        self._lock.close()

    def hang(self) -> None:
        """Shut the gate, with one event before it."""
        self.gate.shut()
        self.hung = Running([lambda: self.service.record("hanging", actor="user:1")])
        self.gate.wait_for_leader()

    def fill_queue(self) -> None:
        """Shut the gate and record until the queue is full."""
        self.hang()
        for _ in range(self.service._queue.capacity):
            assert self.record("queued") is not None
        assert len(self.service._queue) == self.service._queue.capacity

    def join_hung(self) -> Outcome:
        assert self.hung is not None
        [outcome] = self.hung.join()
        return outcome

    # What has become of it ---------------------------------------------------------------------

    def check_each_once(self) -> None:
        """All events whose `record` returned are in the log, each once, and no other."""
        values_of_all = [receipt.wait(10) for receipt in self.receipts]
        expected = {str(receipt.event_id) for receipt in self.receipts}
        found = [row for row in stored.check(self.url) if row.action not in OURS]
        assert {row.event_id for row in found} == expected, "the log does not hold what it accepted"
        assert len(found) == len(values_of_all) == len(expected)

    def check_each_good_once(self) -> None:
        """Likewise, where the database has refused some of them."""
        self.receipts = [receipt for receipt in self.receipts if receipt.error is None]
        self.check_each_once()

    def check_actions(self, expected: list[str]) -> None:
        found = [action for action in stored.actions(self.url) if action not in OURS]
        assert found == expected, found

    def check_refusal_heard(self, times: int) -> None:
        wait_until(lambda: len(self.heard) >= times, "on_error is called")
        assert [type(error) for error in self.heard] == [EventRefusedError] * times, self.heard

    def log_text(self) -> str:
        formatter = logging.Formatter()
        return "\n".join(formatter.format(record) for record in self.logged)

    def check_alive(self) -> None:
        """The service still takes events and commits them."""
        receipt = self.service.record("alive", actor="user:1")
        assert receipt.wait(5).log == "audit"


def new_scene(context: Any, *, url: str | None = None, **options: Any) -> Scene:
    """Make a scenario's scene, which ends with it; see `Scene` for the options."""
    cleanup = ExitStack()
    context.add_cleanup(cleanup.close)
    scene = Scene(url or context.database_url(), cleanup, **options)
    context.scene = scene
    context.url = scene.url
    return scene


def own_engine(kind: str, url: str) -> sqlalchemy.Engine:
    """Make an engine as an application does that hands it to a service."""
    if kind == "no pool":
        return sqlalchemy.create_engine(url, poolclass=NullPool)
    if kind == "a single connection":
        return sqlalchemy.create_engine(url, pool_size=1, max_overflow=0, pool_timeout=2)
    if kind == "a database in memory":
        return sqlalchemy.create_engine(
            "sqlite://",
            poolclass=sqlalchemy.StaticPool,
            connect_args={"check_same_thread": False},
        )
    assert kind == "its usual pool", kind
    return sqlalchemy.create_engine(url)


def use_lent_engine(engine: sqlalchemy.Engine) -> None:
    """Use an engine by two services, one after the other, and by the application between."""
    for audit_async in (False, True):
        with AuditService(engine, audit_async=audit_async, busy_timeout=1.0) as service:
            before = service.count()
            receipts = [service.record("lent", actor="user:1") for _ in range(3)]
            values(Running([lambda: service.flush(5), service.count]).join())
            assert all(receipt.wait(5).log == "audit" for receipt in receipts)
            assert service.count() == before + 3
            with engine.connect() as connection:
                assert connection.exec_driver_sql("SELECT 1").scalar() == 1
