"""What the scenarios of sealing.service.feature do and ask."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy.exc import DBAPIError

from features.support.sealing.logs import TABLES
from indelible import AuditError, AuditService
from indelible.errors import ConfigurationError
from indelible.merkle import Frontier, open_checkpoint, parse_checkpoint, parse_note
from indelible.sealing import SealerThread, WitnessPolicy, generate_key_file, read_notes


class SigningService:
    """A service with a key, and what it leaves behind."""

    def __init__(self, context: Any, *, url: str | None = None, **options: Any) -> None:
        self.context = context
        self.url = url or context.database_url()
        self.directory = Path(context.tmp)
        self.key = self.directory / "key"
        self.vkey = generate_key_file(self.key, "audit").verifier
        self.sink = self.directory / "sink"
        self.errors: list[AuditError] = []
        self.hang = threading.Event()
        self.inside = threading.Event()
        self.options: dict[str, Any] = {
            "signing_key": self.key,
            "checkpoint_sinks": [self.sink],
            "on_error": self.errors.append,
        } | options
        self.service = self.open()

    def open(self) -> AuditService:
        self.service = AuditService(self.url, **self.options)
        self.context.add_cleanup(self.service.close)
        return self.service

    def slow_sink(self, _: object) -> None:
        self.inside.set()
        self.hang.wait(30)

    def let_go(self) -> None:
        """Let the sink's thread end, which outlives a close that does not wait for it."""
        self.hang.set()
        for thread in threading.enumerate():
            if thread.name == SealerThread.NAME:
                thread.join(10)

    def record(self, number: int) -> None:
        for count in range(number):
            self.service.record("a", actor="user:1", details={"number": count})

    def covers(self, number: int) -> None:
        sealed = self.service.checkpoint()
        assert sealed.size == number
        checkpoint, _ = open_checkpoint(sealed.note, [self.vkey], origin="audit")
        assert checkpoint.size == number

    def again(self) -> None:
        assert self.service.checkpoint().note == self.service.checkpoint().note

    def refusal(self) -> str:
        try:
            self.service.checkpoint()
        except AuditError as error:
            return str(error)
        raise AssertionError("it has signed")

    def notes(self) -> list[str]:
        engine = sqlalchemy.create_engine(self.url)
        try:
            with engine.connect() as connection:
                wanted = sqlalchemy.select(TABLES.checkpoint.c.note)
                ordered = wanted.order_by(TABLES.checkpoint.c.checkpoint_id)
                return list(connection.execute(ordered).scalars())
        finally:
            engine.dispose()

    def sizes(self) -> list[int]:
        return [parse_checkpoint(parse_note(note)[0]).size for note in self.notes()]

    def has_left(self, number: int, size: int) -> None:
        sizes = self.sizes()
        assert len(sizes) == number, sizes
        assert sizes[-1] == size, sizes

    def comes_to_leave(self, number: int, size: int, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        # In async mode the tables are made by the writer, some time after the first event.
        assert self.service.flush(seconds)
        while time.monotonic() < deadline and len(self.sizes()) < number:
            time.sleep(0.02)
        self.has_left(number, size)

    def sink_is_table(self) -> None:
        assert read_notes(self.sink) == self.notes()

    def set_back(self, number: int) -> None:
        engine = sqlalchemy.create_engine(self.url)
        event, log = TABLES.event, TABLES.log
        with engine.begin() as connection:
            connection.execute(event.delete().where(event.c.seq >= number))
            leaves = connection.execute(sqlalchemy.select(event.c.leaf_hash)).scalars().all()
            frontier = Frontier()
            frontier.extend(map(bytes, leaves))
            connection.execute(log.update().values(size=number, frontier=frontier.to_bytes()))
        engine.dispose()

    def fork(self, number: int) -> None:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                self.record(number)
                status = 0 if self.service.close() else 2
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    def refuses(self, statement: str) -> None:
        engine = sqlalchemy.create_engine(self.url)
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql(statement)
        except DBAPIError:
            return
        finally:
            engine.dispose()
        raise AssertionError(f"not refused: {statement}")


def configuration_refusal(what: str, directory: Path) -> str:
    url = f"sqlite:///{directory}/audit.db"
    key = directory / "key"
    generate_key_file(key, "audit")
    made: dict[str, Callable[[], AuditService]] = {
        "a key that is not there": lambda: AuditService(url, signing_key=directory / "none"),
        "sinks without a key": lambda: AuditService(url, checkpoint_sinks=[directory / "sink"]),
        "a state without a key": lambda: AuditService(url, signer_state=directory / "state"),
        "a number as its state": lambda: AuditService(
            url, signing_key=key, signer_state=_anything(5)
        ),
        "an interval of 0": lambda: AuditService(url, signing_key=key, checkpoint_interval=0),
        "a policy of no witnesses": lambda: AuditService(
            url, signing_key=key, witness_policy=WitnessPolicy(1, "raise")
        ),
        "harden as a word": lambda: AuditService(url, harden=_anything("yes")),
    }
    try:
        made[what]()
    except ConfigurationError as error:
        return str(error)
    raise AssertionError(f"{what} is accepted")


def _anything(value: Any) -> Any:
    return value
