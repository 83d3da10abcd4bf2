"""Classes derived from plain types, as applications and their libraries have them."""

from __future__ import annotations

import collections
from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple


class Markup(str):
    """Text that changes whatever it is asked for, as template engines' classes do."""

    __slots__ = ()

    def __str__(self) -> str:
        return "<b>other</b>"

    def replace(self, *_: Any) -> Markup:
        return Markup("other")


class Lines(list[str]):
    pass


class Count(int):
    def __int__(self) -> int:
        return 99


class Money(Decimal):
    pass


class Pair(NamedTuple):
    left: int
    right: str


class Lazy(Mapping[str, Any]):
    """A mapping that is no dict."""

    def __getitem__(self, key: str) -> Any:
        return {"a": 1, "b": [2]}[key]

    def __iter__(self) -> Iterator[str]:
        return iter("ab")

    def __len__(self) -> int:
        return 2


class Speechless(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


DERIVED: dict[str, tuple[Any, Any]] = {
    "text": (Markup("text"), "text"),
    "keys": ({Markup("key"): 1, Markup("$key"): 2}, {"key": 1, "$key": 2}),
    "int": (Count(5), 5),
    "decimal": (Money("1.50"), Decimal("1.50")),
    "list": (Lines(["a", "b"]), ["a", "b"]),
    "tuple": (Pair(1, "r"), (1, "r")),
    "mapping": (Lazy(), {"a": 1, "b": [2]}),
    "ordered": (collections.OrderedDict(b=1, a=2), {"a": 2, "b": 1}),
    "default": (collections.defaultdict(list, a=[1]), {"a": [1]}),
    "proxy": (MappingProxyType({"a": 1}), {"a": 1}),
    "counter": (collections.Counter("aab"), {"a": 2, "b": 1}),
    "view": ({"a": 1, "b": 2}.keys(), {"a", "b"}),
    "memory": (memoryview(b"abc"), b"abc"),
}
"""What is recorded, and what comes back."""
