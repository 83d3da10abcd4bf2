"""Steps about sinks, witnesses and the sealing thread; see features/support/sealing."""

from __future__ import annotations

import time
from typing import Any

from behave import given, then, when

from features.support.sealing import publishing
from features.support.sealing.certificates import Authority
from indelible.sealing import FileSink
from indelible.sealing.witness import THREAD_NAME as WITNESS_THREAD


def sinks_of(context: Any) -> publishing.Sinks:
    sinks: publishing.Sinks = context.sinks
    return sinks


@given("the signer hands its checkpoints to a file and to a callable")
def given_sinks(context: Any) -> None:
    context.sinks = publishing.Sinks(context.signed_log)
    context.signed_log.sinks = [FileSink(context.sinks.path), context.sinks.take]


@given("the signer hands its checkpoints to a sink that fails, and then to a callable")
def given_failing_sink(context: Any) -> None:
    context.sinks = publishing.Sinks(context.signed_log)
    context.signed_log.sinks = [context.sinks.fail, context.sinks.take]


@given("the signer hands its checkpoints to a file in a directory that does not exist")
def given_nowhere(context: Any) -> None:
    context.signed_log.sinks = [FileSink(context.signed_log.directory / "no" / "sink")]


@given("the signer hands its checkpoints to a sink that seals")
def given_sealing_sink(context: Any) -> None:
    publishing.Sinks(context.signed_log).seal_again()


@then("the sink's file holds the {number:d} checkpoints of the table")
def then_file(context: Any, number: int) -> None:
    sinks_of(context).file_is_table(number)


@then("the sink's callable was given the {number:d} checkpoints of the table")
@then("the sink's callable was given the {number:d} checkpoint of the table")
def then_callable(context: Any, number: int) -> None:
    assert sinks_of(context).given == context.signed_log.notes()
    assert len(sinks_of(context).given) == number


@then("the sink's file has never been shorter than before")
def then_longer(context: Any) -> None:
    sizes = sinks_of(context).sizes
    assert len(sizes) > 1
    assert sizes == sorted(set(sizes)), sizes


@when("the sink's file {damage}")
def when_file_damaged(context: Any, damage: str) -> None:
    sinks_of(context).cut(damage)


@then("the sink's file holds {number:d} readable checkpoints, the last being the newest")
def then_readable(context: Any, number: int) -> None:
    sinks_of(context).readable(number)


@then("{what} is refused as a sink")
def then_no_sink(context: Any, what: str) -> None:
    publishing.sink_refused(what)


# Witnesses


WHEN_UNMET = {"it raises": "raise", "it publishes": "publish"}


@given("the signer asks {number:d} witness, of which it needs {required:d}, or else {unmet}")
@given("the signer asks {number:d} witnesses, of which it needs {required:d}, or else {unmet}")
def given_witnesses(context: Any, number: int, required: int, unmet: str) -> None:
    context.witnesses = publishing.Witnesses(
        context, context.signed_log, number, required, WHEN_UNMET[unmet]
    )


@given("the signer asks a witness behind TLS, where {trust}")
def given_tls_witness(context: Any, trust: str) -> None:
    authority = Authority(context.tmp)
    context.witnesses = publishing.Witnesses(
        context, context.signed_log, 1, 1, "raise", tls=authority.server(trust)
    )
    context.witnesses.trust(trust, authority, context)


@given("no thread can be started to ask a witness")
def given_no_witness_threads(context: Any) -> None:
    publishing.no_threads(context, name=WITNESS_THREAD)


@given("the threads that ask witnesses come to run when the time is over")
def given_late_threads(context: Any) -> None:
    context.late = publishing.LateThreads(context)


@then("once they run, nothing more was asked of witness {number:d} or of the database")
def then_nothing_asked(context: Any, number: int) -> None:
    double = context.witnesses.doubles[number - 1]
    before = list(double.requests)
    statements = context.late.run(context.signed_log.engine)
    assert double.requests == before, double.requests
    assert statements == [], statements


@then("witness {number:d} was asked {times:d} times")
def then_asked_times(context: Any, number: int, times: int) -> None:
    assert context.witnesses.doubles[number - 1].answered == times


@then('the signer\'s checkpoint tells of the problems "{problems}"')
@then('the signer\'s checkpoint tells of the problems ""')
def then_problems(context: Any, problems: str = "") -> None:
    found = [item.partition(": ")[2] for item in context.signed_log.sealed.problems]
    assert ", ".join(found) == problems, found


@then('witness {number:d} was asked with the old sizes "{sizes}"')
@then('witness {number:d} was asked with the old sizes ""')
def then_asked(context: Any, number: int, sizes: str = "") -> None:
    asked = context.witnesses.doubles[number - 1].requests
    assert ", ".join(map(str, asked)) == sizes, asked


@given("witness {number:d} {memory}")
def given_memory(context: Any, number: int, memory: str) -> None:
    context.began = time.monotonic()
    context.witnesses.remember(number, memory)


@then("the signer's checkpoint is cosigned by {number:d} witness")
@then("the signer's checkpoint is cosigned by {number:d} witnesses")
def then_cosigned(context: Any, number: int) -> None:
    context.witnesses.cosigned(number)


@then('the signer\'s checkpoint tells of a problem: "{text}"')
def then_problem(context: Any, text: str) -> None:
    (problem,) = context.signed_log.sealed.problems
    assert text in problem, problem
    assert context.witnesses.doubles[0].key.name in problem, problem


@then("the sealing took less than {seconds:d} seconds")
def then_took(context: Any, seconds: int) -> None:
    assert time.monotonic() - context.began < seconds


@then('{what} is refused with "{text}" before anything is sent')
def then_configuration(context: Any, what: str, text: str) -> None:
    assert text in publishing.configuration_refusal(what)


# The thread


def thread_of(context: Any) -> publishing.Thread:
    thread: publishing.Thread = context.sealing_thread
    return thread


@given("a sealing thread with an interval of {seconds:g} seconds")
def given_thread(context: Any, seconds: float) -> None:
    context.sealing_thread = publishing.Thread(context, seconds)


@given("a sealing thread without an interval")
def given_thread_without(context: Any) -> None:
    context.sealing_thread = publishing.Thread(context, None)


@given("its seals hang")
def given_hanging(context: Any) -> None:
    import threading

    thread_of(context).hang = threading.Event()


@given("its first {number:d} seals fail with {error}")
def given_failing(context: Any, number: int, error: str) -> None:
    thread_of(context).fail_with(error, number)


@given("it is told of new events {moment}")
def given_told(context: Any, moment: str) -> None:
    thread_of(context).tell(moment, context)


@then("it has started {number:d} thread")
@then("it has started {number:d} threads")
def then_started(context: Any, number: int) -> None:
    assert thread_of(context).started == number, thread_of(context).started


@given("no thread can be started")
def given_no_threads(context: Any) -> None:
    publishing.no_threads(context)


@when("the sealing thread is told of new events {times:d} times at once")
@when("the sealing thread is told of new events {times:d} time at once")
def when_told(context: Any, times: int) -> None:
    thread_of(context).telling_takes(times)


@when("the sealing thread is inside a seal")
def when_inside(context: Any) -> None:
    assert thread_of(context).inside.wait(5)


@when("a signal handler tells the sealing thread thousands of times while it is being told")
def when_interrupted(context: Any) -> None:
    thread_of(context).interrupted()


@when("the sealing thread is stopped within {seconds:d} seconds")
def when_stopped(context: Any, seconds: int) -> None:
    assert thread_of(context).thread.stop(time.monotonic() + seconds)


@then("the sealing thread does not run")
def then_not_running(context: Any) -> None:
    assert not thread_of(context).thread.alive


@then("the sealing thread has sealed {times:d} time within {seconds:d} seconds")
@then("the sealing thread has sealed {times:d} times within {seconds:d} seconds")
def then_sealed(context: Any, times: int, seconds: int) -> None:
    thread_of(context).has_sealed(times, seconds)


@then("the sealing thread has sealed at least {times:d} time within {seconds:d} seconds")
def then_sealed_at_least(context: Any, times: int, seconds: int) -> None:
    deadline = time.monotonic() + seconds
    while thread_of(context).sealed < times and time.monotonic() < deadline:
        time.sleep(0.01)
    assert thread_of(context).sealed >= times


@then("the sealing thread has sealed {times:d} time after another {seconds:g} seconds")
@then("the sealing thread has sealed {times:d} times after another {seconds:g} seconds")
def then_sealed_after(context: Any, times: int, seconds: float) -> None:
    thread_of(context).has_sealed_after(times, seconds)


@then("telling the sealing thread {times:d} times more takes less than {seconds:g} seconds")
def then_telling(context: Any, times: int, seconds: float) -> None:
    assert thread_of(context).telling_takes(times) < seconds


@then("stopping the sealing thread within {seconds:g} seconds takes less than {most:d} and fails")
def then_stopping(context: Any, seconds: float, most: int) -> None:
    began = time.monotonic()
    assert not thread_of(context).thread.stop(began + seconds)
    assert time.monotonic() - began < most


@then('the sealing thread has reported {number:d} errors, each an AuditError that says "{text}"')
def then_reported(context: Any, number: int, text: str) -> None:
    errors = thread_of(context).errors
    assert len(errors) == number, errors
    assert all(text in str(error) for error in errors), errors


@when("the signer seals in a thread, and {number:d} events are recorded meanwhile")
def when_meanwhile(context: Any, number: int) -> None:
    context.times = publishing.seal_and_record(context.signed_log, number)


@then("the recording was over before the seal")
def then_before(context: Any) -> None:
    recorded, sealed = context.times
    assert recorded < sealed, context.times
