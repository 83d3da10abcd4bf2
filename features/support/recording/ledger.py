"""What callers were told about their events, to be compared with what the database holds."""

from __future__ import annotations

import threading
from typing import Any
from uuid import uuid4

from features.support.recording import stored
from indelible import AuditService, ClosedError, Receipt


class Ledger:
    """Records through a service and notes for each event what its caller was told.

    Attributes:
        accepted: The receipts that `record` returned, by event id.
        rejected: The ids of events whose `record` raised `ClosedError`.
        errors: Whatever else it raised.
    """

    def __init__(self) -> None:
        self.accepted: dict[str, Receipt] = {}
        self.rejected: set[str] = set()
        self.errors: list[BaseException] = []
        self._lock = threading.Lock()

    def record(self, service: AuditService, action: str = "ledger", **more: Any) -> bool:
        """Record one event; tell whether the service took it."""
        event_id = str(uuid4())
        try:
            receipt = service.record(action, actor="user:1", event_id=event_id, **more)
        except ClosedError:
            with self._lock:
                self.rejected.add(event_id)
            return False
        except Exception as error:  # noqa: BLE001 - `check` reports it
            with self._lock:
                self.errors.append(error)
            return False
        with self._lock:
            self.accepted[event_id] = receipt
        return True

    def record_until_closed(self, service: AuditService, most: int) -> None:
        for _ in range(most):
            if not self.record(service):
                return

    def check(self, url: str, log: str = "audit") -> None:
        """Every event is committed or its caller knows that it is not, and nothing else is there.

        Only after the service is closed.
        """
        assert not self.errors, self.errors
        committed = set()
        for event_id, receipt in self.accepted.items():
            assert receipt.done, f"{event_id} was accepted, and nobody was told what became of it"
            if receipt.place is not None:
                committed.add(event_id)
            else:
                assert isinstance(receipt.error, ClosedError), receipt.error
        in_database = stored.ids(url, log)
        assert in_database == committed, (
            f"committed and not in the database: {committed - in_database}; "
            f"in the database and not committed: {in_database - committed}"
        )
        assert not self.rejected & in_database, "an event that was refused is in the database"
