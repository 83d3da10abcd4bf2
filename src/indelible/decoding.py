"""From the JSON values of a body back to Python values."""

from __future__ import annotations

import binascii
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from indelible.errors import shown
from indelible.values import REDACTED, DataclassValue, EnumValue, ErrorValue, KeyedHash

__all__ = ["decode_value", "read_key"]


def decode_value(value: Any) -> Any:
    """Return the Python value that a body's JSON value stands for.

    Args:
        value: What a JSON parser made of it.

    Raises:
        ValueError: It has a tag that this version does not know, or a tag's content is malformed.
    """
    kind = type(value)
    if kind is list:
        return [decode_value(item) for item in value]
    if kind is not dict:
        return value
    if len(value) == 1:
        ((key, content),) = value.items()
        if key[:1] == "$" and key[1:2] != "$" and not key.startswith("$key:"):
            decode = _DECODERS.get(key)
            if decode is None:
                raise ValueError(f"the tag {shown(key)} is unknown to this version of indelible")
            try:
                return decode(content)
            except (TypeError, KeyError, AttributeError, ArithmeticError) as error:
                raise ValueError(f"malformed value {shown(value)}: {error}") from error
    return {read_key(key): decode_value(item) for key, item in value.items()}


def read_key(key: str) -> str:
    """Return the caller's key that stands in a body as `key`; undoes `encoding.written_key`."""
    if key[:1] != "$":
        return key
    if key.startswith("$key:"):
        return key[5:].replace("%00", "\0").replace("%25", "%")
    return key[1:]


def _decode_int(content: str) -> int:
    return int(content, 16) if "x" in content else int(content)


def _decode_members(content: list[Any]) -> list[Any]:
    return [decode_value(item) for item in content]


_DECODERS: Final[dict[str, Callable[[Any], Any]]] = {
    "$int": _decode_int,
    "$decimal": Decimal,
    "$uuid": UUID,
    "$datetime": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$timedelta": lambda content: timedelta(microseconds=content),
    "$bytes": lambda content: binascii.a2b_base64(content, strict_mode=True),
    "$tuple": lambda content: tuple(_decode_members(content)),
    "$set": lambda content: set(_decode_members(content)),
    "$frozenset": lambda content: frozenset(_decode_members(content)),
    "$enum": lambda content: EnumValue(
        content["type"],
        content["name"],
        decode_value(content["value"]),
        content.get("mixed", False),
    ),
    "$dataclass": lambda content: DataclassValue(
        content["type"],
        {read_key(key): decode_value(item) for key, item in content["fields"].items()},
    ),
    "$error": lambda content: ErrorValue(content["type"], decode_value(content["message"])),
    "$redacted": lambda _: REDACTED,
    "$hmac": KeyedHash,
    "$text": "\0".join,
}
