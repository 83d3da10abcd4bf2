"""Databases that are set up badly, and what a service makes of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import sqlalchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import StaticPool

from features.support.events import roundtrip
from features.support.stores.schemas import execute
from indelible import AuditError, AuditService, EventConflictError
from indelible.storage import engines, migrate
from indelible.storage.backends import Backend, backend_class

MOMENT = datetime(2026, 7, 1, 23, 30, 0, 123456, tzinfo=UTC)


class Met:
    """What came of a service's first record on some database.

    Attributes:
        service: The service.
        engine: The engine that was given to it, or None.
        seen: The settings of the writer's connection at the last insert, by name.
        error: What record() raised, or None.
    """

    def __init__(self, context: Any, bind: str | Engine, **options: Any) -> None:
        self.engine = bind if isinstance(bind, Engine) else None
        self.url = bind if isinstance(bind, str) else bind.url.render_as_string(False)
        if self.engine is not None:
            context.add_cleanup(self.engine.dispose)
        self.service = AuditService(bind, **options)
        context.add_cleanup(self.service.close)
        self.seen: dict[str, str] = {}
        self.error: AuditError | None = None
        self.record()

    def record(self) -> None:
        try:
            with watched(self.seen):
                self.service.record("x.y", actor="user:1", occurred_at=MOMENT)
        except AuditError as error:
            self.error = error

    def settings(self, names: str) -> str:
        """Return the settings named like ``journal_mode=wal synchronous=2``, as they are."""
        wanted = [pair.partition("=")[0] for pair in names.split()]
        return " ".join(f"{name}={self.seen[name]}" for name in wanted)


QUERIES = {
    "sqlite": {name: f"PRAGMA {name}" for name in ("journal_mode", "synchronous")},
    "postgresql": {"synchronous_commit": "SHOW synchronous_commit"},
    "mysql": {"sql_mode": "SELECT @@sql_mode"},
    "mariadb": {"sql_mode": "SELECT @@sql_mode"},
}


def settings_of(connection: Connection) -> dict[str, str]:
    """Read the settings of a connection, by the driver and without a new transaction."""
    cursor: Any = connection.connection.cursor()
    found = {}
    for name, query in QUERIES[connection.dialect.name].items():
        cursor.execute(query)
        found[name] = str(cursor.fetchone()[0])
    cursor.close()
    return found


@contextmanager
def watched(seen: dict[str, str]) -> Iterator[None]:
    """Note the settings of the connection on which events are inserted, while they are."""
    classes = {backend_class("sqlite", "pysqlite"), backend_class("postgresql", "psycopg")}
    classes |= {backend_class("mariadb", "pymysql"), Backend}

    def watching(original: Callable[..., None]) -> Callable[..., None]:
        def insert_events(self: Any, connection: Connection, *arguments: Any) -> None:
            seen.update(settings_of(connection))
            original(self, connection, *arguments)

        return insert_events

    patches = [patch.object(c, "insert_events", watching(c.insert_events)) for c in classes]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in patches:
            each.stop()


# SQLite ------------------------------------------------------------------------------------------


def delete_mode_file(url: str) -> None:
    database = sqlite3.connect(path_of(url))
    database.execute("PRAGMA journal_mode = DELETE")
    database.execute("CREATE TABLE other (id INTEGER)")
    database.execute("INSERT INTO other VALUES (7)")
    database.commit()
    database.close()


def path_of(url: str) -> str:
    return url.removeprefix("sqlite:///")


def pragma_engine(url: str, pragmas: str, **options: Any) -> Engine:
    """Make an engine that sets pragmas on each connection, as many applications do."""
    engine = sqlalchemy.create_engine(url, **options)

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _: Any) -> None:
        for pragma in pragmas.split():
            connection.execute(f"PRAGMA {pragma}")

    return engine


def check_other_program(url: str, pragma: str) -> None:
    name, _, value = pragma.partition("=")
    database = sqlite3.connect(path_of(url))
    try:
        assert database.execute(f"PRAGMA {name}").fetchone()[0] == value
        assert database.execute("SELECT id FROM other").fetchall() == [(7,)]
        assert database.execute("SELECT COUNT(*) FROM audit_event").fetchone()[0] == 1
    finally:
        database.close()


class TrueCommit(sqlite3.Connection):
    """What Python 3.12 makes of ``sqlite3.connect(autocommit=True)``, as far as it shows."""

    autocommit = True


class FalseCommit(sqlite3.Connection):
    autocommit = False


def _stubborn(url: str) -> Engine:
    engine = sqlalchemy.create_engine(url)

    @event.listens_for(engine, "connect")
    def keep_off(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA synchronous = OFF")

        def ignore(action: int, name: str | None, value: str | None, *_: Any) -> int:
            about = action == sqlite3.SQLITE_PRAGMA and name == "synchronous" and value
            return sqlite3.SQLITE_IGNORE if about else sqlite3.SQLITE_OK

        connection.set_authorizer(ignore)

    return engine


def _explicit_begin(url: str) -> Engine:
    """Make an engine as SQLAlchemy's documentation of SQLite's transactions tells it."""
    engine = sqlalchemy.create_engine(url)

    @event.listens_for(engine, "connect")
    def manual(connection: Any, _: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _no_shared_memory(url: str) -> str:
    return f"sqlite:///file:{path_of(url)}?vfs=unix-none&uri=true"


# PostgreSQL --------------------------------------------------------------------------------------


def _psql_options(options: str) -> Callable[[str], Engine]:
    settings = " ".join(f"-c {option}" for option in options.split())
    return lambda url: sqlalchemy.create_engine(url, connect_args={"options": settings})


def _isolation(level: str) -> Callable[[str], Engine]:
    def make(url: str) -> Engine:
        return sqlalchemy.create_engine(url, isolation_level=level)

    return make


def _own_commit(url: str) -> Engine:
    return sqlalchemy.create_engine(url, connect_args={"autocommit": True})


def database_with(url: str, setting: str) -> str:
    """Set a default of a PostgreSQL database, for all sessions to come."""
    name = sqlalchemy.make_url(url).database
    execute(url, f"ALTER DATABASE {name} SET {setting}")
    return url


# MariaDB -----------------------------------------------------------------------------------------


def _with_charset(url: str, name: str) -> str:
    return url.replace("charset=utf8mb4", f"charset={name}")


def _charset(name: str) -> Callable[[str], Engine]:
    return lambda url: sqlalchemy.create_engine(_with_charset(url, name))


def _altered(*statements: str) -> Callable[[str], str]:
    def make(url: str) -> str:
        migrate.upgrade(url)
        execute(url, *statements)
        return url

    return make


def mode_engine(url: str, modes: str) -> Engine:
    return sqlalchemy.create_engine(url, connect_args={"init_command": f"SET sql_mode='{modes}'"})


MAKERS: dict[str, Callable[[str], str | Engine]] = {
    "a new SQLite file": str,
    "that file": str,
    "a file system that has no shared memory": _no_shared_memory,
    "a pool with a memory database per connection": lambda _: sqlalchemy.create_engine("sqlite://"),
    "a URL with a memory database per connection": lambda _: "sqlite:///file::memory:?uri=true",
    "a connection that keeps synchronous=OFF": _stubborn,
    "SQLite connections with autocommit=True": lambda url: sqlalchemy.create_engine(
        url, connect_args={"factory": TrueCommit}
    ),
    "SQLite connections with autocommit=False": lambda url: sqlalchemy.create_engine(
        url, connect_args={"factory": FalseCommit}
    ),
    "the URL of a memory database": lambda _: "sqlite://",
    "a StaticPool with a memory database": lambda _: sqlalchemy.create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    ),
    "an SQLite engine in autocommit mode": _isolation("AUTOCOMMIT"),
    "an SQLite engine that begins explicitly": _explicit_begin,
    "a database with synchronous_commit off": lambda url: database_with(
        url, "synchronous_commit = off"
    ),
    "an engine with client_encoding=latin1": _psql_options("client_encoding=latin1"),
    "an engine in AUTOCOMMIT": _isolation("AUTOCOMMIT"),
    "connections that commit by themselves": _own_commit,
    "an engine in REPEATABLE READ": _isolation("REPEATABLE READ"),
    "an engine in SERIALIZABLE": _isolation("SERIALIZABLE"),
    "sessions in the time zone of Tokyo": _psql_options("TimeZone=Asia/Tokyo"),
    "sessions that show dates the German way": _psql_options("DateStyle=German"),
    "sessions with escaped strings": _psql_options("standard_conforming_strings=off"),
    "connections in latin1": _charset("latin1"),
    "connections in utf8mb3": _charset("utf8mb3"),
    "a URL with charset=latin1": lambda url: _with_charset(url, "latin1"),
    "a database whose clients speak LATIN1": lambda url: database_with(
        url, "client_encoding = 'LATIN1'"
    ),
    "an event table with a case-insensitive collation": _altered(
        "ALTER TABLE audit_event CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
    ),
    "a log table with a case-insensitive collation": _altered(
        "ALTER TABLE audit_log CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
    ),
    "an event table with a padding collation": _altered(
        "ALTER TABLE audit_event CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    ),
    "an event table in latin1": _altered(
        "ALTER TABLE audit_event CONVERT TO CHARACTER SET latin1 COLLATE latin1_bin"
    ),
    "an actor column with a case-insensitive collation": _altered(
        "ALTER TABLE audit_event MODIFY actor VARCHAR(512) COLLATE utf8mb4_general_ci"
    ),
    "an event table on MyISAM": _altered(
        "ALTER TABLE audit_event DROP INDEX audit_event_actor_idx,"
        " DROP INDEX audit_event_target_idx, DROP INDEX audit_event_action_idx,"
        " DROP INDEX audit_event_tenant_idx, DROP INDEX audit_event_request_id_idx,"
        " DROP INDEX audit_event_trace_id_idx",
        "ALTER TABLE audit_event ENGINE=MyISAM",
    ),
    "a log table on Aria": _altered("ALTER TABLE audit_log ENGINE=Aria"),
    "times without microseconds": _altered("ALTER TABLE audit_event MODIFY occurred_at DATETIME"),
    "times with milliseconds": _altered("ALTER TABLE audit_event MODIFY recorded_at DATETIME(3)"),
}
"""Binds for a service, made from the URL of an empty database."""


def new_postgresql(server: Any, encoding: str) -> str:
    return str(server.new_database(f"ENCODING '{encoding}' TEMPLATE template0 LOCALE 'C'"))


def check_refused(met: Met, kind: type[AuditError], says: str) -> None:
    assert met.error is not None, f"it was accepted with {met.seen}"
    assert type(met.error) is kind, f"{type(met.error).__name__}: {met.error}"
    for part in says.split(" … "):
        assert part in str(met.error), met.error


def check_empty(met: Met) -> None:
    """No event is in the database, whether or not the tables are."""
    if "memory" in met.url or met.url == "sqlite://":
        return
    # A database in SQL_ASCII leaves it to its clients.
    options = {"client_encoding": "utf8"} if met.url.startswith("postgresql") else {}
    engine = sqlalchemy.create_engine(met.url, connect_args=options)
    try:
        if "audit_event" in sqlalchemy.inspect(engine).get_table_names():
            with engine.connect() as connection:
                found = connection.exec_driver_sql("SELECT COUNT(*) FROM audit_event").scalar()
            assert found == 0, found
    finally:
        engine.dispose()


def check_usable(met: Met) -> None:
    assert met.error is None, f"{type(met.error).__name__}: {met.error}"
    service = met.service
    event_id = service.record("x.y", actor="user:2", details={"a": "\\ ' \" \0 é 😀"}).event_id
    read = service.get(event_id)
    assert read is not None
    assert read.details == {"a": "\\ ' \" \0 é 😀"}
    for _ in range(12):
        service.record("x.y", actor="user:3")
    (first,) = service.query(actor="user:1", since=MOMENT).items
    assert first.occurred_at == MOMENT
    assert service.count(actor="user:1", until=MOMENT) == 0
    assert service.count() == 14


def check_every_byte(met: Met, number: int) -> None:
    """Hashes hold any byte after a while, and so do bodies hold any character."""
    assert met.error is None, f"{type(met.error).__name__}: {met.error}"
    details = {"text": "".join(map(chr, range(0x180))) + "\\'\"%_", "n": 0}
    for number_ in range(number):
        met.service.record("a\\b", actor="user:'\\\"", details=details | {"n": number_})
    hashes = b"".join(e.place.leaf_hash for e in met.service.query(limit=number).items if e.place)
    assert {0x27, 0x5C, 0x22} <= set(hashes), "the hashes have no quote and no backslash"
    engine = sqlalchemy.create_engine(met.url)
    try:
        assert roundtrip.check_stored(engine) == number + 1
    finally:
        engine.dispose()
    assert met.service.count(action="a\\b", actor="user:'\\\"") == number


def check_engine_alive(met: Met) -> None:
    engine = met.engine
    assert engine is not None
    assert met.service.close()
    pool: Any = engine.pool
    assert pool.checkedout() == 0, pool.status()
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM audit_event").scalar() == 1


def check_ownership(context: Any, url: str) -> None:
    """A given engine keeps its pool, its connections and its settings; an own one is disposed."""
    engine = sqlalchemy.create_engine(url, pool_size=2, max_overflow=0, pool_timeout=5)
    disposed: list[Engine] = []
    event.listen(engine, "engine_disposed", disposed.append)
    pool = engine.pool
    met = Met(context, engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        # A connection of the pool's two is the application's, and the service gets by.
        met.record()
        assert met.service.count() == 2
    check_usable_again = engine.connect()
    check_usable_again.close()
    assert met.service.close()
    assert engine.pool is pool
    assert not disposed
    assert getattr(pool, "checkedout", lambda: 0)() == 0
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM audit_event").scalar() == 2

    made: list[Engine] = []
    original = sqlalchemy.create_engine

    def creating(*arguments: Any, **options: Any) -> Engine:
        made.append(original(*arguments, **options))
        event.listen(made[-1], "engine_disposed", disposed.append)
        return made[-1]

    with patch.object(sqlalchemy, "create_engine", creating):
        own = Met(context, url)
    assert len(made) == 1
    assert own.service.close()
    assert disposed == made


# Every database ----------------------------------------------------------------------------------

ALIKE = (
    "user:42", "user:42 ", "User:42", "user:4\u00b2", "us\u00e9r:42", "use\u0301r:42",
    "user:\u00df", "user:ss", "user:42\u200b", "user:42\t", "user:%", "user:__",
    "user:\\", "user:'", "user:42\0",
)  # fmt: skip
"""Names that some collation or other takes for one another, or for a pattern."""


def record_alike(service: AuditService) -> None:
    for name in ALIKE:
        service.record(name, actor=name, target=name, tenant=name, details={"name": name})


def check_alike(service: AuditService) -> None:
    for name in ALIKE:
        for argument in ("action", "actor", "target", "tenant"):
            filters: dict[str, Any] = {argument: name}
            found = [event.details["name"] for event in service.query(**filters).items]
            assert found == [name], f"{argument}={name!r} finds {found!r}"
            assert service.count(**filters) == 1


def use_plain_backend(context: Any) -> None:
    """Take away what the library knows about drivers, until the scenario ends."""
    plain = patch.object(engines, "backend_class", lambda dialect, driver: Backend)
    plain.start()
    context.add_cleanup(plain.stop)


def check_plain_backend(service: AuditService) -> None:
    backend = service._backend
    assert type(backend) is Backend, backend
    first = service.record("x.y", actor="user:1")
    place = first.wait(10)
    again = service.record("x.y", actor="user:1", event_id=first.event_id)
    assert again.wait(10) == place
    before = service.count()
    try:
        service.record("x.z", actor="user:1", event_id=first.event_id)
    except EventConflictError:
        pass
    else:
        raise AssertionError("another event with the same id was accepted")
    assert service.count() == before
