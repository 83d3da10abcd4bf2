"""The options that choose events, spelled as the arguments of ``AuditService.query()``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import click

from indelible.cli.details import read_details
from indelible.cli.exit_codes import ExitCode
from indelible.cli.failures import CommandError
from indelible.cli.times import complete_moment, read_moment
from indelible.errors import QueryError, QueryTimeoutError

__all__ = ["OUTCOMES", "filter_options", "some_filters"]

OUTCOMES: Final = ("success", "failure", "denied", "unknown")
"""The values of `indelible.Outcome`, without importing it; a feature holds the two together."""

_FOR_PYTHON: Final = {
    # On a command line one leaves the option out.
    ", or None for any": "",
    "a Page's next_cursor": "what a former list has said",
}
"""What the library's errors offer to programs, and what they say to people."""


def _several(
    _ctx: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> str | list[str] | None:
    """Return what a repeatable option was given as the library takes it."""
    if not values:
        return None
    return values[0] if len(values) == 1 else list(values)


def _details(
    ctx: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, Any] | None:
    return read_details(ctx, parameter, texts) or None


_OPTIONS: Final = {
    "actor": click.option("--actor", metavar="TYPE:ID", help="Only what this actor did."),
    "actor_type": click.option(
        "--actor-type", metavar="TYPE", help="Only what actors of this type did, such as user."
    ),
    "action": click.option(
        "--action",
        multiple=True,
        callback=_several,
        metavar="NAME",
        help="Only this action, or with invoice.* all that begin so; may be repeated.",
    ),
    "target": click.option(
        "--target", metavar="TYPE:ID", help="Only what was done to this target."
    ),
    "target_type": click.option(
        "--target-type", metavar="TYPE", help="Only what was done to targets of this type."
    ),
    "outcome": click.option(
        "--outcome",
        multiple=True,
        callback=_several,
        type=click.Choice(OUTCOMES),
        help="Only events that ended so; may be repeated.",
    ),
    "tenant": click.option(
        "--tenant",
        multiple=True,
        callback=_several,
        metavar="NAME",
        help="Only this tenant's events; may be repeated.",
    ),
    "request_id": click.option("--request-id", metavar="ID", help="Only events of this request."),
    "trace_id": click.option(
        "--trace-id", metavar="ID", help="Only events of this distributed trace."
    ),
    "source_ip": click.option(
        "--source-ip", metavar="ADDRESS", help="Only what was asked for from this IP address."
    ),
    "since": click.option(
        "--since",
        callback=read_moment,
        shell_complete=complete_moment,
        metavar="TIME",
        help="Only events at or after this time: 2026-03-01T09:00Z, 2h, 3d, today, yesterday.",
    ),
    "until": click.option(
        "--until",
        callback=read_moment,
        shell_complete=complete_moment,
        metavar="TIME",
        help="Only events before this time.",
    ),
    "since_seq": click.option(
        "--since-seq",
        type=click.IntRange(min=0),
        metavar="NUMBER",
        help="Only events from this number in the log on.",
    ),
    "until_seq": click.option(
        "--until-seq",
        type=click.IntRange(min=0),
        metavar="NUMBER",
        help="Only events before this number in the log.",
    ),
    "changed": click.option(
        "--changed",
        metavar="PATH",
        help="Only events that changed this, or what is below it: status, address/city.",
    ),
    "details": click.option(
        "--detail",
        "details",
        multiple=True,
        callback=_details,
        metavar="PATH=JSON",
        help="Only events whose details hold this value there: amount=10, customer/country=CH; may "
        "be repeated. What is no JSON is text.",
    ),
    "text": click.option(
        "--text",
        metavar="WORDS",
        help="Only events that hold all these words; the log needs a text index, see search.",
    ),
}
"""The options by the names of the arguments, in the order of `indelible.query.FILTER_NAMES`."""


def some_filters(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds the options of some filters, as `filter_options` does for all.

    Args:
        *names: The filters.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def with_filters(*args: Any, **values: Any) -> Any:
            given = {name: values.pop(name) for name in names}
            filters = {name: value for name, value in given.items() if value is not None}
            with _naming_options():
                return function(*args, filters=filters, **values)

        decorated: Callable[..., Any] = with_filters
        for name in reversed(names):
            decorated = _OPTIONS[name](decorated)
        return decorated

    return decorate


filter_options: Final = some_filters(*_OPTIONS)
"""Adds the options; the command takes those that were given as the dict ``filters``.

Whatever the library finds wrong with a value is told about the option.
"""


@contextmanager
def _naming_options() -> Iterator[None]:
    """Name the options of the command in the library's errors, as its user has typed them.

    Raises:
        CommandError: A value makes no sense.
    """
    try:
        yield
    except QueryTimeoutError:
        raise
    except QueryError as error:
        names = {
            parameter.name: _typed(parameter)
            for parameter in click.get_current_context().command.params
        }
        prefix = f"{error.argument}="
        message = str(error)
        if error.argument not in names or not message.startswith(prefix):
            raise
        said = message.removeprefix(prefix)
        for words, others in _FOR_PYTHON.items():
            said = said.replace(words, others)
        raise CommandError(f"{names[error.argument]} {said}", ExitCode.USAGE) from error


def _typed(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Option):
        return max(parameter.opts, key=len)
    return parameter.human_readable_name
