"""The errors of the spool.

::

    AuditError
    └── StorageError
        └── SpoolError              the spool could not do what was asked
            ├── SpoolFullError      it would grow beyond its bound
            ├── SpoolLostError      its files were deleted or replaced while it was open
            └── SpoolMismatchError  it holds the events of another log
"""

from __future__ import annotations

from pathlib import Path

from indelible.errors import StorageError, shown

__all__ = ["SpoolError", "SpoolFullError", "SpoolLostError", "SpoolMismatchError"]


class SpoolError(StorageError):
    """The spool could not do what was asked; of an append, nothing is acknowledged."""


class SpoolFullError(SpoolError):
    """The spool would grow beyond its bound, so nothing was written.

    Attributes:
        limit: The bound, in bytes on the disk.
        needed: What the files would have taken, in bytes.  Above `limit` even for an empty spool,
            the batch never fits.
    """

    def __init__(self, path: Path, limit: int, needed: int) -> None:
        self.limit = limit
        self.needed = needed
        super().__init__(
            f"the spool {str(path)!r} is full: it would take {needed} bytes and max_bytes is "
            f"{limit}. Find out why the database does not take its events, or raise max_bytes"
        )


class SpoolLostError(SpoolError):
    """Files of the spool were deleted or replaced while it was open.

    What is not delivered yet can still be read as far as its files are there.  Nothing can be
    appended any more.
    """


class SpoolMismatchError(SpoolError):
    """The spool holds the events of another log; it was left as it is.

    Attributes:
        path: The spool's directory.
        found: The log that it names.
        wanted: The log that was asked for.
    """

    def __init__(self, path: Path, found: str, wanted: str) -> None:
        self.path = path
        self.found = found
        self.wanted = wanted
        super().__init__(
            f"the spool {str(path)!r} holds events of the log {shown(found)}, not of "
            f"{shown(wanted)}. Give each log a directory of its own, and drain this one into its "
            "own log"
        )
