"""Which of the dialects a database takes."""

from __future__ import annotations

from typing import Final

from sqlalchemy.engine import Dialect

from indelible.errors import ConfigurationError
from indelible.storage.schema import Tables
from indelible.storage.text.base import TextDialect
from indelible.storage.text.mysql import MySQLText
from indelible.storage.text.postgresql import PostgreSQLText
from indelible.storage.text.sqlite import SQLiteText

__all__ = ["text_dialect"]

_DIALECTS: Final[dict[str, type[TextDialect]]] = {
    "sqlite": SQLiteText,
    "postgresql": PostgreSQLText,
    "mysql": MySQLText,
    "mariadb": MySQLText,
}


def text_dialect(dialect: Dialect, tables: Tables, log_id: int) -> TextDialect:
    """Return one log's index in a database.

    Args:
        dialect: SQLAlchemy's dialect of the database.
        tables: The tables.
        log_id: The log's key.

    Raises:
        ConfigurationError: The database is none of those that this is made for.
    """
    kind = _DIALECTS.get(dialect.name)
    if kind is None:
        raise ConfigurationError(
            "url",
            dialect.name,
            "full text search is made for SQLite, PostgreSQL, MariaDB and MySQL",
        )
    return kind(dialect, tables, log_id)
