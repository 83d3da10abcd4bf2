"""Steps about imports."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from behave import given, then, when

from features.steps.command_line import command_line
from features.support import import_runs
from features.support.command_line import at_path


@given('indelible\'s file "{name}" has the line {number:d} replaced by 9 MiB of spaces and a word')
def given_long_line(context: Any, name: str, number: int) -> None:
    _replace_line(context, name, number, " " * (9 << 20) + "abc")


@given('indelible\'s file "{name}" has the line {number:d} replaced by')
@when('indelible\'s file "{name}" has the line {number:d} replaced by')
def given_line(context: Any, name: str, number: int) -> None:
    _replace_line(context, name, number, context.text)


def _replace_line(context: Any, name: str, number: int, line: str) -> None:
    path = Path(context.tmp, name)
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[number - 1] = line
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@when('indelible\'s file "{name}" grows by')
def when_grows(context: Any, name: str) -> None:
    with Path(context.tmp, name).open("a", encoding="utf-8") as file:
        file.write(context.text + "\n")


@then('indelible\'s file "{name}" holds')
def then_file_holds(context: Any, name: str) -> None:
    found = Path(context.tmp, name).read_text(encoding="utf-8")
    assert found == context.text + "\n", found


@then("indelible says these lines")
def then_says_lines(context: Any) -> None:
    found = command_line(context).last.err
    assert found == context.text + "\n", found


@when("indelible imports from a pipe with a bar on a terminal")
def when_pipe(context: Any) -> None:
    line = command_line(context)
    line.run_on_terminal(
        "",
        columns=100,
        pipeline='echo \'{"action": "a", "actor": "user:1"}\' | $INDELIBLE import -',
    )


@when("importing the line")
def when_line(context: Any) -> None:
    context.line = import_runs.one_line(context.text)
    context.imported = import_runs.import_bytes(context.database_url(), context.line + b"\n")


@when("importing the bytes {text}")
def when_bytes(context: Any, text: str) -> None:
    context.imported = import_runs.import_bytes(context.database_url(), import_runs.literal(text))


@then("importing has recorded an event with")
def then_event(context: Any) -> None:
    (body,) = context.imported.bodies
    for row in context.table:
        found = at_path(body, row["member"])
        assert found == json.loads(row["value"]), f"{row['member']} is {found!r}"


@then("importing has recorded nothing")
def then_nothing(context: Any) -> None:
    assert not context.imported.bodies, context.imported.bodies
    assert context.imported.report.added == 0
    assert context.imported.report.bad == 1


@then("importing has recorded {number:d} events")
def then_number(context: Any, number: int) -> None:
    assert context.imported.report.added == number, context.imported
    assert len(context.imported.bodies) == number


@then('importing says "{text}"')
def then_reason(context: Any, text: str) -> None:
    ((line, reason),) = context.imported.bad
    said = f"line {line.number}: {reason}"
    assert said.startswith(text), said


@then('importing knows each argument of record() but "{name}"')
def then_members(context: Any, name: str) -> None:
    found = import_runs.members_unlike_record()
    assert found == {name}, found


@then('importing has given it the UUIDv5 of "1:" and the line')
def then_derived(context: Any) -> None:
    (body,) = context.imported.bodies
    assert body["event_id"] == str(import_runs.derived_id(1, context.line.decode()))


@then("importing has given the lines the same ids as with plain ends")
def then_same_ids(context: Any) -> None:
    wanted = [
        str(import_runs.derived_id(number, f'{{"action":"{action}","actor":"u:1"}}'))
        for number, action in ((1, "a"), (2, "b"))
    ]
    assert [body["event_id"] for body in context.imported.bodies] == wanted


@then("importing takes a line of exactly the longest size, and goes on behind a longer one")
def then_longest(context: Any) -> None:
    import_runs.check_longest_line(context.database_url())


@then("importing any bytes gives an event or a reason")
def then_any_bytes(context: Any) -> None:
    import_runs.check_any_bytes()


@then("importing counts right with any lines repeated")
def then_counts(context: Any) -> None:
    import_runs.check_counts(context.database_url())


@then(
    "importing {lines:d} lines tells at least {times:d} times how far it is, "
    "and all of it at the end"
)
def then_progress(context: Any, lines: int, times: int) -> None:
    size, told = import_runs.progress_of(lines)
    assert len(told) >= times, told
    assert told == sorted(told)
    assert 0 < told[0] < size
    assert told[-1] == size


@then("importing {lines:d} lines has at most {most:d} of them on their way when 10 are allowed")
def then_window(context: Any, lines: int, most: int) -> None:
    # The one that is too many is recorded, and then the oldest is waited for.
    assert import_runs.most_waiting(lines, "_WINDOW", 10) == most + 1


@then(
    "importing {lines:d} lines has at most {most:d} of them on their way "
    "when 1000 bytes are allowed"
)
def then_window_bytes(context: Any, lines: int, most: int) -> None:
    assert import_runs.most_waiting(lines, "_WINDOW_BYTES", 1000) == most + 1


@when("importing into a database that stops answering")
def when_stops_answering(context: Any) -> None:
    context.said = import_runs.import_into_locked(context.database_url())


@then('importing gives up with "{first}" and "{second}"')
def then_gives_up(context: Any, first: str, second: str) -> None:
    assert first in context.said, context.said
    assert second in context.said, context.said


@then("importing {many:d} lines takes no more memory than importing {few:d}")
def then_memory(context: Any, many: int, few: int) -> None:
    small = import_runs.peak_memory(context.new_database(), context.tmp, few)
    large = import_runs.peak_memory(context.new_database(), context.tmp, many)
    assert large <= small + import_runs.SPARE_KIB, (small, large)
    # A few thousand events are in memory at once anyway; the many alone are much larger.
    assert Path(context.tmp, f"{many}.jsonl").stat().st_size > import_runs.SPARE_KIB * 1024 * 2
    assert sys.platform.startswith("linux"), "elsewhere ru_maxrss is in bytes"
