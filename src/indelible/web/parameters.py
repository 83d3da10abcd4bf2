"""What the address of a page asks for, and the addresses of pages that ask for something else.

The address holds the whole state, spelled as the filters of `AuditService.query`.  What a person
typed is put into the one form that means the same tomorrow and elsewhere: see `Question.canonical`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from indelible.errors import QueryError
from indelible.event import Place
from indelible.query import FILTER_NAMES, Events, Page
from indelible.timewords import parse_moment
from indelible.web.limits import Limits
from indelible.web.reader import Reader
from indelible.web.zones import PARAMETER as ZONE
from indelible.web.zones import Zone

__all__ = [
    "READS",
    "Chip",
    "Question",
    "address",
    "is_read",
    "question_of",
    "raw_parameters",
    "without_reads",
]

READS: Final = "audit.read.*"
"""The actions by which looks at the page are recorded, which lists leave out unless asked."""

_LOOK: Final = '{"action":"audit.read.'

_NUMBERS: Final = frozenset({"since_seq", "until_seq"})
_MOMENTS: Final = frozenset({"since", "until"})
_SEVERAL: Final = frozenset({"action", "outcome", "tenant", "detail"})
_FILTERS: Final = tuple("detail" if name == "details" else name for name in FILTER_NAMES)
_VIEWS: Final = ("order", "limit", "cursor", "reads", "histogram")
_KNOWN: Final = frozenset({*_FILTERS, *_VIEWS, ZONE})
_ANSWERS: Final = {"reads": "shown", "histogram": "shown"}
_DIGITS: Final = re.compile(r"[0-9]{1,19}")
_READABLE: Final = ":/@,*"
"""What stands in an address as it is, beside letters and digits: none of it ends a value."""


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter, as it is shown above a list.

    Attributes:
        name: The parameter's name.
        label: The same in words.
        value: Its value, for people.
        moment: Its value where that is a point in time.
        without: The address of the same page without it.
    """

    name: str
    label: str
    value: str
    moment: datetime | None
    without: str


@dataclass(frozen=True, slots=True)
class Question:
    """What an address asks for, checked as far as no database is needed for that.

    Attributes:
        pairs: The filters as they stand in the address, in a fixed order.
        filters: The same as `AuditService.query` takes them, for any reader.
        order: What comes first.
        limit: How many events.
        cursor: Where to go on; None for the beginning.
        reads: Whether looks at the page are asked for.
        histogram: Whether the histogram is asked for, however long it takes.
        canonical: The address that means the same, where the one given is not it; else None.
    """

    pairs: tuple[tuple[str, str], ...] = ()
    filters: Mapping[str, Any] = field(default_factory=dict)
    order: str = "newest"
    limit: int = 50
    cursor: str | None = None
    reads: bool = False
    histogram: bool = False
    canonical: str | None = None
    _views: tuple[tuple[str, str], ...] = ()

    @property
    def hides_reads(self) -> bool:
        """Whether looks at the page are left out: they are, unless one asks for actions."""
        return not self.reads and "action" not in self.filters

    @property
    def moments(self) -> dict[str, datetime]:
        """The filters that are points in time."""
        return {name: self.filters[name] for name in ("since", "until") if name in self.filters}

    def query(self, **changes: str | None) -> str:
        """Return the address's query for the same question, but for some parameters.

        The cursor is always left out: it belongs to this very question.

        Args:
            **changes: New values; None to leave a parameter out.
        """
        pairs = [pair for pair in self.pairs if pair[0] not in changes]
        pairs += [(name, value) for name, value in changes.items() if value is not None]
        pairs += [pair for pair in self._views if pair[0] not in {*changes, "cursor"}]
        return address(pairs)

    def export(self) -> str:
        """Return the query of the download of everything that matches."""
        fixed = [
            (name, str(value))
            for name, value in self.filters.items()
            if name not in {"since", "until", "details"}
            and not any(name == p[0] for p in self.pairs)
        ]
        views = [pair for pair in self._views if pair[0] in {"order", "reads"}]
        return address([*fixed, *self.pairs, *views])

    def chips(self) -> list[Chip]:
        """Return the filters for people, each with the address that leaves it out."""
        out = []
        for number, (name, value) in enumerate(self.pairs):
            others = [pair for place, pair in enumerate(self.pairs) if place != number]
            others += [pair for pair in self._views if pair[0] != "cursor"]
            moment = self.filters[name] if name in _MOMENTS else None
            out.append(Chip(name, name.replace("_", " "), value, moment, address(others)))
        return out


def is_read(body: str) -> bool:
    """Tell whether a body is that of a look at the page, without decoding it."""
    # A body is canonical JSON, and this its first member.
    return body.startswith(_LOOK)


def without_reads(page: Page, *, hide: bool) -> list[tuple[Place, str]]:
    """Return places and bodies of a page's events, but for looks at the page if these are hidden.

    Events are decoded when they are shown, and not to find out that they are not.
    """
    items = page.items
    stored = (
        items.bodies()
        if isinstance(items, Events)
        else ((event.place, event.body) for event in items if event.place is not None)
    )
    return [(place, body) for place, body in stored if not (hide and is_read(body))]


def address(pairs: Iterable[tuple[str, str]]) -> str:
    """Return an address's query with its question mark; that alone where there is nothing."""
    return "?" + urlencode(list(pairs), safe=_READABLE, quote_via=quote)


def raw_parameters(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Return what stands in an address, however wrong it is, for showing it in the form again."""
    out: dict[str, list[str]] = {}
    for name, value in pairs:
        out.setdefault(name, []).append(value)
    return out


def question_of(
    pairs: Sequence[tuple[str, str]],
    *,
    reader: Reader,
    limits: Limits,
    zone: Zone,
    fixed: Mapping[str, str] | None = None,
) -> Question:
    """Return what an address asks for.

    Args:
        pairs: The parameters of the address.
        reader: Who asks.
        limits: How much may be asked for.
        zone: The zone of times that are written without one.
        fixed: Filters that the page's own path holds, and its parameters therefore must not.

    Raises:
        QueryError: A parameter does not exist, stands twice, or makes no sense.
    """
    given = {
        name: [value for value in values if value != ""]
        for name, values in raw_parameters(pairs).items()
    }
    fixed = fixed or {}
    for name, values in given.items():
        _check_name(name, values, reader, fixed)
    texts = {name: values for name, values in given.items() if values}
    filters: dict[str, Any] = dict(fixed)
    canonical: list[tuple[str, str]] = []
    now = datetime.now(UTC)
    for name in _FILTERS:
        values = list(dict.fromkeys(texts.get(name, ())))
        if not values:
            continue
        if name in _MOMENTS:
            moment = _moment(name, values[0], now, zone)
            filters[name] = moment
            if not _is_absolute(values[0]):
                values = [moment.isoformat().replace("+00:00", "Z")]
        elif name in _NUMBERS:
            filters[name] = _number(name, values[0])
        elif name == "detail":
            filters["details"] = _details(values)
        elif name in _SEVERAL:
            filters[name] = values[0] if len(values) == 1 else values
        else:
            filters[name] = values[0]
        canonical += [(name, value) for value in values]
    order = _one_of("order", texts, ("newest", "oldest")) or "newest"
    limit = _limit(texts, limits)
    views = [(name, texts[name][0]) for name in _VIEWS if name in texts]
    for name, answer in _ANSWERS.items():
        _one_of(name, texts, (answer,))
    wanted = [*canonical, *views]
    is_canonical = [pair for pair in pairs if pair[0] != ZONE] == wanted or (
        # In another order it means the same, and nothing is gained by sending the reader round.
        sorted(pair for pair in pairs if pair[0] != ZONE) == sorted(wanted)
    )
    return Question(
        pairs=tuple(canonical),
        filters=filters,
        order=order,
        limit=limit,
        cursor=texts["cursor"][0] if "cursor" in texts else None,
        reads="reads" in texts,
        histogram="histogram" in texts,
        canonical=None if is_canonical else address([*wanted, *_zone(texts)]),
        _views=tuple(views),
    )


def _check_name(name: str, values: list[str], reader: Reader, fixed: Mapping[str, str]) -> None:
    if name in fixed:
        raise QueryError(name, values[:1], "the page is about one already; leave it out")
    if name in _NUMBERS and not reader.sees_places:
        raise QueryError(name, values[:1], "numbers in the log are not yours to see; leave it out")
    if name not in _KNOWN:
        raise QueryError(
            name, ", ".join(values), f"there is no such filter. The filters are {_names(reader)}"
        )
    if name not in _SEVERAL and len(set(values)) > 1:
        raise QueryError(name, values, "it stands twice in the address; keep one")


def _names(reader: Reader) -> str:
    return ", ".join(name for name in _FILTERS if reader.sees_places or name not in _NUMBERS)


def _zone(texts: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    return [(ZONE, texts[ZONE][0])] if ZONE in texts else []


def _is_absolute(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).utcoffset() is not None
    except ValueError:
        return False


def _moment(name: str, text: str, now: datetime, zone: Zone) -> datetime:
    # In an address typed by hand, the plus sign of an offset is a space.
    mended = re.sub(r" (\d\d:\d\d)$", r"+\1", text) if "T" in text else text
    try:
        return parse_moment(mended, now, zone.info)
    except (ValueError, OverflowError):
        raise QueryError(
            name,
            text,
            "write a time (2026-03-01T09:00, with Z or an offset or in your zone), how long ago "
            "(30s, 15m, 2h, 3d, 1w), or now, today, yesterday",
        ) from None


def _number(name: str, text: str) -> int:
    if not _DIGITS.fullmatch(text):
        raise QueryError(name, text, "write a whole number from 0")
    return int(text)


def _details(texts: Sequence[str]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for text in texts:
        path, equals, value = text.partition("=")
        if not (path and equals):
            raise QueryError(
                "detail", text, "write a path and its value, such as amount=10 or customer/name=Ada"
            )
        if path in out:
            raise QueryError("detail", text, f"the path {path!r} stands twice; keep one")
        try:
            out[path] = json.loads(value, parse_constant=_no_constant)
        except ValueError:
            # What is no JSON is text.
            out[path] = value
        except RecursionError:
            raise QueryError("detail", text, "the value is nested too deep") from None
    return out


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _limit(texts: Mapping[str, list[str]], limits: Limits) -> int:
    text = texts.get("limit", [str(limits.page_size)])[0]
    if not _DIGITS.fullmatch(text) or not 1 <= int(text) <= limits.most_page_size:
        raise QueryError("limit", text, f"write a whole number from 1 to {limits.most_page_size}")
    return int(text)


def _one_of(name: str, texts: Mapping[str, list[str]], known: tuple[str, ...]) -> str | None:
    if name not in texts:
        return None
    text = texts[name][0]
    if text not in known:
        raise QueryError(name, text, f"write {' or '.join(known)}, or leave it out")
    return text
