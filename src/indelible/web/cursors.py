"""Cursors in addresses: for readers of some tenants, without the number that a cursor holds.

A page's cursor says behind which event the next page begins, by its number in the log, from which
one could tell how much others record.  Such a reader's address names the event instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from indelible.errors import InvalidEventError, QueryError
from indelible.moments import utc_text
from indelible.query import Key
from indelible.query.cursor import pack, unpack
from indelible.web.reader import Reader

if TYPE_CHECKING:
    from indelible.service import AuditService

__all__ = ["read_address", "write_address"]

_MEND = "use the link to the next page, or leave it out to begin at the start"


def write_address(service: AuditService, reader: Reader, cursor: str | None) -> str | None:
    """Return what stands in an address for a page's cursor."""
    if cursor is None or reader.sees_places:
        return cursor
    key, fingerprint = unpack(cursor)
    event = service.at(key.seq)
    if event is None or not reader.may_see(event):
        # Pruned just now: there is nothing left to begin behind.
        return None
    return f"{event.event_id.hex}-{fingerprint}"


def read_address(service: AuditService, reader: Reader, text: str | None) -> str | None:
    """Return the cursor that an address means.

    Raises:
        QueryError: It means none.
    """
    if text is None or reader.sees_places:
        return text
    event_id, _, fingerprint = text.partition("-")
    try:
        event = service.get(str(UUID(event_id)))
    except (ValueError, InvalidEventError):
        raise QueryError("cursor", text, _MEND) from None
    if event is None or event.place is None or not reader.may_see(event):
        raise QueryError("cursor", text, _MEND)
    return pack(Key(utc_text("cursor", event.occurred_at), event.place.seq), fingerprint)
