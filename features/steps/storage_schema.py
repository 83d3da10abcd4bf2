"""Steps about the schema; what they check is in features/support/stores/schemas.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from behave import then, when

from features.support.events.services import open_service
from features.support.stores import schemas
from indelible import ConfigurationError
from indelible.storage import migrate


@then("the schema is made by a first record, a first query and an upgrade alike")
def schema_first_use(context: Any) -> None:
    schemas.check_first_use(iter(context.new_database, None))


@when("the schema's service is constructed")
def schema_service(context: Any) -> None:
    context.service = open_service(context, audit_async=True)


@when('the schema\'s service is constructed with the schema "{name}"')
def schema_service_schema(context: Any, name: str) -> None:
    context.service = open_service(context, schema=name)


@then("the schema's database file does not exist")
def schema_no_file(context: Any) -> None:
    assert not Path(context.database_url().removeprefix("sqlite:///")).exists()


@when("the schema is met by {number:d} processes at once, each recording {events:d} events")
def schema_processes(context: Any, number: int, events: int) -> None:
    schemas.race_processes(context.database_url(), number, events)


@when(
    "the schema is met by {number:d} services on threads at once, each recording {events:d} events"
)
def schema_services(context: Any, number: int, events: int) -> None:
    schemas.race_services(context.database_url(), number, events)


@then("the schema is current, and {events:d} events are numbered without a gap")
def schema_numbered(context: Any, events: int) -> None:
    schemas.check_current(context.database_url(), events)


@then("the schema is refused when it is")
def schema_refused(context: Any) -> None:
    problems = [schemas.state_problem(context.new_database(), *row) for row in context.table]
    assert not any(problems), "\n".join(filter(None, problems))


@then("the schema's refusals have changed no table")
def schema_untouched(context: Any) -> None:
    """The step before has compared the tables of each database before and after."""


@when("the schema is made by an upgrade")
def schema_upgraded(context: Any) -> None:
    migrate.upgrade(context.database_url())


@then("the schema has no difference to the tables in the code")
def schema_same(context: Any) -> None:
    schemas.check_no_difference(context.database_url())


@then("the schema has the partial indexes that the code names where {db} can have them")
def schema_partial(context: Any, db: str) -> None:
    schemas.check_partial_indexes(context.database_url())


@when("the schema's service has recorded {events:d} events")
def schema_recorded(context: Any, events: int) -> None:
    service = open_service(context)
    for number in range(events):
        service.record("x.y", actor="user:1", details={"number": number})


@then('the schema\'s way back is refused with "{says}"')
def schema_way_back(context: Any, says: str) -> None:
    found = schemas.way_back_refusal(context.database_url())
    assert says in found, found


@then(
    "the schema's upgrade, while another process makes the tables for {seconds:d} second too long, "
    'says "{says}"'
)
def schema_locked(context: Any, seconds: int, says: str) -> None:
    found = schemas.locked_refusal(context.database_url(), seconds)
    assert says in found, found


@then("the schema's services that make none wait while another process has made its tables by half")
def schema_half_made(context: Any) -> None:
    schemas.check_half_made(context.database_url())


@when("a logging handler records into another log while the schema is made")
def schema_nested(context: Any) -> None:
    context.other = open_service(context, context.new_database())
    context.refusals = schemas.record_inside(context.database_url(), context.other)


@then('that record was refused with "{says}"')
def schema_nested_refused(context: Any, says: str) -> None:
    assert context.refusals, "nothing was recorded inside"
    assert all(says in text for text in context.refusals), context.refusals


@then("the other log takes an event afterwards")
def schema_other(context: Any) -> None:
    assert context.other.record("x.y", actor="user:1").wait(30).seq == 0


@then(
    "the schema's revisions are those of the scripts, in order, "
    "and each script but the first has a parent"
)
def schema_revisions(context: Any) -> None:
    schemas.check_revisions()


@then(
    'the schema\'s upgrade twice and through an engine gives "{revision}" '
    "and keeps a neighbour's rows"
)
def schema_upgrade(context: Any, revision: str) -> None:
    schemas.check_upgrade(context.database_url())


@when("the schema's printed statements are run")
def schema_printed(context: Any) -> None:
    schemas.run_printed(context.database_url())


@then("the schema is current")
def schema_current(context: Any) -> None:
    found = migrate.check(context.database_url())
    assert (found.state, found.revision) == ("current", found.head), found


@then("the schema takes an event")
def schema_takes(context: Any) -> None:
    service = open_service(context, create_tables=False)
    assert service.record("x.y", actor="user:1").wait(30).seq == 0


@then('the schema\'s statements for {url} are about {kind}, with "{part}" and without "{without}"')
def schema_statements(context: Any, url: str, kind: str, part: str, without: str) -> None:
    schemas.check_statements(url, part, without)


@then("the schema with the prefixes {prefixes} is four logs in one database")
def schema_prefixes(context: Any, prefixes: str) -> None:
    names = json.loads(f"[{prefixes.replace(' and ', ', ')}]")
    schemas.check_prefixes(context.database_url(), names)


@then('the schema in "{first}" and in "{second}" and in the default one are three logs')
def schema_schemas(context: Any, first: str, second: str) -> None:
    schemas.check_schemas(context.database_url(), [first, second])


@then('the schema\'s printed statements for "{name}" make it there')
def schema_printed_schema(context: Any, name: str) -> None:
    schemas.check_printed_schema(context.new_database(), name)


@then('the schema\'s service with {argument}={value} is refused with "{says}"')
def schema_argument(context: Any, argument: str, value: str, says: str) -> None:
    schemas.check_refused_argument(context.database_url(), argument, json.loads(value), says)


@then('the schema\'s first use is refused because of "{argument}", with "{says}"')
def schema_first_refused(context: Any, argument: str, says: str) -> None:
    for use in (context.service.count, lambda: context.service.record("x.y", actor="user:1")):
        try:
            use()
        except ConfigurationError as error:
            assert error.argument == argument
            assert says in str(error)
        else:
            raise AssertionError("it was used")


@then('the schema\'s first use in a missing "{name}" says "{says}"')
def schema_absent(context: Any, name: str, says: str) -> None:
    schemas.check_absent_schema(context.database_url(), name, says)


@then("the schema with the longest prefix is made and has no difference to the tables in the code")
def schema_longest(context: Any) -> None:
    schemas.check_longest_prefix(context.database_url())
