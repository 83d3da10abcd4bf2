"""Keywords for real databases: fresh ones, and servers that a suite may break.

    *** Settings ***
    Library    Databases

    *** Test Cases ***
    Events Survive A Crash Of The Server
        ${url}=    New Database    postgresql

A test whose server cannot be had is skipped, and the end of the run says so.
"""

from __future__ import annotations

from typing import Literal

from robot.api import SkipExecution
from robot.api.deco import library
from robot.libraries.BuiltIn import BuiltIn

from features.support import servers, skips

Kind = Literal["sqlite", "postgresql", "mariadb"]
ServerKind = Literal["postgresql", "mariadb"]


@library(scope="GLOBAL", auto_keywords=True)
class Databases:
    """Fresh databases, and servers of one's own."""

    def __init__(self) -> None:
        self._own: dict[str, servers.Server] = {}

    def new_database(self, kind: Kind) -> str:
        """Make an empty database and return its SQLAlchemy URL. It lives until the run ends."""
        try:
            return servers.new_database(kind)
        except servers.Unavailable as unavailable:
            raise self._skip(unavailable) from unavailable

    def start_own_server(self, kind: ServerKind) -> str:
        """Start a server that nobody else uses, with an empty database. Returns the URL of that.

        A server of that kind that was stopped or killed is started again on its own data with
        `Restart Own Server`. `Close Own Servers` belongs into the suite's teardown.
        """
        maker = {"postgresql": servers.PostgreSQL, "mariadb": servers.MariaDB}[kind]
        server = maker()
        try:
            server.start()
        except servers.Unavailable as unavailable:
            raise self._skip(unavailable) from unavailable
        self.close_own_server(kind)
        self._own[kind] = server
        return server.new_database()

    def kill_own_server(self, kind: ServerKind) -> None:
        """End it with SIGKILL, as a power cut would, and keep its data."""
        self._own[kind].kill()

    def stop_own_server(self, kind: ServerKind) -> None:
        """Shut it down in order and keep its data."""
        self._own[kind].stop()

    def restart_own_server(self, kind: ServerKind) -> None:
        """Start it again after `Kill Own Server` or `Stop Own Server`."""
        self._own[kind].start()

    def close_own_server(self, kind: ServerKind) -> None:
        """Stop it, if there is one, and remove its data."""
        if kind in self._own:
            self._own.pop(kind).close()

    def close_own_servers(self) -> None:
        """Stop all of them and remove their data."""
        for kind in list(self._own):
            self._own.pop(kind).close()

    @staticmethod
    def _skip(unavailable: servers.Unavailable) -> Exception:
        name = str(BuiltIn().get_variable_value("${TEST NAME}", "a suite's setup"))
        result: Exception = SkipExecution(skips.record(unavailable, name))
        return result
