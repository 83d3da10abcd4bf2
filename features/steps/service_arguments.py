"""Steps about the arguments of a service."""

from __future__ import annotations

import ast
from typing import Any

from behave import then

from indelible import AuditService, ConfigurationError


@then("a service with each of these arguments is refused")
def then_refused(context: Any) -> None:
    problems = [
        argument_problem(
            context.database_url(), row["argument"], ast.literal_eval(row["value"]), row["says"]
        )
        for row in context.table
    ]
    assert not any(problems), "\n".join(filter(None, problems))


@then("a service with each of these combinations is refused")
def then_combinations_refused(context: Any) -> None:
    problems = [
        combination_problem(
            context.database_url(), ast.literal_eval(row["arguments"]), row["argument"], row["says"]
        )
        for row in context.table
    ]
    assert not any(problems), "\n".join(filter(None, problems))


@then("a service with each of these combinations is accepted, and makes no directory")
def then_combinations_accepted(context: Any) -> None:
    for row in context.table:
        arguments = ast.literal_eval(row["arguments"])
        if "spool" in arguments:
            arguments["spool"] = context.tmp / arguments["spool"]
        with AuditService(context.database_url(), **arguments):
            pass
    assert list(context.tmp.iterdir()) == []


def argument_problem(url: str, argument: str, value: Any, says: str) -> str:
    """Return what is wrong with how an argument is refused, or ""."""
    return combination_problem(url, {argument: value}, argument, says)


def combination_problem(url: str, arguments: dict[str, Any], argument: str, says: str) -> str:
    """Return what is wrong with how some arguments are refused, or ""."""
    try:
        AuditService(**{"bind": url, **arguments})
    except ConfigurationError as error:
        if error.argument != argument or says not in str(error):
            return f"{arguments}: it says {error}"
        return ""
    return f"{arguments} is accepted"
