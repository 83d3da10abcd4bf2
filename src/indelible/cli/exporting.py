"""An export from the command line: what is read, where it goes, and what the log says of it."""

from __future__ import annotations

import os
import pwd
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

import click

from indelible.cli.exit_codes import ExitCode
from indelible.cli.failures import CommandError
from indelible.cli.sinks import Counted, OutputFile, StandardOutput
from indelible.errors import (
    AuditError,
    ConfigurationError,
    EventRefusedError,
    InvalidEventError,
    SchemaError,
)
from indelible.visible import visible

if TYPE_CHECKING:
    from indelible.exporters import EventWriter, ExportRecord
    from indelible.query import StoredBatch
    from indelible.service import AuditService

__all__ = ["Export", "Exported", "os_user"]

_MISTAKES: Final = (ConfigurationError, InvalidEventError, SchemaError)
"""What keeps an export from being recorded and is no matter of the account's rights."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export has handed out.

    Attributes:
        events: The number of events.
        stop: Number behind the last event that was looked at.
    """

    events: int
    stop: int


@dataclass(frozen=True, slots=True)
class Export:
    """One export, ready to run.

    Attributes:
        service: Reads the log, and records that it is exported.
        log: The log's name.
        writer: Writes the format.
        output: Where the bytes go.
        filters: Which events.
        actor: Who exports, as ``"type:id"``; None to leave the export unrecorded.
        progress: Told how many of how many events have been looked at; the latter is None where
            that is not known.
    """

    service: AuditService
    log: str
    writer: EventWriter
    output: OutputFile | StandardOutput
    filters: dict[str, Any]
    actor: str | None
    progress: Callable[[int, int | None], None] | None = None

    def run(self) -> Exported:
        """Export the events that the log holds now.

        Raises:
            AuditError: The database failed, or an event cannot be exported.
            CommandError: The export could not be recorded, or its bytes were not taken.
        """
        first = self.filters.get("since_seq") or 0
        size = self.service.size()
        stop = min(size, self.filters.get("until_seq") or size)
        if self.filters.get("until_seq") == 0:
            stop = 0
        # Asked before it is recorded: filters that make no sense are no export.
        batches = self._batches(stop)
        # A log without events may be none at all, and nothing is taken from it.
        record = None if self.actor is None or not size else self._record(first, stop)
        if record is not None:
            _begin(record)
        return self._hand_out(batches, first, stop, record)

    def _hand_out(
        self,
        batches: Iterator[StoredBatch],
        first: int,
        stop: int,
        record: ExportRecord | None,
    ) -> Exported:
        count, sink = 0, None
        try:
            with self.output as file:
                sink = Counted(file)
                self.writer.open(cast("BinaryIO", sink))
                for batch in batches:
                    self.writer.write_batch(batch)
                    count += len(batch.rows)
                    self._tell(batch, count, first, stop)
                self.writer.close()
        except BaseException as error:
            if record is not None:
                _end_early(record, count, sink, error)
            if isinstance(error, OSError) and not isinstance(error, AuditError | BrokenPipeError):
                raise self._not_taken(error) from error
            raise
        if record is not None:
            self._end(record, count, sink)
        return Exported(count, stop)

    def _batches(self, stop: int) -> Iterator[StoredBatch]:
        filters = {**self.filters, "until_seq": stop}
        if filters.get("text") is None:
            return self.service.stream_stored(follow=False, **filters)
        return _pages(self.service, self.log, filters)

    def _tell(self, batch: StoredBatch, count: int, first: int, stop: int) -> None:
        if self.progress is None:
            return
        if batch.reached:
            self.progress(batch.reached - first, stop - first)
        else:
            self.progress(count, None)

    def _record(self, first: int, stop: int) -> ExportRecord:
        from indelible.exporters import ExportRecord
        from indelible.query import Filters

        asked = {
            name: value
            for name, value in self.filters.items()
            if name not in {"since_seq", "until_seq"}
        }
        return ExportRecord(
            self.service.record,
            log=self.log,
            actor=str(self.actor),
            form=self.writer.name,
            filters=Filters.checked(asked).described(),
            first=first,
            stop=stop,
            details={
                "host": socket.gethostname(),
                "os_user": os_user(),
                "output": self.output.name,
            },
        )

    def _end(self, record: ExportRecord, count: int, sink: Counted) -> None:
        try:
            record.end(count=count, size=sink.size, sha256=sink.sha256)
        except AuditError as error:
            raise CommandError(
                f"{self.output.name} is whole, but that the export has ended could not be "
                f"recorded: {error}",
                ExitCode.UNAVAILABLE,
            ) from error

    def _not_taken(self, error: OSError) -> CommandError:
        return CommandError(
            f"{self.output.name}: {error.strerror or error}. {self.output.remains}",
            ExitCode.CONFIGURATION,
        )


def os_user() -> str:
    """Return the name of the account that runs this process, or its number where it has no name."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _pages(service: AuditService, log: str, filters: dict[str, Any]) -> Iterator[StoredBatch]:
    """Return what a search finds; the first page is read at once."""
    from indelible.query import MAX_LIMIT, Events, StoredBatch

    def following() -> Iterator[StoredBatch]:
        page = first
        while True:
            if isinstance(page.items, Events):
                rows = [(seq, leaf, body) for (_, seq, leaf), body in page.items.bodies()]
                yield StoredBatch(log, rows, 0)
            if page.next_cursor is None:
                return
            page = service.query(
                order="oldest", limit=MAX_LIMIT, cursor=page.next_cursor, **filters
            )

    first = service.query(order="oldest", limit=MAX_LIMIT, **filters)
    return following()


def _begin(record: ExportRecord) -> None:
    try:
        record.begin()
    except _MISTAKES:
        raise
    except AuditError as error:
        refused = isinstance(error, EventRefusedError)
        raise CommandError(
            f"nothing is exported, because that could not be recorded in the log: {error}. "
            "With an account that may only read, pass --unrecorded",
            ExitCode.REFUSED if refused else ExitCode.UNAVAILABLE,
        ) from error


_ENDINGS: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (BrokenPipeError, "the reader of the output has gone"),
    (KeyboardInterrupt, "interrupted"),
    (SystemExit, "terminated"),
)
_LONGEST_REASON: Final = 1000


def _end_early(
    record: ExportRecord, count: int, sink: Counted | None, error: BaseException
) -> None:
    """Record why an export ended; whatever keeps that from being recorded is said and no more."""
    known = (text for kind, text in _ENDINGS if isinstance(error, kind))
    problem = next(known, None) or str(error) or type(error).__name__
    size, digest = (0, "") if sink is None else (sink.size, sink.sha256)
    try:
        record.end(count=count, size=size, sha256=digest, problem=problem[:_LONGEST_REASON])
    except AuditError as second:
        click.echo(f"indelible: nor could it be recorded: {visible(str(second))}", err=True)
