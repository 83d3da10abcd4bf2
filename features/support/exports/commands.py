"""Exports from the command line: what they write, what the log says of them, what they take."""

from __future__ import annotations

import io
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow.parquet
from hypothesis import given
from sqlalchemy import create_engine, make_url

from features.support import processes
from features.support.events import examples
from features.support.exports import formats
from features.support.exports.schemas import cloudevent_problems, ocsf_problems
from features.support.merkle.hypothesis_run import run_property
from indelible import AuditEvent, AuditService
from indelible.cli.exporting import Export
from indelible.cli.sinks import OutputFile
from indelible.exporters import JsonLines, LineWriter
from indelible.importing import Importer
from indelible.storage import migrate

SPARE_KIB = 40 * 1024
"""How much a process's memory may grow with ten times the events."""


def sequences(form: str, data: bytes) -> list[int]:
    """Return the numbers of the events in an export, after a look at what else it must be."""
    if form == "csv":
        return [int(row["seq"]) for row in formats.read_csv(data)]
    if form == "parquet":
        return list(pyarrow.parquet.read_table(io.BytesIO(data))["seq"].to_pylist())
    assert not data or data.endswith(b"\n")
    found = [json.loads(line) for line in data.splitlines()]
    if form == "ocsf":
        assert not any(map(ocsf_problems, found))
        return [event["metadata"]["sequence"] for event in found]
    if form == "cloudevents":
        assert not any(map(cloudevent_problems, found))
        return [int(event["sequence"]) for event in found]
    return [event["seq"] for event in found]


def recorded(url: str) -> list[AuditEvent]:
    """Return what a log says of its exports, oldest first."""
    with AuditService(url) as service:
        return list(service.query(action="audit.export.*", order="oldest").items) + list(
            service.query(action="audit.export", order="oldest").items
        )


def last_record(url: str) -> tuple[AuditEvent, AuditEvent]:
    """Return the two events of the newest export, which must belong together."""
    with AuditService(url) as service:
        (end,) = service.query(action="audit.export.end", limit=1).items
        begin, also_end = service.query(request_id=end.request_id, order="oldest").items
    assert also_end == end
    assert (begin.action, str(begin.outcome)) == ("audit.export", "unknown")
    assert begin.actor == end.actor
    assert str(begin.target) == str(end.target) == "audit-log:audit"
    asked = {name: end.details[name] for name in begin.details}
    assert begin.details == asked, (begin.details, asked)
    return begin, end


def check_digest(end: AuditEvent, data: bytes) -> None:
    """The log holds the digest and the size of what was handed out."""
    assert end.details["sha256"] == sha256(data).hexdigest()
    assert end.details["bytes"] == len(data)


class Recording:
    """A destination during whose writing further events are recorded."""

    name = "a test"
    remains = ""

    def __init__(self, service: AuditService) -> None:
        self._service = service
        self.taken = bytearray()

    def __enter__(self) -> BinaryIO:
        return cast("BinaryIO", self)

    def __exit__(self, *_: object) -> None:
        pass

    def write(self, data: bytes) -> int:
        self._service.record("late", actor="user:9")
        self.taken += data
        return len(data)


def exported(service: AuditService, filters: dict[str, Any]) -> list[int]:
    """Return what an export with filters holds, in its order."""
    output = Recording(service)
    writer = LineWriter(JsonLines())
    Export(service, "audit", writer, cast("OutputFile", output), filters, "user:1").run()
    return sequences("jsonl", bytes(output.taken))


def exported_while_growing(service: AuditService) -> list[int]:
    """Return what an export holds of a log that grows meanwhile."""
    output = Recording(service)
    writer = LineWriter(JsonLines())
    export = Export(service, "audit", writer, cast("OutputFile", output), {}, "user:1")
    size = service.size()
    assert export.run().events == size
    # The two events of the export itself, and those recorded meanwhile.
    assert service.size() > size + 2
    return sequences("jsonl", bytes(output.taken))


def check_way_back(new_url: Callable[[], str]) -> None:
    """Events that are exported and imported again are equal, but for when they were recorded."""
    source = AuditService(new_url())
    ids = set()

    @given(formats.arguments())
    def recorded_well(arguments: dict[str, Any]) -> None:
        if arguments["event_id"] not in ids:
            ids.add(arguments["event_id"])
            source.record(**arguments)

    with source:
        run_property(recorded_well, examples=80)
        for pair in ({"password": 1}, {"password": 2}), ({"a": {"b": 1}}, {"a": {"b": {"c": 2}}}):
            source.record("odd", actor="user:1", before=pair[0], after=pair[1])
        source.record("odd", actor="user:1", before={"a/b": {"~": 1}}, after={"a/b": {"$x": "\0"}})
        source.record("odd", actor="user:1", details=_everything())
        batches = list(source.stream_stored(follow=False))
        first = list(source.stream(follow=False))
    data = b"".join(map(JsonLines().block, batches))
    with AuditService(new_url(), audit_async=True) as target:
        report = Importer(target, skip_bad=True, on_bad=print).run(io.BytesIO(data))
        assert (report.added, report.bad) == (len(first), 0), report
        second = list(target.stream(follow=False))
        again = Importer(target).run(io.BytesIO(data))
        assert (again.added, again.present) == (0, len(first)), again
    for one, two in zip(first, second, strict=True):
        left, right = json.loads(one.body), json.loads(two.body)
        # When, and by which service, are the new log's own.
        for members in (left, right):
            members.pop("recorded_at")
            members.pop("source", None)
        assert left == right, (left, right)


def _everything() -> dict[str, Any]:
    return {"members": list(examples.MEMBERS), "texts": list(examples.NASTY_TEXTS)}


def reading_account(context: Any, url: str) -> str:
    """Return the URL of a PostgreSQL database for an account that may only read it."""
    parsed = make_url(url)
    name = f"reader_{parsed.database}".replace("-", "_")[:30]
    engine = create_engine(url, isolation_level="AUTOCOMMIT")

    def execute(*statements: str) -> None:
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    execute(f"CREATE ROLE {name} LOGIN", f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}")
    context.add_cleanup(engine.dispose)
    context.add_cleanup(execute, f"DROP OWNED BY {name}", f"DROP ROLE {name}")
    return parsed.set(username=name, password=None).render_as_string()


# Memory -----------------------------------------------------------------------------------------


def copies(path: Path, number: int) -> str:
    """Make a log in SQLite of so many events that differ in their numbers alone; return its URL."""
    url = f"sqlite:///{path}"
    migrate.upgrade(url)
    with AuditService(url) as service:
        service.record("invoice.update", actor="user:1", details={"text": "x" * 300})
    with closing(sqlite3.connect(path)) as connection, connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(audit_event)")]
        values = ", ".join(
            {"seq": "n", "event_id": "printf('%08x%s', n, substr(event_id, 9))"}.get(name, name)
            for name in names
        )
        connection.execute(
            "WITH RECURSIVE numbers(n) AS "
            "(SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT ?) "
            f"INSERT INTO audit_event ({', '.join(names)}) "
            f"SELECT {values} FROM audit_event, numbers WHERE seq = 0",
            (number - 1,),
        )
        connection.execute("UPDATE audit_log SET size = ?", (number,))
    return url


def peak_kib(url: str, form: str, output: Path, events: int) -> int:
    """Return the most memory that a process took to export a log, in KiB."""
    program = (
        "import resource, sys\n"
        "from indelible.cli.app import app\n"
        "try:\n"
        "    app(sys.argv[1:])\n"
        "finally:\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)\n"
    )
    arguments = ["export", "--url", url, "--format", form, "-o", str(output), "--unrecorded"]
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        env=processes.unmeasured(),
        timeout=4 * processes.SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended
    assert f"{events:,} events" in ended.stdout, ended
    return int(ended.stderr.splitlines()[-1])


# Files ------------------------------------------------------------------------------------------


def mode_of(path: Path) -> str:
    return f"{path.stat().st_mode & 0o777:o}"
