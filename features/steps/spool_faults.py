"""Steps about crashes, damage and disks that fail; see features/support/spool."""

from __future__ import annotations

import os
from typing import Any

from behave import then, when

from features.support.processes import run, unmeasured
from features.support.spool import crashing, damaging, troubles
from features.support.spool.drains import die, recover, some_records

STDERR = 2


# Crashes -----------------------------------------------------------------------------------------


@when("{rounds:d} processes are killed at random moments while they append to spools")
def when_killed(context: Any, rounds: int) -> None:
    seed = int.from_bytes(os.urandom(4))
    context.seed = seed
    try:
        context.totals = crashing.kill_at_random(context.tmp, rounds, seed)
    except AssertionError as error:
        raise AssertionError(f"seed {seed}: {error}") from error


@then("everything that they had acknowledged was delivered, each once, in order")
def then_killed_delivered(context: Any) -> None:
    # The comparison was made after each kill; this is that there was something to compare.
    acknowledged, drained = context.totals
    assert acknowledged > 100, context.totals
    assert 0 < drained < acknowledged, context.totals


@then("an append that was interrupted anywhere costs nothing that was acknowledged")
def then_torn(context: Any) -> None:
    assert damaging.check_torn_writes(context.tmp) > 500


@then(
    "{processes:d} processes that take over {spools:d} dead spools at once deliver each record once"
)
def then_compete(context: Any, processes: int, spools: int) -> None:
    crashing.compete(context.tmp, processes, spools)


@then("a spool that is removed just before its lock is had is nobody's")
def then_removed_meanwhile(context: Any) -> None:
    crashing.check_removed_meanwhile(context.tmp)


@then("nobody can take over a spool whose process lives, and everybody once it is dead")
def then_living(context: Any) -> None:
    crashing.check_living(context.tmp)


@then("the spool of a dead process is taken over, although files called lock are in it")
def then_lock_file(context: Any) -> None:
    crashing.check_lock_files(context.tmp)


@when("a process is killed whose forked child has let go of the spool by {method}()")
def when_forked(context: Any, method: str) -> None:
    program = "fork" if method == "after_fork" else f"fork-and-{method}"
    context.result, context.said = crashing.forked(context.tmp, program)


@when("a process is killed whose forked child has not let go of the spool")
def when_forked_keeping(context: Any) -> None:
    context.result, context.said = crashing.forked(context.tmp, "fork-and-keep")


@then("the spool has delivered {count:d} records")
def then_count(context: Any, count: int) -> None:
    assert len(context.result.records) == count, context.result


@then("the child could not append, and left the lock to its parent")
def then_child(context: Any) -> None:
    assert context.said.endswith("refusedrefused"), context.said


# Damage ------------------------------------------------------------------------------------------


@then("a flipped bit in any byte of a spool costs at most the record that it is in")
def then_flipped(context: Any) -> None:
    assert damaging.flip_everywhere(context.tmp) > 900


@then('a flipped bit in any byte of the spool\'s file "{name}" costs nothing')
def then_flipped_beside(context: Any, name: str) -> None:
    damaging.flip_beside(context.tmp, name)


@then("a segment that is cut off anywhere still delivers what is whole, and it is told")
def then_truncated(context: Any) -> None:
    assert damaging.truncate_everywhere(context.tmp) > 900


@then("a segment that is cut off inside its header costs its own records alone")
def then_header(context: Any) -> None:
    damaging.truncate_header(context.tmp)


@when("a spool's files are tampered with: {how}")
def when_tampered(context: Any, how: str) -> None:
    context.result, context.expected, context.directory = damaging.spliced(context.tmp, how)


@then("all of the spool's records that are left are delivered, in order")
def then_left(context: Any) -> None:
    damaging.check_kept(context.result, context.expected, context.result.damages)


@then('the damage told is "{reason}", and it has cost {lost:d} records')
def then_told(context: Any, reason: str, lost: int) -> None:
    damages = context.result.damages
    assert any(reason in damage.reason for damage in damages), damages
    assert context.result.lost == lost, damages
    damaging.check_set_aside(context.directory, damages)


@then("records whose bytes are whole are delivered, whatever was done to the others")
def then_edits(context: Any) -> None:
    damaging.check_random_edits(context.tmp)


@then("damage to a spool that is in use is found when it is drained")
def then_in_use(context: Any) -> None:
    damaging.check_damaged_while_open(context.tmp)


@then("damaged bytes stay in a .bad file when the spool is gone, and are not doubled by a crash")
def then_bad_stays(context: Any) -> None:
    damaging.check_bad_stays(context.tmp)


@then("a spool of which nothing tells whose it is is refused and left as it is")
def then_unknown(context: Any) -> None:
    assert "which log it belongs to" in str(damaging.unknown_owner(context.tmp))


@then("a spool of a newer version is refused and left as it is")
def then_newer(context: Any) -> None:
    assert "format 2" in str(damaging.newer_version(context.tmp))


# Disks -------------------------------------------------------------------------------------------


@then("a spool on a small volume that is full says so, keeps what it took, and takes more later")
def then_volume(context: Any) -> None:
    command = ["unshare", "--mount", *crashing.command("fill", context.tmp / "volume")]
    try:
        ended = run(command, environment=unmeasured())
    except FileNotFoundError as error:
        reason = str(error)
    else:
        reason = ended.output
        if ended.status == 0 and reason == "ok\n":
            return
        assert reason.startswith(("no mount: ", "unshare: ")), ended
    # Not sys.stderr, which behave captures.
    os.write(STDERR, f"SKIPPED: {context.scenario.name}: no small volume here: {reason}\n".encode())
    context.scenario.skip(reason)


@then("a process that may not grow its files gets an error, and its spool works on")
def then_limited(context: Any) -> None:
    directory = context.tmp / "spools"
    command = crashing.command("grow", directory)
    ended = run(command, environment=unmeasured())
    assert ended.status == 0 and ended.output.endswith("ok\n"), ended


@when("one {what} for the disk fails while records are appended")
def when_fails_once(context: Any, what: str) -> None:
    context.disk, context.spool, context.taken = troubles.fail_once(context.tmp, what)
    context.drained = 3


@when("every {what} for the disk fails for a while")
def when_fails_long(context: Any, what: str) -> None:
    failed = troubles.fail_for_long(context.tmp, what)
    context.disk, context.spool, context.taken, context.refusal = failed
    context.drained = 0


@then("what an append has left on the disk that was refused is not delivered")
def then_refused_and_dead(context: Any) -> None:
    troubles.check_refused_and_dead(context.tmp)


@then("a file that was given up, and stays, says nothing beside the one that followed it")
def then_given_up_stays(context: Any) -> None:
    troubles.check_given_up_stays(context.tmp)


@when("an append is interrupted after its write")
def when_interrupted(context: Any) -> None:
    context.spool, context.taken = troubles.interrupted(context.tmp)
    context.drained = 0


@then("nothing that was acknowledged is lost, doubled or out of order")
def then_nothing_lost(context: Any) -> None:
    spool = context.spool
    wanted = context.taken[context.drained :]
    chunk = spool.read(context.drained, 1000, 1_000_000)
    assert [record for _, record in chunk.records] == wanted
    die(spool)
    result = recover(context.tmp / "spools")
    assert result.records == wanted
    assert not result.damages, result.damages


@then("the file of the failed {what} was given up, not used again")
def then_given_up(context: Any, what: str) -> None:
    assert context.spool.abandoned == 1
    assert not context.disk.used_after_failure


@then("what was refused does not come back")
def then_refused_stays_away(context: Any) -> None:
    # It was compared above; and the error says what to do.
    assert "look at the system's log" in str(context.refusal), context.refusal
    assert some_records(1, begin=900)[0] not in context.taken


@then("a spool does what a list would, in any order of events")
def then_model(context: Any) -> None:
    troubles.check_model()


@then("a spool on a disk that fails is not made, and nothing is left of it")
def then_not_made(context: Any) -> None:
    troubles.check_not_made(context.tmp)


@then("it is noticed at once when, under an open spool, {how}")
def then_vanished(context: Any, how: str) -> None:
    context.how = how
    context.spool, context.result = troubles.vanish(context.tmp, how)


@then("what it held is still read")
def then_still_read(context: Any) -> None:
    assert context.result.records == some_records(10), context.result
    context.spool.close()
