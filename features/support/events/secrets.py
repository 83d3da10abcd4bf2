"""Secrets under every name and in every place of an event."""

from __future__ import annotations

import base64
import dataclasses
from enum import Enum
from pathlib import Path
from typing import Any

from features.support.events import examples
from indelible import REDACTED, Actor, AuditEvent, AuditService, InvalidEventError, Target
from indelible.redaction import DEFAULT_KEYS, MASK

SECRET = "hunter2hunter2"

NAMES = """
access key, access keys, api key, api keys, authorization, client key, cookie, cookies, credential,
credentials, cvc, cvv, encryption key, jwt, mfa code, otp, passcode, passphrase, passwd, password,
passwords, pin, private key, private keys, pwd, secret, secret key, secret keys, secrets,
session id, session key, signing key, token, tokens
""".replace("\n", " ").split(",")
"""The default names as people say them."""


def spellings(name: str) -> dict[str, str]:
    """Return a name in all the ways in which programs write it, by what the way is called."""
    words = name.split()
    pascal = "".join(word.capitalize() for word in words)
    ways = {
        "snake": "_".join(words),
        "kebab": "-".join(words),
        "dotted": ".".join(words),
        "spaced": " ".join(words),
        "camel": words[0] + "".join(word.capitalize() for word in words[1:]),
        "pascal": pascal,
        "constant": "_".join(words).upper(),
        "upper kebab": "-".join(words).upper(),
        "joined": "".join(words),
        "joined upper": "".join(words).upper(),
        "doubled": "__".join(["", *words, ""]),
        "header": "X-" + "-".join(word.capitalize() for word in words),
        "prefixed": "user_" + "_".join(words),
        "prefixed camel": "old" + pascal,
        "numbered": "_".join(words) + "1",
        "field": f"user[{'_'.join(words)}]",
    }
    assert len(set(ways.values())) >= 9, f"{name} has too few spellings"
    return ways


def check_names(service: AuditService, number: int) -> None:
    assert sorted("".join(name.split()) for name in NAMES) == sorted(DEFAULT_KEYS)
    details: dict[str, Any] = {}
    for name in NAMES:
        ways = spellings(name.strip())
        assert len(ways) == number
        details |= dict.fromkeys(ways.values(), SECRET)
    event = recorded(service, details)
    missed = [key for key, value in event.details.items() if value is not REDACTED]
    assert not missed, f"these were not redacted: {missed}"
    assert event.details.keys() == details.keys()
    assert SECRET not in event.body


URL = f"https://ada:{SECRET}@example.com/x"


def recorded(service: AuditService, details: Any, **arguments: Any) -> AuditEvent:
    receipt = service.record("x.y", actor="user:1", details=details, wait=True, **arguments)
    event = service.get(receipt.event_id)
    assert event is not None
    return event


@dataclasses.dataclass
class Login:
    user: str
    password: str


class Secretive(Enum):
    TOKEN = f"token={SECRET}"


def record_everywhere(service: AuditService) -> AuditEvent:
    """Record an event with the secret in each place where text can stand."""
    error = ValueError(f"cannot log in with password={SECRET}")
    error.__cause__ = KeyError(SECRET)
    bearer = f"Bearer {SECRET}"
    details: dict[str, Any] = {
        "text": bearer,
        "list": [1, [bearer, {"deep": URL}]],
        "tuple": (1, (bearer,)),
        "set": {bearer, "b"},
        "frozenset": frozenset({URL}),
        "dataclass": examples.Address("x", {"url": URL}),
        "field": Login("ada", SECRET),
        "error": error,
        "errors": [OSError(2, f"no file {URL}")],
        "bytes": f"x\xff{bearer}\0".encode("latin-1"),
        "bytearray": bytearray(bearer.encode()),
        "memory": memoryview(b"api_key=" + SECRET.encode()),
        "enum": Secretive.TOKEN,
        "nul": f"a\0b {bearer}",
        bearer: "as a key",
        "nested": {URL: {URL: 1}},
        "password": SECRET,
        "headers": {"Authorization": f"Custom {SECRET}", "set-cookie": SECRET},
        "deep": {"a": [{"b": {"apiKey": SECRET, "number": {"pin": 1234}}}]},
    }
    arguments: dict[str, Any] = {
        "reason": f"because of {bearer}",
        "user_agent": f"curl -u {URL}",
        "target": Target("url", URL, f"the {bearer}"),
        "targets": [Target("url", URL)],
        "on_behalf_of": Actor("url", URL, bearer),
        "before": {"dsn": URL, "gone": bearer, "list": [bearer], "secret": SECRET, URL: 1},
        "after": {"dsn": URL + "/2", "new": {"x": bearer}, "list": [URL], "secret": "b", URL: 2},
    }
    receipt = service.record(
        "x.y", actor=Actor("user", "1", bearer), details=details, wait=True, **arguments
    )
    event = service.get(receipt.event_id)
    assert event is not None
    return event


def check_no_secret(event: AuditEvent) -> None:
    encoded = base64.b64encode(SECRET.encode()).decode()
    assert SECRET not in event.body
    assert encoded[:12] not in event.body
    assert SECRET not in repr(event)
    for name in ("bytes", "bytearray", "memory"):
        assert SECRET.encode() not in event.details[name]
        assert MASK.encode() in event.details[name]
    assert event.details["bytes"] == f"x\xffBearer {MASK}\0".encode("latin-1")
    assert event.details["error"].message == f"cannot log in with password={MASK}"
    assert event.details["field"].fields == {"user": "ada", "password": REDACTED}
    assert event.details["deep"] == {
        "a": [{"b": {"apiKey": REDACTED, "number": {"pin": REDACTED}}}]
    }
    assert event.details["set"] == {f"Bearer {MASK}", "b"}
    assert event.details["enum"] == Secretive.TOKEN
    assert event.details["nul"] == f"a\0b Bearer {MASK}"
    assert event.details[f"Bearer {MASK}"] == "as a key"


def check_identity(event: AuditEvent) -> None:
    masked = URL.replace(SECRET, MASK)
    assert str(event.actor) == "user:1"
    assert event.target == Target("url", masked, f"the Bearer {MASK}")
    assert event.reason == f"because of Bearer {MASK}"
    change = event.changes["dsn"]
    assert (change.before, change.after) == (masked, masked + "/2")
    assert event.changes["secret"].before is event.changes["secret"].after is REDACTED
    key = masked.replace("~", "~0").replace("/", "~1")
    assert (event.changes[key].before, event.changes[key].after) == (1, 2)


def check_files(service: AuditService, directory: Path) -> None:
    """Look for the secret in the bytes of every file that SQLite has made."""

    def look(*expected: str) -> None:
        names = sorted(path.name for path in directory.iterdir())
        for name in expected:
            assert name in names, f"there is no {name} beside {names}"
        content = b"".join(path.read_bytes() for path in directory.iterdir())
        assert MASK.encode() in content
        for form in (
            SECRET.encode(),
            base64.b64encode(SECRET.encode())[:12],
            SECRET.encode("utf-16-le"),
        ):
            assert form not in content, f"{form!r} is in one of {names}"

    assert service.flush(30)
    look("audit.db", "audit.db-wal")
    assert service.close(30)
    look("audit.db")


def check_colliding_keys(service: AuditService, path: str) -> None:
    keys = {f"https://ada:{one}@h": 1 for one in ("hunter1", "hunter2")}
    for key in (keys, {**keys, f"https://ada:{MASK}@h": 3}):
        try:
            recorded(service, {"calls": key})
        except InvalidEventError as error:
            assert error.argument.startswith(path), error
            assert "Keep credentials out of keys" in str(error)
            assert "hunter" not in str(error).removeprefix(error.argument)
        else:
            raise AssertionError("one of the keys was lost")


def check_colliding_changes(service: AuditService) -> None:
    was = {"https://ada:hunter1@h": 1, "https://ada:hunter2@h": 2}
    now = {"https://ada:hunter1@h": 2, "https://ada:hunter2@h": 3}
    for before, after in ((was, now), (None, now), (was, None)):
        try:
            recorded(service, None, before=before, after=after)
        except InvalidEventError as error:
            assert "Keep credentials out of keys" in str(error)
        else:
            raise AssertionError("one of the changes was lost")
