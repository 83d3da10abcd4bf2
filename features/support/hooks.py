"""The hooks of every behave run here. `features/environment.py` hands them to behave.

Each scenario finds in its context:

* `tmp`: an empty directory of its own (a `Path`), removed after it;
* `database_url()`, `new_database()`, `database_kind`: see `databases.py`;
* `add_cleanup(function, *args)`: behave's own; cleanups run in reverse order, and one that raises
  turns the scenario red.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

from behave.fixture import use_fixture_by_tag
from behave.model import Scenario

from features.support import databases, fixtures, generated_examples, scratch, servers, skips, tdd

SCENARIO_SECONDS = float(os.environ.get("INDELIBLE_SCENARIO_SECONDS", "300"))
"""A scenario that takes longer hangs: all threads' stacks are printed and the run ends."""

STDERR = 2


def _wrap_scenario_run() -> None:
    original: Callable[[Any, Any], bool] = Scenario.run

    def run(self: Any, runner: Any) -> bool:
        failed_before = runner.context.failed
        failed = original(self, runner)
        if runner.aborted:
            return failed
        failed = databases.skip_if_unavailable(self, failed=failed)
        failed = tdd.settle(self, failed=failed)
        runner.context._set_root_attribute("failed", failed_before or failed)
        return failed

    Scenario.run = run


def _check_tags(features: list[Any]) -> None:
    problems = [
        problem
        for feature in features
        for scenario in feature.walk_scenarios()
        for check in (tdd.tag_problems, databases.tag_problems, fixtures.tag_problems)
        for problem in check(scenario.effective_tags, str(scenario.location))
    ]
    if problems:
        raise ValueError("\n".join(["some tags are wrong:", *problems]))


def before_all(context: Any) -> None:
    context.config.setup_logging()
    # Every scenario makes a schema, and Alembic tells of each.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    _wrap_scenario_run()
    generated_examples.fill(context._runner.features)
    _check_tags(context._runner.features)
    context.databases = databases.Databases(context.config.userdata.get("db"))


def before_tag(context: Any, tag: str) -> None:
    if tag.startswith(fixtures.PREFIX):
        try:
            use_fixture_by_tag(tag, context, fixtures.REGISTRY)
        except servers.Unavailable as unavailable:
            element = context.scenario or context.feature
            element.skip(skips.record(unavailable, element.name))


def before_scenario(context: Any, scenario: Any) -> None:
    # Not sys.stderr, which behave captures.
    faulthandler.dump_traceback_later(SCENARIO_SECONDS, exit=True, file=STDERR)
    context.tmp = scratch.new_directory()
    context.add_cleanup(shutil.rmtree, context.tmp, ignore_errors=True)
    if not scenario.should_skip:
        context.databases.prepare(context, scenario)


def after_scenario(context: Any, scenario: Any) -> None:
    faulthandler.cancel_dump_traceback_later()


def _closing_lines() -> Iterator[str]:
    yield from tdd.messages
    yield from skips.lines(skips.recorded())


def _uncaptured(hook: Any) -> Any:
    """Let a hook print: otherwise behave shows what it prints only when it fails."""
    hook.capture = False
    return hook


@_uncaptured
def after_all(context: Any) -> None:
    servers.stop_all()
    for line in _closing_lines():
        print(line)
