"""Checkpoints: a log's origin, size and root as the text of a signed note (C2SP tlog-checkpoint).

::

    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

Lines after the third are extensions; they are signed with the rest and otherwise not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indelible.errors import ProofError, shown
from indelible.merkle.note import Note, Signer, Verifier, sign
from indelible.merkle.note import open as open_note
from indelible.merkle.strict import decode_base64, decode_decimal, encode_base64, is_line
from indelible.merkle.tree import EMPTY_ROOT, HASH_SIZE, MAX_SIZE, check_hash, check_size

if TYPE_CHECKING:
    from collections.abc import Iterable

_FIXED_LINES: Final = 3


class CheckpointError(ProofError):
    """A text is not a checkpoint, or is one of another log."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says it holds at one moment.

    Attributes:
        origin: The log's identity, a line of text; a schema-less URL is recommended.
        size: The number of leaves, from 0 to `MAX_SIZE`.
        root: The 32-byte root of the tree over them.
        extensions: Further lines, none of them empty. Best left out.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values that no checkpoint can have."""
        if not is_line(self.origin):
            raise CheckpointError(
                f"the origin {shown(self.origin)} must be one line of text: not empty, no control "
                f"characters"
            )
        check_size(self.size)
        check_hash("root", self.root)
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise CheckpointError(
                f"a tree of size 0 has the root {EMPTY_ROOT.hex()}, not {self.root.hex()}"
            )
        for line in self.extensions:
            if not is_line(line):
                raise CheckpointError(
                    f"the extension {shown(line)} must be one line of text: not empty, no control "
                    f"characters"
                )

    def text(self) -> str:
        """Return the checkpoint as the text of a note, its last newline included."""
        lines = (self.origin, str(self.size), encode_base64(self.root), *self.extensions)
        return "\n".join(lines) + "\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a note as a checkpoint, in the one spelling that `Checkpoint.text` writes.

    Args:
        text: The note's text, its last newline included, without signatures.

    Returns:
        The checkpoint.

    Raises:
        CheckpointError: The text is not a checkpoint: too few lines, an empty line, a size that is
            not a plain decimal up to `MAX_SIZE`, or a root that is not 32 bytes of canonical
            base64.
    """
    if not text.endswith("\n"):
        raise CheckpointError(f"the checkpoint {shown(text)} does not end with a newline")
    lines = text[:-1].split("\n")
    if len(lines) < _FIXED_LINES:
        raise CheckpointError(
            f"a checkpoint has at least {_FIXED_LINES} lines, origin, size and root; got "
            f"{len(lines)}"
        )
    size = decode_decimal(lines[1])
    if size is None:
        raise CheckpointError(
            f"the checkpoint's size {shown(lines[1])} is not a decimal from 0 to {MAX_SIZE} "
            f"without sign or leading zero"
        )
    root = decode_base64(lines[2])
    if root is None or len(root) != HASH_SIZE:
        raise CheckpointError(
            f"the checkpoint's root {shown(lines[2])} is not {HASH_SIZE} bytes in standard base64"
        )
    return Checkpoint(lines[0], size, root, tuple(lines[_FIXED_LINES:]))


def sign_checkpoint(checkpoint: Checkpoint, *signers: Signer) -> str:
    """Sign a checkpoint.

    A log must never sign two checkpoints of which one is not the beginning of the other; whoever
    calls this has to know what was signed before.

    Args:
        checkpoint: The checkpoint.
        signers: The keys to sign with, at least one.

    Returns:
        The signed note.

    Raises:
        NoteError: There is no signer, or a signer's name, ID or signature cannot stand in a note.
    """
    return sign(checkpoint.text(), *signers)


def open_checkpoint(
    note: str | bytes, verifiers: Iterable[Verifier], *, origin: str | None = None
) -> tuple[Checkpoint, Note]:
    """Check a signed checkpoint.

    Args:
        note: The signed note.
        verifiers: The keys that are known, of the log and of witnesses.
        origin: The origin that the checkpoint must have; None (the default) accepts any, which is
            only right where the key signs for one log alone.

    Returns:
        The checkpoint, and the note with its verified and unverified signatures.

    Raises:
        NoteError: The note is malformed, or not signed well by a known key; see `open_note`.
        CheckpointError: The text is not a checkpoint, or has another origin.
    """
    opened = open_note(note, verifiers)
    checkpoint = parse_checkpoint(opened.text)
    if origin is not None and checkpoint.origin != origin:
        raise CheckpointError(
            f"the checkpoint is of the log {shown(checkpoint.origin)}, not of {shown(origin)}"
        )
    return checkpoint, opened
