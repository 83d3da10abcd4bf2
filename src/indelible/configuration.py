"""Checks of constructor arguments: each names the argument, the value and the mend."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

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
    "checked_policies",
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


class Policies(NamedTuple):
    """What is done with events that cannot be taken, as the arguments say."""

    on_full: str
    on_error: str
    hook: Callable[[AuditError], None] | None
    spool: Path | None


def checked_policies(*, audit_async: bool, on_full: Any, on_error: Any, spool: Any) -> Policies:
    """Return what is done when a queue is full or the database fails.

    Raises:
        ConfigurationError: An argument is none of its choices, or two make no sense together.
    """
    hook: Callable[[AuditError], None] | None = None
    if callable(on_error):
        hook, on_error = on_error, "raise"
    elif not (isinstance(on_error, str) and on_error in {"raise", "spool", "drop"}):
        raise ConfigurationError(
            "on_error",
            on_error,
            "pass 'raise', 'spool', 'drop', or a callable that takes one AuditError",
        )
    one_of("on_full", on_full, "block", "raise", "spool", "drop")
    if spool is not None and not (isinstance(spool, str | Path) and str(spool)):
        raise ConfigurationError("spool", spool, "pass the path of a directory, or None")
    if "spool" in {on_full, on_error} and spool is None:
        argument = "on_full" if on_full == "spool" else "on_error"
        raise ConfigurationError(argument, "spool", "name the directory as well: spool='DIR'")
    if audit_async and on_error == "spool":
        raise ConfigurationError(
            "on_error",
            on_error,
            "with audit_async=True and spool='DIR' every event is in the spool before the database "
            "is asked; leave on_error out, or use on_full='spool' for what the queue cannot hold",
        )
    if audit_async and on_error == "drop" and spool is not None:
        raise ConfigurationError(
            "on_error",
            on_error,
            "what is in the spool is acknowledged, and is never dropped because the database "
            "fails. Leave on_error out, or use on_full='drop' for when the spool is full",
        )
    if not audit_async:
        if spool is not None and on_error != "spool":
            raise ConfigurationError(
                "spool",
                spool,
                "in synchronous mode the spool is for what the database cannot take: pass "
                "on_error='spool' as well, or audit_async=True",
            )
        if on_full in {"spool", "drop"} and spool is None:
            raise ConfigurationError(
                "on_full", on_full, "there is no queue to be full in synchronous mode; leave it out"
            )
        if on_full == "spool":
            raise ConfigurationError(
                "on_full", on_full, "the spool itself is what may be full; pass 'block' or 'raise'"
            )
    # Absolute, for a process that changes its directory before its first event.
    directory = None if spool is None else Path(spool).absolute()
    return Policies(on_full, on_error, hook, directory)


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
