"""Cosignatures: what a witness adds to a checkpoint that it found consistent.

This is the timestamped Ed25519 kind, cosignature/v1 of C2SP tlog-cosignature, signature type 0x04.
It says that, as of a moment, the checkpoint is the largest consistent one that the witness has
seen of that log.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from indelible.errors import shown
from indelible.merkle.checkpoint import parse_checkpoint
from indelible.merkle.keys import (
    ED25519,
    ED25519_COSIGNATURE,
    Ed25519Verifier,
    NoteError,
    check_key,
    ed25519_public_key,
    ed25519_sign,
    ed25519_verify,
    format_signer_key,
    format_verifier_key,
    key_id,
    parse_signer_key,
    parse_verifier_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_TIMESTAMP_BYTES: Final = 8
_MAX_TIMESTAMP: Final = 2**63 - 1
_SIGNATURE_BYTES: Final = _TIMESTAMP_BYTES + 64


def cosignature_time(signature: bytes) -> int:
    """Return when a cosignature was made.

    Args:
        signature: The signature's bytes, as in `Signature.signature`, of a verified cosignature.

    Returns:
        The time in seconds since 1970-01-01 UTC.

    Raises:
        NoteError: These are not the bytes of a timestamped Ed25519 signature.
    """
    timestamp = _timestamp(signature)
    if timestamp is None:
        raise NoteError(
            f"the signature {shown(signature)} is not a cosignature/v1: {_SIGNATURE_BYTES} bytes "
            f"that start with a time"
        )
    return timestamp


@dataclass(frozen=True, slots=True)
class CosignatureVerifier:
    """A witness's public key, which checks signatures of type 0x04.

    A witness that publishes its key as one of type 0x01 is entered by name and public key:
    ``CosignatureVerifier(key.name, key.public_key)``.

    Attributes:
        name: The witness's name.
        public_key: The 32-byte Ed25519 public key. Never count two names with the same key as two
            witnesses: the signed message does not hold the name.
    """

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        """Refuse a name or a key that cannot be one."""
        check_key(self.name, self.public_key)

    @classmethod
    def parse(cls, vkey: str) -> CosignatureVerifier:
        """Read a verifier key of type 0x04.

        Args:
            vkey: The string, ``<name>+<key ID>+<base64>``.

        Returns:
            The key.

        Raises:
            NoteError: The string is malformed, its ID does not match, or it is of another type.
        """
        name, _, public_key = parse_verifier_key(vkey, ED25519_COSIGNATURE)
        return cls(name, public_key)

    @property
    def key_id(self) -> int:
        """The key's 32-bit ID."""
        return key_id(self.name, ED25519_COSIGNATURE, self.public_key)

    @property
    def vkey(self) -> str:
        """The verifier key as a string, for publishing."""
        return format_verifier_key(self.name, ED25519_COSIGNATURE, self.public_key)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Tell whether a cosignature is one of this key over the checkpoint; never raises."""
        timestamp = _timestamp(signature)
        return timestamp is not None and ed25519_verify(
            self.public_key, _message(timestamp, message), signature[_TIMESTAMP_BYTES:]
        )


@dataclass(frozen=True, slots=True)
class CosignatureSigner:
    """A witness's private key, which makes signatures of type 0x04.

    It signs any checkpoint that it is given: that the checkpoint is consistent with the last one
    is for the witness to verify first.

    Attributes:
        name: The witness's name.
        seed: The 32-byte seed of the Ed25519 private key. It is secret; `repr` does not show it.
            Never use one key under two names, or as a log's key as well.
        clock: Returns the time in seconds since 1970-01-01 UTC; `time.time` if left out.
    """

    name: str
    seed: bytes = field(repr=False)
    clock: Callable[[], float] = field(default=time.time, compare=False)

    def __post_init__(self) -> None:
        """Refuse a name or a key that cannot be one."""
        check_key(self.name, self.seed)

    @classmethod
    def parse(cls, skey: str) -> CosignatureSigner:
        """Read a signer key of type 0x04.

        Args:
            skey: The string, ``PRIVATE+KEY+<name>+<key ID>+<base64>``.

        Returns:
            The key.

        Raises:
            NoteError: The string is malformed, its ID does not match, or it is of another type.
        """
        name, seed = parse_signer_key(skey, ED25519_COSIGNATURE)
        return cls(name, seed)

    @property
    def verifier(self) -> CosignatureVerifier:
        """The public key that belongs to this one."""
        return CosignatureVerifier(self.name, ed25519_public_key(self.seed))

    @property
    def key_id(self) -> int:
        """The key's 32-bit ID."""
        return self.verifier.key_id

    @property
    def skey(self) -> str:
        """The signer key as a string. Whoever has it can sign in this name."""
        return format_signer_key(self.name, ED25519_COSIGNATURE, self.seed)

    def sign(self, message: bytes) -> bytes:
        """Return the cosignature of a checkpoint: 8 bytes of time and 64 of Ed25519 signature.

        Args:
            message: The checkpoint's text in UTF-8, its last newline included.

        Raises:
            CheckpointError: The message is not a checkpoint.
            NoteError: The clock shows a time that cannot be written.
        """
        parse_checkpoint(message.decode(errors="surrogateescape"))
        timestamp = int(self.clock())
        if not 0 <= timestamp <= _MAX_TIMESTAMP:
            raise NoteError(f"the clock shows {timestamp}, which no cosignature can hold")
        signature = ed25519_sign(self.seed, _message(timestamp, message))
        return timestamp.to_bytes(_TIMESTAMP_BYTES, "big") + signature


def parse_verifier(vkey: str) -> Ed25519Verifier | CosignatureVerifier:
    """Read a verifier key of either supported type: of a log (0x01) or of a witness (0x04).

    Args:
        vkey: The string, ``<name>+<key ID>+<base64>``.

    Returns:
        The key, of the class that its type asks for.

    Raises:
        NoteError: The string is malformed, its ID does not match, or it is of another type.
    """
    name, signature_type, key = parse_verifier_key(vkey, ED25519, ED25519_COSIGNATURE)
    if signature_type == ED25519_COSIGNATURE:
        return CosignatureVerifier(name, key)
    return Ed25519Verifier(name, key)


def _timestamp(signature: bytes) -> int | None:
    if len(signature) != _SIGNATURE_BYTES:
        return None
    timestamp = int.from_bytes(signature[:_TIMESTAMP_BYTES], "big")
    return timestamp if timestamp <= _MAX_TIMESTAMP else None


def _message(timestamp: int, text: bytes) -> bytes:
    """Return what is signed: two lines before the checkpoint, for domain separation and time."""
    return b"cosignature/v1\ntime %d\n%s" % (timestamp, text)
