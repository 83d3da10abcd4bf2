"""What is asked of large logs, each question with the best hand-written SQL for the same answer.

The floors are written for the driver alone and for the same indexes: the same columns with their
bodies, fetched and not looked at any further, over a connection that is open and commits nothing.
As the library's own pages, they hold stored text: neither decodes a body. Where it is not plain
which statement is the best, several are tried and the fastest one counts.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import psycopg
from sqlalchemy import make_url

from benchmarks.events import ACTIONS, ACTORS, INTERVAL, START
from indelible import AuditService

__all__ = ["PAGE", "Call", "Driver", "Question", "Statement", "questions"]

PAGE: Final = 50
"""Events of a page."""

DEPTH: Final = 100_000
"""How deep a reader has come before going on to the next page."""

_CALLS: Final = 100
"""Different arguments of a question, asked in turn."""

_WEEK: Final = timedelta(days=7)
_COLUMNS: Final = "seq, occurred_at, leaf_hash, body"
_NEWEST: Final = f"ORDER BY occurred_at DESC, seq DESC LIMIT {PAGE}"
_ALL: Final = f"SELECT {_COLUMNS} FROM audit_event WHERE log_id = 1"

Statement = tuple[str, tuple[Any, ...]]
"""SQL with a question mark for each value, and the values."""


class Call(NamedTuple):
    """A question with its values.

    Attributes:
        ask: Asks the library.
        statements: Hand-written ways to the same events.
    """

    ask: Callable[[AuditService], Any]
    statements: tuple[Statement, ...]


class Question(NamedTuple):
    """One kind of question.

    Attributes:
        name: What is asked.
        calls: The question with values that differ.
        full: Whether each answer is a whole page.
        wanted: Whether the project has set itself a bound for it.
    """

    name: str
    calls: Sequence[Call]
    full: bool = True
    wanted: bool = True


class Driver:
    """A driver's connection, as somebody would use it who writes SQL by hand.

    Args:
        url: The database's URL.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self._sqlite = parsed.get_backend_name() == "sqlite"
        self._connection: Any
        if self._sqlite:
            self._connection = sqlite3.connect(str(parsed.database), isolation_level=None)
        else:
            plain = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
            self._connection = psycopg.connect(plain, autocommit=True)
        self._cursor = self._connection.cursor()

    def prepared(self, statement: Statement) -> Statement:
        """Return a statement as the driver takes it, with nothing left to convert."""
        sql, values = statement
        if self._sqlite:
            return sql, tuple(map(_sql_time, values))
        return sql.replace("?", "%s"), values

    def fetch(self, prepared: Statement) -> list[Any]:
        """Return what a prepared statement selects."""
        rows: list[Any] = self._cursor.execute(*prepared).fetchall()
        return rows

    def close(self) -> None:
        self._connection.close()


def _sql_time(value: Any) -> Any:
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value


def questions(audit: AuditService, events: int) -> list[Question]:
    """Return the questions for a log of `benchmarks.generator`.

    Args:
        audit: A service on the log.
        events: How many events it has.
    """
    draw = random.Random(1)
    end = START + events * INTERVAL
    return [
        Question(
            f"newest {PAGE} by actor in a week", [_by_actor(draw, end) for _ in range(_CALLS)]
        ),
        Question(f"newest {PAGE} by target", [_by_target(draw) for _ in range(_CALLS)]),
        *(_by_pattern(draw, end, area, wanted=area == "invoice") for area in _AREAS),
        Question(f"next page at depth {DEPTH:,}", _deep_pages(audit)),
        Question(
            "the events of one request",
            _requests(audit, draw, events),
            full=False,
            wanted=False,
        ),
    ]


def _by_actor(draw: random.Random, end: datetime) -> Call:
    actor = ACTORS[draw.randrange(40)]
    since = START + (end - START - _WEEK) * draw.random()
    until = since + _WEEK
    return Call(
        lambda audit: audit.query(actor=actor, since=since, until=until),
        (
            (
                f"{_ALL} AND actor = ? AND occurred_at >= ? AND occurred_at < ? {_NEWEST}",
                (actor, since, until),
            ),
        ),
    )


_THINGS: Final = [
    *(f"document:{number}" for number in range(5)),
    *(f"invoice:{number}" for number in range(2)),
    *(f"order:{number}" for number in range(2)),
]
"""Those that even a log of a million has a page of."""


def _by_target(draw: random.Random) -> Call:
    target = draw.choice(_THINGS)
    return Call(
        lambda audit: audit.query(target=target), ((f"{_ALL} AND target = ? {_NEWEST}", (target,)),)
    )


_AREAS: Final = ("invoice", "report", "permission", "api")


def _by_pattern(draw: random.Random, end: datetime, area: str, *, wanted: bool) -> Question:
    names = [f"{area}.{name}" for name in sorted(ACTIONS[area])]
    keys = " UNION ALL ".join(
        "SELECT * FROM (SELECT seq, occurred_at FROM audit_event WHERE log_id = 1 AND action = ?"
        f" AND occurred_at < ? {_NEWEST}) AS a{number}"
        for number in range(len(names))
    )

    def call() -> Call:
        until = end - (end - START) / 2 * draw.random()
        through = (
            f"{_ALL} AND action >= ? AND action < ? AND occurred_at < ? {_NEWEST}",
            (f"{area}.", f"{area}/", until),
        )
        # The names are known to whoever writes this one; the library finds them in the index.
        newest = f"(SELECT seq FROM ({keys}) AS found {_NEWEST}) AS key"
        whole = f"SELECT e.seq, e.occurred_at, e.leaf_hash, e.body FROM {newest}"
        joined = "CROSS JOIN audit_event AS e WHERE e.log_id = 1 AND e.seq = key.seq"
        merged = (
            f"{whole} {joined} ORDER BY e.occurred_at DESC, e.seq DESC",
            tuple(value for name in names for value in (name, until)),
        )
        # To go through all events for a few rare ones takes seconds.
        ways = {"invoice": (through, merged), "api": (through,)}.get(area, (merged,))
        return Call(lambda audit: audit.query(action=f"{area}.*", until=until), ways)

    few = f"{len(names)} of {sum(map(len, ACTIONS.values()))} actions"
    name = f"newest {PAGE} by {area}.*, {few}"
    return Question(name, [call() for _ in range(_CALLS)], wanted=wanted)


def _deep_pages(audit: AuditService) -> list[Call]:
    """Go through the log to the depth, and then on page by page."""
    cursor: str | None = None
    for _ in range(DEPTH // 1_000):
        cursor = audit.query(limit=1_000, cursor=cursor).next_cursor
    calls: list[Call] = []
    for _ in range(_CALLS):
        page = audit.query(limit=PAGE, cursor=cursor)
        cursor = page.next_cursor
        last = page.items[-1]
        if last.place is None:
            raise RuntimeError("an event of the log has no place")
        calls.append(_next_page(cursor, (last.occurred_at, last.place.seq)))
    return calls


def _next_page(cursor: str | None, behind: tuple[datetime, int]) -> Call:
    return Call(
        lambda audit: audit.query(cursor=cursor),
        ((f"{_ALL} AND (occurred_at, seq) < (?, ?) {_NEWEST}", behind),),
    )


def _requests(audit: AuditService, draw: random.Random, events: int) -> list[Call]:
    calls: list[Call] = []
    while len(calls) < _CALLS:
        event = audit.at(draw.randrange(events))
        if event is not None and event.request_id is not None:
            calls.append(_by_request(event.request_id))
    return calls


def _by_request(request: str) -> Call:
    return Call(
        lambda audit: audit.query(request_id=request),
        ((f"{_ALL} AND request_id = ? {_NEWEST}", (request,)),),
    )
