"""What a verification found, what it rests on, and in words what it proves and what it does not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from indelible.merkle import Checkpoint
from indelible.verification.trust import TrustLevel

__all__ = ["Finding", "Kind", "Outcome", "Progress", "VerificationReport", "Witnessed"]


class Kind(StrEnum):
    """What was done to the log, as far as what is left of it tells."""

    EDITED = "edited"
    """An event says something else than it did, or its stored leaf hash does."""

    DELETED = "deleted"
    """An event is gone."""

    INSERTED = "inserted"
    """There is an event that was never appended."""

    REORDERED = "reordered"
    """An event stands under another number."""

    PROJECTION = "projection changed"
    """A column says something else than the body, which is as it was."""

    TILE = "tile changed"
    """A stored tile of the tree is missing or was changed; the events are as they were."""

    HEAD = "head changed"
    """The log's row does not agree with its events, which are as they were."""

    CHECKPOINT = "checkpoint forged"
    """A stored checkpoint is not signed well, or not what its row says."""

    ROLLED_BACK = "rolled back"
    """The log is shorter than a signed checkpoint says it was."""

    FORKED = "forked"
    """The log is in itself consistent, and not what was signed: rewritten, or another branch."""


class Outcome(StrEnum):
    """The result of a verification in one word."""

    PROVEN = "proven"
    """No finding, and a signature or a pinned checkpoint that the result rests on."""

    TAMPERED = "tampered"
    """There are findings."""

    UNPROVEN = "unproven"
    """No finding, and nothing signed that would prove anything."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        kind: What it is.
        first: Number of the first event that is wrong, or the lowest that it can be.
        last: Number of the last event concerned, or the highest that `first` can be where the
            place is not known exactly (see `exact`); None where it goes on to the end.
        exact: Whether `first` is the very event.
        count: How many events are concerned, as far as is known.
        detail: What was expected and what was found, for people.
        expected: The value that belongs there, where there is one.
        found: The value that stands there, where there is one.
    """

    kind: Kind
    first: int
    last: int | None
    detail: str
    exact: bool = True
    count: int = 1
    expected: str | None = None
    found: str | None = None

    def members(self) -> dict[str, Any]:
        """Return it as members for JSON."""
        return {
            "kind": str(self.kind),
            "first": self.first,
            "last": self.last,
            "exact": self.exact,
            "count": self.count,
            "detail": self.detail,
            "expected": self.expected,
            "found": self.found,
        }

    def __str__(self) -> str:
        where = f"event {self.first}"
        if not self.exact:
            end = "the end" if self.last is None else str(self.last)
            where = f"somewhere in events {self.first} to {end}"
        elif self.last is None:
            where = f"event {self.first} and all after it"
        elif self.last != self.first:
            where = f"events {self.first} to {self.last}"
        return f"{self.kind}: {where}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a verification has come.

    Attributes:
        done: Events that have been read.
        total: Events that are to be read.
    """

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Witnessed:
    """How far the witnesses that the verifier knows have cosigned a log.

    Attributes:
        size: How many events the largest good checkpoint covers that enough of them have cosigned;
            0 if there is none.
        cosigners: The names of those who have cosigned it.
        required: How many of them are enough.
        known: How many the verifier knows.
    """

    size: int
    cosigners: tuple[str, ...]
    required: int
    known: int

    def members(self) -> dict[str, Any]:
        """Return it as members for JSON."""
        return {
            "size": self.size,
            "cosigners": list(self.cosigners),
            "required": self.required,
            "known": self.known,
        }

    @property
    def asked(self) -> str:
        """What was asked for, in words."""
        return f"{self.required} of the {_count(self.known, 'witness', 'es')} that you named"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationReport:
    """The result of a verification.

    Attributes:
        origin: The log's name.
        size: Events in the log, as its head says.
        root: The root over the events that were found, hexadecimal; None if it cannot be computed.
        first: Number of the first event that was read; those before it rest on `since`.
        stop: Number after the last event that was read.
        trust: Where the keys come from.
        sealed: How many events the largest good checkpoint covers that the result rests on.
        checkpoints: How many checkpoints were checked and are good.
        pinned: The checkpoint that the verifier had kept, or None.
        since: The checkpoint of an earlier verification that this one goes on from, or None.
        pruned: How many events have lost their body to pruning, and kept their leaf hash.
        witnessed: How far witnesses have cosigned it, or None if none was asked for.
        findings: All findings; empty for a log that is as it was.
        unlisted: How many further findings there are that are not listed.
        notes: What could not be checked, one sentence each.
    """

    origin: str
    size: int
    root: str | None
    first: int
    stop: int
    trust: TrustLevel
    sealed: int
    checkpoints: int
    pinned: Checkpoint | None
    since: Checkpoint | None
    pruned: int
    findings: tuple[Finding, ...]
    witnessed: Witnessed | None = None
    unlisted: int = 0
    notes: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The result in one word."""
        if self.findings:
            return Outcome.TAMPERED
        # Without a key, only what the verifier had kept seals anything.
        anchored = self.sealed > 0 and (self.witnessed is None or self.witnessed.size > 0)
        return Outcome.PROVEN if anchored else Outcome.UNPROVEN

    def __bool__(self) -> bool:
        """Tell whether the log is proven to be as it was."""
        return self.outcome is Outcome.PROVEN

    @property
    def unsealed(self) -> int:
        """How many events at the end no good checkpoint covers."""
        return max(0, self.stop - self.sealed)

    def proven(self) -> list[str]:
        """Return what is proven, in sentences; empty when nothing is."""
        if self.outcome is not Outcome.PROVEN:
            return []
        by = {
            TrustLevel.PINNED: "the key that you named",
            TrustLevel.FOUND: "a key that was found beside the log",
            TrustLevel.NONE: "the checkpoint that you kept",
        }[self.trust]
        sentences = []
        sentences.append(
            f"Events 0 to {self.sealed - 1} of {self.origin!r} are complete, in order and "
            f"unchanged since {by} vouched for them."
        )
        if self.witnessed is not None:
            sentences.append(
                f"Events 0 to {self.witnessed.size - 1} are those that "
                f"{', '.join(self.witnessed.cosigners)} cosigned, and so the same that they let "
                f"anybody else be shown: {self.witnessed.asked} were asked for."
            )
        if self.pinned is not None:
            sentences.append(
                f"The log continues the checkpoint of size {self.pinned.size} that you kept: it "
                "was neither rolled back below it nor rewritten before it."
            )
        if self.since is not None:
            sentences.append(
                f"Events before {self.first} were not read again: they rest on the earlier "
                f"verification that ended at the checkpoint of size {self.since.size}."
            )
        return sentences

    def unproven(self) -> list[str]:
        """Return what is not proven, in sentences."""
        sentences = []
        if self.outcome is Outcome.TAMPERED:
            sentences.append(
                "Nothing is proven about a log with findings beyond what they say themselves."
            )
        elif self.outcome is Outcome.UNPROVEN:
            sentences.append(self._why_unproven())
        if self.trust is TrustLevel.FOUND:
            sentences.append(
                "The key was found beside the log: whoever could replace both would pass as well. "
                "Get the key from elsewhere and name it."
            )
        if self.unsealed and self.outcome is not Outcome.UNPROVEN:
            sentences.append(
                f"Events {self.sealed} to {self.stop - 1} are not sealed: no checkpoint covers "
                "them, so whoever can write to the database could have changed them."
            )
        if self.witnessed is not None and 0 < self.witnessed.size < self.sealed:
            sentences.append(
                f"Events {self.witnessed.size} to {self.sealed - 1} are sealed by the key alone, "
                f"for fewer than {self.witnessed.asked} have cosigned a checkpoint over them: the "
                "holder of the key can show somebody else another history from there on."
            )
        if self.pinned is None:
            sentences.append(
                "No pinned checkpoint was given: a log that was rolled back as a whole, or "
                "rewritten by the holder of the key, looks the same. Keep a checkpoint elsewhere "
                "and pass it."
            )
        if self.pruned:
            sentences.append(
                f"{self.pruned} events have no body any more: that they existed is proven, what "
                "they said is not."
            )
        sentences.extend(self.notes)
        return sentences

    def _why_unproven(self) -> str:
        if self.sealed and self.witnessed is not None:
            return (
                f"The log is signed, and no checkpoint of it was cosigned by {self.witnessed.asked}"
                ": the holder of the key can show somebody else another history."
            )
        why = "no key was named"
        if self.trust is not TrustLevel.NONE:
            why = "no checkpoint over any event is signed by the key"
        return (
            f"The log is consistent in itself, and that proves nothing, for {why}: whoever can "
            "write to the database can write another log that is consistent too."
        )

    def members(self) -> dict[str, Any]:
        """Return it as members for JSON."""
        return {
            "outcome": str(self.outcome),
            "origin": self.origin,
            "size": self.size,
            "root": self.root,
            "range": {"first": self.first, "stop": self.stop},
            "trust": str(self.trust),
            "sealed": self.sealed,
            "unsealed": self.unsealed,
            "checkpoints": self.checkpoints,
            "pinned": None if self.pinned is None else self.pinned.size,
            "since": None if self.since is None else self.since.size,
            "witnessed": None if self.witnessed is None else self.witnessed.members(),
            "pruned": self.pruned,
            "findings": [finding.members() for finding in self.findings],
            "unlisted": self.unlisted,
            "proven": self.proven(),
            "not_proven": self.unproven(),
        }


def _count(number: int, noun: str, plural: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}{plural}"
