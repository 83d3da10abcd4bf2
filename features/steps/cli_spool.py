"""Steps about `indelible spool`; those that run it are in command_line.py."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from behave import given, then, when

from features.steps.command_line import command_line
from features.support import recorded
from features.support.spool import keeping, leaving
from indelible.spool import encode


def spools(context: Any) -> Path:
    return Path(context.tmp, "spools")


@given('indelible finds an empty directory "{name}"')
def given_directory(context: Any, name: str) -> None:
    command_line(context)
    Path(context.tmp, name).mkdir()


@given('a dead process has left {count:d} events of the log "{log}" in spools')
@given('a dead process has left {count:d} event of the log "{log}" in spools')
def given_left(context: Any, count: int, log: str) -> None:
    path = leaving.leave_events(spools(context), log, count)
    command_line(context).names["SPOOL"] = path.name


@given('a dead process has left {count:d} events of the log "{log}" in a spool behind that one')
def given_left_behind(context: Any, count: int, log: str) -> None:
    # Spools are read in the order of their names, which are chosen at random.
    while True:
        path = leaving.leave_events(spools(context), log, count)
        if path.name > command_line(context).names["SPOOL"]:
            return
        shutil.rmtree(path)


@given('a dead process has left an event with the action "{action}" in spools')
def given_left_action(context: Any, action: str) -> None:
    leaving.leave_events(spools(context), "audit", 1, action=json.loads(f'"{action}"'))


@given("a dead process has left two different events of one id in spools")
def given_left_conflict(context: Any) -> None:
    records = [
        encode(leaving.rows(1, action=action, event_id=UUID(int=7))[0])
        for action in ("door.open", "door.close")
    ]
    leaving.leave(spools(context), "audit", records)


@given("a dead process has left a record that is no event in spools")
def given_left_junk(context: Any) -> None:
    leaving.leave(spools(context), "audit", [b"\xc1 is no message"])


@given("a living process has {count:d} events in spools")
def given_held(context: Any, count: int) -> None:
    spool = leaving.hold(spools(context), "audit", map(encode, leaving.rows(count)))
    context.add_cleanup(spool.close)
    command_line(context).names["SPOOL"] = spool.spool_id


@given("the first event in that spool is damaged")
def given_damage(context: Any) -> None:
    leaving.damage(spools(context) / command_line(context).names["SPOOL"])


@given("nothing tells any more whose that spool is")
def given_nobody(context: Any) -> None:
    leaving.forget_whose(spools(context) / command_line(context).names["SPOOL"])


@given("indelible's database has its tables")
def given_tables(context: Any) -> None:
    command_line(context).run("db upgrade")


@given("indelible's database is locked for a second")
def given_locked(context: Any) -> None:
    leaving.lock_for(context.database_url(), 1.0)


@when('indelible runs "{arguments}" in less than {seconds:d} seconds')
def when_runs_within(context: Any, arguments: str, seconds: int) -> None:
    begun = time.monotonic()
    command_line(context).run(arguments)
    assert time.monotonic() - begun < seconds, time.monotonic() - begun


@given("what is in spools is remembered")
def given_remembered(context: Any) -> None:
    context.before = keeping.snapshot(spools(context))


@then("what is in spools is as it was")
def then_as_it_was(context: Any) -> None:
    assert keeping.snapshot(spools(context)) == context.before


@then("nothing is left in spools")
def then_nothing_left(context: Any) -> None:
    assert not list(spools(context).iterdir()), list(spools(context).iterdir())


@then("indelible's database holds the {count:d} events in their order")
def then_stored(context: Any, count: int) -> None:
    found = leaving.stored_targets(context.database_url())
    assert found == [f"door:{number}" for number in range(count)], found


@then("indelible prints lines of JSON with")
def then_lines(context: Any) -> None:
    """Each row names a member; its value is compared with that of the lines, sorted as text."""
    lines = command_line(context).json_lines
    for row in context.table:
        found = [line.get(row["member"]) for line in lines]
        wanted = json.loads(row["values"])
        assert sorted(map(str, found)) == sorted(map(str, wanted)), (row["member"], found)


@then("indelible prints the bodies that are in spools, each as it is there")
def then_bodies(context: Any) -> None:
    leaving.check_bodies(command_line(context).lines, spools(context))


@then("indelible's output shows nothing that a terminal obeys but colours")
def then_plain(context: Any) -> None:
    found = recorded.obeyed(command_line(context).plain_output)
    assert not found, found


@then("indelible prints that spool's name")
def then_name(context: Any) -> None:
    line = command_line(context)
    assert line.names["SPOOL"] in line.plain_output, line.plain_output
