"""What the scenarios of sealing.signer.feature do and ask."""

from __future__ import annotations

import base64
import os
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st

from features.support.merkle.hypothesis_run import run_property
from features.support.sealing.logs import ORIGIN, TABLES, SignedLog
from indelible.merkle import (
    Checkpoint,
    Frontier,
    Signer,
    generate_key,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    root_hash,
    sign_checkpoint,
)
from indelible.sealing import FileState, Sealer, SealingError, verifier_of


def size_of(note: str | None) -> int:
    assert note is not None
    return parse_checkpoint(parse_note(note)[0]).size


def covers(log: SignedLog, number: int) -> None:
    """The last checkpoint is over all events, by this key, with the root of their hashes."""
    assert log.refusal is None, log.refusal
    assert log.sealed is not None
    leaves = log.leaves()
    assert len(leaves) == number == log.sealed.size
    assert log.sealed.root == root_hash(leaves)
    key: Any = getattr(log.key, "inner", log.key)
    checkpoint, _ = open_checkpoint(log.sealed.note, [key.verifier], origin=ORIGIN)
    assert checkpoint == log.sealed.checkpoint


def refused(log: SignedLog, text: str) -> None:
    assert log.refusal is not None, f"it has signed {log.sealed}"
    assert text in str(log.refusal), log.refusal


def set_back(log: SignedLog, number: int) -> None:
    """Take the last events away, with their tiles, and put the head back accordingly."""
    leaves = log.leaves()[:-number]
    frontier = Frontier()
    frontier.extend(leaves)
    event, tile, head = TABLES.event, TABLES.tile, TABLES.log
    with log.engine.begin() as connection:
        connection.execute(event.delete().where(event.c.seq >= len(leaves)))
        connection.execute(tile.delete().where((tile.c.tile_index + 1) * 256 > len(leaves)))
        connection.execute(head.update().values(size=len(leaves), frontier=frontier.to_bytes()))


def seal_elsewhere(log: SignedLog, number: int) -> None:
    """Let another host, whose state begins empty, append and seal."""
    log.append(number - len(log.leaves()))
    state = FileState(log.directory / "state-of-another-host")
    here, log.state = log.state, state
    log.seal(adopt=True)
    log.state = here
    assert log.refusal is None, log.refusal


def spoil_state(log: SignedLog, what: str) -> None:
    path = log.directory / "state"
    note = path.read_text(encoding="utf-8")
    checkpoint = parse_checkpoint(parse_note(note)[0])
    stranger = generate_key(ORIGIN)
    contents: dict[str, bytes] = {
        "nothing": b"",
        "bytes that are no text": b"\xff\x00\xfe" * 40,
        "half of its note": note[: len(note) // 2].encode(),
        "a note by another key": sign_checkpoint(checkpoint, stranger).encode(),
        "a note with a bad signature": _with_bad_signature(note).encode(),
        "a checkpoint of another log": sign_checkpoint(
            Checkpoint("another.example/log", checkpoint.size, checkpoint.root), log.key
        ).encode(),
    }
    path.write_bytes(contents[what])


def _with_bad_signature(note: str) -> str:
    head, _, data = note.rstrip("\n").rpartition(" ")
    raw = bytearray(base64.b64decode(data))
    raw[-1] ^= 1
    return f"{head} {base64.b64encode(bytes(raw)).decode()}\n"


def store_forged(log: SignedLog, size: int, *, bad_signature: bool) -> None:
    checkpoint = Checkpoint(ORIGIN, size, b"\x07" * 32)
    if bad_signature:
        note = _with_bad_signature(sign_checkpoint(checkpoint, log.key))
    else:
        note = sign_checkpoint(checkpoint, generate_key(ORIGIN))
    row = {
        "log_id": 1,
        "size": size,
        "root": checkpoint.root,
        "note": note,
        "signed_at": datetime.now(UTC),
    }
    with log.engine.begin() as connection:
        log_id = connection.execute(sqlalchemy.select(TABLES.log.c.log_id)).scalar_one()
        connection.execute(TABLES.checkpoint.insert(), {**row, "log_id": log_id})


class DiskFullError(Exception):
    """What a scenario raises in the place of a database that fails."""


def seal_without_table(log: SignedLog) -> None:
    with patch.object(Sealer, "_insert", side_effect=DiskFullError):
        try:
            log.sealer().seal()
        except DiskFullError:
            return
    raise AssertionError("nobody has stored the checkpoint")


def seal_watched(log: SignedLog) -> list[str]:
    """Seal, and return in which order the state is made durable and the sink is called."""
    seen: list[str] = []
    real_fsync, real_replace = os.fsync, Path.replace

    def fsync(descriptor: int) -> None:
        real_fsync(descriptor)
        is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        seen.append("fsync directory" if is_directory else "fsync file")

    def replace(path: Path, target: Path) -> Path:
        # The directory is synchronised after the temporary file was made, too.
        seen[:] = [item for item in seen if item != "fsync directory"]
        seen.append("rename")
        return real_replace(path, target)

    with patch("os.fsync", fsync), patch.object(Path, "replace", replace):
        log.seal(sinks=[lambda _: seen.append("sink")])
    assert log.refusal is None, log.refusal
    return seen


def unwritable_state(log: SignedLog) -> None:
    class Unwritable(FileState):
        def store(self, note: str) -> None:
            # The state's own writing meets a directory in the place of its temporary file's name.
            self.path.with_name(f".{self.path.name}.{os.getpid()}.new").mkdir()
            super().store(note)

    log.state = Unwritable(log.directory / "state")


def taken_state(log: SignedLog) -> None:
    class Taken(FileState):
        def store(self, note: str) -> None:
            self.path.mkdir()
            super().store(note)

    directory = log.directory / "states"
    directory.mkdir()
    log.state = Taken(directory / "state")


NOBODY = 65534


def state_problem(what: str) -> str:
    """What a state says to an account that lacks a right; this one has all if it is root's."""
    # Not the scenario's own directory, which is for its owner alone.
    with tempfile.TemporaryDirectory(prefix="indelible-state-") as name:
        directory = Path(name)
        state = FileState(directory / "state")
        state.path.write_text("note", encoding="utf-8")
        state.path.chmod(0 if what == "read" else 0o644)
        directory.chmod(0o777 if what == "read" else 0o555)
        try:
            return _as_nobody(state.problem)
        finally:
            directory.chmod(0o700)


def _as_nobody(ask: Callable[[], str | None]) -> str:
    """Ask without root's rights, if this process has them."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        return str(ask())
    finally:
        os.seteuid(before)


def seal_beside(log: SignedLog, seconds: float) -> None:
    """Seal on a thread that hangs in its sink, and meanwhile with the same signer on this one."""
    inside, let_go = threading.Event(), threading.Event()

    def hang(_: object) -> None:
        inside.set()
        let_go.wait(30)

    log.only_sealer = log.sealer(sinks=[hang])
    thread = threading.Thread(target=log.only_sealer.seal)
    thread.start()
    try:
        assert inside.wait(10)
        seal_within(log, seconds)
    finally:
        let_go.set()
        thread.join()


class KeylessSigner:
    """A signer that tells nothing but name and ID, as one in front of a KMS may."""

    def __init__(self, inner: Signer) -> None:
        self.inner = inner

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def key_id(self) -> int:
        return self.inner.key_id

    def sign(self, message: bytes) -> bytes:
        return self.inner.sign(message)


class BadSigner(KeylessSigner):
    """A signer whose signatures do not verify."""

    @property
    def verifier(self) -> Any:
        return verifier_of(self.inner)

    def sign(self, message: bytes) -> bytes:
        return self.inner.sign(message + b"something else\n")


def seal_in_threads(log: SignedLog, number: int) -> list[str]:
    """Seal and record from several threads; returns all notes that were published."""
    published: list[str] = []
    problems: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(3):
                log.append(3)
                sealed = log.sealer(sinks=[lambda item: published.append(item.note)]).seal()
                assert sealed.note
        except BaseException as error:  # noqa: BLE001 - told by the thread that started this one
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems, problems
    assert len(log.leaves()) == 10 + number * 9
    return published


def one_history(notes: Iterable[str], leaves: list[bytes]) -> None:
    """Every note is over a beginning of these leaves."""
    some = list(notes)
    assert some
    for note in some:
        checkpoint = parse_checkpoint(parse_note(note)[0])
        assert checkpoint.root == root_hash(leaves[: checkpoint.size]), checkpoint


_HOLD = """
import sys, time
from indelible.sealing import FileState
with FileState(sys.argv[1]).locked(time.monotonic() + 5):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold_state(log: SignedLog) -> Callable[[], None]:
    """Let another process hold the state's lock; returns what ends it."""
    path = Path(log.directory, "state")
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"

    def end() -> None:
        process.communicate("")

    return end


def seal_within(log: SignedLog, seconds: float) -> None:
    log.sealed = log.refusal = None
    try:
        log.sealed = (log.only_sealer or log.sealer()).seal(timeout=seconds)
    except SealingError as error:
        log.refusal = error


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 40)),
        st.tuples(st.just("seal"), st.just(0)),
        st.tuples(st.just("dump"), st.just(0)),
        st.tuples(st.just("restore"), st.just(0)),
    ),
    min_size=4,
    max_size=12,
)


def any_sequence(context: Any) -> None:
    """Everything that is ever signed is one history, whatever is done to the database."""

    @given(OPERATIONS)
    def prop(operations: list[tuple[str, int]]) -> None:
        log = SignedLog(context, context.new_database())
        log.state = FileState(Path(log.directory, f"state-{id(log)}"))
        dump = log.dump()
        signed: list[tuple[Checkpoint, list[bytes]]] = []
        for what, number in [*operations, ("seal", 0)]:
            if what == "append":
                log.append(number)
            elif what == "dump":
                dump = log.dump()
            elif what == "restore":
                log.load(dump)
            elif log.seal() is not None and log.sealed is not None:
                signed.append((log.sealed.checkpoint, log.leaves()))
        log.close()
        signed.sort(key=lambda item: item[0].size)
        for (first, beginning), (second, leaves) in pairwise(signed):
            assert leaves[: first.size] == beginning, (first, second)

    run_property(prop, examples=12, shrink=False)
