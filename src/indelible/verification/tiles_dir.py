"""A log as a directory of static files (C2SP tlog-tiles): exporting it, and verifying it.

::

    checkpoint                      the signed checkpoint
    tile/0/000, tile/0/001.p/44     tiles of hashes
    tile/entries/000                the events' bodies, 256 to a file
    vkey                            the log's verifier key, if the exporter gave one (no part of
                                    the format)

Any web server can serve it, and any reader of the format can check it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from indelible.errors import ProofError, StorageError
from indelible.merkle import (
    HASH_SIZE,
    TILE_WIDTH,
    Checkpoint,
    Note,
    consistency_proof,
    decode_entries,
    encode_entries,
    entries_path,
    leaf_hash,
    new_tiles,
    parse_checkpoint,
    parse_note,
    root_from_tiles,
    tile_path,
    tile_width,
    verify_consistency,
)
from indelible.storage.schema import Tables
from indelible.storage.tree_reader import TreeReader
from indelible.verification.checkpoints import CheckpointJudge, by_size
from indelible.verification.pieces import PieceTask, scan
from indelible.verification.prove import NotSealedError, newest_note
from indelible.verification.reading import LogRows
from indelible.verification.report import Finding, Kind, Progress, VerificationReport
from indelible.verification.rows import BODY
from indelible.verification.tree import GrowingTree, TreeAt, root_of
from indelible.verification.trust import Trust, TrustLevel, trusted_keys
from indelible.verification.verdict import Evidence, HeadState, findings_of

__all__ = ["CHECKPOINT_FILE", "KEY_FILE", "Exported", "export_tiles", "found_trust", "verify_tiles"]

CHECKPOINT_FILE: Final = "checkpoint"
"""Name of the file with the signed checkpoint."""

KEY_FILE: Final = "vkey"
"""Name of the file with the verifier keys, one to a line."""

_PIECE: Final = 16_384
_MOST_CHECKPOINT_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did.

    Attributes:
        checkpoint: The checkpoint that the directory now has.
        before: The size that it had before; 0 if it was empty.
        files: How many files were written.
    """

    checkpoint: Checkpoint
    before: int
    files: int


def export_tiles(
    connection: Connection,
    tables: Tables,
    origin: str,
    directory: Path,
    *,
    key: str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Exported:
    """Write a log to a directory, or what is new since the last time.

    The log ends at its newest signed checkpoint; what is not sealed is not exported.  Files of the
    format never change once written, except the checkpoint, which is written last.

    Args:
        connection: The database, best in one view (`reading.snapshot`).
        tables: The tables.
        origin: The log's name.
        directory: Where to; made if it is not there.
        key: The log's verifier key, to lie beside the log for readers that have none.
        progress: Told from time to time how far it has come.

    Returns:
        What was written.

    Raises:
        NotSealedError: There is no checkpoint.
        ProofError: The log is not what was signed, does not continue what the directory holds, or
            has an event that the format cannot hold.
        StorageError: An event was pruned.
    """
    with Session(connection) as session:
        note = newest_note(session, tables, origin)
        if note is None:
            raise NotSealedError(f"the log {origin!r} has no signed checkpoint to export up to")
        checkpoint = parse_checkpoint(parse_note(note)[0])
        tiles = TreeReader(session, tables, origin)
        size = checkpoint.size
        root = root_from_tiles(size, tiles.fetch)
        if root != checkpoint.root:
            raise ProofError(
                f"the log {origin!r} has the root {root.hex()} at size {size}, and its checkpoint "
                f"{checkpoint.root.hex()}: it was tampered with. Verify it"
            )
        before = _exported_size(directory, checkpoint, tiles)
        log = tables.log.c
        log_id = session.execute(select(log.log_id).where(log.origin == origin)).scalar_one()
        rows = LogRows(connection, tables, log_id)
        directory.mkdir(parents=True, exist_ok=True)
        files = 0
        for level, index, width in new_tiles(before, size):
            data = tiles.fetch(level, index, width)
            if level == 0:
                first = index * TILE_WIDTH
                entries = _entries(rows, first, first + width)
                if b"".join(map(leaf_hash, entries)) != data:
                    raise ProofError(
                        f"events {first} to {first + width - 1} do not have the hashes that the "
                        "tree has: the log was tampered with. Verify it"
                    )
                _write(directory / entries_path(index, width), encode_entries(entries))
                files += 1
                if progress is not None:
                    progress(Progress(first + width - before, size - before))
            _write(directory / tile_path(level, index, width), data)
            files += 1
        if key is not None:
            _write(directory / KEY_FILE, f"{key}\n".encode())
        _write(directory / CHECKPOINT_FILE, note.encode())
    return Exported(checkpoint, before, files + 1)


def _exported_size(directory: Path, checkpoint: Checkpoint, tiles: TreeReader) -> int:
    """Return how many events the directory holds, after checking that the log continues them."""
    note = _read(directory / CHECKPOINT_FILE)
    if note is None:
        return 0
    old = parse_checkpoint(parse_note(note)[0])
    if old.origin != checkpoint.origin:
        raise ProofError(f"the directory holds the log {old.origin!r}, not {checkpoint.origin!r}")
    if old.size > checkpoint.size:
        raise ProofError(
            f"the directory holds {old.size} events, and the newest checkpoint of the database "
            f"covers {checkpoint.size}: the log was rolled back. Verify it"
        )
    proof = consistency_proof(old.size, checkpoint.size, tiles.fetch)
    verify_consistency(old.size, checkpoint.size, old.root, checkpoint.root, proof)
    return old.size


def _entries(rows: LogRows, first: int, stop: int) -> list[bytes]:
    entries = [row[BODY] for part in rows.events(first, stop) for row in part]
    if len(entries) != stop - first or None in entries:
        raise StorageError(
            f"of the events {first} to {stop - 1} some are pruned or gone, and an export would "
            "lack them"
        )
    return entries


def _write(path: Path, data: bytes) -> None:
    """Write a file that is either there as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def found_trust(directory: Path) -> Trust | None:
    """Return the key that lies in a directory, or None: one that the log's keeper put there.

    Raises:
        NoteError: The file is there and holds no verifier key.
    """
    data = _read(directory / KEY_FILE)
    if data is None:
        return None
    lines = data.decode("ascii", "replace").split()
    return Trust(TrustLevel.FOUND, trusted_keys(*lines)) if lines else None


class _FileRows:
    """A log's events and tiles, from files."""

    columns = False
    partial_tiles = True

    def __init__(self, directory: Path, size: int) -> None:
        self._directory = directory
        self._size = size

    def events(
        self, first: int, stop: int, *, tolerant: bool = False
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Yield number, body and hash of the events, a bundle at a time; files hold bytes."""
        for index in range(first // TILE_WIDTH, -(-stop // TILE_WIDTH)):
            width = min(stop - index * TILE_WIDTH, TILE_WIDTH)
            yield [
                (index * TILE_WIDTH + offset, entry, leaf_hash(entry))
                for offset, entry in enumerate(self._bundle(index, width))
            ]

    def is_bad_text(self, error: Exception) -> bool:
        """Tell that no error is one of text."""
        return False

    def tiles(self, level: int, first: int, stop: int) -> dict[int, tuple[bytes, bytes]]:
        """Return the tiles, cut to what the tree has of them."""
        found = {}
        for index in range(first, stop):
            data = self.tile(level, index)
            if data is not None:
                hashes = [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]
                root = b"" if len(data) % HASH_SIZE else root_of(hashes)
                found[index] = (data, root)
        return found

    def tile(self, level: int, index: int) -> bytes | None:
        """Return one tile; None if it is not there."""
        width = tile_width(level, index, self._size)
        data = _read(self._directory / tile_path(level, index, width))
        if data is None and width < TILE_WIDTH:
            # A log may drop a partial tile once it has the full one.
            full = _read(self._directory / tile_path(level, index))
            data = None if full is None else full[: width * HASH_SIZE]
        return data

    def _bundle(self, index: int, width: int) -> list[bytes]:
        data = _read(self._directory / entries_path(index, width))
        wanted = width
        if data is None and width < TILE_WIDTH:
            data, wanted = _read(self._directory / entries_path(index)), TILE_WIDTH
        try:
            return [] if data is None else decode_entries(data, wanted)[:width]
        except ProofError:
            # What cannot be read is not there.
            return []


def verify_tiles(
    directory: Path,
    trust: Trust,
    *,
    origin: str | None = None,
    pins: Sequence[Checkpoint] = (),
    progress: Callable[[Progress], None] | None = None,
) -> VerificationReport:
    """Verify a directory of tiles: no database, no network.

    Args:
        directory: The directory.
        trust: The log's keys, and where they come from.
        origin: The log's name; None for the one that the checkpoint has, which the keys sign.
        pins: Checkpoints that the verifier has kept elsewhere.
        progress: Told from time to time how far it has come.

    Returns:
        What was found.

    Raises:
        StorageError: The directory holds no log.
        ProofError: A pinned checkpoint is of another log.
    """
    note = _read(directory / CHECKPOINT_FILE)
    if note is None:
        raise StorageError(f"{str(directory)!r} holds no log: it has no file 'checkpoint'")
    claimed, opened, forged = _claimed(note, trust, origin)
    name = origin or claimed.origin
    for pin in pins:
        if pin.origin != name:
            raise ProofError(f"the checkpoint that was kept is of the log {pin.origin!r}")
    judge = CheckpointJudge(name, trust, *by_size(pins))
    size = claimed.size
    evidence = Evidence(HeadState(size, None, ()), judge, loose_handovers=True)
    rows = _FileRows(directory, size)
    tree = GrowingTree.empty()
    for begin in range(0, size, _PIECE):
        stop = min(begin + _PIECE, size)
        edges = sorted({item for item in (*judge.pins, size) if begin < item <= stop})
        piece = scan(rows, PieceTask(begin, stop, tuple(e for e in edges if e % TILE_WIDTH)))
        evidence.add(piece)
        for item in tree.add(piece, edges):
            if isinstance(item, TreeAt):
                judge.at(item)
                if item.size == size:
                    evidence.at_stop = item
                    if forged is None:
                        judge.checkpoint(claimed, opened, item)
            else:
                level, index = item[0].level + 1, item[0].index
                evidence.add_tile(level, *item, rows.tiles(level, index, index + 1).get(index))
        if progress is not None:
            progress(Progress(stop, size))
    evidence.upper += _partial_findings(rows, tree, size)
    evidence.upper += _tail_findings(rows, evidence, size)
    if forged is not None:
        judge.findings.append(Finding(Kind.CHECKPOINT, 0, max(0, size - 1), forged, count=0))
    findings, notes = findings_of(evidence, size)
    at_stop = evidence.at_stop
    return VerificationReport(
        origin=name,
        size=size,
        root=at_stop.computed_root.hex() if at_stop is not None and at_stop.known else None,
        first=0,
        stop=size,
        trust=trust.level,
        sealed=judge.sealed,
        checkpoints=judge.good,
        pinned=max(judge.pins.values(), key=lambda pin: pin.size, default=None),
        since=None,
        pruned=0,
        witnessed=judge.report_witnessed(),
        findings=tuple(findings),
        unlisted=evidence.unlisted,
        notes=tuple(notes),
    )


def _claimed(
    note: bytes, trust: Trust, origin: str | None
) -> tuple[Checkpoint, Note | None, str | None]:
    """Return what the directory's checkpoint says, and why it is not to be believed, if so.

    Between the two stands its note with the verified signatures, where there are any.
    """
    try:
        if len(note) > _MOST_CHECKPOINT_BYTES:
            raise ProofError("the file 'checkpoint' is far too long for one")
        claimed = parse_checkpoint(parse_note(note)[0])
    except ProofError as error:
        raise StorageError(f"the file 'checkpoint' is no checkpoint: {error}") from error
    if trust.level is TrustLevel.NONE:
        return claimed, None, None
    try:
        return claimed, trust.open(note, origin)[1], None
    except ProofError as error:
        return claimed, None, f"the file 'checkpoint': {error}"


def _tail_findings(rows: _FileRows, evidence: Evidence, size: int) -> list[Finding]:
    """Compare the last tile of level 0 where it is not full."""
    index, width = divmod(size, TILE_WIDTH)
    if not width:
        return []
    found = rows.tile(0, index)
    problem = "is gone"
    if found is not None:
        whole = len(found) == width * HASH_SIZE
        # Where it is whole and the events were not signed, it is the events that were changed.
        if found == evidence.tail or (whole and evidence.judge.computed < size):
            return []
        problem = "has other hashes than the events have"
    first = size - width
    name = f"tile {index} of level 0"
    return [Finding(Kind.TILE, first, size - 1, f"{name} {problem}", count=width)]


def _partial_findings(rows: _FileRows, tree: GrowingTree, size: int) -> list[Finding]:
    """Compare the last tile of each level above 0 where it is not full."""
    findings = []
    computed, stored = tree.partials
    for level, (ours, theirs) in enumerate(zip(computed, stored, strict=False), 1):
        if not ours:
            continue
        index = (size >> 8 * level) // TILE_WIDTH
        found = rows.tile(level, index)
        if found not in {ours, theirs}:
            first = index * TILE_WIDTH ** (level + 1)
            problem = "is gone" if found is None else "has other hashes than the tiles below it"
            findings.append(
                Finding(
                    Kind.TILE,
                    first,
                    size - 1,
                    f"tile {index} of level {level} {problem}",
                    count=size - first,
                )
            )
    return findings
