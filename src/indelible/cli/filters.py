"""The options that choose events, spelled as the arguments of ``AuditService.query()``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

import click

from indelible.cli.times import read_moment

__all__ = ["OUTCOMES", "filter_options"]

OUTCOMES: Final = ("success", "failure", "denied", "unknown")
"""The values of `indelible.Outcome`, without importing it; a feature holds the two together."""

_NAMES: Final = ("actor", "action", "target", "outcome", "tenant", "since", "until")
_OPTIONS: Final = (
    click.option("--actor", metavar="TYPE:ID", help="Only what this actor did."),
    click.option("--action", metavar="NAME", help="Only this action."),
    click.option("--target", metavar="TYPE:ID", help="Only what was done to this target."),
    click.option("--outcome", type=click.Choice(OUTCOMES), help="Only events that ended so."),
    click.option("--tenant", metavar="NAME", help="Only this tenant's events."),
    click.option(
        "--since",
        callback=read_moment,
        metavar="TIME",
        help="Only events at or after this time: 2026-03-01T09:00Z, 2h, 3d, today, yesterday.",
    ),
    click.option(
        "--until", callback=read_moment, metavar="TIME", help="Only events before this time."
    ),
)


def filter_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command takes those that were given as the dict ``filters``."""

    @functools.wraps(function)
    def with_filters(*args: Any, **values: Any) -> Any:
        given = {name: values.pop(name) for name in _NAMES}
        filters = {name: value for name, value in given.items() if value is not None}
        return function(*args, filters=filters, **values)

    decorated: Callable[..., Any] = with_filters
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated
