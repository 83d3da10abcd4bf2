"""Stored text as a terminal may be shown it; see `indelible.visible`."""

from __future__ import annotations

from indelible.visible import visible

__all__ = ["visible"]
