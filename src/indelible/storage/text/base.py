"""The small contract between full text search and a database.

Everything that belongs to the search of one log has that log's number in its name, so that
switching it off for one log leaves the others alone: the table ``audit_text_7``, with one row for
each event, and the triggers that keep it current inside the transaction that writes the event.
One table, ``audit_text``, holds how far each log's index has come.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from typing import Any, ClassVar, Final, Literal

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    column,
    inspect,
    table,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.expression import TableClause

from indelible.storage.schema import Tables
from indelible.storage.text.words import SEPARATORS, TextWords

__all__ = ["QUERY", "SEPARATORS_CLASS", "TextDialect", "Way", "exact", "state_table"]

Way = Literal["hits", "probe"]
"""How a statement comes to its events: from the index's hits, or by trying one after the other."""

QUERY: Final = "text_query"
"""Name of the bound value that an index is asked for."""

SEPARATORS_CLASS: Final = "".join(
    chr(first) if first == last else f"{chr(first)}-{chr(last)}" for first, last in SEPARATORS[4:]
)
"""Separators that are not ASCII, and not the control characters behind it, for a class in a regular
expression."""


def exact(number: int) -> str:
    """Return the name of a bound value that a phrase is compared with, by the phrase's number."""
    return f"text_exact{number}"


def state_table(tables: Tables) -> Table:
    """Return the table that holds how far each log's index has come.

    ``position`` is the number of the next event to fill in, ``stop`` that of the first one that the
    triggers have taken care of.
    """
    return Table(
        f"{tables.prefix}text",
        MetaData(schema=tables.schema),
        Column("log_id", Integer, primary_key=True, autoincrement=False),
        Column("state", String(8), nullable=False),
        Column("position", BigInteger, nullable=False),
        Column("stop", BigInteger, nullable=False),
        mysql_engine="InnoDB",
        mariadb_engine="InnoDB",
    )


class TextDialect(ABC):
    """One log's index in one kind of database.

    Promises that a subclass keeps:

    - what `create` makes indexes every event that is inserted from then on, and makes no insert
      fail;
    - `fill` adds each of the old events once, whatever is there already or arrives meanwhile;
    - the condition holds for exactly the events that the word rule says.

    Args:
        dialect: SQLAlchemy's dialect of the database.
        tables: The tables.
        log_id: The log's key.
    """

    transactional: ClassVar[bool] = True
    """Whether tables and triggers are made in the transaction."""

    pause: ClassVar[float] = 0.0
    """How much of the time the writer is left alone while old events are filled in, as a share."""

    def __init__(self, dialect: Dialect, tables: Tables, log_id: int) -> None:
        self.dialect = dialect
        self.tables = tables
        self.log_id = log_id
        self.name = f"{tables.prefix}text_{log_id}"
        self.triggers = tuple(f"{self.name}_{what}" for what in ("insert", "update"))
        self._preparer = dialect.identifier_preparer
        self.event = self._preparer.format_table(tables.event)
        self.index = self.quoted(self.name)

    def quoted(self, name: str) -> str:
        """Return a name of ours, quoted and qualified."""
        schema = self.tables.schema
        plain = self._preparer.quote(name)
        return plain if schema is None else f"{self._preparer.quote(schema)}.{plain}"

    def table(self, *columns: str) -> TableClause:
        """Return the index's table for statements."""
        return table(self.name, *map(column, columns), schema=self.tables.schema)

    def exists(self, connection: Connection) -> bool:
        """Tell whether the index's table and all its triggers are there."""
        if not inspect(connection).has_table(self.name, schema=self.tables.schema):
            return False
        return set(self.triggers) <= self.existing_triggers(connection)

    @abstractmethod
    def prepare(self, connection: Connection) -> None:
        """Learn what the statements that make the index need to know, and refuse what cannot work.

        Raises:
            UnsafeSettingError: A setting of its is unfit.
        """

    @abstractmethod
    def existing_triggers(self, connection: Connection) -> set[str]:
        """Return the names of the triggers that are there."""

    @abstractmethod
    def create(self) -> list[str]:
        """Return the statements that make the index and its triggers, unless they are there."""

    @abstractmethod
    def drop(self, *, last: bool) -> list[str]:
        """Return the statements that take all of it away.

        Args:
            last: Whether no other log has an index.
        """

    @abstractmethod
    def fill(self) -> str:
        """Return the statement that indexes old events; it takes the first number and the end."""

    @abstractmethod
    def condition(self, wanted: TextWords, way: Way) -> ColumnElement[bool]:
        """Return the condition on an event; values are bound under the names in `values`."""

    @abstractmethod
    def shape(self, wanted: TextWords) -> Hashable:
        """Return what the condition's SQL depends on, values apart."""

    @abstractmethod
    def values(self, wanted: TextWords) -> dict[str, Any]:
        """Return what the condition's statement binds."""

    @abstractmethod
    def many(self, connection: Connection, wanted: TextWords, size: int, page: int) -> bool:
        """Tell, for little work, whether events that match are so frequent that trying is faster.

        Args:
            connection: A connection.
            wanted: What is searched for.
            size: The number of events in the log.
            page: How many of those that match are wanted.
        """
