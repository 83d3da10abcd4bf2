"""How long the page's list takes until it is ready to be sent, beside its query alone."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from datetime import datetime, timedelta
from urllib.parse import urlencode

import httpx

from benchmarks.events import ACTORS, INTERVAL, START
from benchmarks.figures import Figure, Pair
from benchmarks.generator import LogStore
from indelible import AuditService
from indelible.web import create_app

__all__ = ["first_paint"]

_MORE_MS = 15.0
_CALLS = 60

_Filters = dict[str, str]


def first_paint(store: LogStore, kind: str, events: int, rounds: int) -> list[Figure]:
    """The first page of a list: whole, by actor and week, and by a pattern.

    The application is asked in this process, without a network; the client's own work is part of
    the measurement. Looks are recorded, as they are by default, so that it takes a copy of the log.
    """
    end = START + events * INTERVAL
    draw = random.Random(2)

    def by_actor() -> _Filters:
        since = START + (end - START - timedelta(days=7)) * draw.random()
        until = since + timedelta(days=7)
        actor = ACTORS[draw.randrange(40)]
        return {"actor": actor, "since": since.isoformat(), "until": until.isoformat()}

    def everything() -> _Filters:
        return {}

    def by_pattern() -> _Filters:
        return {"action": "invoice.*"}

    figures = []
    with AuditService(store.copy(kind, events)) as audit:
        for name, make in (
            ("the whole log", everything),
            ("an actor's week", by_actor),
            ("invoice.*", by_pattern),
        ):
            asked = [make() for _ in range(_CALLS)]
            pairs = tuple(asyncio.run(_pairs(audit, asked, rounds)))
            figures.append(
                Figure(
                    f"first paint of the list: {name}, {kind}, {events:,} events",
                    "the query alone",
                    "ms",
                    pairs,
                    f"≤ floor + {_MORE_MS:.0f} ms",
                    most_above=_MORE_MS,
                )
            )
    return figures


async def _pairs(audit: AuditService, asked: list[_Filters], rounds: int) -> list[Pair]:
    app = create_app(audit)
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        pairs = []
        for number in range(rounds + 1):
            painted, queried = [], []
            for filters in asked:
                address = f"/?{urlencode(filters)}" if filters else "/"
                begun = time.perf_counter()
                response = await client.get(address, follow_redirects=True)
                painted.append(time.perf_counter() - begun)
                if response.status_code != httpx.codes.OK or "invoice" not in response.text:
                    raise RuntimeError(f"{address}: {response.status_code}")
                begun = time.perf_counter()
                _query(audit, filters)
                queried.append(time.perf_counter() - begun)
            # The first round loads templates and statements.
            if number:
                pairs.append(
                    Pair(statistics.median(painted) * 1e3, statistics.median(queried) * 1e3)
                )
        return pairs


def _query(audit: AuditService, filters: _Filters) -> None:
    times = {
        name: None if name not in filters else datetime.fromisoformat(filters[name])
        for name in ("since", "until")
    }
    audit.query(
        actor=filters.get("actor"),
        action=filters.get("action"),
        since=times["since"],
        until=times["until"],
        timeout=10.0,
    )
