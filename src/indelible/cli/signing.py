"""The options about keys and witnesses, shared by the commands that sign or look at keys."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import click

from indelible.cli.failures import keep_secret

__all__ = ["Signing", "signing_options"]

_Command = Callable[..., Any]

_KEY_ITSELF: Final = "PRIVATE+KEY+"

_OPTIONS: Final = (
    click.option(
        "--signing-key",
        metavar="FILE",
        envvar="INDELIBLE_SIGNING_KEY",
        show_envvar=True,
        help="The private key's file. In the variable the key itself may stand as well.",
    ),
    click.option(
        "--signer-state",
        metavar="FILE",
        envvar="INDELIBLE_SIGNER_STATE",
        show_envvar=True,
        help="Where the last checkpoint is remembered.  [default: a file beside the key]",
    ),
)


class Signing(NamedTuple):
    """What the options say.

    Attributes:
        key: The key's file, the key itself, or None.
        state: The state's file, or None for the one beside the key.
    """

    key: str | None
    state: str | None


def signing_options(function: _Command) -> _Command:
    """Add the options; the command takes ``signing``."""

    def with_signing(*args: Any, **more: Any) -> Any:
        signing = Signing(more.pop("signing_key"), more.pop("signer_state"))
        if signing.key is not None and signing.key.startswith(_KEY_ITSELF):
            keep_secret(click.get_current_context(), signing.key)
        return function(*args, signing=signing, **more)

    decorated: _Command = functools.wraps(function)(with_signing)
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated
