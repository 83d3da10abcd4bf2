"""Many events, a bounded number at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from indelible.event import AuditEvent
    from indelible.service import AuditService

__all__ = ["Pages"]

_PAGE: Final = 500
"""Most events to ask for at once, so that memory stays bounded however many are listed."""


class Pages:
    """Events page by page.

    Args:
        service: What answers.
        filters: What events must match.
        limit: Most events to yield.
        order: ``"newest"`` or ``"oldest"``, for what comes first.
        cursor: Where to begin; None for the first event.

    Attributes:
        cursor: Where the next page begins, or None at the end.
    """

    def __init__(
        self,
        service: AuditService,
        filters: dict[str, Any],
        limit: int,
        *,
        order: str = "newest",
        cursor: str | None = None,
    ) -> None:
        self._service = service
        self._filters = filters
        self._left = limit
        self._order = order
        self.cursor = cursor

    def __iter__(self) -> Iterator[AuditEvent]:
        """Yield the events."""
        while self._left > 0:
            page = self._service.query(
                **self._filters,
                order=self._order,
                limit=min(self._left, _PAGE),
                cursor=self.cursor,
            )
            yield from page.items
            self._left -= len(page.items)
            self.cursor = page.next_cursor
            if self.cursor is None:
                return
