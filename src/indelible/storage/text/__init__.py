"""Full text search over a log, by the database's own engine, switched on per log.

`words` says what a word is; `base` is the contract that one module for each kind of database keeps;
`index` switches on and off.  For a reader: `text_words` takes apart what is searched for,
`text_plan` chooses how to come to the events, and `text_condition` is the condition on them.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from sqlalchemy import ColumnElement, Connection
from sqlalchemy.engine import Dialect

from indelible.storage.schema import Tables
from indelible.storage.text.base import Way
from indelible.storage.text.dialects import text_dialect
from indelible.storage.text.index import TextSearchState, disable_text, enable_text, text_state
from indelible.storage.text.words import Phrase, TextWords, text_words

__all__ = [
    "Phrase",
    "TextSearchState",
    "TextWords",
    "Way",
    "disable_text",
    "enable_text",
    "text_bound",
    "text_condition",
    "text_plan",
    "text_shape",
    "text_state",
    "text_words",
]


def text_condition(
    dialect: Dialect, tables: Tables, log_id: int, wanted: TextWords, way: Way = "hits"
) -> ColumnElement[bool]:
    """Return the condition that an event holds all that is searched for.

    It is a condition on `tables.event`, which has to be narrowed to the log besides.  What is
    searched for is bound: of two parsed texts with the same `text_shape`, the conditions
    compile to the same SQL, and `text_bound` has the values for it.

    Args:
        dialect: The database's dialect.
        tables: The tables.
        log_id: The log's key.
        wanted: What is searched for.
        way: ``hits`` to come from the index to its events, for rare words and for counts; ``probe``
            to try the events that a statement comes to anyway, for frequent ones.

    Raises:
        ConfigurationError: The database is none of those that this is made for.
    """
    return text_dialect(dialect, tables, log_id).condition(wanted, way)


def text_bound(dialect: Dialect, tables: Tables, log_id: int, wanted: TextWords) -> dict[str, Any]:
    """Return the values of a condition's bound names.

    Some names may not stand in the statement.

    Args:
        dialect: The database's dialect.
        tables: The tables.
        log_id: The log's key.
        wanted: What is searched for.
    """
    return text_dialect(dialect, tables, log_id).values(wanted)


def text_shape(dialect: Dialect, tables: Tables, log_id: int, wanted: TextWords) -> Hashable:
    """Return what a condition's SQL depends on, values and the way apart.

    Args:
        dialect: The database's dialect.
        tables: The tables.
        log_id: The log's key.
        wanted: What is searched for.
    """
    return text_dialect(dialect, tables, log_id).shape(wanted)


def text_plan(
    connection: Connection, tables: Tables, log_id: int, wanted: TextWords, *, limit: int = 50
) -> Way:
    """Return how to come to a page of events in the order of their times.

    Where few events match, all of them are fetched and sorted.  Where many do, as many of the
    newest are tried as it takes to fill the page.  To find out costs a few milliseconds: SQLite
    counts hits up to a bound; the other databases, whose indexes cannot stop early, look at some
    events spread over the log.

    For ``hits``, SQLite must not find its way by the index on times: write ``+occurred_at`` in the
    order and in conditions on time.

    Args:
        connection: A connection.
        tables: The tables.
        log_id: The log's key.
        wanted: What is searched for.
        limit: How many events the page has.
    """
    index = text_dialect(connection.dialect, tables, log_id)
    size = text_state(connection, tables, log_id).total
    return "probe" if index.many(connection, wanted, size, limit) else "hits"
