"""Steps about reading; what they check is in features/support/reading/logs.py."""

from __future__ import annotations

from typing import Any

from behave import given, then, when
from sqlalchemy.pool import NullPool

from features.support.events.services import open_service, plain_engine
from features.support.reading import answers, logs, ways


@given("a reader of {number:d} events of all kinds")
def reader_events(context: Any, number: int) -> None:
    context.service = open_service(context)
    context.events = logs.record_events(context.service, number)
    assert len(context.events) == number


@given("a reader of events whose names hold wildcards, quotes and statements")
def reader_literal(context: Any) -> None:
    context.service = open_service(context)
    logs.record_literal(context.service)


@given(
    "a reader of events one microsecond apart, at the edges of what can be stored "
    "and beyond the epoch"
)
def reader_edges(context: Any) -> None:
    context.service = open_service(context)
    logs.record_edges(context.service)


@given("the reader's neighbour with a log of its own in the same tables")
def reader_neighbour(context: Any) -> None:
    context.neighbour = open_service(context, log="other.example.com/log")
    logs.record_events(context.neighbour, 2, first=100)


@given("a reader of a database in memory")
def reader_memory(context: Any) -> None:
    context.service = open_service(context, "sqlite://")


@given("a reader in asynchronous mode")
def reader_async(context: Any) -> None:
    context.service = open_service(context, audit_async=True)


@then("the reader agrees with a plain loop for any filters, limits and pages")
def reader_agrees(context: Any) -> None:
    logs.check_any_filters(context.service, context.events, examples=60)


@then("the reader finds each of them alone by its action, actor, target and tenant")
def reader_finds_literal(context: Any) -> None:
    logs.check_literal(context.service)


@then("the reader finds nothing by patterns that would match them")
def reader_no_patterns(context: Any) -> None:
    logs.check_patterns(context.service)


@then("the reader gets each event by its UUID, its text, in capitals, in braces and as a URN")
def reader_gets(context: Any) -> None:
    logs.check_get(context.service, context.events)


@then("the reader gets None for an id that no event has")
def reader_gets_none(context: Any) -> None:
    logs.check_absent(context.service)


@then("the reader's since is inclusive and its until exclusive, whatever the zone")
def reader_times(context: Any) -> None:
    logs.check_edges(context.service)


@then("the reader and its neighbour each see their own events, numbered from 0")
def reader_neighbours(context: Any) -> None:
    logs.check_neighbours(context.service, context.neighbour, context.events)


@then(
    "the reader's pages of {limit:d} hold the {number:d} events once each, "
    "though others are recorded between the pages"
)
def reader_growing(context: Any, limit: int, number: int) -> None:
    assert len(context.events) == number
    logs.check_growing(context.service, context.events, limit)


@then("the reader's pages hold them once each while {threads:d} threads record")
def reader_growing_fast(context: Any, threads: int) -> None:
    logs.check_growing_fast(context.service, threads)


@then("the reader's open transaction lets {events:d} events be recorded within {seconds:d} seconds")
def reader_open(context: Any, events: int, seconds: int) -> None:
    logs.check_open_read(context.service, plain_engine(context), events, seconds)


@then("the reader answers while another transaction holds the log's row")
def reader_locked(context: Any) -> None:
    logs.check_locked_head(context.service, plain_engine(context))


@then("the reader has an empty page without a cursor, a count of 0 and no event")
def reader_empty(context: Any) -> None:
    page = context.service.query()
    assert (page.items, page.next_cursor) == ((), None)
    items, cursor = context.service.query(actor="user:1", limit=1)
    assert (items, cursor) == ((), None)
    assert context.service.count() == 0
    logs.check_absent(context.service)


@then("the reader sees what it has recorded from {threads:d} threads that read and record at once")
def reader_memory_threads(context: Any, threads: int) -> None:
    logs.check_memory(context.service, threads)


@then("the reader finds an event after flush() and after its receipt's wait()")
def reader_async_finds(context: Any) -> None:
    logs.check_asynchronous(context.service)


@then("the reader's events from get and query are equal, and differ from one another")
def reader_equal(context: Any) -> None:
    logs.check_equality(context.service, context.events)


@then("the reader refuses each of these")
def reader_refuses(context: Any) -> None:
    problems = [logs.refusal_problem(context.service, *row) for row in context.table]
    assert not any(problems), "\n".join(filter(None, problems))


@then('the reader refuses to get "x", 5 and an object whose text raises')
def reader_refuses_ids(context: Any) -> None:
    logs.check_bad_ids(context.service)


@then(
    "the reader takes a cursor with the same filters in another form, "
    "and refuses it with any others"
)
def reader_cursor_filters(context: Any) -> None:
    logs.check_cursor_filters(context.service)


@then("the reader answers any cursor with a page or a QueryError")
def reader_cursors(context: Any) -> None:
    logs.check_any_cursor(context.service)


@when("the reader's log gets a text index")
def reader_indexed(context: Any) -> None:
    answers.index(context.service)


@then("the reader finds by words, together with any other filter, what holds them")
def reader_words(context: Any) -> None:
    answers.check_words(context.service, context.events)


@then("the reader's twins answer as their originals do, and leave the event loop running")
def reader_twins(context: Any) -> None:
    answers.check_twins(context.service, context.events)


@then(
    "the reader's history holds the state after every change, in both orders and from any time on"
)
def reader_history(context: Any) -> None:
    answers.check_history(context.service)


@then("the reader's stream yields every event once, though it is taken up again in between")
def reader_stream(context: Any) -> None:
    answers.check_stream(context.service, context.events)


@then("the reader's questions end with a QueryTimeoutError when the database takes too long")
def reader_timeout(context: Any) -> None:
    answers.check_timeout(context.service)


@given(
    "a reader of 300 events of an area, 900 of another one, and 30 mixed ones, some of them late"
)
def reader_areas(context: Any) -> None:
    context.service = open_service(context, audit_async=True)
    context.areas = ways.record_areas(context.service)


@then(
    "the reader's pages of any size by the area's pattern are those of a plain loop, begun anywhere"
)
def reader_pattern_pages(context: Any) -> None:
    ways.check_pattern(context.service, context.areas)


@when("the reader asks from {threads:d} threads at once")
def reader_asks(context: Any, threads: int) -> None:
    ways.ask_at_once(context.service, threads)


@when("the server ends all connections to the reader's database")
def reader_cut(context: Any) -> None:
    ways.end_connections(plain_engine(context, poolclass=NullPool))


@then("the reader's next {number:d} questions are answered")
def reader_answered(context: Any, number: int) -> None:
    for _ in range(number):
        assert len(context.service.query().items) == len(context.events)


@then("the reader has no transaction open")
def reader_idle(context: Any) -> None:
    states = ways.connection_states(plain_engine(context, poolclass=NullPool))
    assert states, "no connection is kept"
    assert set(states) == {"idle"}, states


@when("the reader is closed")
def reader_closed(context: Any) -> None:
    assert context.service.close()


@then("the server has no connection to the reader's database")
def reader_gone(context: Any) -> None:
    ways.wait_for_no_connection(plain_engine(context, poolclass=NullPool))
