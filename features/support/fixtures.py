"""Fixtures that a scenario, or a whole feature, asks for by tag.

* `@fixture.own_postgresql`, `@fixture.own_mariadb`: `context.own_server`, a `servers.Server` that
  nobody else uses, for steps that stop, kill and restart it.

A fixture that raises `servers.Unavailable` has its scenario or feature skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from behave.fixture import fixture

from features.support import servers

PREFIX = "fixture."

Fixture = Callable[..., Any]


def _own_server(maker: type[servers.Server]) -> Fixture:
    def own_server(context: Any) -> Iterator[servers.Server]:
        with maker() as server:
            context.own_server = server
            yield server

    result: Fixture = fixture(own_server)
    return result


REGISTRY: dict[str, Fixture] = {
    "fixture.own_postgresql": _own_server(servers.PostgreSQL),
    "fixture.own_mariadb": _own_server(servers.MariaDB),
}


def tag_problems(tags: Iterable[str], where: str) -> list[str]:
    """What is wrong with the fixture tags of one scenario."""
    return [
        f"{where}: @{tag} is no known fixture: use one of @{', @'.join(sorted(REGISTRY))}"
        for tag in sorted(tags)
        if tag.startswith(PREFIX) and tag not in REGISTRY
    ]
