"""Processes with a spool that fork, or that scenarios kill.

Each is run as ``python -m features.support.spooling.programs NAME URL DIRECTORY``, says what it has
done on its standard output, and goes on once it is given a line.
"""

from __future__ import annotations

import faulthandler
import itertools
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from features.support.recording.programs.forks import fork, reap
from features.support.recording.stalls import Gate
from features.support.recording.threads import Running, values, wait_until
from indelible import AuditService

SECONDS = 60.0
"""A program that takes longer hangs: it prints all stacks and ends."""

THREADS = 8


def say(line: str) -> None:
    # One write, which a kill cannot cut in two.
    os.write(1, f"{line}\n".encode())


def service(url: str, directory: str) -> AuditService:
    return AuditService(url, audit_async=True, spool=directory, timeout=10.0, busy_timeout=0.3)


def record_until_killed(url: str, directory: str) -> None:
    """Eight threads record, and tell of each event once `record` has returned."""
    audit = service(url, directory)

    def record(number: int) -> None:
        step = 0
        while True:
            audit.record(f"{step:06}", actor=f"thread:{number}")
            say(f"thread:{number} {step}")
            step += 1

    for number in range(THREADS):
        threading.Thread(target=record, args=(number,), daemon=True).start()
    threading.Event().wait()


def hold(url: str, directory: str) -> None:
    """Record five events of which none reaches the database."""
    audit = service(url, directory)
    Gate(audit).shut()
    for step in range(5):
        audit.record(f"{step:05}", actor="process:1")
    say("ready")
    sys.stdin.readline()


def die_before_the_child(url: str, directory: str) -> None:
    """Record five events of which none reaches the database, fork, and be killed."""
    audit = service(url, directory)
    Gate(audit).shut()
    for step in range(5):
        audit.record(f"{step:05}", actor="process:1")
    fork(sys.stdin.readline)
    say("ready")
    os.kill(os.getpid(), signal.SIGKILL)


def fork_half_full(url: str, directory: str) -> None:
    """Parent and child each deliver their own events."""
    audit = service(url, directory)
    gate = Gate(audit)
    gate.shut()
    for _ in range(10):
        audit.record("parent", actor="user:1")
    # A batch of them is under way, and would keep the commit lock for longer than a fork waits.
    gate.wait_for_leader()

    def child() -> None:
        assert audit.stats().queued == 0, audit.stats()
        for _ in range(5):
            audit.record("child", actor="user:1")
        assert audit.flush(10)
        report = audit.close()
        assert report, report

    reap(fork(child))
    assert audit.stats().spooled == 10, audit.stats()
    gate.open()
    assert audit.flush(10)
    assert audit.close()
    assert not list(Path(directory).iterdir()), list(Path(directory).iterdir())
    say("ok")


def fork_and_die(url: str, directory: str) -> None:
    """A child dies with events in its spool, and its parent delivers them within seconds."""
    audit = service(url, directory)
    for _ in range(10):
        audit.record("parent", actor="user:1")
    assert audit.flush(10)

    def child() -> None:
        Gate(audit).shut()
        for _ in range(5):
            audit.record("child", actor="user:1")
        os.kill(os.getpid(), signal.SIGKILL)

    pid = fork(child)
    os.waitpid(pid, 0)
    wait_until(lambda: audit.stats().committed == 15, "the child's events are taken over", 15)
    assert audit.close()
    say("ok")


def fork_under_load(url: str, directory: str) -> None:
    """Children come and go while threads of the parent record into the spool."""
    audit = service(url, directory)
    done = threading.Event()

    def record() -> int:
        number = 0
        while not done.is_set():
            audit.record("parent", actor="user:1")
            number += 1
        return number

    def child() -> None:
        for _ in range(3):
            audit.record("child", actor="user:1")
        assert audit.close()

    running = Running([record] * 3)
    try:
        for _ in range(6):
            reap(fork(child))
    finally:
        done.set()
    recorded = sum(values(running.join()))
    assert audit.flush(20)
    assert audit.close()
    say(f"parent {recorded}")
    say("ok")


def interrupted(url: str, directory: str) -> None:
    """A signal handler records, looks and records again, wherever it interrupts its own thread."""
    recorded = 0
    variants: list[dict[str, Any]] = [
        {"audit_async": True},
        {"audit_async": True, "on_full": "spool", "queue_size": 5},
        {"audit_async": False, "on_error": "spool"},
    ]
    for number, options in enumerate(variants):
        audit = AuditService(url, spool=f"{directory}/{number}", timeout=10.0, **options)
        if number == 2:
            fail_now_and_then(audit)
        inside = False
        before = recorded

        def handle(signum: int, frame: object, audit: AuditService = audit) -> None:
            nonlocal recorded, inside
            if not inside:
                inside = True
                audit.record("handler", actor="user:1")
                recorded += 1
                audit.stats()
                inside = False

        signal.signal(signal.SIGALRM, handle)
        audit.record("event", actor="user:1", wait=True)
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        own = 1
        until = time.monotonic() + 2.0
        while time.monotonic() < until:
            audit.record("event", actor="user:1")
            own += 1
            audit.stats()
            audit.health()
            if own % 50 == 0:
                audit.flush(5)
        signal.setitimer(signal.ITIMER_REAL, 0)
        recorded += own
        assert audit.flush(20), audit.stats()
        say(f"{options}: {own} events, {recorded - own - before} from the handler")
        assert audit.close()
    say(f"parent {recorded}")
    say("ok")


def fail_now_and_then(audit: AuditService) -> None:
    """Let every tenth commit fail, so that events go through the spool of a synchronous service."""
    gate = Gate(audit)
    numbers = itertools.count()

    def fail(rows: object) -> None:
        if next(numbers) % 10 == 9:
            raise RuntimeError("out of order")

    gate.before = fail


PROGRAMS: dict[str, Callable[[str, str], None]] = {
    "record": record_until_killed,
    "hold": hold,
    "die": die_before_the_child,
    "fork-half-full": fork_half_full,
    "fork-and-die": fork_and_die,
    "fork-under-load": fork_under_load,
    "interrupted": interrupted,
}

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    faulthandler.dump_traceback_later(SECONDS, exit=True)
    name, *arguments = sys.argv[1:]
    PROGRAMS[name](*arguments)
