"""Where an export's bytes go: a file that is there when it is whole, or standard output."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from indelible.visible import visible

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Counted", "OutputFile", "StandardOutput"]

_NEW_MODE: Final = 0o600
"""Mode of a new file: what an audit log holds is not for everybody."""


_NOT_WHOLE: Final = "The export is not whole"


class Counted:
    """Counts the bytes that something has taken, and makes a digest of them.

    Args:
        sink: What takes them.

    Attributes:
        size: How many it has taken.
    """

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._digest = sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        """Hand bytes on."""
        self._sink.write(data)
        self._digest.update(data)
        self.size += len(data)
        return len(data)

    @property
    def sha256(self) -> str:
        """Their SHA-256 in hexadecimal digits."""
        return self._digest.hexdigest()


class OutputFile:
    """A context manager for a file that gets its name when it is whole.

    It is written beside that place under a name of its own, which is gone when the block fails.
    What is no ordinary file, such as a pipe or a device, is written to at once.

    Args:
        path: The file. One that is there is replaced and keeps its mode; a new one is its owner's
            alone.

    Attributes:
        name: What to call it.
        remains: What is there of an export that failed, as a sentence.
    """

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self.remains = "Nothing is left of the export"
        # A link stays one, and what it points to is replaced.
        self._path = Path(os.path.realpath(path))
        self._beside: Path | None = None
        self._file: BinaryIO | None = None

    def __enter__(self) -> BinaryIO:
        """Open it."""
        mode = self._mode()
        if mode is not None and not stat.S_ISREG(mode):
            self.remains = _NOT_WHOLE
            self._file = self._path.open("wb")
            return self._file
        beside = self._path.with_name(f".{self._path.name[:200]}.{secrets.token_hex(4)}.part")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(beside, flags, _NEW_MODE)
        self._beside = beside
        self._file = os.fdopen(descriptor, "wb")
        if mode is not None:
            os.fchmod(descriptor, stat.S_IMODE(mode))
        return self._file

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give it its name, or remove it."""
        file, beside = self._file, self._beside
        if file is None:
            return
        try:
            if error is None:
                file.flush()
                if beside is not None:
                    os.fsync(file.fileno())
                file.close()
                if beside is not None:
                    beside.replace(self._path)
                    _sync_directory(self._path.parent)
                    self._beside = None
        finally:
            self._give_up(file)

    def _give_up(self, file: BinaryIO) -> None:
        """Close and remove what is not whole; whatever that says, the reason is known already."""
        with contextlib.suppress(OSError):
            file.close()
        if self._beside is not None:
            self._beside.unlink(missing_ok=True)

    def _mode(self) -> int | None:
        try:
            return self._path.stat().st_mode
        except FileNotFoundError:
            return None


class StandardOutput:
    """A context manager for standard output, whatever bytes go there.

    On a terminal, characters that it would obey are written as escapes.

    Attributes:
        name: What to call it.
        remains: What is there of an export that failed, as a sentence.
    """

    name = "standard output"
    remains = _NOT_WHOLE

    def __init__(self) -> None:
        self._file = sys.stdout.buffer

    def __enter__(self) -> BinaryIO:
        """Return what takes the bytes."""
        return cast("BinaryIO", _Shown(self._file)) if sys.stdout.isatty() else self._file

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hand on what waits in the buffer, so that a full disk is met here."""
        if error is None:
            self._file.flush()


class _Shown:
    """Shows whole lines on a terminal."""

    def __init__(self, terminal: BinaryIO) -> None:
        self._terminal = terminal

    def write(self, data: bytes) -> int:
        text = data.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
        self._terminal.write("\n".join(map(visible, text.split("\n"))).encode())
        return len(data)


def _sync_directory(directory: Path) -> None:
    """Wait until the new name is on the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
