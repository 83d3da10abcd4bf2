"""The statements that read events, by the shape of what they select.

A statement depends on which conditions there are, never on their values: those are bound.  So each
shape is built and compiled once, and asking the same kind of question again costs one look-up and
the driver's own call.

Every index on events but the time's leads from one column to its events in the order in which pages
want them: (log_id, column, occurred_at, seq).  A condition that allows several values therefore
takes the newest few of each and merges them; a database that was left to itself would collect all
events of all values and sort them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Dialect,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    cast,
    extract,
    false,
    func,
    literal_column,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.sql import operators
from sqlalchemy.sql.expression import UnaryExpression

from indelible.storage.schema import Tables

__all__ = ["MERGED", "ColumnShape", "Shape", "Statements", "span_number", "span_start"]

MERGED: Final = 64
"""Most values of a column whose events are merged; more of them are looked for in order of time."""

_SQL_TIME: Final = "'YYYY-MM-DD HH24:MI:SS.US'"
"""A time as SQL writes it, for PostgreSQL's ``to_char``."""

_RANKS: Final = (
    "request_id",
    "trace_id",
    "target",
    "source_ip",
    "actor",
    "action",
    "tenant",
    "outcome",
)
"""The indexed columns, those first whose values have the fewest events."""


class ColumnShape(NamedTuple):
    """How a column is asked for.

    Attributes:
        column: Its name.
        values: The number of values that it may have.
        prefixes: The number of prefixes that its value may begin with.
    """

    column: str
    values: int
    prefixes: int


class Shape(NamedTuple):
    """Which conditions there are.

    Attributes:
        columns: The columns that are asked for.
        since: Whether there is an earliest time.
        until: Whether there is a latest time.
        first: Whether there is a least number.
        stop: Whether there is a greatest number.
        needles: How many texts the body must hold.
        unusual: Whether only outcomes other than ``success`` are asked for.
    """

    columns: tuple[ColumnShape, ...] = ()
    since: bool = False
    until: bool = False
    first: bool = False
    stop: bool = False
    needles: int = 0
    unusual: bool = False


class Statements:
    """Builds the statements for one installation's tables and one kind of database.

    Names of bound values: ``log``, ``since``, ``until``, ``first``, ``stop``, ``limit``; ``at`` and
    ``seq`` (behind which event a page begins); ``c0_1`` (second value of the first column);
    ``p0_1`` and ``q0_1`` (a prefix, and the text right behind all that begin with it); ``n0`` (a
    needle).

    Args:
        tables: The tables.
        dialect: The database's dialect.
    """

    def __init__(self, tables: Tables, dialect: Dialect) -> None:
        self._tables = tables
        self._event = tables.event.c
        self._sqlite = dialect.name == "sqlite"
        self._maria = dialect.name in {"mysql", "mariadb"}
        self._postgresql = dialect.name == "postgresql"

    def page(
        self,
        shape: Shape,
        *,
        newest: bool,
        behind: bool,
        words: ColumnElement[bool] | None = None,
        few: bool = False,
    ) -> Select[Any]:
        """Return the statement of a page: seq, occurred_at, leaf_hash and body.

        With needles, it returns every event of its span, those that do not match without a body:
        the statement's work is then bounded by its limit, however rare the matches are.

        Args:
            shape: The conditions.
            newest: Whether the newest events come first.
            behind: Whether the page begins behind a given event.
            words: A further condition.
            few: Whether the further condition leads to so few events that all are sorted.
        """
        driver = self._driver(shape)
        at = self._unindexed(self._event.occurred_at) if few else self._event.occurred_at
        fixed = [*self._fixed(shape, at=at), at.isnot(None)]
        if words is not None:
            fixed.append(words)
        if behind:
            fixed.append(self._behind(at, newest=newest))
        merged = driver is not None and shape.columns[driver].values > 1
        others = self._columns(shape, but=driver, driven=driver is not None or self._by_time(shape))
        order = _ordered(at, self._event.seq, newest=newest)
        if driver is None or not merged:
            own = [] if driver is None else [self._column(driver, shape.columns[driver])]
            wanted = select(*self._output(shape)).where(*own, *fixed, *others)
            return wanted.order_by(*order).limit(bindparam("limit"))
        name = shape.columns[driver].column
        parts = [
            select(
                select(self._event.seq, self._event.occurred_at)
                .where(self._event[name] == bindparam(f"c{driver}_{number}"), *fixed, *others)
                .order_by(*order)
                .limit(bindparam("limit"))
                .subquery()
            )
            for number in range(shape.columns[driver].values)
        ]
        found = union_all(*parts).subquery("found")
        keys = (
            select(found.c.seq, found.c.occurred_at)
            .order_by(*_ordered(found.c.occurred_at, found.c.seq, newest=newest))
            .limit(bindparam("limit"))
            .subquery("keys")
        )
        return (
            select(*self._output(shape))
            .select_from(keys.join(self._tables.event, self._event.seq == keys.c.seq))
            .where(self._event.log_id == bindparam("log"))
            .order_by(*order)
        )

    def span(self, shape: Shape, *, newest: bool = False) -> Select[Any]:
        """Return the statement that reads by number: all that matches from ``first`` to ``stop``.

        Events that were pruned are in it, without a body, if there are no conditions on columns.
        """
        everything = shape._replace(first=True, stop=True)
        wanted = select(*self._output(shape)).where(
            *self._fixed(everything, plain=True), *self._columns(shape, but=None, driven=True)
        )
        seq = self._event.seq
        return wanted.order_by(seq.desc() if newest else seq).limit(bindparam("limit"))

    def count(self, shape: Shape, words: ColumnElement[bool] | None = None) -> Select[Any]:
        """Return the statement that counts."""
        return (
            select(func.count())
            .select_from(self._tables.event)
            .where(*self._all(shape, words), self._event.occurred_at.isnot(None))
        )

    def facets(
        self, shape: Shape, by: str, words: ColumnElement[bool] | None = None
    ) -> Select[Any]:
        """Return the statement that counts by a column's values, the most frequent first."""
        column: ColumnElement[Any] = (
            self._type_of(self._event[by.removesuffix("_type")])
            if by.endswith("_type")
            else self._event[by]
        )
        named = column.label("value")
        number = func.count().label("number")
        return (
            select(named, number)
            .where(*self._all(shape, words), self._event.occurred_at.isnot(None))
            .group_by(named)
            .order_by(number.desc(), named)
            .limit(bindparam("limit"))
        )

    def histogram(
        self, shape: Shape, seconds: int, words: ColumnElement[bool] | None = None
    ) -> Select[Any]:
        """Return the statement that counts by spans of time: the span's number from 1970, count."""
        span = self._span_number(seconds).label("span")
        return (
            select(span, func.count().label("number"))
            .where(*self._all(shape, words), self._event.occurred_at.isnot(None))
            .group_by(span)
            .order_by(span)
            .limit(bindparam("limit"))
        )

    def names(self, column: str) -> Select[Any]:
        """Return the statement that lists the different values of a column within a prefix.

        Each step finds the next value in the index, so that it takes as many steps as there are
        values, however many events they have (a "loose index scan").
        """
        value, event = self._event[column], self._event

        def least(*conditions: ColumnElement[bool]) -> Select[Any]:
            return select(func.min(value)).where(
                event.log_id == bindparam("log"), value < bindparam("q"), *conditions
            )

        first = least(value >= bindparam("p")).scalar_subquery()
        found = select(first.label("name")).cte("names", recursive=True)
        following = least(value > found.c.name).scalar_subquery()
        found = found.union_all(select(following).where(found.c.name.isnot(None)))
        return select(found.c.name).where(found.c.name.isnot(None)).limit(bindparam("limit"))

    def _driver(self, shape: Shape) -> int | None:
        """Return which condition leads to the events; None if they are looked for by time."""
        usable = [
            (_RANKS.index(part.column), part.values, index)
            for index, part in enumerate(shape.columns)
            if not part.prefixes
            and 1 <= part.values <= MERGED
            and (part.column != "outcome" or shape.unusual)
        ]
        return min(usable)[2] if usable else None

    def _by_time(self, shape: Shape) -> bool:
        return any(part.prefixes or part.values > MERGED for part in shape.columns)

    def _all(
        self, shape: Shape, words: ColumnElement[bool] | None
    ) -> Sequence[ColumnElement[bool]]:
        more = [] if words is None else [words]
        return [*self._fixed(shape), *self._columns(shape, but=None, driven=False), *more]

    def _fixed(
        self, shape: Shape, *, plain: bool = False, at: ColumnElement[Any] | None = None
    ) -> list[ColumnElement[bool]]:
        event = self._event
        conditions: list[ColumnElement[bool]] = [event.log_id == bindparam("log")]
        # Asked for by number, the number leads; by time, it must not lead to a sort of all events.
        seq = event.seq if plain else self._unindexed(event.seq)
        moment = self._unindexed(event.occurred_at) if plain else event.occurred_at
        moment = moment if at is None else at
        if shape.since:
            conditions.append(moment >= bindparam("since"))
        if shape.until:
            conditions.append(moment < bindparam("until"))
        if shape.first:
            conditions.append(seq >= bindparam("first"))
        if shape.stop:
            conditions.append(seq < bindparam("stop"))
        if shape.unusual:
            # What the partial index says of itself, word for word: values are not known when a
            # statement is planned.
            conditions.append(event.outcome != literal_column("'success'"))
        return conditions

    def _columns(self, shape: Shape, *, but: int | None, driven: bool) -> list[ColumnElement[bool]]:
        return [
            self._column(index, part, unindexed=driven)
            for index, part in enumerate(shape.columns)
            if index != but
        ]

    def _column(
        self, index: int, part: ColumnShape, *, unindexed: bool = False
    ) -> ColumnElement[bool]:
        column = self._event[part.column]
        value: ColumnElement[Any] = self._unindexed(column) if unindexed else column
        if unindexed and part.prefixes and self._postgresql:
            # Or, not knowing how many events that is, it may collect and sort all of them.
            value = column.concat("")
        ways: list[ColumnElement[bool]] = [
            value == bindparam(f"c{index}_{number}") for number in range(part.values)
        ]
        ways += [
            and_(value >= bindparam(f"p{index}_{number}"), value < bindparam(f"q{index}_{number}"))
            for number in range(part.prefixes)
        ]
        return or_(false(), *ways) if len(ways) != 1 else ways[0]

    def _unindexed(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a column for a condition that SQLite must not look for in an index.

        Without statistics it takes any index for as good as another ("The SQLite Query Optimizer
        Overview", "Disqualifying WHERE Clause Terms Using Unary +"); other databases keep some.
        """
        if not self._sqlite:
            return column
        return UnaryExpression(column, operator=operators.custom_op("+"), type_=column.type)

    def _output(self, shape: Shape) -> list[ColumnElement[Any]]:
        event = self._event
        body: ColumnElement[Any] = event.body
        if shape.needles:
            holds = [self._holds(f"n{number}") for number in range(shape.needles)]
            body = case((and_(*holds), event.body)).label("body")
        at: ColumnElement[Any] = event.occurred_at
        if self._postgresql:
            # As text of our own making: the driver reads no time as a session's DateStyle writes it
            # but ISO's, and that may be a setting of the server.
            utc = func.timezone(literal_column("'UTC'"), at)
            at = func.to_char(utc, literal_column(_SQL_TIME)).label("occurred_at")
        return [event.seq, at, event.leaf_hash, body]

    def _holds(self, name: str) -> ColumnElement[bool]:
        """Return the condition that the body holds a text, whatever characters that is made of."""
        body = self._event.body
        needle: ColumnElement[str] = bindparam(name)
        if self._postgresql:
            return func.strpos(body, needle) > 0
        return (func.locate(needle, body) if self._maria else func.instr(body, needle)) > 0

    def _behind(self, at: ColumnElement[Any], *, newest: bool) -> ColumnElement[bool]:
        """Return the condition that an event comes behind another one.

        Written so that every database takes the first half for a range of its index; of pairs
        compared as a whole, MariaDB does not.
        """
        seq = self._unindexed(self._event.seq)
        then: ColumnElement[datetime] = bindparam("at")
        number: ColumnElement[int] = bindparam("seq")
        if newest:
            return and_(at <= then, or_(at < then, seq < number))
        return and_(at >= then, or_(at > then, seq > number))

    def _type_of(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        if self._postgresql:
            return func.split_part(column, ":", 1)
        if self._maria:
            return func.substring_index(column, ":", 1)
        return func.substr(column, 1, func.instr(column, ":") - 1)

    def _span_number(self, seconds: int) -> ColumnElement[Any]:
        at, shift = self._event.occurred_at, _shift(seconds)
        if self._postgresql:
            return func.floor((extract("epoch", at) - shift) / seconds)
        if self._maria:
            epoch = func.timestampdiff(text("SECOND"), text("'1970-01-01'"), at)
            return func.floor((epoch - shift) / seconds)
        # Integers are divided towards zero, so spans are counted from before all times.
        before = -(-_BEFORE_ALL // seconds)
        since = cast(func.strftime("%s", at), Integer)
        return (since - shift + before * seconds) // seconds - before


_BEFORE_ALL: Final = 62_135_596_800
"""Seconds from the year 1 to 1970."""

_WEEK: Final = 7 * 86_400
_MONDAY: Final = 4 * 86_400
"""Seconds from the beginning of 1970, a Thursday, to the first Monday."""


def _shift(seconds: int) -> int:
    """Return from where spans are counted, in seconds from 1970: weeks begin on Mondays."""
    return 0 if seconds % _WEEK else _MONDAY


def span_number(moment: datetime, seconds: int) -> int:
    """Return the number of the histogram's span that a time lies in.

    Args:
        moment: The time, aware.
        seconds: A span's length.
    """
    return ((moment - _EPOCH) // timedelta(seconds=1) - _shift(seconds)) // seconds


def span_start(number: int, seconds: int) -> datetime:
    """Return when a histogram's span begins, in UTC.

    Args:
        number: The span's number.
        seconds: A span's length.
    """
    return _EPOCH + timedelta(seconds=number * seconds + _shift(seconds))


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _ordered(
    at: ColumnElement[Any], seq: ColumnElement[Any], *, newest: bool
) -> list[ColumnElement[Any]]:
    return [at.desc(), seq.desc()] if newest else [at, seq]
