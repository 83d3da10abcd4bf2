"""Temporary directories that are gone when this process is, however it ends.

A watchdog process holds the other end of a pipe and removes the directory at end of file, so that
Ctrl-C, a time limit's SIGTERM or a crash test's kill -9 leave nothing behind.
"""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

WATCHDOG = Path(__file__).with_name("watchdog.py")

LONGEST_PARENT = 60
"""A Unix socket's whole path must fit into 107 bytes, so directories with one need a short path."""


def make_directory() -> Path:
    """Make a directory with a path short enough for sockets that other accounts can look into.

    Nobody removes it: use `new_directory` unless a watchdog of your own does.
    """
    parent = Path(tempfile.gettempdir())
    if len(str(parent)) > LONGEST_PARENT:
        parent = Path("/tmp")
    directory = Path(tempfile.mkdtemp(prefix="indelible-", dir=parent))
    directory.chmod(0o711)
    return directory


class _Scratch:
    """The directory of this process, made at first use. `_lock` guards the fields."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._root: Path | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)

    def new_directory(self) -> Path:
        with self._lock:
            if self._root is None:
                self._root = make_directory()
                self._watchdog = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(WATCHDOG), str(self._root)],
                    stdin=subprocess.PIPE,
                    # Ctrl-C in a terminal is for the test run alone.
                    start_new_session=True,
                )
            # A forked child counts on its own, so that the two never make the same name.
            directory = self._root / f"{os.getpid()}-{next(self._numbers)}"
        directory.mkdir()
        return directory

    def close(self) -> None:
        # A forked child inherits this object, but the files are its parent's.
        if os.getpid() != self._owner:
            return
        with self._lock:
            root, self._root = self._root, None
            watchdog, self._watchdog = self._watchdog, None
        if watchdog is not None and root is not None:
            watchdog.communicate(b"r")
            shutil.rmtree(root, ignore_errors=True)


_scratch = _Scratch()
atexit.register(_scratch.close)


def new_directory() -> Path:
    """Make an empty directory that lives until this process ends, or until you remove it."""
    return _scratch.new_directory()
