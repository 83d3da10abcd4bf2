"""Several readers at once, a database that fails, and what the log says about its readers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpx
from starlette.applications import Starlette

from indelible import AuditEvent, AuditService
from indelible.errors import QueryTimeoutError, StorageError

SECONDS = 30.0
"""How long anything may take before it is taken for stuck."""


def logged(service: AuditService, action: str) -> list[AuditEvent]:
    """Return the events of an action, the oldest first."""
    return list(service.query(action=action, order="oldest", limit=1000).items)


def at_once(app: Starlette, addresses: list[str]) -> list[int]:
    """Ask for addresses at once, and return the statuses of the answers."""

    async def ask() -> list[int]:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://audit.example", timeout=SECONDS
        ) as client:
            answers = await asyncio.gather(*(client.get(address) for address in addresses))
        return [answer.status_code for answer in answers]

    return asyncio.run(asyncio.wait_for(ask(), SECONDS))


class Meeting:
    """A question to the log that is answered only while another one is asked, too.

    Args:
        service: The log whose questions these are.
        number: How many have to be asked at once before one is answered; 1 to answer at once.
        pause: How long each answer takes, in seconds.
    """

    def __init__(self, service: AuditService, number: int, pause: float = 0.0) -> None:
        self.most = 0
        self._asked = 0
        self._lock = threading.Lock()
        self._all_here = threading.Event()
        query: Callable[..., Any] = service.query

        def asked(**arguments: Any) -> Any:
            with self._lock:
                self._asked += 1
                self.most = max(self.most, self._asked)
                if self._asked >= number:
                    self._all_here.set()
            assert self._all_here.wait(SECONDS), "the other question was never asked"
            if pause:
                threading.Event().wait(pause)
            try:
                return query(**arguments)
            finally:
                with self._lock:
                    self._asked -= 1

        vars(service)["query"] = asked


def takes_no_events(service: AuditService) -> None:
    """Let recording fail, as on a full disk."""

    def record(*_: Any, **__: Any) -> Any:
        raise StorageError("the disk is full")

    vars(service)["record"] = record


def fails(service: AuditService, name: str, error: Exception) -> None:
    """Let a method fail."""

    def failing(*_: Any, **__: Any) -> Any:
        raise error

    vars(service)[name] = failing


def takes(service: AuditService, seconds: float) -> None:
    """Let each question take longer than so many seconds, if that is what it was allowed."""

    def query(*, timeout: float | None = None, **_: Any) -> Any:
        assert timeout == seconds, f"{timeout} s were allowed"
        raise QueryTimeoutError("timeout", timeout, "the answer takes longer")

    vars(service)["query"] = query
