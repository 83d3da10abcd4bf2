"""Steps about races of a service's first use; the logic is in features/support/recording."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from behave import given, then, when

from features.support.recording import races
from features.support.recording.engines import watched_engines
from features.support.recording.run_program import run_program
from indelible import AuditService

if TYPE_CHECKING:
    from behave.runner import Context

ERRORS = {"OSError": OSError, "KeyboardInterrupt": KeyboardInterrupt}


@then("nothing has gone wrong")
def then_nothing_wrong(context: Context) -> None:
    """Each of these steps checks what it does while it does it."""


@when("services that are {mode} are closed at {rounds:d} moments of their first use on {db}")
def when_closed_at_moments(context: Context, mode: str, rounds: int, db: str) -> None:
    # Making a database takes a server longer than the first use takes; a file costs nothing.
    make = context.new_database if db == "sqlite" else context.database_url
    races.close_at_every_moment(lambda: make(db), audit_async=mode == "asynchronous", rounds=rounds)


@when(
    "a service that is {mode} is closed within {patience:g} seconds while create_engine takes 0.4"
)
def when_closed_while_made(context: Context, mode: str, patience: float) -> None:
    races.close_while_the_engine_is_made(
        context.new_database(), audit_async=mode == "asynchronous", patience=patience
    )


@given("a service whose engines are watched")
def given_watched(context: Context) -> None:
    cleanup = ExitStack()
    context.add_cleanup(cleanup.close)
    context.watch = cleanup.enter_context(watched_engines())
    context.service = AuditService(context.database_url())
    cleanup.callback(context.service.close)


@when("{threads:d} threads use it for the first time while create_engine fails")
def when_failing(context: Context, threads: int) -> None:
    races.race_a_failing_create_engine(context.service, context.watch, threads)


@then("each has got an error that says why, and no engine is left")
def then_errors(context: Context) -> None:
    assert context.watch.made == []


@when("its first use fails with {error} after its engine is made")
def when_half_way(context: Context, error: str) -> None:
    races.fail_half_way(context.service, context.watch, ERRORS[error]("in the middle"))


@then("the next use succeeds with {engines:d} engine")
@then("the next use succeeds with {engines:d} engines")
def then_next_use(context: Context, engines: int) -> None:
    assert context.service.record("next", actor="user:1").wait(0).seq == 0
    assert len(context.watch.made) == engines
    assert context.service.close()
    assert context.watch.leaked() == 0


@when("{threads:d} threads record {events:d} events each while others read and count, on {db}")
def when_read_while_writing(context: Context, threads: int, events: int, db: str) -> None:
    races.read_while_writing(context.database_url(db), events=events)


@when("{services:d} services are first used at once, each on a database of its own")
def when_tables_apart(context: Context, services: int) -> None:
    urls = [context.new_database() for _ in range(services)]
    races.create_tables_at_once(urls, [f"log-{number}" for number in range(services)])


@when("{services:d} services with {logs:d} logs are first used at once on the same database")
def when_tables_together(context: Context, services: int, logs: int) -> None:
    names = [f"log-{number % logs}" for number in range(services)]
    races.create_tables_at_once([context.database_url()] * services, names)


@when("a process on {db} forks at these moments")
def when_forks(context: Context, db: str) -> None:
    cases = [(row["moment"], context.new_database(db)) for row in context.table]
    run_program("forks", *cases)
