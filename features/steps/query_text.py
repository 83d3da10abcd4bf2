"""Steps about full text search; what they check is in features/support/reading/text.py."""

from __future__ import annotations

from typing import Any

import sqlalchemy
from behave import given, then, when

from features.support.events.services import open_service
from features.support.reading import text
from features.support.sealing.logs import ORIGIN
from indelible import AuditService
from indelible.storage.schema import Tables
from indelible.storage.text import enable_text, text_words


def text_log(context: Any) -> text.TextLog:
    log: text.TextLog = context.text_log
    return log


@given("a text log of all examples, half of them there before it is switched on")
def given_examples(context: Any) -> None:
    context.text_log = log = text.TextLog(context)
    middle = len(text.EXAMPLES) // 2
    log.record(text.EXAMPLES[:middle])
    assert log.on().state == "on"
    log.record(text.EXAMPLES[middle:])
    assert text.bodies_are_json(log)


@given("a text log of {number:d} events")
@given("a text log of {number:d} event")
def given_events(context: Any, number: int) -> None:
    context.text_log = log = text.TextLog(context)
    log.record(["word"] * number)


@given("a text log of {number:d} events with a frequent word and a rare one")
def given_frequent(context: Any, number: int) -> None:
    context.text_log = log = text.TextLog(context)
    log.record(["common"] * (number - 1))
    log.record(["common rare"])


@given("a text log in memory, in {mode} mode, of {number:d} events")
def given_memory(context: Any, mode: str, number: int) -> None:
    context.text_log = log = text.TextLog.in_memory(context, audit_async=mode == "asynchronous")
    log.record(["word"] * number)
    assert log.service.flush()


@given("a text log that takes bodies of 3 MB")
def given_large(context: Any) -> None:
    context.text_log = log = text.TextLog(context)
    log.service = open_service(context, max_body_bytes=3_000_000)
    log.record(["word"])


@given("a second text log in the same tables")
def given_second(context: Any) -> None:
    context.second_log = open_service(context, log="other.example.com/log")
    text_log(context).record(["second word"] * 3, context.second_log)


@when("the text log is switched on")
def when_on(context: Any) -> None:
    assert text_log(context).on().state == "on"


@when("both text logs are switched on")
def when_both(context: Any) -> None:
    assert text_log(context).on(1).state == "on"
    assert text_log(context).on(2).state == "on"


@when("the text log is switched off")
def when_off(context: Any) -> None:
    text_log(context).off()


@when("the second text log is switched off")
def when_second_off(context: Any) -> None:
    text_log(context).off(2)
    # There is nothing to do any more.
    text_log(context).off(2)


@when("the service switches text search on")
def when_service_on(context: Any) -> None:
    log = text_log(context)
    log.said.clear()
    state = log.service.enable_text_search(progress=lambda *told: log.said.append(told))
    assert state == log.service.text_search_status()
    assert state.state == "on", state


@when("the service switches text search on while another thread records {number:d} events")
def when_service_on_meanwhile(context: Any, number: int) -> None:
    text.enable_meanwhile(text_log(context), number)


@when("the service switches text search off")
def when_service_off(context: Any) -> None:
    service = text_log(context).service
    assert service.disable_text_search() == service.text_search_status()


@when("{number:d} further events of the text log are recorded")
def when_recorded(context: Any, number: int) -> None:
    text_log(context).record(["word"] * number)


@when("the text log's service is closed")
def when_closed(context: Any) -> None:
    assert text_log(context).service.close()


@when("filling in the text log is killed in the middle")
def when_killed(context: Any) -> None:
    text.kill_in_the_middle(text_log(context))


@when("somebody drops a trigger of the text log, and {number:d} further events arrive")
def when_dropped(context: Any, number: int) -> None:
    log = text_log(context)
    on = " ON audit_event" if log.engine.dialect.name == "postgresql" else ""
    with log.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER audit_text_1_insert{on}")
    log.record(["word"] * number)


@when("event {seq:d} of the text log is pruned")
def when_pruned(context: Any, seq: int) -> None:
    text.prune(text_log(context), seq)


@when("full text search is switched on for the hardened log")
def when_hardened_on(context: Any) -> None:
    log = context.hardened_log
    assert enable_text(log.engine, Tables(), 1).state == "on"


@then("the text log finds")
def then_finds(context: Any) -> None:
    for row in context.table:
        text.check_example(text_log(context), row["query"], [row["in"]] if row["in"] else [])


@then('the text log finds 1 event by "w" 300 times, 2 with a star behind, and none by it 299 times')
def then_longest(context: Any) -> None:
    log = text_log(context)
    for way in text.WAYS:
        assert len(log.found("w" * 300, way)) == 1
        assert len(log.found("W" * 300 + "*", way)) == 2
        assert log.found("w" * 299, way) == []


@then("the text log agrees with a plain loop for any events and searches")
def then_agrees(context: Any) -> None:
    text.check_model(text_log(context), events=5, examples=40)


@then("the text log takes any text at all for words")
def then_any(context: Any) -> None:
    text.check_any_query(text_log(context), examples=100)


@then("the text log that grows while {number:d} events are filled in holds each event once")
def then_grows(context: Any, number: int) -> None:
    text.check_growing(text.TextLog(context), number)


@then('the service says that text search is "{state}", with {indexed:d} of {total:d} events')
def then_service_says(context: Any, state: str, indexed: int, total: int) -> None:
    found = text_log(context).service.text_search_status()
    assert found == (state, indexed, total), found


@then("the progress of switching on went up to {done:d} of {total:d}")
def then_progress(context: Any, done: int, total: int) -> None:
    said = text_log(context).said
    assert said == sorted(said), said
    assert said[-1] == (done, total), said


@then('the service finds {number:d} events by the text "{query}"')
def then_service_finds(context: Any, number: int, query: str) -> None:
    service = text_log(context).service
    assert service.flush()
    assert len(service.query(text=query, limit=1000).items) == number
    assert service.count(text=query) == number


@then('the service refuses the text "{query}" because "{problem}"')
def then_service_refuses(context: Any, query: str, problem: str) -> None:
    text.check_refused(text_log(context).service, query, problem)


@then("the service refuses to switch text search on or off, or to tell of it")
def then_closed(context: Any) -> None:
    text.check_closed(text_log(context).service)


@then("the service's log is intact")
def then_intact(context: Any) -> None:
    report = text_log(context).service.verify()
    assert not report.findings, report.findings


@then('the text log is "{state}"')
def then_state(context: Any, state: str) -> None:
    found = text_log(context).state()
    assert found.state == state, found
    assert (found.indexed == 0) == (state == "off"), found


@then('the text log is "on", and finds all of its {number:d} events once')
def then_all(context: Any, number: int) -> None:
    log = text_log(context)
    assert log.state() == ("on", number, number)
    for way in text.WAYS:
        assert log.found("word", way) == list(range(number))
    with log.engine.connect() as connection:
        assert text.indexed_rows(connection) == number


@then("the tables of the text log are current")
def then_current(context: Any) -> None:
    assert text.schema_state(text_log(context)) == "current"


@then("the second text log finds its own events alone")
def then_second(context: Any) -> None:
    for way in text.WAYS:
        assert text_log(context).found("word", way, 2) == [0, 1, 2]


@then("nothing is left of the text logs")
def then_nothing(context: Any) -> None:
    assert text_log(context).leftovers() == []


@then("{number:d} further events of the text log can be recorded")
def then_recorded(context: Any, number: int) -> None:
    text_log(context).record(["word"] * number)


@then('the text log finds the events 0, 1, 2 and 4 by "word"')
def then_pruned(context: Any) -> None:
    log = text_log(context)
    for way in text.WAYS:
        assert log.found("word", way) == [0, 1, 2, 4]
    with log.engine.connect() as connection:
        assert text.indexed_rows(connection) == 4


@then("the text log plans to fetch the rare word's events, and to try for the frequent one's")
def then_plans(context: Any) -> None:
    text.check_plan(text_log(context))


@then("the text log records an event of {number:d} different words, and finds it by each of some")
def then_large(context: Any, number: int) -> None:
    log = text_log(context)
    log.record([" ".join(f"w{own}" for own in range(number))])
    for way in text.WAYS:
        for own in (0, number // 2, number - 1):
            assert log.found(f"w{own}", way) == [1]
            assert log.found(f"w{own} word", way) == []
        assert log.found(f"w{number}", way) == []


@then("the account's events are found in the hardened log")
def then_accounts_events(context: Any) -> None:
    log = context.hardened_log
    found = text.TextLog.__new__(text.TextLog)
    found.engine, found.tables = log.engine, Tables()
    with log.engine.connect() as connection:
        logs = connection.execute(sqlalchemy.text("SELECT count(*) FROM audit_log")).scalar()
    assert logs == 2
    # The other account's log has no index; the hardened log's own has.
    assert len(found.found("invoice", "hits")) == 300
    engine = log.account_engine()
    with AuditService(engine, log=ORIGIN, create_tables=False) as service:
        service.record("unheard.of", actor="user:1")
    assert found.found("unheard", "hits") == [300]


@then("SQLite takes every character there is as the text log's rule says")
def then_every_character(context: Any) -> None:
    text.check_tables(text_log(context))


@then("no letter's case is ignored by halves")
def then_no_halves(context: Any) -> None:
    assert text.folds_twice() == []


@then("text searches of one shape compile to one statement")
def then_shapes(context: Any) -> None:
    text.check_shapes(text.TextLog(context))


@then('a text search for {query} is refused with "{problem}"')
def then_refused(context: Any, query: str, problem: str) -> None:
    try:
        text_words(eval(query))  # noqa: S307 - a literal of the feature's own
    except ValueError as error:
        assert problem in str(error), error
    else:
        raise AssertionError("not refused")
