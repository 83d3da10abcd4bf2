"""Real database servers for tests, Robot suites and benchmarks.

    from features.support import servers

    url = servers.new_database("postgresql")      # an empty database, as a SQLAlchemy URL

The first call for a kind starts its server, private to this process: data, socket and log lie in a
temporary directory, nothing listens on the network. A watchdog process stops it and removes the
directory when this process ends, however it ends. Durability settings are the servers' own
defaults, so that what is measured and tested here is what a user's server does.

A server that cannot be had raises `Unavailable`, whose text says why; asking again raises the same
without trying again. `INDELIBLE_TEST_WITHOUT=mariadb,postgresql` makes them unavailable on purpose.

Tests that break a server take one of their own and restart it:

    with servers.PostgreSQL() as server:
        url = server.new_database()
        server.kill()
        server.start()
"""

from __future__ import annotations

import atexit
import os
import threading

from features.support import scratch
from features.support.private_servers import (
    TITLES,
    WITHOUT,
    MariaDB,
    PostgreSQL,
    Server,
    Unavailable,
)

__all__ = [
    "KINDS",
    "TITLES",
    "WITHOUT",
    "MariaDB",
    "PostgreSQL",
    "Server",
    "Unavailable",
    "new_database",
    "server",
    "stop_all",
]

KINDS = ("sqlite", "postgresql", "mariadb")
"""The databases that the library is tested against, in the order in which tests name them."""


class _Shared:
    """The servers of this process, each started once, at its first use.

    `_lock` guards all the fields; it is held while a server starts, so that of several threads
    that want the same one, one starts it and the others wait.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._owner = os.getpid()
        self._servers: dict[str, Server] = {}
        self._refusals: dict[str, Unavailable] = {}

    def server(self, kind: str) -> Server:
        makers: dict[str, type[Server]] = {"postgresql": PostgreSQL, "mariadb": MariaDB}
        if kind not in makers:
            raise ValueError(f"kind={kind!r} names no server: use one of {', '.join(makers)}")
        with self._lock:
            if kind in self._refusals:
                raise self._refusals[kind]
            if kind not in self._servers:
                try:
                    server = makers[kind]()
                    server.start()
                except Unavailable as error:
                    self._refusals[kind] = error
                    raise
                self._servers[kind] = server
            return self._servers[kind]

    def close(self) -> None:
        # A forked child inherits this object, but the servers are its parent's.
        if os.getpid() != self._owner:
            return
        with self._lock:
            servers = list(self._servers.values())
            self._servers.clear()
            self._refusals.clear()
        for server in servers:
            server.close()


_shared = _Shared()
atexit.register(_shared.close)


def server(kind: str) -> Server:
    """The server of a kind that this process shares, started if need be.

    Args:
        kind: 'postgresql' or 'mariadb'.

    Raises:
        Unavailable: It cannot be had on this machine.
    """
    return _shared.server(kind)


def new_database(kind: str) -> str:
    """Make a fresh, empty database.

    Args:
        kind: One of `KINDS`.

    Returns:
        Its SQLAlchemy URL. It lives until this process ends; for SQLite the file does not exist
        yet, its directory does.

    Raises:
        Unavailable: The server cannot be had on this machine.
    """
    if kind not in KINDS:
        raise ValueError(f"kind={kind!r} is no known database: use one of {', '.join(KINDS)}")
    if kind == "sqlite":
        # A directory each, since SQLite puts its journals next to the file.
        return f"sqlite:///{scratch.new_directory() / 'audit.db'}"
    return _shared.server(kind).new_database()


def stop_all() -> None:
    """Stop the shared servers and remove their databases. A later call starts them anew."""
    _shared.close()
