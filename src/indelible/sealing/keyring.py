"""Which key may speak for which sizes of a log, so that a newer key cannot re-sign older history.

A keyring is configuration: it comes from whoever trusts the keys, never from the database that is
being judged.  As a text it has one line for each key, oldest first; ``#`` begins a comment::

    # verifier key                                             first  last
    billing.example.com/audit+c74f20a3+ARpc2QcUPDhMQegwxbzhKqi  0      184467
    billing.example.com/audit+1f0ab2b9+AXm2hrb9c0yPKxsYTbPVqzE  184467 -

Where one key ends the next begins: the older key signs a checkpoint over exactly that size, the
*handover*, and the newer key starts from it.  A verifier asks for the handover by the older key,
so that a tree in which history from before it was rewritten fails, although the newer key has
signed it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, Self

from indelible.errors import ConfigurationError, KeyRangeError, ProofError
from indelible.merkle import (
    MAX_SIZE,
    Checkpoint,
    CheckpointError,
    Ed25519Verifier,
    Note,
    NoteError,
    open_checkpoint,
)
from indelible.merkle.strict import decode_decimal

__all__ = ["Handover", "KeyPeriod", "KeyRangeError", "Keyring"]

_OPEN: Final = "-"
_COLUMNS: Final = 3


@dataclass(frozen=True, slots=True)
class KeyPeriod:
    """A key and the sizes that it may speak for.

    Attributes:
        verifier: The key.
        first: The smallest size, in events.
        last: The largest size; None while it is in use.
    """

    verifier: Ed25519Verifier
    first: int = 0
    last: int | None = None

    def __contains__(self, size: int) -> bool:
        """Tell whether the key may speak for a log of this size."""
        return self.first <= size and (self.last is None or size <= self.last)

    def line(self) -> str:
        """Return the key's line in a keyring, its newline included."""
        last = _OPEN if self.last is None else str(self.last)
        return f"{self.verifier.vkey} {self.first} {last}\n"


@dataclass(frozen=True, slots=True)
class Handover:
    """Where one key takes over from another.

    Attributes:
        size: The size of the log at that moment.
        older: The key whose checkpoint over exactly this size is needed.
        newer: The key that begins there.
    """

    size: int
    older: Ed25519Verifier
    newer: Ed25519Verifier


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of one log, oldest first, each with the sizes that it may speak for.

    Attributes:
        periods: The keys; each begins where the one before it ends, and only the last is open.
    """

    periods: tuple[KeyPeriod, ...]

    def __post_init__(self) -> None:
        """Refuse periods that leave gaps, overlap, or name a key twice."""
        if not self.periods:
            raise ConfigurationError("keyring", "", "it holds no key")
        seen: dict[tuple[str, int], None] = {}
        keys: set[bytes] = set()
        for period in self.periods:
            seen[period.verifier.name, period.verifier.key_id] = None
            keys.add(period.verifier.public_key)
            if period.last is not None and period.last < period.first:
                raise ConfigurationError(
                    "keyring",
                    period.line().strip(),
                    "the key's last size is below its first",
                )
        if len(seen) != len(self.periods) or len(keys) != len(self.periods):
            raise ConfigurationError("keyring", self.text(), "it holds a key twice")
        for older, newer in pairwise(self.periods):
            if older.last != newer.first:
                raise ConfigurationError(
                    "keyring",
                    newer.line().strip(),
                    f"it must begin at the size at which the key before it ends, which is "
                    f"{_OPEN if older.last is None else older.last}",
                )

    @classmethod
    def of(cls, vkey: str | Ed25519Verifier) -> Self:
        """Return the keyring of one key that may speak for every size.

        Args:
            vkey: The verifier key.

        Raises:
            ConfigurationError: It is no verifier key.
        """
        return cls((KeyPeriod(_verifier(vkey) if isinstance(vkey, str) else vkey),))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a keyring.

        Args:
            text: Its text, see the module.

        Raises:
            ConfigurationError: A line is no key with its sizes, or the periods do not fit.
        """
        periods = []
        for line in text.splitlines():
            words = line.partition("#")[0].split()
            if words:
                periods.append(_period(words, line))
        return cls(tuple(periods))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a keyring from a file.

        Args:
            path: The file.

        Raises:
            ConfigurationError: It cannot be read, or is no keyring.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise ConfigurationError("keyring", str(path), f"it cannot be read: {error}") from error
        return cls.parse(text)

    def text(self) -> str:
        """Return the keyring as `parse` reads it."""
        return "".join(period.line() for period in self.periods)

    @property
    def verifiers(self) -> tuple[Ed25519Verifier, ...]:
        """All keys, oldest first."""
        return tuple(period.verifier for period in self.periods)

    @property
    def handovers(self) -> tuple[Handover, ...]:
        """Where keys have taken over from one another, oldest first."""
        return tuple(
            Handover(newer.first, older.verifier, newer.verifier)
            for older, newer in pairwise(self.periods)
        )

    def open(self, note: str | bytes, *, origin: str) -> tuple[Checkpoint, Note]:
        """Check a signed checkpoint, and that a key has signed it that may.

        Args:
            note: The signed note.
            origin: The log that it must be of.

        Returns:
            The checkpoint, and the note with its verified and unverified signatures.

        Raises:
            KeyRangeError: Only keys have signed it that may not speak for its size.
            NoteError: It is malformed, unsigned by the keys, or a signature is wrong.
            CheckpointError: It is no checkpoint, or of another log.
        """
        checkpoint, opened = open_checkpoint(note, self.verifiers, origin=origin)
        signed_by = {(item.name, item.key_id) for item in opened.verified}
        signers = [
            period
            for period in self.periods
            if (period.verifier.name, period.verifier.key_id) in signed_by
        ]
        if not any(checkpoint.size in period for period in signers):
            names = ", ".join(period.line().strip() for period in signers)
            raise KeyRangeError(
                f"the checkpoint of size {checkpoint.size} is signed by a key that may not speak "
                f"for that size: {names}",
                checkpoint.size,
            )
        return checkpoint, opened

    def handover_checkpoints(self, notes: Iterable[str], *, origin: str) -> dict[int, Checkpoint]:
        """Find the checkpoint that each key has left to its successor.

        Args:
            notes: Signed checkpoints, from a file or from the database; others are passed over.
            origin: The log that they must be of.

        Returns:
            For each handover the older key's checkpoint, by its size.  That the newer key's
            checkpoints continue it is for the caller to verify by consistency proofs.

        Raises:
            KeyRangeError: One is missing: the newer key's history is not tied to the older one's.
            CheckpointError: A key has handed over two different trees.
        """
        needed = {handover.size: handover.older for handover in self.handovers}
        found: dict[int, Checkpoint] = {}
        for note in notes:
            for size, verifier in needed.items():
                try:
                    checkpoint, _ = open_checkpoint(note, (verifier,), origin=origin)
                except ProofError:
                    continue
                if checkpoint.size != size:
                    continue
                if found.setdefault(size, checkpoint).root != checkpoint.root:
                    raise CheckpointError(
                        f"{verifier.name}+{verifier.key_id:08x} has signed two different trees of "
                        f"size {size}"
                    )
        for size, verifier in needed.items():
            if size not in found:
                raise KeyRangeError(
                    f"there is no checkpoint of size {size} by {verifier.name}+"
                    f"{verifier.key_id:08x}, at which the next key takes over; without it nothing "
                    "ties what the next key has signed to what was there before",
                    size,
                )
        return found

    def rotated(self, newer: Ed25519Verifier, size: int) -> Self:
        """Return the keyring in which a newer key takes over.

        Args:
            newer: The newer key.
            size: The size of the handover.

        Raises:
            ConfigurationError: The newest key begins behind that size, or is the same.
        """
        *before, last = self.periods
        ended = KeyPeriod(last.verifier, last.first, size)
        return type(self)((*before, ended, KeyPeriod(newer, size)))


def _period(words: list[str], line: str) -> KeyPeriod:
    if len(words) != _COLUMNS:
        raise ConfigurationError(
            "keyring",
            line,
            "a line has a verifier key, its first size, and its last size or '-'",
        )
    vkey, first, last = words
    begins = decode_decimal(first)
    ends = None if last == _OPEN else decode_decimal(last)
    if begins is None or (ends is None and last != _OPEN):
        raise ConfigurationError(
            "keyring", line, f"sizes are whole numbers from 0 to {MAX_SIZE}, or '-' for the last"
        )
    return KeyPeriod(_verifier(vkey), begins, ends)


def _verifier(vkey: str) -> Ed25519Verifier:
    try:
        return Ed25519Verifier.parse(vkey)
    except NoteError as error:
        raise ConfigurationError("keyring", vkey, str(error)) from error
