"""What the scenarios of sealing.sinks, .witness and .thread do and ask."""

from __future__ import annotations

import os
import signal
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, event

from features.support.sealing.certificates import Authority
from features.support.sealing.logs import ORIGIN, SignedLog
from features.support.sealing.witness_double import WitnessDouble
from indelible.errors import AuditError, ConfigurationError
from indelible.merkle import (
    EMPTY_ROOT,
    CosignatureSigner,
    Ed25519Signer,
    Verifier,
    generate_key,
    open_checkpoint,
    root_hash,
)
from indelible.sealing import (
    SealedCheckpoint,
    SealerThread,
    SigningRefusedError,
    Witness,
    WitnessPolicy,
    as_sinks,
    as_witnesses,
    read_notes,
)
from indelible.sealing.witness import THREAD_NAME

TIMEOUT = 1.0
"""How long the witnesses of a scenario may take, in seconds."""


class Sinks:
    """Where one scenario's checkpoints go."""

    def __init__(self, log: SignedLog) -> None:
        self.log = log
        self.path = log.directory / "checkpoints"
        self.given: list[str] = []
        self.sizes: list[int] = []

    def take(self, sealed: SealedCheckpoint) -> None:
        self.given.append(sealed.note)
        if self.path.exists():
            self.sizes.append(self.path.stat().st_size)

    def fail(self, sealed: SealedCheckpoint) -> None:
        raise ZeroDivisionError(sealed.size)

    def seal_again(self) -> None:
        def ask(_: SealedCheckpoint) -> None:
            assert self.log.only_sealer is not None
            self.log.only_sealer.seal()

        self.log.only_sealer = self.log.sealer(sinks=[ask])

    def cut(self, damage: str) -> None:
        data = self.path.read_bytes()
        changed = {
            "was cut in the middle of the text": data[:20],
            "was cut in the middle of the signature": data[: data.index("—".encode()) + 40],
            "was cut before the last newline": data[:-2],
            "has lines of somebody else behind it": data + "hello\n\n— not base64\n".encode(),
        }
        self.path.write_bytes(changed[damage])

    def file_is_table(self, number: int) -> None:
        assert read_notes(self.path) == self.log.notes()
        assert len(self.log.notes()) == number

    def readable(self, number: int) -> None:
        notes = read_notes(self.path)
        assert notes[-1] == self.log.notes()[-1], notes
        assert len(notes) == number, notes


def sink_refused(what: str) -> None:
    things: dict[str, Any] = {"a number": [7], "a list of numbers": [[7]]}
    try:
        as_sinks(things[what])
    except ConfigurationError as error:
        assert error.argument == "checkpoint_sinks"
        return
    raise AssertionError(f"{what} is a sink")


class Witnesses:
    """The witnesses of one scenario."""

    def __init__(
        self,
        context: Any,
        log: SignedLog,
        number: int,
        required: int,
        when_unmet: Any,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        assert isinstance(log.key, Ed25519Signer)
        self.log = log
        self.doubles = [
            WitnessDouble(f"witness.example/w{index}", ORIGIN, log.key.verifier, tls=tls)
            for index in range(1, number + 1)
        ]
        for double in self.doubles:
            context.add_cleanup(double.close)
        log.witnesses = [Witness(item.url, item.key.verifier.vkey) for item in self.doubles]
        log.policy = WitnessPolicy(required, when_unmet, timeout=TIMEOUT)

    def trust(self, trust: str, authority: Authority, context: Any) -> None:
        """Say whom the signer believes about the witness's certificate."""
        ((double, witness),) = zip(self.doubles, self.log.witnesses, strict=True)
        given: ssl.SSLContext | None = None
        if trust == "the environment names its certificate authority":
            patcher = patch.dict(os.environ, {"SSL_CERT_FILE": str(authority.path)})
            patcher.start()
            context.add_cleanup(patcher.stop)
        elif trust == "another certificate authority is given":
            other = Authority(authority.directory, "Somebody else's authority")
            given = ssl.create_default_context(cafile=other.path)
        elif trust != "nobody vouches for it":
            given = ssl.create_default_context(cafile=authority.path)
        self.log.witnesses = [Witness(double.url, witness.key, given)]

    def remember(self, number: int, memory: str) -> None:
        double, leaves = self.doubles[number - 1], self.log.leaves()
        if memory.startswith("answers "):
            double.mood = memory.removeprefix("answers ")
        elif memory == "has never been asked":
            assert double.latest == (0, EMPTY_ROOT)
        elif memory == "has cosigned 300 of 800 events":
            self.log.only_sealer = self.log.sealer()
            self.log.only_sealer.seal()
            self.log.append(500)
            assert double.latest[0] == 300
        elif memory == "has cosigned the log as it is":
            double.latest = (len(leaves), root_hash(leaves))
        elif memory == "has cosigned another tree of the same size":
            double.latest = (len(leaves), b"\xaa" * 32)
        elif memory == "has cosigned another, smaller tree":
            double.latest = (100, b"\xaa" * 32)
        elif memory == "has cosigned a larger tree":
            double.latest = (len(leaves) + 1, b"\xaa" * 32)
        elif memory == "knows another key for the log":
            double.log = generate_key(ORIGIN).verifier
        elif memory == "knows another log alone":
            double.origin = "another.example/log"
        elif memory == "is gone":
            double.close()
        else:
            double.mood = memory.removeprefix("is ")

    def cosigned(self, number: int) -> None:
        sealed = self.log.sealed
        assert sealed is not None, self.log.refusal
        assert len(sealed.cosigned_by) == number, sealed
        assert isinstance(self.log.key, Ed25519Signer)
        keys: list[Verifier] = [
            self.log.key.verifier,
            *(double.key.verifier for double in self.doubles),
        ]
        _, opened = open_checkpoint(sealed.note, keys, origin=ORIGIN)
        assert {item.name for item in opened.verified} == {ORIGIN, *sealed.cosigned_by}
        # Nothing that the witness added beside its own cosignature has come along.
        assert len(opened.verified) + len(opened.unverified) == number + 1, sealed.note


def configuration_refusal(what: str) -> str:
    vkey = CosignatureSigner("w.example/1", bytes(range(32))).verifier.vkey
    witness = Witness("https://w.example/1", vkey)
    policy = WitnessPolicy(1, "raise")

    def at(url: str) -> Callable[[], object]:
        return lambda: Witness(url, vkey)

    cases: dict[str, Callable[[], object]] = {
        "a witness with a file for its TLS": lambda: Witness(
            "https://w.example/1", vkey, _anything("ca.pem")
        ),
        "a witness without TLS, and a context": lambda: Witness(
            "http://w.example/1", vkey, ssl.create_default_context()
        ),
        "a URL alone as a witness": lambda: as_witnesses([_anything("https://w.example")], policy),
        "a witness with a broken key": lambda: Witness("https://w.example", vkey[:-3]),
        "two witnesses with one key": lambda: as_witnesses([witness, witness], policy),
        "witnesses without a policy": lambda: as_witnesses([witness], None),
        "a policy of 2 with 1 witness": lambda: as_witnesses([witness], WitnessPolicy(2, "raise")),
        "a policy that does what it likes": lambda: WitnessPolicy(1, _anything("shrug")),
    }
    if what.startswith("a witness at "):
        cases[what] = at(what.split('"')[1])
    try:
        cases[what]()
    except ConfigurationError as error:
        return str(error)
    raise AssertionError(f"{what} is accepted")


def _anything(value: Any) -> Any:
    return value


def _nothing() -> None:
    """What happens where nothing shall."""


class _Told(SealerThread):
    """A sealing thread in which something can happen between looking and taking note."""

    between: Callable[[], None] | None = None
    _is_dirty = False

    @property
    def _dirty(self) -> bool:
        found = self._is_dirty
        if self.between is not None:
            happening, self.between = self.between, None
            happening()
        return found

    @_dirty.setter
    def _dirty(self, value: bool) -> None:
        self._is_dirty = value


class Thread:
    """A sealing thread, and what it has done."""

    def __init__(self, context: Any, interval: float | None) -> None:
        self.sealed = 0
        self.errors: list[AuditError] = []
        self.failures: list[Exception] = []
        self.inside = threading.Event()
        self.hang: threading.Event | None = None
        self.during_seal: Callable[[], None] = _nothing
        self.started = 0
        self.thread = _Told(self._seal, self.errors.append, interval)
        context.add_cleanup(self._end)
        self._count_starts(context)

    def _end(self) -> None:
        if self.hang is not None:
            self.hang.set()
        self.thread.stop(time.monotonic() + 5)

    def _seal(self) -> None:
        self.inside.set()
        if self.hang is not None:
            self.hang.wait(30)
        self.sealed += 1
        self.during_seal()
        if self.failures:
            raise self.failures.pop()

    def _count_starts(self, context: Any) -> None:
        start = threading.Thread.start

        def counting(thread: threading.Thread) -> None:
            start(thread)
            if thread.name == SealerThread.NAME:
                self.started += 1
                self.after_start()

        patcher = patch.object(threading.Thread, "start", counting)
        patcher.start()
        context.add_cleanup(patcher.stop)

    def after_start(self) -> None:
        """Do nothing, unless a scenario wants something to happen here."""

    def tell(self, moment: str, context: Any) -> None:
        """Have it told of new events once, at a moment that threads meet only by chance."""
        if moment == "while a seal fails":
            self.during_seal = self._tell_once
        elif moment == "by another thread at the same moment":
            self.thread.between = self.thread.notify
        elif moment == "while it starts, after its first seal":
            patcher = patch.object(self, "after_start", self._tell_after_seal)
            patcher.start()
            context.add_cleanup(patcher.stop)
        else:
            raise ValueError(moment)

    def _tell_once(self) -> None:
        self.during_seal = _nothing
        self.thread.notify()

    def _tell_after_seal(self) -> None:
        self.has_sealed(1, 5)
        self.thread.notify()

    def fail_with(self, error: str, number: int) -> None:
        errors: dict[str, Exception] = {
            "a refusal": SigningRefusedError("the database was set back"),
            "any exception": ZeroDivisionError("division"),
        }
        self.failures = [errors[error]] * number

    def has_sealed(self, times: int, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.sealed < times and time.monotonic() < deadline:
            time.sleep(0.01)
        assert self.sealed == times, self.sealed

    def has_sealed_after(self, times: int, seconds: float) -> None:
        time.sleep(seconds)
        assert self.sealed == times, self.sealed

    def telling_takes(self, times: int) -> float:
        began = time.perf_counter()
        for _ in range(times):
            self.thread.notify()
        return time.perf_counter() - began

    def interrupted(self) -> None:
        """Tell it from a handler that interrupts, at any point, the telling on the same thread."""
        before = signal.signal(signal.SIGALRM, lambda *_: self.thread.notify())
        signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
        try:
            deadline = time.monotonic() + 1.0
            while time.monotonic() < deadline:
                self.thread.notify()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


def no_threads(context: Any, *, name: str | None = None) -> None:
    """Let no thread be started, or none of a name, until the scenario ends."""
    start = threading.Thread.start

    def refusing(thread: threading.Thread) -> None:
        if name is not None and thread.name != name:
            start(thread)
            return
        raise RuntimeError("can't start new thread at interpreter shutdown")

    patcher = patch.object(threading.Thread, "start", refusing)
    patcher.start()
    context.add_cleanup(patcher.stop)


class LateThreads:
    """The threads that ask witnesses, which the system lets run only when they are told to."""

    def __init__(self, context: Any) -> None:
        self._waiting: list[threading.Thread] = []
        self._start = threading.Thread.start
        waiting, start = self._waiting, self._start

        def late(thread: threading.Thread) -> None:
            if thread.name == THREAD_NAME:
                waiting.append(thread)
            else:
                start(thread)

        patcher = patch.object(threading.Thread, "start", late)
        patcher.start()
        context.add_cleanup(patcher.stop)

    def run(self, engine: Engine) -> list[str]:
        """Let them run to their ends; returns the statements that they have brought about."""
        statements: list[str] = []

        def note(*arguments: Any) -> None:
            statements.append(arguments[2])

        event.listen(engine, "before_cursor_execute", note)
        try:
            assert self._waiting
            for thread in self._waiting:
                self._start(thread)
            for thread in self._waiting:
                thread.join(10)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return statements


def seal_and_record(log: SignedLog, number: int) -> tuple[float, float]:
    """Seal on a thread, record on this one; returns when each was over."""
    over: list[float] = []

    def seal() -> None:
        log.seal()
        over.append(time.monotonic())

    thread = threading.Thread(target=seal)
    thread.start()
    # Until it waits for the witness.
    time.sleep(0.3)
    assert thread.is_alive()
    log.append(number)
    recorded = time.monotonic()
    thread.join()
    assert log.refusal is None, log.refusal
    return recorded, over[0]
