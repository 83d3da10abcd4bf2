"""Whether what was read back is what was recorded: stricter than ``==`` wherever Python is lax."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from datetime import datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any

from indelible import DataclassValue, EnumValue, ErrorValue, KeyedHash
from indelible.values import fields_of, type_name


def difference(expected: Any, found: Any, path: str = "it") -> str:
    """Return where and how two values differ, or "" where they are the same.

    ``==`` says that 1 is True and 1.0, that 1.10 is 1.1, that -0.0 is 0.0 and that two times with
    different offsets are one; it also says that some times in the hour that comes twice are not
    themselves.
    """
    if isinstance(expected, Enum):
        return _enum_difference(expected, found, path)
    if isinstance(expected, KeyedHash | ErrorValue):
        return "" if expected == found else f"{path}: {expected!r} came back as {found!r}"
    if dataclasses.is_dataclass(expected) and not isinstance(expected, type):
        if not isinstance(found, DataclassValue) or found.type != type_name(type(expected)):
            return f"{path}: {expected!r} came back as {found!r}"
        return difference(fields_of(expected), found.fields, path)
    if type(expected) is not type(found):
        return f"{path}: {expected!r} came back as {found!r} of another type"
    if isinstance(expected, Mapping):
        if expected.keys() != found.keys():
            return f"{path}: the keys {list(expected)!r} came back as {list(found)!r}"
        return _first(difference(expected[key], found[key], f"{path}[{key!r}]") for key in expected)
    if isinstance(expected, list | tuple):
        if len(expected) != len(found):
            return f"{path}: {expected!r} came back as {found!r}"
        pairs = enumerate(zip(expected, found, strict=True))
        return _first(difference(old, new, f"{path}[{index}]") for index, (old, new) in pairs)
    if isinstance(expected, set | frozenset):
        if expected == found and _types(expected) == _types(found):
            return ""
        return f"{path}: {expected!r} came back as {found!r}"
    return "" if _same_scalar(expected, found) else f"{path}: {expected!r} came back as {found!r}"


def _first(problems: Iterable[str]) -> str:
    return next(filter(None, problems), "")


def _enum_difference(expected: Enum, found: Any, path: str) -> str:
    if not (isinstance(found, EnumValue) and found == expected and expected == found):
        return f"{path}: {expected!r} came back as {found!r}"
    if hash(found) != hash(expected):
        return f"{path}: {expected!r} came back with another hash"
    return difference(expected.value, found.value, f"{path}.value")


def _types(members: Iterable[Any]) -> list[str]:
    return sorted(type_name(type(m)) for m in members if not isinstance(m, Enum | EnumValue))


def _same_scalar(expected: Any, found: Any) -> bool:
    if isinstance(expected, datetime | time):
        plain = (expected.replace(tzinfo=None, fold=0), found.replace(tzinfo=None, fold=0))
        return bool(plain[0] == plain[1] and expected.utcoffset() == found.utcoffset())
    if isinstance(expected, Decimal):
        return bool(expected.as_tuple() == found.as_tuple())
    if isinstance(expected, float):
        return math.copysign(1, expected) == math.copysign(1, found) and expected == found
    return bool(expected == found)
