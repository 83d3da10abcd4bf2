"""Keywords that break processes, disks and servers under a log, and judge what is left.

*** Settings ***
Library    Crashes

*** Test Cases ***
Killed At Random Moments
    ${verdict}=    Kill At Random    spool    sqlite    50

A keyword that returns a verdict has failed already if anything was lost, phantom, duplicate or out
of order, or if the log does not verify: the rest is for the test to look at.  What a machine cannot
do is skipped, and the end of the run says so.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Literal, TypeVar

from robot.api import SkipExecution, logger
from robot.api.deco import library

from features.support import scratch, servers
from features.support.crash import (
    crowds,
    exits,
    gunicorns,
    interpreters,
    killing,
    outages,
    powercuts,
    troubles,
    volumes,
)
from features.support.crash.apart import NoVolume
from features.support.crash.judge import Verdict
from features.support.crash.nursery import Nursery
from features.support.crash.tracing import CannotTrace, Sweep, Sweeper
from features.support.processes import ROOT, unmeasured

Mode = Literal["sync", "async", "spool"]
Kind = Literal["sqlite", "postgresql", "mariadb"]
ServerKind = Literal["postgresql", "mariadb"]

_T = TypeVar("_T")


@library(scope="GLOBAL", auto_keywords=True)
class Crashes:
    """Faults, and the judge."""

    def __init__(self) -> None:
        self._nursery: Nursery | None = None
        self._outages: dict[str, outages.Outage] = {}
        self._python = sys.executable

    def use_python(self, version: str = "") -> None:
        """Let programs that end run under a version of Python; without one, under this one.

        Skips the suite if it cannot be had.
        """
        try:
            self._python = interpreters.python(version) if version else sys.executable
        except interpreters.NoInterpreter as error:
            raise _skip(str(error)) from error
        logger.info(self._python)

    def end_all_programs(self) -> None:
        """End what the keywords have started. Belongs into the teardown of the suites."""
        nursery, self._nursery = self._nursery, None
        if nursery is not None:
            nursery.close()
        for kind in list(self._outages):
            self._outages.pop(kind).server.close()

    # Processes ---------------------------------------------------------------------------------

    def kill_at_random(self, mode: Mode, kind: Kind, kills: int) -> dict[str, Any]:
        """Kill so many processes, two of them at work at a time, each at a random moment."""
        seed = random.randrange(2**32)
        logger.info(f"seed {seed}")
        return _judged(
            killing.kill_at_random(
                self._programs, _database(kind), scratch.new_directory(), mode, kills, seed
            )
        )

    def fail_at_every_system_call(
        self, mode: Mode, whose: Literal["caller", "writer"], fault: str, then: str = "retry"
    ) -> dict[str, int]:
        """Let a fault strike at each system call of one batch on SQLite in turn.

        Args:
            mode: How the program records.
            whose: Whose system calls.
            fault: SIGKILL, or the name of an error number.
            then: Whether the program will `retry` what was not accepted, or `end` at once.

        Returns:
            How many calls of each name were struck.
        """
        what = Sweep(mode, whose, fault, retry=then == "retry")
        try:
            url = servers.new_database("sqlite")
            swept = Sweeper(self._programs, url, scratch.new_directory(), what).sweep()
        except CannotTrace as error:
            raise _skip(f"no system call can be made to fail here: {error}") from error
        _judged(swept.verdict)
        logger.info(f"{swept.struck} system calls: {dict(swept.calls)}")
        return dict(swept.calls)

    def end_by(self, way: str) -> None:
        """Let two programs end in a way, one in memory alone and one with a spool."""

        def run(mode: str) -> Verdict:
            url, directory = servers.new_database("sqlite"), scratch.new_directory()
            return exits.judge_exit(way, url, mode, directory, self._python)

        for verdict in _at_once([partial(run, mode) for mode in ("async", "spool")]):
            _judged(verdict)

    def end_with_a_locked_database(self, mode: Mode) -> str:
        """Let a program end that cannot deliver. Returns what it says on standard error."""
        url, directory = servers.new_database("sqlite"), scratch.new_directory()
        verdict, ended = exits.judge_locked_exit(url, mode, directory, self._python)
        _judged(verdict)
        return ended.stderr

    def serve_by_gunicorn(self, mode: Mode, kind: Kind, kill: Literal["kill", "spare"]) -> None:
        """Run gunicorn --preload with two workers, of which one may be killed."""
        try:
            verdict = gunicorns.serve(
                _database(kind),
                mode,
                scratch.new_directory(),
                40,
                kill=kill == "kill",
                python=self._python,
            )
        except gunicorns.NoGunicorn as error:
            raise _skip(str(error)) from error
        _judged(verdict)

    def share_a_log(self, mode: Mode, kind: Kind, processes: int, events: int) -> dict[str, Any]:
        """Let processes record so many events each into one log."""
        verdict, seconds = crowds.share_a_log(
            self._programs, _database(kind), scratch.new_directory(), mode, processes, events
        )
        logger.info(f"{processes * events / seconds:,.0f} events/s")
        return _judged(verdict)

    # Disks and clocks --------------------------------------------------------------------------

    def fill_a_volume(self, what: Literal["database", "spool"]) -> str:
        """Fill a small volume, and make room. Returns what the program was told."""
        try:
            found = volumes.run_apart(what, scratch.new_directory())
        except NoVolume as error:
            raise _skip(f"no small volume can be mounted here: {error}") from error
        assert found["good"], found["text"]
        logger.info(found["text"])
        return str(found["told"])

    def cut_the_power(
        self, mode: Mode, cuts: int, mount_options: str = "data=ordered"
    ) -> dict[str, Any]:
        """Cut the power so often while a process records, with its log on a file system apart."""
        found = self._cut(mode, cuts, mount_options=mount_options)
        assert found["good"], found["text"]
        return found

    def count_lost_without_syncs(self, of: Literal["files", "directories"], cuts: int) -> int:
        """Cut the power of a process with a spool that does not sync. Returns how much is lost."""
        return int(self._cut("spool", cuts, unsynced=of)["lost"])

    def _cut(self, mode: str, cuts: int, **more: Any) -> dict[str, Any]:
        seed = random.randrange(2**32)
        directory = scratch.new_directory()
        logger.info(f"seed {seed}")
        try:
            found = powercuts.run_apart(powercuts.Order(mode, cuts, seed, str(directory), **more))
        except NoVolume as error:
            raise _skip(f"no file system can be mounted and cut off here: {error}") from error
        logger.info(found["text"])
        return found

    def reach_a_limit(self, mode: Mode, limit: str, most: int) -> str:
        """Let a database of SQLite reach a limit, which is lifted then. Returns what was told."""
        url, directory = servers.new_database("sqlite"), scratch.new_directory()
        verdict, told = crowds.reach_a_limit(self._programs, url, directory, mode, limit, most)
        _judged(verdict)
        return told

    def change_the_clock(self, mode: Mode, hours: float) -> dict[str, Any]:
        """Let the clock jump back and forth. Returns some times in seconds."""
        url, directory = servers.new_database("sqlite"), scratch.new_directory()
        verdict, times = crowds.change_the_clock(self._programs, url, directory, mode, hours)
        _judged(verdict)
        return times

    # Servers -----------------------------------------------------------------------------------

    def break_server(self, kind: ServerKind, fault: str, *modes: Mode) -> dict[str, float]:
        """Break a server under processes in several modes, and mend it.

        Returns:
            How long the slowest call of `record` took in each mode, in seconds.
        """
        outage = self._outage(kind)
        found = outage.survive(self._programs, scratch.new_directory(), fault, modes)
        for verdict, _ in found.values():
            _judged(verdict)
        return {mode: float(ledger.notes["slowest"][0]) for mode, (_, ledger) in found.items()}

    def silence_server(self, kind: ServerKind, mode: Mode, timeout: float, seconds: float) -> float:
        """Let a server say nothing for a while. Returns how long the slowest `record` took."""
        ledger = self._outage(kind).outlast(
            self._programs, scratch.new_directory(), mode, timeout=timeout, seconds=seconds
        )
        return float(ledger.notes["slowest"][0])

    def refuse_events(self, kind: Kind, trouble: str, mode: Mode, text: str) -> None:
        """Let a database refuse events, of which the application must be told, and mend that."""
        try:
            made = troubles.make(kind, trouble)
        except servers.Unavailable as unavailable:
            raise _skip(str(unavailable)) from unavailable
        verdict, _ = troubles.survive(self._programs, scratch.new_directory(), made, mode, text)
        _judged(verdict)

    def soak(self, seconds: float) -> str:
        """Run the soak, and return what it has printed.

        Raises:
            AssertionError: It does not end with a good verdict.
        """
        directory = scratch.new_directory()
        ran = subprocess.run(
            [sys.executable, "-m", "features.support.soak", "--minutes", str(seconds / 60),
             "--output", str(directory)],
            cwd=ROOT, env=unmeasured(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        if ran.returncode == 3:
            raise _skip(ran.stderr.strip())
        assert ran.returncode == 0, ran.stdout + ran.stderr
        for name in ("soak.svg", "soak.csv"):
            assert (directory / name).stat().st_size > 500, name
        return ran.stdout

    @property
    def _programs(self) -> Nursery:
        if self._nursery is None:
            self._nursery = Nursery()
        return self._nursery

    def _outage(self, kind: str) -> outages.Outage:
        if kind not in self._outages:
            server = {"postgresql": servers.PostgreSQL, "mariadb": servers.MariaDB}[kind]()
            try:
                server.start()
            except servers.Unavailable as unavailable:
                raise _skip(str(unavailable)) from unavailable
            self._outages[kind] = outages.Outage(server)
        return self._outages[kind]


def _judged(verdict: Verdict) -> dict[str, Any]:
    logger.info(str(verdict))
    assert verdict, str(verdict)
    return verdict.members()


def _database(kind: str) -> str:
    try:
        return servers.new_database(kind)
    except servers.Unavailable as unavailable:
        raise _skip(str(unavailable)) from unavailable


def _skip(reason: str) -> Exception:
    logger.console(f"SKIPPED: {reason}")
    result: Exception = SkipExecution(reason)
    return result


def _at_once(functions: Sequence[Callable[[], _T]]) -> list[_T]:
    with ThreadPoolExecutor(len(functions)) as pool:
        return [future.result() for future in [pool.submit(each) for each in functions]]
