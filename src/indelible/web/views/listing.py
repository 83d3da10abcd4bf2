"""The list of events, with its filters and its histogram, and the timeline of one actor."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from starlette.responses import RedirectResponse, Response

from indelible.errors import QueryError, QueryTimeoutError
from indelible.event import Actor, AuditEvent, Outcome
from indelible.query import Page
from indelible.web.cursors import read_address, write_address
from indelible.web.histogram import Histogram, histogram_of
from indelible.web.parameters import Question, is_read, raw_parameters
from indelible.web.site import NotFoundError, Site, Visit

if TYPE_CHECKING:
    from indelible.web.reader import Reader

__all__ = ["form_values", "histogram", "listing", "timeline"]

_ROUNDS: Final = 8
_CHUNK: Final = 250
"""How often, and among how many events at a time, is looked for those that are no looks at the
page, where one page of the list holds too few of them."""


class _Found(NamedTuple):
    items: list[AuditEvent]
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
    site.reads.listed(visit.request, visit.reader, question.filters, question.order)
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
    # After the query, which knows what of the filters must not be written down; it is waited for
    # at the end.
    looked = site.aside.submit(
        site.reads.listed, visit.request, visit.reader, filters, question.order
    )
    more = write_address(site.service, visit.reader, found.cursor)
    shown = {
        **values,
        "question": question,
        "events": found.items,
        "more": None if more is None else question.query(cursor=more),
        "unfinished": more is not None and len(found.items) < question.limit,
    }
    if visit.is_part and question.cursor is not None:
        looked.result()
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


def _settled(looked: Future[None]) -> None:
    """Wait until a look is recorded; nothing is shown whose reading is not."""
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
    page = asked(question.limit, cursor)
    if not question.hides_reads:
        return _Found(list(page.items), page.next_cursor)
    items = [event for event in page.items if not is_read(event.action)]
    for _ in range(_ROUNDS):
        cursor, missing = page.next_cursor, question.limit - len(items)
        if cursor is None or not missing or not page.items:
            break
        page = asked(_CHUNK, cursor)
        places = [n for n, event in enumerate(page.items) if not is_read(event.action)]
        if len(places) > missing:
            # Once more and no further, for a cursor that is right behind the last one shown.
            places = places[:missing]
            page = asked(places[-1] + 1, cursor)
        items += [page.items[place] for place in places]
    return _Found(items, page.next_cursor)


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
