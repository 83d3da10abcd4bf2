r"""Values that a body can hold and JSON has no name for, and the table of how each is written.

JSON has strings, numbers, booleans, null, lists and objects.  Everything else that an event may
carry is an object with exactly one member whose name starts with ``$``:

===================  ==================================================  =======================
Python value         in the body                                         comes back as
===================  ==================================================  =======================
``int``              a number; beyond 64 bits ``{"$int": "…"}``          ``int``
``Decimal``          ``{"$decimal": "1.10"}``                            ``Decimal``
``UUID``             ``{"$uuid": "…"}``                                  ``UUID``
``datetime``         ``{"$datetime": "2026-01-01T00:00:00+02:00"}``      ``datetime``, same offset
``date``, ``time``   ``{"$date": "…"}``, ``{"$time": "…"}``              ``date``, ``time``
``timedelta``        ``{"$timedelta": microseconds}``                    ``timedelta``
``bytes``            ``{"$bytes": base64}``                              ``bytes``
``tuple``            ``{"$tuple": […]}``                                 ``tuple``
``set``              ``{"$set": […]}`` (or ``$frozenset``), sorted       ``set``, ``frozenset``
an ``Enum`` member   ``{"$enum": {"name", "type", "value"}}``, and       `EnumValue`
                     ``"mixed": true`` if it is ``str`` or ``int`` too
a dataclass          ``{"$dataclass": {"fields", "type"}}``              `DataclassValue`
an exception         ``{"$error": {"message", "type"}}``                 `ErrorValue`
a redacted value     ``{"$redacted": true}``                             `REDACTED`
a hashed value       ``{"$hmac": hex}``                                  `KeyedHash`
text with NUL        ``{"$text": ["before", "after"]}``                  ``str``
===================  ==================================================  =======================

Text with NUL characters is written in parts because PostgreSQL refuses ``\u0000`` when a body is
cast to ``jsonb``.  A key of the caller's that starts with ``$`` gets a second ``$`` in front, so it
is never taken for one of these.

What comes back compares equal to what was recorded, with two exceptions: an exception comes back as
its type and text, and a set that holds dataclass instances as one of `DataclassValue`, which Python
cannot compare with the former because members of sets are looked up by hash.
"""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import Any, Final

__all__ = [
    "REDACTED",
    "DataclassValue",
    "EnumValue",
    "ErrorValue",
    "KeyedHash",
    "Redacted",
    "fields_of",
    "type_name",
]


class Redacted:
    """The place of a value that was redacted; there is one, `REDACTED`, and it is falsy."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "[redacted]"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "REDACTED"


REDACTED: Final = Redacted()
"""What stands where a value was redacted."""


@dataclasses.dataclass(frozen=True, slots=True)
class KeyedHash:
    """The HMAC-SHA-256 that stands in for a value, so that equal values stay findable.

    Attributes:
        hex: The digest, 64 lower-case hexadecimal digits.
    """

    hex: str


@dataclasses.dataclass(frozen=True, slots=True)
class ErrorValue:
    """An exception as it was recorded.

    Attributes:
        type: Dotted name of its class.
        message: Its text, credentials masked.
    """

    type: str
    message: str


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class EnumValue:
    """An enum member as it was recorded; equal to the member itself.

    The class is not imported when an event is read: a log outlives the code that wrote it.

    Attributes:
        type: Dotted name of the enum class.
        name: The member's name.
        value: The member's value.
        mixed: Whether the member is an instance of its value's type as well, as those of
            ``StrEnum`` and ``IntEnum`` are; it is then equal to the plain value, too.
    """

    type: str
    name: str | None
    value: Any
    mixed: bool = False

    def __eq__(self, other: object) -> bool:
        if isinstance(other, EnumValue):
            same = (self.type, self.name) == (other.type, other.name)
            return same and self.value == other.value
        if isinstance(other, Enum):
            # The value is left out: it may have been redacted.
            return self.type == type_name(type(other)) and self.name == other.name
        return bool(self.value == other) if self.mixed else NotImplemented

    def __hash__(self) -> int:
        # As the member itself is hashed, so that a set of these equals the set of the members.
        return hash(self.value) if self.mixed else hash(self.name)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class DataclassValue:
    """A dataclass instance as it was recorded; equal to an instance with the same fields.

    Attributes:
        type: Dotted name of the class.
        fields: Field values by name.
    """

    type: str
    fields: dict[str, Any]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, DataclassValue):
            return self.type == other.type and self.fields == other.fields
        if dataclasses.is_dataclass(other) and not isinstance(other, type):
            return self.type == type_name(type(other)) and self.fields == fields_of(other)
        return NotImplemented

    def __hash__(self) -> int:
        # Fields may hold what has no hash; it only has to be the same for equal values.
        return hash(self.type)


def fields_of(value: Any) -> dict[str, Any]:
    """Return a dataclass instance's fields by name, nested ones as they are."""
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def type_name(kind: type) -> str:
    """Return a class's dotted name."""
    return f"{kind.__module__}.{kind.__qualname__}"
