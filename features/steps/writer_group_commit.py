"""Steps about batches; the logic is in features/support/recording."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from behave import given, then, when

from features.support.recording import batches, committer_model, modes, stored
from features.support.recording.run_program import run_program
from features.support.recording.scene import new_scene as make
from features.support.recording.scene import refuse_action
from features.support.recording.threads import Running, values, wait_until
from indelible import AuditService, EventConflictError, SchemaError

if TYPE_CHECKING:
    from behave.runner import Context

assert modes.recording_mode  # Its import makes the type RecordingMode known.


def open_service(context: Context, db: str, **options: Any) -> AuditService:
    context.url = context.database_url(db)
    service = AuditService(context.url, **options)
    context.add_cleanup(service.close)
    context.service = service
    return service


@when("{threads:d} threads record {events:d} events each on {db}")
def when_threads_record(context: Context, threads: int, events: int, db: str) -> None:
    open_service(context, db).record("00000", actor="thread:first")
    batches.record_in_threads(context.service, threads, events)
    context.expected = (threads, events)


@then("there were fewer transactions than events")
def then_fewer(context: Context) -> None:
    stats = context.service.stats()
    threads, events = context.expected
    assert stats.committed == threads * events + 1
    # All eight wait at once, so that this is far from a close race.
    assert stats.batches < stats.committed / 2, stats


@then("the events of each thread are in the order in which it recorded them")
def then_in_order(context: Context) -> None:
    rows = [row for row in stored.rows(context.url) if row.actor != "thread:first"]
    batches.check_order(rows, *context.expected)


@then("the log's numbers, hashes, tree and tiles fit together")
def then_fits(context: Context) -> None:
    assert stored.check(context.url)


@given("a log, {audit_async:RecordingMode}, whose commits hang")
def given_hanging(context: Context, audit_async: bool) -> None:
    make(context, audit_async=audit_async)


@when("one thread records, and {others:d} others behind it")
def when_behind(context: Context, others: int) -> None:
    batches.record_behind(context.scene, ["event"] * others)


@then("there were 2 transactions, of {first:d} and of {second:d} events")
def then_two(context: Context, first: int, second: int) -> None:
    assert [len(batch) for batch in context.scene.gate.batches] == [first, second]


@given(
    "a log, {audit_async:RecordingMode}, with batch_size={size:d} and max_body_bytes={most:d} "
    "whose commits hang"
)
def given_bounded(context: Context, audit_async: bool, size: int, most: int) -> None:
    make(context, audit_async=audit_async, batch_size=size, max_body_bytes=most).hang()


@when("{small:d} small events are recorded, and {large:d} of 1,000,000 bytes each")
def when_large(context: Context, small: int, large: int) -> None:
    sizes: list[list[int]] = []
    context.sizes = sizes
    context.scene.gate.before = lambda rows: sizes.append([len(row[-1]) for row in rows])
    for _ in range(small):
        context.scene.record("small")
    for _ in range(large):
        context.scene.record("large", details={"text": "x" * 1_000_000})
    context.scene.gate.open()
    assert context.scene.service.flush(20)


@then(
    "no transaction had more than {events:d} events or 5,300,000 bytes, and there were at least "
    "{least:d}"
)
def then_bounded(context: Context, events: int, least: int) -> None:
    assert max(map(len, context.sizes)) == events, context.sizes
    assert max(map(sum, context.sizes)) <= 5_300_000, context.sizes
    assert len(context.sizes) >= least + 1
    context.scene.check_each_once()


# One bad event -----------------------------------------------------------------------------------


@given('a log, {audit_async:RecordingMode}, whose database refuses the action "{action}"')
def given_refusing(context: Context, audit_async: bool, action: str) -> None:
    refuse_action(make(context, audit_async=audit_async).url, action)


@when("{events:d} events are in one batch and the one in place {place:d} is forbidden")
def when_one_bad(context: Context, events: int, place: int) -> None:
    context.good = [f"{number:05}" for number in range(events) if number != place]
    actions = [*context.good[:place], "forbidden", *context.good[place:]]
    batches.record_behind(context.scene, actions)


@then("that one is refused with the database's own error as its cause")
def then_refused(context: Context) -> None:
    batches.check_refused(context.scene, batches.driver_error(context.database_kind))


@then("a refused event's error is freed once nobody holds it, {audit_async:RecordingMode}")
def then_freed(context: Context, audit_async: bool) -> None:
    batches.check_freed(context.database_url("sqlite"), audit_async=audit_async)


@then("the other {events:d} are in the log, in their order")
def then_others(context: Context, events: int) -> None:
    assert len(context.good) == events
    context.scene.check_actions(context.good)
    context.scene.check_each_good_once()


@when("{events:d} events are in one batch and those in places {places} are forbidden")
def when_some_bad(context: Context, events: int, places: str) -> None:
    bad = {int(place) for place in places.replace(" and ", ", ").split(", ")}
    actions = ["forbidden" if n in bad else f"{n:05}" for n in range(events)]
    context.good = [action for action in actions if action != "forbidden"]
    batches.record_behind(context.scene, actions)
    context.scene.check_refusal_heard(len(bad))


@given(
    "a log, {audit_async:RecordingMode}, with {events:d} events whose row was set back to {size:d}"
)
def given_set_back(context: Context, audit_async: bool, events: int, size: int) -> None:
    scene = make(context, audit_async=audit_async)
    for _ in range(events - 1):
        scene.record(wait=True)
    context.right_row = batches.row_at(scene.url, events)
    batches.set_row(scene.url, size, batches.row_at(scene.url, size))


@when("an event is recorded")
def when_recorded(context: Context) -> None:
    context.scene.record("next")


@then("it raises SchemaError, and nothing was appended")
def then_schema_error(context: Context) -> None:
    [error] = context.scene.raised
    assert isinstance(error, SchemaError), error
    assert "Somebody changed the tables" in str(error)
    assert len(stored.rows(context.url)) == 5


@when("an event is recorded and the row is put right")
def when_put_right(context: Context) -> None:
    context.scene.record("next")
    wait_until(lambda: context.scene.heard, "on_error is told")
    assert isinstance(context.scene.heard[0], SchemaError), context.scene.heard
    batches.set_row(context.url, 5, context.right_row)


@then("the event is in the log")
def then_in_log(context: Context) -> None:
    assert context.scene.service.flush(10)
    assert [row.action for row in stored.check(context.url)][-1] == "next"


# Ids ---------------------------------------------------------------------------------------------


@given("a log, {audit_async:RecordingMode}, on {db}")
def given_log_on(context: Context, audit_async: bool, db: str) -> None:
    assert db == context.database_kind
    make(context, audit_async=audit_async)


@when("an event is recorded twice in one batch, in a later batch, and by another service")
def when_repeated(context: Context) -> None:
    context.places = batches.repeat_everywhere(context.scene)


@then("all of them have the same place, and the log holds it once")
def then_once(context: Context) -> None:
    assert len(context.places) == 4
    assert len(set(context.places)) == 1, context.places
    assert stored.actions(context.url).count("repeated") == 1
    stored.check(context.url)


@when("the connection breaks right after the COMMIT of {events:d} events")
def when_reply_lost(context: Context, events: int) -> None:
    with batches.lost_reply(context.scene.service) as lost:
        context.scene.gate.shut()
        running = Running([partial(context.scene.record, "event")] * events)
        wait_until(
            lambda: len(context.scene.service._committer.pending()) == events, "all are pending"
        )
        context.scene.gate.open()
        values(running.join())
        context.scene.service.flush(10)
    assert lost, "no reply was lost"


@then("all {events:d} have a place, and each is in the log once")
def then_all_once(context: Context, events: int) -> None:
    assert context.scene.raised == [], context.scene.raised
    assert len(context.scene.receipts) == events
    context.scene.check_each_once()


@when("the reply to a COMMIT of {events:d} events is lost, and then the next attempt {failure}")
def when_reply_lost_then(context: Context, events: int, failure: str) -> None:
    batches.lose_reply_then(context.scene, events, failure)


@when(
    "the leader of {events:d} events is interrupted after the COMMIT, and nobody leads afterwards"
)
def when_interrupted_then(context: Context, events: int) -> None:
    batches.interrupt_then_hang(context.scene, events)


@then(
    "each of the {events:d} callers gets {error}, which calls the outcome unknown and names its "
    "event_id"
)
def then_unknown_each(context: Context, events: int, error: str) -> None:
    raised = context.scene.raised
    assert [type(each).__name__ for each in raised] == [error] * events, raised
    context.named = {str(each).split("event_id=")[1][:36] for each in raised}
    assert all("is unknown" in str(each) for each in raised), raised
    assert all("is not in the log" not in str(each) for each in raised), raised
    in_log = {row.event_id for row in stored.rows(context.scene.url)}
    assert len(context.named) == events
    assert context.named < in_log


@then("recording the {events:d} again with these ids leaves each in the log once")
def then_again_once(context: Context, events: int) -> None:
    for event_id in context.named:
        context.scene.service.record("event", actor="user:1", event_id=event_id)
    in_log = [row.event_id for row in stored.check(context.scene.url)]
    assert sorted(in_log[-events:]) == sorted(context.named)
    assert len(in_log) == len(set(in_log)) == events + 2, in_log


@then("the pauses between retries grow to between {least:g} and {most:g} second, and no further")
def then_pauses(context: Context, least: float, most: float) -> None:
    committer_model.check_pauses(least, most)


@when("a batch holds 5 events that are in the log and 5 that are not, by turns")
def when_mixed(context: Context) -> None:
    batches.mix_old_and_new(context.scene)


@then("the 5 have their old places, the new ones follow, and each is in the log once")
def then_mixed(context: Context) -> None:
    actions = [row.action for row in stored.check(context.url)]
    assert actions == ["first", *["old"] * 5, "hanging", *["new"] * 5], actions


@when("the id of an event is used again for another {difference}")
def when_reused(context: Context, difference: str) -> None:
    context.error = batches.reuse_id(context.scene, difference)


@then("EventConflictError is raised, and the log holds the first event alone")
def then_conflict(context: Context) -> None:
    assert isinstance(context.error, EventConflictError), context.error
    assert "Give each event its own id" in str(context.error)
    rows = stored.query(context.url, "SELECT count(*) FROM audit_event")
    # The scene's own first event, and the one whose id was used again.
    assert rows[0][0] == 2
    stored.check(context.url)


# Processes ---------------------------------------------------------------------------------------


@when("{processes:d} processes record {events:d} events each on {db}")
def when_processes(context: Context, processes: int, events: int, db: str) -> None:
    context.url = context.database_url(db)
    context.expected = (processes, events)
    run_program("processes", ("share a log", context.url))


@then("the log holds {events:d} events, those of each process in its order")
def then_shared(context: Context, events: int) -> None:
    rows = stored.rows(context.url)
    assert len(rows) == events
    batches.check_order(rows, *context.expected)


@when("two services record {events:d} events by turns, on one log")
def when_by_turns(context: Context, events: int) -> None:
    first = open_service(context, "sqlite")
    with AuditService(context.url) as second:
        for number in range(events):
            service = second if number % 3 else first
            assert service.record("turn", actor="user:1").wait(0).seq == number


# The tree ----------------------------------------------------------------------------------------


@when("{events:d} events are appended to a log in batches of {size:d} on {db}")
def when_bulk(context: Context, events: int, size: int, db: str) -> None:
    batches.append_bulk(open_service(context, db), events, [size])
    context.total = events


@when("after it was opened anew, {events:d} more in batches of {first:d} and of {second:d}")
def when_more(context: Context, events: int, first: int, second: int) -> None:
    assert context.service.close()
    service = open_service(context, context.database_kind)
    batches.append_bulk(service, events, [first, second])
    context.total += events
    assert service.count() == context.total


@then("there is a tile of level 1")
def then_level_1(context: Context) -> None:
    found = stored.query(context.url, "SELECT tile_index FROM audit_tile WHERE level = 1")
    assert [row.tile_index for row in found] == [0]


# Any order ---------------------------------------------------------------------------------------


@then("a committer on a made-up database does what its model says, in any order of events")
def then_model(context: Context) -> None:
    committer_model.check_machine()


@then("events of {threads:d} threads are committed once and in order, however the database fails")
def then_threads(context: Context, threads: int) -> None:
    committer_model.check_threads(threads)


@then("an event is either withdrawn or taken, and never lost or doubled")
def then_withdrawals(context: Context) -> None:
    committer_model.check_withdrawals()


@then("{threads:d} threads get {events:d} events through a queue of {size:d}")
def then_small_queue(context: Context, threads: int, events: int, size: int) -> None:
    service = open_service(context, "sqlite", audit_async=True, queue_size=size)
    batches.through_a_small_queue(service, threads, events // threads)
    assert len(stored.check(context.url)) == events
