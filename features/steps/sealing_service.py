"""Steps about a service that signs; see features/support/sealing/services.py."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any
from unittest import mock

from behave import given, then, when

from features.support.sealing import services
from indelible.merkle import CosignatureSigner, parse_checkpoint, parse_note
from indelible.sealing import MemoryState, Witness, WitnessPolicy, handing, read_notes


def service_of(context: Any) -> services.SigningService:
    found: services.SigningService = context.signing_service
    return found


@given("a signing service")
def given_service(context: Any) -> None:
    context.signing_service = services.SigningService(context)


@given("a signing service in {mode} mode with an interval of {seconds:g} seconds")
def given_interval(context: Any, mode: str, seconds: float) -> None:
    context.signing_service = services.SigningService(
        context, audit_async=mode == "async", checkpoint_interval=seconds
    )


@given("a signing service in sync mode with an interval of {seconds:g} seconds, whose sink hangs")
def given_hanging(context: Any, seconds: float) -> None:
    service = services.SigningService(context, checkpoint_interval=seconds)
    service.service.close()
    service.options["checkpoint_sinks"] = [service.slow_sink]
    service.open()
    context.add_cleanup(service.let_go)
    context.signing_service = service


@given(
    "a signing service in sync mode with an interval of {seconds:g} seconds, whose sink hangs and "
    "may take {most:g} seconds"
)
def given_hanging_sink(context: Any, seconds: float, most: float) -> None:
    patch = mock.patch.object(handing, "SINK_SECONDS", most)
    patch.start()
    context.add_cleanup(patch.stop)
    given_hanging(context, seconds)
    service = service_of(context)
    service.service.close()
    service.options["checkpoint_sinks"] = [service.slow_sink, service.sink]
    service.open()


@given("a signing service in sync mode whose sink asks for a checkpoint")
def given_asking_sink(context: Any) -> None:
    service = services.SigningService(context, checkpoint_interval=60.0)
    service.service.close()
    service.options["checkpoint_sinks"] = [lambda sealed: service.service.checkpoint()]
    service.open()
    context.signing_service = service


@given(
    "a signing service in sync mode with a witness that takes the connection and says nothing, "
    "and a policy of {seconds:g} seconds"
)
def given_hanging_witness(context: Any, seconds: float) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    context.add_cleanup(listening.close)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    context.signing_service = services.SigningService(
        context,
        checkpoint_interval=60.0,
        witnesses=[Witness(url, CosignatureSigner("witness.example", bytes(range(32))).verifier)],
        witness_policy=WitnessPolicy(0, "publish", timeout=seconds),
    )


@when("the signing service's sink comes back")
def when_back(context: Any) -> None:
    service_of(context).let_go()
    for thread in threading.enumerate():
        if thread.name == "audit-sink":
            thread.join(10)


@then('a checkpoint of {size:d} events is made within {seconds:g} seconds, and says "{text}"')
@then('a checkpoint of {size:d} event is made within {seconds:g} seconds, and says "{text}"')
def then_made_with_error(context: Any, size: int, seconds: float, text: str) -> None:
    service, began = service_of(context), time.monotonic()
    said = service.refusal()
    assert time.monotonic() - began < seconds, said
    assert text in said, said
    service.has_left(size - service.sizes()[0] + 1, size)


@then(
    "a checkpoint of {size:d} events is made within {seconds:g} seconds, and tells of the witness "
    '"{text}"'
)
def then_made_with_problem(context: Any, size: int, seconds: float, text: str) -> None:
    service, began = service_of(context), time.monotonic()
    sealed = service.service.checkpoint()
    assert time.monotonic() - began < seconds
    assert sealed.size == size
    assert text in str(sealed.problems), sealed.problems


@then(
    "the signing service's other sink has been handed checkpoints of {first:d} and {last:d} events"
)
def then_other_sink(context: Any, first: int, last: int) -> None:
    sizes = [
        parse_checkpoint(parse_note(note)[0]).size for note in read_notes(service_of(context).sink)
    ]
    assert sizes == [first, last], sizes


@given("a signing service in memory")
def given_memory(context: Any) -> None:
    context.signing_service = services.SigningService(context, url="sqlite://")


@given("a signing service with a state of the caller's own")
def given_own_state(context: Any) -> None:
    context.own_state = MemoryState()
    context.signing_service = services.SigningService(context, signer_state=context.own_state)


@then("the caller's own state remembers the checkpoint")
def then_own_state(context: Any) -> None:
    assert [context.own_state.load()] == service_of(context).notes()


@given("a signing service without a key")
def given_keyless(context: Any) -> None:
    context.signing_service = services.SigningService(
        context, signing_key=None, checkpoint_sinks=()
    )


@given("a signing service that hardens")
def given_hardening(context: Any) -> None:
    context.signing_service = services.SigningService(context, harden=True)


@when("the signing service records {number:d} events")
@when("the signing service records {number:d} event")
def when_records(context: Any, number: int) -> None:
    service_of(context).record(number)


@then(
    "the signing service's checkpoint covers {number:d} events, and its note opens with the "
    "verifier key"
)
def then_covers(context: Any, number: int) -> None:
    service_of(context).covers(number)


@then("the signing service's checkpoint is the same when asked again")
def then_again(context: Any) -> None:
    service_of(context).again()


@when("the signing service is closed")
def when_closed(context: Any) -> None:
    service_of(context).service.close()


@when("the signing service is opened again")
def when_opened(context: Any) -> None:
    service_of(context).open()


@when("the signing service is opened again and closed")
def when_opened_and_closed(context: Any) -> None:
    service_of(context).open().close()


@then("the signing service has left {number:d} checkpoints, the last of {size:d} events")
@then("the signing service has left {number:d} checkpoint, the last of {size:d} events")
def then_left(context: Any, number: int, size: int) -> None:
    service_of(context).has_left(number, size)


@then(
    "within {seconds:d} seconds the signing service has left {number:d} checkpoint, the last of "
    "{size:d} events"
)
def then_left_within(context: Any, seconds: int, number: int, size: int) -> None:
    service_of(context).comes_to_leave(number, size, seconds)


@when("{seconds:g} seconds go by")
def when_time_goes_by(context: Any, seconds: float) -> None:
    time.sleep(seconds)


@then("the signing service's sink holds the same")
def then_sink(context: Any) -> None:
    service_of(context).sink_is_table()


@when("the signing service's database is set back to {number:d} events")
def when_set_back(context: Any, number: int) -> None:
    service_of(context).set_back(number)


@then('the signing service refuses a checkpoint with "{text}"')
def then_refuses(context: Any, text: str) -> None:
    assert text in service_of(context).refusal(), service_of(context).refusal()


@then('the signing service\'s on_error was told "{text}"')
def then_told(context: Any, text: str) -> None:
    errors = service_of(context).errors
    assert any(text in str(error) for error in errors), errors


@then('a signing service with {what} is refused with "{text}"')
def then_configuration(context: Any, what: str, text: str) -> None:
    found = services.configuration_refusal(what, context.tmp)
    assert text in found, found


@when("the signing service's sink hangs")
def when_hangs(context: Any) -> None:
    assert service_of(context).inside.wait(5)


@then("the signing service records {number:d} events within {seconds:d} seconds")
def then_records(context: Any, number: int, seconds: int) -> None:
    began = time.monotonic()
    service_of(context).record(number)
    assert time.monotonic() - began < seconds


@then("the signing service closes within {seconds:d} seconds")
def then_closes(context: Any, seconds: int) -> None:
    began = time.monotonic()
    service_of(context).service.close(timeout=1)
    assert time.monotonic() - began < seconds


@when("a forked child of the signing service records {number:d} events and closes")
def when_forked(context: Any, number: int) -> None:
    service_of(context).fork(number)


@then('"{statement}" is refused in the signing service\'s database')
def then_statement_refused(context: Any, statement: str) -> None:
    service_of(context).refuses(statement)
