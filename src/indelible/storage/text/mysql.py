"""MariaDB and MySQL: a table with each event's words, and InnoDB's FULLTEXT index on it.

InnoDB leaves out words that are short, long or frequent in English, and takes ``_`` and an
apostrophe for parts of a word.  So the words are written in a form that meets none of these rules:
each begins with ``xx``, ends where a longer one would be left out, and has ``qzx`` for letters that
not every version folds alike.  Where that loses something, and for what stands right behind each
other, the event itself is looked at.

REGEXP_REPLACE, and REPLACE where it changes a text's length, take time by the square of a text's
length (measured: 0.7 s for 70 KB), so that as little as can be is done with them, and large bodies
are not indexed but looked at.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any, ClassVar, Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, literal_column, or_, select
from sqlalchemy import text as sql_text
from sqlalchemy.dialects.mysql import match
from sqlalchemy.sql.expression import TableClause

from indelible.errors import UnsafeSettingError
from indelible.storage.text.base import QUERY, SEPARATORS_CLASS, TextDialect, Way, exact
from indelible.storage.text.folding import FOLDS, variants
from indelible.storage.text.sampling import sampled_many
from indelible.storage.text.words import Phrase, TextWords

__all__ = ["MySQLText"]

_MARK: Final = "xx"
"""What every word begins with: no word is too short, and none is a stop word."""

_SHORTEST: Final = len(_MARK) + 1
_LONGEST: Final = 80
"""Characters of an indexed word with its mark; InnoDB's own bound is 84."""

_OTHER: Final = "qzx"
"""What stands for letters that are not known to be folded alike everywhere."""

_ASCII: Final = 0x80

_REPLACED: Final = {
    "\u017f": "s",
    "\u212a": "k",
    "\u212b": "å",
    "\u00b5": "\u03bc",
    "\u03c2": "\u03c3",
}
"""Letters that are folded before the server does it, which knows these pairs in no version."""

_LETTERS: Final = (
    # Latin, Greek, Cyrillic, Hebrew, Arabic, Devanagari and Thai.
    (0x00C0, 0x00D6),
    (0x00D8, 0x00F6),
    (0x00F8, 0x017E),
    (0x0388, 0x03CE),
    (0x0400, 0x0481),
    (0x05D0, 0x05EA),
    (0x0621, 0x063A),
    (0x0641, 0x064A),
    (0x0905, 0x0939),
    (0x0E01, 0x0E30),
    # Japanese, Chinese and Korean.
    (0x3041, 0x3093),
    (0x30A1, 0x30F6),
    (0x4E00, 0x9FA5),
    (0xAC00, 0xD7A3),
)
"""Letters that the servers take for letters and fold as we do, but for those left out below."""


def _plain_letters() -> frozenset[int]:
    letters = {code for first, last in _LETTERS for code in range(first, last + 1)}
    # LOWER() makes an i of it.
    letters -= {0x0130}
    # Those that are equal are either all kept or all not.
    known = letters | set(map(ord, _REPLACED)) | set(range(_ASCII))
    for code, fold in FOLDS.items():
        if fold >= _ASCII and not {code, fold} <= known:
            letters -= {fold, *map(ord, variants(chr(fold)))}
    return frozenset(letters)


_PLAIN: Final = _plain_letters()


def _ranges(codes: frozenset[int]) -> str:
    """Return a set of characters for a class in a regular expression."""
    ordered, parts = sorted(codes), []
    start = last = ordered[0]
    for code in [*ordered[1:], 0x110000]:
        if code != last + 1:
            parts.append(f"{chr(start)}-{chr(last)}")
            start = code
        last = code
    return "".join(parts)


def _literal(text: str) -> str:
    """Return a text as a literal that means the same in every SQL mode and character set."""
    return f"_utf8mb4 X'{text.encode().hex()}'"


_LARGEST: Final = 32_768
"""Largest body that is indexed, in bytes."""

_LARGE: Final = " yylarge "
"""What stands in the index for a larger one; every word begins with the mark."""

_CLASS: Final = r"\x00-/:-@\[-`{-\xA9" + SEPARATORS_CLASS
_SEPARATED: Final = _literal(rf"[\x{_ASCII:02x}-\xA9{SEPARATORS_CLASS}]+")
_LOST: Final = _literal(rf"[^\x00-\xA9{SEPARATORS_CLASS}{_ranges(_PLAIN)}]+")
_LOST_RUN: Final = re.compile(f"[^\\x00-\\x7f{_ranges(_PLAIN)}]+")
_CONTROLS: Final = _literal(r"[\x00-\x1f\x7f]")
_TOO_LONG: Final = _literal(f"([^ ]{{{_LONGEST}}})[^ ]+")
_SIGNS: Final = "".join(
    chr(code) for code in range(ord("!"), _ASCII) if not chr(code).isalnum() and code != ord("\\")
)
"""Separators of ASCII, apart from the space, control characters and the backslash."""


class MySQLText(TextDialect):
    """FULLTEXT on InnoDB, in boolean mode."""

    transactional: ClassVar = False

    def prepare(self, connection: Connection) -> None:
        """Refuse a server that would leave words out."""
        shortest, longest = connection.exec_driver_sql(
            "SELECT @@innodb_ft_min_token_size, @@innodb_ft_max_token_size"
        ).one()
        if shortest > _SHORTEST or longest < _LONGEST:
            raise UnsafeSettingError(
                f"the server runs with innodb_ft_min_token_size={shortest} and "
                f"innodb_ft_max_token_size={longest}, and would leave words out. Set them to at "
                f"most {_SHORTEST} and at least {_LONGEST}; their defaults are 3 and 84"
            )

    def existing_triggers(self, connection: Connection) -> set[str]:
        """Return the names of the triggers that are there."""
        found = connection.execute(
            sql_text(
                "SELECT trigger_name FROM information_schema.triggers"
                " WHERE trigger_schema = COALESCE(:schema, DATABASE())"
            ),
            {"schema": self.tables.schema},
        )
        return set(found.scalars())

    def create(self) -> list[str]:
        """Return the statements that make the index and its triggers, unless they are there."""
        insert, update = map(self.quoted, self.triggers)
        key = self._preparer.quote(f"{self.name}_idx")
        collation = "utf8mb4_nopad_bin" if self._is_maria else "utf8mb4_0900_bin"
        return [
            (
                f"CREATE TABLE IF NOT EXISTS {self.index}"
                " (seq BIGINT PRIMARY KEY, document LONGTEXT NOT NULL,"
                f" FULLTEXT KEY {key} (document))"
                f" ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={collation}"
            ),
            f"DROP TRIGGER IF EXISTS {insert}",
            f"DROP TRIGGER IF EXISTS {update}",
            (
                f"CREATE TRIGGER {insert}\n"  # noqa: S608 - names of our own
                f"  AFTER INSERT ON {self.event} FOR EACH ROW\n"
                f"  IF NEW.log_id = {self.log_id} AND NEW.body IS NOT NULL THEN\n"
                f"    REPLACE INTO {self.index} (seq, document)"
                f" VALUES (NEW.seq, {_document('NEW.')});\n"
                "  END IF"
            ),
            (
                f"CREATE TRIGGER {update}\n"  # noqa: S608 - names of our own
                f"  AFTER UPDATE ON {self.event} FOR EACH ROW\n"
                f"  IF OLD.log_id = {self.log_id} AND NEW.body IS NULL THEN\n"
                f"    DELETE FROM {self.index} WHERE seq = OLD.seq;\n"
                "  END IF"
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
            f"INSERT IGNORE INTO {self.index} (seq, document)"  # noqa: S608 - names of our own
            f" SELECT seq, {_document('')} FROM {self.event}"
            f" WHERE log_id = {self.log_id} AND seq >= %s AND seq < %s AND body IS NOT NULL"
        )

    def condition(self, wanted: TextWords, way: Way) -> ColumnElement[bool]:
        """Return the condition on an event."""
        event, index = self.tables.event.c, self.table("seq", "document")
        found: ColumnElement[Any]
        if way == "hits":
            query: ColumnElement[str] = bindparam(QUERY, _query(wanted))
            matches = match(index.c.document, against=query).in_boolean_mode()
            found = event.seq.in_(select(index.c.seq).where(matches))
        else:
            found = select(_holds(index, wanted)).where(index.c.seq == event.seq).scalar_subquery()
        compared = and_(
            *(
                literal_column(_text("")).op("REGEXP")(bindparam(exact(number), _pattern(phrase)))
                for number, phrase in enumerate(wanted.phrases)
            )
        )
        if not _is_exact(wanted):
            return and_(found, compared)
        small = func.octet_length(event.body) <= literal_column(str(_LARGEST))
        return and_(found, or_(small, compared))

    def shape(self, wanted: TextWords) -> Hashable:
        """Return what the condition's SQL depends on, values apart."""
        return len(wanted.phrases), len(_forms(wanted)), _is_exact(wanted)

    def values(self, wanted: TextWords) -> dict[str, Any]:
        """Return what the condition's statement binds."""
        return {
            QUERY: _query(wanted),
            **{f"text_word{number}": form for number, form in enumerate(_forms(wanted))},
            **{exact(number): _pattern(one) for number, one in enumerate(wanted.phrases)},
        }

    def many(self, connection: Connection, wanted: TextWords, size: int, page: int) -> bool:
        """Tell whether events that match are so frequent that trying is faster."""
        if not _is_exact(wanted):
            # Words are frequent where what they make up may not be: 42 is one of many a time.
            event = self.tables.event
            matches = and_(event.c.log_id == self.log_id, self.condition(wanted, "probe"))
            return sampled_many(connection, event, matches, size)
        index = self.table("seq", "document")
        return sampled_many(connection, index, _holds(index, wanted), size)

    @property
    def _is_maria(self) -> bool:
        return bool(getattr(self.dialect, "is_mariadb", False))


def _word(word: str) -> str:
    """Return the form in which a word is indexed."""
    kept = _LOST_RUN.sub(_OTHER, word)
    return (_MARK + kept)[:_LONGEST]


def _forms(wanted: TextWords) -> list[str]:
    """Return all words as they stand in the index, with a space behind those that end."""
    return sorted(
        {
            f" {_word(word)}{'' if phrase.prefix and number == len(phrase.words) else ' '}"
            for phrase in wanted.phrases
            for number, word in enumerate(phrase.words, 1)
        }
    )


def _query(wanted: TextWords) -> str:
    """Return a query in boolean mode, of words alone."""
    words = (f"+{form.strip()}{'' if form.endswith(' ') else '*'}" for form in _forms(wanted))
    return f"({' '.join(words)}) {_LARGE.strip()}"


def _holds(index: TableClause, wanted: TextWords) -> ColumnElement[bool]:
    """Return the condition that a row of the index holds all words."""
    document = index.c.document
    words = (
        func.instr(document, bindparam(f"text_word{number}", form)) > 0
        for number, form in enumerate(_forms(wanted))
    )
    return or_(document == literal_column(f"'{_LARGE}'"), and_(*words))


def _is_exact(wanted: TextWords) -> bool:
    """Tell whether the index's hits need no second look."""
    return all(len(phrase.words) == 1 and not _loses(phrase) for phrase in wanted.phrases)


def _loses(phrase: Phrase) -> bool:
    """Tell whether the form of a phrase's only word is, or begins, that of others, too."""
    (word,) = phrase.words
    # What goes on may go on with what stands for other letters.
    begun = phrase.prefix and word.endswith((_OTHER[:1], _OTHER[:2]))
    return begun or _OTHER in word or _word(word) != _MARK + word


def _pattern(phrase: Phrase) -> str:
    """Return the regular expression for a phrase, whose letters are no special characters."""
    words = f"[{_CLASS}]+".join(
        "".join(f"[{variants(letter)}]" if len(variants(letter)) > 1 else letter for letter in word)
        for word in phrase.words
    )
    return f"[{_CLASS}]{words}{'' if phrase.prefix else f'[{_CLASS}]'}"


def _text(row: str) -> str:
    """Return the expression for an event's text without escape sequences, between spaces.

    Every escape sequence gives as many spaces as it is long.
    """
    body = f"{row}body"
    plain = _spaced(body, ["\\\\", *(f"\\{letter}" for letter in 'bfnrt"/')])
    plain = f"REPLACE({plain}, {_literal(chr(92) + 'u001')}, {_literal(chr(92) + 'u000')})"
    plain = _spaced(plain, [f"\\u000{digit:x}" for digit in range(16)])
    named = f"REGEXP_REPLACE(CONCAT({row}actor, ' ', COALESCE({row}target, '')), {_CONTROLS}, ' ')"
    return (
        f"CONCAT(' ', {named}, ' ',"
        f" IF(INSTR({body}, {_literal(chr(92))}) = 0, {body}, {plain}), ' ')"
    )


def _spaced(expression: str, texts: list[str]) -> str:
    for one in texts:
        expression = f"REPLACE({expression}, {_literal(one)}, '{' ' * len(one)}')"
    return expression


def _document(row: str) -> str:
    """Return the expression for what is indexed of an event."""
    plain = _text(row)
    letters = plain
    for letter, instead in _REPLACED.items():
        letters = f"REPLACE({letters}, {_literal(letter)}, {_literal(instead)})"
    letters = f"REGEXP_REPLACE({letters}, {_SEPARATED}, ' ')"
    letters = f"REGEXP_REPLACE({letters}, {_LOST}, '{_OTHER}')"
    whole = f"CONCAT({row}body, {row}actor, COALESCE({row}target, ''))"
    words = _spaced(
        f"LOWER(IF(LENGTH({whole}) = CHAR_LENGTH({whole}), {plain}, {letters}))",
        [*_SIGNS, "\\"],
    )
    # Most runs of separators are short; what is left of longer ones gives marks without a word.
    for length in (4, 3, 2):
        words = f"REPLACE({words}, '{' ' * length}', ' ')"
    marked = f"REPLACE({words}, ' ', ' {_MARK}')"
    shortened = f"REGEXP_REPLACE({marked}, {_TOO_LONG}, {_literal(chr(92) + '1')})"
    return f"IF(LENGTH({row}body) > {_LARGEST}, '{_LARGE}', {shortened})"
