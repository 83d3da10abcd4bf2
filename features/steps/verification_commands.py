"""Steps about commands that prove and verify; see features/support/verification/commands.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

from behave import given, then, when

from features.steps.command_line import command_line
from features.support.command_line import files_below
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


@given('somebody runs the SQL "{statement}", which changes no row')
def given_statement(context: Any, statement: str) -> None:
    commands.run_statement(context.database_url(), statement)


@when('indelible runs in a pipeline "{pipeline}"')
def when_pipeline(context: Any, pipeline: str) -> None:
    commands.run_pipeline(command_line(context), pipeline)


@then('the pipeline prints "{text}"')
def then_pipeline_prints(context: Any, text: str) -> None:
    assert text in command_line(context).last.out, command_line(context).last.out


@then("the pipeline prints no traceback")
def then_pipeline_clean(context: Any) -> None:
    assert "Traceback" not in command_line(context).last.out, command_line(context).last.out


@when('indelible is interrupted while it waits for the key in "{arguments}"')
def when_interrupted(context: Any, arguments: str) -> None:
    commands.interrupt(command_line(context), arguments)


@when('the exported checkpoint becomes one of the log "{log}" over {size:d} events')
def when_other_checkpoint(context: Any, log: str, size: int) -> None:
    path = Path(context.tmp, "tiles", "checkpoint")
    path.write_text(commands.checkpoint_of(context.signer, log, size))


@when('indelible runs "{arguments}" where "checkpoint" is a directory')
def when_checkpoint_is_directory(context: Any, arguments: str) -> None:
    Path(context.tmp, "tiles", "checkpoint").mkdir(parents=True)
    command_line(context).run(arguments)


@then('no file of "tiles" is half written')
def then_no_half_file(context: Any) -> None:
    found = files_below(Path(context.tmp, "tiles"))
    assert len(found) > 1, found
    assert not [name for name in found if ".new-" in name], found


@when('the exported file "{name}" holds "{content}"')
def when_file_holds(context: Any, name: str, content: str) -> None:
    Path(context.tmp, "tiles", name).write_text(content)


@when('the exported file "{name}" holds ""')
def when_file_holds_nothing(context: Any, name: str) -> None:
    Path(context.tmp, "tiles", name).write_text("")


@given('a file "{name}" with a checkpoint of the log "{log}" by the same key')
def given_foreign_pin(context: Any, name: str, log: str) -> None:
    (path,) = command_line(context).words(name)
    Path(path).write_text(commands.checkpoint_of(context.signer, log, 5))


@given('a file "{name}" with another checkpoint over 280 events by the same key')
def given_forked_pin(context: Any, name: str) -> None:
    (path,) = command_line(context).words(name)
    Path(path).write_text(commands.checkpoint_of(context.signer, "audit", 280))


@when("the partial tiles are dropped, and the checkpoint over 280 events is served again")
def when_partials_dropped(context: Any) -> None:
    commands.drop_partials(Path(context.tmp))


@when('the newest checkpoint of {size:d} events is kept in "{name}"')
def when_kept(context: Any, size: int, name: str) -> None:
    Path(context.tmp, name).write_text(commands.stored_note(context.database_url(), size))


@when("the auditor runs the bundle as it came")
def when_bundle_runs_bare(context: Any) -> None:
    commands.run_bundle(command_line(context))


@then("there is no bundle")
def then_no_bundle(context: Any) -> None:
    found = [name for name in files_below(Path(context.tmp)) if "evidence" in name]
    assert not found, found


@given("the verification has a defect")
def given_defect(context: Any) -> None:
    defect = patch("indelible.verification.database.verify_database", side_effect=KeyError("odd"))
    defect.start()
    context.add_cleanup(defect.stop)


@then('no state lies beside the key "{name}", for another file was named')
def then_no_state(context: Any, name: str) -> None:
    found = files_below(Path(context.tmp))
    assert "state" in found, found
    assert not [file for file in found if file.startswith(f"{name}.")], found
