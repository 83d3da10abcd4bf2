"""Logs that are searched, and a plain loop to compare the answers with."""

from __future__ import annotations

import itertools
import json
import threading
import unicodedata
from collections.abc import Sequence
from typing import Any, get_args

import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, text

from features.support.events.services import open_service, plain_engine
from features.support.merkle.hypothesis_run import run_property
from indelible import AuditService, ClosedError, QueryError
from indelible.storage import migrate
from indelible.storage.schema import Tables
from indelible.storage.text import (
    TextSearchState,
    Way,
    disable_text,
    enable_text,
    text_bound,
    text_condition,
    text_plan,
    text_shape,
    text_state,
    text_words,
)
from indelible.storage.text.folding import FOLDS, folded
from indelible.storage.text.words import SEPARATORS, words_of

WAYS: tuple[Way, ...] = get_args(Way)
ACTION = "invoice.update"
EXAMPLES = (
    "paid\nin full",
    "Grüße aus Köln, Straße 5",
    "the a it's new_york O'Neill",
    "mail ada@example.com from 10.0.0.1",
    "ΌΣΟΣ und ЖУК",
    "\u212aelvin \u017fun \u00b5m",
    "中文。字",
    "deployed🎉 “quoted”",
    "C:\\new\\table \x01ctl\x02d \b1\f2",
    "long" * 20 + "tail",
    "w" * 300,
    "W" * 300 + "z",
    'say "no" (or) +yes -no ~x* @home <b> a:b',
    "İstanbul \u0131l\u0131k Ǆ ﬃ Ⴀ ა",
    "नमस्ते दुनिया",
    "xqzx यह qz",
)


class TextLog:
    """One scenario's log and its text index."""

    def __init__(self, context: Any) -> None:
        self.context = context
        self.service: AuditService = open_service(context)
        self.engine: Engine = plain_engine(context)
        self.tables = Tables()
        self.said: list[tuple[int, int]] = []
        self.actors = itertools.count()

    @classmethod
    def in_memory(cls, context: Any, *, audit_async: bool) -> TextLog:
        """Return a log in SQLite's memory, which its service alone can look into."""
        log = cls.__new__(cls)
        log.service = open_service(context, "sqlite://", audit_async=audit_async)
        log.said, log.actors = [], itertools.count()
        return log

    def record(self, texts: Sequence[str], service: AuditService | None = None) -> None:
        for own in texts:
            (service or self.service).record(
                ACTION,
                actor=f"user:{next(self.actors)}",
                target="invoice:981",
                details={"note": own},
            )

    def on(self, log_id: int = 1) -> TextSearchState:
        return enable_text(self.engine, self.tables, log_id, lambda *told: self.said.append(told))

    def off(self, log_id: int = 1) -> None:
        disable_text(self.engine, self.tables, log_id)

    def state(self, log_id: int = 1) -> TextSearchState:
        with self.engine.connect() as connection:
            return text_state(connection, self.tables, log_id)

    def found(self, query: str, way: Way, log_id: int = 1) -> list[int]:
        event, wanted = self.tables.event.c, text_words(query)
        condition = text_condition(self.engine.dialect, self.tables, log_id, wanted, way)
        statement = select(event.seq).where(event.log_id == log_id, condition)
        with self.engine.connect() as connection:
            return sorted(connection.execute(statement).scalars())

    def rows(self) -> list[tuple[int, str]]:
        """Return numbers and texts of the events, as the rule makes them from what is stored."""
        event = self.tables.event.c
        with self.engine.connect() as connection:
            found = connection.execute(
                select(event.seq, event.actor, event.target, event.body).where(event.log_id == 1)
            ).all()
        return [
            (seq, f"{actor} {target or ''} {unescaped(body)}") for seq, actor, target, body in found
        ]

    def leftovers(self) -> list[str]:
        """Return the names of everything in the database that belongs to text search."""
        kind = self.engine.dialect.name
        statements = {
            "sqlite": "SELECT name FROM sqlite_master",
            "postgresql": "SELECT relname FROM pg_class UNION SELECT proname FROM pg_proc"
            " UNION SELECT tgname FROM pg_trigger",
        }
        maria = (
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
            " UNION SELECT trigger_name FROM information_schema.triggers"
            " WHERE trigger_schema = DATABASE()"
        )
        with self.engine.connect() as connection:
            names = connection.execute(text(statements.get(kind, maria))).scalars().all()
        return sorted(name for name in names if name.startswith("audit_text"))


# What the service does --------------------------------------------------------------------------


def enable_meanwhile(log: TextLog, number: int) -> None:
    """Switch text search on through the service while another thread records."""
    errors: list[BaseException] = []

    def record() -> None:
        try:
            log.record(["word"] * number)
        except BaseException as error:  # noqa: BLE001 - told by the thread that waits
            errors.append(error)

    thread = threading.Thread(target=record)
    thread.start()
    assert log.service.enable_text_search().state == "on"
    thread.join()
    assert not errors, errors


def check_refused(service: AuditService, query: str, problem: str) -> None:
    try:
        service.query(text=query)
    except QueryError as error:
        assert problem in str(error), error
        assert "enable_text_search" in str(error), error
    else:
        raise AssertionError("not refused")


def check_closed(service: AuditService) -> None:
    for call in (
        service.enable_text_search,
        service.disable_text_search,
        service.text_search_status,
    ):
        try:
            call()
        except ClosedError:
            continue
        raise AssertionError(f"{call} was not refused")


# The word rule, written once more in the plainest way ---------------------------------------------


def unescaped(body: str) -> str:
    """Return a JSON text with a space for each escape sequence."""
    out, rest = [], iter(body)
    for letter in rest:
        if letter != "\\":
            out.append(letter)
            continue
        out.append(" ")
        if next(rest) == "u":
            for _ in range(4):
                next(rest)
    return "".join(out)


def is_word(letter: str) -> bool:
    code = ord(letter)
    if code < 0x80:
        return letter.isalnum()
    return not (0xD800 <= code <= 0xDFFF or any(a <= code <= b for a, b in SEPARATORS))


def plain_words(document: str) -> list[str]:
    runs = itertools.groupby(document, is_word)
    return ["".join(chr(FOLDS.get(ord(c), ord(c))) for c in run) for good, run in runs if good]


def holds(document: str, phrases: Sequence[tuple[tuple[str, ...], bool]]) -> bool:
    words = plain_words(document)
    return all(
        any(fits(words[start : start + len(phrase)], phrase, prefix) for start in range(len(words)))
        for phrase, prefix in phrases
    )


def fits(words: Sequence[str], phrase: Sequence[str], prefix: bool) -> bool:
    if len(words) != len(phrase):
        return False
    *first, last = phrase
    return list(words[:-1]) == first and (
        words[-1].startswith(last) if prefix else words[-1] == last
    )


# Checks ------------------------------------------------------------------------------------------


def check_example(log: TextLog, query: str, wanted: list[str]) -> None:
    """Whether a text finds the examples that have these words, by either way."""
    documents = dict(log.rows())
    for way in WAYS:
        found = [documents[seq] for seq in log.found(query, way)]
        assert len(found) == len(wanted), (query, way, found)
        for part in wanted:
            assert any(part in document for document in found), (query, way, part, found)


_ALPHABET = st.one_of(
    st.sampled_from(
        "aAbBzZ019 _'\"*+-~()<>@%&|!:.,\\/\n\t\0\x01äÄßẞéÉ\u03c3ςΣµμ\u212akK\u017fsSåÅ\u212bİ"
        "\u0131жЖ中あ가ǅ"
        "“”…\u2013\u00a0🎉\u0301\u200dنह्xXqQ"
    ),
    st.characters(exclude_categories=["Cs"]),
)
_TEXT = st.text(_ALPHABET, max_size=30)


def check_model(log: TextLog, events: int, examples: int) -> None:
    """Whether the database agrees with the plain loop, for any events and any searches."""
    batches = iter(range(10**6))

    @given(st.lists(_TEXT, min_size=1, max_size=events), st.lists(_TEXT, max_size=4), st.data())
    def agrees(texts: list[str], queries: list[str], data: st.DataObject) -> None:
        mark = f"batch{next(batches)}x"
        log.record([f"{mark} {own}" for own in texts])
        rows = [row for row in log.rows() if mark in row[1]]
        assert len(rows) == len(texts)
        # What is random in an event, its id and its times, is not asked for.
        words = sorted({mark, "invoice", *(word for own in texts for word in plain_words(own))})
        some = data.draw(st.lists(st.sampled_from(words), min_size=1, max_size=3))
        cut = some[0][: data.draw(st.integers(1, len(some[0])))]
        pair = plain_words(texts[0])[-3:] or words[:1]
        for query in [*queries, " ".join(some).upper(), f"{cut}*", f'"{" ".join(pair)}"']:
            check_query(log, f"{mark} {query}", rows)

    run_property(agrees, examples=examples, shrink=False)


def check_query(log: TextLog, query: str, rows: Sequence[tuple[int, str]]) -> None:
    wanted = text_words(query)
    expected = [seq for seq, document in rows if holds(document, wanted.phrases)]
    for way in WAYS:
        found = log.found(query, way)
        assert found == expected, (query, way, found, expected, wanted)


def check_any_query(log: TextLog, examples: int) -> None:
    """Whether no text does more than find something, or say that it has no words."""

    @given(st.text(st.characters(), max_size=60))
    def answers(query: str) -> None:
        try:
            wanted = text_words(query)
        except ValueError as error:
            assert not plain_words(query), error
            return
        assert hash(wanted) == hash(text_words(query))
        check_query(log, query, rows)

    rows = log.rows()
    run_property(answers, examples=examples)


def check_tables(log: TextLog) -> None:
    """Whether SQLite's own tables are the ones that stand in the source."""
    with log.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        (statement,) = raw.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'audit_text_1'"
        ).fetchone()
        raw.execute(statement.replace("audit_text_1", "temp.probe", 1))
        raw.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(temp, probe, instance)")
        codes = [code for code in range(1, 0x110000) if not 0xD800 <= code <= 0xDFFF]
        raw.executemany(
            "INSERT INTO temp.probe (rowid, document) VALUES (?, ?)",
            ((code, f"zz{chr(code)}zz") for code in codes),
        )
        found: dict[int, list[str]] = {}
        for term, code in raw.execute("SELECT term, doc FROM temp.terms ORDER BY doc, offset"):
            found.setdefault(code, []).append(term)
        raw.rollback()
    wrong = [
        (hex(code), unicodedata.name(chr(code), "?"), found.get(code))
        for code in codes
        if found.get(code) != words_of(f"zz{chr(code)}zz")
    ]
    assert not wrong, (len(wrong), wrong[:10])


def check_shapes(log: TextLog) -> None:
    """Whether searches of one shape are one statement, to which the values can be bound."""
    pairs = [("foo", "bar*"), ("a:b", "c.d.e*"), ("ärger foo", "x y"), ("नम", "ह्"), ("a b", "c d")]
    dialect = log.engine.dialect
    event = log.tables.event.c
    for first, second in pairs:
        left, right = text_words(first), text_words(second)
        same = text_shape(dialect, log.tables, 1, left) == text_shape(dialect, log.tables, 1, right)
        for way in WAYS:
            compiled = [
                select(event.seq)
                .where(text_condition(dialect, log.tables, 1, words, way))
                .compile(dialect=dialect)
                for words in (left, right)
            ]
            if same:
                assert str(compiled[0]) == str(compiled[1]), (first, second)
                bound = text_bound(dialect, log.tables, 1, right)
                assert compiled[0].construct_params(bound) == compiled[1].params


def check_growing(log: TextLog, old: int) -> None:
    """Whether nothing is missing and nothing is double, though events arrive all the time."""
    log.record(["old word"] * old)
    stop = threading.Event()

    def go_on() -> None:
        while not stop.is_set():
            log.service.record(ACTION, actor="user:1", details={"note": "new word"})

    writer = threading.Thread(target=go_on)
    writer.start()
    try:
        state = log.on()
    finally:
        stop.set()
        writer.join()
    size = log.service.size()
    assert state.state == "on", state
    assert size > old, "nothing arrived"
    for way in WAYS:
        assert log.found("word", way) == list(range(size))
    assert log.said == sorted(log.said), log.said
    with log.engine.connect() as connection:
        assert indexed_rows(connection) == size


def indexed_rows(connection: sqlalchemy.Connection) -> int:
    """Return the number of entries in the index."""
    if connection.dialect.name == "sqlite":
        raw: Any = connection.connection.driver_connection
        raw.execute("DROP TABLE IF EXISTS temp.all_terms")
        raw.execute("CREATE VIRTUAL TABLE temp.all_terms USING fts5vocab(main, audit_text_1, row)")
        statement = "SELECT doc FROM temp.all_terms WHERE term = 'invoice'"
        found: int = raw.execute(statement).fetchone()[0]
        return found
    return int(connection.execute(text("SELECT count(*) FROM audit_text_1")).scalar() or 0)


class Killed(BaseException):
    """What ends filling in, in the middle."""


def kill_in_the_middle(log: TextLog) -> None:
    def end(done: int, total: int) -> None:
        if done < total:
            raise Killed

    try:
        enable_text(log.engine, log.tables, 1, end)
    except Killed:
        return
    raise AssertionError("it was done at once: there are too few events")


def check_plan(log: TextLog) -> None:
    with log.engine.connect() as connection:
        rare = text_plan(connection, log.tables, 1, text_words("rare"))
        common = text_plan(connection, log.tables, 1, text_words("common"))
    assert (rare, common) == ("hits", "probe")


def prune(log: TextLog, seq: int) -> None:
    event = log.tables.event
    with log.engine.begin() as connection:
        connection.execute(
            sqlalchemy.update(event)
            .where(event.c.log_id == 1, event.c.seq == seq)
            .values(body=None, actor=None, target=None)
        )


def schema_state(log: TextLog) -> str:
    return migrate.check(log.engine).state


def bodies_are_json(log: TextLog) -> bool:
    event = log.tables.event.c
    with log.engine.connect() as connection:
        bodies = connection.execute(select(event.body)).scalars().all()
        assert connection.execute(select(func.count()).select_from(log.tables.event)).scalar()
    return all(json.loads(body) for body in bodies)


def folds_twice() -> list[int]:
    """Return the letters whose folded letter folds to another one."""
    return [code for code in FOLDS if folded(folded(chr(code))) != folded(chr(code))]
