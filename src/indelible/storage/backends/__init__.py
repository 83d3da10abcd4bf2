"""One module per database: how it is set up, locked and filled fastest."""

from __future__ import annotations

from typing import Final

from indelible.storage.backends.base import Backend, Fault, Head, NumberedRow
from indelible.storage.backends.mysql import MySQLBackend
from indelible.storage.backends.postgresql import PostgreSQLBackend
from indelible.storage.backends.sqlite import SQLiteBackend, is_memory

__all__ = ["Backend", "Fault", "Head", "NumberedRow", "backend_class", "is_memory"]

_BACKENDS: Final[dict[str, type[Backend]]] = {
    "sqlite": SQLiteBackend,
    "postgresql": PostgreSQLBackend,
    "mysql": MySQLBackend,
    "mariadb": MySQLBackend,
}


def backend_class(dialect: str, driver: str) -> type[Backend]:
    """Return the backend for a dialect and its driver.

    Args:
        dialect: SQLAlchemy's name of the dialect, such as ``postgresql``.
        driver: SQLAlchemy's name of the driver, such as ``psycopg``; "" for the default one.

    Returns:
        The fast one where the driver is one that it knows, the plain `Backend` otherwise.
    """
    known = _BACKENDS.get(dialect)
    return known if known is not None and driver in known.drivers else Backend
