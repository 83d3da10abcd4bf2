"""The demonstration as a whole: the service under load, sync and then async, and the proof."""

from __future__ import annotations

import functools
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from indelible.demo.clients import drive
from indelible.demo.invoices import InvoiceStore
from indelible.demo.proof import ProofResult, prove_in_database, prove_in_file
from indelible.demo.server import InvoiceServer, User
from indelible.event import AuditEvent, Outcome
from indelible.service import AuditService

__all__ = ["CLIENTS", "Demonstration", "ModeResult", "demonstrate"]

CLIENTS: Final = 8
"""Threads that send requests, each over a connection of its own."""

_SHOWN: Final = 8
"""How many of the last events are shown."""


@dataclass(frozen=True)
class ModeResult:
    """What one mode did.

    Attributes:
        mode: ``sync`` or ``async``.
        requests: Requests answered.
        seconds: How long that took until every event was committed.
        answers: The answers, by the outcome that the log should have for them.
        events: The events in the log, by outcome.
    """

    mode: str
    requests: int
    seconds: float
    answers: Counter[Outcome]
    events: Counter[Outcome]

    @property
    def agrees(self) -> bool:
        """Whether the log holds exactly one event for each request."""
        return self.answers == self.events


@dataclass(frozen=True)
class Demonstration:
    """What there is to show at the end.

    Attributes:
        modes: What each mode did.
        last_events: The newest events of the second mode, newest first.
        example: One update of an invoice.
        proof: What was proven about one event and the whole log; None for a log without events.
    """

    modes: tuple[ModeResult, ...]
    last_events: Sequence[AuditEvent]
    example: AuditEvent | None
    proof: ProofResult | None

    @property
    def agrees(self) -> bool:
        """Whether requests and events agree in every mode."""
        return all(mode.agrees for mode in self.modes)

    @property
    def proves(self) -> bool:
        """Whether the log was proven, and the edited row found."""
        return self.proof is not None and self.proof.as_expected


def demonstrate(
    url: str | None,
    requests: int,
    progress: Callable[[str, int], None],
    **arguments: Any,
) -> Demonstration:
    """Run the demonstration. Afterwards no thread, port or file of it is left.

    Args:
        url: The database to record into; None for an SQLite file that is removed at the end.
        requests: How many requests to send in each mode.
        progress: Called with the mode and the number of answers in it, now and then.
        **arguments: Further arguments for `AuditService`.

    Raises:
        AuditError: The database cannot be used.
        ProofError: The proof of an event does not hold.
        UnexpectedAnswerError: A request was not answered as it should be.
    """
    run = secrets.token_hex(4)
    users = _users()
    results = []
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="indelible-demo-")))
        file = directory / "audit.db"
        invoices = stack.enter_context(
            closing(InvoiceStore(f"sqlite:///{directory / 'invoices.db'}"))
        )
        for mode in ("sync", "async"):
            audit = stack.enter_context(
                AuditService(
                    url or f"sqlite:///{file}",
                    audit_async=mode == "async",
                    source="invoices",
                    **arguments,
                )
            )
            # A tenant for each run, so that a database may hold other events as well.
            tenant = f"demo-{run}-{mode}"
            show = functools.partial(progress, mode)
            results.append(_measure(mode, audit, invoices, users, tenant, requests, show))
        last = audit.query(tenant=tenant, limit=_SHOWN).items
        update = audit.query(tenant=tenant, action="invoice.update", limit=1).items
        proof = None
        for event in (*update, *last)[:1]:
            # Only a file of the demonstration's own is tampered with.
            proof = (
                prove_in_database(url, event, **arguments)
                if url
                else prove_in_file(file, event, **arguments)
            )
    return Demonstration(tuple(results), last, update[0] if update else None, proof)


def _measure(
    mode: str,
    audit: AuditService,
    invoices: InvoiceStore,
    users: list[User],
    tenant: str,
    requests: int,
    progress: Callable[[int], None],
) -> ModeResult:
    """Let the users work in one mode, and count what the log then holds."""
    audit.count(tenant=tenant)  # connects, and makes the tables if need be
    started = time.perf_counter()
    with InvoiceServer(audit, invoices, users, tenant) as server:
        answers = drive(server.server_port, users, requests, progress)
    audit.flush()
    seconds = time.perf_counter() - started
    counts = {outcome: audit.count(tenant=tenant, outcome=outcome) for outcome in Outcome}
    return ModeResult(mode, answers.total(), seconds, answers, +Counter(counts))


def _users() -> list[User]:
    """Return eight users, each with a password for this run alone; the first one is a manager."""
    names = ("ada", "bela", "chidi", "dana", "emre", "fumi", "gita", "hugo")
    return [
        User(name, secrets.token_hex(16), "clerk" if index else "manager")
        for index, name in enumerate(names[:CLIENTS])
    ]
