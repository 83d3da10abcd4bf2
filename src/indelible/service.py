"""`AuditService`: what an application constructs, calls from its request threads, and closes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self
from uuid import UUID

from indelible import lifecycle
from indelible.body import BodyBuilder, EventRow, checked_event_id
from indelible.configuration import (
    checked_count,
    checked_log_name,
    checked_on_error,
    checked_seconds,
    flag,
    one_of,
)
from indelible.errors import (
    AuditError,
    ClosedError,
    ConfigurationError,
    QueueFullError,
)
from indelible.event import Actor, AuditEvent, Place, Target
from indelible.query import (
    DEFAULT_LIMIT,
    Filters,
    Page,
    checked_limit,
    read_cursor,
    write_cursor,
)
from indelible.redaction import Redaction, RedactRule
from indelible.writer.committer import Committer, FaultKind, explained
from indelible.writer.queue import PendingQueue
from indelible.writer.receipt import Receipt
from indelible.writer.thread import WriterThread

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine
    from sqlalchemy.orm import Session

    from indelible.storage.appender import LogAppender
    from indelible.storage.backends import Backend
    from indelible.storage.reader import Criteria, LogReader, StoredEvent
    from indelible.storage.schema import Tables

__all__ = ["AuditService", "CloseReport", "Stats"]

DEFAULT_QUEUE_SIZE: Final = 10_000
"""Bound of the pending queue, in events."""

DEFAULT_BATCH_SIZE: Final = 1_000
"""Most events of one transaction."""

DEFAULT_MAX_BODY_BYTES: Final = 64 * 1024
"""Largest body, in bytes of UTF-8."""

_logger = logging.getLogger("indelible")


@dataclass(frozen=True, slots=True)
class Stats:
    """What a service has done so far, and what it is about to do.

    Attributes:
        queued: Events accepted and not settled yet.
        committed: Events that this service has seen committed.
        refused: Events that the database refused, or that could not be committed.
        dropped: Events that were accepted and given up.
        batches: Transactions committed.
        last_error: Text of the last error, or None.
        oldest_waiting: Age of the oldest queued event in seconds; None when none is queued.
    """

    queued: int
    committed: int
    refused: int
    dropped: int
    batches: int
    last_error: str | None
    oldest_waiting: float | None


@dataclass(frozen=True, slots=True)
class CloseReport:
    """What `AuditService.close` left behind; true when it left nothing.

    Attributes:
        uncommitted: Events that had been accepted and are not in the database.
    """

    uncommitted: int

    def __bool__(self) -> bool:
        return self.uncommitted == 0


class AuditService:
    """Records events into a log and reads them back; safe to use from any number of threads.

    Constructing one does no input or output: the engine, the session, the tables and the writer
    thread are made at the first use.

    What a returned `record` guarantees: in synchronous mode (``audit_async=False``) the event is
    committed in the database, and survives whatever the database survives.  In asynchronous mode
    it is in the bounded queue in memory, and survives ordinary exits of the process (`close` and
    the interpreter's end drain the queue) but not a killed process; `Receipt.wait` and `flush`
    wait for the commit.

    Args:
        bind: A database URL, or a SQLAlchemy `Engine`, which the service uses and never disposes.
        log: The log's name, its *origin*; each name is a log of its own in the same tables.
        audit_async: Whether a thread of the service's own commits, instead of the callers.
        queue_size: Bound of the pending queue, in events (asynchronous mode).
        on_full: What `record` does when the queue is full: wait for room (``'block'``), or raise
            `QueueFullError` at once (``'raise'``).
        block_timeout: How long ``on_full='block'`` waits before it raises, in seconds.
        batch_size: Most events of one transaction.
        timeout: How long a synchronous `record` may take, in seconds.
        busy_timeout: How long to wait for a lock that another transaction holds, in seconds.
        close_timeout: How long `close` drains unless told otherwise, in seconds.
        on_error: ``'raise'``, or a callable that is also told of each error that no caller sees,
            on the thread that met it; it must not raise.
        redact: Redaction rules beside the default ones: names of keys, compiled patterns,
            callables ``(path, value) -> value``; or a whole `Redaction`.
        keyed_hash: Names of keys whose values are replaced by an HMAC-SHA-256.
        hash_key: The secret key for that, at least 16 bytes.
        max_body_bytes: Largest event body, in bytes of UTF-8.
        clock: Returns the present as an aware datetime; None for the system's clock.
        source: Name of the recording service, for each event's ``source``; None for none.
        table_prefix: What the tables' names begin with.
        schema: The schema that they live in (PostgreSQL); None for the connection's default.
        create_tables: Whether the first use creates the tables in a database that has none.

    Raises:
        ConfigurationError: An argument cannot work; the error names it, its value and the mend.
        MissingExtraError: The database's driver is not installed.
    """

    def __init__(
        self,
        bind: str | URL | Engine,
        *,
        log: str = "audit",
        audit_async: bool = False,
        queue_size: int = DEFAULT_QUEUE_SIZE,
        on_full: Literal["block", "raise"] = "block",
        block_timeout: float = 5.0,
        batch_size: int = DEFAULT_BATCH_SIZE,
        timeout: float = 30.0,
        busy_timeout: float = 5.0,
        close_timeout: float = 10.0,
        on_error: Literal["raise"] | Callable[[AuditError], None] = "raise",
        redact: Redaction | Iterable[RedactRule] = (),
        keyed_hash: Iterable[str] = (),
        hash_key: bytes | None = None,
        max_body_bytes: int = DEFAULT_MAX_BODY_BYTES,
        clock: Callable[[], datetime] | None = None,
        source: str | None = None,
        table_prefix: str = "audit_",
        schema: str | None = None,
        create_tables: bool = True,
    ) -> None:
        self._log = checked_log_name(log)
        self._audit_async = flag("audit_async", audit_async)
        self._queue_size = checked_count("queue_size", queue_size, least=1, most=10_000_000)
        self._on_full = one_of("on_full", on_full, "block", "raise")
        self._block_timeout = checked_seconds("block_timeout", block_timeout)
        self._batch_size = checked_count("batch_size", batch_size, least=1, most=10_000)
        self._timeout = checked_seconds("timeout", timeout)
        self._busy_timeout = checked_seconds("busy_timeout", busy_timeout)
        self._close_timeout = checked_seconds("close_timeout", close_timeout)
        self._on_error = checked_on_error(on_error)
        self._create_tables = flag("create_tables", create_tables)
        self._redaction = _redaction(redact, keyed_hash, hash_key)
        self._builder = BodyBuilder(
            self._redaction,
            max_body_bytes=checked_count(
                "max_body_bytes", max_body_bytes, least=1024, most=16 * 1024 * 1024
            ),
            clock=clock,
            source=source,
        )
        self._bind = _checked_bind(bind)
        self._tables = _checked_tables(table_prefix, schema)
        # Guards the making and the disposing of `_engine`, `_session`, `_backend`, `_appender` and
        # `_reader`, so that however many threads race to be first, one engine is made.  Made here,
        # before any thread can use the service.  `_session` is assigned last: whoever sees it sees
        # the others.  Taken after the commit lock, never before it; held while the tables are
        # checked, never while events are written.
        self._session_lock = threading.Lock()
        self._close_lock = threading.RLock()
        self._engine: Engine | None = None
        self._backend: Backend | None = None
        self._appender: LogAppender | None = None
        self._reader: LogReader | None = None
        self._session: Session | None = None
        self._writer: WriterThread | None = None
        self._closed = False
        self._disposed = False
        self._close_report: CloseReport | None = None
        self._abandoned = 0
        self._queue, self._committer = self._make_committer()
        lifecycle.register(self)

    # Recording ---------------------------------------------------------------------------------

    def record(
        self,
        action: str,
        *,
        actor: str | Actor | None = None,
        target: str | Target | None = None,
        outcome: str = "success",
        details: Mapping[str, Any] | None = None,
        before: object = None,
        after: object = None,
        tenant: str | None = None,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        request_id: str | None = None,
        trace_id: str | None = None,
        span_id: str | None = None,
        session_id: str | None = None,
        source_ip: str | None = None,
        user_agent: str | None = None,
        targets: Sequence[str | Target] | None = None,
        on_behalf_of: str | Actor | None = None,
        severity: str | None = None,
        duration: timedelta | None = None,
        event_id: UUID | str | None = None,
        wait: bool = False,
    ) -> Receipt:
        """Record one event: *actor* did *action* to *target*, with an *outcome*.

        The event is a snapshot: later changes to the objects passed here do not reach it.

        Args:
            action: What was done, such as ``invoice.update``; at most 255 characters.
            actor: Who did it, as ``"type:id"`` or an `Actor`; taken from the context if left out.
            target: What it was done to, as ``"type:id"`` or a `Target`.
            outcome: ``success``, ``failure``, ``denied`` or ``unknown``.
            details: Further facts: JSON's types and those that `indelible.values` lists.
            before: The target's state before, a mapping or a dataclass instance.
            after: Its state after; of the two only what differs is kept.
            tenant: The tenant whose data it concerns.
            reason: Why it was done, or why it ended so; at most 4,096 characters.
            occurred_at: When it happened, an aware datetime; now if left out.
            request_id: The request that it belongs to.
            trace_id: The distributed trace (W3C Trace Context) that it belongs to.
            span_id: The span in that trace.
            session_id: The actor's login session.
            source_ip: The address that the request came from, IPv4 or IPv6.
            user_agent: The client's own description; at most 4,096 characters.
            targets: Further things that it was done to.
            on_behalf_of: For whom the actor acted, as for `actor`.
            severity: ``informational``, ``low``, ``medium``, ``high`` or ``critical``.
            duration: How long the action took.
            event_id: A UUID that makes recording idempotent: a second event with the same id is
                the same event, and is stored once.
            wait: Whether to return only when the event is committed, whatever the mode.

        Returns:
            A receipt: the event's id, and its place in the log once it has one.

        Raises:
            InvalidEventError: The event cannot be stored as it is; nothing of it is kept.
            QueueFullError: The queue stayed full (asynchronous mode); the event is not accepted.
            AuditTimeoutError: It was not committed in time; the error says what is known.
            StorageError: The database failed (synchronous mode, or `wait`).
            ClosedError: The service is closed.
        """
        more: dict[str, Any] = {}
        # Written out, because a loop over the names would cost more than all the rest of this method.
        if tenant is not None:
            more["tenant"] = tenant
        if reason is not None:
            more["reason"] = reason
        if occurred_at is not None:
            more["occurred_at"] = occurred_at
        if request_id is not None:
            more["request_id"] = request_id
        if trace_id is not None:
            more["trace_id"] = trace_id
        if span_id is not None:
            more["span_id"] = span_id
        if session_id is not None:
            more["session_id"] = session_id
        if source_ip is not None:
            more["source_ip"] = source_ip
        if user_agent is not None:
            more["user_agent"] = user_agent
        if targets is not None:
            more["targets"] = targets
        if on_behalf_of is not None:
            more["on_behalf_of"] = on_behalf_of
        if severity is not None:
            more["severity"] = severity
        if duration is not None:
            more["duration"] = duration
        if event_id is not None:
            more["event_id"] = event_id
        receipt = Receipt(
            self._builder.build(action, actor, target, outcome, details, before, after, more)
        )
        if self._audit_async:
            self._enqueue(receipt, wait=wait)
        else:
            self._commit(receipt)
        return receipt

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything that was acknowledged before this call is committed.

        Args:
            timeout: Longest wait in seconds; None to wait for as long as it takes.

        Returns:
            Whether all of it is committed.  False when time ran out, or when the database refused
            an event, of which its receipt, `on_error` and the log tell.
        """
        if timeout is not None:
            checked_seconds("timeout", timeout)
        pending = self._committer.pending()
        deadline = None if timeout is None else time.monotonic() + timeout
        if not self._audit_async and pending:
            self._committer.commit_pending(
                time.monotonic() + self._timeout if deadline is None else deadline
            )
        return all(
            receipt.settled_within(
                None if deadline is None else max(0.0, deadline - time.monotonic())
            )
            and receipt.place is not None
            for receipt in pending
        )

    def _commit(self, receipt: Receipt) -> None:
        if self._closed:
            raise _closed_error()
        self._queue.force(receipt)
        if self._committer.commit(receipt, self._timeout):
            receipt.wait(0)

    def _enqueue(self, receipt: Receipt, *, wait: bool) -> None:
        if self._closed:
            raise _closed_error()
        writer = self._start_writer() if self._writer is None else self._writer
        if not self._queue.offer(receipt):
            if writer.is_current:
                # Recorded from inside a commit: waiting for room would be waiting for itself.
                self._queue.force(receipt)
                return
            self._await_room(receipt)
        if self._is_closed() and self._queue.remove(receipt):
            # It was closed in between, and the last commit may have passed by already.
            raise _closed_error()
        if wait and not writer.is_current:
            receipt.wait(self._timeout)

    def _await_room(self, receipt: Receipt) -> None:
        size = self._queue_size
        if self._on_full == "raise":
            raise QueueFullError(
                f"{size} events wait to be committed (queue_size={size}) and on_full='raise'; the "
                "event is not accepted. Raise queue_size, or use on_full='block'",
                size,
            )
        if not self._queue.put(receipt, self._block_timeout):
            raise QueueFullError(
                f"{size} events wait to be committed (queue_size={size}) and there was no room "
                f"within block_timeout={self._block_timeout:g} s; the event is not accepted. "
                "See stats().last_error for what keeps the database from taking them",
                size,
            )

    def _is_closed(self) -> bool:
        return self._closed

    def _start_writer(self) -> WriterThread:
        with self._session_lock:
            if self._disposed:
                raise _closed_error()
            if self._writer is None:
                self._writer = WriterThread(self._queue, self._committer)
            return self._writer

    # The database ------------------------------------------------------------------------------

    def _ensure_session(self) -> Session:
        """Return the writer's session, making engine and session once at the first use.

        Double-checked locking: the outer check keeps the lock off the hot path, the inner one lets
        only the first of several racing threads make anything.  If making fails half way, what was
        made is disposed and nothing is assigned, so that the next call tries again.
        """
        if self._session is None:
            with self._session_lock:
                if self._session is None:
                    if self._disposed:
                        raise _closed_error()
                    self._session = self._make_session()
        return self._session

    def _make_session(self) -> Session:
        """Make engine and session; the session lock is held."""
        from sqlalchemy import Engine
        from sqlalchemy.orm import Session

        from indelible.storage import engines, migrate
        from indelible.storage.appender import LogAppender
        from indelible.storage.reader import LogReader

        bind = self._bind
        owned = not isinstance(bind, Engine)
        if isinstance(bind, Engine):
            engine = bind
        else:
            engine = engines.make_engine(bind, busy_timeout=self._busy_timeout)
        try:
            backend = engines.make_backend(
                engine, self._tables, owned=owned, busy_timeout=self._busy_timeout
            )
            # Assigned before it is complete: it is what tells one kind of failure from another.
            self._backend = backend
            with engine.connect() as connection:
                migrate.ensure_current(connection, self._tables, create=self._create_tables)
                backend.check_tables(connection)
            # Bound to a connection of its own, which stays checked out while the service is open.
            session = Session(engine.connect(), expire_on_commit=False)
            self._appender = LogAppender(backend, self._log)
            self._reader = LogReader(self._tables, self._log)
            self._engine = engine
        except BaseException:
            if owned:
                engine.dispose()
            raise
        return session

    def _append(self, rows: Sequence[EventRow]) -> Sequence[Place | AuditError]:
        """Append a batch; the committer calls this, holding the commit lock."""
        session = self._ensure_session()
        assert self._appender is not None  # noqa: S101 - assigned before the session
        return self._appender.append(session, rows)

    def _classify(self, error: BaseException) -> FaultKind:
        from indelible.storage.backends import Fault

        return Fault.DATABASE if self._backend is None else self._backend.classify(error)

    # Reading -----------------------------------------------------------------------------------

    def get(self, event_id: UUID | str) -> AuditEvent | None:
        """Return the committed event with an id, or None.

        Args:
            event_id: The event's id.

        Raises:
            InvalidEventError: It is no UUID.
            StorageError: The database failed.
        """
        wanted = checked_event_id(event_id)
        with self._reading() as (session, reader):
            stored = reader.get(session, wanted)
        return None if stored is None else _event(stored)

    def query(
        self,
        *,
        actor: str | Actor | None = None,
        action: str | None = None,
        target: str | Target | None = None,
        outcome: str | None = None,
        tenant: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page:
        """Return the newest committed events that match all filters, newest first.

        Args:
            actor: Who acted, as ``"type:id"`` or an `Actor`.
            action: What was done, exactly.
            target: What it was done to, as ``"type:id"`` or a `Target`.
            outcome: How it ended.
            tenant: The tenant concerned.
            since: Earliest ``occurred_at``, inclusive; an aware datetime.
            until: Latest ``occurred_at``, exclusive; an aware datetime.
            limit: Most events to return, 1 to 1,000.
            cursor: A page's `next_cursor`, to continue behind it; stable while events arrive.

        Raises:
            QueryError: A filter, the limit or the cursor makes no sense.
            StorageError: The database failed.
        """
        filters = Filters.checked(
            actor=actor,
            action=action,
            target=target,
            outcome=outcome,
            tenant=tenant,
            since=since,
            until=until,
        )
        most = checked_limit(limit)
        before = None if cursor is None else read_cursor(cursor, filters)
        with self._reading() as (session, reader):
            # One more than asked for tells whether there is a next page.
            stored = reader.newest(session, _criteria(filters), before=before, limit=most + 1)
        items = tuple(_event(event) for event in stored[:most] if event.body is not None)
        more = len(stored) > most
        return Page(items, write_cursor(stored[most - 1].place.seq, filters) if more else None)

    def count(
        self,
        *,
        actor: str | Actor | None = None,
        action: str | None = None,
        target: str | Target | None = None,
        outcome: str | None = None,
        tenant: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> int:
        """Return how many committed events match all filters, which are those of `query`.

        Raises:
            QueryError: A filter makes no sense.
            StorageError: The database failed.
        """
        filters = Filters.checked(
            actor=actor,
            action=action,
            target=target,
            outcome=outcome,
            tenant=tenant,
            since=since,
            until=until,
        )
        with self._reading() as (session, reader):
            return reader.count(session, _criteria(filters))

    def hash_value(self, value: object) -> str:
        """Return the digest that stands for a value under one of the `keyed_hash` keys.

        Args:
            value: The value to look for.

        Returns:
            HMAC-SHA-256, 64 hexadecimal digits; see `Redaction.hash_value`.

        Raises:
            ConfigurationError: The service has no `hash_key`.
        """
        return self._redaction.hash_value(value)

    @contextmanager
    def _reading(self) -> Iterator[tuple[Session, LogReader]]:
        """Give a session of the caller's own, on the engine that the writer uses."""
        from sqlalchemy.exc import SQLAlchemyError
        from sqlalchemy.orm import Session

        from indelible.storage.backends import is_memory

        if self._closed:
            raise _closed_error()
        try:
            self._ensure_session()
            engine, reader = self._engine, self._reader
            if engine is None or reader is None:
                raise _closed_error()
            # A database in memory is one connection, so reading must wait for the commit.
            shared = engine.dialect.name == "sqlite" and is_memory(engine)
            with self._committer.lock if shared else nullcontext(), Session(engine) as session:
                yield session, reader
        except SQLAlchemyError as error:
            raise explained(self._classify(error).name, error, "nothing was read") from error

    # State -------------------------------------------------------------------------------------

    def stats(self) -> Stats:
        """Return what the service has done so far; costs no database access."""
        counters = self._committer.counters
        pending = self._committer.pending()
        return Stats(
            queued=len(pending),
            committed=counters.committed,
            refused=counters.refused,
            dropped=self._abandoned,
            batches=counters.batches,
            last_error=counters.last_error,
            oldest_waiting=pending[0].age if pending else None,
        )

    def close(self, timeout: float | None = None) -> CloseReport:
        """Commit what is pending, end the writer thread and give the connections back.

        May be called several times, and from several threads: the later ones wait for the first
        and return what it returned.  An engine that was passed to the constructor is not disposed.

        Args:
            timeout: Longest time to drain, in seconds; None for `close_timeout`.

        Returns:
            A report that is true when everything accepted is committed.  What is not is told to
            `on_error` and the log as well, and its receipts raise `ClosedError`.
        """
        seconds = self._close_timeout if timeout is None else checked_seconds("timeout", timeout)
        self._closed = True
        with self._close_lock:
            if self._close_report is None:
                self._close_report = self._close(time.monotonic() + seconds)
            return self._close_report

    def __enter__(self) -> Self:
        """Return the service, which the end of the block closes."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the service."""
        self.close()

    def _close(self, deadline: float) -> CloseReport:
        self._committer.stop(deadline)
        if self._writer is not None:
            self._writer.stop(deadline)
        elif self._committer.pending():
            self._committer.commit_pending(deadline)
        # What the last commit left, because the database did not take it in time.
        left = self._committer.pending()
        if left:
            self._abandoned = len(left)
            lost = ClosedError(
                f"the service was closed while {len(left)} events could not be committed; "
                f"last error: {self._committer.counters.last_error}"
            )
            for receipt in left:
                self._queue.remove(receipt)
                receipt.settle(None, lost)
            self._report(lost)
        self._dispose(deadline)
        return CloseReport(uncommitted=len(left))

    def _dispose(self, deadline: float) -> None:
        # A commit that hangs in the database keeps its lock, and its connection, to itself.
        idle = self._committer.lock.acquire(timeout=max(0.1, deadline - time.monotonic()))
        try:
            with self._session_lock:
                self._disposed = True
                session, engine = self._session, self._engine
                self._session = None
                self._appender = None
                self._reader = None
                self._engine = None
            if session is not None and idle:
                connection = session.connection()
                session.close()
                connection.close()
            if engine is not None and engine is not self._bind:
                engine.dispose(close=idle)
        finally:
            if idle:
                self._committer.lock.release()

    def _report(self, error: AuditError) -> None:
        """Tell of an error that no caller sees: the log of this module, and the caller's hook."""
        # Names and numbers only: what stands in an event never reaches the application's log.
        _logger.error("%s: %s", type(error).__name__, error)
        if self._on_error is None:
            return
        try:
            self._on_error(error)
        except Exception:
            _logger.exception("the on_error hook raised")

    # Processes ---------------------------------------------------------------------------------

    def _make_committer(self) -> tuple[PendingQueue, Committer]:
        queue = PendingQueue(self._queue_size)
        committer = Committer(
            queue,
            self._append,
            self._classify,
            batch_size=self._batch_size,
            busy_timeout=self._busy_timeout,
            patient=self._audit_async,
            report=self._report,
        )
        return queue, committer

    def after_fork(self) -> None:
        """Make everything anew in a forked child; called by `indelible.lifecycle` alone.

        A lock may be held by a thread that does not exist here, the pending events are the
        parent's to commit, and so is the connection.
        """
        # Kept alive on purpose: closing the parent's connections from here would end its sessions.
        _of_the_parent.append((self._engine, self._session, self._appender))
        self._session_lock = threading.Lock()
        self._close_lock = threading.RLock()
        if self._engine is not None and self._engine is self._bind:
            from indelible.storage.backends import is_memory

            if not is_memory(self._engine):
                _of_the_parent.append((self._engine.pool,))
                self._engine.dispose(close=False)
        self._engine = None
        self._backend = None
        self._appender = None
        self._reader = None
        self._session = None
        self._writer = None
        self._close_report = None
        self._abandoned = 0
        self._queue, self._committer = self._make_committer()

    def at_exit(self) -> None:
        """Drain at the interpreter's end; called by `indelible.lifecycle` alone."""
        if not self._disposed:
            self.close()


_of_the_parent: Final[list[tuple[object, ...]]] = []


def _closed_error() -> ClosedError:
    return ClosedError("the audit service is closed; record before close(), or make a new service")


def _redaction(redact: Any, keyed_hash: Iterable[str], hash_key: bytes | None) -> Redaction:
    if isinstance(redact, Redaction):
        if keyed_hash or hash_key is not None:
            raise ConfigurationError(
                "keyed_hash", keyed_hash, "pass it to the Redaction that is given as redact="
            )
        return redact
    return Redaction(redact, keyed_hash=keyed_hash, hash_key=hash_key)


def _checked_bind(bind: Any) -> str | URL | Engine:
    """Refuse what is no database, without connecting to it."""
    from sqlalchemy import URL, Engine

    from indelible.storage.engines import checked_url

    if isinstance(bind, Engine):
        return bind
    if isinstance(bind, str | URL):
        return checked_url(bind)
    raise ConfigurationError(
        "bind", bind, "pass a database URL such as 'sqlite:///audit.db', or a SQLAlchemy Engine"
    )


def _checked_tables(table_prefix: str, schema: str | None) -> Tables:
    from indelible.storage.schema import Tables, check_names

    check_names(table_prefix, schema)
    return Tables(table_prefix, schema)


def _criteria(filters: Filters) -> Criteria:
    from indelible.storage.reader import Criteria

    names = ("actor", "action", "target", "outcome", "tenant")
    equal = {name: getattr(filters, name) for name in names}
    return Criteria(
        {name: value for name, value in equal.items() if value is not None},
        filters.since,
        filters.until,
    )


def _event(stored: StoredEvent) -> AuditEvent:
    if stored.body is None:
        raise AssertionError("a pruned event has no body to read")
    return AuditEvent.from_body(stored.body, stored.place)
