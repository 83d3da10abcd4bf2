"""Facts as people write them on a command line: ``KEY=VALUE``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

__all__ = ["read_details"]


def read_details(
    _ctx: click.Context, _parameter: click.Parameter, texts: Iterable[str]
) -> dict[str, Any]:
    """Return the facts that options of the form ``KEY=VALUE`` name; an option's callback.

    A value is read as JSON if it is that, and else as text.

    Raises:
        click.BadParameter: One is not of that form, or a key is given twice.
    """
    details: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key and equals):
            raise click.BadParameter(f"{text!r} is not of the form key=value")
        if key in details:
            raise click.BadParameter(f"the key {key!r} is given twice")
        details[key] = _value(value)
    return details


def _value(text: str) -> Any:
    from indelible.jsontext import read_json

    try:
        return read_json(text)
    except ValueError:
        return text
