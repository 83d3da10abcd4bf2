"""What behave runs around features and scenarios: see `features/support/hooks.py`."""

from __future__ import annotations

from features.support.hooks import (
    after_all,
    after_scenario,
    before_all,
    before_scenario,
    before_tag,
)

__all__ = ["after_all", "after_scenario", "before_all", "before_scenario", "before_tag"]
