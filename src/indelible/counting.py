"""Numbers in sentences."""

from __future__ import annotations

__all__ = ["counted"]


def counted(number: int, noun: str) -> str:
    """Return a number and what is counted, in the plural where it is not one."""
    if number == 1:
        return f"1 {noun}"
    head, of, rest = noun.partition(" of ")
    return f"{number:,} {head}{'es' if head.endswith('s') else 's'}{of}{rest}"
