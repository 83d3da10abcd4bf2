"""Processes that fork while they record."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from functools import partial
from multiprocessing import util
from typing import Any, NoReturn
from unittest import mock

import sqlalchemy
import uuid_utils

from features.support.recording import stored
from features.support.recording.engines import watched_engines
from features.support.recording.programs import main
from features.support.recording.stalls import Gate
from features.support.recording.threads import Running, values, wait_until
from indelible import AuditService, lifecycle
from indelible.storage import imports

CHILD_SECONDS = 40
IDS = 500


def _end(function: Callable[[], object]) -> NoReturn:
    """Run a forked child's part and end it without running what belongs to the parent."""
    signal.alarm(CHILD_SECONDS)
    status = 1
    try:
        function()
        status = 0
    except BaseException:  # noqa: BLE001 - the parent sees the status
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def fork(function: Callable[[], object]) -> int:
    """Fork a child that runs a function. Returns its process id."""
    pid = os.fork()
    if pid == 0:
        _end(function)
    return pid


def reap(pid: int) -> None:
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code == 0, f"the child ended with {code}"


def check_actions(url: str, expected: dict[str, int]) -> None:
    found = Counter(event.action for event in stored.check(url))
    assert found == expected, f"{dict(found)} instead of {expected}"


def while_the_lock_is_held(url: str) -> None:
    """Another thread hangs in its first use, longer than a fork waits, and holds the lock."""
    go_on = threading.Event()
    service = AuditService(url)
    with watched_engines() as watch, mock.patch.object(lifecycle, "FORK_SECONDS", 0.2):
        watch.before = lambda: go_on.wait(20)
        recording = Running([lambda: service.record("parent", actor="user:1")])
        wait_until(lambda: watch.calls, "create_engine is called")
        assert service._session_lock.locked()

        def child() -> None:
            watch.before = lambda: None
            assert not service._session_lock.locked()
            service.record("child", actor="user:1")
            assert service.get(service.record("child", actor="user:1").event_id)
            assert service.close()

        # The parent's event waits until the child's are there: neither needs the other.
        reap(fork(child))
        go_on.set()
    values(recording.join())
    service.record("parent", actor="user:1")
    assert service.close()
    check_actions(url, {"parent": 2, "child": 2})


def in_the_middle_of_first_use(url: str) -> None:
    """A fork waits for a first use that is about to end, imports and all."""
    service = AuditService(url)
    begun = threading.Event()

    def slowly() -> None:
        begun.set()
        time.sleep(0.2)

    with watched_engines() as watch:
        watch.before = slowly
        recording = Running([lambda: service.record("parent", actor="user:1")])
        begun.wait(10)
        pids = [fork(lambda: service.record("child", actor="user:1"))]
    values(recording.join())
    # By now alembic and the ORM are loaded; the first fork came before that.
    pids += [fork(lambda: service.record("child", actor="user:1")) for _ in range(3)]
    for pid in pids:
        reap(pid)
    assert service.close()
    check_actions(url, {"parent": 1, "child": 4})


def in_the_middle_of_imports(url: str) -> None:
    """A fork waits for another thread's imports, of which a child would have only a part."""
    assert "sqlalchemy.orm" not in sys.modules
    service = AuditService(url)
    recording = Running([lambda: service.record("parent", actor="user:1")])
    wait_until(lambda: "sqlalchemy.orm" in sys.modules, "the import has begun")
    # Other modules follow, and Alembic later on.
    reap(fork(lambda: service.record("child", actor="user:1")))
    values(recording.join())
    assert service.close()
    check_actions(url, {"parent": 1, "child": 1})


def in_the_middle_of_a_first_question(url: str) -> None:
    """The same where the other thread reads: what a question needs is loaded before the rest."""
    criteria = "indelible.storage.criteria"
    assert criteria not in sys.modules
    # So that the rest of the first use takes no longer than a fork waits for it.
    upgrade = [sys.executable, "-m", "indelible", "db", "upgrade", "--url", url]
    subprocess.run(upgrade, check=True, stdout=subprocess.DEVNULL)
    service = AuditService(url)
    reading = Running([lambda: service.count(actor="user:1")])
    wait_until(lambda: criteria in sys.modules, "the import has begun")
    reap(fork(lambda: service.record("child", actor="user:1")))
    values(reading.join())
    assert service.close()
    check_actions(url, {"child": 1})


def and_makes_ids(url: str) -> None:
    """Parent and children make ids of their own, though they inherit the generator's state."""
    pipes = [os.pipe() for _ in range(2)]
    pids = [fork(partial(_write_ids, out)) for _, out in pipes]
    for _, out in pipes:
        os.close(out)
    ids = [os.fdopen(source).read().split() for source, _ in pipes]
    ids.append([str(uuid_utils.uuid7()) for _ in range(IDS)])
    for pid in pids:
        reap(pid)
    # The beginning of such an id is its time; the rest comes from the generator.
    rests = [event_id[-12:] for part in ids for event_id in part]
    assert len(rests) == 3 * IDS
    assert len(set(rests)) == 3 * IDS, f"{3 * IDS - len(set(rests))} ids were made twice"


def _write_ids(out: int) -> None:
    with os.fdopen(out, "w") as sink:
        sink.write("\n".join(str(uuid_utils.uuid7()) for _ in range(IDS)))


def with_a_half_full_queue(url: str) -> None:
    """What waits in the parent's queue is the parent's to commit, once."""
    service = AuditService(url, audit_async=True)
    service.record("parent", actor="user:1", wait=True)
    gate = Gate(service)
    gate.shut()
    receipts = [service.record("parent", actor="user:1") for _ in range(7)]
    gate.wait_for_leader()
    receipts += [service.record("parent", actor="user:1") for _ in range(8)]

    def child() -> None:
        assert service.stats().queued == 0, service.stats()
        for _ in range(5):
            service.record("child", actor="user:1")
        assert service.flush(10)
        assert service.close()

    with mock.patch.object(lifecycle, "FORK_SECONDS", 0.2):
        pid = fork(child)
    reap(pid)
    assert not any(receipt.done for receipt in receipts)
    gate.open()
    assert service.flush(10)
    assert service.close()
    check_actions(url, {"parent": 16, "child": 5})


def and_the_parent_closes(url: str) -> None:
    """A child goes on when its parent has closed the log, and everybody sees what it commits."""
    service = AuditService(url)
    service.record("parent", actor="user:1")
    service.count()
    closed_read, closed_write = os.pipe()
    done_read, done_write = os.pipe()

    def child() -> None:
        service.record("child", actor="user:1")
        os.write(done_write, b".")
        os.read(closed_read, 1)
        for _ in range(5):
            service.record("child", actor="user:1")
        os.write(done_write, b".")
        # It ends without closing anything, like a process that is killed.
        os.read(closed_read, 1)

    pid = fork(child)
    os.read(done_read, 1)
    assert service.close()
    os.write(closed_write, b".")
    os.read(done_read, 1)
    # The child is still there, and another process looks at the log and adds to it.
    check_actions(url, {"parent": 1, "child": 6})
    with AuditService(url) as other:
        other.record("other", actor="user:1")
    os.write(closed_write, b".")
    reap(pid)
    check_actions(url, {"parent": 1, "child": 6, "other": 1})


def under_load(url: str) -> None:
    """Children come and go while threads of the parent record and read."""
    service = AuditService(url)
    done = threading.Event()

    def record() -> int:
        number = 0
        while not done.is_set():
            service.record("parent", actor="user:1")
            number += 1
        return number

    def read() -> int:
        number = 0
        while not done.is_set():
            page = service.query(limit=20)
            number += len(page.items)
        return number

    def child() -> None:
        for _ in range(3):
            service.record("child", actor="user:1")
        assert service.count(action="child") >= 3

    running = Running([record, record, read])
    try:
        for _ in range(8):
            reap(fork(child))
    finally:
        done.set()
    recorded = sum(values(running.join())[:2])
    assert service.close()
    check_actions(url, {"parent": recorded, "child": 24})


def with_an_engine_of_the_caller(url: str) -> None:
    """The caller's engine goes on working in both, with connections of their own."""
    engine = sqlalchemy.create_engine(url)
    service = AuditService(engine)
    service.record("parent", actor="user:1")

    def child() -> None:
        for _ in range(3):
            service.record("child", actor="user:1")
        assert service.close()
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT 1").scalar() == 1

    pid = fork(child)
    for _ in range(3):
        service.record("parent", actor="user:1")
    reap(pid)
    assert service.close()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    engine.dispose()
    check_actions(url, {"parent": 4, "child": 3})


def by_multiprocessing(url: str) -> None:
    """The children of multiprocessing drain their queues at their end, though none closes."""
    service = AuditService(url, audit_async=True)
    service.record("parent", actor="user:1")
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=_record_and_return, args=(service,)) for _ in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join(CHILD_SECONDS)
        assert child.exitcode == 0, child.exitcode
    assert service.close()
    check_actions(url, {"parent": 1, "child": 60})


def _record_and_return(service: AuditService) -> None:
    for _ in range(20):
        service.record("child", actor="user:1")


def by_multiprocessing_to_two(url: str) -> None:
    """A child makes a service of its own beside its parent's; both drain, by one hook."""
    service = AuditService(url, audit_async=True)
    service.record("parent", actor="user:1")
    child = multiprocessing.get_context("fork").Process(target=_record_in_two, args=(service, url))
    child.start()
    child.join(CHILD_SECONDS)
    assert child.exitcode == 0, child.exitcode
    assert service.close()
    check_actions(url, {"parent": 1, "child": 40})


def _record_in_two(service: AuditService, url: str) -> None:
    _record_and_return(service)
    # Kept by nothing but the thread that writes for it.
    _record_and_return(AuditService(url, audit_async=True))
    registry: Any = vars(util)["_finalizer_registry"]
    hooks = [hook for hook in registry.values() if hook._callback.__module__ == lifecycle.__name__]
    assert len(hooks) == 1, hooks


def while_imports_hang(url: str) -> None:
    """A thread imports for longer than a fork waits; the fork goes on, and so does the child."""
    service = AuditService(url)
    service.record("parent", actor="user:1")
    importing, go_on = threading.Event(), threading.Event()

    def hang() -> None:
        with imports.imports.lock:
            importing.set()
            go_on.wait(20)

    thread = Running([hang])
    assert importing.wait(10)
    started = time.monotonic()
    with mock.patch.object(imports, "SECONDS", 0.2):
        pid = fork(lambda: service.record("child", actor="user:1"))
    assert time.monotonic() - started < 10, "the fork has waited for the thread"
    reap(pid)
    go_on.set()
    values(thread.join())
    service.record("parent", actor="user:1")
    assert service.close()
    check_actions(url, {"parent": 2, "child": 1})


def inside_a_commit(url: str) -> None:
    """A logging call inside a commit forks; parent and child go on."""
    service = AuditService(url)
    service.record("parent", actor="user:1")
    gate = Gate(service)
    pids: list[int] = []

    def fork_once(rows: object) -> None:
        gate.before = lambda rows: None
        started = time.monotonic()
        pids.append(fork(lambda: service.record("child", actor="user:1")))
        assert time.monotonic() - started < lifecycle.FORK_SECONDS / 2

    gate.before = fork_once
    service.record("parent", actor="user:1")
    reap(pids[0])
    assert service.close()
    check_actions(url, {"parent": 2, "child": 1})


CASES = {
    "while another thread holds the session lock": while_the_lock_is_held,
    "in the middle of another thread's first use": in_the_middle_of_first_use,
    "in the middle of another thread's imports": in_the_middle_of_imports,
    "in the middle of another thread's first question": in_the_middle_of_a_first_question,
    "and makes ids": and_makes_ids,
    "with a half-full queue": with_a_half_full_queue,
    "and the parent closes the log": and_the_parent_closes,
    "while threads record and read": under_load,
    "with an engine of the caller's": with_an_engine_of_the_caller,
    "by multiprocessing": by_multiprocessing,
    "by multiprocessing, to log elsewhere too": by_multiprocessing_to_two,
    "while another thread's imports hang": while_imports_hang,
    "inside a commit of its own": inside_a_commit,
}

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    main(CASES)
