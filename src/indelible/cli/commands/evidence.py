"""``indelible evidence``: what matches a query, with proofs, for somebody else to verify."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from indelible.cli.filters import filter_options
from indelible.cli.proving import (
    checking,
    key_option,
    log_of,
    opened_engine,
    read_vkeys,
    tables_of,
)
from indelible.cli.settings import Settings, database_options

__all__ = ["command"]


@click.command(name="evidence")
@filter_options
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="The archive to write, such as evidence.zip.",
)
@key_option
@database_options
def command(
    *, settings: Settings, filters: dict[str, Any], output: Path, keys: tuple[str, ...]
) -> None:
    """Export the events that match, each with its proof, and a script that verifies them.

    The archive holds the events, an inclusion proof for each, the signed checkpoint, the query and
    the range that was searched, and verify.py, which needs only Python: python BUNDLE --key VKEY.
    With --key, the verifier key is put into the bundle too.
    """
    from sqlalchemy.orm import Session

    from indelible.query import Filters
    from indelible.verification.evidence import export_evidence
    from indelible.verification.reading import snapshot

    wanted = Filters.checked(filters)
    with checking():
        vkeys = read_vkeys(keys)
        engine = opened_engine(settings)
        try:
            with snapshot(engine) as connection, Session(connection) as session:
                bundled = export_evidence(
                    session,
                    tables_of(settings),
                    log_of(settings),
                    wanted,
                    output,
                    key="\n".join(vkeys) or None,
                )
        finally:
            engine.dispose()
    click.echo(
        f"{output}: {bundled.events} events with their proofs, by the checkpoint of size "
        f"{bundled.checkpoint.size}"
    )
    if bundled.unsealed:
        click.echo(
            f"{bundled.unsealed} more match and are left out: no checkpoint covers them yet",
            err=True,
        )
