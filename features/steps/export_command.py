"""Steps about `indelible export --format`; see features/support/exports/commands.py."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from unittest.mock import patch

import sqlalchemy
from behave import given, then, when

from features.steps.command_line import command_line
from features.support.command_line import files_below
from features.support.events.services import open_service
from features.support.exports import commands
from indelible.cli.exporting import os_user
from indelible.exporters import LineWriter


def numbers_in(text: str) -> list[int]:
    found = re.fullmatch(r"(\d+) to (\d+)", text)
    if found:
        return list(range(int(found[1]), int(found[2]) + 1))
    return [] if text == "none" else [int(number) for number in text.split(", ")]


def at(context: Any, name: str) -> Path:
    return Path(context.tmp, name)


@then('the {form} export "{name}" holds the events {numbers}')
def export_holds(context: Any, form: str, name: str, numbers: str) -> None:
    found = commands.sequences(form, at(context, name).read_bytes())
    assert found == numbers_in(numbers), found


@then("the export on standard output holds the events {numbers}")
def export_prints(context: Any, numbers: str) -> None:
    found = commands.sequences("jsonl", command_line(context).last.out.encode())
    assert found == numbers_in(numbers), found


@then('the log tells of the export "{name}" of {events:d} events by "{actor}"')
def export_recorded(context: Any, name: str, events: int, actor: str) -> None:
    _, end = commands.last_record(context.database_url())
    path = at(context, name)
    commands.check_digest(end, path.read_bytes())
    assert str(end.outcome) == "success"
    assert end.details["events"] == events, end.details
    assert end.details["output"] == str(path)
    assert end.details["os_user"] == os_user()
    assert str(end.actor) == actor.replace("$USER", os_user()), end.actor


@then("the log tells of an export with")
def export_asked(context: Any) -> None:
    begin, _ = commands.last_record(context.database_url())
    for row in context.table:
        found = begin.details[row["detail"]]
        assert found == json.loads(row["value"]), (row["detail"], found)


@then('the log tells of an export of {events:d} events that failed, with "{text}"')
def export_failed(context: Any, events: int, text: str) -> None:
    _, end = commands.last_record(context.database_url())
    assert str(end.outcome) == "failure"
    assert text in str(end.reason), end.reason
    assert end.details["events"] == events, end.details


@then("the log tells of no export")
def export_unrecorded(context: Any) -> None:
    assert commands.recorded(context.database_url()) == []


@then("the lines of list and of export are the same")
def export_as_list(context: Any) -> None:
    line = command_line(context)
    line.run("list --limit 2 --outcome denied --json")
    listed = sorted(line.lines)
    line.run("export --format jsonl --outcome denied --unrecorded")
    assert listed == sorted(line.lines)
    assert listed


@given('there is a file "{name}" of mode {mode} with "{text}"')
def file_there(context: Any, name: str, mode: str, text: str) -> None:
    at(context, name).write_text(text, encoding="utf-8")
    at(context, name).chmod(int(mode, 8))


@given('there is a link "{name}" to "{target}"')
def link_there(context: Any, name: str, target: str) -> None:
    at(context, name).symlink_to(target)


@then('the file "{name}" has mode {mode}')
def file_mode(context: Any, name: str, mode: str) -> None:
    assert commands.mode_of(at(context, name)) == mode, commands.mode_of(at(context, name))


@then('the file "{name}" is still a link')
def file_link(context: Any, name: str) -> None:
    assert at(context, name).is_symlink()


@then('the file "{name}" still holds "{text}"')
def file_kept(context: Any, name: str, text: str) -> None:
    assert at(context, name).read_text(encoding="utf-8") == text


@then("beside the database there are the files {names}")
def files_left(context: Any, names: str) -> None:
    found = [name for name in files_below(Path(context.tmp)) if ".db" not in name]
    assert found == ([] if names == "none" else names.split(", ")), found


@given("the body of event {seq:d} is damaged in the database")
def body_damaged(context: Any, seq: int) -> None:
    engine = sqlalchemy.create_engine(context.database_url())
    with engine.begin() as connection:
        statement = "UPDATE audit_event SET body = :body WHERE seq = :seq"
        connection.execute(sqlalchemy.text(statement), {"body": '{"v":1}', "seq": seq})
    engine.dispose()


@when('indelible exports with "{arguments}" and is ended by {what}')
def export_ended(context: Any, arguments: str, what: str) -> None:
    error = {"Ctrl-C": KeyboardInterrupt(), "SIGTERM": SystemExit(143)}[what]
    original = LineWriter.close

    def close(self: LineWriter) -> None:
        original(self)
        raise error

    with patch.object(LineWriter, "close", close):
        command_line(context).run(f"export {arguments}")


@when('indelible exports in a pipeline "{pipeline}"')
def export_pipeline(context: Any, pipeline: str) -> None:
    command_line(context).run_on_terminal("", pipeline=pipeline)


@then('an export of what holds "{words}" holds the events {numbers}')
def export_found(context: Any, words: str, numbers: str) -> None:
    service = open_service(context)
    assert commands.exported(service, {"text": words}) == numbers_in(numbers)


@then("an export of a log that grows meanwhile holds the events that it held at the beginning")
def export_growing(context: Any) -> None:
    service = open_service(context)
    size = service.size()
    assert commands.exported_while_growing(service) == list(range(size))


@then("events that are exported as JSON Lines and imported into an empty log are equal")
def export_and_back(context: Any) -> None:
    commands.check_way_back(context.new_database)


@then("exporting {many:d} events as {form} takes no more memory than exporting {few:d}")
def export_memory(context: Any, many: int, form: str, few: int) -> None:
    peaks = []
    for number in (few, many):
        url = commands.copies(at(context, f"{number}.db"), number)
        peaks.append(commands.peak_kib(url, form, at(context, f"{number}.out"), number))
    assert peaks[1] - peaks[0] < commands.SPARE_KIB, peaks


@given("the database may only be read")
def database_read_only(context: Any) -> None:
    url = context.database_url()
    kind = context.database_kind
    if kind == "sqlite":
        url = f"sqlite:///file:{url.removeprefix('sqlite:///')}?mode=ro&uri=true"
    else:
        url = commands.reading_account(context, url)
    command_line(context).environment["INDELIBLE_URL"] = url
