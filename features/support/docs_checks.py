"""What `docs.reference.feature` asks of the pages of the reference.

Each check raises `AssertionError` with everything that it has found wrong.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from sqlalchemy import Table, UniqueConstraint

from features.support import docs_reference as reference
from indelible import Actor, AuditError, AuditService, errors, importing, values
from indelible.body import EVENT_COLUMNS
from indelible.cli import app as cli_app
from indelible.cli import exit_codes
from indelible.cli.exit_codes import ExitCode
from indelible.decoding import _DECODERS
from indelible.storage.schema import Tables

BUILD_SECONDS = 240.0
"""How long the documentation may take to build. It takes ten on an idle machine."""

_JSON_TYPES = {"string": str, "object": dict, "integer": int, "array": list}


def none_of(problems: Iterable[str]) -> None:
    found = list(problems)
    assert not found, "\n".join(found)


def same(what: str, shown: Iterable[str], there: Iterable[str]) -> list[str]:
    """What a page shows and is not there, and the other way round, one sentence each."""
    left, right = set(shown), set(there)
    return [
        *(f"{what} {name}: the page has it, the code does not" for name in sorted(left - right)),
        *(f"{what} {name}: the code has it, the page does not" for name in sorted(right - left)),
    ]


def code_words(text: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


# The command line ------------------------------------------------------------------------------


def part_is_current(name: str) -> None:
    assert name in reference.parts(), f"no page has a part {name!r}"
    assert reference.parts()[name] == reference.PARTS[name](), (
        f"the part {name!r} is not what the code makes. "
        "Run: python -m features.support.docs_reference"
    )


def _help(words: str) -> str:
    result = CliRunner().invoke(cli_app.app, [*words.split()[1:], "--help"], terminal_width=1000)
    assert result.exit_code == 0, result.output
    return result.output


def commands_are_there() -> None:
    problems = []
    for words, _ in reference.commands():
        text = reference.section("cli.md", words)
        if not text:
            problems.append(f"there is no section '### {words}'")
        for heading in reference.option_groups():
            if f"[{heading.lower()}]" in text:
                text += reference.section("cli.md", heading)
        shown = set(re.findall(r"--[a-z][a-z-]+", _help(words))) - {"--help"}
        problems += [
            f"{words}: {option} is missing" for option in sorted(shown) if option not in text
        ]
    none_of(problems)


def variables_are_there() -> None:
    text = reference.section("cli.md", "Environment variables")
    none_of(
        f"{words}: {name} is missing"
        for words, _ in reference.commands()
        for name in sorted(set(re.findall(r"INDELIBLE_[A-Z_]+", _help(words))))
        if f"`{name}`" not in text
    )


def exit_codes_are_there() -> None:
    described = set(re.findall(r"^(\d+)", exit_codes.__doc__ or "", re.MULTILINE))
    problems = same("exit code", described, {str(int(code)) for code in ExitCode})
    if "indelible.cli.exit_codes" not in reference.documented_objects():
        problems.append("the page does not show indelible.cli.exit_codes")
    none_of(problems)


# The Python interface --------------------------------------------------------------------------


def names_are_there(module_name: str) -> None:
    module = importlib.import_module(module_name)
    documented = reference.documented_objects()
    # Where an object's own module is what the page names, or the one that an error comes from.
    short = {name.rpartition(".")[2] for name in documented if name.startswith(module_name)}
    none_of(
        f"{module_name}.{name} is not documented"
        for name in module.__all__
        if name not in short
        and f"{getattr(getattr(module, name), '__module__', '')}.{name}" not in documented
        and not (name == errors.ProofError.__name__ and f"indelible.{name}" in documented)
    )


def found_callable(name: str) -> Any:
    """The object with a dotted name."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part)
        return found
    raise AssertionError(f"there is no {name}")


def arguments_are_described(name: str) -> None:
    function = found_callable(name)
    none_of(
        same("argument", reference.documented_arguments(function), reference.parameters(function))
    )


def takes_the_same(name: str, other: str, without: str) -> None:
    expected = reference.parameters(found_callable(other)) - set(without.split(", "))
    none_of(same("argument", expected, reference.parameters(found_callable(name))))


def errors_have_advice() -> None:
    text = (reference.ROOT / "docs" / "howto" / "handle-errors.md").read_text(encoding="utf-8")
    none_of(
        f"{name} is not mentioned"
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, AuditError) and f"`{name}`" not in text
    )


# What is stored --------------------------------------------------------------------------------


def _bodies() -> tuple[dict[str, Any], dict[str, Any]]:
    with (
        AuditService("sqlite://", source="billing") as full,
        AuditService("sqlite://") as bare,
    ):
        receipt = full.record(
            "invoice.update",
            actor=Actor("user", "42", "Ada"),
            on_behalf_of="user:7",
            target="invoice:981",
            targets=["customer:7"],
            before={"total": 10},
            after={"total": 12},
            details={"reason": "typo"},
            reason="typo",
            severity="low",
            tenant="acme",
            duration=timedelta(milliseconds=12),
            request_id="req-1",
            trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
            span_id="00f067aa0ba902b7",
            session_id="s-1",
            source_ip="203.0.113.7",
            user_agent="curl/8.5",
            occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
        )
        event = full.get(receipt.event_id)
        least = bare.get(bare.record("login", actor="user:42").event_id)
    assert event is not None
    assert least is not None
    return json.loads(event.body), json.loads(least.body)


def _member_problems(
    heading: str, full: dict[str, Any], bare: dict[str, Any], *, columns: bool
) -> list[str]:
    text = reference.section("body-format.md", heading).partition("\n### ")[0]
    table = {code_words(row[0])[0]: row for row in reference.rows(text)}
    problems = same("member", table, full)
    problems += same(
        "member that is always there",
        [name for name, row in table.items() if row[2].startswith("always")],
        bare,
    )
    for name, row in table.items():
        try:
            example = json.loads(code_words(row[-1])[0])
        except (ValueError, IndexError):
            problems.append(f"{name}: its example is no JSON")
            continue
        kind = _JSON_TYPES[re.split(r"[ ,:]", row[1])[0]]
        if type(example) is not kind:
            problems.append(f"{name}: its example is no {kind.__name__}")
        if name in full and type(full[name]) is not kind:
            problems.append(f"{name}: it is no {kind.__name__} in a body")
    if columns:
        named = [code_words(row[3])[0] for row in table.values() if row[3]]
        problems += same("column", named, set(EVENT_COLUMNS) - {"body"})
    return problems


def body_agrees() -> None:
    full, bare = _bodies()
    none_of(
        [
            *_member_problems("The members", full, bare, columns=True),
            *_member_problems("Actors and targets", full["actor"], bare["actor"], columns=False),
        ]
    )


def _indexes(table: Table) -> dict[str, list[str]]:
    found = {str(index.name): [column.name for column in index.columns] for index in table.indexes}
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            found[str(constraint.name)] = [column.name for column in constraint.columns]
    found["primary key"] = [column.name for column in table.primary_key.columns]
    return found


def _table_problems(table: Table) -> list[str]:
    text = reference.section("schema.md", table.name)
    if not text:
        return [f"there is no section '## {table.name}'"]
    columns, indexes = {}, {}
    for row in reference.rows(text):
        if len(row) == 4:
            columns[code_words(row[0])[0]] = row[2] == "null"
        else:
            name = (code_words(row[0]) or [row[0]])[0]
            indexes[name] = code_words(row[1])
    if sentence := re.search(r"The primary key is (.+?)[.:]", text):
        indexes["primary key"] = code_words(sentence[1])
    there = {column.name: bool(column.nullable) for column in table.columns}
    problems = same(f"{table.name}: column", columns, there)
    problems += [
        f"{table.name}.{name}: the page is wrong about whether it may be empty"
        for name, nullable in there.items()
        if columns.get(name, nullable) != nullable
    ]
    problems += same(
        f"{table.name}: index",
        [f"{name} ({', '.join(members)})" for name, members in indexes.items()],
        [f"{name} ({', '.join(members)})" for name, members in _indexes(table).items()],
    )
    return problems


def schema_agrees() -> None:
    tables = Tables()
    names = [table.name for table in tables.metadata.sorted_tables]
    headings = re.findall(r"^## (\w+)$", reference.page("schema.md"), re.MULTILINE)
    problems = same(
        "table",
        [name for name in headings if name.startswith(tables.prefix)],
        [*names, tables.version_table],
    )
    for table in tables.metadata.sorted_tables:
        problems += _table_problems(table)
    none_of(problems)


def tags_are_there() -> None:
    text = reference.page("value-mappings.md")
    if "automodule:: indelible.values\n" in text:
        text += values.__doc__ or ""
    none_of(f"{tag} is missing" for tag in _DECODERS if tag not in text)


def import_members_agree() -> None:
    table = reference.rows(reference.section("import-format.md", "Members"))
    none_of(same("member", [code_words(row[0])[0] for row in table], importing._READERS))


# The build -------------------------------------------------------------------------------------


def build(directory: Path) -> subprocess.CompletedProcess[str]:
    """Build the documentation into a directory, warnings as errors."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"),
            *("--builder", "html", "--doctree-dir", str(directory / "doctrees")),
            *(str(reference.ROOT / "docs"), str(directory / "html")),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
