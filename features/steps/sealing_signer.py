"""Steps about what a signer signs and refuses; see features/support/sealing."""

from __future__ import annotations

from typing import Any

from behave import given, then, when

from features.support.sealing import signing
from features.support.sealing.logs import SignedLog
from indelible.sealing import FileState


def log_of(context: Any) -> SignedLog:
    log: SignedLog = context.signed_log
    return log


@given("a signer's log of {number:d} events")
def given_log(context: Any, number: int) -> None:
    context.signed_log = SignedLog(context)
    log_of(context).append(number)


@given("the signer's log gains {number:d} events")
@when("the signer's log gains {number:d} events")
def when_gains(context: Any, number: int) -> None:
    log_of(context).append(number)


@when("the signer seals")
def when_seals(context: Any) -> None:
    context.previous = log_of(context).sealed
    log_of(context).seal()


@given("the signer has sealed")
@when("the signer has sealed")
def given_sealed(context: Any) -> None:
    log = log_of(context)
    log.seal()
    assert log.refusal is None, log.refusal


@then("the signer's checkpoint covers {number:d} events and their root")
def then_covers(context: Any, number: int) -> None:
    signing.covers(log_of(context), number)


@then("the signer's checkpoint is the one that there was")
def then_same(context: Any) -> None:
    log = log_of(context)
    assert log.refusal is None, log.refusal
    assert log.sealed is not None
    assert not log.sealed.fresh
    assert [log.sealed.note] == log.notes()[-1:]


@then("the signer's table holds {number:d} checkpoints, the newest being the one that was sealed")
def then_table_newest(context: Any, number: int) -> None:
    log = log_of(context)
    assert log.sealed is not None, log.refusal
    notes = log.notes()
    assert len(notes) == number, notes
    assert notes[-1] == log.sealed.note


@then("the signer's table holds {number:d} checkpoints")
@then("the signer's table holds {number:d} checkpoint")
def then_table(context: Any, number: int) -> None:
    assert len(log_of(context).notes()) == number, log_of(context).notes()


@then("the signer's state is the newest checkpoint")
def then_state_newest(context: Any) -> None:
    log = log_of(context)
    assert log.state.load() == log.notes()[-1]


@then("the signer's state is of {number:d} events still")
def then_state_of(context: Any, number: int) -> None:
    assert signing.size_of(log_of(context).state.load()) == number


@then("the signer has remembered nothing")
def then_state_empty(context: Any) -> None:
    assert log_of(context).state.load() is None


@given("the signer's database is dumped")
def given_dumped(context: Any) -> None:
    context.dump = log_of(context).dump()


@when("the signer's database is set back to its dump")
def when_set_back(context: Any) -> None:
    log_of(context).load(context.dump)


@when("the signer's database is set back by {number:d} events")
def when_set_back_by(context: Any, number: int) -> None:
    signing.set_back(log_of(context), number)


@when("the signer's events are set back to {number:d}, but not the checkpoints")
def when_events_back(context: Any, number: int) -> None:
    log = log_of(context)
    signing.set_back(log, len(log.leaves()) - number)


@then('the signer refuses with "{text}"')
def then_refuses(context: Any, text: str) -> None:
    signing.refused(log_of(context), text)


@then('the signer\'s refusal says "{text}"')
def then_refusal_says(context: Any, text: str) -> None:
    assert text in str(log_of(context).refusal), log_of(context).refusal


@given("a copy of the signer's database")
def given_copy(context: Any) -> None:
    context.copy = log_of(context).copy(context)


@when("the copy gains {number:d} events and is sealed")
def when_copy_sealed(context: Any, number: int) -> None:
    context.copy.append(number)
    context.copy.seal()


@then('the copy\'s signer refuses with "{text}"')
def then_copy_refuses(context: Any, text: str) -> None:
    signing.refused(context.copy, text)


@when("in the signer's database {what}")
def when_damaged(context: Any, what: str) -> None:
    log_of(context).damage(what)


@when("the signer's state is lost")
def when_state_lost(context: Any) -> None:
    (log_of(context).directory / "state").unlink()


@when("the signer is told to adopt")
def when_adopt(context: Any) -> None:
    log_of(context).adopt = True


@when("another host with its own state adopts the log and seals it at {number:d} events")
def when_other_host(context: Any, number: int) -> None:
    signing.seal_elsewhere(log_of(context), number)


@when("the signer's state is made to hold {what}")
def when_state_holds(context: Any, what: str) -> None:
    signing.spoil_state(log_of(context), what)


@when("somebody stores a checkpoint of {size:d} events with a bad signature of this key")
def when_forged(context: Any, size: int) -> None:
    signing.store_forged(log_of(context), size, bad_signature=True)


@when("somebody stores a checkpoint of {size:d} events by another key")
def when_stored_by_other(context: Any, size: int) -> None:
    signing.store_forged(log_of(context), size, bad_signature=False)


@when("the signer seals, but cannot store the checkpoint in the database")
def when_seals_without_table(context: Any) -> None:
    signing.seal_without_table(log_of(context))


@given("a signer's state in a directory that does not exist")
def given_state_nowhere(context: Any) -> None:
    log_of(context).state = FileState(log_of(context).directory / "no" / "state")


@given("a signer's state whose file is a directory")
def given_state_directory(context: Any) -> None:
    log_of(context).state = FileState(log_of(context).directory / "taken")
    (log_of(context).directory / "taken").mkdir()


@given("a signer's state whose name becomes a directory while the signer signs")
def given_state_taken(context: Any) -> None:
    signing.taken_state(log_of(context))


@then("nothing but that directory and the lock is where the signer's state should be")
def then_no_temporary(context: Any) -> None:
    directory = log_of(context).directory / "states"
    found = sorted(path.name for path in directory.iterdir())
    assert found == ["state", "state.lock"], found


@then('for an account that may not {what} a state, the state says "{text}"')
def then_state_problem(context: Any, what: str, text: str) -> None:
    found = signing.state_problem(what)
    assert text in found, found


@given("a signer's state that cannot be written")
def given_unwritable_state(context: Any) -> None:
    signing.unwritable_state(log_of(context))


@given("a signer of the caller's own, which keeps its key to itself")
def given_foreign_signer(context: Any) -> None:
    log_of(context).key = signing.KeylessSigner(log_of(context).key)


@given("a signer that makes bad signatures")
def given_bad_signer(context: Any) -> None:
    log_of(context).key = signing.BadSigner(log_of(context).key)


@when("{number:d} threads with signers of their own seal and record at once")
def when_threads_seal(context: Any, number: int) -> None:
    context.published = signing.seal_in_threads(log_of(context), number)


@then("all of them have signed one history")
def then_one_history(context: Any) -> None:
    signing.one_history(context.published, log_of(context).leaves())


@when("another process holds the signer's state")
def when_other_process(context: Any) -> None:
    context.add_cleanup(signing.hold_state(log_of(context)))


@when(
    "the signer seals on a thread whose sink hangs, and on another one within {seconds:g} seconds"
)
def when_thread_hangs(context: Any, seconds: float) -> None:
    signing.seal_beside(log_of(context), seconds)


@when("the signer seals within {seconds:g} seconds")
def when_seals_within(context: Any, seconds: float) -> None:
    signing.seal_within(log_of(context), seconds)


@then("a signer that meets any sequence of appends, dumps and restores signs one history")
def then_property(context: Any) -> None:
    signing.any_sequence(context)


@when("the signer seals, and it is watched what reaches the disk")
def when_watched(context: Any) -> None:
    context.watched = signing.seal_watched(log_of(context))


@then("the state's bytes, its name and its directory were on the disk before a sink was called")
def then_on_disk(context: Any) -> None:
    assert context.watched == ["fsync file", "rename", "fsync directory", "sink"], context.watched
