"""What the application is told of a database that fails."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from indelible.errors import (
    AuditError,
    DatabaseBusyError,
    DatabaseUnavailableError,
    StorageError,
)

__all__ = ["FaultKind", "explained", "told", "undecided", "unknown"]


class FaultKind(Protocol):
    """What a database error means for a batch; `indelible.storage.backends.Fault` is one."""

    @property
    def name(self) -> str:
        """``EVENT``, ``BUSY``, ``TRANSIENT`` or ``DATABASE``."""


def told(error: Exception) -> str:
    """Return the database's own words, without the values that stand in a row.

    SQLAlchemy appends the statement with its parameters, PostgreSQL (psycopg's `Diagnostic`) a
    DETAIL with the whole row: this text reaches the application's log, which they must not.
    """
    original = getattr(error, "orig", None) or error
    primary = getattr(getattr(original, "diag", None), "message_primary", None)
    return " ".join(str(primary or original).split()) or type(original).__name__


def explained(fault: str, error: Exception, consequence: str) -> AuditError:
    """Return the error that the application sees, with the database's own as its cause.

    Args:
        fault: The `FaultKind`'s name.
        error: What the database raised; an `AuditError` is returned as it is.
        consequence: What it means, as the second half of a sentence.
    """
    if isinstance(error, AuditError):
        return error
    explained: AuditError
    if fault == "BUSY":
        explained = DatabaseBusyError(
            f"another transaction holds the database's write lock ({told(error)}); {consequence}. "
            "If it is your own, end it first; or record with audit_async=True, or keep "
            "the audit log in a database of its own"
        )
    elif fault == "TRANSIENT":
        explained = DatabaseUnavailableError(
            f"the database cannot be reached or keeps failing ({told(error)}); {consequence}"
        )
    else:
        explained = StorageError(f"the database failed ({told(error)}); {consequence}")
    explained.__cause__ = error
    return explained


def undecided(fault: str, error: Exception, event_id: UUID) -> AuditError:
    """Return the error for an event of which nobody knows whether it is in the log.

    Args:
        fault: The `FaultKind`'s name.
        error: What the last attempt has met.
        event_id: The event's id.
    """
    if not isinstance(error, AuditError):
        return explained(fault, error, unknown(event_id))
    # As it stands it would say no more than why the last attempt has failed.
    undecided = DatabaseUnavailableError(
        f"an earlier attempt ended without an answer, and the last one failed ({error}); "
        f"{unknown(event_id)}"
    )
    undecided.__cause__ = error
    return undecided


def unknown(event_id: UUID) -> str:
    """Return the half sentence that says so, with the mend."""
    return (
        "whether the event is in the log is unknown. Record it again with the same "
        f"event_id={event_id}, which stores it once either way"
    )
