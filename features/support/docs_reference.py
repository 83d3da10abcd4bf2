"""The parts of the reference that are made from the code, and what a reference page must name.

A page says with two comments where a made part stands:

    <!-- generated: command line -->
    …
    <!-- end -->

`python -m features.support.docs_reference` writes all of them anew. `docs.reference.feature` holds
the pages and the code together; it reads the pages as text, so it needs no build.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import click

from indelible.cli import app as cli_app
from indelible.cli.filters import filter_options
from indelible.cli.settings import database_options, queue_options, recording_options
from indelible.context import CONTEXT_FIELDS
from indelible.exporters import CLASSES, DEFAULT_RULES
from indelible.redaction import _HARMLESS, _WHOLE_WORDS_ONLY, DEFAULT_KEYS

ROOT: Final = Path(__file__).parents[2]
REFERENCE: Final = ROOT / "docs" / "reference"

_PART: Final = re.compile(r"(<!-- generated: (.+?) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def page(name: str) -> str:
    """The text of a page of the reference."""
    return (REFERENCE / name).read_text(encoding="utf-8")


def section(name: str, heading: str) -> str:
    """The text of a page below a heading of the second or third level, down to its next equal."""
    text = page(name)
    found = re.search(rf"^(##+) {re.escape(heading)}$", text, re.MULTILINE)
    if found is None:
        return ""
    rest = text[found.end() :]
    following = re.search(rf"^#{{2,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest if following is None else rest[: following.start()]


def rows(text: str) -> list[list[str]]:
    """The cells of all tables in a text, headings left out."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line[1:-1])] for line in lines]
    rulers = [i for i, row in enumerate(cells) if set("".join(row)) <= {"-", ":"}]
    return [row for i, row in enumerate(cells) if i not in rulers and i + 1 not in rulers]


def documented_objects() -> set[str]:
    """The full names of all objects that the reference documents from their docstrings."""
    names: set[str] = set()
    for path in REFERENCE.glob("*.md"):
        module = ""
        for directive, argument in re.findall(
            r"^\.\. (\S+?):: *(\S*)", path.read_text(encoding="utf-8"), re.MULTILINE
        ):
            if directive == "currentmodule":
                module = argument
            elif directive == "automodule":
                module = argument
                names.add(argument)
            elif directive.startswith(("auto", "py:")):
                name = argument.partition("(")[0]
                names.add(name if name.startswith("indelible.") else f"{module}.{name}")
    return names


def documented_arguments(function: Callable[..., Any]) -> set[str]:
    """The names that stand in the Args section of a docstring."""
    text = inspect.getdoc(function) or ""
    found = re.search(r"^Args:\n((?:    .*\n|\n)+)", text + "\n", re.MULTILINE)
    return set() if found is None else set(re.findall(r"^    \**(\w+):", found[1], re.MULTILINE))


def parameters(function: Callable[..., Any]) -> set[str]:
    """The names of a function's parameters, or of a class's constructor."""
    return set(inspect.signature(function).parameters) - {"self"}


# The command line ------------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with the words that one types for it, groups before what is in them."""
    context = click.Context(cli_app.app)
    for name in cli_app.app.list_commands(context):
        command = cli_app.app.get_command(context, name)
        assert command is not None
        yield f"indelible {name}", command
        if isinstance(command, click.Group):
            for inner in command.list_commands(context):
                subcommand = command.get_command(context, inner)
                assert subcommand is not None
                yield f"indelible {name} {inner}", subcommand


def _of_a_group(decorator: Callable[..., Any]) -> list[click.Option]:
    def nothing(**_: object) -> None:
        """Take the options."""

    command = click.command()(decorator(nothing))
    return [parameter for parameter in command.params if isinstance(parameter, click.Option)]


def option_groups() -> dict[str, list[click.Option]]:
    """The options that several commands share, by the heading that they stand under."""
    return {
        "Filter options": _of_a_group(filter_options),
        "Database options": _of_a_group(database_options),
        "Recording options": _of_a_group(recording_options),
        "Queue options": _of_a_group(queue_options),
    }


def options(command: click.Command) -> list[click.Option]:
    """A command's options, without --help, which all have."""
    return [parameter for parameter in command.params if isinstance(parameter, click.Option)]


def spelled(option: click.Option) -> str:
    """All ways to write an option, and what it takes."""
    names = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
    if option.is_flag or isinstance(option.type, click.Choice):
        return names
    metavar = option.make_metavar(click.Context(click.Command("any")))
    return f"{names} {metavar.removesuffix(' RANGE')}"


def meaning(option: click.Option) -> str:
    """What an option does: its help, choices and default."""
    text = " ".join((option.help or "").split())
    text = re.sub(r"\s*\[default: (.+?)\]", r" Default: \1.", text)
    if isinstance(option.type, click.Choice):
        text += f" One of {', '.join(f'`{choice}`' for choice in option.type.choices)}."
    if option.show_default is True and not option.is_flag:
        text += f" Default: {option.default}."
    if option.required:
        text += " Required."
    return text.replace("|", "\\|")


def _option_table(some: Iterable[click.Option]) -> str:
    lines = ["| option | meaning |", "| --- | --- |"]
    lines += [f"| {spelled(option)} | {meaning(option)} |" for option in some]
    return "\n".join(lines) + "\n"


def _anchor(heading: str) -> str:
    return heading.lower().replace(" ", "-")


def command_text(words: str, command: click.Command) -> str:
    """The section of one command."""
    help_text = inspect.cleandoc(command.help or "")
    text = f"### {words}\n\n{help_text}\n\n"
    if isinstance(command, click.Group):
        return text
    context = click.Context(command, info_name=words)
    usage = " ".join(command.collect_usage_pieces(context))
    text += f"```sh\n{words} {usage}\n```\n\n"
    names = {option.name for option in options(command)}
    shared = []
    for heading, members in option_groups().items():
        members_names = {option.name for option in members}
        if members_names <= names:
            names -= members_names
            shared.append(f"[{heading.lower()}](#{_anchor(heading)})")
    own = [option for option in options(command) if option.name in names]
    if own:
        text += _option_table(own) + "\n"
    if shared:
        *some, last = shared
        first = f"{', the '.join(some)} and the " if some else ""
        text += f"And the {first}{last}.\n\n"
    return text


def command_line() -> str:
    """All that the page of the command line says about commands and options."""
    text = "## Commands\n\n"
    text += "".join(command_text(words, command) for words, command in commands())
    text += "## Options that commands share\n\n"
    for heading, members in option_groups().items():
        text += f"### {heading}\n\n{_option_table(members)}\n"
    return f"\n{text}"


def variables() -> Mapping[str, str]:
    """The environment variables of the command line, each with its option."""
    found: dict[str, str] = {}
    for _, command in commands():
        for option in options(command):
            if isinstance(option.envvar, str):
                found[option.envvar] = option.opts[0]
    return found


def environment() -> str:
    """The table of environment variables."""
    lines = ["| variable | option |", "| --- | --- |"]
    lines += [f"| `{name}` | `{option}` |" for name, option in variables().items()]
    return "\n" + "\n".join(lines) + "\n\n"


def default_keys() -> str:
    """The list of keys that are redacted by default."""
    names = [f"`{key}`" + r"\*" * (key in _WHOLE_WORDS_ONLY) for key in sorted(DEFAULT_KEYS)]
    return f"\n{', '.join(names)}\n\n"


def harmless_keys() -> str:
    """The list of keys that are not redacted although they look like it."""
    return f"\n{', '.join(f'`{key}`' for key in sorted(_HARMLESS))}\n\n"


def context_fields() -> str:
    """The list of fields that can be bound."""
    return f"\n{', '.join(f'`{name}`' for name in sorted(CONTEXT_FIELDS))}\n\n"


def ocsf_rules() -> str:
    """The table of which OCSF class and activity stands for which actions, in its order."""
    lines = ["| action | class | activity |", "| --- | --- | --- |"]
    for (uid, activity), rules in groupby(
        DEFAULT_RULES, key=lambda rule: (rule.class_uid, rule.activity_id)
    ):
        patterns = list(rules)
        actions = ", ".join(f"`{rule.action}`" for rule in patterns)
        kind = f"{uid} {patterns[0].ocsf_class.caption}"
        lines.append(f"| {actions} | {kind} | {activity} {patterns[0].activity} |")
    return "\n" + "\n".join(lines) + "\n\n"


def ocsf_classes() -> str:
    """The table of classes and activities, by the names that a mapping may use."""
    lines = ["| class | number | activities |", "| --- | --- | --- |"]
    for kind in CLASSES.values():
        activities = ", ".join(
            f"{number} `{caption.lower().replace(' ', '_')}`"
            for number, caption in kind.activities.items()
        )
        lines.append(f"| `{kind.name}` | {kind.uid} | {activities} |")
    return "\n" + "\n".join(lines) + "\n\n"


PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "command line": command_line,
    "environment": environment,
    "default keys": default_keys,
    "harmless keys": harmless_keys,
    "context fields": context_fields,
    "ocsf rules": ocsf_rules,
    "ocsf classes": ocsf_classes,
}
"""What makes each generated part."""


def parts() -> dict[str, str]:
    """The generated parts as they stand in the pages, by name."""
    return {
        name: text
        for path in sorted(REFERENCE.glob("*.md"))
        for _, name, text, _ in _PART.findall(path.read_text(encoding="utf-8"))
    }


def write() -> list[str]:
    """Write all generated parts anew. Returns the names of the pages that have changed."""
    changed = []
    for path in sorted(REFERENCE.glob("*.md")):
        old = path.read_text(encoding="utf-8")
        new = _PART.sub(lambda found: found[1] + PARTS[found[2]]() + found[4], old)
        if new != old:
            path.write_text(new, encoding="utf-8")
            changed.append(path.name)
    return changed


if __name__ == "__main__":
    for name in write():
        print(f"wrote {name}", file=sys.stderr)
