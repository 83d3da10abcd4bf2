"""A queue of records on the local disk: what is appended outlives the process, until it is drained.

Nothing here knows a database or the service.  A process appends to a `Spool` of its own and drains
it; `adopt` takes over those that dead processes have left in the same directory.
"""

from __future__ import annotations

from indelible.spool.adoption import adopt, check_directory
from indelible.spool.codec import decode, encode
from indelible.spool.damage import Damage
from indelible.spool.disk import Disk
from indelible.spool.errors import (
    SpoolError,
    SpoolFullError,
    SpoolLostError,
    SpoolMismatchError,
)
from indelible.spool.shelf import Chunk
from indelible.spool.status import SpooledRecord, SpoolStatus, bad_files, inspect, status
from indelible.spool.store import DEFAULT_MAX_BYTES, Spool

__all__ = [
    "DEFAULT_MAX_BYTES",
    "Chunk",
    "Damage",
    "Disk",
    "Spool",
    "SpoolError",
    "SpoolFullError",
    "SpoolLostError",
    "SpoolMismatchError",
    "SpoolStatus",
    "SpooledRecord",
    "adopt",
    "bad_files",
    "check_directory",
    "decode",
    "encode",
    "inspect",
    "status",
]
