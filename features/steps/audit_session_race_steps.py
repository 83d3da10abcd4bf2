"""Steps of the founding story; the logic is in features/support/recording/first_use.py."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from behave import given, then, when

from features.support.recording.first_use import FirstUse

if TYPE_CHECKING:
    from behave.runner import Context


@given("a synchronous audit service on a database file made by mkstemp")
def given_service(context: Context) -> None:
    cleanup = ExitStack()
    context.add_cleanup(cleanup.close)
    context.first_use = FirstUse(context.tmp, cleanup)


@given("create_engine is counted, and slowed down so that the race is real")
def given_watch(context: Context) -> None:
    assert context.first_use.watch.calls == 0


@when("{threads:d} threads pass a barrier and ask for the session")
def when_ask(context: Context, threads: int) -> None:
    context.first_use.race(threads, context.first_use.get_session)


@when("{threads:d} threads pass a barrier and record or read, by turns")
def when_record_or_read(context: Context, threads: int) -> None:
    context.first_use.race(threads, context.first_use.record, context.first_use.read)


@then("create_engine was called exactly once")
def then_one_engine(context: Context) -> None:
    context.first_use.check_engines()


@then("{threads:d} different threads hold the same session, and it is valid")
def then_sessions(context: Context, threads: int) -> None:
    context.first_use.check_threads(threads)
    context.first_use.check_sessions()


@then(
    "{threads:d} different threads took part, and their {events:d} events are in the log, each once"
)
def then_events(context: Context, threads: int, events: int) -> None:
    context.first_use.check_threads(threads)
    context.first_use.check_events(events)
