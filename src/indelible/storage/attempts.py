"""Trying to change what is recorded, without changing it.

What an account may do is not read from a list of rights, which are granted in many ways, but tried,
inside a transaction that is rolled back: on a row that is inserted for it, in a log that no service
uses (its number is -1), so that no event is ever touched.  Where trying would be the damage itself,
which is TRUNCATE on MariaDB and MySQL, the rights are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from sqlalchemy import Connection, Table, delete, insert, text, update
from sqlalchemy.exc import DBAPIError

from indelible.storage.backends.base import original
from indelible.storage.schema import HASH_SIZE, Tables

__all__ = ["MYSQL", "REFUSAL", "Attempt", "Outcome", "attempts", "mysql_rights"]

REFUSAL: Final = "indelible refuses to change what is recorded"
"""How the message of every trigger begins."""

MYSQL: Final = ("mysql", "mariadb")
"""The dialects of MariaDB and MySQL."""

Outcome: TypeAlias = Literal["allowed", "denied", "refused", "unknown"]
"""``denied`` for want of a right, ``refused`` by a trigger."""

_LOCK_WAIT: Final = "1s"
"""How long PostgreSQL may wait for the lock that TRUNCATE takes, which keeps writers waiting."""

_PROBE_LOG: Final = -1
_DENIED_STATES: Final = frozenset({"42501"})  # insufficient_privilege
_LOCKED_STATES: Final = frozenset({"55P03"})  # lock_not_available
_DENIED_NUMBERS: Final = frozenset({1142, 1143, 1044, 1227, 1290})
_REFUSED_NUMBER: Final = 1644


class Attempt(NamedTuple):
    """Something that was tried, and what came of it.

    Attributes:
        deed: ``update``, ``delete`` or ``truncate``; "" where nothing can be written at all.
        table: The table.
        what: What stands in it, in the plural.
        outcome: What came of it.
        text: The database's own words; "" if it was allowed.
    """

    deed: str
    table: Table
    what: str
    outcome: Outcome
    text: str


class _Answer(NamedTuple):
    outcome: Outcome
    text: str


_ALLOWED: Final = _Answer("allowed", "")


def attempts(connection: Connection, tables: Tables, *, truncate: bool = True) -> Iterator[Attempt]:
    """Try to update, delete and truncate events, tiles and checkpoints.

    Args:
        connection: A connection without a transaction, before and after.
        tables: The tables.
        truncate: Whether to try that as well.

    Yields:
        Each attempt.
    """
    rows: list[tuple[Table, str, dict[str, Any]]] = [
        (tables.event, "events", {"seq": 0, "leaf_hash": bytes(HASH_SIZE)}),
        (
            tables.tile,
            "tiles",
            {"level": 0, "tile_index": 0, "hashes": b"", "root": bytes(HASH_SIZE)},
        ),
        (
            tables.checkpoint,
            "checkpoints",
            {
                "checkpoint_id": _PROBE_LOG,
                "size": 0,
                "root": bytes(HASH_SIZE),
                "note": "",
                "signed_at": datetime.now(UTC),
            },
        ),
    ]
    kind = connection.dialect.name
    try:
        if kind == "sqlite":
            # The driver would begin only after the first savepoint, which would then be lost.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        elif kind == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_WAIT}'")
    except DBAPIError as error:
        connection.rollback()
        yield Attempt("", tables.event, "", *_explained(original(error)))
        return
    try:
        for table, what, row in rows:
            yield from _attempts_on(connection, table, what, row, truncate=truncate)
    finally:
        connection.rollback()


def _attempts_on(
    connection: Connection, table: Table, what: str, row: dict[str, Any], *, truncate: bool
) -> Iterator[Attempt]:
    probe = _tried(
        connection,
        partial(connection.execute, insert(table), {"log_id": _PROBE_LOG, **row}),
    )
    changed = update(table).where(table.c.log_id == _PROBE_LOG).values(log_id=_PROBE_LOG)
    gone = delete(table).where(table.c.log_id == _PROBE_LOG)
    for deed, statement in (("update", changed), ("delete", gone)):
        answer = _tried(connection, partial(connection.execute, statement))
        if answer is _ALLOWED and probe is not _ALLOWED:
            # Without a row to change, a trigger that runs for rows has not been asked.
            answer = _Answer("unknown", f"there is no row to try it on: {probe.text}")
        yield Attempt(deed, table, what, *answer)
    kind = connection.dialect.name
    if truncate and kind == "postgresql":
        name = connection.dialect.identifier_preparer.format_table(table)
        answer = _tried(connection, partial(connection.exec_driver_sql, f"TRUNCATE {name}"))
        yield Attempt("truncate", table, what, *answer)
    elif truncate and kind in MYSQL:
        may = {"ALL PRIVILEGES", "DROP"} & mysql_rights(connection, table.name)
        answer = _ALLOWED if may else _Answer("denied", "the account has not the right DROP")
        yield Attempt("truncate", table, what, *answer)


def _tried(connection: Connection, action: Callable[[], object]) -> _Answer:
    nested = connection.begin_nested()
    try:
        action()
    except DBAPIError as error:
        nested.rollback()
        return _explained(original(error))
    nested.commit()
    return _ALLOWED


def _explained(error: BaseException) -> _Answer:
    words = str(error.args[-1] if error.args else error).partition("\n")[0]
    state = getattr(error, "sqlstate", None)
    number = error.args[0] if error.args else None
    if REFUSAL in words or number == _REFUSED_NUMBER:
        return _Answer("refused", words)
    if state in _DENIED_STATES or number in _DENIED_NUMBERS or "readonly" in words:
        return _Answer("denied", words)
    if state in _LOCKED_STATES:
        return _Answer("unknown", "the table was in use; try again")
    return _Answer("unknown", words)


def mysql_rights(connection: Connection, table: str) -> set[str]:
    """Return the rights of a MariaDB or MySQL account on a table, in capitals.

    Args:
        connection: The account's connection.
        table: The table's name.
    """
    database = connection.execute(text("SELECT DATABASE()")).scalar() or ""
    rights: set[str] = set()
    for line in connection.exec_driver_sql("SHOW GRANTS").scalars().all():
        found = re.match(r"GRANT (.+?) ON (?:TABLE )?(\S+?)\.(\S+) TO ", line)
        if found is None:
            continue
        # Wildcards of a database's name are escaped in it with backslashes.
        on_database = found[2].strip("`").replace("\\", "")
        on_table = found[3].strip("`")
        if on_database in {"*", "%", database} and on_table in {"*", table}:
            some = re.sub(r"\([^)]*\)", "", found[1])
            rights.update(right.strip().upper() for right in some.split(","))
    return rights
