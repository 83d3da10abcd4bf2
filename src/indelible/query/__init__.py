"""What can be asked of a log and what is answered, independent of how it is stored."""

from __future__ import annotations

from indelible.query.answers import Bucket, Events, Facet, FoundRow, Page, StoredBatch, Version
from indelible.query.arguments import (
    BUCKETS,
    DEFAULT_LIMIT,
    FACETS,
    MAX_BUCKETS,
    MAX_LIMIT,
    checked_bucket,
    checked_facet,
    checked_limit,
    checked_order,
    checked_timeout,
)
from indelible.query.cursor import Key, read_cursor, row_key, write_cursor
from indelible.query.filters import FILTER_NAMES, FilterArguments, Filters

__all__ = [
    "BUCKETS",
    "DEFAULT_LIMIT",
    "FACETS",
    "FILTER_NAMES",
    "MAX_BUCKETS",
    "MAX_LIMIT",
    "Bucket",
    "Events",
    "Facet",
    "FilterArguments",
    "Filters",
    "FoundRow",
    "Key",
    "Page",
    "StoredBatch",
    "Version",
    "checked_bucket",
    "checked_facet",
    "checked_limit",
    "checked_order",
    "checked_timeout",
    "read_cursor",
    "row_key",
    "write_cursor",
]
