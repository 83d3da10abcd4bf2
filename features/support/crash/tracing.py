"""A sweep over the system calls of one batch: at each of them the process dies, or the disk fails.

strace does it, attached to one thread of a program that has everything open and is about to record.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from features.support.crash.judge import Judge, Verdict
from features.support.crash.killing import deliver, options
from features.support.crash.ledger import Ledger
from features.support.crash.nursery import Child, Nursery

WRITING: Final = frozenset(
    {
        "pwrite64",
        "write",
        "fdatasync",
        "fsync",
        "ftruncate",
        "fallocate",
        "rename",
        "unlink",
        "unlinkat",
        "mkdir",
    }
)
"""The system calls by which something gets onto a disk, or off it."""

LEDGER: Final = "writev"
"""The call that tells the ledger, which must not fail: see `ledger.Teller`."""


class CannotTrace(Exception):
    """strace cannot be had, or may not trace, on this machine."""


@dataclass(frozen=True)
class Sweep:
    """What fails in a sweep.

    Attributes:
        mode: As for `killing.options`.
        whose: Which thread's calls: the ``caller``'s or the ``writer``'s.
        fault: ``SIGKILL``, or the name of an error number.
        retry: Whether the program records an event again that was not accepted; if not, it ends
            right after the error, and what it was told must be true of what is there then.
    """

    mode: str
    whose: str
    fault: str
    retry: bool = True

    def inject(self, call: str, number: int) -> str:
        kind = "signal" if self.fault == "SIGKILL" else "error"
        return f"inject={call}:{kind}={self.fault}:when={number}"


@dataclass
class Swept:
    """What a sweep has done.

    Attributes:
        calls: At which system calls the fault has struck, and at how many of each.
        verdict: The judge's, over all.
    """

    calls: Counter[str] = field(default_factory=Counter)
    verdict: Verdict = field(default_factory=Verdict)

    @property
    def struck(self) -> int:
        return self.calls.total()


class Sweeper:
    """Lets a fault strike at the first system call of a batch, at the second, and so on.

    Args:
        nursery: Where the processes come from.
        url: The database, of SQLite, which is empty.
        directory: For spools, and the judge's key.
        what: What fails.

    Raises:
        CannotTrace: There is no strace, or it may not.
    """

    def __init__(self, nursery: Nursery, url: str, directory: Path, what: Sweep) -> None:
        if shutil.which("strace") is None:
            raise CannotTrace("there is no strace on the PATH: apt-get install strace")
        self._nursery = nursery
        self._url = url
        self._directory = directory
        self._spools = directory / "spools"
        self._what = what
        self._judge = Judge(url, directory)
        self.result = Swept()

    def sweep(self) -> Swept:
        """Find out which system calls a batch makes, and let each of them fail."""
        calls = Counter(_name(line) for line in self._run("trace=all")[1] if "(" in line)
        for call, number in sorted(calls.items()):
            if call == LEDGER or (self._what.fault != "SIGKILL" and call not in WRITING):
                continue
            # One batch makes a few calls more than another: as many as there are, up to twice.
            for count in range(1, 2 * number + 1):
                if not self._strike(call, count):
                    break
                self.result.calls[call] += 1
        return self.result

    def _strike(self, call: str, count: int) -> bool:
        """Let one system call fail; tell whether there was one of that number."""
        status, lines = self._run(f"trace={call}", self._what.inject(call, count))
        if self._what.fault == "SIGKILL":
            struck = any("killed by SIGKILL" in line for line in lines)
            assert status == (-9 if struck else 0), (call, count, status, lines)
            return struck
        return any("(INJECTED)" in line for line in lines)

    def _run(self, *expressions: str) -> tuple[int, list[str]]:
        """Run the program under a tracer, and judge. Returns its status, and what was traced."""
        what, ledger = self._what, Ledger()
        child = self._nursery.start(
            "one batch", ledger, url=self._url, whose=what.whose, events=1, retry=what.retry,
            service=options(what.mode, self._spools) | {"timeout": 3.0},
        )  # fmt: skip
        ledger.started()
        task = int(ledger.wait_for_note("trace"))
        status, lines = _traced(child, task, expressions, self._directory / "trace")
        ledger.finish()
        if what.mode == "spool":
            deliver(self._url, self._spools)
        verdict = self._judge.judge(ledger, lossy=what.mode == "async")
        self.result.verdict += verdict
        raised = ledger.notes["raised"]
        assert verdict, f"{what}, {expressions}: {verdict}; the program was told {raised}"
        return status, lines


def _traced(
    child: Child, task: int, expressions: Sequence[str], output: Path
) -> tuple[int, list[str]]:
    """Trace one thread of a program, let it go on, and wait for its end."""
    arguments = [argument for each in expressions for argument in ("-e", each)]
    with subprocess.Popen(
        ["strace", "-p", str(task), "-o", str(output), *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as tracer:  # fmt: skip
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        if "attached" not in said:
            child.kill()
            raise CannotTrace(said.strip() or "strace says nothing")
        child.say("go")
        status = child.wait()
        tracer.stderr.read()
    return status, output.read_text(errors="replace").splitlines()


def _name(line: str) -> str:
    return line.split("(", 1)[0]
