"""Whose signatures count, and how much a result that rests on them is worth."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from indelible.errors import ProofError
from indelible.merkle import (
    MAX_SIZE,
    Checkpoint,
    Ed25519Verifier,
    Note,
    Verifier,
    open_checkpoint,
)

__all__ = ["NO_TRUST", "KeyRangeError", "Trust", "TrustLevel", "TrustedKey", "trusted_keys"]


class KeyRangeError(ProofError):
    """A checkpoint is signed by a known key, over a size that this key may not vouch for."""


class TrustLevel(StrEnum):
    """What a result rests on, from the strongest to nothing."""

    PINNED = "pinned key"
    """The verifier named the key himself, from a source of his own."""

    FOUND = "key found beside the log"
    """The key lay where the log lies, so whoever could change the one could change the other."""

    NONE = "none"
    """No key: nothing that is signed has been checked."""


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key and the sizes that it may vouch for.

    Attributes:
        verifier: The public key.
        first_size: The smallest size that it may sign, in events.
        last_size: The largest one; None while there is no end.
    """

    verifier: Verifier
    first_size: int = 0
    last_size: int | None = None

    def admits(self, size: int) -> bool:
        """Tell whether the key may sign a checkpoint of this size."""
        return self.first_size <= size <= (MAX_SIZE if self.last_size is None else self.last_size)


@dataclass(frozen=True, slots=True)
class Trust:
    """The keys of one log, and where they come from.

    Attributes:
        level: Where they come from.
        keys: The log's keys; several after a rotation.
    """

    level: TrustLevel
    keys: tuple[TrustedKey, ...] = ()

    @property
    def handovers(self) -> dict[int, TrustedKey]:
        """The sizes at which a newer key takes over, each with the key that ends there.

        Without a checkpoint of exactly this size by the older key, nothing ties what the newer one
        has signed to what was there before.
        """
        first = {key.first_size for key in self.keys}
        return {
            key.last_size: key
            for key in self.keys
            if key.last_size is not None and key.last_size in first
        }

    def open(self, note: str | bytes, origin: str | None) -> tuple[Checkpoint, Note]:
        """Check a signed checkpoint.

        Args:
            note: The signed note.
            origin: The origin that it must have; None for any.

        Returns:
            The checkpoint, and the note with its verified signatures.

        Raises:
            ProofError: It is malformed, of another log, not signed well by a known key, or signed
                over a size for which the key is not valid.
        """
        checkpoint, opened = open_checkpoint(
            note, [key.verifier for key in self.keys], origin=origin
        )
        signed_by = {(item.name, item.key_id) for item in opened.verified}
        for key in self.keys:
            name = (key.verifier.name, key.verifier.key_id)
            if name in signed_by and key.admits(checkpoint.size):
                return checkpoint, opened
        raise KeyRangeError(
            f"the checkpoint of size {checkpoint.size} is signed by a key that is known, but not "
            "for this size: a key may not vouch for what belongs to another one"
        )


NO_TRUST = Trust(TrustLevel.NONE)
"""No key at all."""


def trusted_keys(*keys: str | Verifier | TrustedKey) -> tuple[TrustedKey, ...]:
    """Return keys of whatever form as `TrustedKey`.

    Args:
        keys: Verifier keys as strings (C2SP signed-note), as verifiers, or with their ranges.

    Raises:
        NoteError: A string is no verifier key.
    """
    return tuple(map(_trusted, keys))


def _trusted(key: str | Verifier | TrustedKey) -> TrustedKey:
    if isinstance(key, TrustedKey):
        return key
    return TrustedKey(Ed25519Verifier.parse(key) if isinstance(key, str) else key)
