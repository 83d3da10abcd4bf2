"""Events from elsewhere: JSON Lines, one event a line, streamed into a log at constant memory.

A line is a JSON object whose members are arguments of ``record()``:

==========================================  ====================================================
member                                      value
==========================================  ====================================================
``action``, ``actor``                       always needed
``actor``, ``target``, ``on_behalf_of``     ``"type:id"``, or an object with ``type``, ``id`` and
                                            perhaps ``name``
``targets``                                 a list of those
``outcome``, ``tenant``, ``reason``,        text, as for ``record()``
``request_id``, ``trace_id``, ``span_id``,
``session_id``, ``source_ip``,
``user_agent``, ``severity``
``details``, ``before``, ``after``          objects
``occurred_at``                             ISO 8601 time with its zone; the time of the import
                                            when there is none
``duration``                                seconds, a number
``event_id``                                a UUID
==========================================  ====================================================

A member that is null counts as left out, and any other name is an error.

Or it is a line of ``indelible export --format jsonl``, whose event is recorded anew with its id and
all that it says; see `indelible.exporters.arguments`.

Importing a file twice adds nothing: an event's id is its ``event_id``, and without one the UUIDv5
(RFC 9562, section 5.5) of the text ``NUMBER:LINE`` in `IMPORT_NAMESPACE`, where NUMBER counts the
file's lines from 1 and LINE is the line without its end.  So a file may grow at its end between two
imports, and lines that were not imported yet may be mended; inserting or removing lines gives those
behind them new ids.  Two files that have the same line at the same number share that event.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, TypeVar
from uuid import UUID, uuid5

from indelible.errors import AuditTimeoutError, DatabaseUnavailableError, EventRefusedError, shown
from indelible.event import Actor, Target
from indelible.exporters.arguments import EXPORTED_MEMBERS, record_arguments
from indelible.jsontext import read_json

if TYPE_CHECKING:
    from indelible.body import BodyBuilder
    from indelible.service import AuditService
    from indelible.writer.receipt import Receipt

__all__ = [
    "IMPORT_NAMESPACE",
    "LONGEST_COMMIT",
    "MAX_LINE_BYTES",
    "BadLine",
    "ImportReport",
    "Importer",
    "Line",
    "check_lines",
    "read_event",
    "read_lines",
]

IMPORT_NAMESPACE: Final = UUID("fd32487f-1a72-41aa-ba9c-72c6037375d8")
"""The namespace of the ids that are derived from a file's lines; it never changes."""

MAX_LINE_BYTES: Final = 8 * 1024 * 1024
"""Longest line that is read, in bytes.  A line may be much larger than its event's body, which
keeps of two states only what changed."""

_WINDOW: Final = 4_000
"""Most events that are recorded and not yet known to be committed."""

_WINDOW_BYTES: Final = 2 * MAX_LINE_BYTES
"""Most bytes of lines that are recorded and not yet known to be committed."""

_PROGRESS_LINES: Final = 200
"""Lines between two calls of the progress function."""

LONGEST_COMMIT: Final = 60.0
"""Longest wait for one event's commit, in seconds, before the import gives up."""

_BOM: Final = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """One line of a file.

    Attributes:
        number: Its number, from 1.
        data: Its bytes without the line's end; of a line that is too long, the beginning.
        size: Its size in the file, with its end, in bytes.
    """

    number: int
    data: bytes
    size: int

    @property
    def whole(self) -> bool:
        """Whether `data` is all of the line."""
        return len(self.data) <= MAX_LINE_BYTES


class BadLine(NamedTuple):
    """A line that gave no event.

    Attributes:
        line: The line.
        reason: Why not, in one sentence.
    """

    line: Line
    reason: str


@dataclass(slots=True)
class ImportReport:
    """How far an import has come.

    Attributes:
        read: Lines read, blank ones left out.
        added: Events that this import added.
        present: Events that were in the log already.
        bad: Lines that gave no event.
        bytes_read: How much of the file has been read.
        stopped_by: The bad line that ended the import, if one did.
    """

    read: int = 0
    added: int = 0
    present: int = 0
    bad: int = 0
    bytes_read: int = 0
    stopped_by: BadLine | None = None


def read_lines(stream: BinaryIO) -> Iterator[Line]:
    """Yield a file's lines; of one that is too long, only the beginning is kept.

    Args:
        stream: The file, open for reading bytes.
    """
    number = 0
    while part := stream.readline(MAX_LINE_BYTES + 2):
        number += 1
        data, size = part, len(part)
        while not part.endswith(b"\n") and (part := stream.readline(MAX_LINE_BYTES + 2)):
            size += len(part)
        data = data.removesuffix(b"\n").removesuffix(b"\r")
        if number == 1:
            data = data.removeprefix(_BOM)
        yield Line(number, data, size)


def read_event(line: Line) -> dict[str, Any]:
    """Return the arguments of ``record()`` that a line stands for, the event's id among them.

    Raises:
        ValueError: The line stands for none; the message says why.
    """
    if not line.whole:
        raise ValueError(f"it has {line.size} bytes; the most is {MAX_LINE_BYTES}")
    try:
        text = line.data.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 at byte {error.start + 1}") from None
    members = read_json(text)
    if not isinstance(members, dict):
        raise ValueError(f"{shown(members)} is no JSON object")
    if "event" in members and members.keys() <= EXPORTED_MEMBERS:
        return record_arguments(line.data)
    event: dict[str, Any] = {}
    for name, value in members.items():
        read = _READERS.get(name)
        if read is None:
            raise ValueError(
                f"the member {shown(name)} is unknown. Known are {', '.join(sorted(_READERS))}; "
                "other facts belong into details"
            )
        if value is not None:
            event[name] = read(name, value)
    for name in ("action", "actor"):
        if name not in event:
            raise ValueError(f"the member {name!r} is missing")
    event.setdefault("event_id", uuid5(IMPORT_NAMESPACE, f"{line.number}:{text}"))
    return event


class Importer:
    """Records the events of one file.

    Args:
        service: The service to record with; in async mode, or each line takes a commit.
        skip_bad: Whether to go on after a bad line; otherwise the first one ends the import.
        on_bad: Called with each bad line.
        progress: Called now and then with the report so far.
    """

    def __init__(
        self,
        service: AuditService,
        *,
        skip_bad: bool = False,
        on_bad: Callable[[BadLine], None] | None = None,
        progress: Callable[[ImportReport], None] | None = None,
    ) -> None:
        self._service = service
        self._tally = _Tally(skip_bad=skip_bad, on_bad=on_bad, progress=progress)
        # What is recorded and not known to be committed, oldest first.  Settled in order, so that
        # memory stays bounded however long the file is.
        self._window: deque[tuple[Line, Receipt]] = deque()
        self._window_bytes = 0
        self._newest = -1

    def run(self, stream: BinaryIO) -> ImportReport:
        """Import a file, and return once all that was taken from it is committed.

        Args:
            stream: The file, open for reading bytes.

        Returns:
            What became of its lines.  When a bad line ended the import, every good line before it
            is committed.

        Raises:
            AuditError: The database cannot take the events; running the import again goes on.
        """
        self._newest = self._service.size() - 1
        for line in self._tally.lines(stream):
            try:
                receipt = self._service.record(**read_event(line))
            except ValueError as error:
                self._tally.bad(line, str(error))
                continue
            self._window.append((line, receipt))
            self._window_bytes += line.size
            while len(self._window) > _WINDOW or self._window_bytes > _WINDOW_BYTES:
                self._settle_oldest()
            while self._window and self._window[0][1].done:
                self._settle_oldest()
        while self._window:
            self._settle_oldest()
        return self._tally.finish()

    def _settle_oldest(self) -> None:
        line, receipt = self._window.popleft()
        self._window_bytes -= line.size
        try:
            place = receipt.wait(LONGEST_COMMIT)
        except EventRefusedError as error:
            self._tally.bad(line, str(error))
            return
        except AuditTimeoutError as error:
            reason = self._service.stats().last_error or "the database did not answer"
            raise DatabaseUnavailableError(
                f"line {line.number} was not committed within {LONGEST_COMMIT:.0f} s: {reason}. "
                "Run the same import again later; it adds nothing twice"
            ) from error
        # Numbers only grow, and events are numbered in the order in which they were recorded: one
        # that is not above all before it was there before it was recorded now.
        if place.seq > self._newest:
            self._newest = place.seq
            self._tally.report.added += 1
        else:
            self._tally.report.present += 1


def check_lines(
    stream: BinaryIO,
    builder: BodyBuilder,
    *,
    skip_bad: bool = False,
    on_bad: Callable[[BadLine], None] | None = None,
    progress: Callable[[ImportReport], None] | None = None,
) -> ImportReport:
    """Do all that an import does, short of storing anything.

    Args:
        stream: The file, open for reading bytes.
        builder: Makes the events' bodies, and refuses those that could not be stored.
        skip_bad: Whether to go on after a bad line; otherwise the first one ends the check.
        on_bad: Called with each bad line.
        progress: Called now and then with the report so far.
    """
    tally = _Tally(skip_bad=skip_bad, on_bad=on_bad, progress=progress)
    for line in tally.lines(stream):
        try:
            event = read_event(line)
            common = {name: event.pop(name, None) for name in _COMMON}
            builder.build(
                event.pop("action"),
                **common,
                outcome=event.pop("outcome", "success"),
                more=event,
            )
        except ValueError as error:
            tally.bad(line, str(error))
    return tally.finish()


_COMMON: Final = ("actor", "target", "details", "before", "after")


class _Tally:
    """Counts lines, tells of progress and of bad lines, and knows when to stop."""

    def __init__(
        self,
        *,
        skip_bad: bool,
        on_bad: Callable[[BadLine], None] | None,
        progress: Callable[[ImportReport], None] | None,
    ) -> None:
        self.report = ImportReport()
        self._skip_bad = skip_bad
        self._on_bad = on_bad
        self._progress = progress

    def lines(self, stream: BinaryIO) -> Iterator[Line]:
        """Yield the lines that are not blank, until a bad one ends the import."""
        for line in read_lines(stream):
            self.report.bytes_read += line.size
            # Of a line that is too long, what is not blank may stand further on.
            if line.data.strip() or not line.whole:
                self.report.read += 1
                yield line
            if self.report.stopped_by is not None:
                return
            if self._progress is not None and line.number % _PROGRESS_LINES == 0:
                self._progress(self.report)

    def bad(self, line: Line, reason: str) -> None:
        bad = BadLine(line, reason)
        self.report.bad += 1
        if not self._skip_bad and self.report.stopped_by is None:
            self.report.stopped_by = bad
        if self._on_bad is not None:
            self._on_bad(bad)

    def finish(self) -> ImportReport:
        if self._progress is not None:
            self._progress(self.report)
        return self.report


_NamedT = TypeVar("_NamedT", Actor, Target)
_NAME_MEMBERS: Final = frozenset({"type", "id", "name"})
_LOST_DIGITS: Final = re.compile(r"[.,][0-9]{6}[0-9]*[1-9]")


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"{name}: {shown(value)} is no string")


def _object(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise ValueError(f"{name}: {shown(value)} is no object")


def _actor(name: str, value: Any) -> str | Actor:
    return _named(Actor, name, value)


def _target(name: str, value: Any) -> str | Target:
    return _named(Target, name, value)


def _targets(name: str, value: Any) -> list[str | Target]:
    if isinstance(value, list):
        return [_target(name, item) for item in value]
    raise ValueError(f"{name}: {shown(value)} is no list")


def _named(kind: type[_NamedT], name: str, value: Any) -> str | _NamedT:
    if isinstance(value, str):
        return value
    if (
        isinstance(value, dict)
        and {"type", "id"} <= value.keys() <= _NAME_MEMBERS
        and all(isinstance(part, str) for part in value.values())
    ):
        return kind(**value)
    raise ValueError(
        f"{name}: {shown(value)} is neither 'type:id' nor an object with the strings type, id "
        "and perhaps name"
    )


def _moment(name: str, value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        raise ValueError(
            f"{name}: {shown(value)} is no ISO 8601 time. Write for example 2026-03-01T09:00:00Z"
        ) from None
    if moment.utcoffset() is None:
        raise ValueError(f"{name}: {shown(value)} has no time zone. Append Z or +01:00")
    if _LOST_DIGITS.search(value):
        raise ValueError(
            f"{name}: {shown(value)} is finer than a microsecond, which is as fine as a log is. "
            "Round it, and put the original into details if it matters"
        )
    return moment


def _seconds(name: str, value: Any) -> timedelta:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"{name}: {shown(value)} is no number of seconds")
    try:
        return timedelta(seconds=float(value))
    except OverflowError:
        raise ValueError(f"{name}: {value} seconds are too many") from None


_READERS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "action": _text,
    "actor": _actor,
    "after": _object,
    "before": _object,
    "details": _object,
    "duration": _seconds,
    "event_id": _text,
    "occurred_at": _moment,
    "on_behalf_of": _actor,
    "outcome": _text,
    "reason": _text,
    "request_id": _text,
    "session_id": _text,
    "severity": _text,
    "source_ip": _text,
    "span_id": _text,
    "target": _target,
    "targets": _targets,
    "tenant": _text,
    "trace_id": _text,
    "user_agent": _text,
}
"""How the value of each member is read; a feature holds its keys and ``record()`` together."""
