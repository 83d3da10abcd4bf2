"""``indelible completion``: what makes a shell complete commands, options and values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

__all__ = ["command"]

_SHELLS: Final[Mapping[str, type[ShellComplete]]] = {
    "bash": BashComplete,
    "zsh": ZshComplete,
    "fish": FishComplete,
}


@click.command(name="completion")
@click.argument("shell", type=click.Choice(list(_SHELLS)))
@click.pass_context
def command(ctx: click.Context, *, shell: str) -> None:
    """Print the script that makes a shell complete indelible.

    For bash, put this line into ~/.bashrc: eval "$(indelible completion bash)". For zsh, the same
    with zsh into ~/.zshrc, below compinit. For fish, run: indelible completion fish >
    ~/.config/fish/completions/indelible.fish
    """
    script = _SHELLS[shell](ctx.find_root().command, {}, "indelible", "_INDELIBLE_COMPLETE")
    click.echo(script.source())
