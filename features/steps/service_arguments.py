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


def argument_problem(url: str, argument: str, value: Any, says: str) -> str:
    """Return what is wrong with how an argument is refused, or ""."""
    arguments: dict[str, Any] = {"bind": url, argument: value}
    try:
        AuditService(arguments.pop("bind"), **arguments)
    except ConfigurationError as error:
        if error.argument != argument or says not in str(error):
            return f"{argument}={value!r}: it says {error}"
        return ""
    return f"{argument}={value!r} is accepted"
