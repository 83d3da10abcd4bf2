"""Steps about a service's life; the logic is in features/support/recording."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import sqlalchemy
from behave import given, then, when

from features.support.recording import faults, modes, stored
from features.support.recording.engines import open_files
from features.support.recording.ledger import Ledger
from features.support.recording.run_program import run_program, run_to_its_end
from features.support.recording.scene import new_scene as make
from features.support.recording.scene import own_engine, refuse_action, use_lent_engine
from features.support.recording.threads import Running, race, values, wait_until
from indelible import (
    AuditService,
    AuditTimeoutError,
    ClosedError,
    ConfigurationError,
    Receipt,
)

if TYPE_CHECKING:
    from behave.runner import Context


assert modes.recording_mode  # Its import makes the type RecordingMode known.


# Making ------------------------------------------------------------------------------------------


@when("a program makes services on databases that exist, do not exist and cannot be reached")
def when_constructed(context: Context) -> None:
    with AuditService(context.database_url()) as service:
        service.record("first", actor="user:1")
    context.output = run_program("exits", ("constructs", context.database_url()))


@then("it has opened no database and no socket, made no file and started no thread")
def then_nothing_done(context: Context) -> None:
    assert "ok" in context.output.splitlines()


# Closing -----------------------------------------------------------------------------------------


@given("a service, {audit_async:RecordingMode}, that has recorded {events:d} events")
def given_recorded(context: Context, audit_async: bool, events: int) -> None:
    scene = make(context, audit_async=audit_async, first=False)
    for _ in range(events):
        assert scene.record("event", wait=True)


@when("it is closed")
def when_closed(context: Context) -> None:
    context.scene.close()


@when("it is closed twice")
def when_closed_twice(context: Context) -> None:
    context.reports = [context.scene.service.close(), context.scene.service.close()]


@then("both calls report that nothing is uncommitted")
def then_both_reports(context: Context) -> None:
    first, second = context.reports
    assert first, first
    assert first is second


@then("the log holds {events:d} events")
def then_log_holds(context: Context, events: int) -> None:
    assert len(stored.check(context.scene.url)) == events


@when("{closers:d} threads close it while {recorders:d} threads record")
def when_many_close(context: Context, closers: int, recorders: int) -> None:
    context.ledger = Ledger()
    scene = context.scene

    def close() -> object:
        wait_until(lambda: len(context.ledger.accepted) >= 10, "some events are recorded")
        return scene.service.close()

    def record() -> None:
        context.ledger.record_until_closed(scene.service, 2_000)

    reports = values(race([*[close] * closers, *[record] * recorders]))[:closers]
    assert all(report is reports[0] for report in reports)
    assert reports[0], reports[0]


@then("each event is committed, or its caller was told that the service is closed")
def then_ledger(context: Context) -> None:
    for receipt in context.scene.receipts:
        context.ledger.accepted[str(receipt.event_id)] = receipt
    assert context.ledger.rejected
    context.ledger.check(context.scene.url)


@then("each of these raises ClosedError: record, get, query, count")
def then_refused(context: Context) -> None:
    service = context.scene.service
    event_id = context.scene.receipts[0].event_id
    for call in (
        lambda: service.record("late", actor="user:1"),
        lambda: service.get(event_id),
        service.query,
        service.count,
    ):
        context.scene.timed(call)
        assert isinstance(context.scene.error, ClosedError), context.scene.error


@then("flush says that nothing is left, and stats says that 1 event is committed")
def then_flush_and_stats(context: Context) -> None:
    assert context.scene.service.flush()
    assert context.scene.service.stats().committed == 1


@then("its engine is disposed and the database file is closed")
def then_file_closed(context: Context) -> None:
    assert context.scene.service._engine is None
    assert not open_files(context.scene.url.removeprefix("sqlite:///"))


@given("an engine of the application's own with {kind}")
def given_own_engine(context: Context, kind: str) -> None:
    context.engine = own_engine(kind, context.database_url())
    context.add_cleanup(context.engine.dispose)
    context.disposals = []
    sqlalchemy.event.listen(context.engine, "engine_disposed", context.disposals.append)


@when("services on it record, read and are closed")
def when_lent(context: Context) -> None:
    use_lent_engine(context.engine)


@then("the engine was not disposed, and works")
def then_not_disposed(context: Context) -> None:
    assert context.disposals == []
    with context.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM audit_event").scalar() == 6


@when("a with block records {events:d} events and raises")
def when_with_block(context: Context, events: int) -> None:
    scene = make(context, audit_async=True, first=False)
    try:
        with scene.service as service:
            assert service is scene.service
            for _ in range(events):
                scene.record()
            raise RuntimeError("in the block")
    except RuntimeError as error:
        assert str(error) == "in the block"


@then("the service is closed and the log holds {events:d} events")
def then_closed_and_holds(context: Context, events: int) -> None:
    assert context.scene.record() is None
    assert isinstance(context.scene.raised[0], ClosedError)
    assert len(stored.check(context.scene.url)) == events


@given("a service, {audit_async:RecordingMode}, whose database is locked by another transaction")
def given_locked(context: Context, audit_async: bool) -> None:
    make(context, audit_async=audit_async).lock_database()


@when("it records {events:d} events and is closed with a timeout of {timeout:g} seconds")
def when_record_and_close(context: Context, events: int, timeout: float) -> None:
    context.scene.record_all(["event"] * events)
    context.scene.close(timeout)


@then("the report says within {seconds:g} seconds that {events:d} events are uncommitted")
def then_report(context: Context, seconds: float, events: int) -> None:
    assert context.scene.seconds < seconds, context.scene.seconds
    assert not context.scene.report
    assert context.scene.report.uncommitted == events


@then("their receipts raise ClosedError, on_error is told, and stats says that {n:d} are dropped")
def then_told(context: Context, n: int) -> None:
    assert len(context.scene.receipts) == n
    for receipt in context.scene.receipts:
        assert isinstance(receipt.error, ClosedError), receipt
    assert [error for error in context.scene.heard if isinstance(error, ClosedError)]
    assert context.scene.service.stats().dropped == n
    assert context.scene.service.stats().queued == 0


@when("it records {n:d} events, is closed, and the lock is given back after {seconds:g} seconds")
def when_closed_and_unlocked(context: Context, n: int, seconds: float) -> None:
    scene = context.scene
    scene.record_all(["event"] * n)
    closing = Running([scene.close])
    time.sleep(seconds)
    scene.unlock_database()
    values(closing.join())


@then("nothing is uncommitted, and the call took less than {seconds:g} seconds")
def then_all_committed(context: Context, seconds: float) -> None:
    assert context.scene.report, context.scene.report
    assert context.scene.seconds < seconds
    context.scene.check_each_once()


@when(
    "it records {events:d} events and is closed while the database fails for {seconds:g} seconds "
    "more"
)
def when_closed_while_failing(context: Context, events: int, seconds: float) -> None:
    context.attempts = faults.fail_for_a_while(context.scene, seconds)
    context.scene.record_all(["event"] * events)
    wait_until(lambda: context.attempts, "a commit has failed")
    context.scene.close(10)


@then("nothing is uncommitted, and it has tried {least:d} to {most:d} times")
def then_attempts(context: Context, least: int, most: int) -> None:
    assert context.scene.report, context.scene.report
    context.scene.check_each_once()
    assert least <= len(context.attempts) <= most, f"{len(context.attempts)} attempts"


@given("a service, {audit_async:RecordingMode}, whose server stops")
def given_stopped(context: Context, audit_async: bool) -> None:
    make(context, url=context.own_server.new_database(), audit_async=audit_async)
    context.own_server.stop()


@given(
    "a service, {audit_async:RecordingMode}, whose server stops, and which waits {timeout:g} "
    "seconds at most"
)
def given_stopped_for_good(context: Context, audit_async: bool, timeout: float) -> None:
    url = context.own_server.new_database()
    make(context, url=url, audit_async=audit_async, timeout=timeout)
    context.own_server.stop()


@given("a service, {audit_async:RecordingMode}, whose server is killed")
def given_killed(context: Context, audit_async: bool) -> None:
    make(context, url=context.own_server.new_database(), audit_async=audit_async)
    context.own_server.kill()


@then("the call took less than {seconds:g} seconds, and nothing is committed")
def then_in_time(context: Context, seconds: float) -> None:
    assert context.scene.seconds < seconds, context.scene.seconds
    assert context.scene.service.stats().committed == 1, "more than the first event is committed"
    context.own_server.start()


@given("a service, {audit_async:RecordingMode}, one of whose threads hangs in a commit")
def given_hanging_commit(context: Context, audit_async: bool) -> None:
    make(context, audit_async=audit_async).hang()


@when("it is closed with a timeout of {timeout:g} seconds")
def when_closed_within(context: Context, timeout: float) -> None:
    context.scene.close(timeout)


@then("the call took less than {seconds:g} seconds, and reports 1 event as uncommitted")
def then_one_uncommitted(context: Context, seconds: float) -> None:
    assert context.scene.seconds < seconds, context.scene.seconds
    assert context.scene.report.uncommitted == 1


@then("the hanging thread gets its answer when the database gives one")
def then_hanging_answered(context: Context) -> None:
    context.scene.gate.open()
    outcome = context.scene.join_hung()
    assert outcome.error is None or isinstance(outcome.error, ClosedError), outcome
    committed = "hanging" in stored.actions(context.scene.url)
    assert committed == (outcome.error is None), outcome


@when("it is closed while a thread reads")
def when_closed_while_reading(context: Context) -> None:
    context.order = faults.close_while_reading(context.scene)


@then("the read ends first, and the database file is closed")
def then_read_first(context: Context) -> None:
    assert context.order == ["read", "closed"], context.order
    assert not open_files(context.scene.url.removeprefix("sqlite:///"))


@given(
    "a service, {audit_async:RecordingMode}, whose queue of {size:d} is full and whose commits hang"
)
def given_full(context: Context, audit_async: bool, size: int) -> None:
    make(context, audit_async=audit_async, queue_size=size).fill_queue()


@when("a thread waits for room and the service is closed with a timeout of {timeout:g} seconds")
def when_closed_while_waiting(context: Context, timeout: float) -> None:
    scene = context.scene
    waiting = Running([lambda: scene.record("waiting")])
    wait_until(lambda: scene.service._queue._waiting, "a thread waits for room")
    scene.close(timeout)
    [context.waited] = waiting.join()


@then("the waiting thread gets ClosedError at once")
def then_waiting_closed(context: Context) -> None:
    [error] = context.scene.raised
    assert isinstance(error, ClosedError), error
    assert context.waited.seconds < 2.0


@when("a program records 50 events asynchronously and {end}")
def when_program_ends(context: Context, end: str) -> None:
    context.url = context.database_url()
    run_to_its_end("exits", (end, context.url))


@then("its log holds these 50 events")
def then_log_of_program(context: Context) -> None:
    actions = [row.action for row in stored.check(context.url)]
    assert actions.count("event") == 50, actions


# flush and receipts ------------------------------------------------------------------------------


@given("a service, {audit_async:RecordingMode}, whose commits hang")
def given_hanging(context: Context, audit_async: bool) -> None:
    make(context, audit_async=audit_async).gate.shut()


@when("it records {events:d} events")
def when_records(context: Context, events: int) -> None:
    context.scene.record_all(["event"] * events)


@then("flush says no after {seconds:g} seconds")
def then_flush_no(context: Context, seconds: float) -> None:
    context.scene.timed(lambda: context.scene.service.flush(seconds))
    assert context.scene.result is False
    assert seconds <= context.scene.seconds < seconds + 1.0


@then("once the commits go on, flush says yes")
def then_flush_yes(context: Context) -> None:
    context.scene.gate.open()
    assert context.scene.service.flush(10)
    assert all(receipt.done for receipt in context.scene.receipts)
    context.scene.check_each_once()


@given('a service, {audit_async:RecordingMode}, whose database refuses the action "{action}"')
def given_refusing(context: Context, audit_async: bool, action: str) -> None:
    scene = make(context, audit_async=audit_async)
    refuse_action(scene.url, action)
    context.pause_commits = scene.gate.shut


@when('it records the actions "{actions}"')
def when_records_actions(context: Context, actions: str) -> None:
    context.scene.gate.shut()
    context.scene.record_all(actions.split(", "))


@then("flush says no, and after that yes")
def then_flush_no_then_yes(context: Context) -> None:
    context.scene.gate.open()
    assert context.scene.service.flush(10) is False
    assert context.scene.service.flush(10) is True


@when("{threads:d} threads record {n:d} events each while {others:d} threads flush without a limit")
def when_flushing(context: Context, threads: int, n: int, others: int) -> None:
    context.flushes = faults.flush_while_recording(context.scene.service, threads, n, others)


@then("every flush has said yes")
def then_flushes_yes(context: Context) -> None:
    assert context.flushes
    assert all(context.flushes), f"{context.flushes.count(False)} said no"


@when("{threads:d} threads wait for the receipt of one event")
def when_waiting(context: Context, threads: int) -> None:
    receipt = context.scene.record()
    context.waiting = Running([receipt.wait] * threads)
    wait_until(lambda: len(receipt._waiters) == threads, "all threads wait")


@then("waiting for it with a limit of {limit:g} seconds raises AuditTimeoutError, again and again")
def then_wait_limit(context: Context, limit: float) -> None:
    [receipt] = context.scene.receipts
    waiters = len(receipt._waiters)
    for _ in range(5):
        context.scene.timed(lambda: receipt.wait(limit))
        assert isinstance(context.scene.error, AuditTimeoutError)
        assert limit <= context.scene.seconds < limit + 0.5
    assert len(receipt._waiters) == waiters, "waiters that have given up are kept"


@then("once the commits go on, all {threads:d} threads get the same place")
def then_same_place(context: Context, threads: int) -> None:
    context.scene.gate.open()
    places = values(context.waiting.join())
    assert len(places) == threads
    assert set(places) == {context.scene.receipts[0].place}


@when("a receipt is woken while a thread waits for it, and settled later")
def when_woken_early(context: Context) -> None:
    context.place = faults.wake_early()


@then("the thread gets the place")
def then_place(context: Context) -> None:
    assert context.place.seq == 7


@then("waiting for a receipt with a limit of {limit:g} {outcome}")
def then_odd_limit(context: Context, limit: float, outcome: str) -> None:
    scene = context.scene
    receipt: Receipt = scene.record()
    scene.timed(lambda: receipt.wait(limit))
    if outcome == "gives the place":
        assert scene.error is None, scene.error
        assert scene.result == receipt.place
    else:
        assert outcome == "raises ConfigurationError"
        assert isinstance(scene.error, ConfigurationError), scene.error


@then("recording with wait=True returns a receipt that is done")
def then_wait_true(context: Context) -> None:
    receipt = context.scene.record(wait=True)
    assert receipt.done
    assert receipt.place is not None
