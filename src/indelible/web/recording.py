"""Who looked at what is itself recorded, in the log that is looked at.

Once for each reader and thing within `WINDOW`, so that paging, reloading and going back and forth
do not bury the log under its own readers.  The actions are ``audit.read.list``,
``audit.read.event``, ``audit.read.history``, ``audit.read.proof`` and ``audit.read.log``; lists
leave them out unless asked (see `indelible.web.parameters.READS`).  Exports are few and weigh more,
so that each is recorded and shown: `indelible.exporters.ExportRecord`.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request

from indelible.encoding import to_json
from indelible.event import MAX_ID, AuditEvent
from indelible.query import Filters
from indelible.web.reader import Reader

if TYPE_CHECKING:
    from indelible.service import AuditService

__all__ = ["Reads", "client_members", "short_filters"]

WINDOW: Final = 600.0
"""How long the same look by the same reader is not recorded again, in seconds."""

_REMEMBERED: Final = 10_000
"""Looks that are remembered; the oldest are forgotten when there are more."""

_PAGES: Final = frozenset({1, 10, 100, 1_000, 10_000})
"""At which page of one list a reader is recorded again, so that one who reads all is told apart."""

_MOST_FILTERS: Final = 8_192
"""Characters of a list's filters that are kept."""

_MOST_AGENT: Final = 512
"""Characters of a client's own description that are kept."""


class Reads:
    """Records looks at the page; safe to use from several threads.

    Args:
        service: The log.
        enabled: Whether to record at all.
    """

    def __init__(self, service: AuditService, *, enabled: bool) -> None:
        self._service = service
        self._enabled = enabled
        # Guards `_seen`: when a look was first made, and how many pages it has seen since.
        self._lock = threading.Lock()
        self._seen: OrderedDict[tuple[str, ...], tuple[float, int]] = OrderedDict()

    def listed(
        self, request: Request, reader: Reader, filters: Mapping[str, Any], order: str
    ) -> Callable[[], None] | None:
        """Count that a list was opened, or its histogram, or the timeline of an actor.

        Returns:
            What records it, and raises AuditError if it cannot; None if it is recorded already.
        """
        if not self._enabled:
            return None
        checked = Filters.checked(filters)
        key = ("list", str(reader.actor), checked.fingerprint(newest=order == "newest"))
        pages = self._pages(key)
        if pages not in _PAGES:
            return None
        short = short_filters(checked.described())
        details = {"filters": short, "order": order, "pages": pages}
        return partial(
            self._record,
            "audit.read.list",
            request,
            reader,
            key,
            target=self._whole,
            details=details,
        )

    def event(self, request: Request, reader: Reader, event: AuditEvent, kind: str) -> None:
        """Record that an event was opened, or its proof.

        Raises:
            AuditError: It could not be recorded.
        """
        key = (kind, str(reader.actor), str(event.event_id))
        if self._enabled and self._pages(key) == 1:
            target = f"audit-event:{event.event_id}"
            # Whoever may see a tenant's events may know who has looked at them.
            self._record(
                f"audit.read.{kind}", request, reader, key, target=target, tenant=event.tenant
            )

    def thing(self, request: Request, reader: Reader, kind: str, name: str) -> None:
        """Record that the history of a thing, or the status of the log, was opened.

        Raises:
            AuditError: It could not be recorded.
        """
        key = (kind, str(reader.actor), name)
        if self._enabled and self._pages(key) == 1:
            # Under a type of its own, or the history of a thing would be that of its readers.
            details = {"of": name[:MAX_ID]}
            self._record(
                f"audit.read.{kind}", request, reader, key, target=self._whole, details=details
            )

    @property
    def _whole(self) -> str:
        return f"audit-log:{self._service.log}"

    def _pages(self, key: tuple[str, ...]) -> int:
        """Count a look, and return the how manieth it is within its window."""
        now = time.monotonic()
        with self._lock:
            since, pages = self._seen.get(key, (now, 0))
            if now - since > WINDOW:
                since, pages = now, 0
                self._seen.move_to_end(key)
            self._seen[key] = (since, pages + 1)
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        return pages + 1

    def _record(
        self, action: str, request: Request, reader: Reader, key: tuple[str, ...], **members: Any
    ) -> None:
        try:
            self._service.record(action, actor=reader.actor, **client_members(request), **members)
        except BaseException:
            # It was not recorded: the next look has to try again.
            with self._lock:
                self._seen.pop(key, None)
            raise


def short_filters(filters: dict[str, Any]) -> dict[str, Any]:
    """Return filters, as far as they are not so many that no event could hold them."""
    text = to_json(filters).decode()
    return filters if len(text) <= _MOST_FILTERS else {"shortened": text[:_MOST_FILTERS]}


def client_members(request: Request) -> dict[str, Any]:
    """Return the members of an event that say from where it was asked for."""
    out: dict[str, Any] = {}
    host = request.client.host if request.client is not None else ""
    # It may be a socket file, or a name that a proxy has put there.
    with suppress(ValueError):
        out["source_ip"] = str(ipaddress.ip_address(host))
    agent = request.headers.get("user-agent")
    if agent:
        out["user_agent"] = agent[:_MOST_AGENT]
    return out
