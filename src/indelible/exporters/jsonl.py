"""JSON Lines: each event as its place and its body, exactly as stored."""

from __future__ import annotations

from indelible.encoding import to_json
from indelible.exporters.members import Exportable, line_of
from indelible.exporters.writers import LineFormat
from indelible.query import StoredBatch

__all__ = ["JsonLines", "event_line"]


def event_line(event: Exportable) -> str:
    """Return an event as one line of JSON: its place, and its body exactly as stored.

    The line's form is ``{"leaf_hash": …, "log": …, "seq": …, "event": body}``, so that SHA-256
    over a zero byte and the body's UTF-8 text gives the leaf hash again.  Values that JSON has no
    name for stand as in the body, see `indelible.values`.  An event that is not committed has
    ``event`` alone.
    """
    place = event.place
    if place is None:
        return f'{{"event":{event.body}}}'
    log, seq, leaf_hash = place
    return (
        f'{{"leaf_hash":"{leaf_hash.hex()}","log":{to_json(log).decode()},"seq":{seq},'
        f'"event":{event.body}}}'
    )


class JsonLines(LineFormat):
    """JSON Lines, one event a line as `event_line` writes it: the format to verify and to keep.

    ``indelible import`` reads it.
    """

    name = "jsonl"
    media_type = "application/jsonl"
    suffix = ".jsonl"

    def line(self, event: Exportable) -> bytes:
        """Return one event's line, its end included."""
        return line_of(event, event_line(event).encode())

    def block(self, batch: StoredBatch) -> bytes:
        """Return the lines of a batch."""
        # Written out, and checked as a whole: this is what a whole log passes through.
        middle = f'","log":{to_json(batch.log).decode()},"seq":'
        data = "".join(
            [
                f'{{"leaf_hash":"{leaf_hash.hex()}{middle}{seq},"event":{body}}}\n'
                for seq, leaf_hash, body in batch.rows
            ]
        ).encode()
        if data.count(b"\n") != len(batch.rows):
            # One holds a line end; it is found and named.
            return super().block(batch)
        return data
