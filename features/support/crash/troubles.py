"""Databases that answer, and refuse: read-only, a right revoked, a schema that is not there."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy

from features.support import servers
from features.support.crash.judge import Judge, Verdict
from features.support.crash.killing import options
from features.support.crash.ledger import SECONDS, Ledger
from features.support.crash.nursery import Nursery
from features.support.recording import stored
from features.support.scratch import new_directory
from indelible.storage import migrate
from indelible.storage.revisions import HEAD

NOBODY = "nobody"
APPLICATION = "application"
"""The account of the server under which the application works, whose rights are taken away."""

_WHOM = {"postgresql": APPLICATION, "mariadb": f"'{APPLICATION}'@'localhost'"}


@dataclass(frozen=True)
class Trouble:
    """A database that refuses, and how that is mended.

    Attributes:
        url: The database, for the judge.
        theirs: The same, as the program under test reaches it.
        spoil: Makes it refuse.
        mend: Makes it take events again.
        first: Whether that happens before the program starts; otherwise it has recorded before.
        prepare: Whether the judge makes the tables, before that.
        program: Further options of the program.
        service: Further arguments of its service.
    """

    url: str
    theirs: str
    spoil: Callable[[], object]
    mend: Callable[[], object]
    first: bool = False
    prepare: bool = True
    program: dict[str, Any] | None = None
    service: dict[str, Any] | None = None


def survive(
    nursery: Nursery, directory: Path, trouble: Trouble, mode: str, expected: str
) -> tuple[Verdict, Ledger]:
    """Let a process record while the database refuses, mend that, and judge.

    Args:
        nursery: Where the process comes from.
        directory: For the judge's key.
        trouble: The database.
        mode: As for `killing.options`.
        expected: What the application must be told of the trouble; the mend waits for it.  Before
            that it may be told of something else, such as a connection that was ended.

    Returns:
        The verdict, and the ledger.
    """
    judge = Judge(trouble.url, directory, prepare=trouble.prepare)
    ledger = Ledger()
    spools = new_directory()
    spools.chmod(0o777)
    service = options(mode, spools / "spools") | {"busy_timeout": 1.0}
    service |= trouble.service or {}
    if trouble.first:
        trouble.spoil()
    child = nursery.start(
        "record on command", ledger, url=trouble.theirs, service=service,
        **trouble.program or {},
    )  # fmt: skip
    ledger.started()
    mended = False
    try:
        if not trouble.first:
            ledger.wait_for_acknowledged(50)
            trouble.spoil()
        _wait_for_error(child.say, ledger, expected)
        if mode == "spool":
            # Acknowledged meanwhile, and committed after the mend.
            ledger.wait_for_acknowledged(50)
        else:
            ledger.wait(lambda: _refused(ledger), "a call of record() is told of the trouble")
        trouble.mend()
        mended = True
        ledger.wait_for_acknowledged(50)
        child.say("stop")
        assert ledger.wait_for_note("closed") == "True", ledger.summary()
        assert child.wait() == 0
    except BaseException:
        with suppress(ProcessLookupError):
            child.kill()
        raise
    finally:
        if not mended:
            trouble.mend()
    ledger.finish()
    return judge.judge(ledger), ledger


def _refused(ledger: Ledger) -> bool:
    return any(account.refused or account.unknown for account in ledger.accounts.values())


def _wait_for_error(say: Callable[[str], None], ledger: Ledger, expected: str) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        ledger.notes["health"].clear()
        say("stats")
        ledger.wait(lambda: ledger.notes["health"], "the service tells its health")
        if expected in ledger.notes["last-error"][-1]:
            assert not ledger.notes["health"][-1].startswith("ok"), ledger.summary()
            return
        time.sleep(0.05)
    raise AssertionError(f"the service has not noticed {expected!r}: {ledger.summary()}")


def make(kind: str, trouble: str) -> Trouble:
    """Make a trouble on an empty database of a kind."""
    url = servers.new_database(kind)
    makers = {
        "is read-only": _read_only,
        "takes a right away": _revoked,
        "has no tables": _without_tables,
        "has tables of an older revision": _older_tables,
    }
    return makers[trouble](kind, url)


def _read_only(kind: str, url: str) -> Trouble:
    if kind == "sqlite":
        return _read_only_file(url)
    name = sqlalchemy.make_url(url).database
    server = servers.server(kind)
    theirs = _application(kind, url)
    if kind == "mariadb":
        return Trouble(
            url,
            theirs,
            lambda: server.execute("SET GLOBAL read_only = 1"),
            lambda: server.execute("SET GLOBAL read_only = 0"),
        )

    def switch(on: str) -> None:
        server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = {on}")
        # The setting is for new connections.
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{name}' AND pid <> pg_backend_pid()"
        )

    return Trouble(url, theirs, lambda: switch("on"), lambda: switch("off"))


def _read_only_file(url: str) -> Trouble:
    path = Path(str(sqlalchemy.make_url(url).database))
    account = pwd.getpwnam(NOBODY)
    root = os.geteuid() == 0

    def spoil() -> None:
        for entry in (path.parent, *path.parent.iterdir()):
            if root:
                os.chown(entry, account.pw_uid, account.pw_gid)
            entry.chmod(0o555 if entry.is_dir() else 0o444)

    def mend() -> None:
        for entry in (path.parent, *path.parent.iterdir()):
            entry.chmod(0o755 if entry.is_dir() else 0o644)

    program = {"user": account.pw_uid} if root else {}
    # Who has a file open for writing may go on writing to it, so it is read-only from the start.
    return Trouble(url, url, spoil, mend, first=True, program=program)


def _revoked(kind: str, url: str) -> Trouble:
    theirs = _application(kind, url)
    events = _table(kind, url, "audit_event")
    return Trouble(
        url,
        theirs,
        lambda: _execute(kind, url, f"REVOKE INSERT ON {events} FROM {_WHOM[kind]}"),
        lambda: _execute(kind, url, f"GRANT INSERT ON {events} TO {_WHOM[kind]}"),
    )


def _without_tables(kind: str, url: str) -> Trouble:
    return Trouble(
        url, url, lambda: None, lambda: migrate.upgrade(url),
        first=True, prepare=False, service={"create_tables": False},
    )  # fmt: skip


def _older_tables(kind: str, url: str) -> Trouble:
    def revision(number: str) -> None:
        stored.query(url, f"UPDATE audit_schema_version SET version_num = '{number}'")

    return Trouble(
        url, url, lambda: revision("0000"), lambda: revision(HEAD),
        # There is only one revision yet, so an older one has to be made up.
        first=True, program={"revisions": ["0000"]},
    )  # fmt: skip


def _application(kind: str, url: str) -> str:
    """Give an account that is not the server's master all rights, and return its URL."""
    migrate.upgrade(url)
    whom = _WHOM[kind]
    if kind == "postgresql":
        create = (
            f"DO $$ BEGIN CREATE ROLE {whom} LOGIN;"
            " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
    else:
        create = f"CREATE USER IF NOT EXISTS {whom}"
    _execute(kind, url, create)
    engine = sqlalchemy.create_engine(url)
    tables = sqlalchemy.inspect(engine).get_table_names()
    engine.dispose()
    # Table by table: MariaDB looks at rights on a whole database only when a connection begins.
    for table in tables:
        name = _table(kind, url, table)
        _execute(kind, url, f"GRANT SELECT, INSERT, UPDATE ON {name} TO {whom}")
    if kind == "postgresql":
        _execute(kind, url, f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {whom}")
    parsed = sqlalchemy.make_url(url).set(username=APPLICATION)
    return parsed.render_as_string(hide_password=False)


def _table(kind: str, url: str, table: str) -> str:
    return table if kind == "postgresql" else f"{sqlalchemy.make_url(url).database}.{table}"


def _execute(kind: str, url: str, statement: str) -> None:
    """Run a statement as the server's master, in the database where that matters."""
    if kind == "postgresql":
        stored.query(url, statement)
    else:
        servers.server(kind).execute(statement)
