"""Steps that run `indelible` and look at what it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from behave import given, then, when

from features.support.command_line import CommandLine, at_path


def command_line(context: Any) -> CommandLine:
    """Return the scenario's command line, made at its first use with the scenario's database."""
    found: CommandLine | None = getattr(context, "command_line", None)
    if found is None:
        url = context.database_url()
        names = {
            "URL": url,
            "TMP": str(context.tmp),
            "LONG": "x" * 2000,
            "DEEP": "[" * 100_000,
            "ESC": "\x1b[2J\u202e",
        }
        found = CommandLine(names, {"INDELIBLE_URL": url})
        context.command_line = found
    return found


@given("indelible is told of no database")
def given_no_database(context: Any) -> None:
    command_line(context).environment["INDELIBLE_URL"] = None


@given('indelible\'s environment has "{name}" set to "{value}"')
def given_environment(context: Any, name: str, value: str) -> None:
    command_line(context).environment[name] = value


@given('indelible finds a file "{name}" with')
def given_file(context: Any, name: str) -> None:
    Path(context.tmp, name).write_text(context.text + "\n", encoding="utf-8")


@when('indelible runs "{arguments}"')
def when_runs(context: Any, arguments: str) -> None:
    command_line(context).run(arguments)


@when('indelible runs "{arguments}" and reads')
def when_runs_and_reads(context: Any, arguments: str) -> None:
    command_line(context).run(arguments, context.text + "\n")


@when('indelible runs as a process "{arguments}"')
def when_runs_process(context: Any, arguments: str) -> None:
    command_line(context).run_process(arguments)


@when('indelible runs on a terminal of {columns:d} columns "{arguments}"')
def when_runs_on_terminal(context: Any, columns: int, arguments: str) -> None:
    command_line(context).run_on_terminal(arguments, columns=columns)


@then("indelible ends with code {code:d}")
def then_code(context: Any, code: int) -> None:
    ran = command_line(context).last
    assert ran.code == code, f"it ended with {ran.code}:\n{ran.out}\n{ran.err}"


@then('indelible prints "{text}"')
def then_prints(context: Any, text: str) -> None:
    found = command_line(context).plain_output
    assert text in found, found


@then('indelible does not print "{text}"')
def then_prints_not(context: Any, text: str) -> None:
    ran = command_line(context).last
    assert text not in ran.out + ran.err, ran


@then("indelible prints nothing")
def then_prints_nothing(context: Any) -> None:
    assert command_line(context).last.out == "", command_line(context).last.out


@then('indelible says in one line "{text}"')
def then_says_line(context: Any, text: str) -> None:
    error = command_line(context).last.err
    assert error.startswith("indelible: "), error
    assert error.count("\n") == 1, error
    assert error.endswith("\n"), error
    assert text in error, error


@then('indelible says "{text}"')
def then_says(context: Any, text: str) -> None:
    error = command_line(context).last.err
    assert text in error, error


@then("indelible says nothing")
def then_says_nothing(context: Any) -> None:
    assert command_line(context).last.err == "", command_line(context).last.err


@then("indelible prints {number:d} lines")
@then("indelible prints {number:d} line")
def then_prints_lines(context: Any, number: int) -> None:
    found = command_line(context).lines
    assert len(found) == number, found


@then("indelible prints JSON with")
def then_prints_json(context: Any) -> None:
    lines = command_line(context).json_lines
    assert len(lines) == 1, lines
    for row in context.table:
        found = at_path(lines[0], row["member"])
        assert found == json.loads(row["value"]), f"{row['member']} is {found!r} in {lines[0]}"


@then("indelible's JSON has no member {path}")
def then_json_without(context: Any, path: str) -> None:
    (line,) = command_line(context).json_lines
    assert at_path(line, path) == "<absent>", line
