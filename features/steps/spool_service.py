"""Steps about a service with a spool; the logic is in features/support/spooling."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections import defaultdict
from contextlib import ExitStack
from functools import partial
from typing import Any
from uuid import uuid4

from behave import given, then, when

from features.support.recording import modes, stored
from features.support.recording.batches import check_order, record_in_threads
from features.support.recording.scene import refuse_action
from features.support.recording.threads import Running, values, wait_until
from features.support.spooling import damages, filling, killing
from features.support.spooling.cases import Case, timed
from features.support.spooling.syncs import failing_syncs
from indelible import ClosedError, EventRefusedError
from indelible.spool import SpoolError, SpoolFullError, SpoolLostError, SpoolMismatchError

assert modes.recording_mode  # Its import makes the type RecordingMode known.


def make(context: Any, url: str | None = None) -> Case:
    cleanup = ExitStack()
    context.add_cleanup(cleanup.close)
    case = Case(url or context.database_url(), context.tmp / "spool", cleanup)
    context.case = case
    return case


def case_of(context: Any) -> Case:
    case: Case = context.case
    return case


# Acknowledged -------------------------------------------------------------------------------------


@given("a service with a spool")
def given_service(context: Any) -> None:
    make(context).start()


@given("a service with a spool, whose commits hang")
def given_hanging(context: Any) -> None:
    case = make(context)
    case.start()
    case.gate.shut()


@given("a service with a spool, whose database is locked")
def given_locked(context: Any) -> None:
    case = make(context)
    case.lock_database()
    case.start()


@given("a service with a spool, whose server {ends}")
def given_without_server(context: Any, ends: str) -> None:
    case = make(context, context.own_server.new_database())
    case.start()
    if ends == "stops":
        context.own_server.stop()
    else:
        context.own_server.kill()


@when("it records {events:d} numbered events")
def when_recorded(context: Any, events: int) -> None:
    case = case_of(context)
    case.record_steps(events)
    assert case.raised == []


@then("a copy of the spool's files holds these {events:d} events, and the log none")
def then_on_disk(context: Any, events: int) -> None:
    case = case_of(context)
    assert case.on_disk(context.tmp) == [f"{step:05}" for step in range(events)]
    assert case.actions() == []


@then("stats says that {events:d} events are spooled and queued, and no receipt is settled")
def then_spooled(context: Any, events: int) -> None:
    case = case_of(context)
    stats = case.service.stats()
    assert (stats.spooled, stats.queued, stats.committed) == (events, events, 0), stats
    assert stats.oldest_waiting is not None and 0 <= stats.oldest_waiting < 60, stats
    assert not any(receipt.done for receipt in case.receipts)


@then("the spool's files are for their owner alone")
def then_private(context: Any) -> None:
    paths = [context.case.directory, *context.case.files("*")]
    assert len(paths) > 3, paths
    for path in paths:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), (path, oct(mode))


@when("{threads:d} threads record {events:d} events each, and it is flushed")
def when_threads(context: Any, threads: int, events: int) -> None:
    case = case_of(context)
    record_in_threads(case.service, threads, events)
    case.record("last", actor="user:last")
    assert case.service.flush(30), case.service.stats()


@then("each thread's {events:d} events are in the log, in order")
def then_threads(context: Any, events: int) -> None:
    rows = case_of(context).rows()
    check_order([row for row in rows if row.action.isdigit()], 4, events)


@then("each receipt tells the place of its event")
def then_places(context: Any) -> None:
    case_of(context).check_receipts()


@then("once it is closed, nothing is left in the spool's directory")
def then_empty(context: Any) -> None:
    case = case_of(context)
    case.close()
    assert case.report, case.report
    assert case.report.spooled == 0
    assert list(case.directory.iterdir()) == []
    assert case.service.stats().spooled == 0


@when("it records the same event id {times:d} times, and once more when the commits go on")
def when_same_id(context: Any, times: int) -> None:
    case = case_of(context)
    event_id = str(uuid4())
    for _ in range(times):
        case.record("same", event_id=event_id)
    case.gate.open()
    assert case.service.flush(10)
    case.record("same", event_id=event_id)
    assert case.service.flush(10)


@then("the log holds that event once, and all receipts tell its place")
def then_same_place(context: Any) -> None:
    case = case_of(context)
    assert case.actions() == ["same"]
    assert [receipt.wait(5).seq for receipt in case.receipts] == [1] * 4


@then("no call took long, and flush says no")
def then_quick(context: Any) -> None:
    case = case_of(context)
    assert max(case.seconds) < 1.0, case.seconds
    assert sorted(case.seconds)[len(case.seconds) // 2] < 0.05, case.seconds
    assert not case.service.flush(0.2)


@when("it is closed with a timeout of {seconds:g} seconds, and its spool with it")
def when_closed_spool(context: Any, seconds: float) -> None:
    case_of(context).close(seconds)


@then(
    "the report says that {events:d} events are uncommitted and spooled, and their receipts raise "
    "ClosedError"
)
def then_report(context: Any, events: int) -> None:
    case = case_of(context)
    assert (case.report.uncommitted, case.report.spooled) == (events, events), case.report
    assert not case.report
    assert case.service.stats().dropped == 0, case.service.stats()
    assert case.service.stats().spooled == events, case.service.stats()
    assert len(case.receipts) == events
    for receipt in case.receipts:
        error, _ = timed(partial(receipt.wait, 1))
        assert isinstance(error, ClosedError) and "is in the spool" in str(error), error
    assert any("in the spool" in message for message in case.logged), case.logged


@when("the database is unlocked, and the next service drains the spool")
def when_next_unlocked(context: Any) -> None:
    context.case.unlock_database()
    when_next(context)


@when("the server starts, and the next service drains the spool")
def when_next_started(context: Any) -> None:
    context.own_server.start()
    when_next(context)


@when("the next service drains the spool")
def when_next(context: Any) -> None:
    service = case_of(context).start()
    assert service.drain_spool(20), service.stats()


@when("the server starts, and it is flushed")
def when_started(context: Any) -> None:
    context.own_server.start()
    assert context.case.service.flush(20), context.case.service.stats()


@then("the log holds the {events:d} numbered events, in order")
def then_steps(context: Any, events: int) -> None:
    case_of(context).check_steps(events)


# Processes ----------------------------------------------------------------------------------------


@when("{rounds:d} processes are killed while 8 threads record, with the database {reach}")
def when_killed(context: Any, rounds: int, reach: str) -> None:
    seed = int.from_bytes(os.urandom(4))
    try:
        context.total = killing.kill_while_recording(
            make(context), rounds, reachable=reach == "within reach", seed=seed
        )
    except AssertionError as error:
        raise AssertionError(f"seed {seed}: {error}") from error


@then("nothing that they acknowledged is lost, invented, doubled or out of order")
def then_ledger(context: Any) -> None:
    # The comparison was made after each kill; this is that there was something to compare.
    assert context.total > 100, context.total


@then("a process that lives delivers within seconds what one that is killed has left")
def then_taken_over(context: Any) -> None:
    case = make(context)
    killing.take_over(case)
    assert case.actions() == ["living", *(f"{step:05}" for step in range(5))]


@then("a process that lives takes over from one that was killed, though the fork of that lives on")
def then_parent_dead(context: Any) -> None:
    case = make(context)
    killing.outlived_by_its_child(case)
    assert case.actions() == ["living", *(f"{step:05}" for step in range(5))]


@when("a process with a spool forks: {program}")
def when_forks(context: Any, program: str) -> None:
    context.counts = killing.run_to_its_end(make(context), program)


@when("a signal handler records wherever it interrupts its own thread, which records as well")
def when_signals(context: Any) -> None:
    context.counts = killing.run_to_its_end(make(context), "interrupted")


@then("nobody waits for ever, and the log holds each event once")
def then_signals(context: Any) -> None:
    assert context.counts == {}, context.counts
    assert not [path for path in context.case.files("*") if path.parent != context.case.directory]


@then("the log holds each of its and its children's events once: {events}")
def then_forked(context: Any, events: str) -> None:
    expected = {name: int(count) for name, count in (part.split() for part in events.split(", "))}
    found = {name: count for name, count in context.counts.items() if count}
    assert found == expected, found
    assert list(context.case.directory.iterdir()) == []


# Syncs that fail ----------------------------------------------------------------------------------


@given("a service with a spool, whose commits hang and whose disk's syncs can be made to fail")
def given_syncs(context: Any) -> None:
    cleanup = ExitStack()
    context.add_cleanup(cleanup.close)
    context.syncs = cleanup.enter_context(failing_syncs())
    case = make(context)
    case.start()
    case.gate.shut()


@when("the next sync fails, and it records {events:d} more")
def when_one_fails(context: Any, events: int) -> None:
    context.syncs.fail_once()
    case_of(context).record_steps(events, begin=3)
    assert context.syncs.failed, "no sync has failed"


@then("all of the {events:d} are acknowledged, and on_error was told of the disk")
def then_all_acknowledged(context: Any, events: int) -> None:
    case = case_of(context)
    assert case.raised == [] and len(case.receipts) == events, case.raised
    [told] = case.heard
    assert isinstance(told, SpoolError) and "The disk reports an error" in str(told), told


@then("no file was synced again on which a sync had failed, and its file is gone")
def then_not_again_gone(context: Any) -> None:
    then_not_again(context)
    inodes = {path.stat().st_ino for path in case_of(context).files("*")}
    assert not inodes & context.syncs.failed


@then("no file was synced again on which a sync had failed")
def then_not_again(context: Any) -> None:
    assert context.syncs.failed, "no sync has failed"
    assert context.syncs.again == [], context.syncs


@when("all syncs fail, and it records {events:d} more")
def when_all_fail(context: Any, events: int) -> None:
    context.syncs.fails = lambda: True
    for _ in range(events):
        case_of(context).record("refused")


@then("each of these {events:d} raises SpoolError, which says what the disk reports")
def then_each_raises(context: Any, events: int) -> None:
    raised = case_of(context).raised
    assert [type(error) for error in raised] == [SpoolError] * events, raised
    assert all("The disk reports an error" in str(error) for error in raised), raised


@when("the disk works again, and it records {events:d} more")
def when_works(context: Any, events: int) -> None:
    context.syncs.fails = lambda: False
    case_of(context).record_steps(events, begin=3)


@then("both are acknowledged")
def then_both(context: Any) -> None:
    assert len(case_of(context).receipts) == 5, case_of(context).raised


@when("the commits go on with the spool")
def when_spool_goes_on(context: Any) -> None:
    context.syncs.fails = lambda: False
    case_of(context).gate.open()
    assert case_of(context).service.flush(20), case_of(context).service.stats()


@then("the log holds the {events:d} acknowledged events, in order, and none of the others")
def then_acknowledged_alone(context: Any, events: int) -> None:
    case_of(context).check_steps(events)


@when("{threads:d} threads record {events:d} events each while every third sync fails")
def when_third_fails(context: Any, threads: int, events: int) -> None:
    syncs, case = context.syncs, case_of(context)
    # Making the spool takes three syncs, so that it would never be made below.
    case.record("00000", actor="thread:first")
    syncs.fails = lambda: syncs.calls % 3 == 0
    context.acknowledged = defaultdict(list, {"thread:first": ["00000"]})

    def record(number: int) -> None:
        for step in range(events):
            receipt = case.record(f"{step:05}", actor=f"thread:{number}")
            if receipt is not None:
                context.acknowledged[f"thread:{number}"].append(f"{step:05}")

    values(Running([partial(record, number) for number in range(threads)]).join())


@then("the log holds what was acknowledged to each thread, in its order, and nothing else")
def then_threads_acknowledged(context: Any) -> None:
    found = defaultdict(list)
    for row in case_of(context).rows():
        found[row.actor].append(row.action)
    assert found == context.acknowledged
    assert sum(map(len, found.values())) >= 200, case_of(context).raised[-2:]


# What cannot be delivered -------------------------------------------------------------------------


@given("a spool that a dead process of another log has left")
def given_other_log(context: Any) -> None:
    case = make(context)
    context.other = damages.left_by(case.directory, ["other"], origin="other")


@when("a service with a spool records an event")
def when_one(context: Any) -> None:
    case_of(context).start()
    context.case.record("mine")


@then("it raises SpoolMismatchError, which names both logs")
def then_mismatch(context: Any) -> None:
    [error] = context.case.raised
    assert isinstance(error, SpoolMismatchError), error
    assert (error.found, error.wanted) == ("other", "audit"), vars(error)
    assert "other" in str(error) and "audit" in str(error)


@then("the other log's spool is as it was")
def then_other_untouched(context: Any) -> None:
    assert context.other.is_dir()
    assert list(context.case.directory.iterdir()) == [context.other]
    assert damages.contents(context.other, origin="other") == ["other"]


@given(
    "a spool of {events:d} numbered events that a dead process has left, with number {step:d} "
    "damaged"
)
def given_damaged(context: Any, events: int, step: int) -> None:
    case = make(context)
    context.spool = damages.left_by(case.directory, [f"{number:05}" for number in range(events)])
    damages.damage(context.spool, [f"{step:05}"])
    context.damaged_copy = context.tmp / "damaged"
    shutil.copytree(context.spool, context.damaged_copy)


@given("a spool of {events:d} numbered events that a dead process has left, all of them damaged")
def given_all_damaged(context: Any, events: int) -> None:
    case = make(context)
    actions = [f"{number:05}" for number in range(events)]
    context.spool = damages.left_by(case.directory, actions)
    damages.damage(context.spool, actions)


@given(
    "a spool of {events:d} numbered events that a dead process has left, and before number "
    "{step:d} a record {which}"
)
def given_junk(context: Any, events: int, step: int, which: str) -> None:
    case = make(context)
    actions = [f"{number:05}" for number in range(events)]
    context.spool, context.junk = damages.left_with_junk(case.directory, actions, step, which)


@then("the log holds the {events:d} in order, and one event that tells of the record")
def then_all_but_junk(context: Any, events: int) -> None:
    case = case_of(context)
    case.check_steps(events, ["audit.spool.damaged"])
    damages.check_told(case, lost=1)
    [damage] = [error for error in case.heard if "no event" in str(error)]
    assert "costs 1 event;" in str(damage), damage


@then("the record is kept in a .bad file")
def then_junk_kept(context: Any) -> None:
    wait_until(lambda: not context.spool.exists(), "the spool is done with")
    [bad] = context.case.files("*.bad")
    assert damages.bad_bytes(bad) == context.junk


@given("a spool that a dead process has left, and that is {which}")
def given_hindrance(context: Any, which: str) -> None:
    case = make(context)
    origin = "other" if which == "another log's" else "audit"
    context.other = damages.left_by(case.directory, ["other"], origin=origin)
    if which == "unreadable":
        damages.make_newer(context.other)


@given("beside it one of {events:d} numbered events of this log")
def given_beside(context: Any, events: int) -> None:
    actions = [f"{number:05}" for number in range(events)]
    damages.left_by(case_of(context).directory, actions)


@then("draining it says no in time, and {kind} was told to on_error")
def then_says_no(context: Any, kind: str) -> None:
    case = case_of(context)
    said, seconds = timed(partial(case.start().drain_spool, 30))
    assert said is False, said
    assert seconds < 20, seconds
    assert {type(error).__name__ for error in case.heard} == {kind}, case.heard


@when("the damaged spool is there again, and the next service drains it")
def when_damaged_again(context: Any) -> None:
    context.case.close()
    shutil.copytree(context.damaged_copy, context.spool)
    when_next(context)


@then("the log holds the other 9, in order, and one event that tells of the damage")
def then_undamaged(context: Any) -> None:
    wait_until(lambda: len(context.case.actions()) == 10, "all is delivered")
    damages.check_told(context.case, lost=1)
    digits = [action for action in context.case.actions() if action.isdigit()]
    assert digits == [f"{step:05}" for step in range(10) if step != 4], digits


@then("the damaged bytes are in a .bad file, and health says degraded")
def then_bad(context: Any) -> None:
    case = case_of(context)
    wait_until(lambda: not context.spool.exists(), "the spool is done with")
    [bad] = case.files("*.bad")
    assert b"00004" in damages.bad_bytes(bad), "the damaged event is not there"
    health = case.service.health()
    assert health.status == "degraded" and "1 place" in health.reasons[0], health
    assert any("is damaged" in str(error) for error in case.heard), case.heard


@then("the log holds one event that tells of {lost:d} lost events, and the spool is gone")
def then_all_lost(context: Any, lost: int) -> None:
    damages.check_told(context.case, lost=lost)
    wait_until(lambda: not context.spool.exists(), "the spool is done with")
    assert not [action for action in context.case.actions() if action.isdigit()]


@given('a service with a spool, whose database refuses the action "{action}"')
def given_refusing(context: Any, action: str) -> None:
    case = make(context)
    refuse_action(case.url, action)
    case.start()


@when('it records the actions "{actions}", and is flushed')
def when_actions(context: Any, actions: str) -> None:
    case = case_of(context)
    case.gate.shut()
    for action in actions.split(", "):
        case.record(action)
    flushing = Running([partial(case.service.flush, 10)])
    wait_until(lambda: case.gate._waiting, "a commit stands before the gate")
    case.gate.open()
    [context.said] = values(flushing.join())


@then('flush said no, and the log holds the actions "{actions}"')
def then_said_no(context: Any, actions: str) -> None:
    assert context.said is False
    assert context.case.actions() == actions.split(", ")


@then(
    "the refused event is in a file for its owner alone, its receipt raises EventRefusedError, and "
    "on_error was told"
)
def then_refused_kept(context: Any) -> None:
    case = case_of(context)
    [path] = case.files("*.refused")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    refused = [receipt for receipt in case.receipts if receipt.place is None]
    [line] = damages.json_lines(path)
    assert [line["event_id"]] == [str(receipt.event_id) for receipt in refused]
    assert line["action"] == "bad" and '"action":"bad"' in line["body"], line
    assert "refused" in line["refused"], line
    error, _ = timed(partial(refused[0].wait, 5))
    assert isinstance(error, EventRefusedError), error
    assert [type(heard) for heard in case.heard] == [EventRefusedError], case.heard
    assert case.service.stats().refused == 1


@then("flush says yes, and once it is closed, only that file is left")
def then_only_refused(context: Any) -> None:
    case = case_of(context)
    assert case.service.flush(5)
    case.close()
    assert case.report, case.report
    assert [path.suffix for path in case.directory.iterdir()] == [".refused"]


@when("the spool's directory is deleted")
def when_deleted(context: Any) -> None:
    shutil.rmtree(context.case.directory)


@given("a service with a spool, whose commits hang before they have looked at the spool")
def given_hanging_before(context: Any) -> None:
    case = make(context)
    case.start()
    lock = ExitStack()
    lock.enter_context(case.service._committer.lock)
    case.notes["lock"] = lock


@then("health says failed, and recording raises SpoolLostError")
def then_lost(context: Any) -> None:
    case = case_of(context)
    health = case.service.health()
    assert health.status == "failed" and "deleted" in health.reasons[0], health
    case.record("refused")
    [error] = case.raised
    assert isinstance(error, SpoolLostError), error


@then(
    "the next event is taken, and once the commits go on, flush says yes and the log holds all "
    "that were taken"
)
def then_recovered(context: Any) -> None:
    case = case_of(context)
    assert case.record("00005") is not None
    case.gate.open()
    if "lock" in case.notes:
        case.notes["lock"].close()
    assert case.service.flush(10), case.service.stats()
    case.check_steps(6)
    case.check_receipts()


@then("health still says failed")
def then_still_failed(context: Any) -> None:
    assert context.case.service.health().status == "failed"


# Full ---------------------------------------------------------------------------------------------


@given(
    "a service, {audit_async:RecordingMode}, with a spool of 1 MiB and on_full='{policy}', whose "
    "database is locked"
)
def given_small(context: Any, audit_async: bool, policy: str) -> None:
    case = make(context)
    case.lock_database()
    more: dict[str, Any] = {} if audit_async else {"on_error": "spool"}
    case.start(
        audit_async=audit_async,
        on_full=policy,
        spool_max_bytes=1024 * 1024,
        block_timeout=0.3,
        **more,
    )
    case.notes["policy"] = policy


@when("it records until the spool is full")
def when_filled(context: Any) -> None:
    filling.fill(context.case)


@then("recording raises SpoolFullError at once")
def then_full_at_once(context: Any) -> None:
    error, seconds = timed(partial(filling.record_one, context.case))
    assert isinstance(error, SpoolFullError), error
    assert seconds < 0.25, seconds


@then("recording raises SpoolFullError after {limit:g} seconds")
def then_full_later(context: Any, limit: float) -> None:
    error, seconds = timed(partial(filling.record_one, context.case))
    assert isinstance(error, SpoolFullError), error
    assert limit <= seconds < limit + 1.0, seconds


@then("{events:d} further events are dropped and counted")
def then_dropped(context: Any, events: int) -> None:
    case = case_of(context)
    before = case.service.stats().dropped
    for _ in range(events):
        receipt = filling.record_one(case)
        assert isinstance(receipt.error, SpoolFullError), receipt
    stats = case.service.stats()
    assert before == 1 and stats.dropped == before + events, (before, stats)
    assert "does not tell yet" in " ".join(case.service.health().reasons), case.service.health()


@when("the database is unlocked")
def when_unlocked(context: Any) -> None:
    context.case.unlock_database()


@then("flush says yes, the log holds what was accepted, and {gap}")
def then_accepted(context: Any, gap: str) -> None:
    case = case_of(context)
    assert case.service.flush(20), case.service.stats()
    dropped = case.service.stats().dropped
    wait_until(lambda: len(case.gaps()) == (1 if dropped else 0), "the gap is told")
    filling.check_accepted(case)
    assert (gap == "no gap") == (dropped == 0), dropped
    assert [told["count"] for told in case.gaps()] == ([dropped] if dropped else [])


@when("{threads:d} threads wait for room in the spool while the database is unlocked")
def when_waiting(context: Any, threads: int) -> None:
    case = case_of(context)
    case.service._block_timeout = 15.0
    running = Running([partial(filling.record_one, case)] * threads)
    time.sleep(0.3)
    case.unlock_database()
    case.receipts += values(running.join())


@then("all of them have recorded, and the log holds what was accepted")
def then_all_recorded(context: Any) -> None:
    case = case_of(context)
    assert case.service.flush(20), case.service.stats()
    filling.check_accepted(case)


@when("{threads:d} threads record 60,000 bytes each in one group")
def when_group(context: Any, threads: int) -> None:
    context.outcomes = filling.record_group(context.case, threads)


@then("at least {some:d} of them were accepted, and the others got SpoolFullError")
def then_some(context: Any, some: int) -> None:
    accepted = [outcome for outcome in context.outcomes if outcome.error is None]
    errors = [outcome.error for outcome in context.outcomes if outcome.error is not None]
    assert some <= len(accepted) < len(context.outcomes), (len(accepted), errors)
    assert all(isinstance(error, SpoolFullError) for error in errors), errors
    case = case_of(context)
    case.unlock_database()
    assert case.service.flush(20)
    assert len(case.actions()) == len(accepted)


@given("a service with a queue of {size:d} and on_full='spool', whose commits hang")
def given_overflow(context: Any, size: int) -> None:
    case = make(context)
    case.start(queue_size=size, on_full="spool", batch_size=1)
    case.gate.shut()
    case.notes["size"] = size


@given("a service with a queue of {size:d} and on_full='spool', whose database is locked")
def given_overflow_locked(context: Any, size: int) -> None:
    case = make(context)
    case.lock_database()
    case.start(queue_size=size, on_full="spool")


@when("{threads:d} threads record {events:d} events each")
def when_threads_only(context: Any, threads: int, events: int) -> None:
    record_in_threads(context.case.service, threads, events)
    context.threads = threads


@when("{threads:d} threads record {events:d} events each while each commit takes a moment")
def when_threads_slowly(context: Any, threads: int, events: int) -> None:
    case = case_of(context)
    # So the queue has room now and then, while earlier events are still in the spool.
    case.gate.before = lambda rows: time.sleep(0.002)
    case.gate.open()
    when_threads_only(context, threads, events)
    assert case.service.stats().spooled, "nothing has gone into the spool"


@then("at most {most:d} of them are in memory, and the others are in the spool")
def then_overflowed(context: Any, most: int) -> None:
    stats = context.case.service.stats()
    assert stats.queued == 80, stats
    # Two threads that put at the same moment may exceed the bound by one.
    assert 0 < stats.queued - stats.spooled <= most + 1, stats
    assert len(context.case.on_disk(context.tmp)) == stats.spooled


@then("once the commits go on, each thread's {events:d} events are in the log, in order")
def then_overflow_order(context: Any, events: int) -> None:
    case = case_of(context)
    case.gate.open()
    assert case.service.flush(30), case.service.stats()
    check_order(case.rows(), context.threads, events)


@then("the next event stays in memory")
def then_memory_again(context: Any) -> None:
    case = case_of(context)
    wait_until(lambda: case.service.stats().spooled == 0, "the spool is drained")
    case.gate.shut()
    case.record("memory")
    stats = case.service.stats()
    assert (stats.queued, stats.spooled) == (1, 0), stats


# on_error='spool' ---------------------------------------------------------------------------------


@given("a synchronous service with on_error='spool', whose database is locked")
def given_sync(context: Any) -> None:
    case = make(context)
    case.lock_database()
    case.start(audit_async=False, on_error="spool", busy_timeout=1.0)


@given(
    "a synchronous service with on_error='spool' and a timeout of {timeout:g} seconds, whose "
    "server stops"
)
def given_sync_down(context: Any, timeout: float) -> None:
    case = make(context, context.own_server.new_database())
    case.start(audit_async=False, on_error="spool", timeout=timeout)
    context.own_server.stop()


@then("all of them are spooled, none counts as refused, and only the first one took long")
def then_sync_spooled(context: Any) -> None:
    case = case_of(context)
    wait_until(lambda: case.service.stats().last_error, "the writer has tried")
    failures = case.service._committer.counters.failures
    wait_until(
        lambda: case.service._committer.counters.failures > failures, "the writer tries again"
    )
    stats = case.service.stats()
    assert (stats.spooled, stats.queued, stats.committed) == (5, 5, 0), stats
    # The first one's own attempt was.
    assert stats.refused <= 1, stats
    assert max(case.seconds[1:]) < 0.5 < case.seconds[0], case.seconds
    assert case.service.health().status == "degraded", case.service.health()


@then("flush says yes, and the log holds the {events:d} numbered events, in order")
def then_flushed_steps(context: Any, events: int) -> None:
    case = case_of(context)
    assert case.service.flush(20), case.service.stats()
    case.check_steps(events)


@when("{threads:d} threads record {events:d} events each, and the server starts again")
def when_threads_down(context: Any, threads: int, events: int) -> None:
    record_in_threads(context.case.service, threads, events)
    # One whose caller gave up waiting may be there twice, and is in the log once.
    assert context.case.service.stats().spooled >= threads * events, context.case.service.stats()
    context.own_server.start()


@then("flush says yes, and each thread's {events:d} events are in the log, in order")
def then_flushed_threads(context: Any, events: int) -> None:
    case = case_of(context)
    assert case.service.flush(30), case.service.stats()
    check_order(case.rows(), 4, events)


@then("the next event is in the log when record() returns, and the spool is empty")
def then_direct(context: Any) -> None:
    case = case_of(context)
    receipt = case.record("direct")
    assert case.raised == []
    assert receipt is not None and receipt.place is not None, receipt
    assert stored.actions(case.url)[-1] == "direct"
    assert case.service.stats().spooled == 0
    assert case.service.health(), case.service.health()


# Interruptions ------------------------------------------------------------------------------------


@given("a service with a spool, whose writer is interrupted {moment}")
def given_interrupted(context: Any, moment: str) -> None:
    case = make(context)
    case.start()
    context.add_cleanup(filling.interrupt(case, moment).close)


@then("flush says yes within seconds, and the log holds the {events:d} numbered events, in order")
def then_after_interruption(context: Any, events: int) -> None:
    case = case_of(context)
    assert case.service.flush(12), case.service.stats()
    assert any("interrupted" in message for message in case.logged), "nothing was interrupted"
    case.check_steps(events)
