"""Steps about commands that prove and verify; see features/support/verification/commands.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from behave import given, then, when

from features.steps.command_line import command_line
from features.support.verification import commands


@given("indelible has a log of {events:d} events, sealed at {sealed:d}")
def given_sealed_log(context: Any, events: int, sealed: int) -> None:
    line = command_line(context)
    context.signer = commands.seal_log(line, context.database_url(), events, sealed)


@given("the log grows to {events:d} events and is sealed")
def given_growth(context: Any, events: int) -> None:
    commands.grow(context.database_url(), 300, events)
    commands.seal_at(context.database_url(), context.signer, events)


@given('somebody runs the SQL "{statement}"')
def given_sql(context: Any, statement: str) -> None:
    commands.run_sql(context.database_url(), statement)


@given('a file "{name}" with the checkpoints over 100, 200 and 280 events')
def given_kept(context: Any, name: str) -> None:
    (path,) = command_line(context).words(name)
    commands.keep_checkpoints(context.database_url(), context.signer, Path(path), (100, 200, 280))


@given("somebody rewrites the log from event 150 on with the key")
def given_rewritten(context: Any) -> None:
    commands.rewrite(context.database_url(), context.signer, 150, 280)


@when('the exported file "{name}" is {how}')
def when_spoiled(context: Any, name: str, how: str) -> None:
    commands.spoil(Path(context.tmp, "tiles", name), how)


@when("in the bundle {what}")
def when_bundle_spoiled(context: Any, what: str) -> None:
    commands.spoil_bundle(Path(context.tmp, "evidence.zip"), what)


@when("the auditor runs the bundle with {arguments}")
def when_bundle_runs(context: Any, arguments: str) -> None:
    commands.run_bundle(command_line(context), arguments)


@when("the auditor runs the bundle without the package cryptography")
def when_bundle_runs_without(context: Any) -> None:
    commands.run_bundle(command_line(context), "--key $KEY", without="cryptography")


@then('the auditor\'s script ends with code {code:d} and says "{message}"')
def then_bundle_says(context: Any, code: int, message: str) -> None:
    ran = command_line(context).last
    assert ran.code == code, ran
    assert message in ran.out, ran.out
