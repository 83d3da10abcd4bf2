"""The status of the log: its size, its last checkpoint, and whether it is as it was."""

from __future__ import annotations

from typing import Final

from starlette.responses import RedirectResponse, Response

from indelible.web.site import ForbiddenError, Site, Visit

__all__ = ["start", "status"]

_FORBIDDEN: Final = "The status is that of the whole log, of which you read a part."

_LONGEST_WAIT: Final = 5.0
"""How long the page waits for a verification before it is shown without, in seconds."""


def status(site: Site, visit: Visit) -> Response:
    """What is known about the log as a whole; a log that is short is verified at once."""
    if not visit.reader.sees_places:
        raise ForbiddenError(_FORBIDDEN)
    site.reads.thing(visit.request, visit.reader, "log", site.service.log)
    size = site.service.size()
    short = size <= site.limits.verify_events
    if short and not visit.is_part:
        site.status.verified(min(_LONGEST_WAIT, site.limits.verify_seconds))
    running = site.status.running
    last = site.status.last
    outcome = "unknown"
    if last is not None:
        outcome = "unknown" if last.report is None else str(last.report.outcome)
    return site.render(
        "part_status.html" if visit.is_part else "log.html",
        visit.request,
        visit=visit,
        size=size,
        short=short,
        running=running,
        progress=site.status.progress if running else None,
        last=last,
        outcome=outcome,
        checkpoint=site.status.checkpoint(),
        limits=site.limits,
    )


def start(site: Site, visit: Visit) -> Response:
    """Start a verification; the only thing that a reader changes, and it changes nothing stored."""
    if not visit.reader.sees_places:
        raise ForbiddenError(_FORBIDDEN)
    site.reads.thing(visit.request, visit.reader, "log", site.service.log)
    site.status.start()
    return RedirectResponse(f"{visit.root}/log", 303)
