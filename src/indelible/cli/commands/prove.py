"""``indelible prove``: one small file that proves one event."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import click

from indelible.cli.proving import checking, log_of, opened_engine, read_note, tables_of
from indelible.cli.settings import Settings, database_options

__all__ = ["command"]


@click.command(name="prove")
@click.argument("event_id", type=click.UUID)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, writable=True, allow_dash=True, path_type=Path),
    help="The file to write, - for standard output.",
)
@click.option(
    "--checkpoint",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The signed checkpoint to prove it by.  [default: the newest in the database]",
)
@database_options
def command(*, settings: Settings, event_id: UUID, output: Path, checkpoint: Path | None) -> None:
    """Write the proof that an event is in the log.

    The file holds the event, its inclusion proof and the signed checkpoint, in the format of C2SP
    tlog-proof. indelible verify-proof checks it with the log's verifier key alone.

    The exit code is 0 when it is written, and 2 when the event cannot be proven: there is none, no
    checkpoint covers it yet, or it is not what was signed.
    """
    from sqlalchemy.orm import Session

    from indelible.verification.prove import prove_event

    with checking():
        engine = opened_engine(settings)
        try:
            with Session(engine) as session:
                proof = prove_event(
                    session,
                    tables_of(settings),
                    log_of(settings),
                    str(event_id),
                    note=None if checkpoint is None else read_note(checkpoint),
                )
        finally:
            engine.dispose()
        data = proof.text().encode()
        if str(output) == "-":
            click.echo(data, nl=False)
            return
        output.write_bytes(data)
    click.echo(
        f"event {proof.index} is proven by the checkpoint of size {proof.checkpoint.size}: "
        f"{output}",
        err=True,
    )
