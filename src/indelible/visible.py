"""Stored text as it may be shown: what a terminal would obey is written out instead.

An audit log holds what strangers typed.  An escape sequence in a user's name could clear the
auditor's screen or rewrite the line above, and a right-to-left override could swap two words.
"""

from __future__ import annotations

__all__ = ["visible"]


def visible(text: str) -> str:
    r"""Return a text in which every character shows.

    Control characters, invisible and direction-changing ones, and spaces other than the plain one
    are written as JSON writes them, ``\u001b``; which these are is what `str.isprintable` says.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def _escape(char: str) -> str:
    r"""Return ``\uXXXX``, twice for characters beyond the first plane, as RFC 8259 has it."""
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
