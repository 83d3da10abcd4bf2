"""Steps about round trips and bodies; what they check is in features/support/events."""

from __future__ import annotations

from typing import Any

from behave import given, then, when

from features.support import processes
from features.support.events import bodies, roundtrip, trips
from features.support.events.services import open_service, plain_engine, stored_rows


@given("a round trip through the scenario's database")
@given("a round trip through the scenario's database in synchronous mode")
def trip_service(context: Any) -> None:
    context.service = open_service(context)


@given("a round trip through the scenario's database in asynchronous mode")
def trip_service_async(context: Any) -> None:
    context.service = open_service(context, audit_async=True)


@when("the round trip is made by {number:d} generated events")
def trip_generated(context: Any, number: int) -> None:
    context.recorded = roundtrip.check_any_event(context.service, number)
    context.trip_problem = ""


@when("the round trip is made by integers of more than 4,300 digits")
def trip_huge(context: Any) -> None:
    context.trip_problem = trips.huge_integers(context.service)
    context.recorded = 1


@when("the round trip is made by an event whose tenant and request id are UUIDs")
def trip_uuids(context: Any) -> None:
    context.trip_problem = trips.uuid_names(context.service)


@when("the round trip is made by an event with NUL in its names, keys and texts")
def trip_nul(context: Any) -> None:
    context.trip_problem = trips.nul_everywhere(context.service)
    context.recorded = 1


@when("the round trip is made by {number:d} events at once with odd names, keys and texts")
def trip_batch(context: Any, number: int) -> None:
    context.trip_problem = trips.batch(context.service, number)
    context.recorded = number


@when("the round trip is made by all that was read from an event of all types")
def trip_again(context: Any) -> None:
    context.trip_problem = trips.again(context.service)


@then("the round trip took at most {number:d} batches")
def trip_batches(context: Any, number: int) -> None:
    stats = context.service.stats()
    assert stats.batches <= number, stats


@given("the round trip is made in a process that shows integers of {digits:d} digits")
def trip_few_digits(context: Any, digits: int) -> None:
    trips.limit_digits(context, digits)


@when("the round trip is made by texts, numbers and dicts of derived classes")
def trip_derived(context: Any) -> None:
    context.trip_problem = trips.derived_classes(context.service)


@when("the round trip is made by sets of enum members and dataclass instances")
def trip_sets(context: Any) -> None:
    context.event = trips.recorded(context.service, trips.SETS)


@when("the round trip is made by exceptions, one of which has no text")
def trip_exceptions(context: Any) -> None:
    context.event = trips.recorded(context.service, {"errors": trips.EXCEPTIONS})


@then("the round trip has changed nothing")
def trip_unchanged(context: Any) -> None:
    assert not context.trip_problem, context.trip_problem


@then("the round trip has left rows that agree with their bodies")
def trip_rows(context: Any) -> None:
    assert roundtrip.check_stored(plain_engine(context)) == context.recorded


@then("the round trip's events are found by their names, exactly as written")
def trip_names(context: Any) -> None:
    roundtrip.check_names_are_found(context.service)


@then("the round trip is that of a snapshot")
def trip_snapshot(context: Any) -> None:
    roundtrip.check_snapshot(context.service)


@then("the round trip's sets of enum members equal those recorded")
def trip_enum_sets(context: Any) -> None:
    for name in ("plain", "ints", "texts", "mixture"):
        assert context.event.details[name] == trips.SETS[name], context.event.details[name]
    assert context.event.details["texts"] == {"open", "paid"}


@then("the round trip's sets of dataclass instances hold what they held")
def trip_dataclass_sets(context: Any) -> None:
    (point,) = context.event.details["points"]
    assert point == next(iter(trips.SETS["points"]))
    # Neither is it what merely has the same fields.
    assert point != (1, (2,))
    assert point != {"x": 1, "y": (2,)}


@then("the round trip's exceptions are")
def trip_exception_texts(context: Any) -> None:
    found = [(error.type, error.message) for error in context.event.details["errors"]]
    assert found == [(row["type"], row["text"]) for row in context.table], found


@then("the round trip's bodies are refused when they are")
def trip_bad_bodies(context: Any) -> None:
    for row in context.table:
        trips.check_refused_body(row["body"], row["says"])


@when("the body of an event with every member and type is stored")
def body_everything(context: Any) -> None:
    service = open_service(context, clock=lambda: bodies.CLOCK, source="shop")
    context.body = bodies.record_everything(service)
    context.service = service


@when("the body of an event with an action and an actor alone is stored")
def body_least(context: Any) -> None:
    context.service = open_service(context)
    context.body = trips.recorded(context.service, None).body


@then("the body is to the byte")
def body_bytes(context: Any) -> None:
    expected = bodies.from_lines(context.text)
    (row,) = stored_rows(plain_engine(context))
    stored = bytes(row["body_bytes"])
    assert stored == expected, f"stored is\n{stored.decode()}\nand not\n{expected.decode()}"
    assert context.body.encode() == stored


@then("the body's columns are")
def body_columns(context: Any) -> None:
    (row,) = stored_rows(plain_engine(context))
    for expected in context.table:
        found = str(row[expected["column"]])
        assert found == expected["value"], f"{expected['column']} is {found}"
    roundtrip.check_projections(row, context.body)


@then("the body is what the event on reading says that it is")
def body_read(context: Any) -> None:
    problem = bodies.everything_problem(context.service)
    assert not problem, problem


@then("the body is the same in any order of keys and members")
def body_stable(context: Any) -> None:
    bodies.check_stability()
    ended = processes.run_python(bodies.HASH_SEED_PROGRAM)
    other = processes.run_python(bodies.HASH_SEED_PROGRAM)
    assert ended.status == other.status == 0, ended.output + other.output
    assert ended.output == other.output


@then('the body has the members "{names}"')
def body_members(context: Any, names: str) -> None:
    assert bodies.members(context.body) == names.split()


@then("the body's event id is a UUID of version 7 from this minute")
def body_event_id(context: Any) -> None:
    bodies.check_event_id(context.service)


@then("the body's times end in six digits and Z")
def body_times(context: Any) -> None:
    bodies.check_times(context.body)


@then("the body's clock agrees with Python's own, to the microsecond")
def body_clock(context: Any) -> None:
    bodies.check_system_clock()
