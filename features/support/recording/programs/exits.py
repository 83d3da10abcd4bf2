"""Processes that end, each in its own way, and one that only makes services."""

from __future__ import annotations

import atexit
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

EARLY: list[Any] = []
"""The service that the atexit function below uses, which is registered before the library's."""


@atexit.register
def _record_after_the_library_has_closed() -> None:
    from indelible import ClosedError

    for service in EARLY:
        try:
            service.record("too late", actor="user:1")
        except ClosedError:
            print("refused as it should be")


from features.support.recording.programs import main  # noqa: E402 - atexit runs in reverse order
from features.support.recording.threads import wait_until  # noqa: E402
from indelible import AuditService  # noqa: E402

EVENTS = 50


def record_all(service: AuditService, events: int = EVENTS) -> None:
    for _ in range(events):
        service.record("event", actor="user:1")


def ends(url: str) -> None:
    record_all(AuditService(url, audit_async=True))


def ends_by_sys_exit(url: str) -> NoReturn:
    record_all(AuditService(url, audit_async=True))
    sys.exit(3)


def ends_by_an_error(url: str) -> NoReturn:
    record_all(AuditService(url, audit_async=True))
    raise RuntimeError("nobody catches this")


def ends_by_sigterm(url: str) -> None:
    def stop(number: int, frame: FrameType | None) -> NoReturn:
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    record_all(AuditService(url, audit_async=True))
    os.kill(os.getpid(), signal.SIGTERM)
    signal.pause()


def ends_while_a_thread_records(url: str) -> None:
    service = AuditService(url, audit_async=True)

    def record_on() -> None:
        while True:
            service.record("another", actor="user:1")

    record_all(service)
    threading.Thread(target=record_on, daemon=True).start()
    wait_until(lambda: service.stats().committed > EVENTS, "the thread records")


def records_in_atexit(url: str) -> None:
    service = AuditService(url, audit_async=True)
    EARLY.append(service)
    # Registered after the library's own function, and so called before it: still in time.
    atexit.register(record_all, service, 10)
    record_all(service, EVENTS - 10)


def cannot_start_threads(url: str) -> None:
    """From Python 3.12 on, no thread can be started once the interpreter has begun to end."""

    def refuse(thread: threading.Thread) -> NoReturn:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    setattr(threading.Thread, "start", refuse)  # noqa: B010 - an assignment is a type error
    service = AuditService(url, audit_async=True)
    record_all(service)
    assert service.stats().queued == EVENTS


def constructs(url: str) -> None:
    """Make services and watch what the interpreter opens, connects and starts meanwhile."""
    seen: list[str] = []
    watching = False

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if not watching:
            return
        if event in {"sqlite3.connect", "socket.connect", "socket.__new__", "os.mkdir"}:
            seen.append(f"{event} {arguments}")
        elif event == "open" and not str(arguments[0]).startswith((sys.prefix, sys.base_prefix)):
            source = str(arguments[0]).endswith((".py", ".pyc")) or "__pycache__" in str(
                arguments[0]
            )
            if not source and not Path(str(arguments[0])).is_dir():
                seen.append(f"{event} {arguments}")

    sys.addaudithook(watch)
    directory = Path(url.removeprefix("sqlite:///")).parent
    before = sorted(directory.iterdir())
    threads = threading.active_count()
    watching = True
    services = [
        AuditService(bind, audit_async=audit_async)
        for audit_async in (False, True)
        for bind in (
            url,
            f"sqlite:///{directory}/new.db",
            f"sqlite:///{directory}/missing/new.db",
            "postgresql://nobody@192.0.2.1/nowhere",
            "mariadb://nobody@192.0.2.1/nowhere",
        )
    ]
    watching = False
    assert not seen, seen
    assert threading.active_count() == threads
    assert sorted(directory.iterdir()) == before
    for service in services:
        assert service.close()
    assert sorted(directory.iterdir()) == before


CASES = {
    "ends": ends,
    "ends by sys.exit in the middle": ends_by_sys_exit,
    "ends by an error that nobody catches": ends_by_an_error,
    "ends by SIGTERM with a handler that exits": ends_by_sigterm,
    "ends while a thread of its own records on": ends_while_a_thread_records,
    "records in functions of atexit": records_in_atexit,
    "cannot start a thread any more": cannot_start_threads,
    "constructs": constructs,
}

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    main(CASES)
