"""The revisions of the schema, oldest first, without importing Alembic to learn them."""

from __future__ import annotations

from typing import Final

__all__ = ["HEAD", "REVISIONS"]

REVISIONS: Final = ("0001",)
"""Ids of the migration scripts in `migrations/versions`, in the order in which they apply."""

HEAD: Final = REVISIONS[-1]
"""The revision that this version of the package reads and writes."""
