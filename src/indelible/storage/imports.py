"""Keeping forks out of the imports that a first use makes.

SQLAlchemy's ORM and Alembic are loaded at the first use, on whichever thread comes first, and that
takes most of a second.  A child that is forked in the middle of it inherits modules that are half
loaded, and the first statement that needs the rest waits for it for ever.  So whatever the service
loads when it is used, it loads under the lock that is here.
"""

from __future__ import annotations

import threading
from typing import Final

__all__ = ["imports"]

SECONDS: Final = 30.0
"""How long a fork waits for imports, in seconds: they depend on no database."""


class _Imports:
    """The lock, and what a fork does with it (see `indelible.lifecycle`).

    Attributes:
        lock: Held while importing, and by a thread that forks; the last of all locks.
    """

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Begin anew in a forked child, where the owner may not exist."""
        self.lock = threading.RLock()

    def wait(self) -> None:
        """Wait until no other thread imports."""
        if self.hold():
            self.lock.release()

    def hold(self) -> bool:
        """Keep other threads from importing, and tell whether that worked in time."""
        return self.lock.acquire(timeout=SECONDS)


imports: Final = _Imports()
