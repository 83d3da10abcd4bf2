"""Events of a spool that the database refuses for good: kept in a file, not delivered for ever."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from indelible.body import EVENT_COLUMNS, EventRow
from indelible.errors import AuditError
from indelible.spool import SpoolError

__all__ = ["REFUSED_SUFFIX", "set_aside"]

REFUSED_SUFFIX: Final = ".refused"
"""Ends the name of the file."""


def set_aside(
    directory: Path, spool_id: str, refused: Sequence[tuple[EventRow, AuditError]]
) -> None:
    """Write refused events to a file beside the spools; they are on the disk when this returns.

    An event that is delivered again, because a crash came before the spool noted it, stands there
    again.

    Args:
        directory: Where the spools are.
        spool_id: The spool that they come from, which names the file.
        refused: The events, and what the database says.

    Raises:
        SpoolError: The disk failed.
    """
    path = directory / f"{spool_id}{REFUSED_SUFFIX}"
    lines = [
        json.dumps(
            {**dict(zip(EVENT_COLUMNS, row, strict=True)), "body": row[-1].decode()}
            | {"refused": str(error)}
        )
        for row, error in refused
    ]
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))
            file.flush()
            os.fsync(descriptor)
        # The file may be new, and its name is an entry of the directory.
        entries = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(entries)
        finally:
            os.close(entries)
    except OSError as error:
        raise SpoolError(
            f"events that the database refuses cannot be set aside in {str(path)!r}: {error}"
        ) from error
