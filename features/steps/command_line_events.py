"""Steps about the events that the command line records and shows."""

from __future__ import annotations

import json
import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from behave import given, then, when

from features.steps.command_line import command_line
from features.support import recorded
from indelible.timewords import parse_moment


@given("indelible has recorded")
def given_rows(context: Any) -> None:
    rows = [dict(zip(row.headings, row.cells, strict=True)) for row in context.table]
    recorded.record_rows(context.database_url(), rows)


@given("indelible has recorded {number:d} further events")
def given_many(context: Any, number: int) -> None:
    recorded.record_many(context.database_url(), number)


@given('indelible has recorded the action "{action}" with the details')
def given_details(context: Any, action: str) -> None:
    event = recorded.record_one(
        context.database_url(), json.loads(f'"{action}"'), json.loads(context.text)
    )
    command_line(context).names["ID"] = str(event.event_id)


@given('indelible has recorded the action "{action}" by "{actor}" on "{target}"')
def given_named(context: Any, action: str, actor: str, target: str) -> None:
    context.event = recorded.record_one(
        context.database_url(), action, {}, actor=actor, target=target
    )


@given("indelible has recorded events in which each text is hostile")
def given_hostile(context: Any) -> None:
    thing = recorded.record_hostile(context.database_url())
    command_line(context).names["HOSTILE"] = thing


@given("indelible has recorded an event with every attribute")
def given_everything(context: Any) -> None:
    event = recorded.record_everything(context.database_url())
    command_line(context).names["ID"] = str(event.event_id)
    command_line(context).environment["COLUMNS"] = "120"


@then("indelible's page of the same event without its place says that it is not committed")
def then_not_committed(context: Any) -> None:
    page = recorded.page_without_place(context.database_url(), command_line(context).names["ID"])
    assert "place         not committed\n" in page, page
    assert "leaf hash" not in page, page


@given("indelible has recorded a number of {bits:d} bits")
def given_huge(context: Any, bits: int) -> None:
    context.huge = 1 << bits
    event = recorded.record_one(context.database_url(), "a", {"huge": context.huge})
    command_line(context).names["ID"] = str(event.event_id)


@given("indelible's event {number:d} was pruned")
def given_pruned(context: Any, number: int) -> None:
    path = Path(context.database_url().removeprefix("sqlite:///"))
    recorded.make_sqlite(path, f"UPDATE audit_event SET body = NULL WHERE seq = {number}")


@given('indelible finds an SQLite database "{name}" made by')
def given_sqlite(context: Any, name: str) -> None:
    recorded.make_sqlite(Path(context.tmp, name), context.text)


@given('indelible finds a broken SQLite database "{name}"')
def given_broken(context: Any, name: str) -> None:
    Path(context.tmp, name).write_bytes(b"SQLite format 3\0" + b"?" * 4096)


@given("indelible's clock stands at {now} in Central Europe")
def given_clock(context: Any, now: str) -> None:
    def set_zone(name: str | None) -> None:
        if name is None:
            os.environ.pop("TZ", None)
        else:
            os.environ["TZ"] = name
        time.tzset()

    context.add_cleanup(set_zone, os.environ.get("TZ"))
    # Spelled out, for a machine may have no zone files.
    set_zone("CET-1CEST,M3.5.0,M10.5.0/3")
    context.now = datetime.fromisoformat(now)


@then('the time "{text}" is {moment} for indelible')
def then_moment(context: Any, text: str, moment: str) -> None:
    found = parse_moment(text, context.now)
    assert found.utcoffset() is not None
    assert found == datetime.fromisoformat(moment), found.astimezone(UTC)


@then('the time "{text}" is refused by indelible with "{problem}"')
def then_no_moment(context: Any, text: str, problem: str) -> None:
    try:
        found = parse_moment(text, context.now)
    except ValueError as error:
        assert problem in str(error), error
    else:
        raise AssertionError(f"it is taken for {found}")


@when('indelible runs {where} "show $ID --table"')
def when_show_somewhere(context: Any, where: str) -> None:
    line = command_line(context)
    columns = re.fullmatch(r"on a terminal of ([0-9]+) columns", where)
    if columns is None:
        line.run_process("show $ID --table")
    else:
        line.run_on_terminal("show $ID --table", columns=int(columns[1]))


@then("indelible lists the events from {first:d} down to {last:d}")
def then_lists_range(context: Any, first: int, last: int) -> None:
    assert _listed(context) == list(range(first, last - 1, -1))


@then("indelible lists the events {numbers}")
def then_lists(context: Any, numbers: str) -> None:
    assert _listed(context) == _numbers(numbers), _listed(context)


@then("indelible counts the events {numbers}")
def then_counts(context: Any, numbers: str) -> None:
    assert command_line(context).last.out == f"{len(_numbers(numbers))}\n"


def _listed(context: Any) -> list[int]:
    return [line["seq"] for line in command_line(context).json_lines]


def _numbers(text: str) -> list[int]:
    return [] if text == "none" else [int(number) for number in text.split(",")]


@then("indelible's line has the body and the leaf hash that the database holds")
def then_exact_line(context: Any) -> None:
    (line,) = command_line(context).lines
    recorded.check_line(line, Path(context.database_url().removeprefix("sqlite:///")))


@then('indelible has left no file "{name}"')
def then_no_file(context: Any, name: str) -> None:
    assert not Path(context.tmp, name).exists()


@then('the tables of indelible\'s "{name}" are "{tables}"')
def then_tables(context: Any, name: str, tables: str) -> None:
    found = recorded.sqlite_tables(Path(context.tmp, name))
    assert found == sorted(tables.split(", ")), found


@then("indelible's output holds nothing that a terminal obeys")
def then_nothing_obeyed(context: Any) -> None:
    found = recorded.obeyed(command_line(context).last.out)
    assert not found, found


@then("each of indelible's lines is JSON that holds the hostile text")
def then_hostile_lines(context: Any) -> None:
    lines = command_line(context).lines
    assert lines
    for line in lines:
        json.loads(line)
        # The escapes that JSON has for it are those that a terminal is shown.
        assert json.dumps(recorded.HOSTILE)[1:-1] in line, line


@then("indelible shows the detail {name} as bare {text}")
def then_bare_detail(context: Any, name: str, text: str) -> None:
    found = _detail(context, name)
    assert found == text, found


@then("indelible shows the detail {name} as {text}")
def then_detail(context: Any, name: str, text: str) -> None:
    found = _detail(context, name)
    assert found == text, found


def _detail(context: Any, name: str) -> str:
    output = command_line(context).plain_output
    match = re.search(rf"(?m)^  {re.escape(name)} +(.*?) *$", output)
    assert match is not None, output
    return match[1]


@then("indelible's table shows all of the event in at most {lines:d} lines")
def then_whole_event(context: Any, lines: int) -> None:
    output = command_line(context).plain_output
    rows = [line for line in output.splitlines()[3:] if line.strip()]
    assert len(rows) <= lines, output
    event = context.event
    # A long name may go on in the next line of its column, so only its characters count.
    shown = sorted("".join(rows).replace(" ", ""))
    moment = event.occurred_at.isoformat(" ", timespec="milliseconds").removesuffix("+00:00")
    wanted = [event.event_id, moment, event.actor, event.action, event.target, event.outcome, 1]
    assert shown == sorted("".join(map(str, wanted)).replace(" ", "")), output


@then("indelible's output is this, apart from what is new each time")
def then_exact_output(context: Any) -> None:
    found = recorded.without_what_changes(command_line(context).plain_output)
    wanted = recorded.without_what_changes(context.text)
    assert found == wanted, "\n".join(found)


@then("indelible shows that number in hexadecimal")
def then_huge(context: Any) -> None:
    assert hex(context.huge) in re.sub(r"\s", "", command_line(context).plain_output)


@then("indelible makes any text visible, and JSON made visible means the same")
def then_visible(context: Any) -> None:
    recorded.check_visible()
