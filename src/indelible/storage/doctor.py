"""Looking at a database as an attacker with the application's own account would.

What the account may do is tried (`indelible.storage.attempts`); settings and clock are read.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from indelible.errors import UnsafeSettingError
from indelible.storage.attempts import MYSQL, Attempt, attempts, mysql_rights
from indelible.storage.engines import connected, make_backend
from indelible.storage.harden import Hardening, hardening
from indelible.storage.migrate import check
from indelible.storage.schema import DEFAULT_PREFIX, Tables, check_names

__all__ = ["Diagnosis", "Finding", "Verdict", "diagnose"]

Verdict: TypeAlias = Literal["good", "weak", "bad", "unknown"]
"""``weak`` is worth knowing, ``bad`` needs mending, ``unknown`` could not be found out."""

MOST_SKEW_SECONDS: Final = 2.0
"""How far the database's clock may be from this machine's, in seconds."""

_BUSY_SECONDS: Final = 5.0


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        check: What it was, in a few words.
        verdict: How it is.
        message: One sentence, with the mend where there is one.
    """

    check: str
    verdict: Verdict
    message: str


class Diagnosis(NamedTuple):
    """What was found.

    Attributes:
        findings: Everything that was looked at.
        powers: What an attacker could do who has this account, one sentence for each.
    """

    findings: tuple[Finding, ...]
    powers: tuple[str, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing needs mending."""
        return all(finding.verdict != "bad" for finding in self.findings)


def diagnose(
    bind: str | URL | Engine,
    *,
    table_prefix: str = DEFAULT_PREFIX,
    schema: str | None = None,
    clock: Callable[[], datetime] | None = None,
) -> Diagnosis:
    """Try what the application's account may do, and look at settings and clock.

    Nothing is changed.  On PostgreSQL the attempt to truncate keeps writers waiting for a moment,
    at most a second.

    Args:
        bind: The database, with the account that the application uses.
        table_prefix: What the tables' names begin with.
        schema: Their schema (PostgreSQL), or None.
        clock: Returns the present; the system's clock if left out.

    Raises:
        DBAPIError: The database cannot be reached.
        ConfigurationError: The database is none of those that `indelible.storage.harden` knows.
    """
    check_names(table_prefix, schema)
    status = check(bind, table_prefix=table_prefix, schema=schema)
    if status.state != "current":
        return Diagnosis((Finding("tables", "bad", status.message),), ())
    tables = Tables(table_prefix, schema)
    findings = [Finding("tables", "good", status.message)]
    with connected(bind, busy_timeout=_BUSY_SECONDS) as connection:
        # First, because it refuses a database that nothing here is made for.
        guards = hardening(connection, tables)
        findings += _settings(connection, tables)
        findings.append(_clock(connection, tables, clock or _now))
        connection.rollback()
        judged = [_judged(attempt) for attempt in attempts(connection, tables)]
        findings += [item.finding for item in judged]
        findings.append(_guards(connection, tables, guards, judged))
        strength = _strength(connection, tables)
        connection.rollback()
        findings.append(_account(strength))
        powers = [item.power for item in judged if item.power]
    powers += [] if strength is None else [strength]
    return Diagnosis(tuple(findings), (*powers, *_ALWAYS))


# What the account may do -------------------------------------------------------------------------


class _Judged(NamedTuple):
    finding: Finding
    power: str | None


_DEEDS: Final = {
    "update": "change {what} where they stand",
    "delete": "delete {what}",
    "truncate": "empty the table of all {what} at once",
}


def _judged(attempt: Attempt) -> _Judged:
    name = f"{attempt.deed} {attempt.table.name}" if attempt.deed else "write"
    if attempt.outcome == "allowed":
        mend = (
            "Take the right DROP, or TRUNCATE, from the account"
            if attempt.deed == "truncate"
            else "Run: indelible db harden, and let the account have only the rights it prints"
        )
        power = _DEEDS[attempt.deed].format(what=attempt.what)
        return _Judged(Finding(name, "bad", f"the account may {power}. {mend}"), power)
    if attempt.outcome == "unknown":
        return _Judged(Finding(name, "unknown", attempt.text), None)
    by = "a trigger refuses it" if attempt.outcome == "refused" else "the account has no right to"
    return _Judged(Finding(name, "good", by), None)


def _guards(
    connection: Connection, tables: Tables, found: Hardening, judged: list[_Judged]
) -> Finding:
    if found.state == "on":
        return Finding("triggers", "good", "all triggers that refuse changes are there")
    hidden = connection.dialect.name in MYSQL and not (
        {"ALL PRIVILEGES", "TRIGGER"} & mysql_rights(connection, tables.event.name)
    )
    if hidden:
        return Finding("triggers", "unknown", "the account may not see which triggers there are")
    # Where rights alone keep the account out, the triggers would be a second wall.
    shut = all(item.finding.verdict == "good" for item in judged)
    missing = f" (missing: {', '.join(found.missing)})" if found.state == "partial" else ""
    return Finding(
        "triggers",
        "weak" if shut else "bad",
        f"the triggers that refuse changes are {found.state}{missing}. Run: indelible db harden",
    )


_ALWAYS: Final = (
    "record events that say whatever it likes, for it may insert",
    (
        "set the log's head to anything, which stops the service; this, and whatever else it "
        "changes, is found by verifying the log against a checkpoint that is kept elsewhere, and "
        "by nothing else"
    ),
)
"""What any account can do that may record."""


def _strength(connection: Connection, tables: Tables) -> str | None:
    """Return by what an account could get around the triggers; None if there is nothing."""
    kind = connection.dialect.name
    if kind == "postgresql":
        table = connection.dialect.identifier_preparer.format_table(tables.event)
        superuser, owner = connection.execute(
            text(
                "SELECT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user),"
                " (SELECT pg_catalog.pg_has_role(relowner, 'MEMBER') FROM pg_catalog.pg_class"
                " WHERE oid = CAST(:table AS regclass))"
            ),
            {"table": table},
        ).one()
        if superuser:
            return "do anything, for it is a superuser"
        return "drop the triggers, or the tables, for it owns the tables" if owner else None
    if kind in MYSQL:
        rights = {"ALL PRIVILEGES", "TRIGGER", "ALTER", "DROP", "SUPER"}
        strong = sorted(rights & mysql_rights(connection, tables.event.name))
        if not strong:
            return None
        return f"drop the triggers, or the tables, by its rights {', '.join(strong)}"
    return "drop the triggers, or change the file without SQLite, for it may write to the file"


def _account(strength: str | None) -> Finding:
    if strength is None:
        return Finding("account", "good", "the account cannot take the triggers away")
    return Finding(
        "account",
        "weak",
        f"the account could {strength}. Where there are accounts, let another one own the tables",
    )


# Settings ----------------------------------------------------------------------------------------


def _settings(connection: Connection, tables: Tables) -> list[Finding]:
    kind = connection.dialect.name
    if kind == "postgresql":
        findings = _postgresql_settings(connection)
    elif kind in MYSQL:
        findings = _mysql_settings(connection)
    else:
        findings = _sqlite_settings(connection)
    connection.rollback()
    backend = make_backend(connection.engine, tables, owned=False, busy_timeout=_BUSY_SECONDS)
    try:
        backend.check_tables(connection)
    except UnsafeSettingError as error:
        findings.append(Finding("columns", "bad", str(error)))
    else:
        findings.append(Finding("columns", "good", "types and collations keep what is stored"))
    connection.rollback()
    return findings


def _sqlite_settings(connection: Connection) -> list[Finding]:
    def pragma(name: str) -> object:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()

    mode = pragma("journal_mode")
    findings = [
        _if(
            mode == "wal",
            "durability",
            "the file is in WAL mode; the service itself writes with synchronous=FULL",
            f"the file is in journal_mode={mode}; the service sets WAL at its first use",
            otherwise="weak",
        ),
        _if(
            pragma("encoding") == "UTF-8",
            "charset",
            "the file's encoding is UTF-8",
            f"the file's encoding is {pragma('encoding')}; make a new one in UTF-8",
        ),
    ]
    name = connection.engine.url.database
    if name and Path(name).is_file():
        mode_bits = stat.S_IMODE(Path(name).stat().st_mode)
        findings.append(
            _if(
                not mode_bits & (stat.S_IWGRP | stat.S_IWOTH),
                "file mode",
                f"only its owner may write to the file ({mode_bits:04o})",
                f"others than its owner may write to the file ({mode_bits:04o}). "
                f"Run: chmod go-w {name}",
            )
        )
    return findings


def _postgresql_settings(connection: Connection) -> list[Finding]:
    wanted = ("fsync", "full_page_writes", "synchronous_commit", "server_encoding")
    columns = ", ".join(f"current_setting('{name}')" for name in wanted)
    fsync, pages, synchronous, encoding = connection.execute(text(f"SELECT {columns}")).one()
    return [
        _if(
            fsync == "on" and pages == "on",
            "durability",
            "the server writes to the disk before it says that it has committed",
            f"fsync={fsync}, full_page_writes={pages}: what is committed may be lost. Turn both on",
        ),
        _if(
            synchronous != "off",
            "commits",
            f"synchronous_commit={synchronous}",
            "synchronous_commit=off; the service turns it on for its own connections",
            otherwise="weak",
        ),
        _if(
            encoding == "UTF8",
            "charset",
            "the database's encoding is UTF8",
            f"the database's encoding is {encoding}. Create it with ENCODING 'UTF8'",
        ),
    ]


def _mysql_settings(connection: Connection) -> list[Finding]:
    flush, doublewrite, binlog, sync, charset = connection.execute(
        text(
            "SELECT @@innodb_flush_log_at_trx_commit, @@innodb_doublewrite, @@log_bin,"
            " @@sync_binlog, @@character_set_connection"
        )
    ).one()
    # A server without a binary log has none to lose.
    kept = not int(binlog) or int(sync) == 1
    return [
        _if(
            int(flush) == 1,
            "durability",
            "the server writes to the disk before it says that it has committed",
            f"innodb_flush_log_at_trx_commit={flush}: what is committed may be lost. Set it to 1",
        ),
        _if(
            str(doublewrite).upper() not in {"0", "OFF"} and kept,
            "commits",
            "pages are written twice, and the binary log, if there is one, is synchronous",
            f"innodb_doublewrite={doublewrite}, sync_binlog={sync}: a power cut may tear a page, "
            "or lose what replicas are to get. Set both to 1",
            otherwise="weak",
        ),
        _if(
            charset == "utf8mb4",
            "charset",
            "the connection's character set is utf8mb4",
            f"the connection's character set is {charset}. Put ?charset=utf8mb4 into the URL",
        ),
    ]


def _if(
    good: bool,  # noqa: FBT001 - the sentences that follow say what for
    check_name: str,
    yes: str,
    no: str,
    *,
    otherwise: Verdict = "bad",
) -> Finding:
    return Finding(check_name, "good", yes) if good else Finding(check_name, otherwise, no)


def _clock(connection: Connection, tables: Tables, clock: Callable[[], datetime]) -> Finding:
    """Compare the clocks, and see whether the newest event is from the future."""
    kind = connection.dialect.name
    asked = {
        "postgresql": "SELECT clock_timestamp()",
        "mysql": "SELECT UTC_TIMESTAMP(6)",
        "mariadb": "SELECT UTC_TIMESTAMP(6)",
    }.get(kind)
    try:
        before = clock()
        theirs = None if asked is None else connection.execute(text(asked)).scalar_one()
        after = clock()
        newest = connection.execute(select(func.max(tables.event.c.recorded_at))).scalar()
    except (DBAPIError, ValueError) as error:
        # What stands in SQLite's columns need be no time.
        return Finding("clock", "unknown", str(error))
    if newest is not None and (_aware(newest) - after).total_seconds() > MOST_SKEW_SECONDS:
        return Finding(
            "clock",
            "bad",
            f"the newest event was recorded at {_aware(newest).isoformat()}, and here it is only "
            f"{after.isoformat()}. Set this machine's clock, or the other writers', by NTP",
        )
    if theirs is None:
        return Finding("clock", "good", "the database is on this machine and has its clock")
    theirs = _aware(theirs)
    # The answer was given somewhere between the two readings.
    skew = max((before - theirs).total_seconds(), (theirs - after).total_seconds(), 0.0)
    return _if(
        skew <= MOST_SKEW_SECONDS,
        "clock",
        "the database's clock and this machine's agree",
        f"the database's clock is {skew:.0f} s away from this machine's. Set both by NTP",
        otherwise="weak",
    )


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _now() -> datetime:
    return datetime.now(UTC)
