"""From Python values to the plain JSON values of a body, in one walk."""

from __future__ import annotations

import binascii
import dataclasses
import sys
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec

from indelible.errors import InvalidEventError, shown
from indelible.values import (
    DataclassValue,
    EnumValue,
    ErrorValue,
    KeyedHash,
    Redacted,
    fields_of,
    type_name,
)

__all__ = [
    "LONE_SURROGATE",
    "MAX_DEPTH",
    "Guard",
    "KeyRule",
    "KeyTable",
    "RefusedValueError",
    "Unguarded",
    "ValueEncoder",
    "clean_key",
    "passes",
    "same_key",
    "to_json",
    "unreadable",
    "written_key",
]

MAX_DEPTH: Final = 64
"""Deepest nesting of containers that an event may hold."""

LONE_SURROGATE: Final = (
    "holds a lone surrogate, which is no Unicode character. Decode the input with "
    "errors='replace', or record the bytes"
)
"""What is wrong with a text that has no UTF-8 form, as the second half of a sentence."""

_INT64_MIN, _INT64_MAX = -(1 << 63), (1 << 63) - 1
# CPython refuses to turn integers of more than 4,300 digits into decimal text, or of as few as 640
# if it is so configured; hex has no limit.
_DECIMAL_BITS: Final = 2_048

to_json: Final[Callable[[object], bytes]] = msgspec.json.Encoder(order="deterministic").encode
"""Encode plain JSON values canonically: keys sorted by code point, UTF-8, no white space."""


KeyRule = Callable[[object], object]
"""What a redaction rule puts in the place of a key's value: plain JSON values."""


class KeyTable(dict[str, KeyRule | None]):
    """The rule for each key, decided once per distinct key and remembered.

    Looking a known key up costs one dictionary access; ``__missing__`` decides about a new one.
    """

    LIMIT: Final = 4096
    """Keys remembered at most, so that an application with endless keys does not grow it."""

    def __init__(
        self,
        decide: Callable[[str], KeyRule | None] = lambda _: None,
        clean: Callable[[str], str] = lambda key: key,
    ) -> None:
        super().__init__()
        self._decide = decide
        self._clean = clean

    def __missing__(self, key: object) -> KeyRule | None:
        if not isinstance(key, str):
            raise RefusedValueError(
                f"the key {shown(key)} is not a string. Use str keys, or a list of pairs"
            )
        rule = self._decide(key)
        clean = self._clean(key)
        written = written_key(clean)
        if written != key:
            rule = _EscapedKey(clean, written, rule)
        if len(self) < self.LIMIT and type(key) is str:
            self[key] = rule
        return rule


@dataclasses.dataclass(frozen=True, slots=True)
class _EscapedKey:
    """The rule of a key that must be written differently, around the rule that it has anyway."""

    clean: str
    written: str
    rule: KeyRule | None

    def __call__(self, value: object) -> object:
        raise AssertionError("an escaped key is handled by the encoder")


def passes(rule: KeyRule | None) -> bool:
    """Tell whether a key's rule leaves its value as it is."""
    return rule is None or (type(rule) is _EscapedKey and rule.rule is None)


def clean_key(key: str, rule: KeyRule) -> str:
    """Return a key with the credentials in it masked, as its rule knows it."""
    return rule.clean if type(rule) is _EscapedKey else key


def same_key(key: str) -> RefusedValueError:
    """Return the refusal of a key of which masking leaves what another one is."""
    return RefusedValueError(
        f"two keys are written {shown(key)} once the credentials in them are masked. "
        "Keep credentials out of keys"
    )


class Guard(Protocol):
    """What the encoder asks of redaction, so that one walk over the values does both."""

    @property
    def keys(self) -> KeyTable:
        """The rule for each key, or None."""

    @property
    def suspicious(self) -> Callable[[str], object]:
        """A cheap test, true of every text that `scrub` would change."""

    @property
    def short_text(self) -> int:
        """Text of at most this many characters need not be tested."""

    def scrub(self, text: str) -> str:
        """Return the text with every credential in it masked."""


class Unguarded:
    """A `Guard` that lets everything through, for values that are already safe."""

    def __init__(self) -> None:
        self.keys = KeyTable()
        # No text is longer, so that it is never asked whether one is suspicious, which none is.
        self.short_text = sys.maxsize
        self.suspicious: Callable[[str], object] = frozenset[str]().__contains__
        self.scrub: Callable[[str], str] = str


class ValueEncoder:
    """Turns Python values into plain JSON values: a snapshot, redacted on the way.

    One walk does four jobs, because each walk costs the caller's thread several microseconds: it
    copies (later changes to the caller's objects do not reach the event), refuses what JSON would
    store differently, translates what JSON does not have, and applies redaction.

    Args:
        guard: The redaction to apply; None for none.
        split_nul: Write text that holds NUL characters in parts.  Looking for them costs time on
            every text, so the caller asks for it only once an encoded body is seen to hold one.
    """

    __slots__ = ("_scrub", "_short", "_split_nul", "_suspicious", "keys")

    def __init__(self, guard: Guard | None = None, *, split_nul: bool = False) -> None:
        guard = guard or Unguarded()
        self.keys = guard.keys
        self._suspicious = guard.suspicious
        self._short = guard.short_text
        self._scrub = guard.scrub
        self._split_nul = split_nul

    def encode(self, name: str, value: object) -> Any:
        """Return the value in plain JSON values.

        Args:
            name: Name of the argument that the value belongs to, for error messages.
            value: Any supported value.

        Raises:
            InvalidEventError: The value, or one inside it, cannot be stored as it is.
        """
        try:
            return self._dict(value, 0) if type(value) is dict else self.value(value, 0)
        except RefusedValueError as refused:
            raise refused.located(name) from refused.__cause__
        except Exception as error:
            raise unreadable(name, error) from error

    def ruled(self, rule: KeyRule, value: object, depth: int = 0) -> Any:
        """Return what a key's rule, found in `keys`, puts in its value's place."""
        if type(rule) is _EscapedKey:
            return self.value(value, depth) if rule.rule is None else rule.rule(value)
        return rule(value)

    def text(self, value: str) -> Any:
        """Return one text in plain JSON values, with the credentials in it masked."""
        if len(value) > self._short and self._suspicious(value):
            value = self._scrub(value)
        if self._split_nul and "\0" in value:
            return {"$text": value.split("\0")}
        return value

    def _dict(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        if depth >= MAX_DEPTH:
            raise _too_deep()
        keys, suspicious, short = self.keys, self._suspicious, self._short
        # The copy is the snapshot; below, only what cannot stay as it is gets replaced in it.
        out: dict[str, Any] = dict(value)
        odd: list[tuple[str, KeyRule]] = []
        key: Any = None
        try:
            for key, item in out.items():
                rule = keys[key]
                kind = type(item)
                if rule is not None:
                    odd.append((key, rule))
                elif kind is str:
                    if len(item) > short and suspicious(item):
                        out[key] = self._scrub(item)
                elif kind is int:
                    if not _INT64_MIN <= item <= _INT64_MAX:
                        out[key] = _big_int(item)
                elif item is None or kind is bool:
                    pass
                elif kind is float:
                    if item - item != 0.0:
                        raise _not_finite(item)
                elif kind is dict:
                    out[key] = self._dict(item, depth + 1)
                elif kind is list:
                    out[key] = self._list(item, depth + 1)
                else:
                    out[key] = self.value(item, depth + 1)
            if odd:
                # All are taken out first: what one is written as may be the name of another.
                for key, rule, item in [(key, rule, out.pop(key)) for key, rule in odd]:
                    name = rule.written if type(rule) is _EscapedKey else key
                    if name in out:
                        raise same_key(name)
                    out[name] = self.ruled(rule, item, depth + 1)
        except RefusedValueError as refused:
            refused.under(key)
            raise
        if self._split_nul:
            return {key: self.text(v) if type(v) is str else v for key, v in out.items()}
        return out

    def value(self, value: Any, depth: int = 0) -> Any:
        """Return the value as `encode` does, for a caller that knows the path to it.

        Args:
            value: Any supported value.
            depth: The number of containers around it.

        Raises:
            RefusedValueError: The value, or one inside it, cannot be stored as it is.
            Exception: Whatever the value's own methods raise; see `unreadable`.
        """
        kind = type(value)
        if kind is str:
            return self.text(value)
        if kind is int:
            return value if _INT64_MIN <= value <= _INT64_MAX else _big_int(value)
        if value is None or kind is bool:
            return value
        if kind is float:
            # inf - inf and nan - nan are nan: one comparison refuses all three.
            if value - value != 0.0:
                raise _not_finite(value)
            return value
        if kind is dict:
            return self._dict(value, depth)
        if kind is list:
            return self._list(value, depth)
        scalar = _SCALARS.get(kind)
        if scalar is not None:
            return scalar(value)
        return self._other(value, depth)

    def _list(self, value: Iterable[Any], depth: int) -> list[Any]:
        if depth >= MAX_DEPTH:
            raise _too_deep()
        out: list[Any] = []
        add, encode, depth = out.append, self.value, depth + 1
        try:
            for item in value:
                kind = type(item)
                if (
                    item is None
                    or kind is bool
                    or (kind is int and _INT64_MIN <= item <= _INT64_MAX)
                ):
                    add(item)
                else:
                    add(encode(item, depth))
        except RefusedValueError as refused:
            refused.under(len(out))
            raise
        return out

    def _other(self, value: Any, depth: int) -> Any:
        """Translate a value whose exact type has no entry: containers, subclasses, objects."""
        if isinstance(value, Enum):
            mixed = isinstance(value, type(value.value))
            as_read = EnumValue(type_name(type(value)), value.name, value.value, mixed)
            return self._enum(as_read, depth)
        if isinstance(value, tuple):
            return {"$tuple": self._list(value, depth)}
        if isinstance(value, AbstractSet):
            try:
                members = sorted(self._list(value, depth), key=to_json)
            except UnicodeEncodeError:
                raise RefusedValueError(f"{shown(value)} {LONE_SURROGATE}") from None
            return {"$frozenset" if isinstance(value, frozenset) else "$set": members}
        if isinstance(value, Mapping):
            return self._dict(value, depth)
        if isinstance(value, list):
            return self._list(value, depth)
        if isinstance(value, bytes | bytearray | memoryview):
            return self._bytes(value)
        if isinstance(value, BaseException):
            return {"$error": {"message": self._message(value), "type": type_name(type(value))}}
        if isinstance(value, EnumValue):
            return self._enum(value, depth)
        if isinstance(value, DataclassValue):
            return {"$dataclass": {"fields": self._dict(value.fields, depth), "type": value.type}}
        if isinstance(value, ErrorValue):
            return {"$error": {"message": self.text(value.message), "type": value.type}}
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            record = {"fields": self._dict(fields_of(value), depth), "type": type_name(type(value))}
            return {"$dataclass": record}
        if isinstance(value, str):
            return self.text(str.__str__(value))
        if isinstance(value, int):
            return self.value(int.__int__(value), depth)
        if isinstance(value, float):
            return self.value(float.__float__(value), depth)
        for base, scalar in _SCALARS.items():
            if isinstance(value, base):
                return scalar(value)
        raise RefusedValueError(
            f"{shown(value)} of type {type_name(type(value))} has no place in an event. Convert "
            "it first, for example to a dict or a string"
        )

    def _enum(self, value: EnumValue, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise _too_deep()
        member = self.value(value.value, depth + 1)
        written = {"name": value.name, "type": value.type, "value": member}
        return {"$enum": written | {"mixed": True} if value.mixed else written}

    def _bytes(self, value: bytes | bytearray | memoryview) -> dict[str, str]:
        # What credentials are made of is ASCII; other bytes become what is no letter to a pattern.
        text = bytes(value).decode("ascii", "surrogateescape")
        if len(text) > self._short and self._suspicious(text):
            value = self._scrub(text).encode("ascii", "surrogateescape")
        return {"$bytes": binascii.b2a_base64(value, newline=False).decode("ascii")}

    def _message(self, error: BaseException) -> Any:
        try:
            message = str(error)
        except Exception:  # noqa: BLE001 - whatever the error's own str() raises
            message = "<its text cannot be had: str() raises>"
        return self.text(message)


def written_key(key: str) -> str:
    """Return how a key of the caller's stands in a body, so that it is never taken for a tag."""
    if "\0" in key:
        return "$key:" + key.replace("%", "%25").replace("\0", "%00")
    return "$" + key if key[:1] == "$" else key


_SHOWN_STEPS: Final = 8


class RefusedValueError(Exception):
    """A value is refused; collects the path to it on the way out."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self._path: list[object] = []

    def under(self, key: object) -> None:
        """Note that the value stands under a key, or at an index, of another one."""
        self._path.append(key)

    def located(self, name: str) -> InvalidEventError:
        """Return the error that the caller sees, with the path below an argument's name."""
        # A cycle's path is as long as the nesting limit; its ends tell enough.
        steps = self._path[::-1]
        shown_steps = steps if len(steps) <= _SHOWN_STEPS else [*steps[:6], "…", steps[-1]]
        path = "".join(
            f".{step}" if isinstance(step, str) else f"[{shown(step)}]" for step in shown_steps
        )
        return InvalidEventError(name + path, str(self))


def unreadable(name: str, error: Exception) -> InvalidEventError:
    """Return the refusal of a value whose own methods raise while it is read.

    Args:
        name: Name of the argument that the value belongs to.
        error: What was raised.
    """
    if isinstance(error, RecursionError):
        return InvalidEventError(name, str(_too_deep()))
    return InvalidEventError(
        name,
        f"reading it raised {shown(error)}. Pass a copy of what another thread may change, and "
        "convert other objects to plain values first",
    )


def _too_deep() -> RefusedValueError:
    return RefusedValueError(
        f"containers are nested more than {MAX_DEPTH} deep, or contain themselves. Flatten them"
    )


def _not_finite(value: float) -> RefusedValueError:
    return RefusedValueError(f"{value} cannot be written in JSON. Record None or a string instead")


def _big_int(value: int) -> dict[str, str]:
    return {"$int": str(value) if value.bit_length() <= _DECIMAL_BITS else hex(value)}


def _decimal(value: Decimal) -> dict[str, str]:
    if not value.is_finite():
        raise RefusedValueError(f"{value} is not a number. Record None or a string instead")
    return {"$decimal": str(value)}


def _datetime(value: datetime) -> dict[str, str]:
    if value.utcoffset() is None:
        raise RefusedValueError(
            f"{value!r} has no time zone, so it names no point in time. "
            "Use an aware datetime, for example datetime.now(timezone.utc)"
        )
    return {"$datetime": value.isoformat()}


# The order matters to subclasses: datetime is a date.
_SCALARS: Final[dict[type, Callable[[Any], Any]]] = {
    Decimal: _decimal,
    UUID: lambda value: {"$uuid": str(value)},
    datetime: _datetime,
    date: lambda value: {"$date": value.isoformat()},
    time: lambda value: {"$time": value.isoformat()},
    timedelta: lambda value: {"$timedelta": value // timedelta(microseconds=1)},
    Redacted: lambda _: {"$redacted": True},
    KeyedHash: lambda value: {"$hmac": value.hex},
}
