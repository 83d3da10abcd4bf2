"""Steps about what goes wrong around a service; the logic is in features/support/recording."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from behave import given, then, when

from features.support.recording import faults, modes, stored
from features.support.recording.run_program import run_program
from features.support.recording.scene import Scene, refuse_action
from features.support.recording.scene import new_scene as make
from features.support.recording.threads import Running, values, wait_until
from indelible import AuditTimeoutError, DatabaseBusyError, QueueFullError, StorageError

if TYPE_CHECKING:
    from behave.runner import Context

assert modes.recording_mode  # Its import makes the type RecordingMode known.


# Full queues -------------------------------------------------------------------------------------


@given(
    "a service, {audit_async:RecordingMode}, with on_full='{policy}', whose queue of {size:d} is "
    "full and whose commits hang"
)
def given_full_policy(context: Context, audit_async: bool, policy: str, size: int) -> None:
    scene = make(
        context, audit_async=audit_async, queue_size=size, on_full=policy, block_timeout=0.3
    )
    scene.fill_queue()


@then("recording raises QueueFullError at once, which names the queue's size")
def then_full_at_once(context: Context) -> None:
    scene = context.scene
    scene.timed(lambda: scene.service.record("refused", actor="user:1"))
    assert isinstance(scene.error, QueueFullError), scene.error
    assert scene.error.capacity == 5
    assert "queue_size=5" in str(scene.error)
    assert scene.seconds < 0.2


@then("recording raises QueueFullError after {seconds:g} seconds, which names block_timeout")
def then_full_later(context: Context, seconds: float) -> None:
    scene = context.scene
    scene.timed(lambda: scene.service.record("refused", actor="user:1"))
    assert isinstance(scene.error, QueueFullError), scene.error
    assert f"block_timeout={seconds:g}" in str(scene.error)
    assert seconds <= scene.seconds < seconds + 1.0


@then("once the commits go on, exactly the accepted events are in the log")
def then_accepted(context: Context) -> None:
    scene = context.scene
    scene.gate.open()
    assert scene.service.flush(10)
    assert len(scene.receipts) == 5
    assert scene.join_hung().error is None
    scene.check_each_once()
    assert scene.service.stats().queued == 0


@when("{threads:d} threads wait for room and the commits go on")
def when_room(context: Context, threads: int) -> None:
    scene = context.scene
    waiting = Running([lambda: scene.record("waiting")] * threads)
    wait_until(lambda: len(scene.service._queue._waiting) == threads, "all threads wait for room")
    scene.gate.open()
    values(waiting.join())


@then("all of their events are in the log, each once")
def then_all_waited(context: Context) -> None:
    assert context.scene.raised == []
    assert context.scene.service.flush(10)
    context.scene.check_each_once()


# Errors that no caller sees ----------------------------------------------------------------------


@given(
    'a service, {audit_async:RecordingMode}, whose database refuses the action "{action}" and '
    "whose on_error {hook}"
)
def given_hook(context: Context, audit_async: bool, action: str, hook: str) -> None:
    scene = make(context, audit_async=audit_async)
    refuse_action(scene.url, action)
    scene.hook = faults.hook(scene, hook)
    context.hook = hook


@then(
    "the good ones are in the log, on_error was called with EventRefusedError, and so was the log "
    "of indelible"
)
def then_good_ones(context: Context) -> None:
    context.scene.gate.open()
    context.scene.check_refusal_heard(1)
    wait_until(lambda: not context.scene.service.stats().queued, "the queue is empty")
    good = [action for action in stored.actions(context.scene.url) if action == "good"]
    assert good == ["good", "good"]
    assert "EventRefusedError" in context.scene.log_text()
    if context.hook == "raises":
        assert "the on_error hook raised" in context.scene.log_text()


@then("the good ones are in the log, and on_error was called with EventRefusedError")
def then_good_ones_heard(context: Context) -> None:
    context.scene.gate.open()
    context.scene.check_refusal_heard(1)
    assert context.scene.service.flush(10)
    context.scene.check_actions(["good", "good"])


@then("the service goes on")
def then_goes_on(context: Context) -> None:
    context.scene.check_alive()


@then("the service is closed, and the good events are in the log")
def then_closed_by_hook(context: Context) -> None:
    faults.check_closed_by_hook(context.scene)


@given("a handler of the logger indelible that raises")
def given_raising_handler(context: Context) -> None:
    handler = faults.RaisingHandler()
    logging.getLogger("indelible").addHandler(handler)
    context.add_cleanup(logging.getLogger("indelible").removeHandler, handler)


@when('it records the action "{action}" with the tenant "{tenant}"')
def when_tenant(context: Context, action: str, tenant: str) -> None:
    context.scene.record(action, tenant=tenant)
    context.scene.check_refusal_heard(1)
    # The hook's own error is logged behind it.
    assert context.scene.service.flush(10)


@then('neither the log of indelible nor stats holds "{word}"')
def then_no_leak(context: Context, word: str) -> None:
    assert context.scene.logged
    assert word not in context.scene.log_text()
    assert word not in str(context.scene.service.stats())


@then("stats says that {events:d} events are queued and how long the oldest has waited")
def then_stats_queued(context: Context, events: int) -> None:
    time.sleep(0.05)
    stats = context.scene.service.stats()
    assert (stats.queued, stats.committed) == (events, 1), stats
    assert 0.05 <= stats.oldest_waiting < 10, stats


@then(
    "once the commits go on, stats says {committed:d} committed, 0 refused, 0 dropped, "
    "and some batches"
)
def then_stats_committed(context: Context, committed: int) -> None:
    context.scene.gate.open()
    assert context.scene.service.flush(10)
    stats = context.scene.service.stats()
    assert (stats.queued, stats.refused, stats.dropped) == (0, 0, 0), stats
    assert stats.committed == committed + 1, stats
    assert stats.batches == 1 + len(context.scene.gate.batches)
    assert stats.last_error is None
    assert stats.oldest_waiting is None


# Errors that pass --------------------------------------------------------------------------------


@when("it records {events:d} events and the lock is given back after {seconds:g} seconds")
def when_unlocked(context: Context, events: int, seconds: float) -> None:
    context.scene.record_all(["event"] * events)
    time.sleep(seconds)
    assert context.scene.service.stats().queued == events
    context.scene.unlock_database()


@then("flush says yes, and each event is in the log once")
def then_flushed_once(context: Context) -> None:
    assert context.scene.service.flush(20), context.scene.service.stats()
    context.scene.check_each_once()


def _check_busy(scene: Scene, seconds: float) -> None:
    assert isinstance(scene.error, DatabaseBusyError), scene.error
    assert scene.error.__cause__ is not None
    for way in ("If it is your own, end it first", "audit_async=True", "a database of its own"):
        assert way in str(scene.error), scene.error
    assert scene.seconds < seconds, scene.seconds


@then("recording raises DatabaseBusyError within {seconds:g} seconds, and names the ways out")
def then_busy(context: Context, seconds: float) -> None:
    scene = context.scene
    scene.timed(lambda: scene.service.record("busy", actor="user:1"))
    _check_busy(scene, seconds)


@then("when the lock is given back, recording succeeds at once")
def then_not_busy(context: Context) -> None:
    context.scene.unlock_database()
    context.scene.timed(context.scene.check_alive)
    assert context.scene.error is None, context.scene.error
    assert context.scene.seconds < 1.0
    context.scene.check_actions(["alive"])


@then(
    "recording inside a transaction of the caller's own on the same file raises DatabaseBusyError "
    "within {seconds:g} seconds"
)
def then_own_transaction(context: Context, seconds: float) -> None:
    faults.record_inside_own_transaction(context.scene)
    _check_busy(context.scene, seconds)


@then("recording after that transaction succeeds")
def then_after_transaction(context: Context) -> None:
    context.scene.check_alive()


@given("a new database file that another connection has locked")
def given_new_locked(context: Context) -> None:
    scene = make(context, audit_async=False, first=False, busy_timeout=0.5)
    scene.lock_database()


@then("the first query raises DatabaseBusyError within {seconds:g} seconds")
def then_first_query(context: Context, seconds: float) -> None:
    context.scene.timed(context.scene.service.query)
    _check_busy(context.scene, seconds)


@when("it records {events:d} events, and the server starts again")
def when_restarted(context: Context, events: int) -> None:
    context.scene.record_all(["event"] * events)
    wait_until(lambda: context.scene.heard, "on_error is told that the database is gone")
    context.own_server.start()


@when("{threads:d} threads record, and the server starts again")
def when_restarted_sync(context: Context, threads: int) -> None:
    running = Running([context.scene.record] * threads)
    wait_until(lambda: context.scene.service.stats().last_error, "a commit has failed")
    context.own_server.start()
    values(running.join())


@then("all of them have their place, and each event is in the log once")
def then_all_places(context: Context) -> None:
    assert context.scene.raised == [], context.scene.raised
    context.scene.check_each_once()


@given("a service, {audit_async:RecordingMode}, whose last commit of many events took 1 second")
def given_slow_commit(context: Context, audit_async: bool) -> None:
    faults.commit_many_slowly(make(context, audit_async=audit_async), seconds=1.0)


@then("recording takes less than {seconds:g} seconds")
def then_quick(context: Context, seconds: float) -> None:
    context.scene.timed(context.scene.check_alive)
    assert context.scene.error is None
    assert context.scene.seconds < seconds, context.scene.seconds


@given(
    "a service, {audit_async:RecordingMode}, with a timeout of {timeout:g} seconds, whose commits "
    "hang"
)
def given_timeout(context: Context, audit_async: bool, timeout: float) -> None:
    make(context, audit_async=audit_async, timeout=timeout).hang()


@when("{threads:d} thread records behind the one that hangs")
def when_behind_hanging(context: Context, threads: int) -> None:
    context.outcomes = Running([context.scene.record] * threads).join()


@when("{threads:d} threads have their events in one commit that hangs")
def when_in_hanging(context: Context, threads: int) -> None:
    context.running = faults.hang_together(context.scene, threads)
    wait_until(lambda: len(context.scene.raised) == threads - 1, "all but the leader give up")


@then(
    "it gets AuditTimeoutError after {seconds:g} seconds, which says that the event is not in the "
    "log"
)
def then_withdrawn(context: Context, seconds: float) -> None:
    [error] = context.scene.raised
    assert isinstance(error, AuditTimeoutError), error
    assert "is not in the log" in str(error)
    assert seconds <= context.outcomes[0].seconds < seconds + 1.5


@then(
    "two of them get AuditTimeoutError after {seconds:g} seconds, which names the event_id to "
    "record again"
)
def then_unknown(context: Context, seconds: float) -> None:
    assert len(context.scene.raised) == 2
    for error in context.scene.raised:
        assert isinstance(error, AuditTimeoutError), error
        assert "unknown" in str(error)
    context.named = [str(error).split("event_id=")[1][:36] for error in context.scene.raised]


@then("once the commits go on, {events:d} of these events are in the log")
def then_of_these(context: Context, events: int) -> None:
    context.scene.gate.open()
    assert context.scene.join_hung().error is None
    if events:
        context.running.join()
        assert set(context.named) < stored.ids(context.scene.url)
    context.scene.check_alive()
    assert stored.actions(context.scene.url).count("event") == events
    stored.check(context.scene.url)


# Interruptions -----------------------------------------------------------------------------------


@given("a service, {audit_async:RecordingMode}, whose leader is interrupted {moment}")
def given_interrupted(context: Context, audit_async: bool, moment: str) -> None:
    faults.interrupt_leader(make(context, audit_async=audit_async), moment)


@when("{threads:d} threads record at once")
def when_record_at_once(context: Context, threads: int) -> None:
    context.outcomes = faults.record_behind_a_leader(context.scene, threads)


@then("the leader has raised KeyboardInterrupt and all others have their place")
def then_leader_interrupted(context: Context) -> None:
    errors = [outcome.error for outcome in context.outcomes if outcome.error is not None]
    assert [type(error) for error in errors] == [KeyboardInterrupt], errors
    assert len(context.scene.receipts) == len(context.outcomes) - 1
    assert all(outcome.seconds < 5 for outcome in context.outcomes)


@then("each event is in the log once, and the next one follows")
def then_interrupted_once(context: Context) -> None:
    faults.check_after_interrupt(context.scene)


@when("a program's main thread is interrupted again and again while others record")
def when_interrupted(context: Context) -> None:
    case = ("is interrupted again and again", context.database_url())
    context.output = run_program("signals", case, measured=False)


@then("it reports that nothing has gone wrong")
def then_program_ok(context: Context) -> None:
    assert "ok" in context.output.splitlines()


# Recording anywhere ------------------------------------------------------------------------------


@when("a program also records in these places")
def when_anywhere(context: Context) -> None:
    cases = [(f"{row['place']}, {row['mode']}", context.new_database()) for row in context.table]
    # Coverage's tracer takes a lock at each new line, which a signal handler would find held by its
    # own thread.
    measured = not any("signal handler" in place for place, _ in cases)
    context.output = run_program("signals", *cases, measured=measured)


@when("a program forks, and parent and child import indelible only then")
def when_import_in_child(context: Context) -> None:
    context.output = run_program("late_import", ("forks", context.database_url()))


# In memory ---------------------------------------------------------------------------------------


@given("a service, {audit_async:RecordingMode}, on a log in memory")
def given_memory(context: Context, audit_async: bool) -> None:
    make(context, url="sqlite://", audit_async=audit_async, first=False)


@when("{threads:d} threads record {events:d} events each while {readers:d} threads read")
def when_memory(context: Context, threads: int, events: int, readers: int) -> None:
    faults.use_in_memory(context.scene.service, threads, events, readers)


@then("the log holds {events:d} events, and no thread has failed")
def then_memory(context: Context, events: int) -> None:
    assert context.scene.service.count() == events


@when("it records an event while a logging handler queries the log inside the commit")
def when_query_inside(context: Context) -> None:
    context.query_error = faults.query_inside_a_commit(context.scene)


@then("the query has raised StorageError, and the event is in the log")
def then_query_refused(context: Context) -> None:
    assert isinstance(context.query_error, StorageError), context.query_error
    [receipt] = context.scene.receipts
    assert context.scene.service.get(receipt.event_id) is not None
    context.scene.check_alive()
