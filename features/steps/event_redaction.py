"""Steps about redaction; what they check is in features/support/events/secrets.py."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

from behave import given, then, when

from features.support.events import secret_rules, secret_shapes, secrets
from features.support.events.services import open_service
from indelible import REDACTED, AuditService, Redaction


def _opener(context: Any) -> Any:
    """Return a function that opens services on databases of their own."""

    def opened(**options: Any) -> AuditService:
        return open_service(context, context.new_database(), **options)

    return opened


@given("a redaction's service")
@given("a redaction's service in synchronous mode")
def redaction_service(context: Any) -> None:
    context.service = open_service(context)


@given("a redaction's service in asynchronous mode")
def redaction_service_async(context: Any) -> None:
    context.service = open_service(context, audit_async=True)


@given('a redaction\'s service with the further names "{names}"')
def redaction_names(context: Any, names: str) -> None:
    context.service = _opener(context)(redact=names.split())


@given('a redaction\'s service with the patterns "{first}" and "{second}"')
def redaction_patterns(context: Any, first: str, second: str) -> None:
    context.service = _opener(context)(redact=[re.compile(first), re.compile(second)])


@given('a redaction\'s service with the pattern "{pattern}" and no defaults')
def redaction_pattern_alone(context: Any, pattern: str) -> None:
    redaction = Redaction([re.compile(pattern)], defaults=False)
    context.service = _opener(context)(redact=redaction)


@then("the redaction's REDACTED is one object, falsy, and shown as the mask")
def redaction_placeholder(context: Any) -> None:
    secret_rules.check_placeholder()


@given('a redaction\'s service that allows "{name}"')
def redaction_allows(context: Any, name: str) -> None:
    context.service = _opener(context)(redact=Redaction(allow=[name]))


@given('a redaction\'s service that allows "{name}" and has no defaults')
def redaction_no_defaults(context: Any, name: str) -> None:
    context.service = _opener(context)(redact=Redaction(allow=[name], defaults=False))


@given('a redaction\'s service in {mode} mode whose rule raises at "{name}"')
def redaction_raising(context: Any, mode: str, name: str) -> None:
    rule = secret_rules.raising_rule(name)
    context.service = _opener(context)(redact=[rule], audit_async=mode == "asynchronous")


@when("the redaction sees the details {details}")
def redaction_details(context: Any, details: str) -> None:
    context.event = secrets.recorded(context.service, json.loads(details))


@when("the redaction sees in vain the details {details}")
def redaction_in_vain(context: Any, details: str) -> None:
    try:
        secrets.recorded(context.service, json.loads(details))
    except Exception as error:  # noqa: BLE001 - the next step looks at its class
        context.error = error
    else:
        raise AssertionError("the event was accepted")


@when("the redaction sees the text {text}")
def redaction_text(context: Any, text: str) -> None:
    context.event = secrets.recorded(context.service, {"text": text})


@when("the redaction sees a secret in every place that it can stand")
def redaction_everywhere(context: Any) -> None:
    context.event = secrets.record_everywhere(context.service)


@when("the redaction sees a changed password and an unchanged token")
def redaction_changed(context: Any) -> None:
    context.event = secrets.recorded(
        context.service,
        None,
        before={"user": {"password": "old", "token": "same"}},
        after={"user": {"password": "new", "token": "same"}},
    )


@then(
    "the redaction covers each default name in {number:d} spellings, and no secret is in the body"
)
def redaction_default_names(context: Any, number: int) -> None:
    secrets.check_names(context.service, number)


@then("the redaction leaves the details {details}")
def redaction_leaves_details(context: Any, details: str) -> None:
    assert context.event.details == json.loads(details), context.event.details


@then("the redaction leaves the text {text}")
def redaction_leaves_text(context: Any, text: str) -> None:
    assert context.event.details["text"] == text, context.event.details["text"]


@then('the redaction\'s event has nothing but the mask under "{names}"')
def redaction_masks(context: Any, names: str) -> None:
    for name in names.split():
        assert context.event.details[name] is REDACTED, (name, context.event.details)
    assert "hunter2" not in context.event.body


@then('the redaction\'s event has its value under "{names}"')
def redaction_keeps(context: Any, names: str) -> None:
    for name in names.split():
        assert isinstance(context.event.details[name], str), (name, context.event.details)


@then("the redaction leaves each of these names alone")
def redaction_innocent_names(context: Any) -> None:
    details = dict.fromkeys(context.text.split(), "value")
    event = secrets.recorded(context.service, details)
    assert event.details == details, {k: v for k, v in event.details.items() if v != "value"}


@then("the redaction leaves each of these texts alone")
def redaction_innocent_texts(context: Any) -> None:
    problems = [secret_shapes.leaves_alone(row["text"]) for row in context.table]
    assert not any(problems), "\n".join(filter(None, problems))
    texts = [row["text"] for row in context.table]
    event = secrets.recorded(context.service, {"texts": texts})
    assert event.details == {"texts": texts}


@then("the redaction masks any credential of each kind wherever it stands")
def redaction_credentials(context: Any) -> None:
    secret_shapes.check_credentials()


@then("the redaction suspects any text that it changes, and changes it once")
def redaction_suspicion(context: Any) -> None:
    secret_shapes.check_suspicion()


@then("the redaction of texts made to be slow takes less than {milliseconds:d} milliseconds each")
def redaction_time(context: Any, milliseconds: int) -> None:
    secret_shapes.check_time(milliseconds / 1000)


@then("the redaction's event holds no secret in any place")
def redaction_no_secret(context: Any) -> None:
    secrets.check_no_secret(context.event)


@then("the redaction's event still says who did what to what")
def redaction_identity(context: Any) -> None:
    secrets.check_identity(context.event)


@then('the redaction refuses keys that differ in their credentials alone, naming "{path}"')
def redaction_colliding_keys(context: Any, path: str) -> None:
    secrets.check_colliding_keys(context.service, path)


@then("the redaction refuses changed keys that differ in their credentials alone")
def redaction_colliding_changes(context: Any) -> None:
    secrets.check_colliding_changes(context.service)


@then('the redaction\'s change of "{path}" is from mask to mask, and "{other}" has none')
def redaction_change(context: Any, path: str, other: str) -> None:
    change = context.event.changes[path]
    assert change.before is change.after is REDACTED
    assert other not in context.event.changes


@then("no file of the redaction's database holds the secret, before and after closing")
def redaction_files(context: Any) -> None:
    directory = Path(context.database_url().removeprefix("sqlite:///")).parent
    secrets.check_files(context.service, directory)


@then("the redaction's callable sees paths and values, and its answer is stored")
def redaction_callable(context: Any) -> None:
    secret_rules.check_callable(_opener(context))


@then("the redaction's callable sees no event of {depth:d} dicts, which is refused for its depth")
def redaction_too_deep(context: Any, depth: int) -> None:
    secret_rules.check_too_deep(_opener(context), depth)


@then("the redaction's keyed hashes find equal values, tell others apart and hide them all")
def redaction_hashes(context: Any) -> None:
    secret_rules.check_keyed_hashes(_opener(context))


@then("the redaction refuses keyed fields that hold NaN, a surrogate or an object")
def redaction_unhashable(context: Any) -> None:
    secret_rules.check_unhashable(_opener(context))


@then("the redaction's error names \"{path}\", chains the rule's own error and hides the value")
def redaction_error(context: Any, path: str) -> None:
    secret_rules.check_rule_error(context.error, path, "hunter2")


@then("the redaction has stored nothing")
def redaction_nothing(context: Any) -> None:
    assert context.service.flush(30)
    assert context.service.count() == 0


@then("the redaction refuses each of these rules")
def redaction_bad_rules(context: Any) -> None:
    problem = partial(secret_rules.bad_rule_problem, _opener(context))
    problems = [problem(row["rule"], row["says"]) for row in context.table]
    assert not any(problems), "\n".join(filter(None, problems))
