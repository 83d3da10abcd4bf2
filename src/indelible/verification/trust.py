"""Whose signatures count, and how much a result that rests on them is worth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from indelible.errors import ConfigurationError, KeyRangeError, ProofError
from indelible.merkle import (
    MAX_SIZE,
    Checkpoint,
    CosignatureVerifier,
    Ed25519Verifier,
    Note,
    UnknownKeyError,
    Verifier,
    open_checkpoint,
    open_note,
    parse_checkpoint,
    parse_note,
    parse_verifier,
)

__all__ = [
    "NO_TRUST",
    "KeptCheckpoint",
    "Quorum",
    "Trust",
    "TrustLevel",
    "TrustedKey",
    "UnwitnessedError",
    "quorum_of",
    "trusted_keys",
]


class UnwitnessedError(ProofError):
    """A checkpoint is signed well, and too few of the witnesses that were named have cosigned it.

    Attributes:
        cosigners: The names of those who have.
    """

    def __init__(self, message: str, cosigners: tuple[str, ...]) -> None:
        self.cosigners = cosigners
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class KeptCheckpoint(Checkpoint):
    """A checkpoint that the verifier has kept elsewhere; see `Trust.keep`.

    Attributes:
        cosigners: The names of the witnesses that have cosigned it.
    """

    cosigners: tuple[str, ...] = ()


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
class Quorum:
    """Witnesses that the verifier knows, and how many of them must have cosigned a checkpoint.

    Attributes:
        witnesses: Their keys, each once.
        required: How many of them it takes.
    """

    witnesses: tuple[CosignatureVerifier, ...]
    required: int

    def __post_init__(self) -> None:
        """Refuse a number that makes no sense, and one witness under two names."""
        if not 1 <= self.required <= len(self.witnesses):
            raise ConfigurationError(
                "witnesses_required",
                self.required,
                f"pass a number from 1 to that of the witnesses, which is {len(self.witnesses)}",
            )
        if len({witness.public_key for witness in self.witnesses}) != len(self.witnesses):
            # The signed message does not hold the name, so one key under two names is one witness.
            raise ConfigurationError(
                "witnesses",
                [witness.vkey for witness in self.witnesses],
                "two of them have the same key. Name each witness once",
            )

    def cosigners(self, note: Note) -> tuple[str, ...]:
        """Return the names of the witnesses whose cosignatures were verified when it was opened."""
        verified = {(item.name, item.key_id) for item in note.verified}
        return tuple(
            witness.name for witness in self.witnesses if (witness.name, witness.key_id) in verified
        )

    def admits(self, cosigners: Sequence[str]) -> bool:
        """Tell whether these are enough."""
        return len(cosigners) >= self.required


@dataclass(frozen=True, slots=True)
class Trust:
    """The keys of one log, and where they come from.

    Attributes:
        level: Where they come from.
        keys: The log's keys; several after a rotation.
        quorum: The witnesses that must have cosigned; None to ask for none.
    """

    level: TrustLevel
    keys: tuple[TrustedKey, ...] = ()
    quorum: Quorum | None = None

    def __post_init__(self) -> None:
        """Refuse witnesses where there is no key of the log's own."""
        if self.quorum is not None and not self.keys:
            raise ConfigurationError(
                "witnesses",
                [witness.vkey for witness in self.quorum.witnesses],
                "a cosignature counts where the log's own key has signed. Name that key as well",
            )

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
            The checkpoint, and the note with its verified signatures, those of witnesses included.

        Raises:
            ProofError: It is malformed, of another log, not signed well by a known key, cosigned
                badly by a known witness, or signed over a size for which the key is not valid.
        """
        own = [key.verifier for key in self.keys]
        witnesses = () if self.quorum is None else self.quorum.witnesses
        checkpoint, opened = open_checkpoint(note, [*own, *witnesses], origin=origin)
        signed_by = {(item.name, item.key_id) for item in opened.verified}
        signed = [key for key in self.keys if (key.verifier.name, key.verifier.key_id) in signed_by]
        if not signed:
            # Witnesses alone: they say that the log has shown it, not that it is the log's.
            raise UnknownKeyError((*opened.verified, *opened.unverified))
        if any(key.admits(checkpoint.size) for key in signed):
            return checkpoint, opened
        raise KeyRangeError(
            f"the checkpoint of size {checkpoint.size} is signed by a key that is known, but not "
            "for this size: a key may not vouch for what belongs to another one",
            checkpoint.size,
        )

    def keep(self, note: str | bytes, origin: str | None = None) -> KeptCheckpoint:
        """Take a checkpoint that the verifier has kept, as one to hold the log against.

        Its signature is checked where the verifier has named the log's key. Cosignatures count in
        any case: what a witness signs is the checkpoint.

        Args:
            note: The signed note.
            origin: The origin that it must have; None for any.

        Raises:
            ProofError: It is malformed, cosigned badly by a known witness, or, where its signature
                is checked, as `open` says.
        """
        witnesses = () if self.quorum is None else self.quorum.witnesses
        opened: Note | None = None
        if self.level is TrustLevel.PINNED:
            found, opened = self.open(note, origin)
        else:
            found = parse_checkpoint(parse_note(note)[0])
            # What says that it is the log's is that the verifier has kept it.
            with suppress(UnknownKeyError):
                opened = open_note(note, witnesses) if witnesses else None
        cosigners: tuple[str, ...] = ()
        if self.quorum is not None and opened is not None:
            cosigners = self.quorum.cosigners(opened)
        return KeptCheckpoint(found.origin, found.size, found.root, found.extensions, cosigners)


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


def quorum_of(
    witnesses: Iterable[str | CosignatureVerifier], required: int | None = None
) -> Quorum | None:
    """Return the witnesses of whatever form as a `Quorum`; None if there are none.

    Args:
        witnesses: Their keys, as strings of type 0x04, or of type 0x01 as some publish theirs, or
            as verifiers.
        required: How many of them must have cosigned; None for all.

    Raises:
        ConfigurationError: The number makes no sense, or two witnesses have one key.
        NoteError: A string is no verifier key.
    """
    known = tuple(map(_cosigner, witnesses))
    if not known and required is None:
        return None
    return Quorum(known, len(known) if required is None else required)


def _cosigner(key: str | CosignatureVerifier) -> CosignatureVerifier:
    if not isinstance(key, str):
        return key
    parsed = parse_verifier(key)
    if isinstance(parsed, CosignatureVerifier):
        return parsed
    return CosignatureVerifier(parsed.name, parsed.public_key)


def _trusted(key: str | Verifier | TrustedKey) -> TrustedKey:
    if isinstance(key, TrustedKey):
        return key
    return TrustedKey(Ed25519Verifier.parse(key) if isinstance(key, str) else key)
