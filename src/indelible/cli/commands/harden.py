"""``indelible db harden``: triggers that refuse changes, and the rights of the writer."""

from __future__ import annotations

import click

from indelible.cli.settings import Settings, database_options

__all__ = ["command"]


@click.command(name="harden")
@click.argument("database", metavar="[URL]", required=False)
@click.option("--off", is_flag=True, help="Take the triggers away, as for pruning and erasing.")
@click.option("--sql", "as_sql", is_flag=True, help="Print the statements, and run none of them.")
@click.option(
    "--role",
    metavar="NAME",
    default="audit_writer",
    show_default=True,
    help="The account that records, in the rights that are printed; for MariaDB user@host.",
)
@database_options
def command(
    *, settings: Settings, database: str | None, off: bool, as_sql: bool, role: str
) -> None:
    """Make the tables refuse changes.

    Triggers refuse UPDATE, DELETE and TRUNCATE on events, tiles and checkpoints, to whatever
    account. MariaDB and MySQL know no trigger for TRUNCATE; there the account that records must not
    have the right DROP. Run this as the tables' owner.

    Then the rights are printed that an account needs that records and reads, and no others. An
    account that owns the tables can take the triggers away, so let it be another one.
    """
    from indelible.storage import harden
    from indelible.storage.grants import grants

    chosen = settings if database is None else Settings(database, settings.arguments)
    names = settings.tables()
    if as_sql:
        for statement in harden.sql(chosen.required_url(), off=off, **names):
            click.echo(f"{statement};")
    elif off:
        click.echo(f"taken away: {', '.join(harden.unharden(chosen.existing_url(), **names))}")
    else:
        click.echo(f"made: {', '.join(harden.harden(chosen.existing_url(), **names))}")
    if not off:
        click.echo("\n-- What an account needs that records and reads, and no more:")
        for line in grants(chosen.required_url(), role, **names):
            click.echo(line)
