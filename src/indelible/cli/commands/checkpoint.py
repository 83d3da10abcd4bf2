"""``indelible checkpoint``: sign what a log holds now, or hand over to a newer key."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from indelible.cli.exit_codes import ExitCode
from indelible.cli.failures import CommandError
from indelible.cli.output import wants_json, write_json
from indelible.cli.settings import Settings, database_options
from indelible.cli.signing import Signing, signing_options

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from indelible.merkle import Signer
    from indelible.sealing import SealedCheckpoint, Sealer, Witness, WitnessPolicy

__all__ = ["command"]

_NO_KEY: Final = (
    "no key is named. Pass --signing-key FILE, or set INDELIBLE_SIGNING_KEY. Without a key the log "
    "still keeps its tree, which finds damage; but whoever can write to the database can build it "
    "anew. To make a key, run: indelible keys generate FILE"
)


@click.command(name="checkpoint")
@click.argument("database", metavar="[URL]", required=False)
@click.option(
    "--sink",
    "sinks",
    multiple=True,
    metavar="FILE",
    help="A file to append the checkpoint to; may be repeated.",
)
@click.option(
    "--witness",
    "witnesses",
    nargs=2,
    multiple=True,
    metavar="URL VKEY",
    help="A witness that is to cosign, and its verifier key; may be repeated.",
)
@click.option(
    "--witnesses-required",
    type=click.IntRange(min=0),
    metavar="NUMBER",
    help="How many of the witnesses must cosign.  [default: all]",
)
@click.option(
    "--unwitnessed",
    type=click.Choice(["raise", "publish"]),
    default="raise",
    show_default=True,
    help="What to do with a checkpoint that too few have cosigned.",
)
@click.option(
    "--adopt",
    is_flag=True,
    help="Begin from the newest checkpoint in the database where the state is missing, as on a new "
    "host. Verify the log first.",
)
@click.option("--next-key", metavar="FILE", help="The private key that takes over here.")
@click.option(
    "--keyring",
    metavar="FILE",
    help="The keyring to enter the next key into; made if it does not exist.",
)
@click.option(
    "--json/--note",
    "as_json",
    default=None,
    help="JSON or the signed note.  [default: the note on a terminal, JSON elsewhere]",
)
@signing_options
@database_options
def command(
    *,
    settings: Settings,
    signing: Signing,
    database: str | None,
    sinks: tuple[str, ...],
    witnesses: tuple[tuple[str, str], ...],
    witnesses_required: int | None,
    unwitnessed: str,
    adopt: bool,
    next_key: str | None,
    keyring: str | None,
    as_json: bool | None,
) -> None:
    """Sign what the log holds now.

    The checkpoint is stored in the database and printed: keep it elsewhere, for it is what shows
    later that nothing was changed. If the newest checkpoint covers everything already, that one is
    printed.

    With --next-key both keys sign, and from there on the next one alone may. The keyring says so to
    whoever verifies the log.

    The exit code is 5 when the key refuses, because the log does not continue what it has signed
    before.
    """
    from indelible.sealing import Witness, WitnessPolicy
    from indelible.storage.engines import make_engine

    if signing.key is None:
        raise CommandError(_NO_KEY, ExitCode.CONFIGURATION)
    if (next_key is None) != (keyring is None):
        raise click.UsageError("--next-key and --keyring go together")
    some = tuple(Witness(url, vkey) for url, vkey in witnesses)
    policy = None
    if some or witnesses_required:
        required = len(some) if witnesses_required is None else witnesses_required
        policy = WitnessPolicy(required, "publish" if unwitnessed == "publish" else "raise")
    chosen = settings if database is None else Settings(database, settings.arguments)
    engine = make_engine(
        chosen.existing_url(), busy_timeout=chosen.arguments.get("busy_timeout", 5.0)
    )
    make = functools.partial(
        _sealer, engine, chosen, signing, sinks=sinks, witnesses=some, policy=policy, adopt=adopt
    )
    try:
        if next_key is not None and keyring is not None:
            sealed = _hand_over(*make(), next_key, keyring, signing)
        else:
            sealed = make()[0].seal()
    finally:
        engine.dispose()
    for problem in sealed.problems:
        click.echo(f"witness: {problem}", err=True)
    _print(sealed, as_json=wants_json(as_json))


def _sealer(
    engine: Engine,
    settings: Settings,
    signing: Signing,
    *,
    sinks: tuple[str, ...],
    witnesses: tuple[Witness, ...],
    policy: WitnessPolicy | None,
    adopt: bool,
) -> tuple[Sealer, Signer, str]:
    from sqlalchemy.orm import Session

    from indelible.sealing import Sealer, as_sinks, as_state, load_signer
    from indelible.storage.migrate import check
    from indelible.storage.schema import Tables

    origin = settings.arguments.get("log", "audit")
    names = settings.tables()
    signer = load_signer(signing.key or "")
    status = check(engine, **names)
    if status.state != "current":
        raise CommandError(status.message, ExitCode.CONFIGURATION)
    tables = Tables(names.get("table_prefix", "audit_"), names.get("schema"))
    sealer = Sealer(
        functools.partial(Session, engine),
        tables,
        origin,
        signer,
        as_state(signing.state, signing.key, origin),
        sinks=as_sinks(sinks),
        witnesses=witnesses,
        witness_policy=policy,
        adopt=adopt,
    )
    return sealer, signer, origin


def _hand_over(
    sealer: Sealer, signer: Signer, origin: str, next_key: str, keyring: str, signing: Signing
) -> SealedCheckpoint:
    from indelible.merkle import Ed25519Verifier
    from indelible.sealing import FileState, Keyring, as_state, read_key_file, verifier_of
    from indelible.sealing.files import replace_private

    newer = read_key_file(next_key, argument="next_key")
    older = verifier_of(signer)
    assert isinstance(older, Ed25519Verifier)  # noqa: S101 - as every key is that comes as text
    path = Path(keyring)
    before = Keyring.load(path) if path.exists() else Keyring.of(older)
    if before.verifiers[-1] != older:
        raise CommandError(
            f"the last key in {keyring} is not the signing key. Name the key that signs now",
            ExitCode.CONFIGURATION,
        )
    state = None
    if signing.state is None:
        begun = as_state(None, next_key, origin)
        state = begun if isinstance(begun, FileState) else None
    sealed = sealer.hand_over(newer, state)
    replace_private(path, before.rotated(newer.verifier, sealed.size).text().encode())
    return sealed


def _print(sealed: SealedCheckpoint, *, as_json: bool) -> None:
    if not as_json:
        click.echo(sealed.note, nl=False)
        return
    from indelible.encoding import to_json

    members = {
        "origin": sealed.checkpoint.origin,
        "size": sealed.size,
        "root": sealed.root.hex(),
        "cosigned_by": list(sealed.cosigned_by),
        "fresh": sealed.fresh,
        "note": sealed.note,
    }
    write_json(to_json(members).decode())
