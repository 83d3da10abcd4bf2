"""What a signer remembers outside the database: the last checkpoint that it has signed.

A database that was set back to an old dump, or copied and written to twice, is consistent in
itself.  Only somebody who remembers what it was before notices; for a signer that is this file.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import quote

from indelible.errors import ConfigurationError
from indelible.sealing.errors import SealingError
from indelible.sealing.files import PRIVATE_MODE, replace_private
from indelible.sealing.keyfiles import SIGNER_KEY_PREFIX

__all__ = ["FileState", "MemoryState", "SignerState", "as_state", "default_state_path"]

_LOCK_STEP: Final = 0.02
"""How often a lock that somebody else holds is tried again, in seconds."""

_MOST_BYTES: Final = 64 * 1024
"""Most bytes of a state file that are read; a note with 100 signatures has 20,000."""

_LONGEST_NAME: Final = 100


class SignerState(Protocol):
    """Where a signer remembers its last checkpoint."""

    durable: bool
    """Whether it outlives the process; if not, forgetting is normal and no cause for alarm."""

    def locked(self, deadline: float) -> AbstractContextManager[None]:
        """Keep other signers with this state away until the block ends.

        Args:
            deadline: When to give up waiting, as `time.monotonic` counts.

        Raises:
            SealingError: Another one has kept it for too long.
        """
        ...

    def load(self) -> str | None:
        """Return the note that was stored last, or None if there never was one."""
        ...

    def store(self, note: str) -> None:
        """Remember a note; when this returns it survives a power cut, if the state is durable."""
        ...


class FileState:
    """A state in a file, shared by all signers of one host that use it.

    The file holds the last signed note as it is.  It is replaced as a whole: written under another
    name, fsynced, renamed, and the directory fsynced.  A lock on a file beside it
    (``<file>.lock``) lets one signer at a time look at it, sign, and replace it.

    Args:
        path: The file; its directory must exist.
    """

    durable = True

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    @contextmanager
    def locked(self, deadline: float) -> Iterator[None]:
        """Keep other signers with this state away until the block ends."""
        lock = self.path.with_name(f"{self.path.name}.lock")
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_MODE)
        except OSError as error:
            raise SealingError(
                f"the signer's state {str(self.path)!r} cannot be locked ({error}). Give signer_"
                "state a file in a directory that exists and that this process may write to"
            ) from error
        try:
            self._lock(descriptor, deadline)
            try:
                yield
            finally:
                # Said outright: a child that was forked meanwhile has the same descriptor open,
                # and closing ours alone would leave the lock in its hands.
                fcntl.flock(descriptor, fcntl.LOCK_UN)
        finally:
            os.close(descriptor)

    def _lock(self, descriptor: int, deadline: float) -> None:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise SealingError(
                        f"another signer keeps the state {str(self.path)!r} locked. Wait for it, "
                        "or find out what it waits for"
                    ) from error
                time.sleep(_LOCK_STEP)
            else:
                return

    def load(self) -> str | None:
        """Return the note that was stored last, or None if there is no file."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SealingError(
                f"the signer's state {str(self.path)!r} cannot be read: {error}"
            ) from error
        # Whatever is not a note, an empty file too, is refused where it is opened.
        return data[:_MOST_BYTES].decode("utf-8", "replace")

    def store(self, note: str) -> None:
        """Remember a note, on the disk when this returns."""
        try:
            replace_private(self.path, note.encode())
        except OSError as error:
            raise SealingError(
                f"the signer's state {str(self.path)!r} cannot be written, so that nothing is "
                f"signed: {error}"
            ) from error

    def problem(self) -> str | None:
        """Tell what keeps a signer from using the file; None if nothing does."""
        directory = self.path.resolve().parent
        if not directory.is_dir():
            return f"the directory of {str(self.path)!r} does not exist. Make it"
        if not _may(directory, os.W_OK | os.X_OK):
            return f"this account may not write to the directory of {str(self.path)!r}"
        if self.path.exists() and not _may(self.path, os.R_OK):
            return f"this account may not read {str(self.path)!r}"
        return None

    def __repr__(self) -> str:
        """Show where it is."""
        return f"FileState({str(self.path)!r})"


def _may(path: Path, mode: int) -> bool:
    """Tell whether this process may do something with a file, by the account that it acts as."""
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


class MemoryState:
    """A state that ends with the process, for signers that have no disk of their own.

    It finds out that the database was set back while the process runs, and no more.
    """

    durable = False

    def __init__(self) -> None:
        self._note: str | None = None

    @contextmanager
    def locked(self, deadline: float) -> Iterator[None]:
        """Do nothing: the signer's own lock is enough for one process."""
        yield

    def load(self) -> str | None:
        """Return the note that was stored last."""
        return self._note

    def store(self, note: str) -> None:
        """Remember a note."""
        self._note = note


def default_state_path(key_file: str | Path, origin: str) -> Path:
    """Return where the state of a key is kept unless somebody says otherwise: beside the key.

    Args:
        key_file: The key's file.
        origin: The log; a key that signs several logs has a state for each.
    """
    key_file = Path(key_file)
    name = quote(origin, safe="")
    if len(name) > _LONGEST_NAME:
        name = sha256(origin.encode()).hexdigest()[:32]
    return key_file.with_name(f"{key_file.name}.{name}.state")


def as_state(state: str | Path | SignerState | None, key: object, origin: str) -> SignerState:
    """Return the state that an argument stands for.

    Args:
        state: A file's path, a `SignerState`, or None: a file beside the key's file, and for a key
            that comes from no file a `MemoryState`.
        key: The argument ``signing_key``.
        origin: The log.

    Raises:
        ConfigurationError: It is none of these.
    """
    if state is None:
        if isinstance(key, Path) or (
            isinstance(key, str) and not key.startswith(SIGNER_KEY_PREFIX)
        ):
            return FileState(default_state_path(key, origin))
        return MemoryState()
    if isinstance(state, str | Path):
        return FileState(state)
    if callable(getattr(state, "load", None)) and callable(getattr(state, "store", None)):
        return state
    raise ConfigurationError(
        "signer_state", state, "pass the path of a file, which need not exist, or a SignerState"
    )
