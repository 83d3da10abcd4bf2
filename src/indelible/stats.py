"""What a service tells about itself."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CloseReport", "Stats"]


@dataclass(frozen=True, slots=True)
class Stats:
    """What a service has done so far, and what it is about to do.

    Attributes:
        queued: Events accepted and not settled yet.
        committed: Events that this service has seen committed.
        refused: Events that the database refused, or that could not be committed.
        dropped: Events that were accepted and given up.
        batches: Transactions committed.
        last_error: Text of the last error, or None.
        oldest_waiting: Age of the oldest queued event in seconds; None when none is queued.
    """

    queued: int
    committed: int
    refused: int
    dropped: int
    batches: int
    last_error: str | None
    oldest_waiting: float | None


@dataclass(frozen=True, slots=True)
class CloseReport:
    """What `AuditService.close` left behind; true when it left nothing.

    Attributes:
        uncommitted: Events that had been accepted and are not in the database.
    """

    uncommitted: int

    def __bool__(self) -> bool:
        return self.uncommitted == 0
