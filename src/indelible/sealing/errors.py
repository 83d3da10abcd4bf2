"""The errors of sealing.

::

    AuditError
    └── SealingError                a checkpoint could not be made, or not be published
        ├── SigningRefusedError     the tree does not continue what the key has signed before
        ├── WitnessPolicyError      too few witnesses have cosigned, and the policy says to raise
        └── SinkError               the checkpoint is signed and stored, and a sink did not take it
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indelible.errors import AuditError

if TYPE_CHECKING:
    from indelible.sealing.sealer import SealedCheckpoint

__all__ = ["SealingError", "SigningRefusedError", "SinkError", "WitnessPolicyError"]


class SealingError(AuditError):
    """A checkpoint could not be made, or could not be published."""


class SigningRefusedError(SealingError):
    """The tree does not continue what this key has signed before, so it is not signed.

    Either the database was set back or changed, or two copies of it are being written to.  Nothing
    was signed, and nothing will be until somebody has found out which.
    """


class WitnessPolicyError(SealingError):
    """Fewer witnesses have cosigned than the policy demands, and it says to raise.

    The checkpoint is signed and remembered, and was given to no table and no sink.

    Attributes:
        note: The signed note, with the cosignatures that there are.
    """

    def __init__(self, message: str, note: str) -> None:
        self.note = note
        super().__init__(message)


class SinkError(SealingError):
    """A sink did not take a checkpoint, which is signed, remembered and in the table.

    Attributes:
        sealed: The checkpoint.
    """

    def __init__(self, message: str, sealed: SealedCheckpoint) -> None:
        self.sealed = sealed
        super().__init__(message)
