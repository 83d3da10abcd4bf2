"""How texts of a body stand in the columns that are searched."""

from __future__ import annotations

__all__ = ["column_text"]


def column_text(text: str) -> str:
    """Return how a text of the body stands in its column, to store it and to search for it.

    PostgreSQL's text has no NUL; the column shows U+2400 SYMBOL FOR NULL in its place.
    """
    return text.replace("\0", "\u2400")
