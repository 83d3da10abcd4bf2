"""Steps that hold the reference and the code together."""

from __future__ import annotations

import shutil
from typing import Any
from unittest.mock import patch

from behave import given, then, when

from features.support import docs_checks, docs_reference


@then('the generated part "{name}" is up to date')
def then_part_is_current(context: Any, name: str) -> None:
    docs_checks.part_is_current(name)


@then("the page of the command line has all that each command's help shows")
def then_commands(context: Any) -> None:
    docs_checks.commands_are_there()


@then("the table of environment variables has all that the commands' help shows")
def then_variables(context: Any) -> None:
    docs_checks.variables_are_there()


@then("the page of the command line describes every exit code")
def then_exit_codes(context: Any) -> None:
    docs_checks.exit_codes_are_there()


@then('the reference documents every public name of "{module}"')
def then_names(context: Any, module: str) -> None:
    docs_checks.names_are_there(module)


@then('the docstring of "{name}" describes its arguments')
def then_arguments(context: Any, name: str) -> None:
    docs_checks.arguments_are_described(name)


@then('"{name}" takes what "{other}" takes, but for "{without}"')
def then_takes_the_same(context: Any, name: str, other: str, without: str) -> None:
    docs_checks.takes_the_same(name, other, without)


@then("the page of advice names every error")
def then_errors(context: Any) -> None:
    docs_checks.errors_have_advice()


@then("the page of the body format agrees with a full event and with a bare one")
def then_body(context: Any) -> None:
    docs_checks.body_agrees()


@then("the page of the schema has every table, column and index, and no other")
def then_schema(context: Any) -> None:
    docs_checks.schema_agrees()


@then("the page of the value mappings has every tag")
def then_tags(context: Any) -> None:
    docs_checks.tags_are_there()


@then("the page of the import format has the members that are read, and no other")
def then_import_members(context: Any) -> None:
    docs_checks.import_members_agree()


@given('the reference with "{old}" in place of "{new}"')
def given_wrong_reference(context: Any, old: str, new: str) -> None:
    copy = context.tmp / "reference"
    shutil.copytree(docs_reference.REFERENCE, copy)
    changed = 0
    for page in copy.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        changed += text.count(new)
        page.write_text(text.replace(new, old), encoding="utf-8")
    assert changed, f"no page has {new!r}"
    patched = patch.object(docs_reference, "REFERENCE", copy)
    patched.start()
    context.add_cleanup(patched.stop)


@then("it is not true that {check}")
def then_not(context: Any, check: str) -> None:
    try:
        context.execute_steps(f"Then {check}")
    except AssertionError:
        return
    raise AssertionError(f"it is still true that {check}")


@when("the documentation is built")
def when_built(context: Any) -> None:
    context.build = docs_checks.build(context.tmp)


@then("the build has had nothing to complain about")
def then_built(context: Any) -> None:
    assert context.build.returncode == 0, context.build.stdout
    assert not context.build.stdout.strip(), context.build.stdout
