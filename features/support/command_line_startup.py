"""What scenarios want to know about how the command line starts and what it is made of."""

from __future__ import annotations

import inspect
import re
import sqlite3
import sys
import tomllib
from collections.abc import Iterable

import click

from features.support import processes
from indelible import AuditService, Outcome, Severity
from indelible.cli import exit_codes
from indelible.cli.app import COMMANDS, app
from indelible.cli.commands import count, record
from indelible.cli.filters import OUTCOMES
from indelible.query import FILTER_NAMES

_MARK = "MODULES "


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


INTERRUPTED_LOADING = """
import os, signal, sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "indelible.cli.app":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
from indelible.cli import main
main()
"""
"""Runs the command line, to which Ctrl-C comes when it begins to load its commands."""


CATCHING = """
import io, sys
from indelible.cli import main
real, sys.stdout = sys.stdout, io.StringIO()
try:
    main()
except SystemExit as ended:
    real.write(f"it ended with {ended.code} and printed {sys.stdout.getvalue()}")
"""
"""Runs the command line inside a program whose standard output is no file."""


def with_closed(descriptor: int) -> tuple[str, ...]:
    """Run the command line behind a shell that closes one of its standard streams."""
    return ("sh", "-c", f'exec "$@" {descriptor}>&-', "sh", sys.executable, "-m", "indelible")


def code_without(modules: Iterable[str]) -> str:
    """Code that runs the command line where some modules are not installed."""
    return (
        f"import sys; sys.modules.update(dict.fromkeys({list(modules)!r})); "
        "from indelible.cli import main; main()"
    )


def modules_after(arguments: str) -> set[str]:
    """Return the names of all modules that a run of the command line has loaded, and parents."""
    code = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print({_MARK!r} + ' '.join(sys.modules)))\n"
        f"sys.argv[1:] = {arguments.split()!r}\n"
        "from indelible.cli import main\n"
        "main()"
    )
    ended = processes.run_python(code, environment=processes.unmeasured())
    assert ended.status == 0, ended.output
    return set(ended.output.rpartition(_MARK)[2].split())


def listed_commands(help_text: str) -> list[str]:
    """Return the commands that a help text lists."""
    section = help_text.partition("Commands:\n")[2].partition("\n\n")[0]
    return re.findall(r"(?m)^  (\w+) ", section)


def differing_help() -> list[str]:
    """Return the commands that say something else of themselves than the list does."""
    context = click.Context(app)
    differing = []
    for name, lazy in COMMANDS.items():
        command = app.get_command(context, name)
        assert command is not None
        assert command.name == name, command.name
        if (command.help or "").partition("\n")[0] != lazy.help:
            differing.append(name)
    return differing


def version() -> str:
    project = tomllib.loads((processes.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def unconfigurable() -> set[str]:
    """Return the arguments of `AuditService` that no command has an option and a variable for."""
    context = click.Context(app)
    configurable = set()
    for name in COMMANDS:
        command = app.get_command(context, name)
        assert command is not None
        for parameter in command.params:
            if parameter.envvar == f"INDELIBLE_{str(parameter.name).upper()}":
                configurable.add(parameter.name)
    return set(inspect.signature(AuditService).parameters) - configurable


def check_words() -> None:
    assert set(OUTCOMES) == set(Outcome)
    options = {parameter.name: parameter for parameter in record.command.params}
    assert isinstance(options["severity"].type, click.Choice)
    assert set(options["severity"].type.choices) == set(Severity)


def check_filters() -> None:
    """Compare the options of a command that has little else with the library's filters."""
    others = {"settings", "url", "log", "table_prefix", "schema", "timeout", "busy_timeout"}
    options = {parameter.name: parameter for parameter in count.command.params}
    assert [name for name in options if name not in others] == list(FILTER_NAMES)
    for name in FILTER_NAMES:
        spelled = "detail" if name == "details" else name.replace("_", "-")
        assert options[name].opts == [f"--{spelled}"], name


def documented_codes() -> set[int]:
    assert exit_codes.__doc__ is not None
    return {int(code) for code in re.findall(r"(?m)^([0-9]+) ", exit_codes.__doc__)}


def existing_codes() -> set[int]:
    return set(map(int, exit_codes.ExitCode))


def execute_sqlite(url: str, statement: str) -> None:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    with connection:
        connection.execute(statement)
    connection.close()


def lock_sqlite(url: str) -> sqlite3.Connection:
    """Return a connection that holds the write lock until it is closed."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    return connection
