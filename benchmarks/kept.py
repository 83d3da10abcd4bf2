"""A PostgreSQL server whose data outlives it."""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path

from features.support.servers import PostgreSQL

__all__ = ["KeptPostgreSQL"]


class KeptPostgreSQL(PostgreSQL):
    """A private server like those of the tests, on a data directory of the caller's.

    Args:
        data: The data directory; made at the first start. Its parents must let the server's account
            through.
    """

    def __init__(self, data: Path) -> None:
        super().__init__()
        self._data = data.absolute()

    def _initialise(self) -> None:
        super()._initialise()
        if self._data.exists():
            return
        unfinished = self._data.with_name(f"{self._data.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(self.directory / "data", unfinished)
        user = self._user()
        if user:
            account = pwd.getpwnam(user)
            for path in (unfinished, *unfinished.rglob("*")):
                os.chown(path, account.pw_uid, account.pw_gid)
        unfinished.rename(self._data)

    def _command(self) -> list[str]:
        made = str(self.directory / "data")
        return [str(self._data) if part == made else part for part in super()._command()]
