"""Reading a log: single events, pages, spans and counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Dialect, Engine, select

from indelible.errors import QueryError
from indelible.event import Place
from indelible.storage.criteria import Condition, Criteria, behind
from indelible.storage.direct import fetch
from indelible.storage.schema import Tables
from indelible.storage.statements import MERGED, Statements
from indelible.storage.text import Way, text_condition, text_plan, text_state, text_words
from indelible.storage.walks import Walks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Select

__all__ = ["Condition", "Criteria", "LogReader", "Read", "StoredEvent"]

_REMEMBERED: Final = 256
"""Compiled statements that are remembered; all are forgotten when there are more."""


class StoredEvent(NamedTuple):
    """An event's body and place, as they are stored.

    Attributes:
        place: Where it stands.
        body: Its text; None when it was pruned.
    """

    place: Place
    body: str | None


class Read(NamedTuple):
    """An event that a statement has come to.

    Attributes:
        place: Where it stands.
        body: Its text; None when it was pruned, or does not hold what it must.
    """

    place: Place
    body: str | None


class Words(NamedTuple):
    """What is searched for in a log's text index.

    Attributes:
        condition: The condition on events.
        few: Whether it leads to so few events that all of them are sorted.
    """

    condition: ColumnElement[bool]
    few: bool


class _Compiled(NamedTuple):
    """A statement as the driver takes it.

    Attributes:
        sql: Its text.
        names: The names of its values in their order; None if the driver takes them by name.
        constants: Values that the statement has brought with it.
    """

    sql: str
    names: tuple[str, ...] | None
    constants: Mapping[str, Any]

    @classmethod
    def of(cls, statement: Select[Any], dialect: Dialect) -> _Compiled:
        """Return what a statement is for a dialect."""
        compiled: Any = statement.compile(dialect=dialect)
        names = compiled.positiontup
        return cls(compiled.string, None if names is None else tuple(names), compiled.params)


def _condition(words: Words | None) -> ColumnElement[bool] | None:
    return None if words is None else words.condition


class LogReader:
    """Reads one log; safe to use from several threads, each with a connection of its own.

    Args:
        tables: The tables.
        origin: The log's name.
        engine: The engine whose connections it is given.
    """

    def __init__(self, tables: Tables, origin: str, engine: Engine) -> None:
        self._tables = tables
        self._origin = origin
        self._dialect = engine.dialect
        self._statements = Statements(tables, engine.dialect)
        self._compiled: dict[Any, _Compiled] = {}
        # A log's row is never deleted and keeps its key.
        self._log_id: int | None = None
        self._walks = Walks()
        self._walkable = engine.dialect.name in {"sqlite", "postgresql"}
        self._moment = _MOMENTS.get(engine.dialect.name, _naive)

    @property
    def log(self) -> str:
        """The log's name."""
        return self._origin

    def size(self, connection: Connection) -> int:
        """Return the number of events in the log."""
        log = self._tables.log.c
        found = connection.execute(select(log.size).where(log.origin == self._origin))
        return found.scalar() or 0

    def get(self, connection: Connection, event_id: str) -> StoredEvent | None:
        """Return the event with an id, or None."""
        return self._one(connection, "event_id", event_id)

    def at(self, connection: Connection, seq: int) -> StoredEvent | None:
        """Return the event with a number, or None."""
        return self._one(connection, "seq", seq)

    def _one(self, connection: Connection, column: str, value: object) -> StoredEvent | None:
        event = self._tables.event.c
        wanted = select(event.seq, event.leaf_hash, event.body).where(
            event[column] == value, event.log_id == self.log_id(connection)
        )
        found = connection.execute(wanted).one_or_none()
        if found is None:
            return None
        return StoredEvent(Place(self._origin, found[0], bytes(found[1])), found[2])

    def page_rows(
        self,
        connection: Connection,
        criteria: Criteria,
        *,
        newest: bool,
        behind: tuple[str, int] | None,
        limit: int,
        words: Words | None = None,
    ) -> Sequence[Any]:
        """Return events in the order of their times, or as far as a bounded search came.

        They are as the driver has them: number, time, leaf hash and body.

        Args:
            connection: A connection of the calling thread's own.
            criteria: What they match. Of those that do not hold a needle, only the body is missing.
            newest: Whether the newest come first.
            behind: Time and number of the event behind which to begin; None for the beginning.
            limit: Most events to return.
            words: A further condition.
        """
        pattern = any(prefixes for _, _, prefixes in criteria.conditions)
        # MariaDB would go through the index on the names all the same.
        walks = pattern and newest and words is None and not criteria.needles and self._walkable
        narrowed = self._walks.narrowed(criteria, behind) if walks else None
        if narrowed is not None:
            rows = self._page(connection, narrowed, newest=newest, behind=behind, limit=limit)
            if len(rows) == limit:
                self._walks.learn(criteria, rows, limit)
                return rows
        rows = self._page(
            connection,
            self._spelled_out(connection, criteria) if pattern else criteria,
            newest=newest,
            behind=behind,
            limit=limit,
            words=words,
        )
        if walks:
            self._walks.learn(criteria, rows, limit)
        return rows

    def _page(
        self,
        connection: Connection,
        criteria: Criteria,
        *,
        newest: bool,
        behind: tuple[str, int] | None,
        limit: int,
        words: Words | None = None,
    ) -> Sequence[Any]:
        bound = {**criteria.bound(), "limit": limit}
        if behind is not None:
            bound["at"], bound["seq"] = behind
        shape = criteria.shape()
        return self._rows(
            connection,
            ("page", shape, newest, behind is not None),
            lambda: self._statements.page(
                shape,
                newest=newest,
                behind=behind is not None,
                words=None if words is None else words.condition,
                few=words is not None and words.few,
            ),
            bound,
            cached=words is None,
        )

    def span(
        self,
        connection: Connection,
        criteria: Criteria,
        *,
        first: int,
        stop: int,
        limit: int,
        newest: bool = False,
    ) -> list[Read]:
        """Return the events numbered from `first` up to `stop` that match, in order of number.

        Args:
            connection: A connection of the calling thread's own.
            criteria: What they match. Of those that do not hold a needle, only the body is missing.
            first: The least number.
            stop: The greatest number, exclusive.
            limit: Most events to return.
            newest: Whether the greatest number comes first.
        """
        rows = self.span_rows(
            connection, criteria, first=first, stop=stop, limit=limit, newest=newest
        )
        return [self._read(row) for row in rows]

    def span_rows(
        self,
        connection: Connection,
        criteria: Criteria,
        *,
        first: int,
        stop: int,
        limit: int,
        newest: bool = False,
    ) -> Sequence[Any]:
        """Return what `span` does as the driver has it: number, time, leaf hash and body.

        For whoever hands on so many that making an object of each would take longer than reading.
        """
        first = max(first, criteria.first or 0)
        stop = stop if criteria.stop is None else min(stop, criteria.stop)
        if first >= stop:
            return ()
        shape = criteria.shape()
        return self._rows(
            connection,
            ("span", shape, newest),
            lambda: self._statements.span(shape, newest=newest),
            {**criteria.bound(), "first": first, "stop": stop, "limit": limit},
        )

    def count(
        self,
        connection: Connection,
        criteria: Criteria,
        words: Words | None = None,
    ) -> int:
        """Return how many events match; `criteria` has no needles."""
        shape = criteria.shape()
        rows = self._rows(
            connection,
            ("count", shape),
            lambda: self._statements.count(shape, _condition(words)),
            criteria.bound(),
            cached=words is None,
        )
        number: int = rows[0][0]
        return number

    def facets(
        self,
        connection: Connection,
        criteria: Criteria,
        by: str,
        limit: int,
        words: Words | None = None,
    ) -> list[tuple[str | None, int]]:
        """Return the most frequent values of a column, or of the types in one, with their counts.

        Args:
            connection: A connection of the calling thread's own.
            criteria: What events match, without needles.
            by: The column, or ``actor_type`` or ``target_type``.
            limit: Most values to return.
            words: A further condition.
        """
        shape = criteria.shape()
        rows = self._rows(
            connection,
            ("facets", shape, by),
            lambda: self._statements.facets(shape, by, _condition(words)),
            {**criteria.bound(), "limit": limit},
            cached=words is None,
        )
        return [(value, number) for value, number in rows]

    def histogram(
        self,
        connection: Connection,
        criteria: Criteria,
        seconds: int,
        limit: int,
        words: Words | None = None,
    ) -> list[tuple[int, int]]:
        """Return counts by spans of time: the span's number, counted from 1970, and the count.

        Args:
            connection: A connection of the calling thread's own.
            criteria: What events match, without needles.
            seconds: A span's length.
            limit: Most spans to return.
            words: A further condition.
        """
        shape = criteria.shape()
        rows = self._rows(
            connection,
            ("histogram", shape, seconds),
            lambda: self._statements.histogram(shape, seconds, _condition(words)),
            {**criteria.bound(), "limit": limit},
            cached=words is None,
        )
        return [(int(span), number) for span, number in rows]

    def _spelled_out(self, connection: Connection, criteria: Criteria) -> Criteria:
        """Return criteria with the few names that stand behind a prefix in its place.

        Where there are many, it stays: their events are looked for in the order of time.
        """
        return criteria._replace(
            conditions=tuple(
                self._names(connection, condition) for condition in criteria.conditions
            )
        )

    def _names(self, connection: Connection, condition: Condition) -> Condition:
        names = set(condition.values)
        for prefix in condition.prefixes:
            rows = self._rows(
                connection,
                ("names", condition.column),
                lambda: self._statements.names(condition.column),
                {"p": prefix, "q": behind(prefix), "limit": MERGED + 1},
            )
            names.update(row[0] for row in rows)
            if len(names) > MERGED:
                return condition
        return Condition(condition.column, tuple(sorted(names)))

    def words(
        self, connection: Connection, text: str | None, *, limit: int | None = None
    ) -> Words | None:
        """Return the condition that events hold all words of a text; None for no text.

        Args:
            connection: A connection of the calling thread's own.
            text: What to look for.
            limit: How many events are wanted; None for all.

        Raises:
            QueryError: The text is too long, or the log has no text index, or one that is not
                complete yet.
        """
        if text is None:
            return None
        try:
            wanted = text_words(text)
        except ValueError as error:
            raise QueryError("text", text, str(error)) from error
        log_id = self.log_id(connection)
        state = text_state(connection, self._tables, log_id)
        if state.state != "on":
            filling = f" ({state.indexed:,} of {state.total:,} events so far)"
            raise QueryError(
                "text",
                text,
                "this log has no text index. Switch it on with AuditService.enable_text_search(), "
                "or: indelible search on"
                if state.state == "off"
                else f"its text index is being filled{filling}. Wait; or, if that was ended "
                "in the middle, switch it on again",
            )
        way: Way = "hits"
        if limit is not None:
            way = text_plan(connection, self._tables, log_id, wanted, limit=limit)
        condition = text_condition(self._dialect, self._tables, log_id, wanted, way)
        return Words(condition, way == "hits")

    def log_id(self, connection: Connection) -> int:
        """Return the log's key; -1 while there is no such log."""
        if self._log_id is None:
            log = self._tables.log.c
            found = connection.execute(select(log.log_id).where(log.origin == self._origin))
            self._log_id = found.scalar()
        return -1 if self._log_id is None else self._log_id

    def _rows(
        self,
        connection: Connection,
        key: tuple[Any, ...],
        build: Any,
        bound: Mapping[str, Any],
        *,
        cached: bool = True,
    ) -> Sequence[Any]:
        """Execute the statement of a shape on the driver, and return its rows."""
        compiled = self._compiled.get(key) if cached else None
        if compiled is None:
            compiled = _Compiled.of(build(), self._dialect)
            if cached:
                if len(self._compiled) >= _REMEMBERED:
                    self._compiled.clear()
                self._compiled[key] = compiled
        values = {**bound, "log": self.log_id(connection)}
        for name in ("since", "until", "at"):
            if name in values:
                values[name] = self._moment(values[name])
        parameters: Any = {**compiled.constants, **values}
        if compiled.names is not None:
            parameters = tuple([parameters[name] for name in compiled.names])
        return fetch(connection, compiled.sql, parameters)

    def _read(self, row: Any) -> Read:
        seq, _, leaf, body = row
        return Read(Place(self._origin, seq, bytes(leaf)), body)


def _naive(text: str) -> datetime:
    return datetime.fromisoformat(text[:26])


_MOMENTS: Final[Mapping[str, Any]] = {
    # As the inserts write it, see `indelible.storage.backends.driver`.
    "sqlite": lambda text: f"{text[:10]} {text[11:26]}",
    "postgresql": datetime.fromisoformat,
}
"""How a time is bound, by the database's kind."""
