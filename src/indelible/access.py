"""Access to a log's database: made at the first use, given up at a fork and at the end."""

from __future__ import annotations

import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final

from indelible.asynchronous import AsyncReading
from indelible.errors import AuditError, ClosedError
from indelible.storage.imports import imports
from indelible.writer.committer import Committer
from indelible.writer.failures import FaultKind, explained
from indelible.writer.thread import log_raised

if TYPE_CHECKING:
    from types import TracebackType

    Lock = threading.Lock | threading.RLock

    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.orm import Session

    from indelible.storage.appender import LogAppender
    from indelible.storage.backends import Backend
    from indelible.storage.kept import KeptConnections
    from indelible.storage.reader import LogReader
    from indelible.storage.schema import Tables

__all__ = ["LogAccess", "closed_error", "is_memory_engine"]

_READ_SECONDS: Final = 0.001
"""How often to look whether the reads that are waited for are over, in seconds."""

_NOTHING_READ: Final = "nothing was read"

_LOCKS: Final = 2
"""The commit lock and the session lock."""


class LogAccess(AsyncReading):
    """The database's half of a service, which assigns what is declared here.

    The locks and what they guard are described where they are made, in `AuditService.__init__`.
    """

    _audit_async: bool
    _busy_timeout: float
    _timeout: float
    _create_tables: bool
    _harden: bool
    _log: str
    _bind: str | URL | Engine
    _tables: Tables
    _session_lock: threading.Lock
    _maker: int
    _reads: set[tuple[int, object]]
    _engine: Engine | None
    _backend: Backend | None
    _appender: LogAppender | None
    _reader: LogReader | None
    _session: Session | None
    _kept: KeptConnections | None = None
    """What reads without a time limit reads over, if the engine is the service's own."""

    _closed: bool
    _committer: Committer

    @property
    def log(self) -> str:
        """The log's name, its origin."""
        return self._log

    @abstractmethod
    def _ensure_session(self) -> Session:
        """Return the writer's session, making it at the first use."""

    def _make_session(self) -> Session:
        """Make engine and session; the session lock is held."""
        with imports.lock:
            from sqlalchemy import Engine
            from sqlalchemy.orm import Session

            from indelible.storage import engines, migrate
            from indelible.storage.appender import LogAppender
            from indelible.storage.harden import ensure_hardened
            from indelible.storage.kept import KeptConnections
            from indelible.storage.reader import LogReader

        bind = self._bind
        # A lock is waited for inside the database, where nothing ends the wait in time.
        busy_timeout = min(self._busy_timeout, self._timeout)
        owned = not isinstance(bind, Engine)
        if isinstance(bind, Engine):
            engine = bind
        else:
            engine = engines.make_engine(
                bind, busy_timeout=busy_timeout, connect_timeout=self._timeout
            )
        try:
            backend = engines.make_backend(
                engine, self._tables, owned=owned, busy_timeout=busy_timeout
            )
            # Assigned before it is complete: it is what tells one kind of failure from another.
            self._backend = backend
            with engine.connect() as connection:
                # Before there are tables: a database that is refused stays as it was.
                backend.check_settings(connection)
                connection.commit()
                migrate.ensure_current(connection, self._tables, create=self._create_tables)
                backend.check_tables(connection)
                connection.rollback()
                if self._harden:
                    ensure_hardened(connection, self._tables)
            # Bound to a connection of its own, which stays checked out while the service is open.
            # The pool of an engine that was given to us may be too small for that.
            session = Session(engine.connect() if owned else engine, expire_on_commit=False)
            self._appender = LogAppender(backend, self._log)
            self._reader = LogReader(self._tables, self._log, engine)
            if owned and KeptConnections.suit(engine) and not is_memory_engine(engine):
                self._kept = KeptConnections(engine)
            self._engine = engine
        except BaseException:
            if owned:
                engine.dispose()
            raise
        return session

    def _classify(self, error: BaseException) -> FaultKind:
        from indelible.storage.backends import Fault

        return Fault.DATABASE if self._backend is None else self._backend.classify(error)

    def _reading(
        self, timeout: float | None = None
    ) -> AbstractContextManager[tuple[Connection, LogReader]]:
        """Give a connection of the caller's own, from the engine that the writer uses.

        Args:
            timeout: How long what is read on it may take, in seconds; None for any time.
        """
        if timeout is None and self._kept is not None:
            return _KeptRead(self._begin_kept, self._end_kept)
        return self._pooled_reading(timeout)

    @contextmanager
    def _pooled_reading(self, timeout: float | None) -> Iterator[tuple[Connection, LogReader]]:
        with self._borrowed_engine(_NOTHING_READ) as (engine, reader):
            with imports.lock:
                from indelible.storage.time_limit import time_limit

            with engine.connect() as connection, time_limit(connection, timeout):
                yield connection, reader

    def _begin_kept(self, token: tuple[int, object]) -> _Kept:
        if self._closed:
            raise closed_error()
        try:
            engine, reader = self._begin_read(token)
            # Behind the token, so that what gives the connections up waits for this one.
            kept = self._kept
            connection = engine.connect() if kept is None else kept.take()
        except BaseException as error:
            self._reads.discard(token)
            if isinstance(error, Exception) and self._is_database_error(error):
                raise self._explained(error, _NOTHING_READ) from error
            raise
        return connection, reader, kept

    def _end_kept(
        self, token: tuple[int, object], given: _Kept, error: BaseException | None
    ) -> None:
        connection, _, kept = given
        try:
            if kept is None:
                connection.close()
            else:
                kept.give_back(connection)
        finally:
            self._reads.discard(token)
        if isinstance(error, Exception) and self._is_database_error(error):
            raise self._explained(error, _NOTHING_READ) from error

    @contextmanager
    def _borrowed_engine(self, consequence: str) -> Iterator[tuple[Engine, LogReader]]:
        """Give the engine for connections of the caller's own, which `close` waits for.

        Args:
            consequence: What it means when the database fails, as the second half of a sentence.
        """
        if self._closed:
            raise closed_error()
        token = (threading.get_ident(), object())
        try:
            engine, reader = self._begin_read(token)
            # A database in memory is one connection, so others must wait for the commit.
            shared = self._committer.paused() if is_memory_engine(engine) else nullcontext()
            with shared:
                yield engine, reader
        except Exception as error:
            if not self._is_database_error(error):
                raise
            raise self._explained(error, consequence) from error
        finally:
            self._reads.discard(token)

    def _explained(self, error: Exception, consequence: str) -> AuditError:
        return explained(self._classify(error).name, error, consequence)

    @contextmanager
    def _sealing_session(self) -> Iterator[Session]:
        """Give the sealer a session, also while the service is closing."""
        token = (threading.get_ident(), object())
        try:
            engine, _ = self._begin_read(token)
            from sqlalchemy.orm import Session

            shared = self._committer.paused() if is_memory_engine(engine) else nullcontext()
            with shared, Session(engine) as session:
                yield session
        finally:
            self._reads.discard(token)

    def _begin_read(self, token: tuple[int, object]) -> tuple[Engine, LogReader]:
        while True:
            self._ensure_session()
            # First the token, then the engine: what takes the engine away (`_let_go`) does it in
            # the opposite order, so that one of the two sees the other.
            self._reads.add(token)
            engine, reader = self._engine, self._reader
            if engine is not None and reader is not None:
                break
            self._reads.discard(token)
        if not self._audit_async:
            # What the first use's own logging calls have recorded waits for somebody to lead.
            self._committer.hand_over(time.monotonic() + self._timeout)
        return engine, reader

    def _is_database_error(self, error: Exception) -> bool:
        from sqlalchemy.exc import SQLAlchemyError

        if isinstance(error, SQLAlchemyError):
            return True
        driver: Any = None if self._backend is None else self._backend.engine.dialect.dbapi
        return driver is not None and isinstance(error, driver.Error)

    def _quiesce(self, deadline: float) -> list[Lock]:
        """Take the commit lock and the session lock, as far as they can be had in time.

        Returns:
            Those that were taken, for the caller to release; none of a lock that this very thread
            holds already, because it is inside a commit or the first use.
        """
        locks: list[Lock] = []
        wanted: list[tuple[Lock, bool]] = [
            (self._committer.lock, self._committer.leading),
            (self._session_lock, self._maker == threading.get_ident()),
        ]
        for lock, held_here in wanted:
            if not held_here and lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
                locks.append(lock)
        return locks

    def _let_go(self, deadline: float, *, closing: bool, lent: bool = False) -> None:
        """Forget engine and session; the session lock is held.

        Args:
            deadline: When to stop waiting for reads that are under way.
            closing: Whether to close their connections, which the commit lock must allow.
            lent: Whether to dispose even of an engine that was given to the service.
        """
        session, engine, kept = self._session, self._engine, self._kept
        self._session = None
        self._kept = None
        self._appender = None
        self._reader = None
        self._engine = None
        try:
            if session is not None and closing:
                _close_session(session)
            if kept is not None:
                kept.close()
            if engine is not None and (lent or engine is not self._bind):
                # A connection that comes back after the disposal would stay open.
                me = threading.get_ident()
                while any(thread != me for thread, _ in list(self._reads)):
                    if time.monotonic() > deadline:
                        break
                    time.sleep(_READ_SECONDS)
                engine.dispose(close=closing)
        except Exception as error:  # noqa: BLE001 - a driver's, or a logging handler's
            # All is committed or told by now, and the caller could do nothing about it.
            log_raised("the connections could not be closed", error)

    def before_fork(self, deadline: float) -> list[Lock]:
        """Let no commit, first use or read be under way; called by `indelible.lifecycle` alone.

        A child inherits what its parent's other threads leave half done, such as an import.  Worse
        is SQLite: it remembers per process which locks it holds on a file, while the system gives
        the child none of them.  A child that inherits a single open connection believes that
        it holds a lock, and once the parent closes the file, what the child commits goes into a
        WAL that is deleted already ("How To Corrupt An SQLite Database File": carrying an open
        connection across a fork).  So a fork finds no connection to a file open here; parent and
        child make new ones when they need them.

        Args:
            deadline: When to let the fork proceed in spite of all, as `time.monotonic` counts.

        Returns:
            The locks that keep things so, to be released in the parent after the fork.
        """
        locks = self._quiesce(deadline)
        engine = self._engine
        on_file = (
            engine is not None and engine.dialect.name == "sqlite" and not is_memory_engine(engine)
        )
        if engine is not None and on_file and len(locks) == _LOCKS:
            self._let_go(deadline, closing=True, lent=True)
        return locks

    def _renew_database(self) -> None:
        """Forget, in a forked child, what belongs to the parent."""
        # Kept alive on purpose: closing the parent's connections from here would end its sessions.
        _of_the_parent.append((self._engine, self._session, self._appender, self._kept))
        self._kept = None
        self._session_lock = threading.Lock()
        self._maker = 0
        self._reads = set()
        from sqlalchemy import Engine

        if isinstance(self._bind, Engine) and not is_memory_engine(self._bind):
            _of_the_parent.append((self._bind.pool,))
            self._bind.dispose(close=False)
        self._engine = None
        self._backend = None
        self._appender = None
        self._reader = None
        self._session = None


_Kept = tuple["Connection", "LogReader", "KeptConnections | None"]
"""What a read has been given: the last is None where it is to close the connection."""


class _KeptRead:
    """A read over a connection that is kept; not a generator, which takes twice as long.

    Args:
        begin: Gives what is read with; called with the read's token.
        end: Takes it back; called with the token, what was given, and the error if there is one.
    """

    __slots__ = ("_begin", "_end", "_given", "_token")

    def __init__(
        self,
        begin: Callable[[tuple[int, object]], _Kept],
        end: Callable[[tuple[int, object], _Kept, BaseException | None], None],
    ) -> None:
        self._begin = begin
        self._end = end
        self._token = (threading.get_ident(), object())

    def __enter__(self) -> tuple[Connection, LogReader]:
        self._given = given = self._begin(self._token)
        return given[0], given[1]

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end(self._token, self._given, error)


_of_the_parent: Final[list[tuple[object, ...]]] = []


def is_memory_engine(engine: Engine) -> bool:
    """Tell whether an engine's database is one connection to SQLite's memory."""
    from indelible.storage.backends import is_memory

    return engine.dialect.name == "sqlite" and is_memory(engine)


def _close_session(session: Session) -> None:
    from sqlalchemy import Connection

    connection = session.get_bind()
    session.close()
    if isinstance(connection, Connection):
        connection.close()


def closed_error() -> ClosedError:
    """Return the error of a call that comes too late."""
    return ClosedError("the audit service is closed; record before close(), or make a new service")
