"""Checking the checkpoints of a log under verification against its tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from indelible.errors import ProofError
from indelible.merkle import (
    Checkpoint,
    Note,
    UnknownKeyError,
    open_note,
    parse_checkpoint,
    parse_note,
)
from indelible.verification.reading import CheckpointRow
from indelible.verification.report import Finding, Kind, Witnessed
from indelible.verification.tree import TreeAt
from indelible.verification.trust import KeptCheckpoint, Trust, TrustedKey, TrustLevel

__all__ = ["CheckpointJudge", "Disagreement", "by_size"]

_MOST_FINDINGS = 100


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A checkpoint, signed or kept, that the log's tree does not lead to.

    Attributes:
        checkpoint: What it says.
        root: The root that the bodies have at that size.
        kept: Whether the verifier had kept it, as opposed to its standing in the database.
    """

    checkpoint: Checkpoint
    root: bytes
    kept: bool


Cosigners = dict[int, tuple[str, ...]]
"""Names of witnesses by the size of what they have cosigned."""


def by_size(checkpoints: Iterable[Checkpoint]) -> tuple[dict[int, Checkpoint], Cosigners]:
    """Return the checkpoints that a verifier has kept by size, and who has cosigned each.

    Args:
        checkpoints: The checkpoints.

    Raises:
        ProofError: Two of one size have different roots.
    """
    found: dict[int, Checkpoint] = {}
    cosigners: Cosigners = {}
    for item in checkpoints:
        plain = Checkpoint(item.origin, item.size, item.root, item.extensions)
        if found.setdefault(item.size, plain).root != item.root:
            raise ProofError(
                f"two of the checkpoints that were given are of size {item.size} and have "
                "different roots. If both are signed, they prove that the log was forked"
            )
        if isinstance(item, KeptCheckpoint):
            cosigners[item.size] = (*cosigners.get(item.size, ()), *item.cosigners)
    return found, cosigners


@dataclass(slots=True)
class CheckpointJudge:
    """Takes trees and checkpoints in the order of their sizes, and remembers what it finds.

    Attributes:
        origin: The log's name.
        trust: The keys.
        pins: The checkpoints that the verifier had kept, by size.
        pins_cosigned: The names of the witnesses that have cosigned them, by size.
        good: How many checkpoints of the database agree.
        sealed: The largest size that a good checkpoint covers.
        stored: The largest size at which the stored hashes have a signed root.
        computed: The largest size at which the bodies have a signed root.
        kept: The largest size at which a pinned checkpoint agrees.
        findings: Checkpoints that are malformed or forged.
        disagreements: Checkpoints that are good in themselves and of another tree.
        beyond: Good checkpoints over more events than there are.
        handed_over: Sizes at which a key has handed over to the next one, as it must.
        unchecked: Sizes of checkpoints whose tree cannot be computed any more.
        foreign: Sizes of checkpoints by other keys than the one that was found beside the log.
        witnessed: The largest size that enough witnesses have cosigned, and their names.
        unlisted: How many further checkpoints are forged.
    """

    origin: str
    trust: Trust
    pins: dict[int, Checkpoint]
    pins_cosigned: Cosigners = field(default_factory=dict)
    good: int = 0
    sealed: int = 0
    stored: int = 0
    computed: int = 0
    kept: int = 0
    findings: list[Finding] = field(default_factory=list)
    disagreements: list[Disagreement] = field(default_factory=list)
    unchecked: list[int] = field(default_factory=list)
    beyond: list[Disagreement] = field(default_factory=list)
    handed_over: set[int] = field(default_factory=set)
    foreign: list[int] = field(default_factory=list)
    witnessed: tuple[int, tuple[str, ...]] = (0, ())
    unlisted: int = 0
    _last_cosigned: tuple[int, bytes, tuple[str, ...]] = (0, b"", ())

    def at(self, tree: TreeAt) -> None:
        """Compare a pinned checkpoint with the tree at its size, if there is one."""
        pin = self.pins.get(tree.size)
        if pin is not None:
            self.handed_over.add(tree.size)
            if self._compare(pin, tree, kept=True):
                self._witness(pin, ())

    def row(self, row: CheckpointRow, tree: TreeAt | None) -> None:
        """Check a checkpoint of the database.

        Args:
            row: Its row.
            tree: The log's tree at the row's size; None where the log has not so many events.
        """
        opened = self._opened(row)
        if opened is None:
            return
        checkpoint, note = opened
        ending = self.trust.handovers.get(checkpoint.size)
        if ending is not None and self._is_signed(row.note, ending):
            self.handed_over.add(checkpoint.size)
        if tree is None:
            self.beyond.append(Disagreement(checkpoint, b"", kept=False))
        else:
            self.checkpoint(checkpoint, note, tree)

    def checkpoint(self, checkpoint: Checkpoint, note: Note | None, tree: TreeAt) -> None:
        """Compare a checkpoint of the log's whose signatures have been checked.

        Args:
            checkpoint: What it says.
            note: Its note with the verified signatures; None without a key.
            tree: The log's tree at its size.
        """
        if not self._compare(checkpoint, tree, kept=False) or note is None:
            return
        if self.trust.quorum is not None:
            self._witness(checkpoint, self.trust.quorum.cosigners(note))

    def _witness(self, checkpoint: Checkpoint, cosigners: tuple[str, ...]) -> None:
        """Take note of who has cosigned a good checkpoint."""
        quorum = self.trust.quorum
        if quorum is None:
            return
        size, root = checkpoint.size, checkpoint.root
        known = set(cosigners)
        # One note may lack what another one over the same tree has.
        if self._last_cosigned[:2] == (size, root):
            known.update(self._last_cosigned[2])
        if size in self.pins and self.pins[size].root == root:
            known.update(self.pins_cosigned.get(size, ()))
        names = tuple(item.name for item in quorum.witnesses if item.name in known)
        self._last_cosigned = (size, root, names)
        if quorum.admits(names):
            self.witnessed = max(self.witnessed, (size, names))

    def report_witnessed(self) -> Witnessed | None:
        """Return how far witnesses have cosigned the log; None if none was asked for."""
        quorum = self.trust.quorum
        if quorum is None:
            return None
        size, cosigners = self.witnessed
        return Witnessed(size, cosigners, quorum.required, len(quorum.witnesses))

    def _opened(self, row: CheckpointRow) -> tuple[Checkpoint, Note | None] | None:
        note: Note | None = None
        try:
            if self.trust.level is TrustLevel.NONE:
                checkpoint = parse_checkpoint(parse_note(row.note)[0])
            else:
                checkpoint, note = self.trust.open(row.note, None)
        except (ProofError, AttributeError, TypeError) as error:
            if self.trust.level is TrustLevel.FOUND and isinstance(error, UnknownKeyError):
                # Nobody has said that the key that was found is the only one the log ever had.
                self.foreign.append(row.size)
            else:
                self._forged(row, str(error))
            return None
        if checkpoint.origin != self.origin:
            self._forged(
                row, f"it is a checkpoint of {checkpoint.origin!r} and not of {self.origin!r}"
            )
        elif (checkpoint.size, checkpoint.root) != (row.size, row.root):
            self._forged(
                row,
                f"its columns say size {row.size} and root {row.root.hex()}, and its note size "
                f"{checkpoint.size} and root {checkpoint.root.hex()}",
            )
        else:
            return checkpoint, note
        return None

    def _is_signed(self, note: str, key: TrustedKey) -> bool:
        try:
            open_note(note, (key.verifier,))
        except ProofError:
            return False
        return True

    def missing_handovers(self, first: int) -> list[int]:
        """Return the sizes from `first` on at which a key should have handed over and has not."""
        return sorted(
            size
            for size in self.trust.handovers
            if first < size <= self.sealed and size not in self.handed_over
        )

    def _compare(self, checkpoint: Checkpoint, tree: TreeAt, *, kept: bool) -> bool:
        """Compare a checkpoint with the tree at its size; return whether they agree."""
        size, root = checkpoint.size, checkpoint.root
        if not tree.known:
            self.unchecked.append(size)
            return False
        computed, stored = root == tree.computed_root, root == tree.stored_root
        if not (computed or stored):
            self.disagreements.append(Disagreement(checkpoint, tree.computed_root, kept))
            return False
        if not kept and self.trust.level is not TrustLevel.NONE:
            self.good += 1
        # Without a key, what stands in the database is no witness against the rest of it.
        if kept or self.trust.level is not TrustLevel.NONE:
            self.sealed = max(self.sealed, size)
            if kept:
                self.kept = max(self.kept, size)
            if computed:
                self.computed = max(self.computed, size)
            if stored:
                self.stored = max(self.stored, size)
        return True

    def _forged(self, row: CheckpointRow, problem: str) -> None:
        if len(self.findings) >= _MOST_FINDINGS:
            self.unlisted += 1
            return
        size = row.size
        self.findings.append(
            Finding(
                Kind.CHECKPOINT,
                self.sealed if self.sealed < size else max(0, size - 1),
                max(0, size - 1),
                f"checkpoint {row.number} over size {row.size}: {problem}",
                count=0,
            )
        )
