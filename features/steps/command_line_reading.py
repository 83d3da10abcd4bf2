"""Steps about reading on the command line: following, paging, histories and completion."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from behave import given, then, when

from features.steps.command_line import command_line
from features.support import command_line_reading as reading
from features.support import processes


@given("indelible's screen has {lines:d} lines")
def given_screen(context: Any, lines: int) -> None:
    command_line(context).environment["LINES"] = str(lines)


@given("indelible's pager keeps what it is shown")
def given_pager(context: Any) -> None:
    context.pager = reading.KeepingPager(Path(context.tmp, "paged"))
    command_line(context).environment["PAGER"] = context.pager.command


@given("indelible's pager is a less that tells how it was started")
def given_less(context: Any) -> None:
    reading.make_less(Path(context.tmp))
    environment = command_line(context).environment
    environment["PATH"] = os.pathsep.join([str(context.tmp), os.environ["PATH"]])
    environment["PAGER"] = environment["LESS"] = None


@then('indelible\'s pager was shown "{text}"')
def then_paged(context: Any, text: str) -> None:
    shown = context.pager.shown()
    assert shown is not None, command_line(context).last
    assert text in shown, shown


@then("indelible's pager was not started")
def then_not_paged(context: Any) -> None:
    assert context.pager.shown() is None, context.pager.shown()


@when("indelible follows the log from the newest {lines:d}")
def when_follows(context: Any, lines: int) -> None:
    environment = command_line(context).process_environment()
    context.follower = reading.Follower(environment, lines)
    context.add_cleanup(context.follower.close)


@then("indelible's follower shows the event {numbers}")
@then("indelible's follower shows the events {numbers}")
def then_follower_shows(context: Any, numbers: str) -> None:
    wanted = [int(number) for number in numbers.split(",")]
    assert context.follower.numbers(len(wanted)) == wanted


@when("indelible's follower gets {name}")
def when_signalled(context: Any, name: str) -> None:
    context.follower.send(name)


@when("indelible's follower loses its reader")
def when_left(context: Any) -> None:
    context.follower.leave()


@then('indelible\'s follower ends with code {code:d} and says "{text}"')
def then_follower_says(context: Any, code: int, text: str) -> None:
    ended = context.follower.end()
    assert ended == (code, f"indelible: {text}\n"), ended


@then("indelible's follower ends with code {code:d} and says nothing")
def then_follower_silent(context: Any, code: int) -> None:
    ended = context.follower.end()
    assert ended == (code, ""), ended


@then("indelible's versions are {versions} of the events {numbers}")
def then_versions(context: Any, versions: str, numbers: str) -> None:
    lines = command_line(context).json_lines
    assert ", ".join(str(line["version"]) for line in lines) == versions, lines
    assert ", ".join(str(line["seq"]) for line in lines) == numbers, lines


@then("indelible prints the JSON lines")
def then_json_lines(context: Any) -> None:
    assert command_line(context).lines == context.text.splitlines()


@then(
    "indelible's histogram of any two times has at most {most:d} bars, "
    "and more than 1 if spans could be shorter"
)
def then_spans(context: Any, most: int) -> None:
    reading.check_spans(most)


@when('a shell asks indelible to complete "{words}"')
def when_completes(context: Any, words: str) -> None:
    environment = command_line(context).process_environment()
    context.offers = reading.completed(words, environment)


@then("indelible offers {offers}")
def then_offers(context: Any, offers: str) -> None:
    wanted = [] if offers == "nothing" else offers.split(", ")
    assert context.offers == wanted, context.offers


@then("indelible completes its commands without importing one")
def then_completes_lightly(context: Any) -> None:
    ended = processes.run_python(reading.COMPLETING, environment=processes.unmeasured())
    lines = ended.output.splitlines()
    assert "plain,history" in lines, ended.output
    assert lines[-1] == "IMPORTED", ended.output
