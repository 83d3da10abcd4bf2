"""Diffs of two states, and what they must be able to do."""

from __future__ import annotations

import ast
import collections
import copy
import dataclasses
import json
import pickle
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from features.support.events import examples, kinds
from features.support.events.comparing import difference
from features.support.merkle.hypothesis_run import run_property
from indelible import MISSING, AuditEvent, AuditService, Change
from indelible.changes import decode_changes, encode_changes
from indelible.encoding import ValueEncoder
from indelible.redaction import Redaction


def recorded(service: AuditService, before: Any, after: Any) -> AuditEvent:
    receipt = service.record("x.y", actor="user:1", before=before, after=after)
    event = service.get(receipt.event_id)
    assert event is not None
    return event


def table_problem(service: AuditService, before: str, after: str, changes: str) -> str:
    """Compare the diff of two states, written as Python literals, with the expected one."""
    pairs: dict[str, tuple[Any, Any]] = ast.literal_eval(changes)
    expected = {
        path: tuple(MISSING if value is ... else value for value in pair)
        for path, pair in pairs.items()
    }
    event = recorded(service, ast.literal_eval(before), ast.literal_eval(after))
    found = {path: (change.before, change.after) for path, change in event.changes.items()}
    if found.keys() != expected.keys():
        return f"{before} to {after} changes {list(found)}, not {list(expected)}"
    return difference(expected, found, f"{before} to {after}")


def body_of_unchanged(service: AuditService) -> dict[str, Any]:
    members: dict[str, Any] = json.loads(recorded(service, {"a": 1}, {"a": 1}).body)
    return members


def changes_of(service: AuditService, before: Any, after: Any) -> dict[str, tuple[Any, Any]]:
    event = recorded(service, before, after)
    return {path: (change.before, change.after) for path, change in event.changes.items()}


@dataclasses.dataclass
class Invoice:
    total: Decimal
    address: Any
    note: str | None = None


def check_dataclasses(service: AuditService) -> None:
    was = Invoice(Decimal("10.00"), {"city": "Bremen", "zip": "28195"})
    now = dataclasses.replace(was, total=Decimal("12.00"), address={"city": "Rom", "zip": "28195"})
    expected = {
        "total": (Decimal("10.00"), Decimal("12.00")),
        "address/city": ("Bremen", "Rom"),
    }
    assert changes_of(service, was, now) == expected
    # A dataclass and a dict of its fields are states of the same thing.
    assert changes_of(service, dataclasses.asdict(was), now) == expected
    added = changes_of(service, None, now)
    assert added["note"] == (MISSING, None)
    assert added["total"] == (MISSING, Decimal("12.00"))
    # One inside a state is a value of its own.
    point, other = examples.Point(1, 2), examples.Point(1, 3)
    assert changes_of(service, {"at": point, "x": 1}, {"at": other, "x": 1}) == {
        "at": (point, other)
    }
    assert changes_of(service, {"at": point}, {"at": examples.Point(1, 2)}) == {}


def check_other_mappings(service: AuditService) -> None:
    plain = {"a": 1, "b": [2]}
    for other in (kinds.Lazy(), MappingProxyType(plain), collections.OrderedDict(b=[2], a=1)):
        assert changes_of(service, plain, other) == {}, other
        assert changes_of(service, {"x": plain}, {"x": other}) == {}, other
        assert changes_of(service, {"x": other}, {"x": plain}) == {}, other


def check_nested_mappings(service: AuditService) -> None:
    was = {"x": collections.OrderedDict(a=1, b=2), "y": MappingProxyType({"c": {"d": 1}})}
    now = {"x": {"a": 1, "b": 3}, "y": {"c": collections.defaultdict(int, d=2)}}
    assert changes_of(service, was, now) == {"x/b": (2, 3), "y/c/d": (1, 2)}


def check_lax_equality(service: AuditService) -> None:
    point, other = examples.Point(1, [1]), examples.Point(1, [True])
    assert point == other
    found = changes_of(service, {"at": point}, {"at": other})
    assert not difference({"at": (point, other)}, found)
    found = changes_of(service, {"at": [point]}, {"at": [other]})
    assert not difference({"at": ([point], [other])}, found)


class Unfriendly(dict[str, Any]):
    """A dict that cannot be compared, as rows of some data frames cannot."""

    def __eq__(self, other: object) -> bool:
        raise ValueError("the truth value is ambiguous")

    __hash__ = None


class Grumpy(Decimal):
    def __eq__(self, other: object) -> bool:
        raise ValueError("the truth value is ambiguous")

    __hash__ = Decimal.__hash__


def check_raising_comparison(service: AuditService) -> None:
    assert changes_of(service, {"x": Unfriendly(a=1)}, {"x": Unfriendly(a=2)}) == {"x/a": (1, 2)}
    found = changes_of(service, {"x": Grumpy("1.0")}, {"x": Grumpy("1.0")})
    assert found == {"x": (Decimal("1.0"), Decimal("1.0"))}


def check_equal_values(service: AuditService) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    was = {"d": Decimal("1.0"), "t": moment, "e": examples.Status.OPEN, "s": {1, "a"}}
    now = {
        "d": Decimal("1.00"),
        "t": moment.astimezone(timezone(timedelta(hours=2))),
        "e": examples.Status("open"),
        "s": {"a", 1},
    }
    assert changes_of(service, was, now) == {}


def _applied(state: Any, changes: dict[str, Change], *, backwards: bool = False) -> Any:
    """Return a state after its changes; follows RFC 6901's way of writing paths."""
    result = copy.deepcopy(state)
    for path, change in changes.items():
        old, new = (change.after, change.before) if backwards else (change.before, change.after)
        *way, last = (step.replace("~1", "/").replace("~0", "~") for step in path.split("/"))
        place = result
        for step in way:
            place = place[step]
        if old is MISSING:
            assert last not in place, f"{path} was there already"
        else:
            problem = difference(old, place[last], path)
            assert not problem, problem
            del place[last]
        if new is not MISSING:
            place[last] = new
    return result


def check_any_diff() -> None:
    """Diffs of generated states, and of a state with a mutated copy of itself."""
    encoder = ValueEncoder(Redaction())
    state = st.dictionaries(examples.keys, examples.json_values, max_size=5)

    def innocent(value: Any) -> bool:
        return bool(encoder.encode("state", value) == ValueEncoder().encode("state", value))

    state = state.filter(innocent)

    @st.composite
    def pairs(draw: st.DrawFn) -> tuple[Any, Any]:
        was = draw(state)
        now = copy.deepcopy(was)
        if draw(st.booleans()):
            return was, draw(state)
        for _ in range(draw(st.integers(0, 3))):
            place: dict[str, Any] = now
            while place:
                key = draw(st.sampled_from(sorted(place)))
                inner: Any = place[key]
                if isinstance(inner, dict) and inner and draw(st.booleans()):
                    place = inner
                elif draw(st.booleans()):
                    place[key] = draw(examples.json_values.filter(innocent))
                    break
                else:
                    del place[key]
                    break
        return was, now

    @given(pairs())
    def leads(states: tuple[Any, Any]) -> None:
        was, now = states
        written = encode_changes(encoder, was, now)
        changes = decode_changes(json.loads(json.dumps(written)))
        for path, change in changes.items():
            assert difference(change.before, change.after), f"{path} is unchanged"
        problem = difference(now, _applied(was, changes))
        assert not problem, problem
        problem = difference(was, _applied(now, changes, backwards=True))
        assert not problem, problem

    run_property(leads, examples=200)


def check_missing() -> None:
    pickled = pickle.dumps(MISSING)
    assert pickle.loads(pickled) is MISSING  # noqa: S301 - made one line above
    assert copy.deepcopy(MISSING) is MISSING
    assert not MISSING
    assert repr(MISSING) == "MISSING"
    assert Change() == Change(MISSING, MISSING) != Change(None, None)
