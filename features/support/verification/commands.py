"""A small sealed log for scenarios about commands, and what is done to files that were exported."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import text

from features.support import processes
from features.support.command_line import CommandLine, Ran
from features.support.verification.tamperings import edit_body
from features.support.verification.victim import rebuild, record, seal
from indelible import AuditService
from indelible.merkle import (
    Checkpoint,
    Ed25519Signer,
    generate_key,
    parse_checkpoint,
    parse_note,
    sign_checkpoint,
)
from indelible.sealing import FileSink, SealedCheckpoint
from indelible.storage.engines import make_engine


def seal_log(line: CommandLine, url: str, events: int, sealed: int) -> Ed25519Signer:
    """Record a log, sign a part of it, and tell the command line the names of what there is."""
    signer = generate_key("example.com/audit")
    grow(url, 0, events)
    seal_at(url, signer, sealed)
    directory = Path(line.names["TMP"])
    (directory / "vkey").write_text(f"# the log's key\n{signer.verifier.vkey}\n")
    with engine_of(url).begin() as connection:
        note = connection.execute(text("SELECT note FROM audit_checkpoint")).scalar_one()
        ids = connection.execute(text("SELECT event_id FROM audit_event ORDER BY seq")).scalars()
        known = list(ids)
    (directory / "pin").write_text(note)
    vkey = signer.verifier.vkey
    (directory / "ring-of-two").write_text(f"{vkey} 0\n")
    (directory / "ring-with-word").write_text(f"{vkey} 0 soon\n")
    (directory / "large").write_bytes(b"#" * (1024 * 1024 + 1))
    (directory / "prose").write_text("This\n\nis no\n\ncheckpoint.\n")
    (directory / "noise").write_bytes(b"\xff\xfe")
    line.names.update(
        KEY=signer.verifier.vkey,
        OTHER=generate_key("example.com/audit").verifier.vkey,
        ID=known[7],
        LAST=known[-1],
        NOBODY="00000000-0000-7000-8000-000000000000",
    )
    return signer


def grow(url: str, first: int, stop: int) -> None:
    with AuditService(url, audit_async=True) as service:
        for number in range(first, stop):
            record(service, number)


def seal_at(url: str, signer: Ed25519Signer, size: int) -> None:
    with engine_of(url).begin() as connection:
        seal(connection, signer, size)


def keep_checkpoints(url: str, signer: Ed25519Signer, path: Path, sizes: Sequence[int]) -> None:
    """Write the checkpoints over some sizes into one file, as a sink does."""
    with engine_of(url).begin() as connection:
        sink = FileSink(path)
        for size in sizes:
            note = seal(connection, signer, size)
            sink(SealedCheckpoint(parse_checkpoint(parse_note(note)[0]), note))


def rewrite(url: str, signer: Ed25519Signer, first: int, sealed: int) -> None:
    """Change an event, and make everything anew that follows from it, signatures included."""
    with engine_of(url).begin() as connection:
        edit_body(connection, first)
        rebuild(connection)
        connection.execute(text("DELETE FROM audit_checkpoint"))
        seal(connection, signer, sealed)


def run_sql(url: str, statement: str) -> None:
    with engine_of(url).begin() as connection:
        assert connection.execute(text(statement)).rowcount > 0


def run_statement(url: str, statement: str) -> None:
    with engine_of(url).begin() as connection:
        connection.execute(text(statement))


def stored_note(url: str, size: int) -> str:
    with engine_of(url).begin() as connection:
        wanted = text("SELECT note FROM audit_checkpoint WHERE size = :size")
        note: str = connection.execute(wanted, {"size": size}).scalar_one()
    return note


def checkpoint_of(signer: Ed25519Signer, log: str, size: int) -> str:
    """Sign a checkpoint of a log that does not exist."""
    return sign_checkpoint(Checkpoint(log, size, bytes(32)), signer)


def run_pipeline(line: CommandLine, pipeline: str) -> None:
    """Run a line of the shell in which `$INDELIBLE` is the program."""
    line.run_on_terminal("", pipeline=pipeline.replace("$ID ", f"{line.names['ID']} "))


def interrupt(line: CommandLine, arguments: str) -> None:
    """Run the command with a key file that never gives anything, and press Ctrl-C."""
    pipe = Path(line.names["TMP"], "pipe")
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [sys.executable, "-m", "indelible", *line.words(arguments)],
        env={**os.environ, "INDELIBLE_URL": line.names["URL"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    # Opening it for writing succeeds as soon as the command opens it, so that the signal may come
    # right before the call that waits, which then goes on: whoever waits presses Ctrl-C again.
    deadline = time.monotonic() + processes.SECONDS
    with pipe.open("w"):
        while process.poll() is None and time.monotonic() < deadline:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(3)
        out, err = process.communicate(timeout=1)
    line.last = Ran(process.returncode, out, err)


def drop_partials(directory: Path) -> None:
    """Remove what is partial, and serve the checkpoint that was kept before the log grew."""
    dropped = [path for path in (directory / "tiles").rglob("*.p") if path.name != "000.p"]
    assert dropped
    for path in dropped:
        shutil.rmtree(path)
    (directory / "tiles" / "checkpoint").write_text((directory / "pin").read_text())


def engine_of(url: str) -> Any:
    return make_engine(url, busy_timeout=5)


def spoil(path: Path, how: str) -> None:
    """Change one bit of a file, cut it, make it longer, or put a link or nothing in its place."""
    if how in {"removed", "a link to itself"}:
        path.unlink()
        if how != "removed":
            path.symlink_to(path.name)
        return
    data = bytearray(path.read_bytes())
    if how == "cut":
        path.write_bytes(bytes(data[:20]))
        return
    if how == "made far too long":
        path.write_bytes(bytes(data) + b"x" * 70_000)
        return
    # Not the length before the first entry, and in a checkpoint the root.
    # Of a text, another letter: in a checkpoint, anything else would not even be base64.
    data[30] = ord("B" if data[30] == ord("A") else "A")
    path.write_bytes(bytes(data))


def run_bundle(line: CommandLine, *arguments: str, without: str = "") -> None:
    """Run the bundle's own script as a process that knows nothing of this project."""
    bundle = Path(line.names["TMP"], "evidence.zip")
    directory = Path(line.names["TMP"], "auditor")
    directory.mkdir(exist_ok=True)
    options = ["-I"]
    if without:
        # Without site-packages there is the standard library alone.
        options.append("-S")
    process = subprocess.run(
        [sys.executable, *options, str(bundle), *line.words(" ".join(arguments))],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=processes.SECONDS,
        check=False,
    )
    assert "Traceback" not in process.stderr, process.stderr
    line.last = Ran(process.returncode, process.stdout, process.stderr)


def _change_body(files: dict[str, bytes]) -> None:
    name = next(name for name in files if name.startswith("proofs/"))
    lines = files[name].decode().split("\n")
    body = base64.b64decode(lines[1].removeprefix("extra ")).replace(b"success", b"failure")
    lines[1] = f"extra {base64.b64encode(body).decode()}"
    files[name] = "\n".join(lines).encode()


def _remove_proof(files: dict[str, bytes]) -> None:
    del files[next(name for name in files if name.startswith("proofs/"))]


def _list_twice(files: dict[str, bytes]) -> None:
    lines = files["events.jsonl"].splitlines(keepends=True)
    files["events.jsonl"] = b"".join([*lines[1:], lines[1]])


def _leave_out(files: dict[str, bytes]) -> None:
    files["events.jsonl"] = b"".join(files["events.jsonl"].splitlines(keepends=True)[1:])


def _change_root(files: dict[str, bytes]) -> None:
    root = files["checkpoint"].split(b"\n")[2]
    other = base64.b64encode(bytes(32))
    files.update({name: data.replace(root, other) for name, data in files.items()})


def _rename_log(files: dict[str, bytes]) -> None:
    manifest = json.loads(files["manifest.json"])
    files["manifest.json"] = json.dumps({**manifest, "log": "other"}).encode()


def changed_signature(note: str) -> str:
    """Change the last byte of a note's last signature."""
    head, _, encoded = note.rstrip("\n").rpartition(" ")
    data = bytearray(base64.b64decode(encoded))
    data[-1] ^= 1
    return f"{head} {base64.b64encode(data).decode()}\n"


def _change_cosignature(files: dict[str, bytes]) -> None:
    note = files["checkpoint"]
    other = changed_signature(note.decode()).encode()
    files.update({name: data.replace(note, other) for name, data in files.items()})


_SPOILERS: dict[str, Callable[[dict[str, bytes]], None]] = {
    "a body is changed": _change_body,
    "a proof is removed": _remove_proof,
    "an event is listed twice": _list_twice,
    "an event is left out of the list": _leave_out,
    "the checkpoint's root is changed": _change_root,
    "the manifest names another log": _rename_log,
    "the last cosignature is changed": _change_cosignature,
}


def spoil_bundle(bundle: Path, what: str) -> None:
    with zipfile.ZipFile(bundle) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    before = dict(files)
    _SPOILERS[what](files)
    assert files != before
    with zipfile.ZipFile(bundle, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
