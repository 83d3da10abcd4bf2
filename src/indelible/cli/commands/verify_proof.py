"""``indelible verify-proof``: check a proof file with nothing but a key."""

from __future__ import annotations

from typing import BinaryIO

import click

from indelible.cli.exit_codes import ExitCode
from indelible.cli.failures import CommandError
from indelible.cli.output import console, event_line, format_option, wants_json, write_json
from indelible.cli.proving import COULD_NOT_CHECK, checking, key_option, trust_in
from indelible.errors import ProofError

__all__ = ["command"]


@click.command(name="verify-proof")
@click.argument("file", type=click.File("rb"))
@key_option
@click.option("--origin", metavar="NAME", help="The log's name, if the key signs for several.")
@format_option
def command(
    *, file: BinaryIO, keys: tuple[str, ...], origin: str | None, as_json: bool | None
) -> None:
    """Check the proof of one event, and show the event.

    FILE is what indelible prove wrote, - is standard input. Neither database nor network is used.

    The exit code is 0 when the event is proven to be in the log, 1 when the proof is false, and 2
    when it could not be checked.
    """
    from indelible.encoding import to_json
    from indelible.verification.proof_file import parse_proof, verify_proof

    with checking():
        trust = trust_in(keys)
        if not trust.keys:
            raise CommandError(
                "could not check: name the log's verifier key with --key", COULD_NOT_CHECK
            )
        proof = parse_proof(file.read())
        try:
            verified = verify_proof(proof, trust, origin=origin)
        except ProofError as error:
            raise CommandError(f"FALSE: {error}", ExitCode.NO) from error
    if wants_json(as_json):
        checkpoint = {
            "origin": verified.checkpoint.origin,
            "size": verified.checkpoint.size,
            "root": verified.checkpoint.root.hex(),
        }
        signed_by = [f"{item.name}+{item.key_id:08x}" for item in verified.note.verified]
        members = to_json({"checkpoint": checkpoint, "proven": True, "signed_by": signed_by})
        write_json(f"{members.decode()[:-1]},{event_line(verified.event)[1:]}")
        return
    from indelible.cli.tables import event_page

    console().print(event_page(verified.event))
    signers = ", ".join(f"{item.name}+{item.key_id:08x}" for item in verified.note.verified)
    click.echo(
        f"PROVEN: this is event {verified.index} of the log {verified.checkpoint.origin!r}, by the "
        f"checkpoint of size {verified.checkpoint.size} signed by {signers}"
    )
