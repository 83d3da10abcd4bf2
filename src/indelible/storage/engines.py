"""Making an engine from a URL, and naming what is wrong with one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from indelible.errors import ConfigurationError, MissingExtraError
from indelible.storage.backends import Backend, backend_class
from indelible.storage.deadline import keep_deadlines
from indelible.storage.schema import Tables

__all__ = ["checked_url", "connected", "make_backend", "make_engine", "shown_url"]

_DEFAULT_DRIVERS = {"postgresql": "psycopg", "mysql": "pymysql", "mariadb": "pymysql"}
_EXTRAS = {"postgresql": "postgres", "mysql": "mariadb", "mariadb": "mariadb"}


def checked_url(url: str | URL) -> URL:
    """Return a database URL, its driver filled in.

    Args:
        url: The URL; ``postgresql://`` means psycopg 3 and ``mariadb://`` PyMySQL, whatever
            SQLAlchemy's own default is.

    Raises:
        ConfigurationError: It is no URL, or of a database that SQLAlchemy does not know.
        MissingExtraError: Its driver is not installed.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        # What cannot be parsed may still hold a password, so it is not repeated.
        raise ConfigurationError(
            "url",
            "…",
            "this is no database URL. Write for example sqlite:///audit.db or "
            "postgresql+psycopg://user@host/database",
        ) from error
    if parsed.drivername in _DEFAULT_DRIVERS:
        parsed = parsed.set(drivername=f"{parsed.drivername}+{_DEFAULT_DRIVERS[parsed.drivername]}")
    dialect, _, driver = parsed.drivername.partition("+")
    try:
        kind = parsed.get_dialect()
    except NoSuchModuleError as error:
        raise ConfigurationError(
            "url",
            shown_url(parsed),
            f"SQLAlchemy knows no database {parsed.drivername!r}. "
            "Use sqlite, postgresql, mariadb or mysql",
        ) from error
    if kind.is_async:
        raise ConfigurationError(
            "url",
            shown_url(parsed),
            f"the driver {driver} is for asyncio, and the service commits on threads. "
            f"{_advice(dialect)}",
        )
    try:
        kind.import_dbapi()
    except ImportError as error:
        extra = _EXTRAS.get(dialect)
        if extra is not None and driver == _DEFAULT_DRIVERS[dialect]:
            module = backend_class(dialect, driver).drivers[driver][0]
            raise MissingExtraError(f"a {dialect} database", module, extra) from error
        raise ConfigurationError(
            "url",
            shown_url(parsed),
            f"its driver cannot be imported: {error}. Install it. {_advice(dialect)}",
        ) from error
    return parsed


def _advice(dialect: str) -> str:
    if dialect == "sqlite":
        return "Or use sqlite and no driver, which Python brings"
    driver = _DEFAULT_DRIVERS.get(dialect)
    if driver is None:
        return "Or use another database"
    return f"Or use {dialect}+{driver}, which pip install 'indelible[{_EXTRAS[dialect]}]' brings"


def shown_url(url: URL) -> str:
    """Return a URL without its password, for messages."""
    return url.render_as_string(hide_password=True)


def make_engine(url: str | URL, *, busy_timeout: float, connect_timeout: float = 10.0) -> Engine:
    """Create the engine that a service owns; connects to nothing.

    Args:
        url: The database.
        busy_timeout: How long to wait for a lock that another transaction holds, in seconds.
        connect_timeout: How long a server may take to answer a new connection, in seconds; rounded
            up, and at least 2 and at most 10.

    Raises:
        ConfigurationError: As `checked_url`.
    """
    parsed = checked_url(url)
    dialect, _, driver = parsed.drivername.partition("+")
    seconds = max(2, min(10, math.ceil(connect_timeout)))
    options: dict[str, Any] = backend_class(dialect, driver).engine_options(
        busy_timeout=busy_timeout, connect_timeout=seconds
    )
    if dialect == "sqlite" and parsed.database in {None, "", ":memory:"}:
        # One connection for all: every further one would be an empty database of its own.
        options["poolclass"] = StaticPool
    engine = sqlalchemy.create_engine(parsed, **options)
    if dialect != "sqlite":
        keep_deadlines(engine, seconds)
    if dialect in {"mysql", "mariadb"}:
        sqlalchemy.event.listen(engine, "connect", _answered)
    return engine


def _answered(connection: Any, _record: object) -> None:
    """Let a connection of PyMySQL wait for as long as a statement takes.

    Its ``connect_timeout`` ends before the server's first word, which only ``read_timeout`` bounds;
    and that would bound every answer after it.
    """
    if hasattr(connection, "_read_timeout"):
        connection._read_timeout = None  # noqa: SLF001 - the driver has no other way


@contextmanager
def connected(bind: str | URL | Engine, *, busy_timeout: float) -> Iterator[Connection]:
    """Connect to a database for a while.

    Args:
        bind: A URL, whose engine is made for this and disposed of; or an engine, which is not.
        busy_timeout: How long to wait for a lock that another transaction holds, in seconds; an
            engine that is given has settings of its own.

    Raises:
        ConfigurationError: As `checked_url`.
    """
    engine = bind if isinstance(bind, Engine) else make_engine(bind, busy_timeout=busy_timeout)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        if engine is not bind:
            engine.dispose()


def make_backend(engine: Engine, tables: Tables, *, owned: bool, busy_timeout: float) -> Backend:
    """Return the backend for an engine, whoever made it.

    Args:
        engine: The engine.
        tables: The tables.
        owned: Whether the service made the engine.
        busy_timeout: How long to wait for a lock that another transaction holds, in seconds.

    Raises:
        ConfigurationError: The engine has a schema for a database that has none.
    """
    if tables.schema is not None and engine.dialect.name == "sqlite":
        raise ConfigurationError(
            "schema", tables.schema, "SQLite has no schemas; use table_prefix to keep tables apart"
        )
    kind = backend_class(engine.dialect.name, engine.dialect.driver)
    return kind(engine, tables, owned=owned, busy_timeout=busy_timeout)
