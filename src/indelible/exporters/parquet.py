"""Parquet, for analysis: typed columns, in row groups of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, BinaryIO, Final

import msgspec

from indelible.errors import MissingExtraError
from indelible.event import Place
from indelible.exporters.members import (
    Exportable,
    Members,
    Named,
    Text,
    members_of,
    place_of,
    text_of,
    unreadable,
)
from indelible.exporters.writers import EventWriter

__all__ = ["ParquetWriter"]

_LARGEST: Final = (1 << 63) - 1

GROUP_ROWS: Final = 20_000
"""Most events in a row group."""

GROUP_BYTES: Final = 16 * 1024 * 1024
"""About the most bytes of bodies in a row group, which is what the writer keeps in memory."""


def _text(value: Text | None) -> str | None:
    return None if value is None else text_of(value)


def _named(value: Named | None) -> str | None:
    return None if value is None else str(value)


def _bounded(number: int | None) -> int | None:
    """Return a number that fits into the column; longer than 292,000 years is as long as that."""
    return None if number is None else min(number, _LARGEST)


def _raw(value: msgspec.Raw) -> str | None:
    return bytes(value).decode() or None


_VALUES: Final[Mapping[str, tuple[str, Callable[[Place, Members], Any]]]] = {
    "seq": ("int64", lambda place, _: place.seq),
    "log": ("string", lambda place, _: place.log),
    "event_id": ("string", lambda _, members: members.event_id),
    "occurred_at": ("time", lambda _, members: datetime.fromisoformat(members.occurred_at)),
    "recorded_at": ("time", lambda _, members: datetime.fromisoformat(members.recorded_at)),
    "action": ("string", lambda _, members: text_of(members.action)),
    "outcome": ("string", lambda _, members: members.outcome),
    "actor": ("string", lambda _, members: str(members.actor)),
    "actor_name": ("string", lambda _, members: _text(members.actor.name)),
    "target": ("string", lambda _, members: _named(members.target)),
    "target_name": (
        "string",
        lambda _, members: None if members.target is None else _text(members.target.name),
    ),
    "targets": ("strings", lambda _, members: [str(target) for target in members.targets]),
    "on_behalf_of": ("string", lambda _, members: _named(members.on_behalf_of)),
    "tenant": ("string", lambda _, members: _text(members.tenant)),
    "reason": ("string", lambda _, members: _text(members.reason)),
    "severity": ("string", lambda _, members: members.severity),
    "duration_us": ("int64", lambda _, members: _bounded(members.duration_us)),
    "request_id": ("string", lambda _, members: _text(members.request_id)),
    "trace_id": ("string", lambda _, members: _text(members.trace_id)),
    "span_id": ("string", lambda _, members: _text(members.span_id)),
    "session_id": ("string", lambda _, members: _text(members.session_id)),
    "source": ("string", lambda _, members: _text(members.source)),
    "source_ip": ("string", lambda _, members: _text(members.source_ip)),
    "user_agent": ("string", lambda _, members: _text(members.user_agent)),
    "details": ("string", lambda _, members: _raw(members.details)),
    "changes": ("string", lambda _, members: _raw(members.changes)),
    "leaf_hash": ("binary", lambda place, _: place.leaf_hash),
}
"""The columns, those of CSV, with their types and values."""


class _Sink:
    """A sink as pyarrow wants it: one that knows where it is, and that stays open."""

    closed = False

    def __init__(self, sink: BinaryIO) -> None:
        self._write = sink.write
        self._size = 0

    def write(self, data: bytes) -> None:
        self._write(data)
        self._size += len(data)

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        """Leave it to the sink's owner."""

    def close(self) -> None:
        """Leave it to the sink's owner."""


class ParquetWriter(EventWriter):
    """Writes Parquet; needs the extra ``parquet``.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """

    name = "parquet"
    media_type = "application/vnd.apache.parquet"
    suffix = ".parquet"

    def __init__(self) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError as error:
            raise MissingExtraError("the format parquet", "pyarrow", "parquet") from error
        self._arrow: Any = pa
        self._parquet: Any = pq
        types = {
            "int64": pa.int64(),
            "string": pa.string(),
            "strings": pa.list_(pa.string()),
            "binary": pa.binary(),
            "time": pa.timestamp("us", tz="UTC"),
        }
        self._schema = pa.schema([(name, types[kind]) for name, (kind, _) in _VALUES.items()])
        self._writer: Any = None
        self._clear()

    def _clear(self) -> None:
        self._columns: list[list[Any]] = [[] for _ in _VALUES]
        self._rows = 0
        self._bytes = 0

    def open(self, sink: BinaryIO) -> None:
        """Begin; the sink need only take bytes, and stays open at the end."""
        self._writer = self._parquet.ParquetWriter(
            self._arrow.PythonFile(_Sink(sink), mode="w"), self._schema, compression="zstd"
        )

    def write(self, event: Exportable) -> None:
        """Add one event."""
        place, members = place_of(event), members_of(event)
        try:
            row = [value(place, members) for _, value in _VALUES.values()]
        except ValueError as error:
            raise unreadable(event, str(error)) from error
        for column, cell in zip(self._columns, row, strict=True):
            column.append(cell)
        self._rows += 1
        self._bytes += len(event.body)
        if self._rows >= GROUP_ROWS or self._bytes >= GROUP_BYTES:
            self._write_group()

    def close(self) -> None:
        """Write what is left and the file's end."""
        if self._rows:
            self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        arrays = [
            self._arrow.array(column, field.type)
            for column, field in zip(self._columns, self._schema, strict=True)
        ]
        table = self._arrow.Table.from_arrays(arrays, schema=self._schema)
        self._writer.write_table(table, row_group_size=GROUP_ROWS)
        self._clear()
