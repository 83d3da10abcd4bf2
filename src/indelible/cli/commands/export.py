"""``indelible export``: events in the formats of others, or the log as static files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from indelible.cli.filters import filter_options
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
from indelible.visible import visible

if TYPE_CHECKING:
    from indelible.exporters import EventWriter

__all__ = ["command"]

_FORMATS: Final = ("jsonl", "csv", "parquet", "cloudevents", "ocsf")
_BELONGS: Final = {
    "bom": "csv",
    "cloudevents_source": "cloudevents",
    "cloudevents_prefix": "cloudevents",
    "ocsf_mapping": "ocsf",
    "ocsf_product": "ocsf",
}
"""The format of each option that one format alone has."""


def _actor(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> str | None:
    from indelible.errors import InvalidEventError
    from indelible.event import Actor

    try:
        return None if text is None else str(Actor.parse(text))
    except InvalidEventError:
        raise click.BadParameter(f"{text!r} is not of the form type:id, as user:42 is") from None


@click.command(name="export")
@click.option("--format", "form", type=click.Choice(_FORMATS), help="What to write events as.")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; it appears when it is whole.  [default: standard output]",
)
@click.option(
    "--tiles",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the log as static files instead (C2SP tlog-tiles): the directory to write, or to "
    "bring up to date.",
)
@filter_options
@click.option(
    "--as",
    "exporter",
    callback=_actor,
    metavar="TYPE:ID",
    help="Who exports, for the log.  [default: os-user: and the account's name]",
)
@click.option("--unrecorded", is_flag=True, help="Do not record the export in the log.")
@click.option("--bom", is_flag=True, help="csv: begin with a byte order mark, as old Excel needs.")
@click.option(
    "--cloudevents-source",
    metavar="URI",
    help="cloudevents: the source of all events.  [default: /indelible/LOG]",
)
@click.option(
    "--cloudevents-prefix",
    metavar="TEXT",
    help="cloudevents: what to put in front of actions, such as com.example.",
)
@click.option(
    "--ocsf-mapping",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="ocsf: rules for actions to put in front of the built-in ones, in TOML or JSON.",
)
@click.option("--ocsf-product", metavar="NAME", help="ocsf: the product.  [default: Indelible]")
@key_option
@database_options
def command(
    *,
    settings: Settings,
    form: str | None,
    output: Path | None,
    tiles: Path | None,
    filters: dict[str, Any],
    exporter: str | None,
    unrecorded: bool,
    keys: tuple[str, ...],
    **options: Any,
) -> None:
    """Write events in a format of others, or the log as static files.

    With --format, the events that match and that the log holds now are written in the order of
    their numbers; those found by --text in the order of time. That somebody exports them is
    recorded in the log, before and after. A new file is its owner's alone.

    With --tiles, the whole log is written as a directory that ends at the newest signed
    checkpoint. The next time, only what is new is written, after a check that the log continues
    what is there. With --key, the verifier key is put beside it. indelible verify DIR checks it
    without the database, and so does any reader of the format.
    """
    given = {name: value for name, value in options.items() if value}
    if (form is None) == (tiles is None):
        raise click.UsageError("pass either --format or --tiles")
    if tiles is not None:
        if filters or given or output is not None or exporter is not None or unrecorded:
            raise click.UsageError("--tiles takes the whole log; only --key goes with it")
        _export_tiles(settings, tiles, keys)
        return
    for name in given:
        if _BELONGS[name] != form:
            raise click.UsageError(f"--{name.replace('_', '-')} goes with {_BELONGS[name]} alone")
    if exporter is not None and unrecorded:
        raise click.UsageError("--as says what the log is to hold, and --unrecorded that it is not")
    if form == "parquet" and output is None and sys.stdout.isatty():
        raise click.UsageError("a Parquet file is nothing for a terminal; pass -o FILE")
    _export_events(
        settings, str(form), output, filters, None if unrecorded else exporter or "", given
    )


def _export_events(
    settings: Settings,
    form: str,
    output: Path | None,
    filters: dict[str, Any],
    actor: str | None,
    options: Mapping[str, Any],
) -> None:
    from indelible.cli.exporting import Export, os_user
    from indelible.cli.sinks import OutputFile, StandardOutput

    writer = _writer(form, options)
    if actor is None:
        click.echo("indelible: this export is not recorded in the log (--unrecorded)", err=True)
    with settings.reader() as service, _bar(shown=output is not None) as progress:
        exported = Export(
            service,
            log_of(settings),
            writer,
            StandardOutput() if output is None else OutputFile(output),
            filters,
            None if actor is None else actor or f"os-user:{os_user()}",
            progress,
        ).run()
    if output is not None:
        events = "1 event" if exported.events == 1 else f"{exported.events:,} events"
        click.echo(
            f"{visible(str(output))}: {events} of the log {log_of(settings)}, which held "
            f"{exported.stop:,}"
        )


def _writer(form: str, options: Mapping[str, Any]) -> EventWriter:
    from indelible import exporters

    if form == "parquet":
        return exporters.ParquetWriter()
    if form == "jsonl":
        return exporters.LineWriter(exporters.JsonLines())
    if form == "csv":
        return exporters.LineWriter(exporters.Csv(bom="bom" in options))
    if form == "cloudevents":
        return exporters.LineWriter(
            exporters.CloudEvents(
                source=options.get("cloudevents_source"),
                type_prefix=options.get("cloudevents_prefix", ""),
            )
        )
    path = options.get("ocsf_mapping")
    return exporters.LineWriter(
        exporters.Ocsf(
            None if path is None else exporters.OcsfMapping.from_file(path),
            product=options.get("ocsf_product", "Indelible"),
        )
    )


@contextmanager
def _bar(*, shown: bool) -> Iterator[Callable[[int, int | None], None] | None]:
    """Give what shows progress on standard error.

    Args:
        shown: Whether the events go elsewhere than standard output, which may be the same terminal.
    """
    if not shown and sys.stdout.isatty():
        yield None
        return
    with progress_bar("exporting") as progress:
        if progress is None:
            yield None
            return
        from indelible.verification.report import Progress

        tell = progress
        yield lambda done, total: tell(Progress(done, total or 0))


def _export_tiles(settings: Settings, tiles: Path, keys: tuple[str, ...]) -> None:
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
