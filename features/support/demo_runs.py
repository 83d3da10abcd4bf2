"""The demonstration in scenarios: watched while it runs, and searched for leftovers afterwards."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from features.support import processes
from features.support.command_line import CommandLine, files_below
from indelible import AuditService, StorageError
from indelible.demo import proof as proving
from indelible.demo import run as demonstration
from indelible.demo.clients import UnexpectedAnswerError, drive
from indelible.demo.invoices import InvoiceStore
from indelible.demo.server import InvoiceServer, User

START_SECONDS = 60.0
"""How long the demonstration may take until it is at work."""


@dataclass
class Watch:
    """What there was before the demonstration, and what it made.

    Attributes:
        directory: Where its temporary files go.
        servers: Its servers.
        passwords: The passwords that it made up.
    """

    directory: Path
    threads: set[threading.Thread] = field(default_factory=lambda: set(threading.enumerate()))
    servers: list[InvoiceServer] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Note servers and passwords, and keep temporary files apart from others, in a block."""
        make_users = demonstration._users
        start = InvoiceServer.__enter__

        def users() -> list[User]:
            made = make_users()
            self.passwords += [user.password for user in made]
            return made

        def enter(server: InvoiceServer) -> InvoiceServer:
            self.servers.append(server)
            return start(server)

        self.directory.mkdir(exist_ok=True)
        with (
            mock.patch.object(demonstration, "_users", users),
            mock.patch.object(InvoiceServer, "__enter__", enter),
            mock.patch.object(tempfile, "tempdir", str(self.directory)),
        ):
            yield

    def leftovers(self) -> list[str]:
        """Return what is left of the demonstration: files, threads, ports."""
        assert self.servers, "it never listened"
        left = files_below(self.directory)
        left += [thread.name for thread in set(threading.enumerate()) - self.threads]
        return left + [str(server.socket) for server in self.servers if server.fileno() != -1]


def run(line: CommandLine, watch: Watch, arguments: str) -> None:
    with watch.watching():
        line.run(arguments)


def counts(output: str) -> dict[tuple[str, str], list[int]]:
    """Return the numbers of answers and events that the last table shows, by mode and outcome."""
    found = re.findall(r"(?m)^ (sync|async) +(\w+) +([\d,]+) +([\d,]+) +(?:equal|NOT)", output)
    return {
        (mode, outcome): [int(number.replace(",", "")) for number in numbers]
        for mode, outcome, *numbers in found
    }


@contextlib.contextmanager
def replaced_record(action: str, *, loses: bool) -> Iterator[None]:
    """Let the log lose the first event of an action, or refuse them all, in a block."""
    record = AuditService.record
    lost: list[str] = []

    def unreliable(service: AuditService, name: str, **members: Any) -> Any:
        if name == action and loses and not lost:
            lost.append(name)
            return None
        if name == action and not loses:
            raise StorageError("the disk is full")
        return record(service, name, **members)

    with mock.patch.object(AuditService, "record", unreliable):
        yield


@contextlib.contextmanager
def lost_record() -> Iterator[None]:
    """Let the log take nothing in, and say so to nobody, in a block."""
    with mock.patch.object(AuditService, "record", lambda *_, **__: None):
        yield


def drive_against(answer: str, number: int, requests: int) -> str:
    """Let users work against a service that spoils the first one's work; returns what they say."""
    answers = {
        "a failure": (500, b"out of order"),
        "no JSON": (200, b"<html>"),
        "no token": (200, b"{}"),
    }

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
            if body.get("user") == "user-0" and answer == "no HTTP at all":
                self.wfile.write(b"nonsense\r\n\r\n")
                self.close_connection = True
            elif body.get("user") == "user-0":
                self._answer(*answers[answer])
            else:
                self._answer(200, b'{"token": "t", "id": 1}')

        def do_GET(self) -> None:
            self._answer(200, b"{}")

        def do_PUT(self) -> None:
            self.do_POST()

        def _answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    users = [User(f"user-{own}", "secret", "clerk") for own in range(number)]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            drive(server.server_port, users, requests, lambda _: None)
        except UnexpectedAnswerError as error:
            return str(error)
        finally:
            server.shutdown()
            thread.join()
    raise AssertionError("they have noticed nothing")


def check_proof(output: str, number: int) -> None:
    """Check what the demonstration says about its event, the proof and both verifications."""
    lines = re.sub(r"\s*\n {4,}", " ", output.partition("Is the log as it was recorded?")[2])
    patterns = (
        r"event +number (\d+), invoice\.update by user:(?!mallory)",
        rf"its proof +[\d,]+ bytes, under the signed checkpoint of {number} events; .*: it holds",
        rf"verify +{number} events: PROVEN",
        rf"proven +Events 0 to {number - 1} of 'audit' are complete",
        r"edit +event (\d+) with plain SQL: now by user:mallory",
        rf"verify +{number} events: TAMPERED",
        r"found +edited: event (\d+):",
    )
    wanted = "(?s)" + ".*?\n".join(patterns)
    found = re.search(wanted, lines)
    assert found, output
    assert len(set(found.groups())) == 1, found.groups()
    assert lines.count("found ") == 1, output


def check_untouched(url: str) -> None:
    """Check that the log verifies, and that no checkpoint of a foreign key stands beside it."""
    with AuditService(url) as service:
        report = service.verify()
    assert report.size, report
    assert not report.findings, report.findings
    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        assert connection.execute("SELECT count(*) FROM audit_checkpoint").fetchone() == (0,)


def edit_first(url: str) -> None:
    """Edit the first event of a database, its body alone."""
    _change(Path(url.removeprefix("sqlite:///")), _EDIT_FIRST)


@contextlib.contextmanager
def replaced_edit(edit: str) -> Iterator[None]:
    """Let the demonstration make another edit than its own, in a block."""
    original = proving._edit

    def other(path: Path, tables: Any, event: Any) -> None:
        if edit == "two edits":
            original(path, tables, event)
        for statement in {"two edits": [_EDIT_FIRST], "another deletion": [_DELETE]}.get(edit, []):
            _change(path, statement)

    with mock.patch.object(proving, "_edit", other):
        yield


_EDIT_FIRST = "UPDATE audit_event SET body = json_set(body, '$.action', 'user.logout') WHERE seq=0"
_DELETE = "DELETE FROM audit_event WHERE seq = 7"


def _change(path: Path, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(statement).rowcount == 1


def check_database(url: str, number: int, secrets: list[str]) -> None:
    """Check how many events there are, and that no secret is in any file of the database."""
    with AuditService(url) as service:
        assert service.count() == number
    path = Path(url.removeprefix("sqlite:///"))
    assert secrets
    for file in path.parent.glob(path.name + "*"):
        content = file.read_bytes()
        found = [
            secret for secret in [*secrets, "tok-4242", "123456"] if secret.encode() in content
        ]
        assert not found, found
    assert b"invoice.update" in path.read_bytes(), "nothing was looked at"


def check_context(url: str) -> None:
    """Check that each event has all that a request's context holds."""
    with AuditService(url) as service:
        events = service.query(limit=1000).items
    assert events
    for event in events:
        assert event.source_ip == "127.0.0.1", event
        assert event.user_agent == "indelible-demo", event
        assert event.source == "invoices", event
        assert str(event.tenant).startswith("demo-"), event
        assert event.actor.type == ("visitor" if event.outcome == "failure" else "user"), event
    assert len({event.request_id for event in events}) == len(events)


def ask_service(directory: Path, rows: list[dict[str, str]]) -> list[str]:
    """Ask the invoice service; return how its answers and events differ from the rows."""
    user = User("ada", "secret", "manager")
    audit = AuditService(f"sqlite:///{directory / 'audit.db'}")
    store = InvoiceStore(f"sqlite:///{directory / 'invoices.db'}")
    differing = []
    with audit, contextlib.closing(store), InvoiceServer(audit, store, [user], "acme") as server:
        client = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
        with contextlib.closing(client):
            login = json.dumps({"user": user.name, "password": user.password})
            token = json.loads(_ask(client, "POST", "/login", login)[1])["token"]
            for row in rows:
                before = audit.count()
                headers = {"Authorization": f"Bearer {token}"} if row["logged in"] == "yes" else {}
                status, _ = _ask(client, row["method"], row["path"], '{"total": 1}', headers)
                found: dict[str, str] = {"status": str(status), "event": "none", "outcome": ""}
                if audit.count() > before:
                    event = audit.query(limit=1).items[0]
                    found |= {"event": event.action, "outcome": str(event.outcome)}
                if any(row[name] != found[name] for name in found):
                    differing.append(f"{row}: {found}")
    return differing


def _ask(
    client: http.client.HTTPConnection,
    method: str,
    path: str,
    body: str,
    headers: dict[str, str] | None = None,
) -> tuple[int, bytes]:
    client.request(method, path, body, headers or {})
    answer = client.getresponse()
    return answer.status, answer.read()


@dataclass
class Interrupted:
    """How a demonstration ended that was interrupted at work."""

    code: int
    output: str
    left: list[str]


def interrupt(directory: Path, signal_name: str) -> Interrupted:
    """Start the demonstration as a process, and send it a signal once it is at work."""
    directory.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "indelible", "demo", "--requests", "1000000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # Under coverage an exception that a signal throws may be thrown inside of its tracer.
        env={**processes.unmeasured(), "TMPDIR": str(directory)},
        text=True,
        start_new_session=True,
    )
    try:
        _await_work(directory, process)
        process.send_signal(signal.Signals[signal_name])
        output, _ = process.communicate(timeout=processes.SECONDS)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    left = files_below(directory)
    try:
        # Its whole session: whatever it might have started.
        os.killpg(process.pid, 0)
        left.append("a process")
    except ProcessLookupError:
        pass
    return Interrupted(process.returncode, output, left)


def _await_work(directory: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[0]
        # The file goes and comes again when the first connection gives way to the next.
        with contextlib.suppress(FileNotFoundError):
            if any(path.stat().st_size > 100_000 for path in directory.rglob("audit.db-wal")):
                return
        time.sleep(0.05)
    raise AssertionError(f"it did not get to work: {files_below(directory)}")
