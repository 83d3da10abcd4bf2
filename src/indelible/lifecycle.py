"""What the interpreter does to open services: it forks under them, and it ends.

A service registers itself here and is only weakly referenced.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING, Final, Protocol

import uuid_utils

from indelible.storage.imports import imports

if TYPE_CHECKING:
    Lock = threading.Lock | threading.RLock

__all__ = ["register"]

FORK_SECONDS: Final = 2.0
"""How long a fork waits for commits, first uses and reads of other threads, in seconds."""


class _Service(Protocol):
    def before_fork(self, deadline: float) -> list[Lock]:
        """Come to rest, and return the locks that keep it so until the fork is done."""

    def after_fork(self) -> None:
        """Make everything anew that a child process must not share with its parent."""

    def at_exit(self) -> None:
        """Drain and close, within a bounded time."""


_services: Final[weakref.WeakSet[_Service]] = weakref.WeakSet()


class _Forking(threading.local):
    """The locks that the calling thread holds while it forks."""

    def __init__(self) -> None:
        self.locks: list[Lock] = []


_forking: Final = _Forking()


def register(service: _Service) -> None:
    """Tell a service about forks, and close it when the interpreter ends."""
    _services.add(service)
    # A child that imports this module only after it was forked has run no hook of it. As long as it
    # is being prepared, `multiprocessing` does not call it a child; then the first line sees to it.
    _drain_in_worker_processes()
    process = sys.modules.get("multiprocessing.process")
    if process is not None and process.parent_process() is not None:
        _exit_hook.install()


def _before_fork() -> None:
    imports.wait()
    deadline = time.monotonic() + FORK_SECONDS
    for service in list(_services):
        _forking.locks += service.before_fork(deadline)
    if imports.hold():
        _forking.locks.append(imports.lock)


def _after_fork_in_parent() -> None:
    locks, _forking.locks = _forking.locks, []
    for lock in locks:
        lock.release()


def _after_fork_in_child() -> None:
    # Every lock is made anew, so none is released.
    _forking.locks = []
    imports.renew()
    # The generator of event ids keeps its state in memory: without this, a parent and a child
    # would make the same ids, and one event of each such pair would be taken for the other.
    uuid_utils.reseed_rng()
    for service in list(_services):
        service.after_fork()
    _drain_in_worker_processes()


def _drain_in_worker_processes() -> None:
    """Have `multiprocessing`'s children drain at their end.

    Those that it forks end by ``os._exit`` and so without `atexit`, but run its own finalizers,
    which it forgets after the fork and before `register_after_fork`'s functions.
    """
    util = sys.modules.get("multiprocessing.util")
    if util is not None and not _exit_hook.registered:
        _exit_hook.registered = True
        util.register_after_fork(_exit_hook, _ExitHook.install)


class _ExitHook:
    """Registered with `multiprocessing`, once for a process and all its descendants."""

    registered = False
    installed_in = 0
    """The process, by its id, whose end it is hooked to already."""

    def install(self) -> None:
        util = sys.modules.get("multiprocessing.util")
        if util is None or self.installed_in == os.getpid():
            return
        self.installed_in = os.getpid()
        # Below zero: after the finalizers of the application and the end of its own children.
        util.Finalize(None, _at_exit, exitpriority=-100)


_exit_hook: Final = _ExitHook()


def _at_exit() -> None:
    for service in list(_services):
        service.at_exit()


os.register_at_fork(
    before=_before_fork,
    after_in_parent=_after_fork_in_parent,
    after_in_child=_after_fork_in_child,
)
atexit.register(_at_exit)
