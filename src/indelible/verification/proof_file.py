"""The proof that one event is in a log, as one small file in the format of C2SP tlog-proof.

::

    c2sp.org/tlog-proof@v1
    extra eyJhY3Rpb24iOiJpbnZvaWNlLnVwZGF0ZSIs…
    index 4711
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
    …

    example.com/audit
    109482
    sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

    — example.com/audit hI2DJ…

The format does not carry the entry itself.  Its ``extra`` line is there for what it takes to
compute the entry's hash, and so it holds the event's body here.  Nothing in the file is believed:
the body is hashed, the hash must lead to the root, and the root must be signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from indelible.errors import ProofError, shown
from indelible.event import AuditEvent, Place
from indelible.merkle import (
    Checkpoint,
    Note,
    leaf_hash,
    parse_checkpoint,
    parse_note,
    verify_inclusion,
)
from indelible.merkle.strict import decode_base64, decode_decimal, encode_base64
from indelible.verification.trust import Trust, TrustLevel, UnwitnessedError

__all__ = ["HEADER", "EventProof", "VerifiedEvent", "build_proof", "parse_proof", "verify_proof"]

HEADER: Final = "c2sp.org/tlog-proof@v1"
"""The first line of every such file."""

_EXTRA: Final = "extra "
_INDEX: Final = "index "
_MAX_HASHES: Final = 63
_HASH_SIZE: Final = 32
_FIXED_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class EventProof:
    """A proof that says of itself what it proves; nothing of it has been checked.

    Attributes:
        index: The event's number in the log.
        body: The event's body, the exact bytes that are hashed.
        hashes: The inclusion proof, from the leaf's sibling upwards.
        note: The signed checkpoint.
    """

    index: int
    body: bytes
    hashes: tuple[bytes, ...]
    note: str

    def text(self) -> str:
        """Return the file's text."""
        lines = [
            HEADER,
            _EXTRA + encode_base64(self.body),
            f"{_INDEX}{self.index}",
            *map(encode_base64, self.hashes),
            "",
            self.note,
        ]
        return "\n".join(lines)

    @property
    def checkpoint(self) -> Checkpoint:
        """What the checkpoint says, unchecked.

        Raises:
            ProofError: It is no checkpoint.
        """
        return parse_checkpoint(parse_note(self.note)[0])


@dataclass(frozen=True, slots=True)
class VerifiedEvent:
    """An event that is proven to be in a log.

    Attributes:
        event: The event, with its place.
        body: Its body, the exact bytes.
        checkpoint: The checkpoint that covers it.
        note: The checkpoint's note with the signatures that were verified.
        trust: Where the key comes from that has signed it.
        cosigners: The names of the witnesses that have cosigned it, of those that were named.
    """

    event: AuditEvent
    body: bytes
    checkpoint: Checkpoint
    note: Note
    trust: TrustLevel = TrustLevel.PINNED
    cosigners: tuple[str, ...] = ()

    @property
    def index(self) -> int:
        """The event's number in the log."""
        return 0 if self.event.place is None else self.event.place.seq


def build_proof(index: int, body: bytes, hashes: Sequence[bytes], note: str) -> EventProof:
    """Put a proof together, and refuse to if it does not hold.

    Args:
        index: The event's number in the log.
        body: The event's body.
        hashes: The inclusion proof in the tree of the checkpoint.
        note: The signed checkpoint; its signatures are not checked here.

    Raises:
        ProofError: The parts do not belong together: the database holds something else than what
            was signed.
    """
    proof = EventProof(index, body, tuple(hashes), note)
    checkpoint = proof.checkpoint
    verify_inclusion(index, checkpoint.size, leaf_hash(body), proof.hashes, checkpoint.root)
    return proof


def parse_proof(text: str | bytes) -> EventProof:
    """Read a proof file; strict, and nothing is checked beyond the format.

    Args:
        text: The file's content.

    Raises:
        ProofError: It is not in the format, or has no body.
    """
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as error:
            raise ProofError("the proof is not text in UTF-8") from error
    head, separator, note = text.partition("\n\n")
    lines = head.split("\n")
    if lines[0] != HEADER:
        raise ProofError(f"the proof begins with {shown(lines[0])} instead of {HEADER!r}")
    if not separator:
        raise ProofError("the proof ends before its checkpoint")
    if len(lines) < _FIXED_LINES or not lines[1].startswith(_EXTRA):
        raise ProofError(
            "the proof has no 'extra' line with the event's body, so it does not say which event "
            "it is about"
        )
    body = decode_base64(lines[1].removeprefix(_EXTRA))
    if body is None:
        raise ProofError("the proof's 'extra' line is not standard base64")
    if not lines[2].startswith(_INDEX):
        raise ProofError(f"the proof's third line {shown(lines[2])} is not 'index' and a number")
    index = decode_decimal(lines[2].removeprefix(_INDEX))
    if index is None:
        raise ProofError(f"the proof's index {shown(lines[2])} is not a plain decimal number")
    hashes = []
    for line in lines[3:]:
        item = decode_base64(line)
        if item is None or len(item) != _HASH_SIZE:
            raise ProofError(f"the proof's line {shown(line)} is not a hash in standard base64")
        hashes.append(item)
    if len(hashes) > _MAX_HASHES:
        raise ProofError(f"the proof has {len(hashes)} hashes; no tree needs more than 63")
    return EventProof(index, body, tuple(hashes), note)


def verify_proof(
    proof: str | bytes | EventProof, trust: Trust, *, origin: str | None = None
) -> VerifiedEvent:
    """Verify a proof with nothing but keys: neither database nor network.

    Args:
        proof: The file's content, or what `parse_proof` made of it.
        trust: The log's keys, and the witnesses that must have cosigned, if any.
        origin: The log's name; None accepts whichever log the keys have signed for.

    Returns:
        The event, which is in the log under that number.

    Raises:
        UnwitnessedError: It holds, and too few witnesses have cosigned its checkpoint.
        ProofError: It is malformed, or does not hold.
    """
    parsed = proof if isinstance(proof, EventProof) else parse_proof(proof)
    checkpoint, note = trust.open(parsed.note, origin)
    leaf = leaf_hash(parsed.body)
    verify_inclusion(parsed.index, checkpoint.size, leaf, parsed.hashes, checkpoint.root)
    try:
        event = AuditEvent.from_body(
            parsed.body.decode(), Place(checkpoint.origin, parsed.index, leaf)
        )
    except ValueError as error:
        raise ProofError(
            f"the entry {parsed.index} is proven to be in the log, but it is no event that this "
            f"version can read: {error}"
        ) from error
    quorum = trust.quorum
    cosigners = () if quorum is None else quorum.cosigners(note)
    if quorum is not None and not quorum.admits(cosigners):
        raise UnwitnessedError(
            f"the entry {parsed.index} is in the log that the key has signed, and the checkpoint "
            f"of size {checkpoint.size} is cosigned by {len(cosigners)} of the "
            f"{len(quorum.witnesses)} witnesses that you named, of whom {quorum.required} must "
            "have: the holder of the key can show somebody else another history",
            cosigners,
        )
    return VerifiedEvent(event, parsed.body, checkpoint, note, trust.level, cosigners)
