"""The word rule: what a word is, in an event and in what is searched for.

The same on every database:

- An event's text is its actor, its target and its body, each escape sequence of the body's JSON
  (RFC 8259, section 7) taken for a space.
- A word is a longest run of word characters.  Word characters are the letters and digits of ASCII
  and every other character that is not in `SEPARATORS`: the Latin-1 signs, the blocks of general
  punctuation and symbols, emoji, and the common punctuation of other scripts.
- Words are equal if they are after `indelible.storage.text.folding.folded`; accents count.

What is searched for is split at white space, except between double quotes.  Each piece stands for
its words right behind each other, so that ``user:42``, an address or a UUID is found as a whole.  A
``*`` at a piece's end lets its last word be the beginning of one.  Everything else means itself,
and so separates words.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from indelible.errors import shown
from indelible.storage.text.folding import folded

__all__ = ["MAX_QUERY", "MAX_WORDS", "SEPARATORS", "Phrase", "TextWords", "text_words", "words_of"]

MAX_QUERY: Final = 2_000
"""Longest text that is searched for, in characters."""

MAX_WORDS: Final = 64
"""Most words that are searched for at once."""

SEPARATORS: Final = (
    (0x0000, 0x002F),
    (0x003A, 0x0040),
    (0x005B, 0x0060),
    (0x007B, 0x00A9),
    (0x00AB, 0x00B4),
    (0x00B6, 0x00B9),
    (0x00BB, 0x00BF),
    (0x00D7, 0x00D7),
    (0x00F7, 0x00F7),
    # Greek, Armenian, Hebrew, Arabic and Indic punctuation.
    (0x037E, 0x037E),
    (0x0387, 0x0387),
    (0x055A, 0x055F),
    (0x0589, 0x058A),
    (0x05BE, 0x05BE),
    (0x05F3, 0x05F4),
    (0x060C, 0x060C),
    (0x061B, 0x061B),
    (0x061F, 0x061F),
    (0x06D4, 0x06D4),
    (0x0964, 0x0965),
    (0x1680, 0x1680),
    # General punctuation, currencies, arrows, signs and drawings.
    (0x2000, 0x206F),
    (0x20A0, 0x20CF),
    (0x2190, 0x2BFF),
    (0x2E00, 0x2E7F),
    # Chinese and Japanese punctuation, narrow and wide forms.
    (0x3000, 0x3004),
    (0x3008, 0x3020),
    (0x3030, 0x3030),
    (0xFE10, 0xFE1F),
    (0xFE30, 0xFE6F),
    (0xFEFF, 0xFF0F),
    (0xFF1A, 0xFF20),
    (0xFF3B, 0xFF40),
    (0xFF5B, 0xFF65),
    (0xFFE0, 0xFFFF),
    # Emoji.
    (0x1F000, 0x1FAFF),
)
"""First and last code points of what separates words."""

_SURROGATES: Final = (0xD800, 0xDFFF)
"""No text in a database can hold these; in what is searched for they separate words."""

_WORD: Final = re.compile(
    "[^" + "".join(f"{chr(a)}-{chr(b)}" for a, b in SEPARATORS[3:]) + "\0-/:-@[-`\ud800-\udfff]+"
)
_PIECE: Final = re.compile(r'"([^"]*)"?(\*?)|([^\s"]+)')


class Phrase(NamedTuple):
    """Words that stand right behind each other.

    Attributes:
        words: The words, folded.
        prefix: Whether the last one may go on.
    """

    words: tuple[str, ...]
    prefix: bool


class TextWords(NamedTuple):
    """What is searched for: all of its phrases must occur.

    Attributes:
        phrases: The phrases.
    """

    phrases: tuple[Phrase, ...]


def words_of(text: str) -> list[str]:
    """Return the words of a text, folded, in their order."""
    return _WORD.findall(folded(text))


def text_words(query: str) -> TextWords:
    """Take apart what somebody searches for.

    Args:
        query: The text; whatever it is, there is no syntax to get wrong.

    Raises:
        ValueError: It has no words, or too many; the message says what to do.
    """
    if len(query) > MAX_QUERY:
        raise ValueError(f"it has {len(query)} characters; search for at most {MAX_QUERY}")
    phrases: dict[Phrase, None] = {}
    for piece in _PIECE.finditer(query):
        quoted, star, plain = piece.groups()
        words = tuple(words_of(quoted if plain is None else plain))
        if words:
            prefix = bool(star) if plain is None else _goes_on(plain)
            phrases[Phrase(words, prefix)] = None
    if not phrases:
        raise ValueError(
            f"there is no word in {shown(query)}. Search for letters or digits, such as 'user:42'"
        )
    number = sum(len(phrase.words) for phrase in phrases)
    if number > MAX_WORDS:
        raise ValueError(f"it has {number} words; search for at most {MAX_WORDS}")
    return TextWords(tuple(phrases))


def _goes_on(piece: str) -> bool:
    """Tell whether a piece ends in a word and a ``*`` right behind it."""
    return piece.endswith("*") and bool(_WORD.fullmatch(folded(piece[-2:-1])))
