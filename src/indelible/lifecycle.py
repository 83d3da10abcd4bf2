"""What the interpreter does to open services: it forks under them, and it ends.

A service registers itself here and is only weakly referenced.
"""

from __future__ import annotations

import atexit
import os
import weakref
from typing import Final, Protocol

import uuid_utils

__all__ = ["register"]


class _Service(Protocol):
    def after_fork(self) -> None:
        """Make everything anew that a child process must not share with its parent."""

    def at_exit(self) -> None:
        """Drain and close, within a bounded time."""


_services: Final[weakref.WeakSet[_Service]] = weakref.WeakSet()


def register(service: _Service) -> None:
    """Tell a service about forks, and close it when the interpreter ends."""
    _services.add(service)


def _after_fork() -> None:
    # The generator of event ids keeps its state in memory: without this, a parent and a child
    # would make the same ids, and one event of each such pair would be taken for the other.
    uuid_utils.reseed_rng()
    for service in list(_services):
        service.after_fork()


def _at_exit() -> None:
    for service in list(_services):
        service.at_exit()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(_at_exit)
