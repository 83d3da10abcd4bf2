"""``indelible keys``: the keys that sign checkpoints."""

from __future__ import annotations

import click

from indelible.visible import visible

__all__ = ["command"]


@click.group(name="keys")
def command() -> None:
    """Make signing keys, and show what belongs to them."""


@command.command()
@click.argument("file", type=click.Path(dir_okay=False))
@click.option(
    "--log",
    "name",
    metavar="NAME",
    envvar="INDELIBLE_LOG",
    show_envvar=True,
    default="audit",
    show_default=True,
    help="The log that it is to sign; the key is called like it.",
)
def generate(*, file: str, name: str) -> None:
    """Make a new private key in FILE.

    The file gets mode 0600 and must not exist before. Keep it secret, and a copy of it in a safe
    place. The last word that is printed is the verifier key: give it to whoever is to verify the
    log, on a way that does not lead through the database.
    """
    from indelible.configuration import checked_log_name
    from indelible.sealing.keyfiles import generate_key_file

    signer = generate_key_file(file, checked_log_name(name))
    click.echo(f"the private key is in {visible(file)} (mode 0600)")
    click.echo(f"verifier key: {signer.verifier.vkey}")


@command.command()
@click.argument("file", type=click.Path(dir_okay=False))
def show(*, file: str) -> None:
    """Show the verifier key that belongs to the private key in FILE.

    It is the last word that is printed. A file that others can read is refused, as it is for
    signing.
    """
    from indelible.sealing.keyfiles import read_key_file

    signer = read_key_file(file, argument="file")
    click.echo(f"name: {visible(signer.name)}")
    click.echo(f"key ID: {signer.key_id:08x}")
    click.echo(f"verifier key: {signer.verifier.vkey}")
