"""Signed checkpoints: keys, what a signer remembers, who is handed a checkpoint and who cosigns.

A log keeps its tree whether it is signed or not.  Without a key the tree shows that the events,
tiles and head in the database fit together, and so finds damage, and changes by somebody who did
not know of the tree; whoever can write to the database and does know can build all of it anew.
With a key that cannot: a checkpoint that was signed before, kept anywhere outside the database,
no longer fits.  Without a witness, though, whoever has the key can show two people two histories.
"""

from __future__ import annotations

from indelible.sealing.errors import (
    SealingError,
    SigningRefusedError,
    SinkError,
    WitnessPolicyError,
)
from indelible.sealing.keeper import NO_KEY, Keeper
from indelible.sealing.keyfiles import (
    file_problems,
    generate_key_file,
    load_signer,
    read_key_file,
    verifier_of,
)
from indelible.sealing.keyring import Handover, KeyPeriod, KeyRangeError, Keyring
from indelible.sealing.sealer import OpenSession, SealedCheckpoint, Sealer
from indelible.sealing.sinks import FileSink, Sink, as_sinks, read_notes
from indelible.sealing.state import (
    FileState,
    MemoryState,
    SignerState,
    as_state,
    default_state_path,
)
from indelible.sealing.thread import DEFAULT_INTERVAL, SealerThread
from indelible.sealing.witness import Witness, WitnessPolicy, as_witnesses

__all__ = [
    "DEFAULT_INTERVAL",
    "NO_KEY",
    "FileSink",
    "FileState",
    "Handover",
    "Keeper",
    "KeyPeriod",
    "KeyRangeError",
    "Keyring",
    "MemoryState",
    "OpenSession",
    "SealedCheckpoint",
    "Sealer",
    "SealerThread",
    "SealingError",
    "SignerState",
    "SigningRefusedError",
    "Sink",
    "SinkError",
    "Witness",
    "WitnessPolicy",
    "WitnessPolicyError",
    "as_sinks",
    "as_state",
    "as_witnesses",
    "default_state_path",
    "file_problems",
    "generate_key_file",
    "load_signer",
    "read_key_file",
    "read_notes",
    "verifier_of",
]
