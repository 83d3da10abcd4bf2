"""Which database a scenario runs against.

    @use.with_db=<db>
    Scenario Outline: An event comes back from <db>
      ...
      Examples:
        | db         |
        | sqlite     |
        | postgresql |
        | mariadb    |

A row whose server cannot be had is skipped, and the end of the run says so. A scenario without the
tag uses SQLite. `behave -D db=sqlite,mariadb` leaves out all other databases.

Steps use two functions of the context:

* `context.database_url()` is the scenario's own database, the same at each call;
  `context.database_url("mariadb")` asks for a certain kind;
* `context.new_database()` makes another empty one at each call.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable
from typing import Any

from behave.model_type import Status
from behave.tag_matcher import ActiveTagMatcher, ValueObject

from features.support import servers, skips

_ACTIVE_TAG = re.compile(r"(?:use|not|only)\.with_.*")
_OUR_TAG = re.compile(r"use\.with_db=(.*)")


def tag_problems(tags: Iterable[str], where: str) -> list[str]:
    """What is wrong with the active tags of one scenario: a typing error would silently skip it."""
    problems = []
    for tag in sorted(tags):
        ours = _OUR_TAG.fullmatch(tag)
        if _ACTIVE_TAG.fullmatch(tag) and (ours is None or ours[1] not in servers.KINDS):
            choices = ", ".join(f"@use.with_db={kind}" for kind in servers.KINDS)
            problems.append(f"{where}: @{tag} is no tag that is known here: use one of {choices}")
    return problems


def selected_kinds(userdata: str | None) -> frozenset[str]:
    """The kinds that `-D db=...` selects: all of them without it."""
    if not userdata:
        return frozenset(servers.KINDS)
    kinds = frozenset(kind.strip() for kind in userdata.split(","))
    if unknown := sorted(kinds.difference(servers.KINDS)):
        raise ValueError(
            f"-D db={userdata}: {unknown[0]!r} is no known database: "
            f"use some of {', '.join(servers.KINDS)}"
        )
    return kinds


class Databases:
    """Chooses, starts and hands out databases for one run of behave."""

    def __init__(self, userdata: str | None) -> None:
        # An active tag usually equals the current value; here it is one of several.
        selected = ValueObject(selected_kinds(userdata), operator.contains)
        self._matcher = ActiveTagMatcher({"db": selected})

    def prepare(self, context: Any, scenario: Any) -> None:
        """Give a scenario its functions, or skip it where its server is not to be had."""
        tags = scenario.effective_tags
        kinds = [match[1] for tag in sorted(tags) if (match := _OUR_TAG.fullmatch(tag))]
        default = kinds[0] if kinds else "sqlite"
        own: dict[str, str] = {}

        def new_database(kind: str = default) -> str:
            return servers.new_database(kind)

        def database_url(kind: str = default) -> str:
            if kind not in own:
                own[kind] = servers.new_database(kind)
            return own[kind]

        context.database_kind = default
        context.new_database = new_database
        context.database_url = database_url

        if self._matcher.should_skip_with_tags(tags):
            scenario.skip("another database is selected by -D db")
            return
        for kind in kinds:
            try:
                if kind != "sqlite":
                    servers.server(kind)
            except servers.Unavailable as unavailable:
                scenario.skip(skips.record(unavailable, scenario.name))
                return


def skip_if_unavailable(scenario: Any, *, failed: bool) -> bool:
    """Turn the failure of a step that asked for a server in vain into a skipped scenario.

    Scenarios that say by tag what they need are skipped before they start; this is for those whose
    steps ask for a kind of their own accord.

    Returns:
        Whether the scenario still counts as failed.
    """
    for step in scenario.all_steps:
        if step.status.has_failed() and isinstance(step.exception, servers.Unavailable):
            step.status = Status.skipped
            scenario.set_status(Status.skipped)
            skips.record(step.exception, scenario.name)
            return False
    return failed
