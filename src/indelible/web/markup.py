"""From stored values to HTML: everything escaped, and everything that does not show written out.

Directions are isolated by ``<bdi>``, and characters that would turn them around, hide or move the
cursor stand as escapes: see `indelible.visible`.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from unicodedata import category
from uuid import UUID

from markupsafe import Markup, escape

from indelible.changes import Change, Missing
from indelible.counting import spelled
from indelible.values import DataclassValue, EnumValue, ErrorValue, KeyedHash, Redacted
from indelible.visible import visible
from indelible.web.zones import Zone

__all__ = ["change_rows", "is_plain", "lines", "moment_html", "text_html", "value_html"]

_MOST_CHARACTERS: Final = 8_192
"""Longest text that is shown whole, in characters."""

_MOST_ITEMS: Final = 500
"""Most members of one value that are shown."""

_REMEMBERED: Final = 4_096
_MOST_REMEMBERED: Final = 200
"""How many texts of how many characters are remembered with their HTML."""

_DECIMAL_BITS: Final = 13_000
"""Python refuses to write integers of more than 4,300 digits in decimal."""

_SHORTEST_DIFFERENCE: Final = 24
"""Two texts of which both are longer than this are compared letter by letter, in characters."""

_MOST_MARKS: Final = 8
"""Most marks above and below one character that are shown as such: a heap of them covers the lines
around, and no browser breaks it into lines. No script needs as many."""

_MARKS: Final = frozenset({"Mn", "Me"})

_PLAIN: Final = re.compile(r"[\w/.~-]{1,200}")

_ABSENT: Final = Markup('<span class="absent">none</span>')
_REDACTED: Final = Markup(
    '<span class="redacted" data-redacted title="It was never stored.">redacted</span>'
)


def is_plain(text: str) -> bool:
    """Tell whether a text is of letters, digits and what joins them, and so fit for attributes."""
    return _PLAIN.fullmatch(text) is not None


def text_html(text: object) -> Markup:
    """Return a text in one line."""
    value = str(text)
    return _short_html(value) if len(value) <= _MOST_REMEMBERED else _text_html(value)


def _text_html(text: str) -> Markup:
    return Markup(f"<bdi>{_cut(_shown(text))}</bdi>")  # noqa: S704 - escaped by _cut


_short_html = lru_cache(_REMEMBERED)(_text_html)
"""A page names the same few actors and actions again and again."""


def moment_html(moment: datetime, zone: Zone, timespec: str = "seconds") -> Markup:
    """Return a point in time on the reader's clock; scripts put theirs there if none is known."""
    exact = moment.astimezone(UTC).isoformat(timespec="microseconds")[:26]
    fill = "" if zone.known else " data-local"
    # Digits and our own words: nothing that would have to be escaped, which costs a page of
    # events more than all the rest of it.
    return Markup(  # noqa: S704
        f'<time datetime="{exact}Z" title="{exact[:10]} {exact[11:]} UTC"{fill} '
        f'data-precision="{timespec}">{zone.local(moment, timespec)}</time>'
    )


def change_rows(changes: Mapping[str, Change]) -> Iterator[tuple[str, Markup, Markup]]:
    """Yield the path of each change, and its two sides as HTML."""
    for path, change in sorted(changes.items()):
        before, after = change.before, change.after
        if isinstance(before, str) and isinstance(after, str):
            yield path, *_differing(before, after)
        else:
            yield path, value_html(before), value_html(after)


def value_html(value: Any) -> Markup:
    """Return any value that an event can hold as HTML."""
    if isinstance(value, Redacted):
        return _REDACTED
    if isinstance(value, Missing):
        return _ABSENT
    if isinstance(value, str):
        return _string(_cut(lines(value)))
    if isinstance(value, KeyedHash):
        return Markup(
            '<span class="redacted" data-redacted title="It was never stored; equal values have '
            'equal hashes.">hashed</span> <code>{}</code>'
        ).format(value.hex)
    if isinstance(value, Mapping):
        return _members(value)
    if isinstance(value, DataclassValue):
        return _typed(value.type.rpartition(".")[2], _members(value.fields))
    if isinstance(value, list | tuple):
        return _items(value)
    if isinstance(value, set | frozenset):
        return _typed("set", _items(sorted(value, key=repr)))
    if isinstance(value, EnumValue):
        return _plain(f"{value.type.rpartition('.')[2]}.{value.name}")
    if isinstance(value, ErrorValue):
        return _typed(value.type, _string(_cut(lines(value.message))))
    return _plain(_scalar(value))


def _scalar(value: Any) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"base64:{base64.b64encode(value).decode()}"
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int) and value.bit_length() > _DECIMAL_BITS:
        return hex(value)
    if isinstance(value, timedelta):
        return spelled(value)
    if isinstance(value, int | float | Decimal | UUID):
        return str(value)
    return repr(value)


def _plain(text: str) -> Markup:
    return Markup('<bdi class="plain">') + _cut(_shown(text)) + Markup("</bdi>")


def _string(inner: Markup) -> Markup:
    # The quotation marks that tell "12" from 12 come from the style sheet.
    return Markup('<bdi class="string">') + inner + Markup("</bdi>")


def _typed(name: str, inner: Markup) -> Markup:
    return Markup('<span class="type">{}</span> ').format(visible(name)) + inner


def _members(members: Mapping[str, Any]) -> Markup:
    if not members:
        return Markup('<span class="absent">no members</span>')
    rows = (
        Markup("<dt>{}</dt><dd>{}</dd>").format(text_html(key), value_html(item))
        for key, item in sorted(members.items(), key=lambda member: str(member[0]))
    )
    return Markup('<dl class="members">') + _joined(rows, len(members), "dd") + Markup("</dl>")


def _items(items: Iterable[Any]) -> Markup:
    values = list(items)
    if not values:
        return Markup('<span class="absent">no items</span>')
    rows = (Markup("<li>{}</li>").format(value_html(item)) for item in values)
    return Markup('<ol class="items">') + _joined(rows, len(values), "li") + Markup("</ol>")


def _joined(rows: Iterable[Markup], number: int, element: str) -> Markup:
    shown = [row for _, row in zip(range(_MOST_ITEMS), rows, strict=False)]
    if number > _MOST_ITEMS:
        rest = Markup('<{} class="more">and {} more, in the stored event</{}>')
        shown.append(rest.format(element, f"{number - _MOST_ITEMS:,}", element))
    return Markup("").join(shown)


def lines(text: str) -> str:
    """Return a text of several lines, in which all but the ends of lines is written out."""
    return "\n".join(_shown(line) for line in text.split("\n"))


def _shown(text: str) -> str:
    """Return a text of one line in which all shows, and in its place."""
    text = visible(text)
    if text.isascii():
        return text
    out = []
    marks = 0
    for char in text:
        marks = marks + 1 if category(char) in _MARKS else 0
        out.append(char if marks <= _MOST_MARKS else json.dumps(char)[1:-1])
    return "".join(out)


def _cut(text: str) -> Markup:
    if len(text) <= _MOST_CHARACTERS:
        return escape(text)
    rest = Markup('<span class="more"> … {} more characters, in the stored event</span>')
    return escape(text[:_MOST_CHARACTERS]) + rest.format(f"{len(text) - _MOST_CHARACTERS:,}")


def _differing(before: str, after: str) -> tuple[Markup, Markup]:
    """Return two texts with the part marked in which they differ."""
    longest = max(len(before), len(after))
    if min(len(before), len(after)) < _SHORTEST_DIFFERENCE or longest > _MOST_CHARACTERS:
        return value_html(before), value_html(after)
    start = _common(before, after)
    end = _common(
        before[: start - 1 if start else None : -1], after[: start - 1 if start else None : -1]
    )
    return (
        _marked(before, start, len(before) - end, "del"),
        _marked(after, start, len(after) - end, "ins"),
    )


def _common(one: str, other: str) -> int:
    number = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        number += 1
    return number


def _marked(text: str, start: int, stop: int, element: str) -> Markup:
    middle = escape(lines(text[start:stop]))
    marked = Markup("<{}>{}</{}>").format(element, middle, element) if middle else Markup("")
    return _string(escape(lines(text[:start])) + marked + escape(lines(text[stop:])))
