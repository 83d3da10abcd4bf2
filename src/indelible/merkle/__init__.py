"""Merkle trees, tiles, proofs, signed notes and checkpoints: pure code that does no I/O.

It depends on Python's standard library alone, and on ``cryptography`` where a signature is made or
checked. Formats: RFC 6962 and RFC 9162 (tree and proofs), and of C2SP: tlog-tiles, signed-note,
tlog-checkpoint and tlog-cosignature. Whatever is malformed or does not verify raises `ProofError`.
"""

from __future__ import annotations

from indelible.errors import ProofError
from indelible.merkle.checkpoint import (
    Checkpoint,
    CheckpointError,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from indelible.merkle.cosignature import (
    CosignatureSigner,
    CosignatureVerifier,
    cosignature_time,
    parse_verifier,
)
from indelible.merkle.keys import Ed25519Signer, Ed25519Verifier, NoteError, key_id
from indelible.merkle.note import (
    BadSignatureError,
    Note,
    Signature,
    Signer,
    UnknownKeyError,
    Verifier,
    add_signatures,
    parse_signatures,
)
from indelible.merkle.note import generate as generate_key
from indelible.merkle.note import open as open_note
from indelible.merkle.note import parse as parse_note
from indelible.merkle.note import sign as sign_note
from indelible.merkle.proofs import (
    consistency_proof,
    inclusion_proof,
    root_from_tiles,
    verify_consistency,
    verify_inclusion,
)
from indelible.merkle.state import CompletedTile, Growth, TreeState
from indelible.merkle.tiles import (
    TILE_WIDTH,
    TilePath,
    decode_entries,
    encode_entries,
    entries_path,
    join_tile,
    new_tiles,
    parse_path,
    partial_ranges,
    split_tile,
    tile_path,
    tile_width,
)
from indelible.merkle.tree import (
    EMPTY_ROOT,
    HASH_SIZE,
    MAX_SIZE,
    Frontier,
    leaf_hash,
    node_hash,
    root_hash,
)

__all__ = [
    "EMPTY_ROOT",
    "HASH_SIZE",
    "MAX_SIZE",
    "TILE_WIDTH",
    "BadSignatureError",
    "Checkpoint",
    "CheckpointError",
    "CompletedTile",
    "CosignatureSigner",
    "CosignatureVerifier",
    "Ed25519Signer",
    "Ed25519Verifier",
    "Frontier",
    "Growth",
    "Note",
    "NoteError",
    "ProofError",
    "Signature",
    "Signer",
    "TilePath",
    "TreeState",
    "UnknownKeyError",
    "Verifier",
    "add_signatures",
    "consistency_proof",
    "cosignature_time",
    "decode_entries",
    "encode_entries",
    "entries_path",
    "generate_key",
    "inclusion_proof",
    "join_tile",
    "key_id",
    "leaf_hash",
    "new_tiles",
    "node_hash",
    "open_checkpoint",
    "open_note",
    "parse_checkpoint",
    "parse_note",
    "parse_path",
    "parse_signatures",
    "parse_verifier",
    "partial_ranges",
    "root_from_tiles",
    "root_hash",
    "sign_checkpoint",
    "sign_note",
    "split_tile",
    "tile_path",
    "tile_width",
    "verify_consistency",
    "verify_inclusion",
]
