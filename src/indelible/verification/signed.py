"""Naming what signed and kept checkpoints say against a log that is consistent in itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from indelible.verification.checkpoints import CheckpointJudge, Disagreement
from indelible.verification.report import Finding, Kind

__all__ = ["STRUCTURAL", "name_disagreements", "name_missing_handovers", "name_rollback"]

STRUCTURAL: Final = frozenset({Kind.DELETED, Kind.INSERTED, Kind.REORDERED})
"""Kinds after which events stand under other numbers."""


def name_disagreements(judge: CheckpointJudge, findings: Sequence[Finding]) -> list[Finding]:
    """Name checkpoints that the tree does not lead to, unless other findings explain it.

    Args:
        judge: The checkpoints.
        findings: What was found in the events.
    """
    explained = min(
        (finding.first for finding in findings if finding.kind in STRUCTURAL | {Kind.EDITED}),
        default=None,
    )
    found = []
    named: set[bool] = set()
    for item in sorted(judge.disagreements, key=lambda item: item.checkpoint.size):
        size = item.checkpoint.size
        if item.kept in named or (explained is not None and explained < size):
            continue
        named.add(item.kept)
        found.append(_disagreement(judge, item))
    return found


def _disagreement(judge: CheckpointJudge, item: Disagreement) -> Finding:
    size = item.checkpoint.size
    anonymous = not item.kept and judge.trust.keys == ()
    first = judge.kept if item.kept else judge.sealed
    first = first if first < size else 0
    if anonymous:
        kind, what = Kind.CHECKPOINT, f"the stored checkpoint of size {size}"
        detail = f"{what} has another root than the events, and nobody knows who signed it"
    elif item.kept:
        kind = Kind.FORKED
        detail = (
            f"the log is another one than the checkpoint of size {size} that you kept: it was "
            "rewritten, or is another branch"
        )
        if judge.sealed >= size:
            detail += ". The key has signed both, so its holder took part or has lost it"
    else:
        kind = Kind.FORKED
        detail = (
            f"the log is another one than its signed checkpoint of size {size}: it was "
            "rewritten, or is another branch, by someone without the key"
        )
    return Finding(
        kind,
        first,
        size - 1,
        detail,
        exact=False,
        count=size - first,
        expected=item.checkpoint.root.hex(),
        found=item.root.hex(),
    )


def name_missing_handovers(judge: CheckpointJudge, first: int) -> Iterator[Finding]:
    """Yield a finding for each size at which a key should have handed over and has not.

    Args:
        judge: The checkpoints.
        first: Number of the first event that was read.
    """
    for size in judge.missing_handovers(first):
        yield Finding(
            Kind.CHECKPOINT,
            0,
            size - 1,
            f"there is no checkpoint of size {size} by the key that ends there, so nothing "
            "ties what the next key has signed to the events before",
            count=size,
        )


def name_rollback(
    judge: CheckpointJudge, findings: Sequence[Finding], stop: int
) -> Iterator[Finding]:
    """Yield a finding if a checkpoint covers more than there is, unless another one explains it.

    Args:
        judge: The checkpoints.
        findings: What was found in the events.
        stop: Number after the last event that was read.
    """
    beyond = [(item.checkpoint.size, "its signed checkpoint") for item in judge.beyond]
    beyond += [(size, "the checkpoint that you kept") for size in judge.pins if size > stop]
    if not beyond or any(
        finding.kind is Kind.DELETED and finding.last == stop - 1 for finding in findings
    ):
        return
    size, what = max(beyond)
    yield Finding(
        Kind.ROLLED_BACK,
        stop,
        size - 1,
        f"the log ends after {stop} events, and {what} covers {size}",
        count=size - stop,
        expected=str(size),
        found=str(stop),
    )
