"""Keywords for logs to look at, and for the processes that serve them.

*** Settings ***
Library    Pages

*** Test Cases ***
The Page Answers
    ${log}=        Tell Story
    ${address}=    Serve Page    ${log}[url]
"""

from __future__ import annotations

import secrets
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from robot.api import SkipExecution
from robot.api.deco import library
from robot.libraries.BuiltIn import BuiltIn
from robot.utils import DotDict

from features.support import scratch, servers, skips
from features.support.browsing import recorder, samples, seeds, serving
from features.support.browsing.serving import Program
from indelible import AuditService
from indelible.merkle.keys import Ed25519Signer


@library(scope="GLOBAL", auto_keywords=True)
class Pages:
    """Logs, pages, and processes that record."""

    def __init__(self) -> None:
        self.ROBOT_LIBRARY_LISTENER = self
        self._programs: list[Program] = []
        self._recording: Program | None = None
        # What was recorded, which nobody serves, and the copy of it that all suites share.
        self._told: DotDict | None = None
        self._story: DotDict | None = None
        # The page of the story, which all suites share, and its address.
        self._shared: tuple[Program, str] | None = None

    def close(self) -> None:
        """End what all suites share, with the run."""
        if self._shared is not None:
            shared, self._shared = self._shared[0], None
            shared.end()

    # Logs ---------------------------------------------------------------------------------------

    def tell_story(self) -> DotDict:
        """Return the story that all suites share: `url`, `key` (a file), `vkey`, `ids` by name."""
        if self._story is None:
            self._story = self.copy_story()
        return self._story

    def copy_story(self) -> DotDict:
        """Return a copy of the story, in an SQLite file that may be damaged; it is told once."""
        if self._told is None:
            self._told = self._log("sqlite", seeds.tell_story)
        target = scratch.new_directory() / "audit.db"
        with (
            closing(sqlite3.connect(_file_of(self._told.url))) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
        return DotDict({**self._told, "url": f"sqlite:///{target}"})

    def tell_hostile_values(self) -> DotDict:
        """Record a log of values that are aimed at whoever looks at them."""
        return self._log("sqlite", seeds.tell_hostile)

    def tell_orders(self, kind: str, number: int) -> DotDict:
        """Record so many orders, as the process that `Start Recording` starts goes on to do."""

        def record(url: str, key: Path) -> dict[str, str]:
            with AuditService(url, audit_async=True, signing_key=key) as audit:
                for place in range(number):
                    audit.record(recorder.ACTION, actor="service:shop", target=f"order:a{place}")
            return {}

        return self._log(kind, record)

    def _log(self, kind: str, tell: Any) -> DotDict:
        try:
            url = servers.new_database(kind)
        except servers.Unavailable as unavailable:
            name = str(BuiltIn().get_variable_value("${TEST NAME}", "a suite's setup"))
            raise SkipExecution(skips.record(unavailable, name)) from unavailable
        key = seeds.write_key(scratch.new_directory())
        ids = tell(url, key)
        text = key.read_text(encoding="ascii").strip()
        vkey = str(Ed25519Signer.parse(text).verifier.vkey)
        return DotDict(url=url, key=str(key), vkey=vkey, ids=DotDict(ids))

    def write_token(self) -> tuple[str, str]:
        """Write a token into a file, and return the file and the token."""
        token = secrets.token_urlsafe(24)
        path = scratch.new_directory() / "token"
        path.write_text(token + "\n", encoding="ascii")
        return str(path), token

    def events_of(self, url: str, until_seq: int, action: str = recorder.ACTION) -> list[str]:
        """Return the ids of the events of an action, newest first, below a number."""
        with AuditService(url) as audit:
            ids, cursor = [], None
            while True:
                page = audit.query(action=action, until_seq=until_seq, limit=1000, cursor=cursor)
                ids += [str(event.event_id) for event in page.items]
                cursor = page.next_cursor
                if cursor is None:
                    return ids

    def edit_behind_its_back(self, url: str, event_id: str, old: str, new: str) -> int:
        """Edit an event's stored text with SQL, and return its number."""
        with AuditService(url) as audit:
            event = audit.get(event_id)
        assert event is not None, event_id
        assert event.place is not None
        connection = sqlite3.connect(_file_of(url))
        try:
            with connection:
                edited = connection.execute(
                    "UPDATE audit_event SET body = replace(body, ?, ?)"
                    " WHERE seq = ? AND instr(body, ?)",
                    (old, new, event.place.seq, old),
                )
            assert edited.rowcount == 1, f"{old!r} does not stand in {event.body!r}"
        finally:
            connection.close()
        return event.place.seq

    def count_events(self, url: str, **filters: str) -> int:
        """Count the events that filters match."""
        named: Any = filters
        with AuditService(url) as audit:
            return audit.count(**named)

    def hostile_values(self) -> DotDict:
        """Return them by name, without the longest."""
        return DotDict(seeds.HOSTILE)

    # Processes ----------------------------------------------------------------------------------

    def serve_story_page(self) -> str:
        """Serve the story, once a run, and return the page's address.

        Nothing of it changes but that looks at it are recorded.
        """
        if self._shared is None:
            story = self.tell_story()
            address = self.serve_page(story.url, "--key", story.vkey, "--actor", "user:rita")
            self._shared = (self._programs.pop(), address)
        return self._shared[1]

    def serve_page(self, url: str, *options: str) -> str:
        """Start `indelible serve`, and return the page's address, without a slash at its end.

        It ends with `End Pages`.
        """
        port = serving.free_port()
        return self._serve(serving.serve_command(url, port, options), port)

    def mount_page(self, log: DotDict, *tenants: str) -> str:
        """Start an application that mounts the page, and return the page's address.

        Args:
            log: What another keyword has recorded.
            tenants: The only ones that its reader may see; none for the whole log.
        """
        port = serving.free_port()
        command = serving.mount_command(log.url, port, Path(log.key), tenants or None)
        return self._serve(command, port) + serving.MOUNT

    def _serve(self, command: list[str], port: int) -> str:
        program = Program(command)
        self._programs.append(program)
        address = f"http://{serving.HOST}:{port}"
        program.wait_for("it answered", lambda: serving.answers(f"{address}/"))
        return address

    def serve_samples(self) -> None:
        """Serve the small pages that are wrong in one way each; sets ${SAMPLES} in the suite."""
        self._samples = samples.Samples()
        BuiltIn().set_suite_variable("${SAMPLES}", self._samples.address)

    def end_samples(self) -> None:
        self._samples.close()

    def start_recording(self, url: str) -> None:
        """Let another process record orders until `Stop Recording`."""
        program = Program([sys.executable, "-m", "features.support.browsing.recorder", url])
        self._recording = program
        program.wait_for("it had recorded", lambda: "ready" in program.out)

    def stop_recording(self) -> int:
        """End that process, and return how many orders it has recorded."""
        program, self._recording = self._recording, None
        assert program is not None, "nothing records"
        return int(program.finish().split()[-1])

    def pages_should_not_have_complained(self) -> None:
        """Fail if a server has written of an error since the last look."""
        shared = [self._shared[0]] if self._shared else []
        for program in [*self._programs, *shared]:
            _check(program.news())

    def end_pages(self) -> None:
        """End the servers that this suite has started; none may have complained."""
        programs, self._programs = self._programs, []
        for program in programs:
            program.end()
        for program in programs:
            _check(program.news())

    def run_indelible(self, *arguments: str) -> DotDict:
        """Run the command to its end, and return `rc`, `out` and `err`."""
        ended = subprocess.run(
            [sys.executable, "-m", "indelible", *arguments], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=serving.SECONDS, check=False,
        )  # fmt: skip
        return DotDict(rc=ended.returncode, out=ended.stdout, err=ended.stderr)


def _check(said: str) -> None:
    assert "Traceback" not in said, said
    assert "ERROR" not in said, said


def _file_of(url: str) -> str:
    return url.removeprefix("sqlite:///")
