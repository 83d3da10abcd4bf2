"""Reading JSON text from elsewhere without losing anything on the way.

Python's reader is lenient where an audit log must not be: it takes NaN, lets the last of two equal
keys win, and rounds numbers to what a double can hold.
"""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import Any, Final

from indelible.errors import shown

__all__ = ["read_json"]

_EXACT_DIGITS: Final = 15
"""A decimal number of at most this many significant digits survives the way through a double."""


def read_json(text: str) -> Any:
    """Return the value that a JSON text (RFC 8259) stands for.

    Numbers with a fraction or an exponent come back as `float` where its shortest decimal form is
    the same number, and as `Decimal` otherwise, so that no digit is lost.

    Args:
        text: One JSON value.

    Raises:
        ValueError: It is no JSON, holds NaN or an infinity, or an object has one key twice.
    """
    try:
        return json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_exact_number,
            object_pairs_hook=_unique_members,
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON. Write null or a string instead")


def _exact_number(text: str) -> float | Decimal:
    number = float(text)
    if len(text) <= _EXACT_DIGITS and "e" not in text and "E" not in text:
        return number
    exact = Decimal(text)
    return number if Decimal(repr(number)) == exact else exact


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        key, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {shown(key)} stands twice in one object")
    return members
