"""Steps about witnesses in a verification; see features/support/verification/witnessing.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from behave import given, then, when

from features.steps.command_line import command_line
from features.support.verification import witnessing
from features.support.verification.commands import changed_signature
from indelible.errors import ProofError


@given("witnesses have cosigned checkpoints of the untouched log")
def given_cosigned(context: Any) -> None:
    witnessing.cosign_untouched()


@given("the cosignature of w1 over 900 events is changed")
def given_changed(context: Any) -> None:
    witnessing.change_cosignature()


@given("the log's own signature is taken out of the checkpoint over 900 events")
def given_taken_out(context: Any) -> None:
    witnessing.take_signature_out()


@when("somebody rewrites the log that the witnesses have seen, {how}")
def when_rewritten(context: Any, how: str) -> None:
    witnessing.rewrite(how)


@given("the checkpoint over 900 events was kept with the cosignature of {name}")
def given_kept(context: Any, name: str) -> None:
    context.kept = witnessing.keep_cosigned(name)


@given("the cosignature that was kept is changed")
def given_kept_changed(context: Any) -> None:
    context.kept = changed_signature(context.kept)


@when('the last cosignature in the file "{file}" is changed')
def when_file_changed(context: Any, file: str) -> None:
    (path,) = command_line(context).words(file)
    witnessing.change_file(Path(path))


@when(
    'the log is verified with what was kept and the witnesses "{names}", of which {required:d} '
    "must have cosigned"
)
def when_verified_with_kept(context: Any, names: str, required: int) -> None:
    try:
        context.report = witnessing.verify_with_kept(context.kept, names, required)
    except ProofError as error:
        context.problem = str(error)


@when(
    'the checkpoint of "{file}" with its cosignatures is kept, and they are taken out of the '
    "database"
)
def when_kept_and_taken_out(context: Any, file: str) -> None:
    witnessing.keep_and_take_out(command_line(context), context.database_url(), file)


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
