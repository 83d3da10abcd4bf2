"""Steps about settings; what they check is in features/support/stores/settings.py."""

from __future__ import annotations

import sqlite3
from typing import Any

from behave import given, then, when

from features.support import servers
from features.support.events.services import open_service
from features.support.stores import settings
from indelible import DatabaseBusyError, UnsafeSettingError
from indelible.storage import migrate


@given("the settings of an SQLite file with data in DELETE journal mode")
def settings_delete_mode(context: Any) -> None:
    settings.delete_mode_file(context.database_url())


@given("the settings' backend is the plain one")
def settings_plain(context: Any) -> None:
    settings.use_plain_backend(context)
    url = context.database_url()
    if context.database_kind == "postgresql":
        # Far from UTC, so that a time without its zone would be read wrongly.
        url = settings.database_with(url, "TimeZone = 'Asia/Tokyo'")
    context.service = open_service(context, url)


@when("the settings meet that file while another connection reads it")
def settings_meet_reader(context: Any) -> None:
    reader = sqlite3.connect(settings.path_of(context.database_url()))
    context.add_cleanup(reader.close)
    # The tables first: what is to be seen here is the change of the journal alone.
    migrate.upgrade(context.database_url())
    reader.execute("PRAGMA journal_mode = DELETE")
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM other").fetchall()
    context.met = settings.Met(context, context.database_url(), busy_timeout=0.3)


@when('the settings meet an engine of the caller\'s that sets "{pragmas}"')
def settings_pragmas(context: Any, pragmas: str) -> None:
    engine = settings.pragma_engine(context.database_url(), pragmas)
    context.met = settings.Met(context, engine)


@when(
    'the settings meet an engine of the caller\'s that sets "{pragmas}" '
    "and is emptied between two events"
)
def settings_emptied(context: Any, pragmas: str) -> None:
    engine = settings.pragma_engine(context.database_url(), pragmas)
    context.met = settings.Met(context, engine)
    context.met.seen.clear()
    engine.dispose()
    context.met.record()


@when('the settings meet an engine of the caller\'s with the option "{option}"')
def settings_option(context: Any, option: str) -> None:
    engine = settings._psql_options(option)(context.database_url())
    context.met = settings.Met(context, engine)


@when('the settings meet an engine of the caller\'s with sql_mode "{modes}"')
@when('the settings meet an engine of the caller\'s with sql_mode ""')
def settings_modes(context: Any, modes: str = "") -> None:
    engine = settings.mode_engine(context.database_url(), modes)
    context.met = settings.Met(context, engine)


@when("the settings meet a database in {encoding}")
def settings_encoding(context: Any, encoding: str) -> None:
    url = settings.new_postgresql(servers.server("postgresql"), encoding)
    context.met = settings.Met(context, url)


@when("the settings meet a server with fsync off")
def settings_fsync(context: Any) -> None:
    server = context.own_server
    server.execute("ALTER SYSTEM SET fsync = off")
    server.execute("SELECT pg_reload_conf()")
    context.met = settings.Met(context, server.new_database())


@when("the settings meet a server with innodb_flush_log_at_trx_commit=2")
def settings_flush(context: Any) -> None:
    server = context.own_server
    server.execute("SET GLOBAL innodb_flush_log_at_trx_commit = 2")
    context.met = settings.Met(context, server.new_database())


@when("the settings meet a database whose default is latin1 with a case-insensitive collation")
def settings_default_charset(context: Any) -> None:
    options = "CHARACTER SET latin1 COLLATE latin1_swedish_ci"
    url = servers.server("mariadb").new_database(options)
    context.met = settings.Met(context, url)


@when(
    "the settings' service records actors, targets, tenants and actions "
    "that differ in case, padding and accents"
)
def settings_alike(context: Any) -> None:
    context.service = open_service(context)
    settings.record_alike(context.service)


@then('the settings of the writer\'s connection are "{expected}"')
def settings_of_writer(context: Any, expected: str) -> None:
    assert context.met.error is None, context.met.error
    found = context.met.settings(expected)
    assert found == expected, found


@then('the settings of another connection of the engine are "{expected}"')
def settings_of_other(context: Any, expected: str) -> None:
    with context.met.engine.connect() as one, context.met.engine.connect() as other:
        names = [settings.settings_of(connection) for connection in (one, other)]
    name, _, value = expected.partition("=")
    assert value in {found[name] for found in names}, names


@then('the settings let any other program see "{pragma}" and the data')
def settings_other_program(context: Any, pragma: str) -> None:
    settings.check_other_program(context.database_url(), pragma)


@then("the settings' engine still works after the service is closed")
def settings_engine_alive(context: Any) -> None:
    settings.check_engine_alive(context.met)


@then('the settings are refused as unsafe, with "{says}"')
def settings_unsafe(context: Any, says: str) -> None:
    settings.check_refused(context.met, UnsafeSettingError, says)


@then('the settings are refused as busy, with "{says}"')
def settings_busy(context: Any, says: str) -> None:
    settings.check_refused(context.met, DatabaseBusyError, says)


@then("the settings have let no event in")
def settings_empty(context: Any) -> None:
    settings.check_empty(context.met)


@then("the settings have let an event in, and it is read back")
def settings_usable(context: Any) -> None:
    settings.check_usable(context.met)


@then("the settings have let {number:d} events with every byte in, and they are read back")
def settings_bytes(context: Any, number: int) -> None:
    settings.check_every_byte(context.met, number)


@then("the settings' service finds each of them alone")
def settings_found(context: Any) -> None:
    settings.check_alike(context.service)


@then("the settings' engine is neither disposed nor left with a connection taken, on {db}")
def settings_ownership(context: Any, db: str) -> None:
    settings.check_ownership(context, context.database_url())


@then("the settings' plain backend recognises a repeated event and refuses another with its id")
def settings_repeated(context: Any) -> None:
    settings.check_plain_backend(context.service)


# behave takes the first step that fits, and this one fits all that begin like it.
@when("the settings meet {what}")
def settings_meet(context: Any, what: str) -> None:
    context.met = settings.Met(context, settings.MAKERS[what](context.database_url()))
