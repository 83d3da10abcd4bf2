"""From events to bytes: as a generator, or into anything that takes bytes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import BinaryIO, ClassVar, Final

from indelible.exporters.members import Exportable, Stored
from indelible.query import StoredBatch

__all__ = ["EventWriter", "LineFormat", "LineWriter", "lines"]

_CHUNK_BYTES: Final = 128 * 1024


class LineFormat(ABC):
    """A format in which each event is one line of its own.

    Attributes:
        name: The format's name, as the command line spells it.
        media_type: Its media type.
        suffix: What the names of such files end with.
        header: What stands before the first event; empty where there is nothing.
    """

    name: ClassVar[str]
    media_type: ClassVar[str]
    suffix: ClassVar[str]
    header: bytes = b""

    @abstractmethod
    def line(self, event: Exportable) -> bytes:
        """Return one event's line, its end included.

        Raises:
            ExportError: The event cannot be exported: it is not committed, or its stored text is
                no body that this version can read.
        """

    def block(self, batch: StoredBatch) -> bytes:
        """Return the lines of a batch.

        Raises:
            ExportError: One of the events cannot be exported.
        """
        return b"".join([self.line(event) for event in Stored.of(batch)])


class EventWriter(ABC):
    """Writes events: `open`, then `write` or `write_batch` for all, then `close`.

    A file of which `close` was never called is not whole.

    Attributes:
        name: The format's name, as the command line spells it.
        media_type: Its media type.
        suffix: What the names of such files end with.
    """

    name: str
    media_type: str
    suffix: str

    @abstractmethod
    def open(self, sink: BinaryIO) -> None:
        """Begin; the sink need only take bytes, and stays open at the end."""

    @abstractmethod
    def write(self, event: Exportable) -> None:
        """Add one event; what it becomes may be written later.

        Raises:
            ExportError: It cannot be exported.
        """

    def write_batch(self, batch: StoredBatch) -> None:
        """Add the events of a batch, as `AuditService.stream_stored` yields them.

        Raises:
            ExportError: One of them cannot be exported.
        """
        for event in Stored.of(batch):
            self.write(event)

    @abstractmethod
    def close(self) -> None:
        """Write whatever is left."""


def lines(events: Iterable[Exportable], form: LineFormat) -> Iterator[bytes]:
    """Yield an export in pieces: the header, if there is one, and a line for each event.

    Args:
        events: The events, such as `AuditService.stream` yields them.
        form: The format.
    """
    if form.header:
        yield form.header
    line = form.line
    for event in events:
        yield line(event)


class LineWriter(EventWriter):
    """Writes a format of lines, some 128 KiB at a time.

    Args:
        form: The format.
    """

    def __init__(self, form: LineFormat) -> None:
        self.name, self.media_type, self.suffix = form.name, form.media_type, form.suffix
        self._form = form
        self._waiting = [form.header] if form.header else []
        self._bytes = len(form.header)
        self._sink: BinaryIO | None = None

    def open(self, sink: BinaryIO) -> None:
        """Begin; the sink stays open at the end."""
        self._sink = sink

    def write(self, event: Exportable) -> None:
        """Add one event."""
        self._add(self._form.line(event))

    def write_batch(self, batch: StoredBatch) -> None:
        """Add the events of a batch."""
        if batch.rows:
            self._add(self._form.block(batch))

    def close(self) -> None:
        """Write whatever is left."""
        self._flush()

    def _add(self, data: bytes) -> None:
        self._waiting.append(data)
        self._bytes += len(data)
        if self._bytes >= _CHUNK_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._sink is None:
            raise ValueError("the writer has not been opened; call open() first")
        waiting, self._waiting, self._bytes = self._waiting, [], 0
        if waiting:
            self._sink.write(waiting[0] if len(waiting) == 1 else b"".join(waiting))
