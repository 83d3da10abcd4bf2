"""Steps about children of multiprocessing's fork server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from behave import then, when

from features.support.recording.run_program import run_program
from indelible import AuditService

if TYPE_CHECKING:
    from behave.runner import Context


@when("a child of the fork server records 50 events in the background, its service made {where}")
def when_child_records(context: Context, where: str) -> None:
    context.url = context.database_url()
    run_program("fork_server", (where, context.url))


@then("the database holds {count:d} events of that child")
def then_database_holds(context: Context, count: int) -> None:
    with AuditService(context.url) as audit:
        found = audit.count(action="child.step", actor="job:child")
    assert found == count, found
