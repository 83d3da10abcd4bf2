"""How fast a page is read from large logs, beside the best hand-written SQL."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.asked import PAGE, Driver, Question, Statement, questions
from benchmarks.figures import Figure, Pair
from benchmarks.generator import LogStore
from indelible import AuditService

__all__ = ["flatness", "reading"]

_BOUND = 1.5
_CALLS = 200
"""Calls of each side in a round, of which the median counts."""


def reading(store: LogStore, kind: str, events: int, rounds: int) -> list[Figure]:
    """Each question beside its floor, call by call in turn."""
    url = store.url(kind, events)
    driver = Driver(url)
    try:
        with AuditService(url, create_tables=False) as audit:
            figures = []
            for question in questions(audit, events):
                by_hand = _best(audit, driver, question)
                pairs = [_pair(audit, driver, question, by_hand) for _ in range(rounds)]
                figures.append(
                    Figure(
                        f"{question.name}, {kind}, {events:,} events",
                        "the best SQL by hand, on the driver",
                        "ms",
                        tuple(pairs),
                        f"≤ {_BOUND}" if question.wanted else "",
                        (lambda ratio: ratio <= _BOUND) if question.wanted else None,
                    )
                )
            return figures
    finally:
        driver.close()


def flatness(store: LogStore, kind: str, sizes: Sequence[int], rounds: int) -> list[Figure]:
    """Each question of the largest log beside the same one of the smallest, call by call."""
    small, large = min(sizes), max(sizes)
    with (
        AuditService(store.url(kind, small), create_tables=False) as few,
        AuditService(store.url(kind, large), create_tables=False) as many,
    ):
        figures = []
        asked = zip(questions(many, large), questions(few, small), strict=True)
        for of_many, of_few in asked:
            asks = [
                [(audit, call.ask) for call in question.calls]
                for audit, question in ((many, of_many), (few, of_few))
            ]
            _each(lambda pair: pair[1](pair[0]), itertools.chain(*asks))
            pairs = [
                Pair(*_medians([(lambda pair: pair[1](pair[0]), ask) for ask in asks]))
                for _ in range(rounds)
            ]
            figures.append(
                Figure(
                    f"{of_many.name}, {kind}, {large:,} events",
                    f"{small:,} events",
                    "ms",
                    tuple(pairs),
                    f"≤ {_BOUND}" if of_many.wanted else "",
                    (lambda ratio: ratio <= _BOUND) if of_many.wanted else None,
                )
            )
        return figures


def _best(audit: AuditService, driver: Driver, question: Question) -> list[Statement]:
    """Ask everything once, compare the answers, and return the fastest statements."""
    ways: list[list[Statement]] = [[] for _ in question.calls[0].statements]
    for call in question.calls:
        found = [place.seq for place, _ in call.ask(audit).items.bodies()]
        for way, statement in zip(ways, call.statements, strict=True):
            way.append(driver.prepared(statement))
            by_hand = [row[0] for row in driver.fetch(way[-1])]
            if found != by_hand or (question.full and len(found) != PAGE):
                raise RuntimeError(f"{question.name}: {found} by the library, {by_hand} by hand")
    return min(ways, key=lambda way: _medians([(driver.fetch, way)])[0])


def _pair(audit: AuditService, driver: Driver, question: Question, way: list[Statement]) -> Pair:
    return Pair(*_medians([(lambda call: call.ask(audit), question.calls), (driver.fetch, way)]))


def _medians(sides: Sequence[tuple[Callable[[Any], Any], Sequence[Any]]]) -> list[float]:
    """Return the median time of each side's calls in milliseconds, the sides taking turns.

    Which side comes first changes from call to call, since the second one finds all pages in
    memory.
    """
    taken: list[list[float]] = [[] for _ in sides]
    for number in range(_CALLS):
        order = range(len(sides)) if number % 2 else reversed(range(len(sides)))
        for side in order:
            work, arguments = sides[side]
            argument = arguments[number % len(arguments)]
            begun = time.perf_counter()
            work(argument)
            taken[side].append(time.perf_counter() - begun)
    return [statistics.median(times) * 1e3 for times in taken]


def _each(work: Callable[[Any], Any], arguments: Iterable[Any]) -> None:
    for argument in arguments:
        work(argument)
