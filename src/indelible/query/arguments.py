"""The arguments of a question that are not filters, checked."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Final

from indelible.errors import QueryError

__all__ = [
    "BUCKETS",
    "DEFAULT_LIMIT",
    "FACETS",
    "MAX_BUCKETS",
    "MAX_LIMIT",
    "checked_bucket",
    "checked_facet",
    "checked_limit",
    "checked_order",
    "checked_timeout",
]

DEFAULT_LIMIT: Final = 50
"""Events of a page unless asked otherwise."""

MAX_LIMIT: Final = 1000
"""Most events of a page, and values of a facet."""

MAX_BUCKETS: Final = 10_000
"""Most buckets of a histogram."""

FACETS: Final = (
    "action",
    "actor",
    "actor_type",
    "outcome",
    "request_id",
    "source_ip",
    "target",
    "target_type",
    "tenant",
    "trace_id",
)
"""What events can be counted by."""

BUCKETS: Final = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
"""The spans of a histogram that have a name."""


def checked_limit(limit: object, *, argument: str = "limit") -> int:
    """Return the size of a page.

    Raises:
        QueryError: It is no number from 1 to `MAX_LIMIT`.
    """
    if isinstance(limit, int) and not isinstance(limit, bool) and 1 <= limit <= MAX_LIMIT:
        return limit
    raise QueryError(argument, limit, f"pass a whole number from 1 to {MAX_LIMIT}")


def checked_order(order: object) -> bool:
    """Tell whether an order is the newest first.

    Raises:
        QueryError: It is neither ``newest`` nor ``oldest``.
    """
    if order in {"newest", "oldest"}:
        return order == "newest"
    raise QueryError("order", order, "pass 'newest' or 'oldest', for what comes first")


def checked_facet(by: object) -> str:
    """Return what to count by.

    Raises:
        QueryError: It is none of `FACETS`.
    """
    if isinstance(by, str) and by in FACETS:
        return by
    raise QueryError("by", by, f"pass one of {', '.join(FACETS)}")


def checked_bucket(bucket: object) -> timedelta:
    """Return the width of a histogram's buckets.

    Raises:
        QueryError: It is neither a name of `BUCKETS` nor a whole number of seconds.
    """
    width = BUCKETS.get(bucket) if isinstance(bucket, str) else bucket
    if isinstance(width, timedelta) and width >= timedelta(seconds=1) and not width.microseconds:
        return width
    raise QueryError(
        "bucket", bucket, f"pass one of {', '.join(BUCKETS)}, or a timedelta of whole seconds"
    )


def checked_timeout(timeout: object) -> float | None:
    """Return how long an answer may take, in seconds; None for any time.

    Raises:
        QueryError: It is no number above 0.
    """
    if timeout is None:
        return None
    if isinstance(timeout, int | float) and not isinstance(timeout, bool) and timeout > 0:
        return None if math.isinf(timeout) else float(timeout)
    raise QueryError("timeout", timeout, "pass seconds above 0, or None")
