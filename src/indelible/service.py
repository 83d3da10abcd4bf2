"""`AuditService`: what an application constructs, calls from its request threads, and closes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self
from uuid import UUID

from indelible import lifecycle
from indelible.access import closed_error
from indelible.body import BodyBuilder
from indelible.configuration import (
    checked_bind,
    checked_count,
    checked_log_name,
    checked_policies,
    checked_redaction,
    checked_seconds,
    checked_tables,
    flag,
)
from indelible.errors import AuditError, StorageError
from indelible.event import Actor, Target
from indelible.proving import Proving
from indelible.redaction import Redaction, RedactRule
from indelible.stats import CloseReport
from indelible.writer.complaints import Complaints
from indelible.writer.mishaps import Mishaps
from indelible.writer.receipt import Receipt
from indelible.writer.thread import WriterThread

if TYPE_CHECKING:
    Lock = threading.Lock | threading.RLock

    from sqlalchemy import URL, Engine
    from sqlalchemy.orm import Session

    from indelible.merkle import Signer
    from indelible.sealing import (
        SignerState,
        Sink,
        Witness,
        WitnessPolicy,
    )
    from indelible.storage.appender import LogAppender
    from indelible.storage.backends import Backend
    from indelible.storage.reader import LogReader

__all__ = ["AuditService"]

DEFAULT_QUEUE_SIZE: Final = 10_000
"""Bound of the pending queue, in events."""

DEFAULT_BATCH_SIZE: Final = 1_000
"""Most events of one transaction."""

DEFAULT_MAX_BODY_BYTES: Final = 64 * 1024
"""Largest body, in bytes of UTF-8."""

DEFAULT_SPOOL_BYTES: Final = 1024 * 1024 * 1024
"""Bound of a process's spool, in bytes on the disk."""


class AuditService(Proving):
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
        on_full: What `record` does when the queue, or the spool, is full: wait for room
            (``'block'``), raise `QueueFullError` or `SpoolFullError` at once (``'raise'``), put
            the event into the spool (``'spool'``: the queue stays in memory, and the spool takes
            what does not fit), or give the event up and count it (``'drop'``).
        block_timeout: How long ``on_full='block'`` waits before it raises, in seconds.
        batch_size: Most events of one transaction.
        timeout: How long a synchronous `record` may take, in seconds.
        busy_timeout: How long to wait for a lock that another transaction holds, in seconds.
        close_timeout: How long `close` drains unless told otherwise, in seconds.
        on_error: What becomes of an event that the database cannot take: its caller gets the error
            (``'raise'``; in asynchronous mode it stays queued), it goes into the spool
            (``'spool'``, synchronous mode), or it is given up and counted (``'drop'``; in
            asynchronous mode after `timeout`). Or a callable: as ``'raise'``, and it is told of
            each error that no caller sees, on the thread that met it; it must not raise.
        spool: Directory of the local spool, one for each log, on a local disk. In asynchronous
            mode `record` then returns once the event is on that disk, whatever the database does.
        spool_max_bytes: Bound of this process's spool, in bytes on the disk.
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
        harden: Whether the first use makes the triggers that refuse changes, or sees that they are
            there; see `indelible.storage.harden`.
        signing_key: Signs checkpoints: a key file's path, the text of a key, or a `Signer`. The
            file is read at once. Without one the log keeps its tree, which finds damage; but
            whoever can write to the database can build it anew.
        checkpoint_interval: How long after new events a checkpoint is signed, in seconds; None to
            sign only in `checkpoint` and `close`.
        checkpoint_sinks: Where checkpoints go beside the database: paths of files to append to,
            and callables that take a `SealedCheckpoint`, on a thread of their own. One that has
            not taken it within ten seconds is left alone until it has come back.
        signer_state: The file in which the key's last checkpoint is remembered; None for one beside
            the key's file, and where the key comes from no file, for memory alone.
        witnesses: Witnesses that are to cosign each checkpoint.
        witness_policy: How many of them must, and what happens otherwise.

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
        on_full: Literal["block", "raise", "spool", "drop"] = "block",
        block_timeout: float = 5.0,
        batch_size: int = DEFAULT_BATCH_SIZE,
        timeout: float = 30.0,
        busy_timeout: float = 5.0,
        close_timeout: float = 10.0,
        on_error: Literal["raise", "spool", "drop"] | Callable[[AuditError], None] = "raise",
        spool: str | Path | None = None,
        spool_max_bytes: int = DEFAULT_SPOOL_BYTES,
        redact: Redaction | Iterable[RedactRule] = (),
        keyed_hash: Iterable[str] = (),
        hash_key: bytes | None = None,
        max_body_bytes: int = DEFAULT_MAX_BODY_BYTES,
        clock: Callable[[], datetime] | None = None,
        source: str | None = None,
        table_prefix: str = "audit_",
        schema: str | None = None,
        create_tables: bool = True,
        harden: bool = False,
        signing_key: str | Path | Signer | None = None,
        checkpoint_interval: float | None = 60.0,
        checkpoint_sinks: str | Path | Sink | Iterable[str | Path | Sink] = (),
        signer_state: str | Path | SignerState | None = None,
        witnesses: Iterable[Witness] = (),
        witness_policy: WitnessPolicy | None = None,
    ) -> None:
        self._log = checked_log_name(log)
        self._audit_async = flag("audit_async", audit_async)
        self._queue_size = checked_count("queue_size", queue_size, least=1, most=10_000_000)
        self._block_timeout = checked_seconds("block_timeout", block_timeout)
        self._batch_size = checked_count("batch_size", batch_size, least=1, most=10_000)
        self._timeout = checked_seconds("timeout", timeout)
        self._busy_timeout = checked_seconds("busy_timeout", busy_timeout)
        self._close_timeout = checked_seconds("close_timeout", close_timeout)
        policies = checked_policies(
            audit_async=audit_async, on_full=on_full, on_error=on_error, spool=spool
        )
        self._on_full = policies.on_full
        self._error_policy = policies.on_error
        self._on_error = policies.hook
        self._spool_directory = policies.spool
        self._spool_max_bytes = checked_count(
            "spool_max_bytes", spool_max_bytes, least=1024 * 1024, most=2**53
        )
        self._create_tables = flag("create_tables", create_tables)
        self._redaction = checked_redaction(redact, keyed_hash, hash_key)
        self._builder = BodyBuilder(
            self._redaction,
            max_body_bytes=checked_count(
                "max_body_bytes", max_body_bytes, least=1024, most=16 * 1024 * 1024
            ),
            clock=clock,
            source=source,
        )
        self._bind = checked_bind(bind)
        self._tables = checked_tables(table_prefix, schema)
        # Guards the making and the disposing of `_engine`, `_session`, `_backend`, `_appender` and
        # `_reader`, so that however many threads race to be first, one engine is made.  Made here,
        # before any thread can use the service.  `_session` is assigned last: whoever sees it sees
        # the others.  Taken after the commit lock, never before it; held while the tables are
        # checked, never while events are written.
        self._session_lock = threading.Lock()
        # The thread that makes them just now, by its ident, or 0: what records or reads on that
        # very thread meanwhile (a logging call, a signal handler) must not wait for it.
        self._maker = 0
        # Guards the starting of `_writer` against `close`.  Reentrant, and accompanied by
        # `_starting`, because a signal handler may record while its own thread is starting one.
        self._writer_lock = threading.RLock()
        self._starting = False
        self._close_lock = threading.RLock()
        # One token for each read that is under way, with its thread's ident.
        self._reads: set[tuple[int, object]] = set()
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
        self._complaints = Complaints(logging.getLogger("indelible"))
        self._damages = Mishaps()
        self._deaths = Mishaps()
        self._make_path()
        self._harden = flag("harden", harden)
        # Holds the outermost of all locks while it seals: under that one it opens sessions, which
        # takes the session lock and, for a database in memory, the commit lock. So nothing that
        # holds one of those may wait for a seal.
        self._keeper = self._make_keeper(
            signing_key=signing_key,
            checkpoint_interval=checkpoint_interval,
            checkpoint_sinks=checkpoint_sinks,
            signer_state=signer_state,
            witnesses=witnesses,
            witness_policy=witness_policy,
        )
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
        # Written out: a loop over the names would cost more than all the rest of this method.
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
        receipt = Receipt.of(
            self._builder.build(action, actor, target, outcome, details, before, after, more)
        )
        if self._audit_async:
            return self._enqueue(receipt, wait=wait)
        return self._commit(receipt, wait=wait)

    # The database ------------------------------------------------------------------------------

    def _ensure_session(self) -> Session:
        """Return the writer's session, making engine and session once at the first use.

        Double-checked locking: the outer check keeps the lock off the hot path, the inner one lets
        only the first of several racing threads make anything.  If making fails half way, what was
        made is disposed and nothing is assigned, so that the next call tries again.
        """
        if self._session is None:
            me = threading.get_ident()
            if self._maker == me:
                raise StorageError(
                    "the log cannot be read by what its own first use calls, such as a logging "
                    "handler. Read it later, or use the service once before"
                )
            with self._session_lock:
                if self._session is None:
                    if self._disposed:
                        raise closed_error()
                    self._maker = me
                    try:
                        self._session = self._make_session()
                    finally:
                        self._maker = 0
                    if self._is_disposed():
                        # close() has not waited for a database that took too long to answer.
                        self._let_go(0.0, closing=True)
                        raise closed_error()
                return self._session
        return self._session

    # Reading -----------------------------------------------------------------------------------

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

    # The end -----------------------------------------------------------------------------------

    def close(self, timeout: float | None = None) -> CloseReport:
        """Commit what is pending, end the writer thread and give the connections back.

        May be called several times, and from several threads: the later ones wait for the first
        and return what it returned.  An engine that was passed to the constructor is not disposed.

        From inside a commit, in a signal handler or `on_error`, it cannot wait for that commit.  It
        then ends the recording and reports what is pending, which is committed all the same; the
        next call, or the interpreter's end, does the rest.

        Args:
            timeout: Longest time to drain, in seconds; None for `close_timeout`.

        Returns:
            A report that is true when everything accepted is committed.  What is not is told to
            `on_error` and the log as well, and its receipts raise `ClosedError`.
        """
        seconds = self._close_timeout if timeout is None else checked_seconds("timeout", timeout)
        self._closed = True
        if self._is_inside():
            return self._close_from_inside(time.monotonic() + seconds)
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

    # Processes ---------------------------------------------------------------------------------

    def after_fork(self) -> None:
        """Make everything anew in a forked child; called by `indelible.lifecycle` alone.

        A lock may be held by a thread that does not exist here, the pending events are the
        parent's to commit, and so is the connection.
        """
        self._renew_database()
        self._renew_intake()
        self._close_lock = threading.RLock()
        self._close_report = None
        self._abandoned = 0
        if self._keeper is not None:
            self._keeper.renew()

    def at_exit(self) -> None:
        """Drain at the interpreter's end; called by `indelible.lifecycle` alone."""
        if not self._disposed:
            self.close()
