"""``indelible db``: the tables."""

from __future__ import annotations

from typing import Any

import click

from indelible.cli.commands import harden
from indelible.cli.exit_codes import ExitCode
from indelible.cli.failures import CommandError
from indelible.cli.settings import Settings, database_options

__all__ = ["command"]

_database = click.argument("database", metavar="[URL]", required=False)


def _chosen(settings: Settings, database: str | None) -> Settings:
    """Return the settings with the URL that stands as an argument, which is the shorter way."""
    return settings if database is None else Settings(database, settings.arguments)


@click.group(name="db")
def command() -> None:
    """Create, upgrade and check the tables.

    The tables are made at the first use of an empty database. With a newer version of indelible,
    or where only an administrator may create tables, these commands do it.
    """


command.add_command(harden.command)


@command.command()
@_database
@database_options
def upgrade(*, settings: Settings, database: str | None) -> None:
    """Create the tables, or bring older ones up to date."""
    from indelible.storage import migrate

    settings = _chosen(settings, database)
    revision = migrate.upgrade(settings.created_url(), **settings.tables())
    click.echo(f"the tables are at revision {revision}")


@command.command()
@_database
@database_options
def check(*, settings: Settings, database: str | None) -> None:
    """Tell whether the tables fit this version of indelible.

    The exit code is 0 when they do, and 1 when they are missing, older, newer or not indelible's.
    """
    from indelible.storage import migrate

    settings = _chosen(settings, database)
    status = migrate.check(settings.existing_url(), **settings.tables())
    if status.state != "current":
        raise CommandError(f"{status.state}: {status.message}", ExitCode.NO)
    click.echo(f"current: {status.message}")


@command.command()
@_database
@click.option(
    "--dialect",
    type=click.Choice(["sqlite", "postgresql", "mariadb", "mysql"]),
    help="The kind of database, instead of a URL.",
)
@database_options
def sql(*, settings: Settings, database: str | None, dialect: str | None) -> None:
    """Print the statements that create the tables.

    Nothing is connected to. The statements are for an administrator to read and run.
    """
    from indelible.storage import migrate

    bind: Any = f"{dialect}://" if dialect else _chosen(settings, database).required_url()
    click.echo(migrate.sql(bind, **settings.tables()), nl=False)
