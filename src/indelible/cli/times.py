"""Points in time as people write them on a command line."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from indelible.timewords import parse_moment

__all__ = ["complete_moment", "read_moment"]


def read_moment(
    _ctx: click.Context, _parameter: click.Parameter, text: str | None
) -> datetime | None:
    """Return the point in time that an option's text names; an option's callback.

    Raises:
        click.BadParameter: It names none.
    """
    if text is None:
        return None
    try:
        return parse_moment(text, datetime.now(UTC))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def complete_moment(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the times that a shell may complete an option with."""
    words = ("now", "today", "yesterday", "15m", "1h", "1d", "1w")
    return [word for word in words if word.startswith(incomplete)]
