"""What the scenarios of storage.harden.feature do and ask."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy
from alembic.ddl.sqlite import SQLiteImpl
from sqlalchemy import make_url
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from features.support.sealing.logs import ORIGIN, TABLES, Dump, SignedLog
from indelible import AuditService
from indelible.errors import ConfigurationError, SchemaError, UnsafeSettingError
from indelible.merkle import generate_key, root_hash
from indelible.sealing import MemoryState, Sealer
from indelible.storage import doctor, harden, migrate
from indelible.storage.attempts import REFUSAL
from indelible.storage.engines import make_engine
from indelible.storage.grants import grants
from indelible.storage.schema import Tables

HASH = "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
COMMON = (
    "UPDATE audit_event SET action = 'x' WHERE seq = 1",
    "UPDATE audit_event SET body = NULL WHERE seq = 1",
    "UPDATE audit_tile SET level = 7",
    "UPDATE audit_checkpoint SET note = 'x'",
    "DELETE FROM audit_event WHERE seq = 299",
    "DELETE FROM audit_tile",
    "DELETE FROM audit_checkpoint",
    "DELETE FROM audit_log",
    "DELETE FROM audit_event",
)
SPECIAL = {
    "sqlite": (
        f"REPLACE INTO audit_event (log_id, seq, leaf_hash) VALUES (1, 0, '{HASH}')",
        f"REPLACE INTO audit_event (rowid, log_id, seq, leaf_hash) VALUES (1, 7, 7, '{HASH}')",
        (
            "REPLACE INTO audit_event (log_id, seq, leaf_hash, event_id)"
            f" SELECT 7, 7, '{HASH}', event_id FROM audit_event LIMIT 1"
        ),
        (
            f"INSERT INTO audit_event (log_id, seq, leaf_hash) VALUES (1, 0, '{HASH}')"
            " ON CONFLICT DO UPDATE SET action = 'x'"
        ),
        (
            f"REPLACE INTO audit_tile (log_id, level, tile_index, hashes, root)"
            f" VALUES (1, 0, 0, 'x', '{HASH}')"
        ),
    ),
    "postgresql": (
        (
            f"INSERT INTO audit_event (log_id, seq, leaf_hash) VALUES (1, 0, '{HASH}')"
            " ON CONFLICT (log_id, seq) DO UPDATE SET action = 'x'"
        ),
        "TRUNCATE audit_event",
        "TRUNCATE audit_tile, audit_checkpoint",
        "TRUNCATE audit_log",
    ),
    "mariadb": (
        f"REPLACE INTO audit_event (log_id, seq, leaf_hash) VALUES (1, 0, '{HASH}')",
        (
            f"INSERT INTO audit_event (log_id, seq, leaf_hash) VALUES (1, 0, '{HASH}')"
            " ON DUPLICATE KEY UPDATE action = 'x'"
        ),
        # No trigger can refuse TRUNCATE here, so it is not among these.
    ),
}


class HardenedLog:
    """A log of one scenario, the account that owns it, and perhaps another one that writes it."""

    def __init__(self, context: Any, number: int, **names: Any) -> None:
        self.context = context
        self.names = names
        self.log = SignedLog(context)
        self.engine = self.log.engine
        self.kind = self.engine.dialect.name
        if names:
            with self.engine.begin() as connection:
                connection.exec_driver_sql(f"CREATE SCHEMA {names['schema']}")
            migrate.upgrade(self.engine, **names)
        elif number:
            self.log.append(number)
        self.account: sqlalchemy.engine.URL | None = None
        self.before: Dump = {}

    def harden(self) -> None:
        made = harden.harden(self.log.url, **self.names)
        assert made
        self.before = self.log.dump()

    def unharden(self) -> None:
        assert harden.unharden(self.log.url, **self.names)

    def state(self) -> str:
        with self.engine.connect() as connection:
            tables = Tables(self.names.get("table_prefix", "audit_"), self.names.get("schema"))
            return harden.hardening(connection, tables).state

    def statements(self) -> tuple[str, ...]:
        return (*SPECIAL[self.kind], *COMMON)

    def refuses(self, statement: str) -> None:
        with self.engine.connect() as connection:
            try:
                for part in statement.split("; "):
                    connection.exec_driver_sql(part)
            except DBAPIError as error:
                assert REFUSAL in str(error), error
            else:
                raise AssertionError(f"not refused: {statement}")

    def allows(self, statement: str) -> None:
        with self.engine.connect() as connection:
            connection.exec_driver_sql(statement)
            connection.rollback()

    def is_what_it_was(self) -> None:
        assert self.log.dump() == self.before

    def record_twice(self) -> None:
        with AuditService(self.engine, log=ORIGIN) as service:
            (event,) = service.query(limit=1).items
            receipt = service.record("invoice.update", actor="user:42", event_id=event.event_id)
            assert receipt.wait() == event.place

    def is_whole(self, number: int) -> None:
        leaves = self.log.leaves()
        assert len(leaves) == number
        sealed = self.log.seal()
        assert sealed is not None, self.log.refusal
        assert sealed.root == root_hash(leaves)

    def drop_one(self) -> None:
        with self.engine.connect() as connection:
            statements = harden.sql(self.log.url, off=True)
            connection.exec_driver_sql(statements[0])
            connection.commit()

    def ensure(self) -> None:
        with self.engine.connect() as connection:
            harden.ensure_hardened(connection, TABLES)

    # Another account

    def make_account(self, *, more: str = "", less: str = "") -> None:
        name = f"writer{self.engine.url.database}".replace("-", "_")[:30]
        role = name
        statements = [f"CREATE ROLE {name} LOGIN"]
        if self.kind == "mariadb":
            role = f"{name}@localhost"
            statements = [f"CREATE USER '{name}'@'localhost'"]
        statements += [line.rstrip(";") for line in grants(self.log.url, role)]
        if more:
            statements.append(f"{more} TO {name}")
        if less:
            statements.append(f"{less} FROM {name}")
        with self.engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
            connection.commit()
        self.account = make_url(self.log.url).set(username=name, password=None)
        self.context.add_cleanup(self._drop_account, role)

    def _drop_account(self, role: str) -> None:
        with self.engine.connect() as connection:
            if self.kind == "postgresql":
                connection.exec_driver_sql(f"DROP OWNED BY {role}")
                connection.exec_driver_sql(f"DROP ROLE {role}")
            else:
                user, _, host = role.partition("@")
                connection.exec_driver_sql(f"DROP USER '{user}'@'{host}'")
            connection.commit()

    def account_engine(self) -> sqlalchemy.Engine:
        assert self.account is not None
        engine = sqlalchemy.create_engine(self.account)
        self.context.add_cleanup(engine.dispose)
        return engine

    def account_works(self) -> None:
        engine = self.account_engine()
        with AuditService(engine, log="another-log", create_tables=False) as service:
            before = service.count()
            service.record("a", actor="user:1")
            assert service.count() == before + 1
        sealer = Sealer(
            partial(Session, engine), TABLES, "another-log", generate_key("k"), MemoryState()
        )
        assert sealer.seal().fresh

    def account_is_kept_out(self) -> None:
        engine = self.account_engine()
        statements = [
            *COMMON,
            "TRUNCATE TABLE audit_event",
            "DROP TABLE audit_event",
            "UPDATE audit_log SET origin = 'x'",
            "ALTER TABLE audit_event DROP COLUMN body",
        ]
        if self.kind == "mariadb":
            statements += SPECIAL["mariadb"]
        for statement in statements:
            with engine.connect() as connection:
                try:
                    connection.exec_driver_sql(statement)
                except DBAPIError as error:
                    words = str(error.orig)
                    assert "denied" in words or "must be owner" in words, words
                else:
                    raise AssertionError(f"allowed: {statement}")

    def account_ensures(self) -> str:
        with self.account_engine().connect() as connection:
            try:
                harden.ensure_hardened(connection, TABLES)
            except UnsafeSettingError as error:
                return str(error)
        return ""

    def account_is_healthy(self) -> None:
        found = doctor.diagnose(self.account_engine())
        assert found.healthy, found
        for finding in found.findings:
            if finding.check.split()[0] in {"update", "delete", "truncate", "account"}:
                assert finding.verdict == "good", finding
        assert not any("change" in power.split(",")[0] for power in found.powers), found.powers

    # The doctor

    def diagnose(self, clock: Callable[[], datetime] | None = None) -> doctor.Diagnosis:
        self.before = self.before or self.log.dump()
        return doctor.diagnose(self.log.url, clock=clock)

    def diagnose_as(self, what: str) -> doctor.Diagnosis:
        """Let a doctor look who is hampered by the way in which he connects."""
        path = make_url(self.log.url).database
        engines = {
            "waits for 0.2 seconds": lambda: sqlalchemy.create_engine(
                self.log.url, connect_args={"timeout": 0.2}
            ),
            "may only read": lambda: sqlalchemy.create_engine(
                f"sqlite:///file:{path}?mode=ro&uri=true"
            ),
        }
        engine = engines[what]()
        try:
            return doctor.diagnose(engine)
        finally:
            engine.dispose()

    def occupy(self) -> None:
        """Keep a transaction open that has locked what a doctor wants to try."""
        connection = self.engine.connect()
        self.context.add_cleanup(connection.close)
        lock = "BEGIN IMMEDIATE" if self.kind == "sqlite" else "SELECT 1 FROM audit_event"
        connection.exec_driver_sql(lock)

    def hollow(self) -> None:
        self.log.run("DROP TRIGGER audit_event_no_update")
        self.log.run(
            "CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event BEGIN SELECT 1; END"
        )


def verdict(found: doctor.Diagnosis, check: str) -> str:
    verdicts = [item.verdict for item in found.findings if item.check == check]
    return verdicts[0] if verdicts else "left out"


def reason(found: doctor.Diagnosis, check: str) -> tuple[str, str]:
    """The verdict on one thing, and why."""
    ((judged, message),) = [
        (item.verdict, item.message) for item in found.findings if item.check == check
    ]
    return judged, message


def diagnose_memory() -> doctor.Diagnosis:
    engine = make_engine("sqlite://", busy_timeout=1)
    try:
        migrate.upgrade(engine)
        return doctor.diagnose(engine)
    finally:
        engine.dispose()


class StrangeDialect(SQLiteDialect_pysqlite):
    """A kind of database that SQLAlchemy can use and the library was not made for."""

    name = "strange"
    supports_statement_cache = True


class StrangeImpl(SQLiteImpl):
    """How Alembic makes tables in it; Alembic finds this class by its mere definition."""

    __dialect__ = "strange"


registry.register("strange", __name__, StrangeDialect.__name__)


def strange_log(directory: Path) -> str:
    """Make a log in such a database, which takes nothing but plain tables; returns its URL."""
    url = f"strange:///{directory}/strange.db"
    migrate.upgrade(url)
    assert migrate.check(url).state == "current"
    return url


def strange_refusal(url: str, what: str) -> str:
    deeds: dict[str, Callable[[], object]] = {
        "harden": lambda: harden.harden(url),
        "take the hardening away": lambda: harden.unharden(url),
        "print the statements": lambda: harden.sql(url),
        "print the rights": lambda: grants(url),
        "diagnose": lambda: doctor.diagnose(url),
    }
    try:
        deeds[what]()
    except ConfigurationError as error:
        return str(error)
    raise AssertionError(f"{what} was done")


def slow_clock() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


def statements(what: str, dialect: str) -> str:
    return "\n".join(harden.sql(f"{dialect}://", off=what == "unharden"))


def role_is_refused(role: str) -> None:
    for url in ("postgresql://h/d", "mariadb://h/d"):
        try:
            grants(url, role)
        except ConfigurationError as error:
            assert error.argument == "role"
        else:
            raise AssertionError(f"{role} is accepted")


def refused_without_tables(url: str) -> str:
    try:
        harden.harden(url)
    except SchemaError as error:
        return str(error)
    raise AssertionError("it is hardened")
