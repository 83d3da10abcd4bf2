"""The invoices: tables and a file of the application's own, which know nothing of auditing."""

from __future__ import annotations

import threading
from typing import Any, Final, TypedDict

from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    insert,
    select,
    update,
)

__all__ = ["Invoice", "InvoiceStore"]

_METADATA: Final = MetaData()
_INVOICE: Final = Table(
    "invoice",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("customer", String(100), nullable=False),
    Column("total", Integer, nullable=False),
    Column("status", String(20), nullable=False),
)


class Invoice(TypedDict):
    """One invoice; its total is in cents."""

    id: int
    customer: str
    total: int
    status: str


class InvoiceStore:
    """Invoices in an SQLite file, safe to use from many threads.

    Args:
        url: The database.
    """

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)
        event.listen(self._engine, "connect", _set_up)
        _METADATA.create_all(self._engine)
        # SQLite takes one writer at a time. Waiting here wakes the next thread at once; SQLite's
        # own waiting sleeps and looks again.
        self._writing = threading.Lock()

    def create(self, customer: str, total: int) -> Invoice:
        """Add an invoice, and return it."""
        values = {"customer": customer, "total": total, "status": "draft"}
        with self._writing, self._engine.begin() as connection:
            row = connection.execute(insert(_INVOICE).values(values).returning(_INVOICE)).one()
        return _invoice(row)

    def get(self, number: int) -> Invoice | None:
        """Return an invoice, or None."""
        with self._engine.connect() as connection:
            row = connection.execute(select(_INVOICE).where(_INVOICE.c.id == number)).one_or_none()
        return None if row is None else _invoice(row)

    def change(self, number: int, **changes: Any) -> tuple[Invoice, Invoice] | None:
        """Change an invoice, and return it as it was before and as it is after; None if absent."""
        this_one = _INVOICE.c.id == number
        with self._writing, self._engine.begin() as connection:
            before = connection.execute(select(_INVOICE).where(this_one)).one_or_none()
            if before is None:
                return None
            changed = update(_INVOICE).where(this_one).values(changes).returning(_INVOICE)
            after = connection.execute(changed).one()
        return _invoice(before), _invoice(after)

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()


def _set_up(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


def _invoice(row: Any) -> Invoice:
    return Invoice(id=row.id, customer=row.customer, total=row.total, status=row.status)
