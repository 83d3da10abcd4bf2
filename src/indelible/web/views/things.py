"""The history of one thing: who changed it when, what, and what was known after each change."""

from __future__ import annotations

import time
from itertools import islice
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from indelible.errors import QueryError, QueryTimeoutError
from indelible.event import Target
from indelible.query import Version
from indelible.web.cursors import read_address, write_address
from indelible.web.parameters import Question
from indelible.web.site import NotFoundError, Site, Visit

__all__ = ["history"]

_MOST_STATES: Final = 1_000
"""Most versions of a thing with which its states are shown: each is made of all before it."""

_FILTERS: Final = frozenset({"since", "until", "tenant"})


def history(site: Site, visit: Visit) -> Response:
    """The versions of one thing, the newest first unless asked otherwise."""
    name = visit.request.path_params["target"]
    try:
        target = Target.parse(name)
    except ValueError:
        raise NotFoundError(f"{name!r} is no target; one is written as type:id") from None
    question = site.question(visit, {"target": name})
    for filter_name in question.filters:
        if filter_name not in _FILTERS | {"target"}:
            raise QueryError(
                filter_name,
                question.filters[filter_name],
                "a history is whole; narrow it by since, until and tenant alone, or use the list",
            )
    if question.canonical is not None:
        return RedirectResponse(question.canonical, 303)
    filters = visit.reader.narrowed(dict(question.filters))
    timeout = site.limits.query_seconds
    page = site.service.query(
        order=question.order,
        limit=question.limit,
        cursor=read_address(site.service, visit.reader, question.cursor),
        timeout=timeout,
        **filters,
    )
    versions = _versions(site, question, filters)
    site.reads.thing(visit.request, visit.reader, "history", name)
    more = write_address(site.service, visit.reader, page.next_cursor)
    return site.render(
        "part_versions.html" if visit.is_part and question.cursor else "history.html",
        visit.request,
        visit=visit,
        question=question,
        target=target,
        events=page.items,
        versions={version.event.event_id: version for version in versions},
        more=None if more is None else question.query(cursor=more),
    )


def _versions(site: Site, question: Question, filters: dict[str, Any]) -> list[Version]:
    """Return all versions with their states; none where there are too many."""
    wanted = {name: filters[name] for name in ("until", "tenant") if name in filters}
    if filters.get("until_seq") == 0:
        return []
    deadline = time.monotonic() + site.limits.query_seconds
    found: list[Version] = []
    versions = site.service.history(question.filters["target"], **wanted)
    for version in islice(versions, _MOST_STATES + 1):
        if time.monotonic() > deadline:
            raise QueryTimeoutError(
                "timeout", site.limits.query_seconds, "the history is too long. Narrow it by until"
            )
        found.append(version)
    return [] if len(found) > _MOST_STATES else found
