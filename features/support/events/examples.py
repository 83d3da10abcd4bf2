"""Values that an event can hold, for hypothesis to choose from."""

from __future__ import annotations

import dataclasses
import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, Flag, IntEnum, StrEnum
from typing import Any

from hypothesis import strategies as st

from indelible import Actor, Target
from indelible.encoding import passes
from indelible.redaction import Redaction

DEFAULTS = Redaction()


class Colour(Enum):
    RED = 1
    GREEN = "green"
    MIXED = (1, "two", None)


class Level(IntEnum):
    LOW = 1
    HIGH = 9


class Status(StrEnum):
    OPEN = "open"
    PAID = "paid"


class Right(Flag):
    READ = 1
    WRITE = 2


@dataclasses.dataclass
class Address:
    city: str
    tags: Any


@dataclasses.dataclass(frozen=True)
class Point:
    x: Any
    y: Any


MEMBERS: tuple[Enum, ...] = (*Colour, *Level, *Status, *Right, Right.READ | Right.WRITE)

NASTY_TEXTS = (
    "",
    " ",
    "\0",
    "a\0b\0",
    "\\u0000",
    "\\",
    '"',
    "".join(map(chr, range(32))) + "\x7f\x80\x9f",
    "\u200e\u202eevil\u2066",
    "\u2028\u2029",
    "\u2400",
    "\ufeff",
    "\ud7ff\ue000\uffff",
    "\U0001f600\U0010ffff",
    "e\u0301 \u00e9",
    "\\N",
    "\\.",
    "\t\r\n",
    "%s%(x)s{}",
    "'; DROP TABLE audit_event; --",
)
"""Texts that some layer between a dict and a disk is known to trip over."""

NASTY_KEYS = (
    *NASTY_TEXTS,
    "$",
    "$$",
    "$a",
    "$$a",
    "$$$a",
    "$decimal",
    "$$decimal",
    "$key:",
    "$key:%00",
    "%00\0%25",
    "$\0",
    "$redacted",
    "v",
    "event_id",
    "a/b",
    "~0",
)

LOOK_ALIKES: tuple[dict[str, Any], ...] = (
    {"$decimal": "x"},
    {"$int": "12"},
    {"$uuid": None},
    {"$datetime": "never"},
    {"$set": [1, 1]},
    {"$dataclass": {"fields": {}, "type": "x"}},
    {"$redacted": True},
    {"$text": ["a", "b"]},
    {"$$decimal": "1"},
    {"$key:a": 1},
    {"$unknown": 1},
)
"""Dicts of a caller's own that look like what the encoder writes for other types."""

texts = (
    st.text(max_size=30)
    | st.sampled_from(NASTY_TEXTS)
    | st.integers(1, 5000).map(lambda length: "\u00df" * length)
)

innocent_texts = texts.filter(lambda text: DEFAULTS.scrub(text) == text)
"""Texts that redaction leaves alone."""

keys = (st.text(max_size=12) | st.sampled_from(NASTY_KEYS)).filter(
    lambda key: passes(DEFAULTS.keys[key])
)

integers = (
    st.integers()
    | st.integers(2000, 14_000).map(lambda bits: -(7 << bits))
    | st.sampled_from(
        [
            (1 << 53) + 1,
            (1 << 63) - 1,
            1 << 63,
            -(1 << 63),
            -(1 << 63) - 1,
            1 << 64,
        ]
    )
)

HUGE_INTEGERS = (10**4300, -(10**5000), 7**9000)
"""Integers that Python itself refuses to show, and hypothesis with it."""

decimals = st.decimals(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [Decimal(text) for text in ("1.10", "-0.00", "1E+5000", "1E-5000", "0E+7", "9" * 60)]
)

zones = (
    st.timezones()
    | st.just(UTC)
    | st.builds(
        timezone,
        st.timedeltas(
            min_value=timedelta(hours=-23, minutes=-59), max_value=timedelta(hours=23, minutes=59)
        ),
    )
)

moments = st.datetimes(timezones=zones)

EARLIEST = datetime(1000, 1, 1, tzinfo=UTC)
"""Before this, MariaDB has no DATETIME."""

scalars = (
    st.none()
    | st.booleans()
    | integers
    | st.floats(allow_nan=False, allow_infinity=False)
    | innocent_texts
    | decimals
    | st.uuids()
    | moments
    | st.dates()
    | st.times()
    | st.times(timezones=st.builds(timezone, st.timedeltas(timedelta(-1, 1), timedelta(0, 86399))))
    | st.timedeltas()
    | st.sampled_from(MEMBERS)
    | st.binary(max_size=40)
)

hashables = st.recursive(
    st.none() | st.booleans() | integers | innocent_texts | decimals | st.uuids() | st.dates()
    | st.timedeltas() | st.sampled_from(MEMBERS) | st.binary(max_size=8),
    lambda inner: st.frozensets(inner, max_size=3) | st.tuples(inner, inner),
    max_leaves=4,
)  # fmt: skip


def _containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return (
        st.lists(inner, max_size=4)
        | st.dictionaries(keys, inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.builds(Address, innocent_texts, inner)
        | st.builds(Point, inner, inner)
    )


values = st.recursive(
    scalars
    | st.sets(hashables, max_size=4)
    | st.frozensets(hashables, max_size=4)
    | st.sampled_from(LOOK_ALIKES)
    | st.sampled_from([[], {}, (), set(), frozenset(), b"", [[]], {"": {}}]),
    _containers,
    max_leaves=12,
)
"""Any value that an event may hold and that comes back equal."""

details = st.dictionaries(keys, values, max_size=6)


def _usable(text: str) -> bool:
    return bool(text) and not text.isspace()


names = (st.text(min_size=1, max_size=20) | st.sampled_from(NASTY_TEXTS)).filter(
    lambda text: _usable(text) and len(text) <= 255
)
types = st.text(min_size=1, max_size=10).filter(lambda text: _usable(text) and ":" not in text)
ids = names.filter(lambda text: "://" not in text)
display_names = names.filter(lambda text: DEFAULTS.scrub(text) == text)
long_texts = innocent_texts.filter(lambda text: _usable(text) and len(text) <= 4096)

actors = st.builds(Actor, types, ids, st.none() | display_names)
targets = st.builds(Target, types, ids, st.none() | display_names)

storable_moments = moments.filter(
    lambda moment: moment.astimezone(UTC) >= EARLIEST if 1 < moment.year < 9999 else False
)

arguments = st.fixed_dictionaries(
    {"action": names, "actor": actors, "details": details},
    optional={
        "target": targets,
        "targets": st.lists(targets, min_size=1, max_size=3),
        "on_behalf_of": actors,
        "outcome": st.sampled_from(["success", "failure", "denied", "unknown"]),
        "tenant": names,
        "reason": long_texts,
        "occurred_at": storable_moments,
        "request_id": names,
        "trace_id": names,
        "span_id": names,
        "session_id": names,
        "source_ip": st.ip_addresses().map(str),
        "user_agent": long_texts,
        "severity": st.sampled_from(["informational", "low", "medium", "high", "critical"]),
        "duration": st.timedeltas(min_value=timedelta(0)),
        "event_id": st.uuids(),
    },
)
"""Arguments of ``record()``."""

json_values = st.recursive(
    st.none()
    | st.booleans()
    | integers
    | texts
    # Without -0.0, which is 0.0 for all that a diff tells.
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=15,
)


def nested(depth: int, container: type) -> Any:
    """Return an int inside so many containers."""
    value: Any = 1
    for _ in range(depth):
        value = {"a": value} if container is dict else container([value])
    return value


DEEPER_THAN_THE_STACK = max(10_000, 3 * sys.getrecursionlimit())
