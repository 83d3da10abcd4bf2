"""Realistic events in any number, made from templates: the same ones at every run.

Bodies are, byte for byte, what ``record()`` would have written; `features/benchmarks.logs.feature`
holds the two together.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, count, islice
from typing import Final, NamedTuple

__all__ = ["ACTIONS", "ACTORS", "CHUNK", "INTERVAL", "START", "Row", "chunk", "rows"]

CHUNK: Final = 10_000
"""Events that are made together, from a seed of their own: several processes can share the work."""

START: Final = datetime(2025, 1, 1, tzinfo=UTC)
INTERVAL: Final = timedelta(seconds=3)
"""From one event to the next: a million in 35 days, ten million in a year."""

_SPREAD_US: Final = INTERVAL // timedelta(microseconds=1)

ACTORS: Final = ["service:billing", *(f"user:{number}" for number in range(1, 50_000))]
"""Who acts. The first ones act often and most do so now and then; the service does most of all."""

TENANTS: Final = [f"tenant-{number:03}" for number in range(200)]

ACTIONS: Final = {
    "invoice": ("create", "update", "send", "remind", "pay", "cancel", "approve", "print"),
    "auth": ("login", "logout"),
    "document": ("read", "download", "share", "delete"),
    "order": ("create", "update", "ship", "return"),
    "report": ("export",),
    "permission": ("grant", "revoke"),
    "api": tuple(f"endpoint-{number:03}" for number in range(200)),
}
"""What is done, by area: one action in ``report.*``, eight in ``invoice.*``, 200 in ``api.*``."""

_SHARES: Final = {
    "invoice": 35.0,
    "auth": 20.0,
    "document": 20.0,
    "order": 14.0,
    "api": 10.0,
    "report": 0.9,
    "permission": 0.1,
}
_THINGS: Final = {"invoice": 2_000_000, "document": 500_000, "order": 1_000_000, "permission": 500}
_WITH_CHANGES: Final = frozenset({"update", "pay", "cancel", "approve", "ship", "return", "grant"})
_BOOLS: Final = ("false", "true")
_STATES: Final = ("draft", "open", "sent", "paid", "cancelled", "returned")
_NOTES: Final = (
    "corrected after a call",
    "as agreed with the customer",
    "second reminder, by letter",
    "goods came back damaged; credit is due",
)


class Row(NamedTuple):
    """An event as the table holds it; times are RFC 3339 text, and the body is text."""

    event_id: str
    occurred_at: str
    recorded_at: str
    action: str
    outcome: str
    actor: str
    target: str | None
    tenant: str | None
    request_id: str | None
    trace_id: str | None
    source_ip: str | None
    body: str


_AREAS: Final = random.Random(6).choices(list(_SHARES), list(_SHARES.values()), k=4096)
_ACTORS_JSON: Final = ['{{"id":"{1}","type":"{0}"}}'.format(*actor.split(":")) for actor in ACTORS]
_CLOCK: Final = [
    f"{hour:02}:{minute:02}:{second:02}"
    for hour in range(24)
    for minute in range(60)
    for second in range(60)
]
_START_MS: Final = int(START.timestamp() * 1000)


def _address(number: int) -> str:
    """Return one of the addresses that requests come from."""
    return f"10.{number >> 8 & 255}.{number & 255}.{number % 250 + 1}"


def rows(events: int) -> Iterator[Row]:
    """Yield so many events; the first ones are the same however many there are."""
    return islice(chain.from_iterable(map(chunk, count())), events)


def chunk(place: int) -> list[Row]:
    """Return `CHUNK` events.

    Args:
        place: Which ones: the first of them is event number ``place * CHUNK``.
    """
    draw = random.Random(place)
    chance, bits = draw.random, draw.getrandbits
    known_days: dict[int, str] = {}

    def text(microseconds: int) -> str:
        days, rest = divmod(microseconds, 86_400_000_000)
        day = known_days.get(days)
        if day is None:
            day = known_days[days] = f"{START + timedelta(days=days):%Y-%m-%d}T"
        seconds, fraction = divmod(rest, 1_000_000)
        return f"{day}{_CLOCK[seconds]}.{fraction:06}Z"

    made: list[Row] = []
    request, request_ip, request_left, trace = "", "", 0, ""
    tenant = TENANTS[0]
    for number in range(place * CHUNK, (place + 1) * CHUNK):
        lot = bits(62)
        then = number * _SPREAD_US + lot % _SPREAD_US
        recorded_at = occurred_at = text(then)
        if lot & 63 == 7:
            # Some come late: from clients that were offline, or imported.
            occurred_at = text(max(0, then - (bits(34) >> 1)))
        if not request_left:
            # A request leads to a few events of one tenant.
            request_left = 1 + (lot >> 8) % 3
            request = f"req-{lot:016x}"
            trace = f"{bits(128):032x}" if lot & 4096 else ""
            request_ip = _address(int(20_000 * chance() ** 2))
            tenant = TENANTS[int(200 * chance() ** 2)]
        request_left -= 1
        area = _AREAS[(lot >> 12) & 4095]
        actions = ACTIONS[area]
        verb = actions[(lot >> 24) % len(actions)]
        # Which actor: the service makes all reports, and much of the rest.
        own = 0
        if area != "report" and lot >> 30 & 31:
            own = int(len(ACTORS) * chance() ** 3)
        outcome = "success"
        if lot >> 36 & 31 == 0:
            outcome = ("failure", "denied", "failure", "unknown")[lot >> 41 & 3]
        target, target_json = None, ""
        things = _THINGS.get(area)
        if things is not None:
            thing = str(int(things * chance() ** 2))
            target = f"{area}:{thing}"
            target_json = f'"target":{{"id":"{thing}","type":"{area}"}},'
        amount = lot >> 44
        changes = ""
        if verb in _WITH_CHANGES:
            before, after = _STATES[amount % 3], _STATES[3 + amount % 3]
            changes = (
                f'"changes":{{"status":{{"after":"{after}","before":"{before}"}},'
                f'"total":{{"after":{amount + 7},"before":{amount}}}}},'
            )
        if area == "auth":
            details = f'"details":{{"method":"password","remembered":{_BOOLS[amount & 1]}}},'
        elif area in {"api", "report"}:
            details = f'"details":{{"duration_ms":{amount % 900},"format":"json"}},'
        else:
            details = (
                f'"details":{{"amount":{amount},"approved":{_BOOLS[amount & 1]},'
                f'"currency":"EUR","department":{amount % 40},"note":"{_NOTES[amount & 3]}",'
                f'"reference":"REF-2025-{amount:06}"}},'
            )
        action = f"{area}.{verb}"
        stamp = f"{_START_MS + then // 1000:012x}"
        # A UUIDv7 (RFC 9562, section 5.7) with the number in the bits that follow the time, so
        # that ids rise as they do when a process makes them.
        event_id = (
            f"{stamp[:8]}-{stamp[8:]}-7{number >> 12 & 4095:03x}"
            f"-{0x8000 | number & 4095:04x}-{lot & 0xFFFFFFFFFFFF:012x}"
        )
        body = (
            f'{{"action":"{action}","actor":{_ACTORS_JSON[own]},{changes}{details}'
            f'"event_id":"{event_id}","occurred_at":"{occurred_at}","outcome":"{outcome}",'
            f'"recorded_at":"{recorded_at}","request_id":"{request}",'
            f'"source_ip":"{request_ip}",{target_json}"tenant":"{tenant}",'
            + (f'"trace_id":"{trace}","v":1}}' if trace else '"v":1}')
        )
        made.append(
            Row(
                event_id,
                occurred_at,
                recorded_at,
                action,
                outcome,
                ACTORS[own],
                target,
                tenant,
                request,
                trace or None,
                request_ip,
                body,
            )
        )
    return made
