"""What an action changed: the difference between a before and an after, unchanged parts left out.

A change is named by the path to the value, in the manner of JSON Pointer (RFC 6901) without the
leading slash: ``status``, ``address/city``; ``~`` and ``/`` inside a key are written ``~0`` and
``~1``.  Dicts are compared member by member, lists and all other values as wholes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from indelible.decoding import decode_value, read_key
from indelible.encoding import (
    MAX_DEPTH,
    KeyRule,
    RefusedValueError,
    ValueEncoder,
    clean_key,
    passes,
    same_key,
    unreadable,
    written_key,
)
from indelible.errors import InvalidEventError, shown
from indelible.values import fields_of

__all__ = ["MISSING", "Change", "Missing", "decode_changes", "encode_changes"]


class Missing:
    """The place of a value that was not there; there is one, `MISSING`, and it is falsy."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
"""Stands in a `Change` for a value that was not there before, or is not there any more."""

_SCALARS: Final = frozenset({str, int, float, bool})


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """One changed value.

    Attributes:
        before: The value before, or `MISSING` when it was added.
        after: The value after, or `MISSING` when it was removed.
    """

    before: Any = MISSING
    after: Any = MISSING


def encode_changes(encoder: ValueEncoder, before: object, after: object) -> dict[str, Any]:
    """Return the changes between two states in plain JSON values, by path.

    Args:
        encoder: Encodes the changed values; its redaction rules apply to every key on the way.
        before: The state before: a mapping, a dataclass instance, or None for none.
        after: The state after, likewise.

    Raises:
        InvalidEventError: A state is no mapping, or a changed value cannot be stored as it is.
    """
    out: dict[str, Any] = {}
    try:
        old = before if type(before) is dict else _state("before", before)
        new = after if type(after) is dict else _state("after", after)
        _compare(encoder, old, new, "", out, 0)
    except RefusedValueError as refused:
        raise refused.located("before or after") from refused.__cause__
    except InvalidEventError:
        raise
    except Exception as error:
        raise unreadable("before or after", error) from error
    return out


def decode_changes(changes: Mapping[str, Mapping[str, Any]]) -> dict[str, Change]:
    """Return the changes that stand in a body.

    Raises:
        ValueError: They are malformed.
    """
    return {
        read_key(path): Change(
            before=decode_value(pair["before"]) if "before" in pair else MISSING,
            after=decode_value(pair["after"]) if "after" in pair else MISSING,
        )
        for path, pair in changes.items()
    }


def _state(name: str, value: object) -> Mapping[str, object]:
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return fields_of(value)
    raise InvalidEventError(
        name, f"{shown(value)} is no mapping. Pass a dict or a dataclass instance, or None"
    )


def _compare(
    encoder: ValueEncoder,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    prefix: str,
    out: dict[str, Any],
    depth: int,
) -> None:
    if depth >= MAX_DEPTH:
        raise RefusedValueError(
            f"states are nested more than {MAX_DEPTH} deep, or contain themselves. Flatten them"
        )
    keys, value = encoder.keys, encoder.value
    kept = 0
    key: Any = None
    try:
        for key, was in old.items():
            rule = keys[key]
            now = new.get(key, MISSING)
            if now is not MISSING:
                kept += 1
                if was is now:
                    continue
            kind = type(was)
            if kind in _SCALARS:
                if was == now and kind is type(now):
                    continue
            elif (kind is dict and rule is None and type(now) is dict) or (
                kind is not list and _descends(rule, was, now)
            ):
                name = key if rule is None else clean_key(key, rule)
                _compare(encoder, was, now, f"{prefix}{_step(name)}/", out, depth + 1)
                continue
            elif _same(was, now):
                continue
            if rule is None:
                out[_path(prefix, key)] = (
                    {"before": value(was, depth + 1)}
                    if now is MISSING
                    else {"after": value(now, depth + 1), "before": value(was, depth + 1)}
                )
            else:
                pair = {"before": encoder.ruled(rule, was, depth + 1)}
                if now is not MISSING:
                    pair["after"] = encoder.ruled(rule, now, depth + 1)
                _put(out, prefix, clean_key(key, rule), pair)
        if len(new) > kept:
            for key, now in new.items():
                if key not in old:
                    rule = keys[key]
                    if rule is None:
                        out[_path(prefix, key)] = {"after": value(now, depth + 1)}
                        continue
                    pair = {"after": encoder.ruled(rule, now, depth + 1)}
                    _put(out, prefix, clean_key(key, rule), pair)
    except RefusedValueError as refused:
        refused.under(key)
        raise


def _step(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _path(prefix: str, key: str) -> str:
    path = prefix + (_step(key) if "/" in key or "~" in key else key)
    return written_key(path) if path[0:1] == "$" or "\0" in path else path


def _put(out: dict[str, Any], prefix: str, key: str, pair: dict[str, Any]) -> None:
    path = _path(prefix, key)
    if path in out:
        raise same_key(key)
    out[path] = pair


def _descends(rule: KeyRule | None, was: object, now: object) -> bool:
    """Tell whether two values are compared member by member, whatever kinds of mapping they are."""
    return isinstance(was, Mapping) and isinstance(now, Mapping) and passes(rule)


def _same(was: Any, now: Any) -> bool:
    """Tell whether two values are the same in type and content.

    ``==`` alone would take 1 for True and 1.0, and leave out a change that an auditor can see.
    """
    kind = type(was)
    if kind is not type(now):
        return False
    if kind is dict:
        return was.keys() == now.keys() and all(_same(was[key], now[key]) for key in was)
    if kind is list or kind is tuple:
        return len(was) == len(now) and all(map(_same, was, now))
    if kind is set or kind is frozenset:
        return bool({(type(item), item) for item in was} == {(type(item), item) for item in now})
    if dataclasses.is_dataclass(kind):
        return _same(fields_of(was), fields_of(now))
    try:
        return bool(was == now)
    except Exception:  # noqa: BLE001 - whatever the objects' own comparison raises
        # An object that cannot be compared is refused or recorded by the encoder, not here.
        return False
