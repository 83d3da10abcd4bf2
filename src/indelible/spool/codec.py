"""An event's row as bytes, and back.

MessagePack: the row's values in their order, texts as text and the body as binary, so that what is
read back is equal to what was written in every byte.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from indelible.body import EVENT_COLUMNS, EventRow
from indelible.spool.errors import SpoolError

__all__ = ["decode", "encode"]

_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(EventRow, strict=True)


def encode(row: EventRow) -> bytes:
    """Return an event's row as bytes.

    Raises:
        SpoolError: It is no such row.
    """
    try:
        record = _encoder.encode(row)
        _decoder.decode(record)
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError) as error:
        raise SpoolError(f"this is no event's row: {error}. {_SHAPE}") from error
    return record


def decode(record: bytes) -> EventRow:
    """Return the row that some bytes stand for.

    Raises:
        SpoolError: They stand for none: another program has written them.
    """
    try:
        row: EventRow = _decoder.decode(record)
        # What a database could only fail at, and with it all that comes behind.
        datetime.fromisoformat(row[1])
        datetime.fromisoformat(row[2])
        row[-1].decode()
    except (msgspec.MsgspecError, ValueError) as error:
        raise SpoolError(f"a record in the spool is no event's row: {error}. {_SHAPE}") from error
    return row


_SHAPE: Final = f"A row has these values: {', '.join(EVENT_COLUMNS)}"
