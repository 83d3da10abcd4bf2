"""Programs that the nursery forks, because they are killed, stopped, starved or cut off."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, Final, NoReturn
from unittest import mock

from features.support.crash.ledger import Teller
from features.support.crash.recorder import Control, Recorder, record_on_threads
from features.support.recording import stalls
from indelible import AuditError, AuditService, ClosedError
from indelible.storage import migrate
from indelible.storage.revisions import REVISIONS
from indelible.writer.thread import WriterThread

_PR_SET_PTRACER: Final = 0x59616D61
_ANY: Final = ctypes.c_ulong(-1)


def record(
    teller: Teller,
    url: str,
    service: dict[str, Any],
    threads: int = 4,
    events: int | None = None,
    pace: float = 0.0,
    *,
    unsynced: str = "",
) -> None:
    """Record until killed, or until every thread has recorded its events, and close then.

    Args:
        teller: The ledger.
        url: The database.
        service: Arguments of the service.
        threads: How many threads record.
        events: How many events each of them records; None for no end.
        pace: Pause of each of them between two events, in seconds.
        unsynced: Which of the spool's syncs do nothing, those of ``files`` or ``directories``.
    """
    if unsynced:
        call = {"files": "fdatasync", "directories": "fsync"}[unsynced]
        mock.patch.object(os, call, lambda descriptor: None).start()
    with AuditService(url, **service) as audit:
        recorders = record_on_threads(audit, teller, threads=threads, events=events, pace=pace)
        teller.note("slowest", max(recorder.slowest for recorder in recorders))
        teller.note("done", os.getpid())
    teller.note("closed", bool(audit.close()))


def record_on_command(
    teller: Teller,
    url: str,
    service: dict[str, Any],
    threads: int = 4,
    pace: float = 0.002,
    user: int | None = None,
    revisions: Sequence[str] = (),
) -> None:
    """Record until told to stop, then wait until all of it is committed, and close.

    The command `stats` asks what the service says of itself.

    Args:
        teller: The ledger.
        url: The database.
        service: Arguments of the service.
        threads: How many threads record.
        pace: Pause of each of them between two events, in seconds.
        user: The account to become first, whom rights on files concern, unlike root.
        revisions: Older revisions of the tables that this version is to know of.
    """
    if user is not None:
        os.setuid(user)
    if revisions:
        known = (*revisions, *REVISIONS)
        mock.patch.object(migrate, "REVISIONS", known).start()
    audit = AuditService(url, **service)
    stopping = threading.Event()
    done: list[Recorder] = []

    def run() -> None:
        done.extend(
            record_on_threads(
                audit, teller, threads=threads, events=None, pace=pace, until=stopping.is_set
            )
        )

    running = threading.Thread(target=run, daemon=True)
    running.start()
    while (command := Control.wait("stats", "stop")) != "stop":
        stats, health = audit.stats(), audit.health()
        assert command == "stats"
        teller.note(f"spooled-{os.getpid()}", stats.spooled)
        teller.note("last-error", stats.last_error)
        teller.note("health", f"{health.status} {'; '.join(health.reasons)}".replace("\n", " "))
    stopping.set()
    running.join()
    teller.note("slowest", max(recorder.slowest for recorder in done))
    for error in [error for recorder in done for error in recorder.errors][:20]:
        teller.note("raised", f"{type(error).__name__}: {error}".replace("\n", " "))
    teller.note("flushed", audit.flush(30))
    teller.note("closed", bool(audit.close()))


def one_batch(
    teller: Teller, url: str, service: dict[str, Any], whose: str, events: int, *, retry: bool
) -> None:
    """Record a few events under a tracer, and end without a word to the interpreter.

    Args:
        teller: The ledger.
        url: The database.
        service: Arguments of the service.
        whose: Which thread to trace, ``caller`` or ``writer``.
        events: How many events to record.
        retry: Whether to record an event again that was not accepted.
    """
    _let_anybody_trace()
    audit = AuditService(url, **service)
    recorder = Recorder(audit, teller, f"thread:{os.getpid()}", retry=retry)
    # Files are open, tables checked and threads started; what is traced is a batch and no more.
    recorder.record()
    assert recorder.flush()
    tasks = {thread.name: thread.native_id for thread in threading.enumerate()}
    teller.note("trace", tasks[WriterThread.NAME] if whose == "writer" else os.getpid())
    Control.wait("go")
    for _ in range(events):
        recorder.record()
    for error in recorder.errors:
        teller.note("raised", f"{type(error).__name__}: {error}".replace("\n", " "))
    if recorder.errors and not retry:
        # What the caller was told must be true of what is there now, and not of what another
        # attempt would have made of it.
        os._exit(3)
    if service["audit_async"]:
        teller.note("flushed", recorder.flush(5))
    os._exit(0)


def _let_anybody_trace() -> None:
    """Let a process that is no ancestor trace this one, where Linux's Yama asks for that."""
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_PTRACER, _ANY, 0, 0, 0)


def exit_without_a_word(teller: Teller, url: str, service: dict[str, Any]) -> NoReturn:
    """End by os._exit, with nothing run at the end."""
    audit = AuditService(url, **service)
    recorder = Recorder(audit, teller, f"thread:{os.getpid()}")
    for _ in range(50):
        recorder.record()
    recorder.flush()
    for _ in range(50):
        recorder.record()
    os._exit(7)


def fill(teller: Teller, url: str, service: dict[str, Any], *, locked: bool) -> None:
    """Record large events until something is full, wait for room, and record some more.

    Args:
        teller: The ledger.
        url: The database.
        service: Arguments of the service.
        locked: Whether the database takes nothing meanwhile, so that it is the spool that fills.
    """
    audit = AuditService(url, **service)
    recorder = Recorder(audit, teller, f"thread:{os.getpid()}", retry=False)
    filler = {"filler": "." * 4000}
    with ExitStack() as stack:
        if locked:
            stack.enter_context(stalls.locked(url))
        while not (trouble := _trouble(audit, recorder, in_spool=locked)):
            recorder.record(details=filler)
        teller.note("full", trouble.replace("\n", " "))
        for _ in range(20):
            recorder.record(details=filler)
        Control.wait("room")
        time.sleep(0.3)
    for _ in range(20):
        recorder.record(details=filler)
    teller.note("flushed", audit.flush(30))
    teller.note("closed", bool(audit.close()))


def _trouble(audit: AuditService, recorder: Recorder, *, in_spool: bool) -> str:
    if recorder.errors:
        return str(recorder.errors[-1])
    return "" if in_spool else audit.stats().last_error or ""


def limited(teller: Teller, url: str, service: dict[str, Any], limit: str, most: int) -> None:
    """Record while files, or the database, may not grow beyond a limit; then lift it.

    Args:
        teller: The ledger.
        url: The database, of SQLite.
        service: Arguments of the service.
        limit: ``RLIMIT_FSIZE`` or ``max_page_count``.
        most: The limit, in bytes or pages.
    """
    import sqlalchemy

    endless = 2**30
    pages = [most if limit == "max_page_count" else endless]
    engine = sqlalchemy.create_engine(url, connect_args={"timeout": 5.0})

    @sqlalchemy.event.listens_for(engine, "checkout")
    def limit_pages(connection: Any, record: object, proxy: object) -> None:
        # The setting belongs to the connection, and never to the file.
        connection.execute(f"PRAGMA max_page_count = {pages[0]}").close()

    audit = AuditService(engine, **service)
    if limit == "RLIMIT_FSIZE":
        # Python ignores SIGXFSZ; said here because the test rests on it.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    recorder = Recorder(audit, teller, f"thread:{os.getpid()}", retry=False)
    filler = {"filler": "." * 4000}
    while not (trouble := _trouble(audit, recorder, in_spool=not service["audit_async"])):
        recorder.record(details=filler)
    teller.note("before", recorder.step)
    teller.note("full", trouble.replace("\n", " "))
    for _ in range(5):
        recorder.record(details=filler)
    pages[0] = endless
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    receipts = [recorder.record(details=filler) for _ in range(20)]
    teller.note("afterwards", sum(receipt is not None for receipt in receipts))
    teller.note("flushed", audit.flush(30))
    teller.note("closed", bool(audit.close()))


def jump(teller: Teller, url: str, service: dict[str, Any], hours: float) -> None:
    """Record while the clock jumps back and forth at each event, and so does the system's."""
    from datetime import UTC, datetime, timedelta

    real = time.time
    calls = [0]

    def offset() -> float:
        calls[0] += 1
        return (0.0, hours, -hours)[calls[0] % 3] * 3600

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=offset())

    with (
        mock.patch("time.time", lambda: real() + offset()),
        AuditService(url, clock=clock, **service) as audit,
    ):
        recorders = record_on_threads(audit, teller, threads=4, events=100)
        teller.note("slowest", max(recorder.slowest for recorder in recorders))
        started = time.monotonic()
        assert audit.flush(30)
        teller.note("flush", time.monotonic() - started)
        for number, recorder in enumerate(recorders):
            assert recorder.step == 100, (number, recorder.errors)
        _wait_in_vain(teller, audit)
    teller.note("closed", bool(audit.close()))


def _wait_in_vain(teller: Teller, audit: AuditService) -> None:
    """Wait for a commit that cannot come, and tell for how long."""
    with audit._committer.lock:
        started = time.monotonic()
        waited: list[float] = []

        def record() -> None:
            recorder = Recorder(audit, teller, f"waiting:{os.getpid()}", retry=False)
            receipt = recorder.record()
            try:
                if receipt is not None:
                    receipt.wait(0.5)
            except AuditError:
                pass
            waited.append(time.monotonic() - started)

        thread = threading.Thread(target=record, daemon=True)
        thread.start()
        thread.join(20)
    teller.note("waited", waited[0] if waited else "for ever")


def stays_until_closed(teller: Teller, url: str, service: dict[str, Any]) -> None:
    """Record slowly until closed by a signal handler of the host's own."""
    audit = AuditService(url, **service)
    recorder = Recorder(audit, teller, f"thread:{os.getpid()}")

    def close(number: int, frame: object) -> None:
        audit.close()

    signal.signal(signal.SIGTERM, close)
    teller.note("ready")
    while recorder.record() is not None:
        time.sleep(0.001)
    assert isinstance(recorder.errors[-1], ClosedError)


PROGRAMS: dict[str, Callable[..., None]] = {
    "record": record,
    "record on command": record_on_command,
    "one batch": one_batch,
    "exit without a word": exit_without_a_word,
    "fill": fill,
    "limited": limited,
    "jump": jump,
    "stays until closed": stays_until_closed,
}
