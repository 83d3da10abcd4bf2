"""Calls of record() that must be refused, and calls that just must not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any

from features.support.events import examples
from features.support.events.comparing import difference
from features.support.events.examples import Point, nested
from indelible import Actor, AuditService, EnumValue, InvalidEventError, Target

NAN, INF = float("nan"), float("inf")
SURROGATE = "\ud800"
NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001
VERY_DEEP = examples.DEEPER_THAN_THE_STACK


class Plain:
    def __repr__(self) -> str:
        return "<plain object>"


class Mute:
    def __repr__(self) -> str:
        raise RuntimeError("I do not speak")


class BadFloat(float):
    pass


class Broken(Mapping[str, Any]):
    """What an object-relational mapper's lazy members are once their session is gone."""

    def __getitem__(self, key: str) -> Any:
        raise OSError("connection lost")

    def __iter__(self) -> Iterator[str]:
        return iter(["a"])

    def __len__(self) -> int:
        return 1


class Recording(Broken):
    """One whose reading records an event of its own, and that one is refused."""

    def __getitem__(self, key: str) -> Any:
        raise InvalidEventError("actor", "an event needs an actor")


class BadZone(tzinfo):
    def utcoffset(self, moment: datetime | None) -> timedelta:
        return timedelta(0) / 0

    dst = tzname = utcoffset  # type: ignore[assignment]


BAD_MOMENT = datetime(2026, 1, 1, tzinfo=BadZone())


def _chain(depth: int, wrap: Callable[[Any], Any]) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = wrap(value)
    return value


def _self_holding(container: Any) -> Any:
    if isinstance(container, dict):
        container["self"] = container
    else:
        container.append(container)
    return container


def _unfinished() -> Point:
    return Point.__new__(Point)


def _points(depth: int) -> Any:
    return _chain(depth, lambda value: Point(value, 0))


def _sets(depth: int) -> Any:
    return _chain(depth, lambda value: frozenset([value]))


def _x(value: Any) -> dict[str, Any]:
    return {"details": {"x": value}}


def iter_nothing() -> Iterator[int]:
    yield from ()


Call = Callable[[], dict[str, Any]]

CALLS: dict[str, Call] = {
    "NaN": lambda: _x(NAN),
    "infinity": lambda: _x(INF),
    "minus infinity": lambda: _x(-INF),
    "NaN of a derived class": lambda: _x(BadFloat("nan")),
    "NaN deep inside": lambda: {"details": {"a": [0, {"b": NAN}]}},
    "NaN in a set": lambda: _x({NAN}),
    "NaN in a dataclass": lambda: _x(Point(1, NAN)),
    "NaN before": lambda: {"before": {"x": NAN}, "after": {"x": 1}},
    "NaN deep after": lambda: {"after": {"x": {"y": [INF]}}},
    "Decimal NaN": lambda: _x(Decimal("NaN")),
    "Decimal sNaN": lambda: _x(Decimal("sNaN")),
    "Decimal infinity": lambda: _x(Decimal("-Infinity")),
    "naive datetime": lambda: _x(NAIVE),
    "naive datetime after": lambda: {"before": {"x": NAIVE}, "after": {"x": 2}},
    "naive occurred_at": lambda: {"occurred_at": NAIVE},
    "text as occurred_at": lambda: {"occurred_at": "2026-01-01"},
    "occurred_at in the year 999": lambda: {"occurred_at": datetime(999, 12, 31, tzinfo=UTC)},
    "occurred_at in the year 10000": lambda: {
        "occurred_at": datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5)))
    },
    "int key": lambda: {"details": {1: 1}},
    "None key": lambda: {"details": {"a": {None: 1}}},
    "bytes key before": lambda: {"before": {b"k": 1}},
    "int key of an unchanged member": lambda: {
        "before": {"x": {1: 2}, "y": 1},
        "after": {"x": {1: 2}, "y": 2},
    },
    "dict that holds itself": lambda: {"details": _self_holding({})},
    "list that holds itself": lambda: _x(_self_holding([])),
    "states that hold themselves": lambda: {
        "before": _self_holding({"a": 1}),
        "after": _self_holding({"a": 2}),
    },
    "65 dicts": lambda: {"details": nested(65, dict)},
    "65 lists": lambda: _x(nested(64, list)),
    "65 tuples": lambda: _x(nested(64, tuple)),
    "65 sets": lambda: _x(_sets(64)),
    "65 dataclasses": lambda: _x(_points(64)),
    "65 dicts before": lambda: {"before": nested(65, dict)},
    "65 dicts after, added": lambda: {"before": {}, "after": nested(65, dict)},
    "10000 dicts": lambda: {"details": nested(VERY_DEEP, dict)},
    "10000 lists": lambda: _x(nested(VERY_DEEP, list)),
    "10000 dataclasses": lambda: _x(_points(VERY_DEEP)),
    "10000 enum values": lambda: _x(_chain(VERY_DEEP, lambda value: EnumValue("T", "N", value))),
    "10000 dicts before and after": lambda: {
        "before": nested(VERY_DEEP, dict),
        "after": nested(VERY_DEEP, dict),
    },
    "10000 lists before and after": lambda: {
        "before": {"x": nested(VERY_DEEP, list)},
        "after": {"x": nested(VERY_DEEP, list)},
    },
    "a large body": lambda: _x("x" * 65_536),
    "surrogate": lambda: _x(SURROGATE),
    "surrogate deep inside": lambda: {"details": {"a": [{"b": "x\udfff"}]}},
    "surrogate behind a list": lambda: {"details": {"x": [1, "a"], "y": SURROGATE}},
    "surrogate in a set": lambda: _x({SURROGATE}),
    "surrogate in a key": lambda: {"details": {SURROGATE: 1}},
    "surrogate in a changed key": lambda: {"after": {SURROGATE: 1}},
    "surrogate in the action": lambda: {"action": SURROGATE},
    "surrogate in the actor's id": lambda: {"actor": Actor("user", SURROGATE)},
    "surrogate in the actor's type": lambda: {"actor": f"{SURROGATE}:1"},
    "surrogate in the actor's name": lambda: {"actor": Actor("user", "1", SURROGATE)},
    "surrogate in the target's id": lambda: {"target": f"invoice:{SURROGATE}"},
    "surrogate in the tenant": lambda: {"tenant": SURROGATE},
    "surrogate in the request id": lambda: {"request_id": SURROGATE},
    "surrogate in the session id": lambda: {"session_id": SURROGATE},
    "surrogate in the reason": lambda: {"reason": "x" + SURROGATE},
    "surrogate and NUL": lambda: _x("\0" + SURROGATE),
    "object without a mapping": lambda: _x(Plain()),
    "object whose repr raises": lambda: _x(Mute()),
    "class": lambda: _x(int),
    "generator": lambda: _x(iter_nothing()),
    "range": lambda: _x(range(3)),
    "dataclass without its field": lambda: _x(_unfinished()),
    "mapping that records an event": lambda: _x(Recording()),
    "mapping that raises": lambda: _x(Broken()),
    "zone that raises": lambda: _x(BAD_MOMENT),
    "zone that raises in occurred_at": lambda: {"occurred_at": BAD_MOMENT},
    "state that raises": lambda: {"before": Broken(), "after": {"a": 1}},
    "empty action": lambda: {"action": ""},
    "blank action": lambda: {"action": " \t"},
    "long action": lambda: {"action": "x" * 256},
    "None as action": lambda: {"action": None},
    "bytes as action": lambda: {"action": b"x"},
    "list as action": lambda: {"action": ["x"]},
    "no actor": lambda: {"actor": None},
    "actor without a type": lambda: {"actor": ":42"},
    "actor without a colon": lambda: {"actor": "ada"},
    "actor without an id": lambda: {"actor": "user:"},
    "empty actor": lambda: {"actor": ""},
    "actor with a blank id": lambda: {"actor": "user: "},
    "actor with a blank type": lambda: {"actor": " :1"},
    "actor with a number as id": lambda: {"actor": Actor("user", 42)},  # type: ignore[arg-type]
    "actor with a list as id": lambda: {"actor": Actor("user", [])},  # type: ignore[arg-type]
    "actor with a colon in its type": lambda: {"actor": Actor("a:b", "1")},
    "actor with a long type": lambda: {"actor": "x" * 65 + ":1"},
    "actor with a long id": lambda: {"actor": "user:" + "x" * 448},
    "actor with an id that masking makes too long": lambda: {
        "actor": "url:s://u:123456@" + "x" * (447 - 13)
    },
    "actor with an empty name": lambda: {"actor": Actor("user", "1", "")},
    "actor with a long name": lambda: {"actor": Actor("user", "1", "x" * 256)},
    "target as actor": lambda: {"actor": Target("a", "b")},
    "dict as actor": lambda: {"actor": {"id": 1}},
    "number as actor": lambda: {"actor": 42},
    "target without a type": lambda: {"target": "invoice"},
    "list as target": lambda: {"target": [1]},
    "text as targets": lambda: {"targets": "a:b"},
    "set as targets": lambda: {"targets": {"a:b"}},
    "targets with one without a type": lambda: {"targets": ["a:b", "b"]},
    "on_behalf_of without a type": lambda: {"on_behalf_of": "b"},
    "unknown outcome": lambda: {"outcome": "ok"},
    "None as outcome": lambda: {"outcome": None},
    "list as outcome": lambda: {"outcome": []},
    "unknown severity": lambda: {"severity": "fatal"},
    "list as severity": lambda: {"severity": [1]},
    "number as duration": lambda: {"duration": 5},
    "negative duration": lambda: {"duration": timedelta(microseconds=-1)},
    "host name as source_ip": lambda: {"source_ip": "localhost"},
    "network as source_ip": lambda: {"source_ip": "10.0.0.0/8"},
    "number as source_ip": lambda: {"source_ip": 5},
    "address with a long zone": lambda: {"source_ip": "fe80::1%" + "e" * 40},
    "address with NUL in its zone": lambda: {"source_ip": "fe80::1%\0"},
    "mute source_ip": lambda: {"source_ip": Mute()},
    "text as event_id": lambda: {"event_id": "x"},
    "number as event_id": lambda: {"event_id": 5},
    "mute event_id": lambda: {"event_id": Mute()},
    "empty tenant": lambda: {"tenant": ""},
    "number as tenant": lambda: {"tenant": 5},
    "long request id": lambda: {"request_id": "x" * 256},
    "empty reason": lambda: {"reason": ""},
    "long reason": lambda: {"reason": "x" * 4097},
    "number as user agent": lambda: {"user_agent": 5},
    "list as details": lambda: {"details": []},
    "text as details": lambda: {"details": "x"},
    "zero as details": lambda: {"details": 0},
    "number as before": lambda: {"before": 5},
    "list as after": lambda: {"before": {}, "after": []},
}

LIMITS: dict[str, Call] = {
    "64 dicts": lambda: {"details": nested(64, dict)},
    "64 lists": lambda: _x(nested(63, list)),
    "64 tuples": lambda: _x(nested(63, tuple)),
    "64 sets": lambda: _x(_sets(63)),
    "64 dataclasses": lambda: _x(_points(63)),
    "64 dicts before and after": lambda: {
        "before": nested(64, dict),
        "after": {"a": {**nested(63, dict), "b": 2}},
    },
    "names of the greatest length": lambda: {
        "action": "\U0001f600" * 255,
        "actor": Actor("\U0001f600" * 64, "\U0001f600" * 447, "\u00e9" * 255),
        "target": Target("\U0001f600" * 64, "\U0001f600" * 447),
        "tenant": "\uffff" * 255,
        "request_id": "\U0010ffff" * 255,
        "trace_id": "\0" * 255,
        "reason": "\U0001f600" * 4096,
        "user_agent": "\u202e" * 4096,
    },
    "a body of 65,536 bytes": lambda: _x("x" * 65_336),
    "empty containers": lambda: {"details": {}, "before": {}, "after": {}, "targets": []},
    "an address with a short zone": lambda: {"source_ip": "fe80::1%eth0"},
    "the first and the last moment": lambda: {
        "occurred_at": datetime(1000, 1, 1, tzinfo=UTC),
        "details": {"last": datetime.max.replace(tzinfo=UTC), "first": timedelta.min},
    },
}


def refusal(service: AuditService, what: str) -> InvalidEventError:
    """Make a call and return the error that it is refused with."""
    arguments: dict[str, Any] = {"action": "a.b", "actor": "user:1", **CALLS[what]()}
    try:
        service.record(**arguments)
    except InvalidEventError as error:
        return error
    except Exception as error:
        raise AssertionError(f"{what}: it was {type(error).__name__}: {error}") from error
    raise AssertionError(f"{what}: it was accepted")


def problem(service: AuditService, what: str, argument: str, says: str) -> str:
    """Return what is wrong with a refusal, or ""."""
    try:
        error = refusal(service, what)
    except AssertionError as wrong:
        return str(wrong)
    if error.argument != argument:
        return f"{what}: the argument is {error.argument!r}, not {argument!r}"
    text = str(error)
    for part in says.split(" … "):
        if part not in text:
            return f"{what}: {part!r} is not in {text!r}"
    return ""


def limit_problem(service: AuditService, what: str) -> str:
    """Return what is wrong with a call that must be accepted, or ""."""
    arguments: dict[str, Any] = {"action": "a.b", "actor": "user:1", **LIMITS[what]()}
    if what.startswith("a body of"):
        arguments["details"] = {"x": "x" * _room(service)}
    event = service.get(service.record(**arguments).event_id)
    assert event is not None
    if what.startswith("a body of") and len(event.body.encode()) != 65_536:
        return f"{what}: it has {len(event.body)} bytes"
    if what == "64 dicts before and after":
        return "" if len(event.changes) == 1 else f"{what}: {event.changes}"
    for name in ("action", "tenant", "request_id", "trace_id", "reason", "user_agent", "source_ip"):
        if name in arguments and getattr(event, name) != arguments[name]:
            return f"{what}: {name} came back as {getattr(event, name)!r}"
    if isinstance(arguments["actor"], Actor) and event.actor != arguments["actor"]:
        return f"{what}: the actor came back as {event.actor}"
    return difference(arguments.get("details", {}), event.details, what)


def _room(service: AuditService) -> int:
    """Return how long a text makes a body of 65,536 bytes."""
    event = service.get(service.record("a.b", actor="user:1", details={"x": "x"}).event_id)
    assert event is not None
    return 65_536 - len(event.body.encode()) + 1
