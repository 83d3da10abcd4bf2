"""``indelible serve``: the log in a browser."""

from __future__ import annotations

import click

from indelible.cli.proving import key_option, read_vkeys
from indelible.cli.settings import Settings, database_options

__all__ = ["command"]

_DEFAULT_PORT = 8765


@click.command(name="serve")
@click.argument("target", metavar="[URL]", required=False)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to bind.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=_DEFAULT_PORT,
    show_default=True,
    help="The port to bind; 0 for any that is free.",
)
@click.option(
    "--authorize",
    metavar="MODULE:FUNCTION",
    help="A function that is given each request and returns an indelible.web.Reader, or None.",
)
@click.option(
    "--token-file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, readable=True),
    help="A file with the token that readers have to show.",
)
@click.option(
    "--generate-token",
    is_flag=True,
    help="Make a token that readers have to show, for this run, and print the address with it.",
)
@click.option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="A name under which the page may be asked for, beside addresses and those of this "
    "machine; may be repeated.",
)
@click.option(
    "--actor",
    metavar="TYPE:ID",
    help="Who reads, where no hook tells; reads are recorded under this name.  [default: user: and "
    "your login name]",
)
@click.option(
    "--record-reads/--no-record-reads",
    default=True,
    help="Whether to record who looks at what.  [default: record]",
)
@click.option(
    "--page-size", type=click.IntRange(1, 1000), metavar="EVENTS", help="Events of a list."
)
@click.option(
    "--query-timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="How long one question to the database may take.",
)
@click.option(
    "--exports", type=click.IntRange(min=1), metavar="NUMBER", help="The most exports at once."
)
@key_option
@database_options
def command(
    *,
    settings: Settings,
    target: str | None,
    host: str,
    port: int,
    authorize: str | None,
    token_file: str | None,
    generate_token: bool,
    hosts: tuple[str, ...],
    actor: str | None,
    record_reads: bool,
    page_size: int | None,
    query_timeout: float | None,
    exports: int | None,
    keys: tuple[str, ...],
) -> None:
    """Serve the log as a page, read-only, until it is interrupted.

    It is for this machine alone unless --host says otherwise, which takes --authorize,
    --token-file or --generate-token: whoever can reach the port reads the log.

    Who looks at what is recorded in the log itself, so that the account must be able to record;
    with --no-record-reads it need only read.
    """
    from indelible.web.serving import Serving, serve

    if target is not None:
        settings = Settings(target, settings.arguments)
    serving = Serving(
        host=host,
        port=port,
        authorize=authorize,
        token_file=token_file,
        generate_token=generate_token,
        allowed_hosts=hosts,
        actor=actor,
        keys=read_vkeys(keys),
        record_reads=record_reads,
        limits={
            "page_size": page_size,
            "most_page_size": None if page_size is None else max(page_size, 200),
            "query_seconds": query_timeout,
            "exports": exports,
        },
    )
    with settings.page() as service:
        serve(service, serving, say=lambda line: click.echo(line, err=True))
