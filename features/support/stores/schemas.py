"""Schemas of all states, and what becomes of them."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, make_url

from features.support import processes
from features.support.recording.threads import Running, values
from indelible import AuditService, ConfigurationError, SchemaError
from indelible.storage import migrate, revisions
from indelible.storage.engines import checked_url
from indelible.storage.schema import SPARSE_COLUMNS, Tables

LONGEST_PREFIX: Final = "p" * 32


@contextmanager
def service(url: str | Engine, **options: Any) -> Iterator[AuditService]:
    with AuditService(url, **options) as made:
        yield made


@contextmanager
def engine(url: str) -> Iterator[Engine]:
    made = sqlalchemy.create_engine(url)
    try:
        yield made
    finally:
        made.dispose()


def execute(url: str, *statements: str) -> None:
    with engine(url) as made, made.begin() as connection:
        for statement in statements:
            connection.execute(sqlalchemy.text(statement))


def tables_in(url: str, schema: str | None = None) -> list[str]:
    with engine(url) as made:
        return sorted(inspect(made).get_table_names(schema=schema))


def expected_tables(prefix: str = "audit_") -> list[str]:
    tables = Tables(prefix)
    return sorted([*(table.name for table in tables.metadata.sorted_tables), tables.version_table])


def check_first_use(urls: Iterator[str]) -> None:
    """Each way of using a service first makes all tables, and each finds those of another."""
    first, second, third = next(urls), next(urls), next(urls)
    with service(first) as made:
        assert tables_in(first) == []
        assert made.record("x.y", actor="user:1").wait(30).seq == 0
    with service(second) as made:
        assert made.query().items == ()
    assert migrate.upgrade(third) == revisions.HEAD
    for url in (first, second, third):
        assert tables_in(url) == expected_tables()
        assert migrate.check(url).state == "current"
        with service(url, create_tables=False) as made:
            assert made.count() == (1 if url == first else 0)


RACER: Final = """
import sys
from indelible import AuditService
url, own, number = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
with AuditService(url, timeout=60) as audit:
    for event in range(int(number)):
        audit.record("x.y", actor=f"process:{own}", details={"number": event})
"""


def race_processes(url: str, processes_: int, events: int) -> None:
    """Start processes, let all of them begin at once, and wait for them."""
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, url, str(own), str(events)],
            cwd=processes.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for own in range(processes_)
    ]
    try:
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("go\n")
            racer.stdin.flush()
        for racer in racers:
            output, _ = racer.communicate(timeout=120)
            assert racer.returncode == 0, output
    finally:
        for racer in racers:
            if racer.poll() is None:
                racer.kill()
                racer.communicate()


def race_services(url: str, number: int, events: int) -> None:
    """Let services of one process be first at once, each with an engine of its own."""
    barrier = threading.Barrier(number)
    problems: list[BaseException] = []

    def run(own: int) -> None:
        try:
            with service(url, timeout=60) as made:
                barrier.wait(30)
                for event in range(events):
                    made.record("x.y", actor=f"thread:{own}", details={"number": event})
        except BaseException as error:  # noqa: BLE001 - the main thread raises it
            problems.append(error)

    threads = [threading.Thread(target=run, args=(own,)) for own in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    if problems:
        raise problems[0]


def check_current(url: str, events: int) -> None:
    assert migrate.check(url).state == "current"
    assert tables_in(url) == expected_tables()
    with service(url) as made:
        items = made.query(limit=1000).items
    places = sorted(event.place.seq for event in items if event.place is not None)[::-1]
    assert places == list(range(events))[::-1], places
    own = sorted((str(event.actor), event.details["number"]) for event in items)
    assert len(set(own)) == events, "an event came twice"


# States ------------------------------------------------------------------------------------------


def _absent(url: str) -> None:
    del url


def _older(url: str) -> None:
    migrate.upgrade(url)
    execute(url, "UPDATE audit_schema_version SET version_num = '0000'")


def _newer(url: str) -> None:
    migrate.upgrade(url)
    execute(url, "UPDATE audit_schema_version SET version_num = '9999'")


def _foreign_table(url: str) -> None:
    execute(url, "CREATE TABLE audit_event (id INTEGER)", "INSERT INTO audit_event VALUES (7)")


def _foreign_version(url: str) -> None:
    execute(url, "CREATE TABLE audit_schema_version (number INTEGER)")


def _unversioned(url: str) -> None:
    migrate.upgrade(url)
    execute(url, "DROP TABLE audit_schema_version")


def _without_tile(url: str) -> None:
    migrate.upgrade(url)
    execute(url, "DROP TABLE audit_tile")


def _without_all(url: str) -> None:
    migrate.upgrade(url)
    names = [name for name in expected_tables() if name != "audit_schema_version"]
    execute(url, *(f"DROP TABLE {name}" for name in names))


def _foreign_view(url: str) -> None:
    execute(url, "CREATE VIEW audit_log AS SELECT 1 AS x")


STATES: Final = {
    "absent, and may not be created": _absent,
    "of an older revision": _older,
    "of a newer revision": _newer,
    "somebody else's table": _foreign_table,
    "somebody else's version table": _foreign_version,
    "somebody else's view": _foreign_view,
    "without its revision": _unversioned,
    "without one of its tables": _without_tile,
    "without any of its tables": _without_all,
}


def _with_tables(url: str) -> dict[str, list[tuple[Any, ...]]]:
    with engine(url) as made, made.connect() as connection:
        return {
            name: [
                tuple(row) for row in connection.execute(sqlalchemy.text(f"SELECT * FROM {name}"))
            ]
            for name in sorted(inspect(connection).get_table_names())
        }


def state_problem(url: str, schema: str, state: str, says: str) -> str:
    """Return what is wrong with how a schema is judged and refused, or ""."""
    STATES[schema](url)
    before = _with_tables(url)
    # There is only one revision yet, so an older one has to be made up.
    known = ("0000", *revisions.REVISIONS)
    with patch.object(migrate, "REVISIONS", known):
        found = migrate.check(url)
        if (found.state, found.head) != (state, revisions.HEAD) or says not in found.message:
            return f"{schema}: check() says {found}"
        if found.revision != {"older": "0000", "newer": "9999"}.get(state, found.revision):
            return f"{schema}: check() says {found}"
        uses = [_record, _count, _get, *([_upgrade] if state in {"newer", "foreign"} else [])]
        for use in uses:
            try:
                use(url, schema)
            except SchemaError as error:
                if says not in str(error):
                    return f"{schema}: {error}"
            except Exception as error:  # noqa: BLE001 - told below
                return f"{schema}: {use.__name__} raised {error!r}"
            else:
                return f"{schema}: {use.__name__} did it"
    return "" if _with_tables(url) == before else f"{schema}: the tables have changed"


def _options(schema: str) -> dict[str, Any]:
    return {"create_tables": False} if "may not be created" in schema else {}


def _record(url: str, schema: str) -> None:
    with service(url, **_options(schema)) as made:
        made.record("x.y", actor="user:1")


def _count(url: str, schema: str) -> None:
    with service(url, **_options(schema)) as made:
        made.count()


def _get(url: str, schema: str) -> None:
    with service(url, audit_async=True, **_options(schema)) as made:
        made.get("00000000-0000-0000-0000-000000000000")


def _upgrade(url: str, _: str) -> None:
    migrate.upgrade(url)


def way_back_refusal(url: str) -> str:
    """What Alembic's own command says that goes back to no tables at all."""
    config = Config()
    config.set_main_option("script_location", "indelible.storage:migrations")
    with engine(url) as made, made.connect() as connection:
        config.attributes.update(connection=connection, tables=Tables())
        try:
            command.downgrade(config, "base")
        except RuntimeError as error:
            return str(error)
    raise AssertionError("the tables are gone")


def locked_refusal(url: str, seconds: int) -> str:
    """What an upgrade says that waits for so long for somebody else's."""
    lock = sqlalchemy.text("SELECT GET_LOCK('indelible::audit_', 5)")
    with engine(url) as made, made.connect() as connection:
        assert connection.execute(lock).scalar() == 1
        with patch.object(migrate, "_LOCK_SECONDS", seconds):
            try:
                migrate.upgrade(url)
            except SchemaError as error:
                assert tables_in(url) == []
                return str(error)
    raise AssertionError("it did not wait")


def check_half_made(url: str) -> None:
    """Use tables that another process, which holds the lock, has made all but the last row of."""
    migrate.upgrade(url)
    lock = sqlalchemy.text("SELECT GET_LOCK('indelible::audit_', 5)")

    def count() -> int:
        with service(url, create_tables=False) as made:
            return made.count()

    with engine(url) as made, made.connect() as connection:
        assert connection.execute(lock).scalar() == 1
        connection.execute(sqlalchemy.text("DELETE FROM audit_schema_version"))
        connection.commit()
        running = Running([count, lambda: migrate.check(url).state])
        time.sleep(0.5)
        assert not any(outcome.value or outcome.error for outcome in running.outcomes)
        connection.execute(
            sqlalchemy.text("INSERT INTO audit_schema_version VALUES (:head)"),
            {"head": revisions.HEAD},
        )
        connection.commit()
    assert values(running.join()) == [0, "current"]


def record_inside(url: str, other: AuditService) -> list[str]:
    """Let a handler of Alembic's messages record into another log; returns its refusals."""
    refusals: list[str] = []

    class Recording(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            try:
                other.record("log.message", actor="logger:alembic")
            except SchemaError as error:
                refusals.append(str(error))

    logger, handler = logging.getLogger("alembic"), Recording()
    before = logger.level, logger.propagate
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    try:
        migrate.upgrade(url)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]
    return refusals


# Differences -------------------------------------------------------------------------------------


def check_no_difference(url: str, prefix: str = "audit_", schema: str | None = None) -> None:
    """Compare a migrated database with the tables of the code, as Alembic's own check does."""
    tables = Tables(prefix, schema)

    def ours(thing: Any, name: str | None, kind: str, *_: Any) -> bool:
        if kind != "table":
            return True
        return (name or "").startswith(prefix) and thing.schema == schema

    with engine(url) as made, made.connect() as connection:
        options = {
            "compare_type": True,
            "compare_server_default": True,
            "include_schemas": schema is not None,
            "include_object": ours,
            "version_table": tables.version_table,
            "version_table_schema": schema,
        }
        context = MigrationContext.configure(connection, opts=options)
        differences = [
            difference
            for difference in compare_metadata(context, tables.metadata)
            if tables.version_table not in str(difference)
        ]
        assert not differences, differences
        assert [table.name for table in tables.metadata.sorted_tables] != []


def check_partial_indexes(url: str) -> None:
    """The indexes of columns that may be empty leave the empty rows out, where that is possible."""
    with engine(url) as made:
        dialect = made.dialect.name
        indexes = {index["name"]: index for index in inspect(made).get_indexes("audit_event")}
    names = ("action", "actor", "target", "tenant", "request_id", "trace_id", "occurred_at")
    assert {f"audit_event_{name}_idx" for name in names} <= indexes.keys()
    for name in names:
        options: Any = indexes[f"audit_event_{name}_idx"].get("dialect_options", {})
        condition = str(options.get(f"{dialect}_where", ""))
        partial = name in SPARSE_COLUMNS and dialect in {"sqlite", "postgresql"}
        assert bool(condition) == partial, f"{name}: {condition!r}"
        if partial:
            assert f"{name} IS NOT NULL" in condition, condition


def check_revisions() -> None:
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "indelible.storage:migrations")
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())[::-1]
    assert tuple(script.revision for script in scripts) == revisions.REVISIONS
    assert scripts[-1].revision == revisions.HEAD
    parents = [script.down_revision for script in scripts]
    assert parents == [None, *revisions.REVISIONS[:-1]]


def check_upgrade(url: str) -> None:
    execute(url, "CREATE TABLE neighbour (id INTEGER)", "INSERT INTO neighbour VALUES (7)")
    assert migrate.upgrade(url) == "0001"
    with service(url) as made:
        made.record("x.y", actor="user:1")
    assert migrate.upgrade(make_url(url)) == "0001"
    with engine(url) as made_engine:
        assert migrate.upgrade(made_engine) == "0001"
        assert migrate.check(made_engine).state == "current"
        pool: Any = made_engine.pool
        assert pool.checkedout() == 0
        with made_engine.connect() as connection:
            rows = connection.execute(sqlalchemy.text("SELECT id FROM neighbour")).all()
        assert [tuple(row) for row in rows] == [(7,)]
    with service(url) as made:
        assert made.count() == 1
    assert tables_in(url) == sorted([*expected_tables(), "neighbour"])


# Statements --------------------------------------------------------------------------------------


def run_printed(url: str, **options: Any) -> None:
    """Run what `migrate.sql` prints, as somebody with a database's own client would."""
    script = migrate.sql(url, **options)
    parsed = checked_url(url)
    if parsed.get_backend_name() == "sqlite":
        database = sqlite3.connect(str(parsed.database))
        try:
            database.executescript(script)
        finally:
            database.close()
        return
    # COMMIT and the like are part of the script, so nothing may come in between.
    autocommit = sqlalchemy.create_engine(parsed, isolation_level="AUTOCOMMIT")
    try:
        with autocommit.connect() as connection:
            for statement in script.split(";\n"):
                if statement.strip():
                    connection.exec_driver_sql(statement.replace("%", "%%"))
    finally:
        autocommit.dispose()


def check_statements(url: str, part: str, without: str) -> None:
    script = migrate.sql(url)
    assert part in script, script
    assert without not in script
    assert "INSERT INTO audit_schema_version (version_num) VALUES ('0001')" in script
    prefixed = migrate.sql(url, table_prefix="billing_")
    assert "audit_" not in prefixed
    assert "billing_event" in prefixed


# Names -------------------------------------------------------------------------------------------


def check_prefixes(url: str, prefixes: list[str]) -> None:
    """Logs under different prefixes know nothing of each other."""
    for number, prefix in enumerate(prefixes, 1):
        with service(url, table_prefix=prefix) as made:
            for _ in range(number):
                made.record("x.y", actor=f"user:{number}")
    everything = sorted(name for prefix in prefixes for name in expected_tables(prefix))
    assert tables_in(url) == everything
    for number, prefix in enumerate(prefixes, 1):
        assert migrate.check(url, table_prefix=prefix).state == "current"
        check_no_difference(url, prefix) if prefix else None
        with service(url, table_prefix=prefix, create_tables=False) as made:
            items = made.query().items
        assert {str(event.actor) for event in items} == {f"user:{number}"}
        assert len(items) == number
        assert items[0].place is not None
        assert items[0].place.seq == number - 1


def check_schemas(url: str, names: list[str]) -> None:
    """Logs in different schemas of PostgreSQL know nothing of each other."""
    execute(url, *(f'CREATE SCHEMA "{name}"' for name in names))
    for number, name in enumerate([*names, None], 1):
        with service(url, schema=name) as made:
            for _ in range(number):
                made.record("x.y", actor=f"user:{number}", wait=True)
            assert made.count() == number
            assert made.count(actor=f"user:{number}") == number
        assert tables_in(url, name) == expected_tables()
        assert migrate.check(url, schema=name).state == "current"
        if name is not None:
            check_no_difference(url, schema=name)


def check_printed_schema(url: str, name: str) -> None:
    execute(url, f"CREATE SCHEMA {name}")
    run_printed(url, schema=name)
    assert migrate.check(url, schema=name).state == "current"
    assert migrate.check(url).state == "missing"


def check_absent_schema(url: str, name: str, says: str) -> None:
    for use in (_record_there, _count_there, migrate.upgrade):
        try:
            use(url, schema=name)
        except SchemaError as error:
            assert says in str(error), error
        else:
            raise AssertionError("the schema was made by itself")


def _record_there(url: str, schema: str) -> None:
    with service(url, schema=schema) as made:
        made.record("x.y", actor="user:1")


def _count_there(url: str, schema: str) -> None:
    with service(url, schema=schema) as made:
        made.count()


def check_longest_prefix(url: str) -> None:
    with service(url, table_prefix=LONGEST_PREFIX) as made:
        made.record("x.y", actor="user:1", target="a:b", tenant="t")
    check_no_difference(url, LONGEST_PREFIX)


def check_refused_argument(url: str, argument: str, value: Any, says: str) -> None:
    for call in (
        lambda: AuditService(url, **{argument: value}),
        lambda: migrate.check(url, **{argument: value}),
        lambda: migrate.upgrade(url, **{argument: value}),
        lambda: migrate.sql(url, **{argument: value}),
    ):
        try:
            call()
        except ConfigurationError as error:
            assert error.argument == argument
            assert says in str(error), error
        else:
            raise AssertionError(f"{argument}={value!r} was accepted")
