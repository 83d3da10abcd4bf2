"""The reader's time zone: from the address, else from a cookie, else UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.requests import Request

from indelible.errors import QueryError

__all__ = ["COMMON", "COOKIE", "PARAMETER", "UTC_ZONE", "Zone", "zone_of"]

COOKIE: Final = "indelible_zone"
"""Holds the zone's name; scripts set it, and the form for it."""

PARAMETER: Final = "zone"

COMMON: Final = (
    "UTC", "America/Chicago", "America/Los_Angeles", "America/New_York", "America/Sao_Paulo",
    "Asia/Dubai", "Asia/Kolkata", "Asia/Shanghai", "Asia/Singapore", "Asia/Tokyo",
    "Australia/Sydney", "Europe/Berlin", "Europe/Istanbul", "Europe/London", "Europe/Paris",
    "Europe/Zurich", "Pacific/Auckland",
)  # fmt: skip
"""Zones that the form suggests; it takes all of the tz database."""

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")
_LONGEST: Final = 64


class Zone(NamedTuple):
    """A time zone.

    Attributes:
        name: Its name in the tz database.
        info: The zone.
        known: Whether the reader, or the reader's browser, has named it.
    """

    name: str
    info: tzinfo
    known: bool

    def local(self, moment: datetime, timespec: str = "seconds") -> str:
        """Return a point in time as the reader's clock shows it, without the zone."""
        local = moment.astimezone(self.info).replace(tzinfo=None)
        return local.isoformat(" ", timespec)

    def abbreviation(self, moment: datetime) -> str:
        """Return the short name of the zone at a point in time, such as ``CET`` or ``+03``."""
        return moment.astimezone(self.info).tzname() or self.name


_UTC: Final = Zone("UTC", UTC, known=False)

UTC_ZONE: Final = Zone("UTC", UTC, known=True)
"""For pages that are shown in UTC, whoever reads."""


def zone_of(request: Request) -> Zone:
    """Return the zone in which a request's reader wants to see times.

    Raises:
        QueryError: The address names a zone that there is none of.
    """
    asked = request.query_params.get(PARAMETER)
    if asked:
        found = _zone(asked)
        if found is None:
            raise QueryError(
                PARAMETER, asked, "name a zone of the tz database, such as 'Europe/Zurich' or 'UTC'"
            )
        return found
    cookie = request.cookies.get(COOKIE)
    return (_zone(cookie) if cookie else None) or _UTC


def _zone(name: str) -> Zone | None:
    if name == "UTC":
        return UTC_ZONE
    # The name becomes a path.
    if len(name) > _LONGEST or not _NAME.fullmatch(name):
        return None
    try:
        return Zone(name, ZoneInfo(name), known=True)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
