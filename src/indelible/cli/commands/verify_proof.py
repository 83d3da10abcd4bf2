"""``indelible verify-proof``: check a proof file with nothing but a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import click

from indelible.cli.exit_codes import ExitCode
from indelible.cli.failures import CommandError
from indelible.cli.output import console, event_line, format_option, wants_json, write_json
from indelible.cli.proving import (
    COULD_NOT_CHECK,
    checking,
    key_option,
    quorum_in,
    trust_in,
    witness_options,
)
from indelible.errors import ProofError
from indelible.visible import visible

if TYPE_CHECKING:
    from indelible.verification.proof_file import VerifiedEvent
    from indelible.verification.trust import Trust

__all__ = ["command"]


@click.command(name="verify-proof")
@click.argument("file", type=click.File("rb"))
@key_option
@witness_options
@click.option("--origin", metavar="NAME", help="The log's name, if the key signs for several.")
@format_option
def command(
    *,
    file: BinaryIO,
    keys: tuple[str, ...],
    witnesses: tuple[str, ...],
    witnesses_required: int | None,
    origin: str | None,
    as_json: bool | None,
) -> None:
    """Check the proof of one event, and show the event.

    FILE is what indelible prove wrote, - is standard input. Neither database nor network is used.

    The exit code is 0 when the event is proven to be in the log, 1 when the proof is false, and 2
    when it could not be checked, or too few of the witnesses have cosigned the checkpoint.
    """
    from dataclasses import replace

    from indelible.verification.proof_file import parse_proof, verify_proof
    from indelible.verification.trust import UnwitnessedError

    with checking():
        trust = trust_in(keys)
        if not trust.keys:
            raise CommandError(
                "could not check: name the log's verifier key with --key", COULD_NOT_CHECK
            )
        trust = replace(trust, quorum=quorum_in(witnesses, witnesses_required))
        proof = parse_proof(file.read())
        try:
            verified = verify_proof(proof, trust, origin=origin)
        except UnwitnessedError as error:
            raise CommandError(f"NOT PROVEN: {error}", COULD_NOT_CHECK) from error
        except ProofError as error:
            raise CommandError(f"FALSE: {error}", ExitCode.NO) from error
    if wants_json(as_json):
        write_json(_members(verified, trust))
    else:
        _tell(verified, trust)


def _members(verified: VerifiedEvent, trust: Trust) -> str:
    from indelible.encoding import to_json

    quorum = trust.quorum
    members = {
        "checkpoint": {
            "origin": verified.checkpoint.origin,
            "size": verified.checkpoint.size,
            "root": verified.checkpoint.root.hex(),
        },
        "proven": True,
        "signed_by": _signers(verified, trust),
        "trust": str(verified.trust),
        "witnessed": None
        if quorum is None
        else {
            "cosigners": list(verified.cosigners),
            "required": quorum.required,
            "known": len(quorum.witnesses),
        },
    }
    # The event is added as it stands in every other output.
    return f"{to_json(members).decode()[:-1]},{event_line(verified.event)[1:]}"


def _tell(verified: VerifiedEvent, trust: Trust) -> None:
    from indelible.cli.tables import event_page

    console().print(event_page(verified.event))
    basis = str(verified.trust)
    if trust.quorum is None:
        click.echo(
            "not proven    that everybody is shown the same log: no witness was named, and the "
            "holder of the key can sign another history"
        )
    else:
        click.echo(visible(f"witnessed     by {', '.join(verified.cosigners)}"))
        basis += f", and {len(verified.cosigners)} of the witnesses"
    click.echo(
        visible(
            f"PROVEN: this is event {verified.index} of the log {verified.checkpoint.origin!r}, by "
            f"the checkpoint of size {verified.checkpoint.size} signed by "
            f"{', '.join(_signers(verified, trust))}, resting on: {basis}"
        )
    )


def _signers(verified: VerifiedEvent, trust: Trust) -> list[str]:
    """Return the keys of the log's own that have signed."""
    own = {(key.verifier.name, key.verifier.key_id) for key in trust.keys}
    return [
        f"{item.name}+{item.key_id:08x}"
        for item in verified.note.verified
        if (item.name, item.key_id) in own
    ]
