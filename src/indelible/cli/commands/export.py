"""``indelible export``: the log as static files."""

from __future__ import annotations

from pathlib import Path

import click

from indelible.cli.proving import (
    checking,
    key_option,
    log_of,
    opened_engine,
    progress_bar,
    read_vkeys,
    tables_of,
)
from indelible.cli.settings import Settings, database_options

__all__ = ["command"]


@click.command(name="export")
@click.option(
    "--tiles",
    required=True,
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The directory to write, or to bring up to date.",
)
@key_option
@database_options
def command(*, settings: Settings, tiles: Path, keys: tuple[str, ...]) -> None:
    """Write the log as a directory of static files (C2SP tlog-tiles).

    It ends at the newest signed checkpoint. The next time, only what is new is written, after a
    check that the log continues what is there. With --key, the verifier key is put beside it.
    indelible verify DIR checks it without the database, and so does any reader of the format.
    """
    from indelible.verification.reading import snapshot
    from indelible.verification.tiles_dir import export_tiles

    with checking():
        vkeys = read_vkeys(keys)
        engine = opened_engine(settings)
        try:
            with snapshot(engine) as connection, progress_bar("exporting") as progress:
                exported = export_tiles(
                    connection,
                    tables_of(settings),
                    log_of(settings),
                    tiles,
                    key="\n".join(vkeys) or None,
                    progress=progress,
                )
        finally:
            engine.dispose()
    click.echo(
        f"{tiles} holds events 0 to {exported.checkpoint.size - 1}, "
        f"{exported.checkpoint.size - exported.before} of them new; {exported.files} files written"
    )
