"""``indelible count``: how many events there are."""

from __future__ import annotations

from typing import Any

import click

from indelible.cli.filters import filter_options
from indelible.cli.settings import Settings, database_options

__all__ = ["command"]


@click.command(name="count")
@filter_options
@database_options
def command(*, settings: Settings, filters: dict[str, Any]) -> None:
    """Count events.

    Prints one number, which is also what JSON looks like.
    """
    with settings.reader() as service:
        click.echo(service.count(**filters))
