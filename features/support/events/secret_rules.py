"""Redaction rules of the caller's: names, patterns, callables and keyed hashes."""

from __future__ import annotations

import copy
import hashlib
import hmac
import pickle
import re
from collections.abc import Callable
from typing import Any

from features.support.events import examples
from features.support.events.secrets import SECRET, recorded
from indelible import (
    REDACTED,
    AuditService,
    ConfigurationError,
    InvalidEventError,
    KeyedHash,
    Redaction,
    RedactionError,
)
from indelible.redaction import MASK


def check_callable(open_service: Callable[..., AuditService]) -> None:
    seen: list[tuple[str, object]] = []

    def rule(path: str, value: object) -> object:
        seen.append((path, value))
        if path.endswith(".iban"):
            return REDACTED
        return value.upper() if path == "details.name" and isinstance(value, str) else value

    def second(path: str, value: object) -> object:
        return {"from": value, "password": SECRET} if path == "details.name" else value

    service = open_service(redact=[rule, second])
    point = examples.Point(1, 2)
    event = recorded(
        service,
        {"name": "ada", "cards": [{"iban": "DE1"}, "x"], "t": (1,), "p": point, "none": None},
        before={"iban": "DE1", "n": 1},
        after={"iban": "DE2", "n": 2},
    )
    assert seen == [
        ("details.name", "ada"),
        ("details.cards[0].iban", "DE1"),
        ("details.cards[1]", "x"),
        ("details.t", (1,)),
        ("details.p", point),
        ("details.none", None),
        ("before.iban", "DE1"),
        ("before.n", 1),
        ("after.iban", "DE2"),
        ("after.n", 2),
    ]
    assert event.details["cards"] == [{"iban": REDACTED}, "x"]
    # What a rule returns is looked at like anything else.
    assert event.details["name"] == {"from": "ADA", "password": REDACTED}
    assert event.changes.keys() == {"n"}, "REDACTED is REDACTED"


def check_too_deep(open_service: Callable[..., AuditService], depth: int) -> None:
    """The refusal names the depth, and no rule has been called for what lies deeper than any."""
    seen: list[str] = []

    def rule(path: str, value: object) -> object:
        seen.append(path)
        return value

    service = open_service(redact=[rule])
    try:
        service.record("x.y", actor="user:1", details=examples.nested(depth, dict))
    except InvalidEventError as error:
        assert "nested more than 64 deep" in str(error), error
    else:
        raise AssertionError("it was recorded")
    assert all(path.count(".") < depth - 1 for path in seen), seen
    assert service.count() == 0


HASH_KEY = b"0123456789abcdef"


def check_keyed_hashes(open_service: Callable[..., AuditService]) -> None:
    service = open_service(keyed_hash=["email", "password", "customer.no"], hash_key=HASH_KEY)
    details = {
        "email": "ada@example.com",
        "E-Mail": "ada@example.com",
        "other": [{"EMAIL": "bob@example.com"}, {"email": None}],
        "password": SECRET,
        "customerNo": 42,
    }
    event = recorded(
        service, details, before={"email": "ada@example.com"}, after={"email": "bob@example.com"}
    )
    ada, bob = (
        KeyedHash(service.hash_value(who)) for who in ("ada@example.com", "bob@example.com")
    )
    assert re.fullmatch("[0-9a-f]{64}", ada.hex)
    assert event.details["email"] == event.details["E-Mail"] == ada != bob
    assert event.details["other"] == [{"EMAIL": bob}, {"email": None}]
    assert event.details["password"] == KeyedHash(service.hash_value(SECRET))
    assert event.details["customerNo"] == KeyedHash(service.hash_value(42))
    assert service.hash_value(42) != service.hash_value("42")
    change = event.changes["email"]
    assert (change.before, change.after) == (ada, bob)
    found = [e for e in service.query().items if e.details.get("email") == ada]
    assert found == [event]
    assert "example.com" not in event.body
    assert SECRET not in event.body
    # It is HMAC-SHA-256 of the canonical JSON, so that others can compute it too.
    digest = hmac.new(HASH_KEY, b'"ada@example.com"', hashlib.sha256).hexdigest()
    assert ada.hex == digest
    other = open_service(keyed_hash=["email"], hash_key=b"another key of 16")
    assert other.hash_value("ada@example.com") != ada.hex
    try:
        open_service().hash_value("x")
    except ConfigurationError as error:
        assert error.argument == "hash_key"
    else:
        raise AssertionError("a hash was made without a key")


def check_unhashable(open_service: Callable[..., AuditService]) -> None:
    service = open_service(keyed_hash=["email"], hash_key=HASH_KEY)
    cases: list[tuple[Any, str]] = [
        (float("nan"), "nan cannot be written"),
        ("\ud800", "holds a lone surrogate"),
        (object(), "has no place in an event"),
    ]
    for value, says in cases:
        try:
            recorded(service, {"a": {"email": value}})
        except InvalidEventError as error:
            assert error.argument == "details.a.email", error.argument
            assert says in str(error), error
        else:
            raise AssertionError(f"{value!r} was hashed")
        try:
            service.hash_value([value])
        except InvalidEventError as error:
            assert error.argument.startswith("value"), error.argument
            assert says in str(error), error
        else:
            raise AssertionError(f"{value!r} was hashed")
    assert service.count() == 0


def check_placeholder() -> None:
    """What stands for a redacted value is one object and says so."""
    pickled = pickle.dumps(REDACTED)
    assert pickle.loads(pickled) is REDACTED  # noqa: S301 - made one line above
    assert copy.deepcopy(REDACTED) is REDACTED
    assert not REDACTED
    assert repr(REDACTED) == MASK
    assert REDACTED != MASK


class RuleBroke(Exception):
    pass


def raising_rule(name: str) -> Callable[[str, object], object]:
    def rule(path: str, value: object) -> object:
        if path.endswith(name):
            raise RuleBroke(f"cannot look at {value}")
        return value

    return rule


def check_rule_error(error: Exception, path: str, value: str) -> None:
    assert isinstance(error, RedactionError), repr(error)
    assert isinstance(error, InvalidEventError)
    assert error.argument == path
    assert isinstance(error.__cause__, RuleBroke)
    assert "RuleBroke" in str(error)
    assert "refused" in str(error)
    assert value not in str(error)


BAD_RULES: dict[str, dict[str, Any]] = {
    "a lone string": {"redact": "password"},
    "a number": {"redact": [5]},
    "an empty name": {"redact": [""]},
    "a name of separators": {"redact": ["-_."]},
    "a pattern for bytes": {"redact": [re.compile(b"x")]},
    "no iterable": {"redact": 5},
    "a hash without a key": {"keyed_hash": ["email"]},
    "a hash with a short key": {"keyed_hash": ["email"], "hash_key": b"hunter2"},
    "a hash with a text key": {"keyed_hash": ["email"], "hash_key": "hunter2hunter2hunter2"},
    "a lone hashed name": {"keyed_hash": "email", "hash_key": HASH_KEY},
    "a hash beside a Redaction": {"redact": Redaction(), "keyed_hash": ["email"]},
}


def bad_rule_problem(open_service: Callable[..., AuditService], rule: str, says: str) -> str:
    try:
        open_service(**BAD_RULES[rule])
    except ConfigurationError as error:
        if "hunter2" in str(error):
            return f"{rule}: the key is in the error: {error}"
        return "" if says in str(error) else f"{rule}: {error}"
    return f"{rule}: it was accepted"
