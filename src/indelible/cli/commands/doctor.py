"""``indelible doctor``: what an attacker with the application's account could do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from indelible.cli.exit_codes import ExitCode
from indelible.cli.failures import CommandError
from indelible.cli.output import format_option, wants_json, write_json
from indelible.cli.settings import Settings, database_options
from indelible.cli.signing import Signing, signing_options
from indelible.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indelible.storage.doctor import Diagnosis, Finding

__all__ = ["command"]


@click.command(name="doctor")
@click.argument("database", metavar="[URL]", required=False)
@format_option
@signing_options
@database_options
def command(
    *, settings: Settings, signing: Signing, database: str | None, as_json: bool | None
) -> None:
    """Look at a database as an attacker with the application's account would.

    Use the URL that the application uses. It is tried, in a transaction that is rolled back, to
    update, delete and truncate; settings, clock and the signing key's file are looked at. No event
    is touched. On PostgreSQL, writers may have to wait for a second.

    The exit code is 0 when nothing needs mending, and 1 otherwise.
    """
    from indelible.storage.doctor import Diagnosis, diagnose

    chosen = settings if database is None else Settings(database, settings.arguments)
    found = diagnose(chosen.existing_url(), **settings.tables())
    keys = tuple(_key_findings(signing, settings.arguments.get("log", "audit")))
    found = Diagnosis((*found.findings, *keys), found.powers)
    if wants_json(as_json):
        _print_json(found)
    else:
        _print_text(found)
    bad = sum(finding.verdict == "bad" for finding in found.findings)
    if bad:
        raise CommandError(f"{bad} of {len(found.findings)} need mending", ExitCode.NO)


def _key_findings(signing: Signing, origin: str) -> Iterator[Finding]:
    from indelible.errors import ConfigurationError
    from indelible.sealing import FileState, as_state, file_problems, load_signer
    from indelible.sealing.keyfiles import SIGNER_KEY_PREFIX
    from indelible.storage.doctor import Finding

    if signing.key is None:
        yield Finding(
            "signing key",
            "weak",
            "none is named, so nothing is known about it. Without one, whoever can write to the "
            "database can build the log's tree anew. Pass --signing-key FILE",
        )
        return
    if signing.key.startswith(SIGNER_KEY_PREFIX):
        yield Finding("signing key", "good", "the key comes from the environment")
    else:
        problems = file_problems(signing.key)
        for text in problems:
            yield Finding("signing key", "bad", f"{signing.key}: {text}")
        if not problems:
            try:
                load_signer(signing.key)
            except ConfigurationError as error:
                yield Finding("signing key", "bad", str(error))
            else:
                yield Finding("signing key", "good", "only its owner can get at the key's file")
    state = as_state(signing.state, signing.key, origin)
    if isinstance(state, FileState):
        problem = state.problem()
        yield Finding(
            "signer state",
            "good" if problem is None else "bad",
            "the last checkpoint is remembered, or can be" if problem is None else problem,
        )
    else:
        yield Finding(
            "signer state",
            "weak",
            "it is kept in memory only, and a database that was set back while the service was "
            "down goes unnoticed. Pass --signer-state FILE",
        )


def _print_json(found: Diagnosis) -> None:
    from indelible.encoding import to_json

    for finding in found.findings:
        write_json(to_json(finding._asdict()).decode())
    for power in found.powers:
        write_json(to_json({"power": power}).decode())


def _print_text(found: Diagnosis) -> None:
    width = max(len(finding.check) for finding in found.findings)
    for finding in found.findings:
        click.echo(f"{finding.verdict:<8} {finding.check:<{width}}  {visible(finding.message)}")
    if found.powers:
        click.echo("\nAn attacker who has this account could:")
        for power in found.powers:
            click.echo(f"- {power}")
