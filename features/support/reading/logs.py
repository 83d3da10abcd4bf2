"""Logs to read, and a plain loop to compare the answers with."""

from __future__ import annotations

import base64
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import Engine

from features.support.merkle.hypothesis_run import run_property
from indelible import Actor, AuditEvent, AuditService, InvalidEventError, Page, QueryError, Target

ACTORS = ("user:1", "user:2", "service:billing")
ACTIONS = ("invoice.create", "invoice.update", "user.login")
TARGETS = (None, "invoice:1", "invoice:2")
OUTCOMES = ("success", "failure", "denied", "unknown")
TENANTS = (None, "acme", "globex")
ADDRESSES = (None, "203.0.113.7", "2001:db8::1")
MOST_PAGES = 300
START = datetime(2026, 1, 1, tzinfo=UTC)


def record_events(service: AuditService, number: int, first: int = 0) -> list[AuditEvent]:
    """Record events of all kinds, in an order that is not that of their times; return them."""
    ids = []
    for own in range(first, first + number):
        # Each choice has a length of its own, so that all combinations come up.
        receipt = service.record(
            ACTIONS[own // 2 % 3],
            actor=ACTORS[own % 3],
            target=TARGETS[own // 3 % 3],
            outcome=OUTCOMES[own // 5 % 4],
            tenant=TENANTS[own // 7 % 3],
            occurred_at=START + timedelta(microseconds=own * 37 % 61, hours=own * 11 % 5),
            details={"number": own, "nested": {"five": own % 5, "list": [own % 2]}},
            before={"status": own % 4, "address": {"city": "x"}},
            after={"status": own % 2, "address": {"city": "xy"[own % 2]}},
            request_id=f"r-{own // 4}",
            source_ip=ADDRESSES[own // 6 % 3],
            wait=True,
        )
        ids.append(receipt.event_id)
    events = [service.get(event_id) for event_id in ids]
    return [event for event in events if event is not None]


def matches(event: AuditEvent, filters: dict[str, Any]) -> bool:
    """Tell whether an event matches, without the help of a database."""
    for name, value in filters.items():
        if name == "since":
            fits = event.occurred_at >= value
        elif name == "until":
            fits = event.occurred_at < value
        elif name in _OTHERS:
            fits = _OTHERS[name](event, value)
        else:
            own = getattr(event, name)
            fits = own is not None and str(own) == str(value)
        if not fits:
            return False
    return True


def _one_of(text: str | None, values: str | list[str]) -> bool:
    several = [values] if isinstance(values, str) else values
    return text is not None and any(
        text.startswith(value[:-1]) if value.endswith(".*") else text == value for value in several
    )


def _holds(details: Any, path: str, value: object) -> bool:
    for step in path.split("/"):
        details = details[int(step)] if isinstance(details, list) else details.get(step, _NOWHERE)
        if details is _NOWHERE:
            return False
    return type(details) is type(value) and details == value


_NOWHERE: Any = object()
_OTHERS: dict[str, Callable[[AuditEvent, Any], bool]] = {
    "action": lambda event, value: _one_of(event.action, value),
    "outcome": lambda event, value: _one_of(event.outcome, value),
    "tenant": lambda event, value: _one_of(event.tenant, value),
    "actor_type": lambda event, value: event.actor.type == value,
    "target_type": lambda event, value: event.target is not None and event.target.type == value,
    "since_seq": lambda event, value: sequence(event) >= value,
    "until_seq": lambda event, value: sequence(event) < value,
    "changed": lambda event, value: any(
        path == value or path.startswith(f"{value}/") for path in event.changes
    ),
    "details": lambda event, value: all(
        _holds(event.details, path, wanted) for path, wanted in value.items()
    ),
}


def sequence(event: AuditEvent) -> int:
    """Return the number of a committed event."""
    assert event.place is not None
    return event.place.seq


def newest_first(events: Iterable[AuditEvent]) -> list[AuditEvent]:
    """Return committed events in the order of a query."""
    return sorted(events, key=lambda event: (event.occurred_at, sequence(event)), reverse=True)


def pages(
    service: AuditService, limit: int, filters: dict[str, Any], order: str = "newest"
) -> Iterator[Page]:
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = service.query(limit=limit, cursor=cursor, order=order, **filters)
        yield page
        cursor = page.next_cursor
        if cursor is None:
            return
    raise AssertionError("the pages do not end")


def _identity(kind: type[Actor | Target], text: str, as_value: bool) -> object:
    return kind(*text.split(":")) if as_value else text


@st.composite
def _filters(draw: st.DrawFn, moments: list[datetime]) -> dict[str, Any]:
    def one(*choices: str) -> st.SearchStrategy[str]:
        return st.sampled_from(choices)

    def identity(kind: type[Actor | Target], *choices: str) -> st.SearchStrategy[object]:
        return st.builds(_identity, st.just(kind), one(*choices), st.booleans())

    edges = st.builds(
        lambda moment, micro, hours: (moment + timedelta(microseconds=micro)).astimezone(
            timezone(timedelta(hours=hours))
        ),
        st.sampled_from(moments),
        st.integers(-1, 1),
        st.integers(-12, 14),
    )
    chosen: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "actor": identity(Actor, *ACTORS, "user:3"),
                "action": one(*ACTIONS, "invoice", "invoice.*", "user.*", "nobody.*")
                | st.lists(one(*ACTIONS, "invoice.*"), min_size=1, max_size=3),
                "actor_type": one("user", "service", "nobody"),
                "target_type": one("invoice", "nothing"),
                "request_id": one("r-0", "r-3"),
                "source_ip": one("203.0.113.7", "2001:db8::1"),
                "since_seq": st.integers(0, 70),
                "until_seq": st.integers(0, 70),
                "changed": one("status", "address", "address/city", "addr", "number"),
                "details": st.sampled_from(
                    [
                        {"number": 7},
                        {"number": True},
                        {"nested/five": 3},
                        {"nested/list": [1]},
                        {"nested/list/0": 0, "nested/five": 4},
                        {"nested/none": 1},
                    ]
                ),
                "target": identity(Target, "invoice:1", "invoice:2", "invoice:3"),
                "outcome": one(*OUTCOMES)
                | st.lists(one(*OUTCOMES), min_size=1, max_size=3, unique=True),
                "tenant": one("acme", "globex", "initech")
                | st.lists(one("acme", "globex"), min_size=1, max_size=2),
                "since": edges,
                "until": edges,
            },
        )
    )
    return chosen


def check_any_filters(service: AuditService, events: list[AuditEvent], examples: int) -> None:
    newest = newest_first(events)

    @given(
        _filters([event.occurred_at for event in events]),
        st.integers(1, 25),
        st.sampled_from(["newest", "oldest"]),
    )
    def agrees(filters: dict[str, Any], limit: int, order: str) -> None:
        expected = [event for event in newest if matches(event, filters)]
        if order == "oldest":
            expected.reverse()
        found = list(pages(service, limit, filters, order))
        assert [event for page in found for event in page.items] == expected
        assert all(len(page.items) == limit for page in found[:-1])
        assert len(found) == max(1, -(-len(expected) // limit)), "there is an empty page at the end"
        assert service.count(**filters) == len(expected)
        assert list(service.stream(follow=False, **filters)) == sorted(expected, key=sequence)
        check_summaries(service, filters, expected)

    run_property(agrees, examples=examples)
    assert service.query(limit=1000).items == tuple(newest)
    assert service.query().items == tuple(newest[:50])


def check_summaries(
    service: AuditService, filters: dict[str, Any], expected: list[AuditEvent]
) -> None:
    """Facets and histograms count the events that a query returns."""
    for by in ("action", "actor_type", "outcome", "tenant", "target_type"):
        values = [getattr(event, by.removesuffix("_type")) for event in expected]
        if by.endswith("_type"):
            values = [None if value is None else value.type for value in values]
        counts = Counter(None if value is None else str(value) for value in values)
        facets = service.facets(by=by, **filters)
        assert {facet.value: facet.count for facet in facets} == counts, by
        assert [facet.count for facet in facets] == sorted(counts.values(), reverse=True), by
    hours = service.histogram(bucket="hour", **filters)
    starts = [bucket.start for bucket in hours]
    if starts:
        assert starts == [starts[0] + timedelta(hours=own) for own in range(len(starts))]
        assert hours[0].count
        assert hours[-1].count
    counted = Counter(
        event.occurred_at.replace(minute=0, second=0, microsecond=0) for event in expected
    )
    assert {bucket.start: bucket.count for bucket in hours if bucket.count} == counted


LITERAL = (
    "a%b:1", "a_b:1", "axb:1", "a\\b:1", "a'b:1", "a''b:1", 'a"b:1', "a`b:1", "a;b:1", "a--b:1",
    "a*b:1", "a?b:1", "a$1b:1", "a{b}:1", "a:b:1", "a:b:", "a\nb:1", "NULL:NULL", "' OR '1'='1:1",
    "\u00e9:1", "e\u0301:1", "\U0001f600:1", "a\0b:1", "a b:1", "a  b:1", "%:%", "_:_", "%s:%(x)s",
    "a:1'; DROP TABLE audit_event; --",
)  # fmt: skip
PATTERNS = (
    "a%:1",
    "a_b:_",
    "%%:1",
    "a*:1",
    "[a-z]:1",
    "a.b:1",
    "A%B:1",
    "a'b:2",
    "a\\\\b:1",
    "axb:%",
)


def record_literal(service: AuditService) -> None:
    for name in LITERAL:
        service.record(name, actor=name, target=name, tenant=name, details={"name": name})


def check_literal(service: AuditService) -> None:
    for name, argument in itertools.product(LITERAL, ("action", "actor", "target", "tenant")):
        filters: dict[str, Any] = {argument: name}
        found = [event.details["name"] for event in service.query(**filters).items]
        assert found == [name], f"{argument}={name!r} finds {found!r}"
        assert service.count(**filters) == 1


def check_patterns(service: AuditService) -> None:
    for name, argument in itertools.product(PATTERNS, ("action", "actor", "target", "tenant")):
        filters: dict[str, Any] = {argument: name}
        assert service.count(**filters) == 0, f"{argument}={name!r} finds something"
    assert service.count() == len(LITERAL)


def check_get(service: AuditService, events: list[AuditEvent]) -> None:
    for event in events:
        text = str(event.event_id)
        forms: list[UUID | str] = [event.event_id, text, text.upper(), f"{{{text}}}"]
        for form in (*forms, f"urn:uuid:{text}", text.replace("-", "")):
            found = service.get(form)
            assert found == event
            assert found.place == event.place


def check_absent(service: AuditService) -> None:
    assert service.get(uuid4()) is None
    assert service.get(UUID(int=0)) is None


EDGES = [
    datetime(1000, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
    datetime(2026, 1, 1, 0, 0, 0, 2, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
]


def record_edges(service: AuditService) -> None:
    for moment in EDGES:
        service.record("x.y", actor="user:1", occurred_at=moment)


def check_edges(service: AuditService) -> None:
    for number, moment in enumerate(EDGES):
        zones = [UTC, timezone(timedelta(hours=9)), timezone(timedelta(hours=-3, minutes=-30))]
        for zone in zones:
            try:
                local = moment.astimezone(zone)
            except OverflowError:
                continue
            since = service.query(since=local).items
            assert [event.occurred_at for event in since] == EDGES[number:][::-1], local
            assert service.count(until=local) == number, local
            found = service.query(
                since=local, until=min(local, EDGES[-2]) + timedelta(microseconds=1)
            )
            expected = [moment] if number < len(EDGES) - 1 else []
            assert [event.occurred_at for event in found.items] == expected, local


def check_neighbours(service: AuditService, other: AuditService, events: list[AuditEvent]) -> None:
    mine = service.query().items
    theirs = other.query().items
    assert list(mine) == newest_first(events)
    assert {event.details["number"] for event in theirs} == {100, 101}
    for items, log in ((mine, "audit"), (theirs, "other.example.com/log")):
        places = [(event.place.log, event.place.seq) for event in items if event.place]
        assert sorted(places) == [(log, seq) for seq in range(len(items))]
    assert (service.count(), other.count()) == (len(events), 2)
    assert other.get(events[0].event_id) is None
    assert service.get(theirs[0].event_id) is None


def check_growing(service: AuditService, events: list[AuditEvent], limit: int) -> None:
    seen: list[AuditEvent] = []
    for page in pages(service, limit, {}):
        seen.extend(page.items)
        record_events(service, 3, first=1000)
    # Some of those that arrive meanwhile occurred earlier, and so come behind what was read.
    assert [event for event in seen if event in events] == newest_first(events)
    assert len({event.event_id for event in seen}) == len(seen)


def check_growing_fast(service: AuditService, threads: int) -> None:
    """Page through the log again and again while threads record as fast as they can."""
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            service.record("x.y", actor="user:9", details={"number": -1})
            # A pause of its own kind for each database: none would starve the reader of a core.
            time.sleep(0.001)

    writers = [threading.Thread(target=run) for _ in range(threads)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(3):
            seen = [event.place for page in pages(service, 31, {}) for event in page.items]
            numbers = [place.seq for place in seen if place is not None]
            assert sorted(numbers) == list(range(len(numbers))), "an event is missing or doubled"
    finally:
        stop.set()
        for writer in writers:
            writer.join(30)


@contextmanager
def _transaction(engine: Engine) -> Iterator[sqlalchemy.Connection]:
    with engine.connect() as connection:
        yield connection
        connection.rollback()


def check_open_read(service: AuditService, engine: Engine, events: int, seconds: float) -> None:
    """Somebody reads for a long time in one transaction, with a snapshot of his own."""
    with _transaction(engine) as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        before = connection.exec_driver_sql("SELECT COUNT(*) FROM audit_event").scalar()
        start = time.monotonic()
        record_events(service, events, first=200)
        assert time.monotonic() - start < seconds
        assert service.count() == (before or 0) + events


def check_locked_head(service: AuditService, engine: Engine) -> None:
    """Somebody appends, and takes his time: his transaction holds the log's row."""
    with _transaction(engine) as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.exec_driver_sql("UPDATE audit_log SET size = size")
        start = time.monotonic()
        assert service.count() > 0
        assert service.query(limit=5).items
        assert time.monotonic() - start < 2


def check_memory(service: AuditService, threads: int) -> None:
    problems: list[BaseException] = []

    def run(own: int) -> None:
        try:
            for number in range(10):
                receipt = service.record("x.y", actor=f"user:{own}", details={"number": number})
                event = service.get(receipt.event_id)
                assert event is not None
                assert service.count(actor=f"user:{own}") == number + 1
        except BaseException as error:  # noqa: BLE001 - the main thread raises it
            problems.append(error)

    running = [threading.Thread(target=run, args=(own,)) for own in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(60)
    if problems:
        raise problems[0]
    assert service.count() == threads * 10


def check_asynchronous(service: AuditService) -> None:
    first = service.record("x.y", actor="user:1")
    assert service.flush(30)
    assert service.get(first.event_id) is not None
    second = service.record("x.y", actor="user:2")
    place = second.wait(30)
    (event,) = service.query(limit=1).items
    assert (event.event_id, event.place) == (second.event_id, place)


def check_equality(service: AuditService, events: list[AuditEvent]) -> None:
    queried = service.query(limit=1000).items
    for own, event in enumerate(queried):
        again = service.get(event.event_id)
        assert again == event == newest_first(events)[own]
        assert again is not event
        assert again.body == event.body
        assert sum(other == event for other in queried) == 1
        assert AuditEvent.from_body(event.body) == event


class Mute:
    def __str__(self) -> str:
        raise RuntimeError("I do not speak")


NAMES: dict[str, Any] = {"Actor": Actor, "Target": Target, "datetime": datetime, "UTC": UTC}


def refusal_problem(service: AuditService, argument: str, value: str, says: str) -> str:
    filters: dict[str, Any] = {argument: eval(value, dict(NAMES))}  # noqa: S307 - our own table
    calls: list[Callable[..., object]] = [service.query]
    if argument not in {"limit", "cursor"}:
        calls.append(service.count)
    for call in calls:
        try:
            call(**filters)
        except QueryError as error:
            if error.argument != argument or says not in str(error):
                return f"{argument}={value}: {error}"
        except Exception as error:  # noqa: BLE001 - told below
            return f"{argument}={value}: {error!r}"
        else:
            return f"{argument}={value}: it was accepted"
    return ""


def check_bad_ids(service: AuditService) -> None:
    bad: list[Any] = ["x", 5, Mute(), "", None, "\ud800"]
    for value in bad:
        try:
            service.get(value)
        except InvalidEventError as error:
            assert error.argument == "event_id"
            assert "is no UUID" in str(error)
        else:
            raise AssertionError("it was found")


def check_cursor_filters(service: AuditService) -> None:
    moment = START + timedelta(microseconds=1)
    filters: dict[str, Any] = {"actor": "user:1", "since": moment}
    cursor = service.query(limit=1, **filters).next_cursor
    assert cursor is not None
    rest = service.query(cursor=cursor, **filters).items
    same = {
        "actor": Actor("user", "1", "Ada"),
        "since": moment.astimezone(timezone(timedelta(hours=3))),
    }
    assert service.query(cursor=cursor, **same).items == rest  # type: ignore[arg-type]
    assert len(rest) > 1
    others: list[dict[str, Any]] = [
        {},
        {"actor": "user:1"},
        {"actor": "user:2", "since": moment},
        {"target": "user:1", "since": moment},
        {"actor": "user:1", "until": moment},
        {"actor": "user:1", "since": moment + timedelta(microseconds=1)},
        filters | {"outcome": "success"},
        filters | {"tenant": "acme"},
        filters | {"action": "user.login"},
    ]
    for other in others:
        try:
            service.query(cursor=cursor, **other)
        except QueryError as error:
            assert error.argument == "cursor"
            assert "other filters or another order" in str(error)
        else:
            raise AssertionError(f"the cursor was taken with {other}")


def check_any_cursor(service: AuditService) -> None:
    real = service.query(limit=1).next_cursor
    assert real is not None
    moment, before, fingerprint = json.loads(base64.urlsafe_b64decode(real + "=="))
    assert isinstance(before, int)
    contents = st.recursive(
        st.none() | st.booleans() | st.integers() | st.just(fingerprint) | st.text(max_size=5)
        | st.floats() | st.integers(-(1 << 70), 1 << 70),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=5,
    )  # fmt: skip
    numbered = st.builds(
        lambda at, number: [at, number, fingerprint],
        st.just(moment) | st.just(moment[:10]) | st.text(max_size=5),
        st.integers(-(1 << 70), 1 << 70),
    )
    deep = st.just("[" * 5000).map(lambda text: base64.urlsafe_b64encode(text.encode()).decode())
    written = (numbered | contents).map(
        lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
    )
    mutated = st.builds(
        lambda place, text: real[:place] + text + real[place + 1 :],
        st.integers(0, len(real)),
        st.text(max_size=3),
    )
    anything = st.text() | st.text("ABCabc019-_=+/", max_size=80) | written | mutated | deep

    @given(anything)
    def answers(cursor: str) -> None:
        assume(cursor != real)
        try:
            page = service.query(cursor=cursor)
        except QueryError as error:
            assert error.argument == "cursor"
        else:
            assert isinstance(page, Page)

    run_property(answers, examples=300)
