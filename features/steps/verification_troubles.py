"""Steps about the processes of a verification; see features/support/verification/troubles.py."""

from __future__ import annotations

from typing import Any

from behave import given, then, when

from features.support.verification import troubles


def _keep(context: Any, verification: troubles.Verification) -> None:
    context.verification = verification
    context.problem = verification.problem
    context.report = verification.report


@given("an application has made an engine that connects by a function of its own")
def given_engine(context: Any) -> None:
    context.engine = troubles.own_engine(2000)
    context.add_cleanup(context.engine.dispose)


@given("an application has an engine on a file that was moved away")
def given_moved_engine(context: Any) -> None:
    context.engine = troubles.moved_engine(2000)
    context.add_cleanup(context.engine.dispose)


@when("the log of {events:d} events is verified through it with {count:d} processes")
@when("the log of {events:d} events is verified through it with {count:d} process")
def when_through_engine(context: Any, events: int, count: int) -> None:
    verification = troubles.Verification()
    verification.run(events, count, context.engine)
    _keep(context, verification)


@when("the log of {events:d} events is verified while {what}")
def when_trouble(context: Any, events: int, what: str) -> None:
    _keep(context, troubles.verify_while(events, what))


@when("the log of {events:d} events is verified with 2 processes, of which the other is slow")
def when_slow(context: Any, events: int) -> None:
    _keep(context, troubles.verify_slowly(events))


@then("no process of the verification is left")
def then_nothing_left(context: Any) -> None:
    context.verification.nothing_is_left()


@when("a process that reads is started and told nothing")
def when_worker(context: Any) -> None:
    context.ran = troubles.run_worker()


@then("it ends with code 0 and has said nothing")
def then_worker_ended(context: Any) -> None:
    assert (context.ran.returncode, context.ran.stdout, context.ran.stderr) == (0, b"", b"")


@then("a process that reads imports neither {one} nor {other} before its first task")
def then_imports_little(context: Any, one: str, other: str) -> None:
    found = troubles.modules_of_worker()
    assert "sqlite3" in found, found
    assert not found & {one.lower(), other.lower()}, found
