"""PostgreSQL: a tsvector with the event's words, and a GIN index on it.

The words come from our own rule and not from the text search parser, which takes ``a/b`` for a
file's name and ``-42`` for a number.  They are kept without their positions, of which a tsvector
holds too few; where positions count, the text itself is looked at, for the index's hits alone.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy import text as sql_text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.expression import cast

from indelible.storage.schema import Tables
from indelible.storage.text.base import QUERY, SEPARATORS_CLASS, TextDialect, Way, exact
from indelible.storage.text.folding import FOLDS
from indelible.storage.text.sampling import sampled_many
from indelible.storage.text.words import TextWords

__all__ = ["PostgreSQLText"]

_LONGEST: Final = 255
"""Characters of a word that are indexed; a lexeme may have 2,046 bytes."""

_LARGEST: Final = 1_000_000
"""Largest body whose words are indexed, in bytes: a tsvector may have 1 MiB."""

_LARGE: Final = " large"
"""What stands in the index for the words of a larger one; no word holds a space."""

_ASCII: Final = r"\u0001-/:-@\[-`{-\u00a9"

_ASCII_END: Final = 0x80
_TWO_BYTES: Final = 0x800
"""The code points up to here hold the capitals of Latin, Greek, Cyrillic and Armenian."""


class PostgreSQLText(TextDialect):
    """A table of tsvectors, filled by a trigger once for each statement, COPY included."""

    def __init__(self, dialect: Dialect, tables: Tables, log_id: int) -> None:
        super().__init__(dialect, tables, log_id)
        self._home = tables.schema

    def prepare(self, connection: Connection) -> None:
        """Learn the schema's name: a function finds nothing by a search path."""
        if self._home is None:
            self._home = connection.exec_driver_sql("SELECT current_schema()").scalar()

    def existing_triggers(self, connection: Connection) -> set[str]:
        """Return the names of the triggers that are there."""
        found = connection.execute(
            sql_text(
                "SELECT t.tgname FROM pg_catalog.pg_trigger t"
                " JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid"
                " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                " WHERE NOT t.tgisinternal AND n.nspname = COALESCE(:schema, current_schema())"
            ),
            {"schema": self.tables.schema},
        )
        return set(found.scalars())

    def create(self) -> list[str]:
        """Return the statements that make the index and its triggers, unless they are there."""
        insert, update = self.triggers
        inserted, pruned = self.quoted(insert), self.quoted(update)
        return [
            (
                f"CREATE TABLE IF NOT EXISTS {self.index}"
                " (seq bigint PRIMARY KEY, document tsvector NOT NULL)"
            ),
            (
                f"CREATE INDEX IF NOT EXISTS {self._preparer.quote(f'{self.name}_idx')}"
                f" ON {self.index} USING gin (document)"
            ),
            *self._functions(),
            # With the rights of whoever owns it: the account that records needs none.
            (
                f"CREATE OR REPLACE FUNCTION {inserted}() RETURNS trigger\n"  # noqa: S608 - names of our own
                "  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$\n"
                "BEGIN\n"
                f"  INSERT INTO {self._qualified(self.name)} (seq, document)\n"
                f"    SELECT seq, {self._vector()} FROM added\n"
                f"    WHERE log_id = {self.log_id} AND body IS NOT NULL\n"
                "    ON CONFLICT (seq) DO UPDATE SET document = EXCLUDED.document;\n"
                "  RETURN NULL;\n"
                "END $$"
            ),
            (
                f"CREATE OR REPLACE FUNCTION {pruned}() RETURNS trigger\n"  # noqa: S608 - names of our own
                "  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$\n"
                "BEGIN\n"
                f"  DELETE FROM {self._qualified(self.name)} WHERE seq = OLD.seq;\n"
                "  RETURN NULL;\n"
                "END $$"
            ),
            self._drop_trigger(insert),
            self._drop_trigger(update),
            (
                f"CREATE TRIGGER {self._preparer.quote(insert)} AFTER INSERT ON {self.event}\n"
                "  REFERENCING NEW TABLE AS added\n"
                f"  FOR EACH STATEMENT EXECUTE FUNCTION {inserted}()"
            ),
            (
                f"CREATE TRIGGER {self._preparer.quote(update)}\n"
                f"  AFTER UPDATE OF body ON {self.event}\n"
                f"  FOR EACH ROW WHEN (OLD.log_id = {self.log_id} AND NEW.body IS NULL)\n"
                f"  EXECUTE FUNCTION {pruned}()"
            ),
        ]

    def drop(self, *, last: bool) -> list[str]:
        """Return the statements that take all of it away."""
        statements = [
            *map(self._drop_trigger, self.triggers),
            *(f"DROP FUNCTION IF EXISTS {self.quoted(name)}()" for name in self.triggers),
            f"DROP TABLE IF EXISTS {self.index}",
        ]
        if last:
            names = (f"{self.tables.prefix}text_vector", f"{self.tables.prefix}text_words")
            statements += [
                f"DROP FUNCTION IF EXISTS {self.quoted(name)}(text, text, text)" for name in names
            ]
        return statements

    def fill(self) -> str:
        """Return the statement that indexes old events."""
        return (
            f"INSERT INTO {self.index} (seq, document)"  # noqa: S608 - names of our own
            f" SELECT seq, {self._vector()} FROM {self.event}"
            f" WHERE log_id = {self.log_id} AND seq >= %s AND seq < %s AND body IS NOT NULL"
            " ON CONFLICT (seq) DO NOTHING"
        )

    def condition(self, wanted: TextWords, way: Way) -> ColumnElement[bool]:
        """Return the condition on an event."""
        event, index = self.tables.event.c, self.table("seq", "document")
        matches = index.c.document.op("@@")(cast(bindparam(QUERY, self._query(wanted)), TSQUERY))
        found: ColumnElement[Any]
        if way == "hits":
            # As an array, and not as a set: the hits are fetched first, whatever the planner thinks
            # of a page that is ordered by time.
            hits = func.array(select(index.c.seq).where(matches).scalar_subquery())
            found = event.seq == any_(hits)
        else:
            found = select(matches).where(index.c.seq == event.seq).scalar_subquery()
        # Calling a function that is known only by name.
        name = f"{self.tables.prefix}text_words"
        function: Any = func
        if self.tables.schema is not None:
            function = getattr(func, self.tables.schema)
        text = getattr(function, name)(event.actor, event.target, event.body)
        compared = and_(
            *(
                func.strpos(text, bindparam(exact(number), value)) > 0
                for number, value in enumerate(self._exact(wanted))
            )
        )
        if not _is_exact(wanted):
            return and_(found, compared)
        small = func.octet_length(event.body) <= literal_column(str(_LARGEST))
        return and_(found, or_(small, compared))

    def shape(self, wanted: TextWords) -> Hashable:
        """Return what the condition's SQL depends on, values apart."""
        return len(wanted.phrases), _is_exact(wanted)

    def values(self, wanted: TextWords) -> dict[str, Any]:
        """Return what the condition's statement binds."""
        values = {exact(number): value for number, value in enumerate(self._exact(wanted))}
        return {QUERY: self._query(wanted), **values}

    def many(self, connection: Connection, wanted: TextWords, size: int, page: int) -> bool:
        """Tell whether events that match are so frequent that trying is faster."""
        if not _is_exact(wanted):
            # Words are frequent where what they make up may not be: 42 is one of many a time.
            event = self.tables.event
            matches = and_(event.c.log_id == self.log_id, self.condition(wanted, "probe"))
            return sampled_many(connection, event, matches, size)
        index = self.table("seq", "document")
        query = cast(bindparam(QUERY, self._query(wanted)), TSQUERY)
        return sampled_many(connection, index, index.c.document.op("@@")(query), size)

    def _query(self, wanted: TextWords) -> str:
        words = {
            f"'{word[:_LONGEST]}'{':*' if prefix else ''}"
            for phrase in wanted.phrases
            for word, prefix in _each(phrase.words, last=phrase.prefix)
        }
        return f"({' & '.join(sorted(words))}) | '{_LARGE}'"

    def _exact(self, wanted: TextWords) -> list[str]:
        return [
            f" {' '.join(phrase.words)}{'' if phrase.prefix else ' '}" for phrase in wanted.phrases
        ]

    def _qualified(self, name: str) -> str:
        """Return a name as it is written where the search path is not the connection's."""
        if self._home is None:
            raise RuntimeError("prepare() comes first")
        return f"{self._preparer.quote(self._home)}.{self._preparer.quote(name)}"

    def _vector(self) -> str:
        return f"{self._qualified(f'{self.tables.prefix}text_vector')}(actor, target, body)"

    def _drop_trigger(self, name: str) -> str:
        return f"DROP TRIGGER IF EXISTS {self._preparer.quote(name)} ON {self.event}"

    def _functions(self) -> list[str]:
        """Return the statements that make what gives an event's words, for all logs."""
        words = f"{self.tables.prefix}text_words"
        early = {code: fold for code, fold in FOLDS.items() if _ASCII_END <= code < _TWO_BYTES}
        late = {code: fold for code, fold in FOLDS.items() if code >= _TWO_BYTES}
        return [
            (
                f"CREATE OR REPLACE FUNCTION {self.quoted(words)}"
                "(actor text, target text, body text) RETURNS text\n"
                "  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$\n"
                "DECLARE document text := body;\n"
                "BEGIN\n"
                "  IF strpos(document, E'\\\\') > 0 THEN\n"
                "    document := regexp_replace(document, '\\\\(u[0-9a-fA-F]{4}|.)', ' ', 'g');\n"
                "  END IF;\n"
                "  document := concat(' ', actor, ' ', target, ' ', document);\n"
                '  document := lower(document COLLATE "C");\n'
                "  IF octet_length(document) <> length(document) THEN\n"
                # Each letter is compared with each capital, so it is done where there are some.
                f"    IF document ~ '[{_capitals(early)}]' THEN\n"
                f"      document := {_translated(early)};\n"
                "    END IF;\n"
                f"    IF document ~ '[{_capitals(late)}]' THEN\n"
                f"      document := {_translated(late)};\n"
                "    END IF;\n"
                "  END IF;\n"
                "  RETURN regexp_replace("
                f"document || ' ', '[{_ASCII}{SEPARATORS_CLASS}]+', ' ', 'g');\n"
                "END $$"
            ),
            (
                f"CREATE OR REPLACE FUNCTION {self.quoted(f'{self.tables.prefix}text_vector')}"
                "(actor text, target text, body text) RETURNS tsvector\n"
                "  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$\n"
                "DECLARE document text;\n"
                "BEGIN\n"
                f"  IF octet_length(body) > {_LARGEST} THEN\n"
                f"    RETURN array_to_tsvector(ARRAY['{_LARGE}']);\n"
                "  END IF;\n"
                f"  document := {self._qualified(words)}(actor, target, body);\n"
                f"  IF document ~ '[^ ]{{{_LONGEST}}}' THEN\n"
                "    document := regexp_replace("
                f"document, '([^ ]{{{_LONGEST}}})[^ ]+', '\\1', 'g');\n"
                "  END IF;\n"
                "  RETURN array_to_tsvector(string_to_array(btrim(document), ' '));\n"
                "END $$"
            ),
        ]


def _each(words: tuple[str, ...], *, last: bool) -> list[tuple[str, bool]]:
    """Return words, each with whether it may go on, which the last one may."""
    return [(word, last and number == len(words)) for number, word in enumerate(words, 1)]


def _is_exact(wanted: TextWords) -> bool:
    """Tell whether the index's hits need no second look."""
    return all(
        len(phrase.words) == 1 and len(phrase.words[0]) <= _LONGEST for phrase in wanted.phrases
    )


def _capitals(folds: dict[int, int]) -> str:
    return "".join(map(chr, folds))


def _translated(folds: dict[int, int]) -> str:
    return f"translate(document, '{_capitals(folds)}', '{''.join(map(chr, folds.values()))}')"
