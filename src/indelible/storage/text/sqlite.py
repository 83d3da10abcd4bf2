"""SQLite: a contentless FTS5 table, whose tokenizer is told our word rule."""

from __future__ import annotations

from collections.abc import Hashable
from math import sqrt
from typing import Any, ClassVar, Final

from sqlalchemy import ColumnElement, Connection, bindparam, exists, func, select, text

from indelible.errors import UnsafeSettingError
from indelible.storage.text.base import QUERY, TextDialect, Way
from indelible.storage.text.words import SEPARATORS, TextWords

__all__ = ["SQLiteText"]

_FREQUENT: Final = 12
"""How many hits there are, times the root of the number of events, when trying event after event in
the order of time finds a page as fast as sorting all hits; measured in benchmarks/."""

_LEAST: Final = 1_000
"""So few hits are always sorted."""

# NUL is no character of a statement; the tokenizer stops there anyway.
_CHARACTERS: Final = "".join(
    chr(code) for first, last in SEPARATORS for code in range(max(first, 1), last + 1)
)

_TOKENIZER: Final = (
    "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Z* C*' separators '{}'"
)


class SQLiteText(TextDialect):
    """FTS5, with the event's number for its row's.

    Contentless: the index alone is kept, and no second copy of what the bodies say.
    """

    pause: ClassVar = 0.5

    def prepare(self, connection: Connection) -> None:
        """Refuse an SQLite that was built without FTS5."""
        options = connection.exec_driver_sql("PRAGMA compile_options").scalars().all()
        if "ENABLE_FTS5" not in options:
            raise UnsafeSettingError(
                "this Python's SQLite was built without FTS5, which full text search needs. Use a "
                "Python whose SQLite has it, as Debian's and python.org's have"
            )

    def existing_triggers(self, connection: Connection) -> set[str]:
        """Return the names of the triggers that are there."""
        found = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        return set(found.scalars())

    def create(self) -> list[str]:
        """Return the statements that make the index and its triggers, unless they are there."""
        # Quoted for the list of characters, for the option's value and for the statement.
        characters = _CHARACTERS.replace("'", "''")
        tokenizer = _TOKENIZER.format(characters).replace('"', '""')
        insert, update = map(self.quoted, self.triggers)
        return [
            (
                f"CREATE VIRTUAL TABLE IF NOT EXISTS {self.index} USING fts5("
                f"document, content='', columnsize=0, tokenize=\"{tokenizer}\")"
            ),
            (
                f"CREATE TRIGGER IF NOT EXISTS {insert} AFTER INSERT ON {self.event}\n"  # noqa: S608 - names of our own
                f"WHEN NEW.log_id = {self.log_id} AND NEW.body IS NOT NULL\n"
                f"BEGIN INSERT INTO {self.index} (rowid, document)"
                f" VALUES (NEW.seq, {_document('NEW.')}); END"
            ),
            # An event that is pruned is not found any more.
            (
                f"CREATE TRIGGER IF NOT EXISTS {update}"  # noqa: S608 - names of our own
                f" AFTER UPDATE OF body ON {self.event}\n"
                f"WHEN OLD.log_id = {self.log_id} AND NEW.body IS NULL AND OLD.body IS NOT NULL\n"
                f"BEGIN INSERT INTO {self.index} ({self.index}, rowid, document)"
                f" VALUES ('delete', OLD.seq, {_document('OLD.')}); END"
            ),
        ]

    def drop(self, *, last: bool) -> list[str]:
        """Return the statements that take all of it away."""
        return [
            *(f"DROP TRIGGER IF EXISTS {self.quoted(name)}" for name in self.triggers),
            f"DROP TABLE IF EXISTS {self.index}",
        ]

    def fill(self) -> str:
        """Return the statement that indexes old events."""
        return (
            f"INSERT INTO {self.index} (rowid, document)"  # noqa: S608 - names of our own
            f" SELECT seq, {_document('')} FROM {self.event}"
            f" WHERE log_id = {self.log_id} AND seq >= ? AND seq < ? AND body IS NOT NULL"
        )

    def condition(self, wanted: TextWords, way: Way) -> ColumnElement[bool]:
        """Return the condition on an event."""
        index, seq = self.table("rowid", self.name), self.tables.event.c.seq
        matches = index.c[self.name].op("MATCH")(bindparam(QUERY, self._query(wanted)))
        if way == "hits":
            return seq.in_(select(index.c.rowid).where(matches))
        return exists().where(matches, index.c.rowid == seq)

    def shape(self, wanted: TextWords) -> Hashable:
        """Return what the condition's SQL depends on, values apart."""
        return ()

    def values(self, wanted: TextWords) -> dict[str, Any]:
        """Return what the condition's statement binds."""
        return {QUERY: self._query(wanted)}

    def many(self, connection: Connection, wanted: TextWords, size: int, page: int) -> bool:
        """Tell whether events that match are so frequent that trying is faster."""
        most = max(_LEAST, round(_FREQUENT * sqrt(size * page / 50)))
        index = self.table("rowid", self.name)
        matches = index.c[self.name].op("MATCH")(self._query(wanted))
        hits = select(index.c.rowid).where(matches).limit(most + 1).subquery()
        found = connection.execute(select(func.count()).select_from(hits)).scalar()
        return (found or 0) > most

    def _query(self, wanted: TextWords) -> str:
        """Return an FTS5 query; no word can hold a double quote."""
        return " AND ".join(
            f'"{" ".join(phrase.words)}"{"*" if phrase.prefix else ""}' for phrase in wanted.phrases
        )


def _document(row: str) -> str:
    """Return the expression for an event's text.

    Only what the JSON writer makes of control characters needs care: of all other escapes nothing
    stays but separators.  Backslashes stand first, so that none is taken for the next one's.
    """
    body = f"{row}body"
    plain = _spaced(body, ["\\\\", *(f"\\{letter}" for letter in "bfnrt")])
    codes = [f"\\u000{digit:x}" for digit in range(16)]
    few = f"replace({plain}, '\\u001', '\\u000')"
    # SQLite's parser takes no expression that is nested any deeper.
    some = f"(SELECT {_spaced('text', codes[:8])} AS text FROM (SELECT {few} AS text))"  # noqa: S608 - names of our own
    careful = f"(SELECT {_spaced('text', codes[8:])} FROM {some})"  # noqa: S608 - names of our own
    return (
        f"{row}actor || ' ' || coalesce({row}target, '') || ' ' ||"
        f" CASE WHEN instr({body}, '\\') = 0 THEN {body}"
        f" WHEN instr({body}, '\\u') = 0 THEN {plain} ELSE {careful} END"
    )


def _spaced(expression: str, texts: list[str]) -> str:
    for one in texts:
        expression = f"replace({expression}, '{one}', ' ')"
    return expression
