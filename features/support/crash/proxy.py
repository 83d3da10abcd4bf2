"""A proxy on loopback in front of a database server, which stalls, resets and cuts on command."""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import sqlalchemy

_AT_ONCE: Final = 1 << 16
_LOOK_SECONDS: Final = 0.02
_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER with a time of nothing: closing sends a reset instead of an end."""

_COMMITS: Final = (b"Q\x00\x00\x00\x0bCOMMIT\x00", b"\x07\x00\x00\x00\x03COMMIT")
"""A COMMIT on the wire: PostgreSQL's simple query message, and MariaDB's COM_QUERY packet."""


@dataclass(eq=False)
class _Pair:
    """A client's connection, and the server's that belongs to it."""

    client: socket.socket
    server: socket.socket
    doomed: bool = False


class Proxy:
    """Passes bytes on, unless told otherwise. As a context manager it ends on exit.

    Args:
        server: The server's Unix socket.
    """

    def __init__(self, server: Path) -> None:
        self._path = str(server)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cuts = 0
        self._lock = threading.Lock()
        self._pairs: list[_Pair] = []
        self._flowing = threading.Event()
        self._flowing.set()
        self._cuts_wanted = 0
        self._stopping = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping = True
        self.resume()
        self._thread.join(10)

    def url(self, url: str) -> str:
        """Return a database's URL that leads through here."""
        parsed = sqlalchemy.make_url(url)
        direct = {"host", "unix_socket"}
        query = {name: value for name, value in parsed.query.items() if name not in direct}
        through = parsed.set(host="127.0.0.1", port=self.port, query=query)
        return through.render_as_string(hide_password=False)

    def stall(self) -> None:
        """Pass nothing on, in either direction, until `resume`; connections are still taken."""
        self._flowing.clear()

    def resume(self) -> None:
        self._flowing.set()

    def reset(self) -> None:
        """Break every connection there is, with a reset to the client."""
        with self._lock:
            for pair in self._pairs:
                pair.doomed = True

    def cut_after_commit(self, times: int) -> None:
        """Let so many of the next COMMITs reach the server, and their replies nobody."""
        self._cuts_wanted = times

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector, self._listener:
            selector.register(self._listener, selectors.EVENT_READ)
            while not self._stopping:
                self._flowing.wait(_LOOK_SECONDS)
                if not self._flowing.is_set() and not self._stopping:
                    continue
                for key, _ in selector.select(_LOOK_SECONDS):
                    if key.data is None:
                        self._accept(selector)
                    elif not key.data.doomed:
                        self._pass_on(key.data, key.fileobj)  # type: ignore[arg-type]
                for pair in [pair for pair in self._pairs if pair.doomed]:
                    self._close(selector, pair)
            for pair in list(self._pairs):
                self._close(selector, pair)

    def _accept(self, selector: selectors.BaseSelector) -> None:
        client, _ = self._listener.accept()
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(self._path)
        except OSError:
            # As a server that is down: whoever asked is refused.
            client.close()
            server.close()
            return
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = _Pair(client, server)
        with self._lock:
            self._pairs.append(pair)
        for end in (client, server):
            selector.register(end, selectors.EVENT_READ, pair)

    def _pass_on(self, pair: _Pair, source: socket.socket) -> None:
        target = pair.server if source is pair.client else pair.client
        try:
            data = source.recv(_AT_ONCE)
            if data:
                target.sendall(data)
        except OSError:
            data = b""
        if not data:
            pair.doomed = True
        elif self._cuts_wanted and source is pair.client and data.endswith(_COMMITS):
            self._cuts_wanted -= 1
            self.cuts += 1
            # The reply is what tells that the server has committed; it goes no further.
            with contextlib.suppress(OSError):
                pair.server.recv(_AT_ONCE)
            pair.doomed = True

    def _close(self, selector: selectors.BaseSelector, pair: _Pair) -> None:
        with self._lock:
            self._pairs.remove(pair)
        for end in (pair.client, pair.server):
            selector.unregister(end)
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            end.close()
