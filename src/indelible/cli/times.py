"""Points in time as people write them on a command line."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from indelible.timewords import parse_moment

__all__ = ["parse_moment", "read_moment"]


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
