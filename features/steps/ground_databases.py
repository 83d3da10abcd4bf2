"""Steps about the databases that scenarios run against."""

from __future__ import annotations

from typing import Any

from behave import given, then, when

from features.support import ground_databases as ground
from features.support import servers


@when("a table is made in the scenario's database")
def when_table_made(context: Any) -> None:
    ground.make_table(context.database_url())


@then("the scenario's database holds {number:d} table")
def then_holds(context: Any, number: int) -> None:
    # Asked for again: it is the same database as before.
    assert ground.tables(context.database_url()) == number


@then("another new database holds {number:d} tables")
def then_another_holds(context: Any, number: int) -> None:
    assert ground.tables(context.new_database()) == number


@then('the scenario\'s database is on "{kind}"')
def then_kind(context: Any, kind: str) -> None:
    assert context.database_kind == kind
    assert context.database_url().startswith(f"{kind}:"), context.database_url()


@then('"{question}" on {kind} gives "{answer}"')
def then_gives(context: Any, question: str, kind: str, answer: str) -> None:
    ((value,),) = servers.server(kind).execute(question)
    assert str(value) == answer, value


@when("a table is made in a database of the own server")
def when_own_table(context: Any) -> None:
    context.own_url = context.own_server.new_database()
    ground.make_table(context.own_url)


@when("the own server is killed")
def when_own_killed(context: Any) -> None:
    context.own_server.kill()


@when("the own server is started again")
def when_own_started(context: Any) -> None:
    context.own_server.start()


@then("that database does not answer")
def then_no_answer(context: Any) -> None:
    problem = ground.problem(context.own_url)
    assert problem, "the killed server still answers"


@then("that database holds {number:d} table")
def then_own_holds(context: Any, number: int) -> None:
    assert ground.tables(context.own_url) == number


@given("a process that uses all kinds of databases")
def given_process(context: Any) -> None:
    context.user = ground.DatabaseUser()
    context.add_cleanup(context.user.close)


@when("it is ended by {name}")
def when_ended(context: Any, name: str) -> None:
    context.user.end(name)


@then("within {seconds:d} seconds none of its servers runs and none of its files is there")
def then_nothing_left(context: Any, seconds: int) -> None:
    left = context.user.what_is_left(seconds)
    assert not left, f"still there: {left}"
