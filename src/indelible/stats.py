"""What a service tells about itself."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CloseReport", "Health", "Stats"]


@dataclass(frozen=True, slots=True)
class Stats:
    """What a service has done so far, and what it is about to do.

    Attributes:
        queued: Events accepted and not settled yet.
        committed: Events that this service has seen committed.
        refused: Events that the database refused, or that could not be committed.
        dropped: Events that were given up, by ``'drop'`` or at `close`.
        spooled: Those of the queued that are in the spool.
        batches: Transactions committed.
        last_error: Text of the last error, or None.
        oldest_waiting: Age of the oldest queued event in seconds; None when none is queued.
        damaged: Damaged places that were found in spools.
        restarts: How often the writer thread had to be started again.
    """

    queued: int
    committed: int
    refused: int
    dropped: int
    batches: int
    last_error: str | None
    oldest_waiting: float | None
    spooled: int = 0
    damaged: int = 0
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class CloseReport:
    """What `AuditService.close` left behind; true when it left nothing.

    Attributes:
        uncommitted: Events that had been accepted and are not in the database.
        spooled: Those of them that are in the spool, from which the next service that opens it
            delivers them.
    """

    uncommitted: int
    spooled: int = 0

    def __bool__(self) -> bool:
        return self.uncommitted == 0


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a service does what it promises, now; true while it does.

    Attributes:
        status: ``ok``; ``degraded`` while it still keeps its promises, with the reasons; or
            ``failed`` when acknowledged events are lost, or no event can be recorded.
        reasons: One sentence for each thing that is wrong, the worst first.
    """

    status: str
    reasons: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.status == "ok"
