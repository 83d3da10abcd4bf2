"""Ed25519 keys for signed notes, and the strings in which they are passed on (C2SP signed-note).

A verifier key is ``<name>+<key ID>+<base64>`` and may be published; a signer key is the same after
``PRIVATE+KEY+`` and must be kept secret. The base64 holds a byte for the signature type and the
32-byte public key, or the 32-byte seed of the private key (RFC 8032). The key ID is the beginning
of the SHA-256 of the name, a newline, the type and the public key, and so a mistyped string is
noticed.

``cryptography`` is imported when a key is first used and not before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from indelible.errors import ProofError, shown
from indelible.merkle.strict import decode_base64, encode_base64, is_line

ED25519: Final = 0x01
"""Signature type of an Ed25519 signature over the note's text."""

ED25519_COSIGNATURE: Final = 0x04
"""Signature type of a timestamped Ed25519 cosignature (C2SP tlog-cosignature)."""

KEY_BYTES: Final = 32
"""Length of an Ed25519 public key, and of a private key's seed, in bytes."""

_PRIVATE: Final = "PRIVATE+KEY+"
_PARTS: Final = 3  # name, key ID and base64
_KEY_ID: Final = re.compile(r"[0-9a-f]{8}")


class NoteError(ProofError):
    """A note or a key is malformed, or no signature makes the note worth reading."""


def check_name(name: str) -> None:
    """Refuse what cannot be the name of a key.

    Args:
        name: A key's name; a schema-less URL such as ``example.com/audit`` is recommended.

    Raises:
        NoteError: It is empty, or has spaces, plus signs or control characters.
    """
    if not is_line(name) or "+" in name or any(map(str.isspace, name)):
        raise NoteError(
            f"the key name {shown(name)} is empty or has a space, a plus sign or a control "
            f"character in it; use something like example.com/audit"
        )


def key_id(name: str, signature_type: int, public_key: bytes) -> int:
    """Compute the ID of a key: SHA-256(name ‖ newline ‖ type ‖ public key), the first 32 bits.

    Args:
        name: The key's name.
        signature_type: `ED25519`, `ED25519_COSIGNATURE`, or another byte that C2SP assigns.
        public_key: The public key's bytes.

    Returns:
        The ID, from 0 to 2**32 - 1.
    """
    data = name.encode() + b"\n" + bytes((signature_type,)) + public_key
    return int.from_bytes(sha256(data).digest()[:4], "big")


@dataclass(frozen=True, slots=True)
class Ed25519Verifier:
    """A public key that checks signatures of type 0x01.

    Attributes:
        name: The key's name.
        public_key: The 32-byte Ed25519 public key.
    """

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        """Refuse a name or a key that cannot be one."""
        check_key(self.name, self.public_key)

    @classmethod
    def parse(cls, vkey: str) -> Ed25519Verifier:
        """Read a verifier key.

        Args:
            vkey: The string, ``<name>+<key ID>+<base64>``.

        Returns:
            The key.

        Raises:
            NoteError: The string is malformed, its ID does not match, or it is of another type.
        """
        name, _, public_key = parse_verifier_key(vkey, ED25519)
        return cls(name, public_key)

    @property
    def key_id(self) -> int:
        """The key's 32-bit ID."""
        return key_id(self.name, ED25519, self.public_key)

    @property
    def vkey(self) -> str:
        """The verifier key as a string, for publishing."""
        return format_verifier_key(self.name, ED25519, self.public_key)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Tell whether a signature is one of this key over the message; never raises."""
        return ed25519_verify(self.public_key, message, signature)


@dataclass(frozen=True, slots=True)
class Ed25519Signer:
    """A private key in memory that makes signatures of type 0x01.

    Attributes:
        name: The key's name.
        seed: The 32-byte seed of the Ed25519 private key. It is secret; `repr` does not show it.
    """

    name: str
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a name or a key that cannot be one."""
        check_key(self.name, self.seed)

    @classmethod
    def parse(cls, skey: str) -> Ed25519Signer:
        """Read a signer key.

        Args:
            skey: The string, ``PRIVATE+KEY+<name>+<key ID>+<base64>``.

        Returns:
            The key.

        Raises:
            NoteError: The string is malformed, its ID does not match, or it is of another type. The
                message does not repeat the string.
        """
        name, seed = parse_signer_key(skey, ED25519)
        return cls(name, seed)

    @property
    def verifier(self) -> Ed25519Verifier:
        """The public key that belongs to this one."""
        return Ed25519Verifier(self.name, ed25519_public_key(self.seed))

    @property
    def key_id(self) -> int:
        """The key's 32-bit ID."""
        return self.verifier.key_id

    @property
    def skey(self) -> str:
        """The signer key as a string. Whoever has it can sign in this name."""
        return format_signer_key(self.name, ED25519, self.seed)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of a message."""
        return ed25519_sign(self.seed, message)


def generate(name: str) -> Ed25519Signer:
    """Make a new random key.

    Args:
        name: Its name: no spaces, no plus sign. A log's key should be called like its origin.

    Returns:
        The key; ``skey`` is what to keep and ``verifier.vkey`` what to publish.

    Raises:
        NoteError: The name cannot be that of a key.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519Signer(name, Ed25519PrivateKey.generate().private_bytes_raw())


def check_key(name: str, key: bytes) -> None:
    """Refuse a name that cannot be a key's, or a key that has not 32 bytes.

    Args:
        name: The key's name.
        key: The public key or the seed.

    Raises:
        NoteError: One of them cannot be.
    """
    check_name(name)
    if len(key) != KEY_BYTES:
        raise NoteError(f"the key {name} has {len(key)} bytes; an Ed25519 key has {KEY_BYTES}")


def parse_verifier_key(vkey: str, *signature_types: int) -> tuple[str, int, bytes]:
    """Read a verifier key of given types.

    Args:
        vkey: The string, ``<name>+<key ID>+<base64>``.
        signature_types: The types that are accepted.

    Returns:
        The name, the type and the 32-byte public key.

    Raises:
        NoteError: The string is malformed, its ID does not match, or it is of another type.
    """
    hint = "a verifier key looks like example.com/audit+c74f20a3+ARpc2QcU…"
    if vkey.startswith(_PRIVATE):
        raise NoteError(f"this is a private signer key and not a verifier key; {hint}")
    what = f"the verifier key {shown(vkey, 120)}"
    name, claimed, signature_type, key = _split_key(vkey, what, hint, signature_types)
    if key_id(name, signature_type, key) != claimed:
        raise NoteError(f"{what} does not match its key ID: it was mistyped or changed")
    return name, signature_type, key


def parse_signer_key(skey: str, signature_type: int) -> tuple[str, bytes]:
    """Read a signer key of a given type.

    Args:
        skey: The string, ``PRIVATE+KEY+<name>+<key ID>+<base64>``.
        signature_type: The type that is accepted.

    Returns:
        The name and the 32-byte seed.

    Raises:
        NoteError: The string is malformed, its ID does not match, or it is of another type. The
            message does not repeat the string.
    """
    what = "the signer key"
    hint = "a signer key looks like PRIVATE+KEY+example.com/audit+c74f20a3+AYEKFALV…"
    if not skey.startswith(_PRIVATE):
        raise NoteError(f"{what} is malformed; {hint}")
    rest = skey[len(_PRIVATE) :]
    name, claimed, _, seed = _split_key(rest, what, hint, (signature_type,))
    if key_id(name, signature_type, ed25519_public_key(seed)) != claimed:
        raise NoteError(f"{what} of {name} does not match its key ID: it was mistyped or changed")
    return name, seed


def _split_key(
    text: str, what: str, hint: str, signature_types: tuple[int, ...]
) -> tuple[str, int, int, bytes]:
    """Take name, claimed ID, type and key out of a key string, without checking the ID."""
    parts = text.split("+", _PARTS - 1)
    data = decode_base64(parts[-1]) if len(parts) == _PARTS else None
    if not data or _KEY_ID.fullmatch(parts[1]) is None:
        raise NoteError(f"{what} is malformed; {hint}")
    name, signature_type, key = parts[0], data[0], data[1:]
    check_name(name)
    if signature_type not in signature_types:
        raise NoteError(
            f"{what} is of signature type 0x{signature_type:02x}; supported here: "
            f"{', '.join(f'0x{item:02x}' for item in signature_types)}"
        )
    check_key(name, key)
    return name, int(parts[1], 16), signature_type, key


def format_verifier_key(name: str, signature_type: int, public_key: bytes) -> str:
    """Write a verifier key: the inverse of `parse_verifier_key`."""
    data = encode_base64(bytes((signature_type,)) + public_key)
    return f"{name}+{key_id(name, signature_type, public_key):08x}+{data}"


def format_signer_key(name: str, signature_type: int, seed: bytes) -> str:
    """Write a signer key: the inverse of `parse_signer_key`."""
    identity = key_id(name, signature_type, ed25519_public_key(seed))
    return f"{_PRIVATE}{name}+{identity:08x}+{encode_base64(bytes((signature_type,)) + seed)}"


def ed25519_public_key(seed: bytes) -> bytes:
    """Return the public key that belongs to a private key's seed (RFC 8032)."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def ed25519_sign(seed: bytes, message: bytes) -> bytes:
    """Return the 64-byte Ed25519 signature of a message (RFC 8032)."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def ed25519_verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether an Ed25519 signature is right (RFC 8032); never raises."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        # A public key that is no point of the curve raises ValueError or simply never verifies.
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
