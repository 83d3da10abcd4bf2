"""Steps about full queues, failing databases and dying threads; see support/recording/policies."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from typing import Any
from unittest import mock

import sqlalchemy
from behave import given, then, when

from features.support.recording import policies, stored
from features.support.recording.scene import refuse_action
from features.support.recording.threads import Running, values, wait_until
from features.support.spooling.cases import Case, timed
from indelible import (
    AuditError,
    AuditTimeoutError,
    DatabaseBusyError,
    DatabaseUnavailableError,
    EventRefusedError,
    QueueFullError,
)
from indelible.errors import DatabaseReplacedError
from indelible.writer import mishaps


def make(context: Any, url: str | None = None, **options: Any) -> Case:
    """Make a case whose service has no spool, unless told otherwise, and has committed once."""
    cleanup = ExitStack()
    context.add_cleanup(cleanup.close)
    case = Case(url or context.database_url(), context.tmp / "spool", cleanup)
    context.case = case
    case.start(**{"spool": None, **options})
    return case


def warm(case: Case) -> None:
    """Let the service make its engine, and forget how that went."""
    case.record("warm")
    assert case.service.flush(10)
    case.receipts.clear()
    case.seconds.clear()
    case.gate.batches.clear()


def case_of(context: Any) -> Case:
    case: Case = context.case
    return case


def own(case: Case) -> list[str]:
    """Return the actions in the log that the scenario has recorded, or the library itself."""
    return [action for action in case.actions() if action not in {"warm", "hanging"}]


# Dropping -----------------------------------------------------------------------------------------


def fill_queue(case: Case) -> None:
    case.gate.shut()
    case.service.record("hanging", actor="user:1")
    case.gate.wait_for_leader()
    for _ in range(5):
        assert case.service.record("queued", actor="user:1").error is None


@given(
    "an asynchronous service with on_full='drop', whose queue of 5 is full and whose commits hang"
)
def given_full(context: Any) -> None:
    case = make(context, queue_size=5, on_full="drop")
    warm(case)
    fill_queue(case)


@when("it records {events:d} more events")
def when_more(context: Any, events: int) -> None:
    for _ in range(events):
        case_of(context).record("more")


def check_dropped(case: Case, events: int, kind: type[AuditError], limit: float = 0.0) -> None:
    assert case.raised == [], case.raised
    assert len(case.receipts) == events, case.receipts
    for receipt in case.receipts:
        assert receipt.settled_within(limit), receipt
        assert isinstance(receipt.error, kind), receipt
    assert case.service.stats().dropped == events, case.service.stats()


@then("each of the {events:d} receipts tells of QueueFullError, and stats says that 7 are dropped")
def then_dropped_full(context: Any, events: int) -> None:
    check_dropped(context.case, events, QueueFullError)


@then("health says degraded, because {events:d} dropped events are not told of")
def then_degraded_gap(context: Any, events: int) -> None:
    health = context.case.service.health()
    assert health.status == "degraded", health
    assert f"the log does not tell yet of {events} dropped events" in health.reasons, health


@when("the commits go on")
def when_go_on(context: Any) -> None:
    case = case_of(context)
    case.gate.open()
    assert case.service.flush(10), case.service.stats()


def moment(gap: dict[str, Any], name: str) -> datetime:
    return datetime.fromisoformat(gap[name]["$datetime"])


def check_gap(case: Case, *counts: int) -> None:
    wait_until(lambda: len(case.gaps()) >= len(counts), "the gaps are told")
    gaps = case.gaps()
    assert [gap["count"] for gap in gaps] == list(counts), gaps
    for gap in gaps:
        assert moment(gap, "first") <= moment(gap, "last"), gap
        assert gap["reason"].endswith("Error"), gap
    told = [row for row in stored.rows(case.url) if row.action == "audit.gap"]
    assert {row.actor for row in told} == {"service:indelible"}, told


@then("the log holds the {events:d} accepted events, and a gap of {count:d}")
def then_gap(context: Any, events: int, count: int) -> None:
    check_gap(context.case, count)
    assert own(context.case) == ["queued"] * events + ["audit.gap"], own(context.case)


@then("health says ok, and stats still says that {events:d} are dropped")
def then_ok(context: Any, events: int) -> None:
    service = case_of(context).service
    wait_until(service.health, "health says ok")
    assert service.health().reasons == ()
    assert service.stats().dropped == events, service.stats()


@when("the queue is full again, it records {events:d} more events, and the commits go on")
def when_full_again(context: Any, events: int) -> None:
    fill_queue(context.case)
    when_more(context, events)
    when_go_on(context)


@then("the log's gaps are of {first:d} and {second:d}, the second one later than the first")
def then_gaps(context: Any, first: int, second: int) -> None:
    case = case_of(context)
    check_gap(case, first, second)
    one, two = case.gaps()
    assert moment(one, "last") < moment(two, "first"), (one, two)


@when(
    "{events:d} more are dropped while the event about the 7 is being committed, and {later:d} "
    "later"
)
def when_dropped_meanwhile(context: Any, events: int, later: int) -> None:
    assert (events, later) == (2, 1)
    policies.drop_while_telling(context.case)


@then("the second gap begins when the first of its own events was dropped")
def then_begins(context: Any) -> None:
    gap = case_of(context).gaps()[1]
    first, last = (moment(gap, name).timestamp() for name in ("first", "last"))
    assert abs(first - context.case.notes["during"]) < 0.1, gap
    assert last - first >= 0.3, gap


@given(
    "an asynchronous service with on_error='drop' and a timeout of {timeout:g} seconds, whose "
    "database is locked"
)
def given_drop_async(context: Any, timeout: float) -> None:
    case = make(context, on_error="drop", timeout=timeout)
    warm(case)
    case.lock_database()


@given("a synchronous service with on_error='drop', whose database is locked")
def given_drop_sync(context: Any) -> None:
    case = make(context, audit_async=False, on_error="drop")
    warm(case)
    case.lock_database()


@when("the application records {events:d} events")
def when_records(context: Any, events: int) -> None:
    for _ in range(events):
        case_of(context).record()


@when("{threads:d} threads record {events:d} events each, which raises nothing")
def when_threads_record(context: Any, threads: int, events: int) -> None:
    case = case_of(context)
    values(Running([partial(_record, case, events)] * threads).join())
    assert case.raised == []


def _record(case: Case, events: int) -> None:
    for _ in range(events):
        case.record()


@then(
    "within seconds each of the {events:d} receipts tells of DatabaseBusyError, and stats says "
    "that {same:d} are dropped and none is refused"
)
def then_dropped_soon(context: Any, events: int, same: int) -> None:
    for receipt in context.case.receipts:
        assert receipt.settled_within(10), receipt
    then_dropped_busy(context, events, same)


@then(
    "each of the {events:d} receipts tells of DatabaseBusyError, and stats says that {same:d} are "
    "dropped and none is refused"
)
def then_dropped_busy(context: Any, events: int, same: int) -> None:
    case = case_of(context)
    assert events == same
    check_dropped(case, events, DatabaseBusyError)
    stats = case.service.stats()
    assert (stats.refused, stats.queued) == (0, 0), stats


@when("the lock is given back and it records 1 event more")
def when_unlocked_one(context: Any) -> None:
    case = case_of(context)
    case.unlock_database()
    case.record("later")


@then("flush says yes, and the log holds that one event, and a gap of {count:d}")
def then_one_and_gap(context: Any, count: int) -> None:
    case = case_of(context)
    assert case.service.flush(10), case.service.stats()
    check_gap(case, count)
    assert own(case) == ["later", "audit.gap"], own(case)


@given(
    "a synchronous service with on_error='drop' and a timeout of {timeout:g} seconds, whose "
    "commits hang"
)
def given_drop_hanging(context: Any, timeout: float) -> None:
    case = make(context, audit_async=False, on_error="drop", timeout=timeout)
    warm(case)
    case.gate.shut()


@when(
    "{threads:d} threads have their events in one commit that hangs, and {given_up:d} of them give "
    "up waiting"
)
def when_in_one_commit(context: Any, threads: int, given_up: int) -> None:
    case = case_of(context)
    hanging = Running([case.record])
    case.gate.wait_for_leader()

    def hang_again(rows: object) -> None:
        case.gate.after = lambda rows: None
        case.gate.shut()

    case.gate.after = hang_again
    running = Running([case.record] * threads)
    wait_until(lambda: len(case.service._queue) == threads, "all events are queued")
    case.gate.open()
    wait_until(lambda: len(case.service._committer.in_flight()) == threads, "all are taken")
    wait_until(lambda: len(case.receipts) == 1 + given_up, "all but the leader are back")
    context.running = [hanging, running]
    assert case.raised == [], case.raised


@then("stats says that {events:d} are dropped")
def then_stats_dropped(context: Any, events: int) -> None:
    assert context.case.service.stats().dropped == events, context.case.service.stats()


@then("the log holds {events:d} events and no gap, and stats says that 0 are dropped")
def then_all_committed(context: Any, events: int) -> None:
    case = case_of(context)
    for running in context.running:
        values(running.join())
    assert own(case) == ["event"] * events, own(case)
    assert case.service.stats().dropped == 0
    assert all(receipt.place is not None for receipt in case.receipts)


@given("a synchronous service with on_error='drop', whose database refuses the action \"{action}\"")
def given_drop_refusing(context: Any, action: str) -> None:
    case = make(context, audit_async=False, on_error="drop")
    refuse_action(case.url, action)


@then('recording the action "{action}" raises EventRefusedError, and nothing is dropped')
def then_refused(context: Any, action: str) -> None:
    case = case_of(context)
    case.record(action)
    assert [type(error) for error in case.raised] == [EventRefusedError], case.raised
    stats = case.service.stats()
    assert (stats.dropped, stats.refused) == (0, 1), stats


@when("it is closed while the commits hang")
def when_closed_hanging(context: Any) -> None:
    case = case_of(context)
    # Fails, and so comes to an end, as a database does that is away.
    case.gate.before = lambda rows: (_ for _ in ()).throw(RuntimeError("away"))
    case.gate.open()
    case.close(0.5)


@then(
    "the report says that {events:d} are uncommitted, and stats says that {dropped:d} are dropped"
)
def then_close_report(context: Any, events: int, dropped: int) -> None:
    case = case_of(context)
    assert case.report.uncommitted == events, case.report
    assert case.service.stats().dropped == dropped, case.service.stats()


@when("{threads:d} threads record 2,000 events each")
def when_thousands(context: Any, threads: int) -> None:
    case = case_of(context)
    values(Running([partial(_record, case, 2000)] * threads).join())


@when("{threads:d} threads record {events:d} events each through a queue of 20 with on_full='drop'")
def when_small_queue(context: Any, threads: int, events: int) -> None:
    cleanup = ExitStack()
    context.add_cleanup(cleanup.close)
    context.case = Case(context.database_url(), context.tmp / "spool", cleanup)
    context.dropped = policies.record_and_drop(context.case.url, threads, events, 20)


@then("the log's events and what its gaps count are 2,000 together")
def then_together(context: Any) -> None:
    case = case_of(context)
    there = case.actions().count("event")
    told = sum(gap["count"] for gap in case.gaps())
    assert told == context.dropped, (told, context.dropped)
    assert there + told == 2000, (there, told)
    assert there and told, (there, told)


# Hanging ------------------------------------------------------------------------------------------


@given(
    "an asynchronous service with a queue of {size:d} and on_full='drop', whose database is locked"
)
def given_async_locked(context: Any, size: int) -> None:
    case = make(context, queue_size=size, on_full="drop", on_error="raise")
    warm(case)
    case.lock_database()


def make_stopped(context: Any, **options: Any) -> Case:
    case = make(context, context.own_server.new_database(), **options)
    warm(case)
    policies.signal_server(context.own_server.pid, signal.SIGSTOP)
    # Before the service is closed, which is a cleanup as well.
    context.add_cleanup(policies.signal_server, context.own_server.pid, signal.SIGCONT)
    return case


@given(
    "an asynchronous service with a queue of {size:d} and on_full='drop', whose server is stopped "
    "by SIGSTOP"
)
def given_async_stopped(context: Any, size: int) -> None:
    make_stopped(context, queue_size=size, on_full="drop", on_error="raise")


@given("an asynchronous service with a spool, whose server is stopped by SIGSTOP")
def given_spool_stopped(context: Any) -> None:
    make_stopped(context, spool=context.tmp / "spool", on_error="raise")


@then("the median call took less than {middle:g} millisecond, and 99 of 100 less than {slowest:g}")
@then("the median call took less than {middle:g} milliseconds, and 99 of 100 less than {slowest:g}")
def then_latency(context: Any, middle: float, slowest: float) -> None:
    policies.check_latency(context.case.seconds, middle / 1000, slowest / 1000)


@then("1,000 to 2,001 events are in memory, and the others are dropped")
def then_bounded(context: Any) -> None:
    stats = case_of(context).service.stats()
    # A full queue, and a batch that was taken from it.
    assert 1000 <= stats.queued <= 2001, stats
    assert stats.dropped == 5000 - stats.queued, stats


@then("health says degraded")
def then_degraded(context: Any) -> None:
    service = case_of(context).service
    wait_until(lambda: service.health().status == "degraded", "health says degraded")


@when("the lock is given back")
def when_unlocked(context: Any) -> None:
    context.case.unlock_database()


@when("the server goes on")
def when_server_on(context: Any) -> None:
    policies.signal_server(context.own_server.pid, signal.SIGCONT)


@then("flush says yes, and the log holds what was accepted")
def then_accepted(context: Any) -> None:
    case = case_of(context)
    assert case.service.flush(30), case.service.stats()
    accepted = [receipt for receipt in case.receipts if receipt.error is None]
    assert sorted(row.event_id for row in case.rows() if row.action == "event") == sorted(
        str(receipt.event_id) for receipt in accepted
    )


@then("closing it with a timeout of {limit:g} seconds takes less than {most:g} seconds")
def then_closed_in_time(context: Any, limit: float, most: float) -> None:
    _, seconds = timed(partial(context.case.close, limit))
    assert seconds < most, seconds
    assert not context.case.report


@then("nothing is in the log that its receipt does not tell of")
def then_known(context: Any) -> None:
    case = case_of(context)
    # The last commit, for which close() has not waited, is over once its lock is to be had.
    assert case.service._committer.lock.acquire(timeout=20)
    case.service._committer.lock.release()
    placed = {str(receipt.event_id) for receipt in case.receipts if receipt.place is not None}
    found = {row.event_id for row in case.rows() if row.action == "event"}
    assert found <= {str(receipt.event_id) for receipt in case.receipts}
    assert placed <= found


@given("a synchronous service with a timeout of 1 second, whose database is locked")
def given_sync_locked(context: Any) -> None:
    case = make(context, audit_async=False, timeout=1.0, on_error="raise")
    warm(case)
    case.lock_database()


@given(
    "a synchronous service with a timeout of 1 second and a busy_timeout of {busy:g} on {engine}, "
    "whose database is locked"
)
def given_sync_locked_long(context: Any, busy: float, engine: str) -> None:
    options: dict[str, Any] = {"audit_async": False, "timeout": 1.0, "busy_timeout": busy}
    case = make(context, on_error="raise", **options)
    if engine == "an engine given to it":
        bind = sqlalchemy.create_engine(case.url, connect_args={"timeout": busy})
        context.add_cleanup(bind.dispose)
        case.service.close()
        case.start(bind=bind, spool=None, on_error="raise", **options)
    warm(case)
    case.lock_database()


@given("a synchronous service with a timeout of 1 second, whose server is down")
def given_sync_down(context: Any) -> None:
    case = make(
        context,
        context.own_server.new_database(),
        audit_async=False,
        timeout=1.0,
        on_error="raise",
    )
    warm(case)
    context.own_server.stop()


@given("a synchronous service with a timeout of 1 second, whose server is stopped by SIGSTOP")
def given_sync_stopped(context: Any) -> None:
    make_stopped(context, audit_async=False, timeout=1.0, on_error="raise")


@when("{threads:d} threads record at once, and are waited for")
def when_at_once(context: Any, threads: int) -> None:
    context.threads = threads
    case = case_of(context)
    context.running = Running([case.record] * threads)


@then("each of them got an error within {limit:g} seconds, and none of the events is in the log")
def then_errors(context: Any, limit: float) -> None:
    then_each_error(context, limit)
    case = case_of(context)
    case.unlock_database()
    if hasattr(context, "own_server"):
        context.own_server.start()
    assert own(case) == []


@then("each of them got an error within {limit:g} seconds")
def then_each_error(context: Any, limit: float) -> None:
    case = case_of(context)
    wait_until(lambda: len(case.raised) == context.threads, "all are answered", limit)
    assert max(case.seconds) < limit, case.seconds


@then("each of them got an error within {limit:g} seconds, {which}")
def then_all_of_them(context: Any, limit: float, which: str) -> None:
    case = case_of(context)
    wait_until(lambda: len(case.raised) == context.threads, "they are answered", limit)
    kinds = {type(error) for error in case.raised}
    assert kinds <= {AuditTimeoutError, DatabaseUnavailableError}, case.raised
    assert max(case.seconds) < limit, case.seconds
    case.raised.clear()


# Vanishing ----------------------------------------------------------------------------------------


@given("a service on an SQLite file, {mode}")
def given_file(context: Any, mode: str) -> None:
    spool = context.tmp / "spool" if mode == "with a spool" else None
    case = make(context, audit_async=mode != "synchronous", spool=spool)
    warm(case)


@when("the file is {what}")
def when_taken_away(context: Any, what: str) -> None:
    context.path = policies.take_away(context.case.url, what)


@then(
    "within {limit:g} seconds an event is not acknowledged any more, but DatabaseReplacedError is "
    "raised or told"
)
def then_noticed(context: Any, limit: float) -> None:
    case = case_of(context)

    def noticed() -> bool:
        case.record()
        return any(
            isinstance(error, DatabaseReplacedError) for error in (*case.raised, *case.heard)
        )

    wait_until(noticed, "it is noticed", limit)
    committed = case.service.stats().committed
    case.record("after")
    time.sleep(0.1)
    assert case.service.stats().committed == committed, case.service.stats()


@then("health says failed, and names the file")
def then_failed(context: Any) -> None:
    health = context.case.service.health()
    assert health.status == "failed" and str(context.path) in health.reasons[0], health


@when("{events:d} events are recorded while the file is noticed to be deleted")
def when_deleted_noticed(context: Any, events: int) -> None:
    case = case_of(context)
    when_taken_away(context, "deleted")
    case.gate.before = lambda rows: setattr(case.service._backend, "_look_at", 0.0)
    for _ in range(events):
        case.record()
    wait_until(lambda: case.heard, "it is noticed")


@then("{events:d} events are in the spool")
def then_in_spool(context: Any, events: int) -> None:
    case = case_of(context)
    assert case.raised == []
    assert case.service.stats().spooled == events, case.service.stats()
    assert len(case.on_disk(context.tmp)) >= events


# Complaints ---------------------------------------------------------------------------------------


@given('an asynchronous service whose database refuses the action "{action}"')
def given_refusing(context: Any, action: str) -> None:
    case = make(context)
    warm(case)
    refuse_action(case.url, action)


@when('it records the action "{action}" {times:d} times')
def when_refused_often(context: Any, action: str, times: int) -> None:
    case = case_of(context)
    for _ in range(times):
        case.record(action)
    case.service.flush(20)


@then("on_error was called {times:d} times, and the log of indelible was given {most:d} messages")
def then_limited(context: Any, times: int, most: int) -> None:
    case = case_of(context)
    wait_until(lambda: len(case.heard) >= times, "on_error is called")
    assert len(case.heard) == times, len(case.heard)
    assert len(case.logged) == most, case.logged


@when('ten seconds have passed and it records the action "{action}" once more')
def when_later(context: Any, action: str) -> None:
    case = case_of(context)
    case.logged.clear()
    later = time.monotonic() + 11.0
    with mock.patch("indelible.writer.complaints.time") as clock:
        clock.monotonic = lambda: later
        case.record(action)
        case.service.flush(20)


@then(
    "the log of indelible was given {messages:d} messages more, one of which says that {left:d} "
    "were left out"
)
def then_left_out(context: Any, messages: int, left: int) -> None:
    logged = context.case.logged
    # A receipt is settled before anybody is told.
    wait_until(lambda: len(logged) >= messages, "they are logged")
    assert len(logged) == messages, logged
    assert f"{left} more of them were not logged" in logged[0], logged


# Dying --------------------------------------------------------------------------------------------


def leave_threads_unmeasured(context: Any) -> None:
    """Keep coverage's tracer out of threads that are started from now on, until the scenario ends.

    It takes a lock of its own at each new file, which an exception that is raised there would leave
    taken: then every thread of this process waits for it, for ever.
    """
    context.add_cleanup(threading.settrace, threading.gettrace())
    threading.settrace(None)


@contextmanager
def unmeasured() -> Iterator[None]:
    """Keep the tracer out of this thread for a while.

    A traced thread of CPython 3.11 spins, and lets no other one run, while an exception waits for
    another thread to come round to it.
    """
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)


@given("an asynchronous service, without a spool")
def given_async(context: Any) -> None:
    leave_threads_unmeasured(context)
    warm(make(context))


@given("an asynchronous service, with a spool")
def given_async_spool(context: Any) -> None:
    leave_threads_unmeasured(context)
    warm(make(context, spool=context.tmp / "spool"))


@when("its writer thread dies: {how}")
def when_dies(context: Any, how: str) -> None:
    with unmeasured():
        policies.kill_writer(context.case, how)


@then("all receipts get their places within {limit:g} seconds")
def then_places(context: Any, limit: float) -> None:
    case = case_of(context)
    deadline = time.monotonic() + limit
    assert case.receipts
    for receipt in case.receipts:
        assert receipt.wait(max(0.0, deadline - time.monotonic())).log == "audit"


@then("health says degraded, because the thread was started again")
def then_told_health(context: Any) -> None:
    health = context.case.service.health()
    assert health.status == "degraded", health
    assert any("started again, 1 time so far" in reason for reason in health.reasons), health


@then("a quarter of an hour later health says ok, and stats still tells of {what}")
def then_over(context: Any, what: str) -> None:
    service = case_of(context).service
    with mock.patch.object(mishaps, "RECENT_SECONDS", 0.0):
        wait_until(service.health, "health says ok")
    assert mishaps.RECENT_SECONDS == 900, "it is not a quarter of an hour"
    assert not service.health(), "nothing was to be forgotten"
    stats = service.stats()
    assert (stats.restarts, stats.damaged) == ((1, 0) if "thread" in what else (0, 1)), stats


@then("on_error and the log of indelible were told that the thread had ended")
def then_told(context: Any) -> None:
    case = case_of(context)
    assert any("audit-writer has ended" in str(error) for error in case.heard), case.heard
    assert any("audit-writer has ended" in message for message in case.logged), case.logged


@when("a commit raises KeyboardInterrupt")
def when_interrupted(context: Any) -> None:
    case = case_of(context)

    def interrupt(rows: object) -> None:
        case.gate.before = lambda rows: None
        raise KeyboardInterrupt

    case.gate.before = interrupt
    for _ in range(3):
        case.record()


@then("the log of indelible was told of the interruption")
def then_interruption(context: Any) -> None:
    assert any("was interrupted" in message for message in context.case.logged)


@when("{threads:d} threads record while {throws:d} exceptions are raised in the writer thread")
def when_thrown(context: Any, threads: int, throws: int) -> None:
    seed = int.from_bytes(os.urandom(4))
    case = case_of(context)
    try:
        with unmeasured():
            thrown = policies.throw_while_recording(case, threads, throws, seed)
    except AssertionError as error:
        raise AssertionError(f"seed {seed}: {error}") from error
    assert thrown > throws / 2, thrown
    assert case.raised == [], case.raised


@then("each event is in the log once")
def then_once(context: Any) -> None:
    policies.check_each_once(context.case)
