"""Downloads of a selection."""

from __future__ import annotations

from starlette.responses import Response

from indelible.web.site import NotFoundError, Site, Visit

__all__ = ["export"]


def export(site: Site, visit: Visit) -> Response:
    """The events that match what the address says, as a file."""
    raise NotFoundError("There is no such format.")
