"""Steps about hardening and the doctor; see features/support/stores/hardening.py."""

from __future__ import annotations

from typing import Any

from behave import given, then, when

from features.support.stores import hardening
from indelible.storage import doctor
from indelible.storage.grants import grants


def hardened(context: Any) -> hardening.HardenedLog:
    log: hardening.HardenedLog = context.hardened_log
    return log


@given("a hardened log of {number:d} events and a checkpoint")
def given_hardened(context: Any, number: int) -> None:
    context.hardened_log = hardening.HardenedLog(context, number)
    assert hardened(context).log.seal() is not None
    hardened(context).harden()


@given("a log of {number:d} events that is not hardened")
def given_open(context: Any, number: int) -> None:
    context.hardened_log = hardening.HardenedLog(context, number)


@given('a log of {number:d} events in the schema "{schema}" with the prefix "{prefix}"')
def given_in_schema(context: Any, number: int, schema: str, prefix: str) -> None:
    context.hardened_log = hardening.HardenedLog(
        context, number, schema=schema, table_prefix=prefix
    )


@then("every raw statement that changes events, tiles or checkpoints is refused")
def then_all_refused(context: Any) -> None:
    for statement in hardened(context).statements():
        hardened(context).refuses(statement)


@then("every raw statement that changes events, tiles or checkpoints works")
def then_all_allowed(context: Any) -> None:
    for statement in hardened(context).statements():
        hardened(context).allows(statement)


@then('"{statement}" is refused')
def then_refused(context: Any, statement: str) -> None:
    hardened(context).refuses(statement)


@then("the hardened log is what it was")
@then("the doctor has changed nothing")
def then_unchanged(context: Any) -> None:
    hardened(context).is_what_it_was()


@when("the hardened log gains {number:d} events")
def when_gains(context: Any, number: int) -> None:
    hardened(context).log.append(number)


@when("an event of the hardened log is recorded a second time")
def when_twice(context: Any) -> None:
    hardened(context).record_twice()


@then("the hardened log holds {number:d} events, and its tree is whole")
def then_whole(context: Any, number: int) -> None:
    hardened(context).is_whole(number)


@when("it is hardened")
def when_hardened(context: Any) -> None:
    hardened(context).harden()


@when("its hardening is taken away")
@when("the hardening is taken away")
def when_unhardened(context: Any) -> None:
    hardened(context).unharden()


@then('its hardening is "{state}"')
def then_state(context: Any, state: str) -> None:
    assert hardened(context).state() == state


@when("one of its triggers is dropped")
def when_one_dropped(context: Any) -> None:
    hardened(context).drop_one()


@when("the service's first use hardens it")
def when_ensured(context: Any) -> None:
    hardened(context).ensure()


@given("an account with the printed rights")
def given_account(context: Any) -> None:
    hardened(context).make_account()


@given("an account with the printed rights and the right to update events")
def given_strong_account(context: Any) -> None:
    hardened(context).make_account(more="GRANT UPDATE ON audit_event")


@then("the account records, reads and seals")
def then_account_works(context: Any) -> None:
    hardened(context).account_works()


@then("the account may not update, delete, truncate or drop anything")
def then_account_kept_out(context: Any) -> None:
    hardened(context).account_is_kept_out()


@then("the service of the account is content with harden=True")
def then_content(context: Any) -> None:
    assert hardened(context).account_ensures() == ""


@then('the service of the account refuses harden=True and says "{text}"')
def then_not_content(context: Any, text: str) -> None:
    assert text in hardened(context).account_ensures()


@then("the doctor finds that the account can change nothing")
def then_healthy(context: Any) -> None:
    hardened(context).account_is_healthy()


@then('the rights for it name "{name}"')
def then_rights(context: Any, name: str) -> None:
    log = hardened(context)
    assert name in "\n".join(grants(log.log.url, **log.names))


@then('the statements to {what} on {dialect} say "{text}"')
def then_statements(context: Any, what: str, dialect: str, text: str) -> None:
    assert text in hardening.statements(what, dialect), hardening.statements(what, dialect)


@then('the rights for the role "{role}" are refused')
def then_role_refused(context: Any, role: str) -> None:
    hardening.role_is_refused(role)


@then('hardening a database without tables is refused with "{text}"')
def then_no_tables(context: Any, text: str) -> None:
    assert text in hardening.refused_without_tables(context.database_url())


@then('the doctor finds "{check}" to be {verdict}')
def then_finds(context: Any, check: str, verdict: str) -> None:
    context.diagnosis = hardened(context).diagnose()
    assert hardening.verdict(context.diagnosis, check) == verdict, context.diagnosis


@then('a doctor whose clock is an hour slow finds "{check}" to be {verdict}')
def then_slow_finds(context: Any, check: str, verdict: str) -> None:
    found = hardened(context).diagnose(hardening.slow_clock)
    assert hardening.verdict(found, check) == verdict, found


@then('the doctor says that an attacker could "{text}"')
def then_powers(context: Any, text: str) -> None:
    assert any(text in power for power in context.diagnosis.powers), context.diagnosis.powers


@when("the trigger against updates is replaced by one that does nothing")
def when_hollow(context: Any) -> None:
    hardened(context).hollow()


@given("an account with the printed rights and the right to update events, but not to insert them")
def given_updating_account(context: Any) -> None:
    hardened(context).make_account(
        more="GRANT UPDATE ON audit_event", less="REVOKE INSERT ON audit_event"
    )


@given("an account with the printed rights, but not to read events")
def given_blind_account(context: Any) -> None:
    hardened(context).make_account(less="REVOKE SELECT ON audit_event")


@given("a log in a database of a kind that is known to SQLAlchemy alone")
def given_strange(context: Any) -> None:
    context.strange = hardening.strange_log(context.tmp)


@then('to {what} is refused there with "{text}"')
def then_strange_refused(context: Any, what: str, text: str) -> None:
    found = hardening.strange_refusal(context.strange, what)
    assert text in found, found


@when("somebody else holds the database's write lock")
@when("somebody else has read the events in a transaction that is open")
def when_occupied(context: Any) -> None:
    hardened(context).occupy()


@when('somebody writes "{text}" where the newest event\'s time is')
def when_no_time(context: Any, text: str) -> None:
    log = hardened(context)
    # Afterwards not even SQLAlchemy can read them.
    log.before = log.log.dump()
    log.log.run(f"UPDATE audit_event SET recorded_at = '{text}'")


@when("somebody gives the events a collation that ignores case")
def when_collation(context: Any) -> None:
    hardened(context).log.run(
        "ALTER TABLE audit_event CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
    )


@then('a doctor who {what} finds "{check}" to be {verdict}, because "{text}"')
def then_doctor_who(context: Any, what: str, check: str, verdict: str, text: str) -> None:
    found = hardened(context).diagnose_as(what)
    assert hardening.reason(found, check) == (verdict, text), found


@then('the account\'s doctor finds "{check}" to be {verdict}, because "{text}"')
def then_accounts_doctor(context: Any, check: str, verdict: str, text: str) -> None:
    found = doctor.diagnose(hardened(context).account_engine())
    judged, message = hardening.reason(found, check)
    assert judged == verdict, found
    assert text in message, found


@then('a doctor of a log in memory finds "{check}" to be {verdict}, and "{missing}" to be left out')
def then_memory(context: Any, check: str, verdict: str, missing: str) -> None:
    found = hardening.diagnose_memory()
    assert hardening.verdict(found, check) == verdict, found
    assert hardening.verdict(found, missing) == "left out", found


@then("the doctor finds that there are no tables")
def then_doctor_no_tables(context: Any) -> None:
    found = doctor.diagnose(context.database_url())
    assert not found.healthy
    assert [item.check for item in found.findings] == ["tables"], found
