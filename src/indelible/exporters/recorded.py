"""That somebody took events out of the log is itself an event, or rather two.

``audit.export`` is recorded, and committed, before the first byte is handed out, with the outcome
``unknown``: how it will end is not known then.  ``audit.export.end`` says how it did, with how many
events and a digest of the bytes.  One event afterwards would be lost with a process that is killed
after the last byte; one event before could not say what was handed out.  Where the second is
missing, a reader has to assume that everything asked for was handed out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol
from uuid import uuid4

__all__ = ["BEGIN", "END", "ExportRecord"]

BEGIN: Final = "audit.export"
END: Final = "audit.export.end"


class _Waitable(Protocol):
    def wait(self) -> object:
        """Return once the event is committed."""


class ExportRecord:
    """Records one export; both its events have the same ``request_id``.

    Args:
        record: `AuditService.record` of the log that is exported.
        log: The log's name.
        actor: Who exports, as ``"type:id"``.
        form: The format's name.
        filters: The filters asked for, as JSON values.
        first: Number of the first event asked for.
        stop: Number behind the last one.
        details: Further details of both events, such as where the bytes go.
        **more: Further members of both events, such as `source_ip`.
    """

    def __init__(
        self,
        record: Callable[..., _Waitable],
        *,
        log: str,
        actor: str,
        form: str,
        filters: Mapping[str, Any],
        first: int,
        stop: int,
        details: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        self._record = record
        self._common = {
            "actor": actor,
            "target": f"audit-log:{log}",
            "request_id": str(uuid4()),
            **more,
        }
        self._asked = {
            **(details or {}),
            "format": form,
            "filters": dict(filters),
            "since_seq": first,
            "until_seq": stop,
        }

    def begin(self) -> None:
        """Record that the export begins; return once that is committed.

        Raises:
            AuditError: It cannot be recorded: nothing may be handed out.
        """
        self._record(BEGIN, outcome="unknown", details=self._asked, **self._common).wait()

    def end(self, *, count: int, size: int, sha256: str, problem: str | None = None) -> None:
        """Record how it ended; return once that is committed.

        Args:
            count: How many events were handed out.
            size: How many bytes that were.
            sha256: Their SHA-256 in hexadecimal digits.
            problem: Why it ended early; None if it did not.

        Raises:
            AuditError: It cannot be recorded.
        """
        details = {**self._asked, "events": count, "bytes": size, "sha256": sha256}
        outcome = "success" if problem is None else "failure"
        self._record(END, outcome=outcome, details=details, reason=problem, **self._common).wait()
