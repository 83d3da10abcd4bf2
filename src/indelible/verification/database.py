"""Verifying a log in its database, body by body, and naming what was done to it.

::

    read the head and the newest checkpoint  →  read the events in pieces: hash, compare with leaf
    hashes, tiles and columns  →  put the tree together  →  compare it with every checkpoint and
    with the head  →  let what was signed say which side of each difference is the true one

Memory does not grow with the log, and events that are appended meanwhile are left for next time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.orm import Session

from indelible.errors import ProofError, StorageError
from indelible.merkle import TILE_WIDTH, Checkpoint, CompletedTile, Frontier, TreeState
from indelible.storage.backends import is_memory
from indelible.storage.schema import FORMAT_VERSION, Tables
from indelible.storage.tree_reader import TreeReader
from indelible.verification.checkpoints import CheckpointJudge, by_size
from indelible.verification.pieces import Piece, PieceTask, scan
from indelible.verification.processes import ScanProcesses
from indelible.verification.reading import LogRows, snapshot
from indelible.verification.report import Progress, VerificationReport
from indelible.verification.rows import as_bytes
from indelible.verification.tree import GrowingTree, TreeAt, restore
from indelible.verification.trust import NO_TRUST, Trust
from indelible.verification.verdict import Evidence, HeadState, findings_of

__all__ = ["NothingToVerifyError", "Options", "verify_database"]

_PIECE: Final = 16_384
"""Events of one piece."""

_PIECES_EACH: Final = 4
"""Pieces that what is left makes for each of several processes: they become shorter towards the
end, so that none waits long for the last."""

_MOST_SURPLUS: Final = 100
_MOST_OUTSIDE: Final = 1_000


class NothingToVerifyError(StorageError):
    """There is no log of that name, and no checkpoint that says there was one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to verify.

    Attributes:
        trust: The keys, and where they come from.
        pins: Checkpoints that the verifier has kept elsewhere; their signatures are checked
            already.
        since: A checkpoint up to which an earlier verification came; events before it are not
            read again.
        processes: How many processes read and hash, at least 1.
        pruned_before: Events below this number may have no body.
        progress: Told from time to time how far it has come.
    """

    trust: Trust = NO_TRUST
    pins: tuple[Checkpoint, ...] = ()
    since: Checkpoint | None = None
    processes: int = 1
    pruned_before: int = 0
    progress: Callable[[Progress], None] | None = None


def verify_database(
    engine: Engine, tables: Tables, origin: str, options: Options | None = None
) -> VerificationReport:
    """Verify a log.

    Args:
        engine: The database.
        tables: The tables.
        origin: The log's name, from the verifier's own configuration.
        options: How to verify.

    Returns:
        What was found.

    Raises:
        NothingToVerifyError: There is no such log.
        ProofError: A pinned checkpoint is of another log, or two of one size are not the same.
    """
    options = options or Options()
    _check(options, origin)
    with snapshot(engine) as connection:
        report = _Verification(engine, connection, tables, origin, options).run()
        if report.findings and report.first:
            # What the earlier verification rests on may be what was changed: read everything.
            again = replace(options, since=None, pins=(*options.pins, *_some(options.since)))
            report = _Verification(engine, connection, tables, origin, again).run()
    return report


def _some(checkpoint: Checkpoint | None) -> tuple[Checkpoint, ...]:
    return () if checkpoint is None else (checkpoint,)


def _check(options: Options, origin: str) -> None:
    for pin in (*options.pins, *_some(options.since)):
        if pin.origin != origin:
            raise ProofError(
                f"the checkpoint of size {pin.size} is of the log {pin.origin!r}, and the one to "
                f"verify is {origin!r}"
            )


class _Verification:
    """One pass over a log."""

    def __init__(
        self,
        engine: Engine,
        connection: Connection,
        tables: Tables,
        origin: str,
        options: Options,
    ) -> None:
        self._engine = engine
        self._connection = connection
        self._tables = tables
        self._origin = origin
        self._options = options
        pins, cosigned = by_size((*options.pins, *_some(options.since)))
        self._judge = CheckpointJudge(origin, options.trust, pins, cosigned)
        self._head = HeadState(0, Frontier(), ())
        self._evidence = Evidence(self._head, self._judge)
        self._rows = LogRows(connection, tables, 0)

    def run(self) -> VerificationReport:
        log_id = self._read_head()
        if log_id is None:
            if not self._judge.pins:
                raise NothingToVerifyError(
                    f"the database has no log {self._origin!r}: check the name, it is the log= of "
                    "the service that writes it"
                )
            return self._report(0, 0)
        self._rows = LogRows(self._connection, self._tables, log_id)
        stop = self._stop(log_id)
        first, state = self._start(stop)
        self._read(log_id, first, stop, state)
        self._check_rest(stop)
        return self._report(first, stop)

    def _read_head(self) -> int | None:
        log = self._tables.log.c
        found = self._connection.execute(
            select(log.log_id, log.size, log.frontier, log.format_version).where(
                log.origin == self._origin
            )
        ).one_or_none()
        if found is None:
            return None
        problems = []
        frontier = None
        try:
            frontier = Frontier.from_bytes(as_bytes(found.frontier))
            if frontier.size != found.size:
                problems.append(f"its size is {found.size}, and its tree's {frontier.size}")
                frontier = None
        except ProofError as error:
            problems.append(f"its tree is unreadable: {error}")
        if found.format_version != FORMAT_VERSION:
            problems.append(
                f"its format version is {found.format_version} and not {FORMAT_VERSION}"
            )
        size = frontier.size if frontier is not None else self._highest(found.log_id)
        self._head = HeadState(size, frontier, tuple(problems))
        self._evidence = Evidence(self._head, self._judge)
        log_id: int = found.log_id
        return log_id

    def _highest(self, log_id: int) -> int:
        event = self._tables.event.c
        wanted = select(func.max(event.seq)).where(event.log_id == log_id)
        highest = self._connection.execute(wanted).scalar_one()
        return highest + 1 if isinstance(highest, int) and highest >= 0 else 0

    def _stop(self, log_id: int) -> int:
        """Return where to stop: at the head, or beyond it where a checkpoint says there is more."""
        size = self._head.size
        claimed = [pin for pin in self._judge.pins if pin > size]
        claimed += [row.size for row in self._rows.checkpoints(size + 1, None)]
        if not claimed:
            return size
        return max(size, min(max(claimed), self._highest(log_id)))

    def _start(self, stop: int) -> tuple[int, TreeState]:
        since = self._options.since
        if since is None or since.size > stop:
            return 0, TreeState.empty()
        first = since.size - since.size % TILE_WIDTH
        try:
            with Session(self._connection) as session:
                tiles = TreeReader(session, self._tables, self._origin)
                return first, restore(first // TILE_WIDTH, tiles.fetch)
        except ProofError:
            # A tile is missing, which reading everything will show.
            return 0, TreeState.empty()

    def _read(self, log_id: int, first: int, stop: int, state: TreeState) -> None:
        self._evidence.first = first
        tree = GrowingTree(state)
        progress = self._options.progress
        for piece, edges in self._pieces(log_id, first, stop):
            self._evidence.add(piece)
            trees = {}
            for item in tree.add(piece, edges):
                if isinstance(item, TreeAt):
                    trees[item.size] = item
                    self._judge.at(item)
                    if item.size == self._head.size:
                        self._evidence.at_head = item
                    if item.size == stop:
                        self._evidence.at_stop = item
                else:
                    self._compare_tile(*item)
            # With the first piece come the checkpoints of size 0; those before it were checked.
            begin = piece.first + 1 if piece.first or first else 0
            for row in self._rows.checkpoints(begin, piece.stop + 1):
                self._judge.row(row, trees.get(row.size))
            if progress is not None:
                progress(Progress(piece.stop - first, stop - first))

    def _pieces(self, log_id: int, first: int, stop: int) -> Iterator[tuple[Piece, list[int]]]:
        """Yield the pieces in order, each with the sizes at which its tree is wanted."""
        processes = 1 if is_memory_engine(self._engine) else self._options.processes
        tasks = self._tasks(first, stop, processes)
        if processes == 1:
            for task, edges in tasks:
                yield scan(self._rows, task), edges
            return
        with ScanProcesses(self._connection, self._tables, log_id, processes) as pool:
            yield from pool.run(tasks, lambda task: scan(self._rows, task))

    def _tasks(
        self, first: int, stop: int, processes: int
    ) -> Iterator[tuple[PieceTask, list[int]]]:
        begin = first
        while True:
            end = min(begin + _piece_length(stop - begin, processes), stop)
            least = begin + 1 if begin > first else begin
            wanted = set(self._rows.checkpoint_sizes(least, end + 1))
            wanted.update(size for size in self._judge.pins if least <= size <= end)
            wanted.update(size for size in (self._head.size, stop) if least <= size <= end)
            edges = sorted(wanted)
            yield (
                PieceTask(
                    begin,
                    end,
                    tuple(size for size in edges if size % TILE_WIDTH),
                    self._options.pruned_before,
                ),
                edges,
            )
            begin = end
            if begin >= stop:
                return

    def _compare_tile(self, computed: CompletedTile, stored: CompletedTile) -> None:
        """Compare a tile above level 0, which has become full, with what the database holds."""
        level, index = computed.level + 1, computed.index
        found = self._rows.tiles(level, index, index + 1).get(index)
        self._evidence.add_tile(level, computed, stored, found)

    def _check_rest(self, stop: int) -> None:
        """Look at what lies beyond the log's end."""
        for row in self._rows.checkpoints(stop + 1, None):
            self._judge.row(row, None)
        count, rows = self._rows.outside(stop, _MOST_OUTSIDE)
        self._evidence.outside_count, self._evidence.outside = count, rows
        counts = []
        level = 0
        while (full := stop >> 8 * (level + 1)) > 0:
            counts.append(full)
            level += 1
        self._evidence.surplus = self._rows.surplus_tiles(counts, _MOST_SURPLUS)

    def _report(self, first: int, stop: int) -> VerificationReport:
        judge, evidence = self._judge, self._evidence
        findings, notes = findings_of(evidence, stop)
        at_stop = evidence.at_stop
        pins = [judge.pins[size] for size in sorted(judge.pins)]
        earlier = self._options.since
        since = judge.pins[earlier.size] if earlier is not None and first else None
        kept = [pin for pin in pins if pin is not since] or pins
        return VerificationReport(
            origin=self._origin,
            size=self._head.size,
            root=at_stop.computed_root.hex() if at_stop is not None and at_stop.known else None,
            first=first,
            stop=stop,
            trust=self._options.trust.level,
            sealed=judge.sealed,
            checkpoints=judge.good,
            pinned=kept[-1] if kept else None,
            since=since,
            pruned=evidence.pruned,
            witnessed=judge.report_witnessed(),
            findings=tuple(findings),
            unlisted=evidence.unlisted + judge.unlisted,
            notes=tuple(notes),
        )


def is_memory_engine(engine: Engine) -> bool:
    """Tell whether an engine's database is seen by this process alone."""
    return engine.dialect.name == "sqlite" and is_memory(engine)


def _piece_length(left: int, processes: int) -> int:
    """Return how many events the next piece has, of so many that are left."""
    if processes == 1:
        return _PIECE
    share = left // (processes * _PIECES_EACH)
    return max(TILE_WIDTH, min(_PIECE, share - share % TILE_WIDTH))
