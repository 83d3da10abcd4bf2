"""Steps about witnesses in a verification; see features/support/verification/witnessing.py."""

from __future__ import annotations

from typing import Any

from behave import given, then, when

from features.steps.command_line import command_line
from features.support.verification import witnessing


@given("witnesses have cosigned checkpoints of the untouched log")
def given_cosigned(context: Any) -> None:
    witnessing.cosign_untouched()


@given("the cosignature of w1 over 900 events is changed")
def given_changed(context: Any) -> None:
    witnessing.change_cosignature()


@given("the log's own signature is taken out of the checkpoint over 900 events")
def given_taken_out(context: Any) -> None:
    witnessing.take_signature_out()


@when("somebody rewrites the log that the witnesses have seen, without the key")
def when_rewritten(context: Any) -> None:
    witnessing.rewrite_without_key()


@when('the log is verified with the witnesses "{names}", of which {required:d} must have cosigned')
def when_verified(context: Any, names: str, required: int) -> None:
    context.report = witnessing.verify(names, required)


@when(
    'the log is verified with a pin and the witnesses "{names}", of which {required:d} must have '
    "cosigned"
)
def when_verified_pinned(context: Any, names: str, required: int) -> None:
    context.report = witnessing.verify(names, required, pinned=True)


@when("the log is verified with the key of w1 in the form of a signer's")
def when_signer_key(context: Any) -> None:
    context.report = witnessing.verify_with_signer_key()


@when("witnesses are named as {what}")
def when_named(context: Any, what: str) -> None:
    context.problem = witnessing.refusal(what)


@then('{size:d} events are witnessed by "{names}"')
def then_witnessed(context: Any, size: int, names: str) -> None:
    witnessing.check_witnessed(context.report, size, names)


@then('{size:d} events are witnessed by ""')
def then_witnessed_by_none(context: Any, size: int) -> None:
    witnessing.check_witnessed(context.report, size, "")


@then("the report has no word about witnesses")
def then_silent(context: Any) -> None:
    witnessing.check_silent(context.report)


@given('witnesses have cosigned indelible\'s checkpoint, and their keys are in the file "{file}"')
def given_command(context: Any, file: str) -> None:
    witnessing.cosign_for_command(command_line(context), context.database_url(), file)
