"""The list of events, with its filters and its histogram, and the timeline of one actor."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from starlette.responses import RedirectResponse, Response

from indelible.errors import QueryError, QueryTimeoutError
from indelible.event import Actor, AuditEvent, Outcome
from indelible.moments import utc_text
from indelible.query import Events, Key, Page
from indelible.query.cursor import pack, unpack
from indelible.web.cursors import read_address, write_address
from indelible.web.histogram import Histogram, histogram_of
from indelible.web.parameters import Question, raw_parameters, without_reads
from indelible.web.site import NotFoundError, Site, Visit

if TYPE_CHECKING:
    from indelible.web.reader import Reader

__all__ = ["form_values", "histogram", "listing", "timeline"]

_ROUNDS: Final = 8
_LOOKS: Final = 100
"""How often a list is filled up where looks at the page were left out of it, and how many more of
these are expected each time."""


class _Found(NamedTuple):
    items: Events
    cursor: str | None


def listing(site: Site, visit: Visit) -> Response:
    """The list of events that match what the address says."""
    question = site.question(visit)
    if question.canonical is not None:
        return _moved(question.canonical)
    return _list(site, visit, question, "list.html", {})


def timeline(site: Site, visit: Visit) -> Response:
    """What one actor did."""
    name = visit.request.path_params["actor"]
    try:
        actor = Actor.parse(name)
    except ValueError:
        raise NotFoundError(f"{name!r} is no actor; one is written as type:id") from None
    question = site.question(visit, {"actor": name})
    if question.canonical is not None:
        return _moved(question.canonical)
    return _list(site, visit, question, "timeline.html", {"actor": actor})


def histogram(site: Site, visit: Visit) -> Response:
    """The histogram alone, which follows a list that could not wait for it."""
    question = site.question(visit)
    try:
        bars = histogram_of(site.service, visit.reader, question, site.limits.query_seconds)
    except QueryTimeoutError:
        bars = None
    look = site.reads.listed(visit.request, visit.reader, question.filters, question.order)
    if look is not None:
        look()
    return site.render(
        "part_histogram.html",
        visit.request,
        visit=visit,
        question=question,
        histogram=bars,
        list_path=f"{visit.root}/",
        follows=False,
        too_long=bars is None,
    )


def form_values(visit_or_pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Return what the form shows: whatever stands in the address."""
    return raw_parameters([(name, value) for name, value in visit_or_pairs if value])


def _moved(query: str) -> Response:
    # Relative to the page itself, wherever that is mounted. It depends on the time, and on the
    # reader's zone.
    return RedirectResponse(query, 303)


def _list(
    site: Site, visit: Visit, question: Question, template: str, values: dict[str, Any]
) -> Response:
    filters = dict(question.filters)
    found = _filled(site, visit.reader, question)
    # After the query, which knows what of the filters must not be written down; beside all the
    # rest, because a commit takes as long as the disk does; and waited for at the end.
    look = site.reads.listed(visit.request, visit.reader, filters, question.order)
    looked = None if look is None else site.aside.submit(look)
    more = write_address(site.service, visit.reader, found.cursor)
    shown = {
        **values,
        "question": question,
        "events": found.items,
        "more": None if more is None else question.query(cursor=more),
        "unfinished": more is not None and len(found.items) < question.limit,
    }
    if visit.is_part and question.cursor is not None:
        _settled(looked)
        return site.render("part_rows.html", visit.request, visit=visit, **shown)
    bars, too_long = None, False
    follows = False
    if question.cursor is None and template == "list.html":
        bars, too_long = _histogram(site, visit, question)
        follows = too_long and not question.histogram
    response = site.render(
        template,
        visit.request,
        visit=visit,
        **shown,
        histogram=bars,
        follows=follows,
        too_long=too_long,
        list_path=f"{visit.root}/",
        form=form_values(visit.request.query_params.multi_items()),
        outcomes=[str(outcome) for outcome in Outcome],
        has_words=site.words.available(),
        error=None,
    )
    _settled(looked)
    return response


def _settled(looked: Future[None] | None) -> None:
    """Wait until a look is recorded; nothing is shown whose reading is not."""
    if looked is not None:
        looked.result()


def _histogram(site: Site, visit: Visit, question: Question) -> tuple[Histogram | None, bool]:
    """Return the histogram, and whether it takes longer than it may."""
    limits = site.limits
    seconds = limits.query_seconds if question.histogram else limits.histogram_seconds
    try:
        return histogram_of(site.service, visit.reader, question, seconds), False
    except QueryTimeoutError:
        return None, True


def _filled(site: Site, reader: Reader, question: Question) -> _Found:
    """Return a page of events, without looks at the page unless these are asked for."""
    filters = reader.narrowed(dict(question.filters))

    def asked(limit: int, cursor: str | None) -> Page:
        return site.service.query(
            order=question.order,
            limit=limit,
            cursor=cursor,
            timeout=site.limits.query_seconds,
            **filters,
        )

    cursor = read_address(site.service, reader, question.cursor)
    limit = question.limit
    page = asked(limit, cursor)
    found = without_reads(page, hide=question.hides_reads)
    for _ in range(_ROUNDS):
        cursor, missing = page.next_cursor, question.limit - len(found)
        # A page that is not full of itself is as far as its time went.
        if cursor is None or missing <= 0 or len(page.items) < limit:
            break
        limit = missing + _LOOKS
        page = asked(limit, cursor)
        more = without_reads(page, hide=True)
        found += more[:missing]
        if len(more) > missing:
            place, body = more[missing - 1]
            at = utc_text("cursor", AuditEvent.from_body(body, place).occurred_at)
            _, fingerprint = unpack(cursor)
            return _Found(Events(found), pack(Key(at, place.seq), fingerprint))
    return _Found(Events(found), page.next_cursor)


def refused(site: Site, visit: Visit, error: QueryError) -> Response:
    """The list's page for what makes no sense: what is wrong, and the form to mend it."""
    return site.render(
        "list.html",
        visit.request,
        status=400,
        visit=visit,
        question=Question(limit=site.limits.page_size),
        events=[],
        more=None,
        unfinished=False,
        histogram=None,
        follows=False,
        too_long=False,
        list_path=f"{visit.root}/",
        form=form_values(visit.request.query_params.multi_items()),
        outcomes=[str(outcome) for outcome in Outcome],
        has_words=True,
        error=error,
    )
