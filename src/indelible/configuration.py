"""Checks of constructor arguments: each names the argument, the value and the mend."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from indelible.errors import AuditError, ConfigurationError
from indelible.event import MAX_NAME
from indelible.redaction import Redaction

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

    from indelible.storage.schema import Tables

__all__ = [
    "checked_bind",
    "checked_count",
    "checked_log_name",
    "checked_on_error",
    "checked_redaction",
    "checked_seconds",
    "checked_tables",
    "flag",
    "one_of",
]


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


def checked_redaction(redact: Any, keyed_hash: Iterable[str], hash_key: bytes | None) -> Redaction:
    """Return the redaction that the arguments mean.

    Raises:
        ConfigurationError: A rule is of no known kind, or the hash key is given in two places.
    """
    if isinstance(redact, Redaction):
        if keyed_hash or hash_key is not None:
            raise ConfigurationError(
                "keyed_hash", keyed_hash, "pass it to the Redaction that is given as redact="
            )
        return redact
    return Redaction(redact, keyed_hash=keyed_hash, hash_key=hash_key)


def checked_bind(bind: Any) -> str | URL | Engine:
    """Return a database that can be connected to, without connecting to it.

    Raises:
        ConfigurationError: It is none.
        MissingExtraError: Its driver is not installed.
    """
    from sqlalchemy import URL, Engine

    from indelible.storage.engines import checked_url

    if isinstance(bind, Engine):
        return bind
    if isinstance(bind, str | URL):
        return checked_url(bind)
    raise ConfigurationError(
        "bind", bind, "pass a database URL such as 'sqlite:///audit.db', or a SQLAlchemy Engine"
    )


def checked_tables(table_prefix: str, schema: str | None) -> Tables:
    """Return the tables by the names that the arguments make.

    Raises:
        ConfigurationError: A name cannot be part of a table's name in every database.
    """
    from indelible.storage.schema import Tables, check_names

    check_names(table_prefix, schema)
    return Tables(table_prefix, schema)
