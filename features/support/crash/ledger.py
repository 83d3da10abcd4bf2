"""What programs under test were told about their events, kept where no fault reaches it.

The programs write one line for each thing that they learn into a pipe, whose other end the judge
holds: in another process, on no disk.  A line is ``VERB ACTOR STEP``; the steps of an actor, who is
one thread of one process, are 0, 1, 2 and so on, and are the actions of its events.

| verb | meaning |
| --- | --- |
| try | `record` is about to be called |
| ack | it has returned |
| safe | everything up to this step is committed: `flush` or a receipt has said so |
| no | it has raised an error that says that the event is not accepted |
| unknown | it has raised an error that says that nobody knows |
| note | anything else that a test wants to know; the step is free text |
"""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from indelible import AuditError

SECONDS = 60.0
"""How long a test waits for something that a program is to say."""


def is_unknown(error: BaseException) -> bool:
    """Whether an error leaves open what has become of the event, as the library words that."""
    return isinstance(error, AuditError) and "is unknown" in str(error)


class Teller:
    """The end of the pipe that a program under test has; any number of processes may share it.

    Args:
        descriptor: The pipe.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def tell(self, verb: str, actor: str, step: object) -> None:
        self._send(f"{verb} {actor} {step}\n")

    def note(self, name: str, value: object = "") -> None:
        self._send(f"note {name} {value}\n")

    def _send(self, line: str) -> None:
        # One call, which the kernel does not cut in two, and one that no program under test and no
        # library of it uses for anything else: the sweep over system calls leaves it out.
        os.writev(self.descriptor, [line.encode()])


@dataclass
class Account:
    """What one actor knows.

    Attributes:
        tried: How many events it has tried to record: all steps below.
        all_below: `record` has returned for all steps below.
        acknowledged: The further steps for which it has.
        safe: All steps below are known to be committed.
        refused: The steps that it was told are not accepted.
        unknown: The steps that nobody knows of.
    """

    tried: int = 0
    all_below: int = 0
    acknowledged: set[int] = field(default_factory=set)
    safe: int = 0
    refused: set[int] = field(default_factory=set)
    unknown: set[int] = field(default_factory=set)

    def acknowledge(self, step: int) -> None:
        self.acknowledged.add(step)
        while self.all_below in self.acknowledged:
            self.acknowledged.remove(self.all_below)
            self.all_below += 1

    @property
    def all_acknowledged(self) -> set[int]:
        return self.acknowledged.union(range(self.all_below))


class Ledger:
    """The judge's end of the pipe, read on a thread as it fills.

    Use `writer` for the programs, and call `started` once they have it.
    """

    def __init__(self) -> None:
        self.accounts: defaultdict[str, Account] = defaultdict(Account)
        # The last ones of each name.
        self.notes: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=100))
        self.acknowledged = 0
        self._reader, self.writer = os.pipe()
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def started(self) -> None:
        """Close this process's copy of the programs' end: the pipe ends when they have ended."""
        if self.writer >= 0:
            os.close(self.writer)
            self.writer = -1

    def finish(self, seconds: float = SECONDS) -> None:
        """Wait until every program has ended and all that they wrote is read."""
        self.started()
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "a program under test lives on, and holds the ledger"

    def wait(self, condition: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
        """Wait until something that the ledger tells has come true.

        Raises:
            AssertionError: It has not, in time, or every program has ended before.
        """
        deadline = time.monotonic() + seconds
        with self._changed:
            while not condition():
                left = deadline - time.monotonic()
                assert left > 0, f"{what}: not within {seconds:g} s; {self.summary()}"
                assert not self._ended, f"{what}: the programs have ended before; {self.summary()}"
                self._changed.wait(min(left, 0.5))

    def wait_for_note(self, name: str, seconds: float = SECONDS) -> str:
        self.wait(lambda: name in self.notes, f"the program says {name!r}", seconds)
        return self.notes[name][-1]

    def wait_for_acknowledged(self, number: int, seconds: float = SECONDS) -> None:
        wanted = self.acknowledged + number
        self.wait(lambda: self.acknowledged >= wanted, f"{number} more events", seconds)

    def summary(self) -> str:
        notes = {name: list(texts)[-3:] for name, texts in self.notes.items()}
        return f"{self.acknowledged} events acknowledged; notes: {notes}"

    def _read(self) -> None:
        rest = b""
        while data := os.read(self._reader, 1 << 16):
            # The kill of a program cannot cut a line in two, but this read can.
            *lines, rest = (rest + data).split(b"\n")
            with self._changed:
                self._take(lines)
                self._changed.notify_all()
        os.close(self._reader)
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _take(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            verb, actor, step = line.decode().split(" ", 2)
            if verb == "note":
                self.notes[actor].append(step)
                continue
            account, number = self.accounts[actor], int(step)
            if verb == "try":
                account.tried = max(account.tried, number + 1)
            elif verb == "ack":
                account.acknowledge(number)
                self.acknowledged += 1
            elif verb == "safe":
                account.safe = max(account.safe, number + 1)
            elif verb == "no":
                account.refused.add(number)
            elif verb == "unknown":
                account.unknown.add(number)
            else:
                raise AssertionError(line)
