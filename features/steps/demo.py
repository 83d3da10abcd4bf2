"""Steps about the demonstration."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from behave import given, then, when

from features.steps.command_line import command_line
from features.support import demo_runs


def watch(context: Any) -> demo_runs.Watch:
    if not hasattr(context, "watch"):
        context.watch = demo_runs.Watch(Path(context.tmp, "demonstration"))
    found: demo_runs.Watch = context.watch
    return found


@given("indelible's log loses one event")
def given_loss(context: Any) -> None:
    _replace_record(context, "invoice.update", loses=True)


@given("indelible's log loses every event")
def given_all_lost(context: Any) -> None:
    replaced = demo_runs.lost_record()
    replaced.__enter__()
    context.add_cleanup(replaced.__exit__, None, None, None)


@when(
    "{users:d} users send {requests:d} requests to a service that answers one of them with {answer}"
)
def when_driven(context: Any, users: int, requests: int, answer: str) -> None:
    began = time.monotonic()
    context.told = demo_runs.drive_against(answer, users, requests)
    context.took = time.monotonic() - began


@then('within {seconds:d} seconds they are told "{text}"')
def then_driven(context: Any, seconds: int, text: str) -> None:
    assert text in context.told, context.told
    assert context.took < seconds, context.took


@given("indelible's log refuses every update")
def given_refusal(context: Any) -> None:
    _replace_record(context, "invoice.update", loses=False)


def _replace_record(context: Any, action: str, *, loses: bool) -> None:
    replaced = demo_runs.replaced_record(action, loses=loses)
    replaced.__enter__()
    context.add_cleanup(replaced.__exit__, None, None, None)


@when('indelible runs the demonstration "{arguments}"')
def when_demo(context: Any, arguments: str) -> None:
    demo_runs.run(command_line(context), watch(context), arguments)


@then("indelible's demonstration counts in both modes")
def then_counts(context: Any) -> None:
    wanted = {
        (mode, row["outcome"]): [int(row["number"])] * 2
        for mode in ("sync", "async")
        for row in context.table
    }
    found = demo_runs.counts(command_line(context).last.out)
    assert found == wanted, found


@then("indelible's demonstration shows an update with its change and without its secret")
def then_example(context: Any) -> None:
    output = command_line(context).last.out
    assert "action       invoice.update" in output, output
    assert '{card_token: [redacted], method: "card"}' in output, output
    assert "  total  " in output.partition("changes\n")[2], output
    assert "tok-4242" not in output, output


@then("indelible's demonstration has left nothing behind")
def then_nothing_left(context: Any) -> None:
    left = watch(context).leftovers()
    assert not left, left


@then("indelible's demonstration proves one of {number:d} events, and finds that very event edited")
def then_proof(context: Any, number: int) -> None:
    demo_runs.check_proof(command_line(context).last.out, number)


@then("indelible's database has no finding and no checkpoint of the demonstration")
def then_untouched(context: Any) -> None:
    demo_runs.check_untouched(context.database_url())


@given("indelible's demonstration has run once, and somebody has edited an event of it")
def given_edited(context: Any) -> None:
    demo_runs.run(command_line(context), watch(context), "demo --requests 8 --url $URL")
    demo_runs.edit_first(context.database_url())


@given("indelible's demonstration makes {edit}")
def given_edit(context: Any, edit: str) -> None:
    replaced = demo_runs.replaced_edit(edit)
    replaced.__enter__()
    context.add_cleanup(replaced.__exit__, None, None, None)


@then("indelible's database holds {number:d} events of the demonstration, and none of its secrets")
def then_no_secret(context: Any, number: int) -> None:
    demo_runs.check_database(context.database_url(), number, watch(context).passwords)


@then("indelible's database tells in each event who, where, for whom and in which request")
def then_context(context: Any) -> None:
    demo_runs.check_context(context.database_url())


@then("indelible's invoice service answers")
def then_answers(context: Any) -> None:
    rows = [dict(zip(row.headings, row.cells, strict=True)) for row in context.table]
    differing = demo_runs.ask_service(Path(context.tmp), rows)
    assert not differing, differing


@when("indelible's demonstration gets {signal} while it runs")
def when_signal(context: Any, signal: str) -> None:
    context.interrupted = demo_runs.interrupt(Path(context.tmp, "demonstration"), signal)


@then("indelible's demonstration ends with code {code:d}")
def then_code(context: Any, code: int) -> None:
    assert context.interrupted.code == code, context.interrupted
    assert "Traceback" not in context.interrupted.output, context.interrupted.output


@then("indelible's demonstration has left no process and no file")
def then_no_process(context: Any) -> None:
    assert not context.interrupted.left, context.interrupted.left
