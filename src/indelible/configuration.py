"""Checks of constructor arguments: each names the argument, the value and the mend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from indelible.errors import AuditError, ConfigurationError
from indelible.event import MAX_NAME

__all__ = ["checked_count", "checked_log_name", "checked_on_error", "checked_seconds", "one_of"]


def checked_count(argument: str, value: object, *, least: int, most: int) -> int:
    """Return a whole number within bounds.

    Raises:
        ConfigurationError: It is none.
    """
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise ConfigurationError(argument, value, f"pass a whole number from {least} to {most}")


def checked_seconds(argument: str, value: object, *, most: float = 86_400.0) -> float:
    """Return a time span in seconds, more than zero.

    Raises:
        ConfigurationError: It is none.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= most:
        return float(value)
    raise ConfigurationError(
        argument, value, f"pass seconds as a number above 0 and at most {most:g}"
    )


def one_of(argument: str, value: object, *choices: str) -> str:
    """Return a value that is one of a few words.

    Raises:
        ConfigurationError: It is not.
    """
    if isinstance(value, str) and value in choices:
        return value
    raise ConfigurationError(argument, value, f"pass one of {', '.join(map(repr, choices))}")


def flag(argument: str, value: object) -> bool:
    """Return a bool; other values are more often a mistake than meant as one.

    Raises:
        ConfigurationError: It is none.
    """
    if isinstance(value, bool):
        return value
    raise ConfigurationError(argument, value, "pass True or False")


def checked_log_name(value: object) -> str:
    """Return the name of a log.

    Raises:
        ConfigurationError: It is empty, too long, or holds white space, control characters or
            ``+``, which the origin of a C2SP checkpoint may not hold.
    """
    if (
        isinstance(value, str)
        and 0 < len(value) <= MAX_NAME
        and value.isprintable()
        and not any(character.isspace() or character == "+" for character in value)
    ):
        return value
    raise ConfigurationError(
        "log",
        value,
        f"use 1 to {MAX_NAME} printable characters without spaces and '+', "
        "such as 'billing.example.com/audit'",
    )


def checked_on_error(value: Any) -> Callable[[AuditError], None] | None:
    """Return the caller's error hook, or None for ``'raise'``.

    Raises:
        ConfigurationError: It is neither.
    """
    if value == "raise":
        return None
    if callable(value):
        hook: Callable[[AuditError], None] = value
        return hook
    raise ConfigurationError(
        "on_error", value, "pass 'raise', or a callable that takes one AuditError"
    )
