"""The options that say which database and how, shared by the commands, and the service they make.

Every constructor argument of `AuditService` that a command can use is an option with an environment
variable of the same name behind ``INDELIBLE_``.  The library itself never reads these variables.
"""

from __future__ import annotations

import dataclasses
import functools
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import click

from indelible.cli.exit_codes import ExitCode
from indelible.cli.failures import CommandError, keep_secret

if TYPE_CHECKING:
    from indelible.service import AuditService

__all__ = ["Settings", "database_options", "queue_options", "recording_options"]

_Command = Callable[..., Any]

_PASSWORDS: Final = (
    # Ends at the first @ or at the last one: a password that holds an @ should have it encoded.
    re.compile(r"://[^/@:]*:([^@]+)@"),
    re.compile(r"://[^/@:]*:(.+)@"),
    # Some drivers take it as a parameter.
    re.compile(r"[?&](?:password|passwd)=([^&]+)"),
)

_SQLITE_MAGIC: Final = b"SQLite format 3\0"


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """Which database a command works on, and the further arguments for `AuditService`.

    Attributes:
        url: The database's URL, or None when none was given.
        arguments: Keyword arguments for `AuditService`; those left out keep its defaults.
    """

    url: str | None
    arguments: dict[str, Any]

    def required_url(self) -> str:
        """Return the URL.

        Raises:
            CommandError: There is none.
        """
        if not self.url:
            raise CommandError(
                "no database is named. Pass --url, for example --url sqlite:///audit.db, "
                "or set INDELIBLE_URL",
                ExitCode.CONFIGURATION,
            )
        for pattern in _PASSWORDS:
            for password in pattern.findall(self.url):
                keep_secret(click.get_current_context(), password, unquote(password))
        return self.url

    def tables(self) -> dict[str, Any]:
        """Return the arguments that say how the tables are named, as `migrate` takes them."""
        names = ("table_prefix", "schema")
        return {name: self.arguments[name] for name in names if name in self.arguments}

    def existing_url(self) -> str:
        """Return the URL for a command that creates nothing.

        Raises:
            CommandError: There is no URL, or it names an SQLite file that does not exist, which
                connecting would create.
        """
        url = self.required_url()
        path = _sqlite_file(url)
        _check_sqlite(path)
        if path is not None and not path.exists():
            raise CommandError(
                f"there is no SQLite file {str(path)!r}. Mend the URL, or create the file and its "
                "tables with: indelible db upgrade URL",
                ExitCode.CONFIGURATION,
            )
        return url

    def created_url(self) -> str:
        """Return the URL for a command that may create an SQLite file.

        Raises:
            CommandError: There is no URL, or it names no file that SQLite could use.
        """
        url = self._lasting_url()
        _check_sqlite(_sqlite_file(url))
        return url

    def reader(self) -> AuditService:
        """Return a service for a command that only reads: it creates neither file nor tables."""
        # Made first, because wrong arguments are told before a missing file.
        service = self._service(self.required_url(), create_tables=False)
        self.existing_url()
        return service

    def page(self) -> AuditService:
        """Return a service for the page, which records its readers into tables that are there."""
        return Settings(self.url, {**self.arguments, "create_tables": False}).writer()

    def writer(self, **more: Any) -> AuditService:
        """Return a service for a command that records.

        Args:
            **more: Further arguments for `AuditService`.
        """
        service = self._service(self.required_url(), **more)
        self._lasting_url()
        if self.arguments.get("create_tables", True):
            self.created_url()
        else:
            self.existing_url()
        return service

    def _lasting_url(self) -> str:
        """Return the URL for a command that writes.

        Raises:
            CommandError: There is no URL, or it names a database that ends with the command.
        """
        url = self.required_url()
        if _is_memory(url):
            raise CommandError(
                f"{url!r} is a database in memory, which ends with this command, and what it "
                "writes with it. Name a file, for example sqlite:///audit.db",
                ExitCode.CONFIGURATION,
            )
        return url

    def _service(self, url: str, **more: Any) -> AuditService:
        from indelible.service import AuditService

        # A command says in one line of its own what went wrong.
        logging.getLogger("indelible").addHandler(logging.NullHandler())
        return AuditService(url, **{**self.arguments, **more})


def _sqlite_file(url: str) -> Path | None:
    """Return the file that an SQLite URL names; None for memory, ``file:`` names and other URLs."""
    # A driver of another name may keep another kind of file.
    if not url.startswith(("sqlite:", "sqlite+pysqlite:")):
        return None
    from indelible.storage.engines import checked_url

    name = checked_url(url).database
    if not name or name == ":memory:" or name.startswith("file:"):
        return None
    return Path(name)


def _is_memory(url: str) -> bool:
    if not url.startswith(("sqlite:", "sqlite+pysqlite:")):
        return False
    from indelible.storage.engines import checked_url

    name = checked_url(url).database
    return not name or ":memory:" in name or "mode=memory" in url


def _check_sqlite(path: Path | None) -> None:
    """Refuse what SQLite would only say "unable to open database file" about, or overwrite."""
    if path is None:
        return
    if not path.parent.is_dir():
        problem = "is in a directory that does not exist"
    elif path.is_dir():
        problem = "is a directory"
    elif path.exists() and path.stat().st_size and not _begins_as_sqlite(path):
        problem = "is no SQLite database"
    else:
        return
    raise CommandError(f"{str(path)!r} {problem}. Mend the URL", ExitCode.CONFIGURATION)


def _begins_as_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE_MAGIC)) == _SQLITE_MAGIC


def _from_hex(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return bytes.fromhex(text)
    except ValueError:
        # The value is a secret and is not repeated.
        raise click.BadParameter("it is not hexadecimal") from None


def _option(name: str, **attributes: Any) -> Callable[[_Command], _Command]:
    variable = "INDELIBLE_" + name.partition("/")[0].removeprefix("--").replace("-", "_").upper()
    attributes.setdefault("default", None)
    return click.option(name, envvar=variable, show_envvar=True, **attributes)


_DATABASE: Final = (
    _option("--url", metavar="URL", help="The database, such as sqlite:///audit.db."),
    _option("--log", metavar="NAME", help="The log's name.  [default: audit]"),
    _option(
        "--table-prefix",
        metavar="TEXT",
        help="What the tables' names begin with.  [default: audit_]",
    ),
    _option("--schema", metavar="NAME", help="The tables' schema (PostgreSQL)."),
    _option("--timeout", type=float, metavar="SECONDS", help="The longest wait for a commit."),
    _option(
        "--busy-timeout", type=float, metavar="SECONDS", help="The longest wait for a write lock."
    ),
)
_RECORDING: Final = (
    _option("--source", metavar="NAME", help="The service or component that records."),
    _option(
        "--redact", multiple=True, metavar="KEY", help="A further key to redact; may be repeated."
    ),
    _option(
        "--keyed-hash",
        multiple=True,
        metavar="KEY",
        help="A key whose values are replaced by their HMAC; may be repeated.",
    ),
    _option(
        "--hash-key",
        callback=_from_hex,
        metavar="HEX",
        help="The secret key for --keyed-hash. Better set by the variable, for other users of the "
        "machine can see arguments.",
    ),
    _option("--max-body-bytes", type=int, metavar="BYTES", help="The largest event accepted."),
    _option(
        "--create-tables/--no-create-tables",
        help="Whether to create the tables in a database that has none.  [default: create]",
    ),
)
_QUEUE: Final = (
    _option("--queue-size", type=int, metavar="EVENTS", help="The bound of the pending queue."),
    _option("--batch-size", type=int, metavar="EVENTS", help="The most events to a transaction."),
    _option(
        "--close-timeout", type=float, metavar="SECONDS", help="The longest wait at the very end."
    ),
)


def _taking(
    options: tuple[Callable[[_Command], _Command], ...], names: tuple[str, ...]
) -> Callable[[_Command], _Command]:
    """Return a decorator that adds options and hands their values over inside `Settings`."""

    def decorate(function: _Command) -> _Command:
        def with_settings(*args: Any, **values: Any) -> Any:
            given = {name: values.pop(name) for name in names}
            arguments = {
                name: value for name, value in given.items() if value is not None and value != ()
            }
            before = values.pop("settings", Settings(None, {}))
            settings = Settings(arguments.pop("url", before.url), {**before.arguments, **arguments})
            return function(*args, settings=settings, **values)

        decorated: _Command = functools.wraps(function)(with_settings)
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


database_options: Final = _taking(
    _DATABASE, ("url", "log", "table_prefix", "schema", "timeout", "busy_timeout")
)
"""Adds the options of every command that opens a database; the command takes ``settings``."""

recording_options: Final = _taking(
    _RECORDING,
    ("source", "redact", "keyed_hash", "hash_key", "max_body_bytes", "create_tables"),
)
"""Adds the options about what is recorded; stands above `database_options`."""

queue_options: Final = _taking(_QUEUE, ("queue_size", "batch_size", "close_timeout"))
"""Adds the options of a command that records in async mode; stands above `database_options`."""
