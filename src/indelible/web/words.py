"""Whether the log can be searched for words, which decides whether the form offers it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from indelible.errors import AuditError, QueryError

if TYPE_CHECKING:
    from indelible.service import AuditService

__all__ = ["Words"]

_SECONDS: Final = 60.0
"""How long an answer is believed, in seconds: an index is switched on or off once in a while."""


class Words:
    """Knows whether the log has a text index.

    Args:
        service: The log.
    """

    def __init__(self, service: AuditService) -> None:
        self._service = service
        self._known: tuple[float, bool] | None = None

    def available(self) -> bool:
        """Tell whether the log can be searched; asks the database once a minute at most."""
        now = time.monotonic()
        if self._known is None or now - self._known[0] > _SECONDS:
            self._known = now, self._ask()
        return self._known[1]

    def _ask(self) -> bool:
        try:
            # In the span of no event, so that it costs nothing but the look for an index.
            self._service.query(text="a", limit=1, until_seq=0, timeout=1.0)
        except QueryError:
            return False
        except AuditError:
            return False
        return True
