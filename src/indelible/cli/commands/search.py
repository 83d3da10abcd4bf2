"""``indelible search``: full text search over a log, switched on and off."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from indelible.cli.exit_codes import ExitCode
from indelible.cli.failures import CommandError
from indelible.cli.output import console, format_option, wants_json, write_json
from indelible.cli.settings import Settings, database_options

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from indelible.storage.schema import Tables
    from indelible.storage.text import TextSearchState

__all__ = ["command"]

_BUSY_SECONDS: Final = 30.0
_DEFAULT_LOG: Final = "audit"


@click.group(name="search")
def command() -> None:
    """Switch full text search on and off, and see how far it is.

    The index belongs to one log. It is made by the database, and costs every event that is
    recorded from then on.
    """


@command.command()
@format_option
@database_options
def on(*, settings: Settings, as_json: bool | None) -> None:
    """Make the log's text index, while events are recorded.

    Events that are there already are filled in piece by piece; ended in the middle, the same
    command goes on there. It takes an account that owns the tables.
    """
    from indelible.storage.text import enable_text

    with _log(settings) as (engine, tables, log_id), _progress() as progress:
        state = enable_text(engine, tables, log_id, progress)
    _tell(state, as_json=wants_json(as_json))


@command.command()
@format_option
@database_options
def off(*, settings: Settings, as_json: bool | None) -> None:
    """Take the log's text index away, and all that it has cost."""
    from indelible.storage.text import disable_text, text_state

    with _log(settings) as (engine, tables, log_id):
        disable_text(engine, tables, log_id)
        with engine.connect() as connection:
            state = text_state(connection, tables, log_id)
    _tell(state, as_json=wants_json(as_json))


@command.command()
@format_option
@database_options
def status(*, settings: Settings, as_json: bool | None) -> None:
    """Tell whether the log can be searched; the exit code is 1 while it cannot."""
    from indelible.storage.text import text_state

    with _log(settings) as (engine, tables, log_id), engine.connect() as connection:
        state = text_state(connection, tables, log_id)
    _tell(state, as_json=wants_json(as_json))
    if state.state != "on":
        raise click.exceptions.Exit(ExitCode.NO)


@contextmanager
def _log(settings: Settings) -> Iterator[tuple[Engine, Tables, int]]:
    """Give an engine, the tables and the log's key."""
    from sqlalchemy import select

    from indelible.storage import migrate
    from indelible.storage.engines import make_engine
    from indelible.storage.schema import Tables

    names = settings.tables()
    busy = settings.arguments.get("busy_timeout", _BUSY_SECONDS)
    engine = make_engine(settings.existing_url(), busy_timeout=busy)
    try:
        status = migrate.check(engine, **names)
        if status.state != "current":
            raise CommandError(f"{status.state}: {status.message}", ExitCode.CONFIGURATION)
        tables = Tables(names.get("table_prefix", "audit_"), names.get("schema"))
        origin = settings.arguments.get("log", _DEFAULT_LOG)
        with engine.connect() as connection:
            wanted = select(tables.log.c.log_id).where(tables.log.c.origin == origin)
            log_id = connection.execute(wanted).scalar()
        if log_id is None:
            raise CommandError(
                f"there is no log {origin!r}. Name another one with --log, or record an event",
                ExitCode.CONFIGURATION,
            )
        yield engine, tables, log_id
    finally:
        engine.dispose()


def _tell(state: TextSearchState, *, as_json: bool) -> None:
    if as_json:
        from indelible.encoding import to_json

        write_json(to_json(state._asdict()).decode())
    else:
        click.echo(f"{state.state}: {state.indexed:,} of {state.total:,} events indexed")


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on standard error while the block runs, if that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    with Progress(
        "indexing",
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("indexing", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
