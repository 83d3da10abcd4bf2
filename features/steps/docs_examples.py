"""Steps that run the examples of the documentation."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from behave import given, then, when

from features.support import docs_examples, servers


@given("a page")
def given_page(context: Any) -> None:
    page = context.tmp / "page.md"
    page.write_text(context.text.replace("\\n", "\n"), encoding="utf-8")
    context.page = docs_examples.read(page)


def run_examples(context: Any) -> None:
    directory = context.tmp / "page"
    directory.mkdir()
    context.failure = None
    try:
        docs_examples.run(context.page, directory)
    except docs_examples.Failed as failure:
        context.failure = str(failure)


@when('the examples of "{name}" are run')
def when_examples_of(context: Any, name: str) -> None:
    context.page = docs_examples.read(docs_examples.ROOT / name)
    run_examples(context)


@when("the examples of that page are run")
def when_examples_of_that_page(context: Any) -> None:
    run_examples(context)


@when("the examples of that page are run without MariaDB")
def when_examples_without_mariadb(context: Any) -> None:
    context.unavailable = None
    # A server of the run's own may be there already: what matters is that it cannot be had.
    refusal = servers.Unavailable("mariadb", "this scenario wants it so")
    with patch.object(servers, "new_database", side_effect=refusal):
        try:
            run_examples(context)
        except servers.Unavailable as unavailable:
            context.unavailable = unavailable


@then("all of them have done what the page shows")
def then_right(context: Any) -> None:
    assert context.failure is None, context.failure


@then('they fail with "{message}"')
def then_wrong(context: Any, message: str) -> None:
    assert context.failure is not None, f"{context.page.path.name} passed"
    assert message in context.failure, f"{message!r} is not in\n{context.failure}"


@then("the page counts as skipped")
def then_skipped(context: Any) -> None:
    # behave turns a step that raises this into a skipped scenario: see databases.py.
    assert context.unavailable is not None


@then('"{name}" is among the pages with examples')
def then_among_pages(context: Any, name: str) -> None:
    assert [name] in docs_examples.page_rows(), docs_examples.page_rows()
