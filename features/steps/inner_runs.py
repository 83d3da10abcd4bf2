"""Steps that run behave inside a scenario."""

from __future__ import annotations

from typing import Any

from behave import given, then, when

from features.support.inner_runs import InnerProject


@given("a project with this project's environment and these steps")
def given_inner_project(context: Any) -> None:
    steps = {row["step"]: row["what it does"] for row in context.table}
    context.inner = InnerProject(context.tmp, steps)


@when("behave runs")
def when_behave_runs(context: Any) -> None:
    context.run = context.inner.run(context.text)


@when('behave runs with "{argument}"')
def when_behave_runs_with(context: Any, argument: str) -> None:
    context.run = context.inner.run(context.text, argument)


@when('behave runs where "{variable}" is "{value}"')
def when_behave_runs_where(context: Any, variable: str, value: str) -> None:
    context.run = context.inner.run(context.text, environment={variable: value})


@then("the run is green")
def then_green(context: Any) -> None:
    assert context.run.status == 0, context.run.output


@then("the run is red")
def then_red(context: Any) -> None:
    assert context.run.status != 0, context.run.output


@then('it says "{text}"')
def then_it_says(context: Any, text: str) -> None:
    assert text in context.run.output, f"{text!r} is not in\n{context.run.output}"


@then('it does not say "{text}"')
def then_it_does_not_say(context: Any, text: str) -> None:
    assert text not in context.run.output, f"{text!r} is in\n{context.run.output}"


@then('its JSON report holds "{number:d} {status}"')
def then_report_holds(context: Any, number: int, status: str) -> None:
    assert context.run.scenarios[status] == number, context.run.scenarios
