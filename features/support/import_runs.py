"""Imports in scenarios: single lines, whole files, and what must hold for any of them."""

from __future__ import annotations

import inspect
import io
import itertools
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from features.support import command_line_startup, processes
from features.support.merkle.hypothesis_run import run_property
from indelible import (
    AuditService,
    DatabaseUnavailableError,
    Place,
    Redaction,
    importing,
)
from indelible.body import BodyBuilder
from indelible.importing import MAX_LINE_BYTES, BadLine, Importer, ImportReport

SPARE_KIB = 8 * 1024
"""How much a process's memory differs from run to run anyway."""


@dataclass
class Imported:
    """What became of an import."""

    report: ImportReport
    bodies: list[dict[str, Any]]
    bad: list[BadLine] = field(default_factory=list)


def import_bytes(url: str, content: bytes) -> Imported:
    """Import a file's content, setting bad lines aside."""
    bad: list[BadLine] = []
    with AuditService(url, audit_async=True) as service:
        report = Importer(service, skip_bad=True, on_bad=bad.append).run(io.BytesIO(content))
        # Newest first is last line first.
        bodies = [json.loads(event.body) for event in service.query(limit=1000).items][::-1]
    return Imported(report, bodies, bad)


def one_line(text: str) -> bytes:
    """Return a text of several lines, made for reading, as the one line that it stands for."""
    return " ".join(text.split("\n")).encode()


def literal(text: str) -> bytes:
    """Return what a Python expression of bytes stands for; the features' own, not a stranger's."""
    value = eval(text, {"__builtins__": {}})  # noqa: S307
    assert isinstance(value, bytes)
    return value


def derived_id(number: int, line: str) -> UUID:
    """Return the id that the documentation promises for a line, by its own words."""
    return uuid5(UUID("fd32487f-1a72-41aa-ba9c-72c6037375d8"), f"{number}:{line}")


def members_unlike_record() -> set[str]:
    """Return the names in which a line's members and the arguments of record() differ."""
    return set(inspect.signature(AuditService.record).parameters) ^ {"self", *importing._READERS}


def check_longest_line(url: str) -> None:
    start = b'{"action":"a","actor":"u:1"}'
    longest = start + b" " * (MAX_LINE_BYTES - len(start))
    done = import_bytes(url, b"\r\n".join([longest, longest + b" ", start, b""]))
    assert done.report.added == 2, done.report
    assert [bad.line.number for bad in done.bad] == [2]
    assert done.report.bytes_read == 2 * len(longest) + 1 + len(start) + 3 * len(b"\r\n")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
PLAUSIBLE = st.sampled_from(
    ["user:1", "denied", "2026-01-01T00:00:00Z", "high", "192.0.2.1", {"type": "u", "id": "1"}]
)


def check_any_bytes() -> None:
    """Check that an import answers anything with an event or a reason."""
    builder = BodyBuilder(Redaction(), max_body_bytes=65_536)
    names = st.sampled_from(sorted(importing._READERS)) | st.text(max_size=8)
    objects = st.fixed_dictionaries(
        {"action": st.just("a"), "actor": st.just("user:1")},
        optional={},
    ).flatmap(
        lambda base: st.dictionaries(names, PLAUSIBLE | JSON, max_size=4).map(
            lambda more: {**base, **more}
        )
    )

    @given(st.binary(max_size=80) | objects.map(lambda value: json.dumps(value).encode()))
    def answers(content: bytes) -> None:
        bad: list[BadLine] = []
        report = importing.check_lines(
            io.BytesIO(content), builder, skip_bad=True, on_bad=bad.append
        )
        assert report.bad == len(bad)
        assert all(each.reason for each in bad)
        assert report.bytes_read == len(content)

    run_property(answers, examples=400)


def check_counts(url: str) -> None:
    """Check what an import counts, whatever lines stand in a file and were in the log before."""
    examples = itertools.count()

    with AuditService(url, audit_async=True) as service:

        @given(st.lists(st.integers(0, 9), max_size=30), st.sets(st.integers(0, 9)))
        def counts(lines: list[int], before: set[int]) -> None:
            run = next(examples)
            ids = [str(uuid5(derived_id(run, ""), str(number))) for number in range(10)]
            for number in before:
                service.record("a", actor="user:1", event_id=ids[number])
            assert service.flush(30)
            content = "".join(
                f'{{"action":"a","actor":"user:1","event_id":"{ids[number]}"}}\n'
                for number in lines
            )
            with mock.patch.object(importing, "_WINDOW", 4):
                report = Importer(service).run(io.BytesIO(content.encode()))
            assert report.read == len(lines)
            assert report.added == len(set(lines) - before)
            assert report.present == len(lines) - report.added

        run_property(counts, examples=40)


class SlowService:
    """Stands in for a service whose events are committed when somebody waits, and not before.

    Attributes:
        waiting: Events that are recorded and not committed.
        most: The most that there ever were.
    """

    def __init__(self) -> None:
        self.waiting: list[Any] = []
        self.most = 0
        self._numbers = itertools.count()

    def size(self) -> int:
        return 0

    def record(self, action: str, **members: Any) -> Any:
        receipt: Any = mock.Mock(done=False)
        receipt.wait = lambda _timeout: self._commit(receipt)
        self.waiting.append(receipt)
        self.most = max(self.most, len(self.waiting))
        return receipt

    def _commit(self, receipt: Any) -> Place:
        self.waiting.remove(receipt)
        return Place("audit", next(self._numbers), b"")


def most_waiting(lines: int, limit: str, value: int) -> int:
    """Import lines of 100 bytes into a slow service; return how many events waited at most."""
    service: Any = SlowService()
    line = b'{"action":"a","actor":"user:1"}'.ljust(99) + b"\n"
    with mock.patch.object(importing, limit, value):
        report = Importer(service).run(io.BytesIO(line * lines))
    assert report.added == lines, report
    assert not service.waiting
    return int(service.most)


def progress_of(lines: int) -> tuple[int, list[int]]:
    """Check a file of that many lines; return its size, and the sizes read that were told of."""
    content = b'{"action":"a","actor":"user:1"}\n' * lines
    told: list[int] = []
    builder = BodyBuilder(Redaction(), max_body_bytes=65_536)
    importing.check_lines(
        io.BytesIO(content), builder, progress=lambda report: told.append(report.bytes_read)
    )
    return len(content), told


def import_into_locked(url: str) -> str:
    """Import while somebody else holds the write lock; return what the import says."""
    with AuditService(url) as service:
        service.record("a", actor="user:1")
    lock = command_line_startup.lock_sqlite(url)
    service = AuditService(url, audit_async=True, busy_timeout=0.05)
    try:
        with mock.patch.object(importing, "LONGEST_COMMIT", 0.3):
            Importer(service).run(io.BytesIO(b'{"action":"b","actor":"user:1"}\n'))
    except DatabaseUnavailableError as error:
        return str(error)
    finally:
        service.close(0.1)
        lock.close()
    raise AssertionError("it was committed in spite of the lock")


def peak_memory(url: str, directory: Path, lines: int) -> int:
    """Import that many lines in a process of its own; return its largest size in KiB."""
    file = directory / f"{lines}.jsonl"
    with file.open("w", encoding="utf-8") as out:
        for number in range(lines):
            event = {"action": "a", "actor": f"user:{number}", "details": {"text": "x" * 500}}
            out.write(json.dumps(event) + "\n")
    code = (
        "import resource, sys\n"
        f"sys.argv[1:] = ['import', {str(file)!r}, '--url', {url!r}]\n"
        "from indelible.cli import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print('KIB', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    ended = processes.run([sys.executable, "-c", code], environment=processes.unmeasured())
    assert ended.status == 0, ended.output
    assert f'"added":{lines}' in ended.output, ended.output
    return int(ended.output.rpartition("KIB ")[2])
