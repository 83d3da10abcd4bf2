"""Signed notes: a text and the signatures under it, in the format of C2SP signed-note.

::

    If you think cryptography is the answer to your problem,
    then you don't know what your problem is.

    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZ…

The text ends at the last empty line. Every line after it is a signature: an em dash, the key's
name, and in base64 the 32-bit key ID and the signature's bytes. Name and ID together say which key
signed; a line by a key that the reader does not know is ignored, a wrong signature by a key that
it does know refuses the whole note.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from indelible.errors import shown
from indelible.merkle.keys import (
    Ed25519Signer,
    Ed25519Verifier,
    NoteError,
    check_name,
    generate,
)
from indelible.merkle.strict import decode_base64, encode_base64, is_text

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "MAX_SIGNATURES",
    "BadSignatureError",
    "Ed25519Signer",
    "Ed25519Verifier",
    "Note",
    "NoteError",
    "Signature",
    "Signer",
    "UnknownKeyError",
    "Verifier",
    "add_signatures",
    "compose",
    "generate",
    "make_signature",
    "open",
    "parse",
    "parse_signatures",
    "sign",
]

# `open` keeps the name that it has wherever signed notes are implemented; it is meant to be called
# as `note.open`, and the package exports it as `open_note`. No built-in `open` is used here.

MAX_SIGNATURES: Final = 100
"""The largest number of signature lines that is read; the format asks for at least 16."""

_DASH: Final = "— "
_KEY_ID_BYTES: Final = 4
_KEY_ID_LIMIT: Final = 1 << 8 * _KEY_ID_BYTES


class BadSignatureError(NoteError):
    """A known key's signature does not match the text: one of the two was changed.

    Attributes:
        name: The key's name.
        key_id: The key's 32-bit ID.
    """

    def __init__(self, name: str, key_id: int) -> None:
        """Keep which key it is; the arguments are kept as they are so that it can be pickled."""
        super().__init__(name, key_id)
        self.name = name
        self.key_id = key_id

    def __str__(self) -> str:
        """Return the message."""
        return (
            f"the signature of {self.name}+{self.key_id:08x} does not match the note: the text or "
            f"the signature was changed after signing"
        )


class UnknownKeyError(NoteError):
    """None of the keys that signed the note is among the known ones.

    Attributes:
        signatures: The signatures that the note carries.
    """

    def __init__(self, signatures: tuple[Signature, ...]) -> None:
        """Keep who signed; the argument is kept as it is so that it can be pickled."""
        super().__init__(signatures)
        self.signatures = signatures

    def __str__(self) -> str:
        """Return the message."""
        signed_by = ", ".join(f"{item.name}+{item.key_id:08x}" for item in self.signatures)
        return (
            f"the note is signed by {shown(signed_by, 300)} and by no key that is known here: pass "
            f"the verifier key that belongs to it, if it is one to be trusted"
        )


class Signer(Protocol):
    """What can sign notes; implement it to keep the private key in a KMS or an HSM.

    `Ed25519Signer` holds the key in memory. An implementation of one's own takes name and ID from
    the public key, most easily by way of `Ed25519Verifier`, and signs the message itself, not a
    hash of it.
    """

    @property
    def name(self) -> str:
        """The key's name: not empty, no spaces, no plus sign."""
        ...

    @property
    def key_id(self) -> int:
        """The key's 32-bit ID, see `key_id`."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message.

        Args:
            message: The note's text in UTF-8, its last newline included.
        """
        ...


class Verifier(Protocol):
    """What can check the signatures of one key."""

    @property
    def name(self) -> str:
        """The key's name."""
        ...

    @property
    def key_id(self) -> int:
        """The key's 32-bit ID."""
        ...

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Tell whether a signature is one of this key over the message; never raises.

        Args:
            message: The note's text in UTF-8, its last newline included.
            signature: The signature's bytes without the key ID.
        """
        ...


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line of a note.

    Attributes:
        name: The name of the key that it claims.
        key_id: The 32-bit ID of the key that it claims.
        signature: The signature's bytes, without the key ID.
    """

    name: str
    key_id: int
    signature: bytes

    def line(self) -> str:
        """Return the line as it stands in a note, its newline included."""
        data = self.key_id.to_bytes(_KEY_ID_BYTES, "big") + self.signature
        return f"{_DASH}{self.name} {encode_base64(data)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note whose text is signed by at least one known key; made by `open`.

    Attributes:
        text: The text, its last newline included.
        verified: The signatures by known keys, all of which were checked; one for each key.
        unverified: The signatures by unknown keys, which say nothing.
    """

    text: str
    verified: tuple[Signature, ...]
    unverified: tuple[Signature, ...]


def sign(text: str, *signers: Signer) -> str:
    """Sign a text.

    Args:
        text: The text. It must end with a newline.
        signers: The keys to sign with, at least one.

    Returns:
        The signed note.

    Raises:
        NoteError: The text cannot stand in a note, there is no signer, or a signer has a name, an
            ID or an empty signature that cannot.
    """
    return compose(text, [make_signature(text, signer) for signer in signers])


def make_signature(text: str, signer: Signer) -> Signature:
    """Let one key sign a text.

    Args:
        text: The note's text. It must end with a newline.
        signer: The key.

    Returns:
        The signature, which `add_signatures` or `compose` puts under the text.

    Raises:
        NoteError: The text cannot stand in a note.
    """
    _check_text(text)
    return Signature(signer.name, signer.key_id, signer.sign(text.encode()))


def compose(text: str, signatures: Iterable[Signature]) -> str:
    """Put signatures under a text without checking them.

    Args:
        text: The text. It must end with a newline.
        signatures: From 1 to 100 signatures.

    Returns:
        The note.

    Raises:
        NoteError: The text or a signature cannot stand in a note.
    """
    _check_text(text)
    signatures = list(signatures)
    if not 1 <= len(signatures) <= MAX_SIGNATURES:
        raise NoteError(f"a note has from 1 to {MAX_SIGNATURES} signatures; got {len(signatures)}")
    for item in signatures:
        check_name(item.name)
        if not 0 <= item.key_id < _KEY_ID_LIMIT:
            raise NoteError(f"the key ID {item.key_id} of {item.name} is not a 32-bit number")
        if not item.signature:
            raise NoteError(f"the signature of {item.name} is empty")
    return text + "\n" + "".join(item.line() for item in signatures)


def parse(note: str | bytes) -> tuple[str, tuple[Signature, ...]]:
    """Take a note apart without checking any signature; trust nothing that this returns.

    Args:
        note: The signed note.

    Returns:
        The text, its last newline included, and the signatures in the order of their lines.

    Raises:
        NoteError: The note is malformed.
    """
    text, separator, lines = _decode(note).rpartition("\n\n")
    if not separator:
        raise NoteError("the note has no empty line between text and signatures")
    text += "\n"
    _check_text(text)
    return text, parse_signatures(lines)


def parse_signatures(lines: str | bytes) -> tuple[Signature, ...]:
    """Read signature lines alone, which is what a witness answers.

    Args:
        lines: From 1 to 100 signature lines, each ending with a newline.

    Returns:
        The signatures, unchecked.

    Raises:
        NoteError: A line is not a signature line.
    """
    lines = _decode(lines)
    if not lines.endswith("\n"):
        raise NoteError("the last signature line of the note is missing or has no newline")
    split = lines[:-1].split("\n")
    if len(split) > MAX_SIGNATURES:
        raise NoteError(f"the note has {len(split)} signature lines; {MAX_SIGNATURES} are read")
    return tuple(_parse_line(line) for line in split)


def open(note: str | bytes, verifiers: Iterable[Verifier]) -> Note:  # noqa: A001
    """Check a signed note and return its text.

    Args:
        note: The signed note.
        verifiers: The keys that are known. One good signature by any of them is enough; who needs
            several looks at ``verified``.

    Returns:
        The text with the verified and the unverified signatures.

    Raises:
        BadSignatureError: A signature by a known key is wrong.
        UnknownKeyError: There is no signature by a known key.
        NoteError: The note is malformed, or two different keys in ``verifiers`` have the same name
            and ID.
    """
    known: dict[tuple[str, int], Verifier] = {}
    for verifier in verifiers:
        key = verifier.name, verifier.key_id
        if known.setdefault(key, verifier) != verifier:
            raise NoteError(
                f"two different verifier keys are called {key[0]}+{key[1]:08x}: leave one out"
            )
    text, signatures = parse(note)
    message = text.encode()
    verified: dict[tuple[str, int], Signature] = {}
    unverified: dict[Signature, None] = {}
    for item in signatures:
        key = item.name, item.key_id
        if key not in known:
            unverified[item] = None
        elif known[key].verify(message, item.signature):
            verified.setdefault(key, item)
        else:
            raise BadSignatureError(*key)
    if not verified:
        raise UnknownKeyError(signatures)
    return Note(text, tuple(verified.values()), tuple(unverified))


def add_signatures(note: str | bytes, signatures: Iterable[Signature]) -> str:
    """Merge signatures, such as those of witnesses, into a note, without checking them.

    Args:
        note: A signed note.
        signatures: Signatures of the same text. One by a key that has signed already takes that
            one's place.

    Returns:
        The note with all signatures.

    Raises:
        NoteError: The note is malformed, or would have more than 100 signatures.
    """
    text, present = parse(note)
    merged = {(item.name, item.key_id): item for item in present}
    merged.update({(item.name, item.key_id): item for item in signatures})
    return compose(text, merged.values())


def _check_text(text: str) -> None:
    if not text.endswith("\n"):
        raise NoteError("the text of a note must end with a newline")
    if not is_text(text):
        raise NoteError(
            "the text of a note may have no control characters other than newlines, and no "
            "surrogates"
        )


def _decode(note: str | bytes) -> str:
    """Return a note as a string; whether it holds what a note may is for the caller to check."""
    if isinstance(note, str):
        return note
    try:
        return note.decode()
    except UnicodeDecodeError as error:
        raise NoteError(f"the note {shown(note)} is not text in UTF-8") from error


def _parse_line(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    data = decode_base64(encoded)
    if dash + " " != _DASH or data is None or len(data) <= _KEY_ID_BYTES:
        raise NoteError(f"{shown(line)} is not a signature line: an em dash, a name and base64")
    check_name(name)
    return Signature(name, int.from_bytes(data[:_KEY_ID_BYTES], "big"), data[_KEY_ID_BYTES:])
