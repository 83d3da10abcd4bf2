"""Where checkpoints are handed to, so that they exist outside the database that they judge."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from indelible.errors import ConfigurationError
from indelible.merkle import NoteError, parse_note
from indelible.sealing.files import sync_directory, write_all

if TYPE_CHECKING:
    from indelible.sealing.sealer import SealedCheckpoint

__all__ = ["FileSink", "Sink", "as_sinks", "read_notes"]

Sink: TypeAlias = "Callable[[SealedCheckpoint], object]"
"""Takes a checkpoint that is signed, remembered and stored; raises if it cannot."""

_END: Final = b"\n\n"
_MODE: Final = 0o644


class FileSink:
    """A file that checkpoints are appended to, each fsynced before the call returns.

    The notes stand one after the other with an empty line behind each.  Nothing here ever writes
    anywhere but at the end; to have the system see to that too, give the file its append-only
    attribute (``chattr +a`` on Linux), which only root can take away.

    Args:
        path: The file; it is made if need be, its directory must exist.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def __call__(self, sealed: SealedCheckpoint) -> None:
        """Append a checkpoint.

        Raises:
            OSError: It cannot be written.
        """
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self.path, flags, _MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            # A note that a crash has cut short must not run into this one.
            gap = _END if size and not self._ends_well(size) else b""
            write_all(descriptor, gap + sealed.note.encode() + b"\n")
            if size == 0:
                sync_directory(self.path.parent)
        finally:
            os.close(descriptor)

    def _ends_well(self, size: int) -> bool:
        with self.path.open("rb") as file:
            file.seek(max(0, size - len(_END)))
            return file.read() == _END

    def __repr__(self) -> str:
        """Show which file it is."""
        return f"FileSink({str(self.path)!r})"


def read_notes(path: str | Path) -> list[str]:
    """Read the notes that a `FileSink` has written, oldest first.

    Args:
        path: The file.

    Returns:
        The notes, unchecked.  What is no note, such as one that a crash has cut short, is passed
        over: a file that somebody could have changed proves nothing, and the signatures in it do.

    Raises:
        OSError: The file cannot be read.
    """
    blocks = Path(path).read_text(encoding="utf-8").split("\n\n")
    notes = []
    for text, signatures in pairwise(blocks):
        note = f"{text.lstrip(chr(10))}\n\n{signatures}\n"
        try:
            parse_note(note)
        except NoteError:
            continue
        notes.append(note)
    return notes


def as_sinks(sinks: str | Path | Sink | Iterable[str | Path | Sink]) -> tuple[Sink, ...]:
    """Return the sinks that an argument stands for.

    Args:
        sinks: One sink or several: a path stands for a `FileSink`, a callable for itself.

    Raises:
        ConfigurationError: One of them is neither.
    """
    some: Iterable[Any] = [sinks] if isinstance(sinks, str | Path) or callable(sinks) else sinks
    return tuple(_as_sink(item) for item in some)


def _as_sink(item: Any) -> Sink:
    if isinstance(item, str | Path):
        return FileSink(item)
    if callable(item):
        sink: Sink = item
        return sink
    raise ConfigurationError(
        "checkpoint_sinks", item, "pass paths of files to append to, or callables"
    )
