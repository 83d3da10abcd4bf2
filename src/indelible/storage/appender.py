"""The transaction that appends a batch to a log: the one way in.

::

    lock the log's row  →  number the events  →  extend the tree  →  insert events and tiles
    →  write the new head  →  COMMIT

Whatever fails before the COMMIT leaves the log as it was.  A COMMIT whose reply is lost leaves the
outcome unknown; the same batch, tried again, finds its own event ids and so ends up in the log
once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import PoolProxiedConnection

from indelible.body import EventRow
from indelible.errors import EventConflictError, SchemaError
from indelible.event import Placed
from indelible.merkle import (
    CompletedTile,
    Frontier,
    ProofError,
    TreeState,
    leaf_hash,
    partial_ranges,
)
from indelible.storage.backends import Backend, Head, NumberedRow
from indelible.storage.logs import empty_log
from indelible.storage.schema import FORMAT_VERSION

__all__ = ["LogAppender"]

_IDS_PER_QUERY: Final = 400  # Well below the 999 bound values that old builds of SQLite allow.
_CHECKED: Final = "indelible_checked"


class _Known(NamedTuple):
    """An event that is already in the database."""

    place: Placed
    identity: tuple[Any, ...]


_Grown = tuple[list[NumberedRow], TreeState, Head, list[CompletedTile]]
"""What a batch makes of a log."""


class LogAppender:
    """Appends batches to one log.

    Not safe for use by two threads at once: the caller holds the commit lock.

    Args:
        backend: The database.
        origin: The log's name.
    """

    def __init__(self, backend: Backend, origin: str) -> None:
        self._backend = backend
        self._tables = backend.tables
        self._origin = origin
        self._log_id: int | None = None
        # The tree at the head that this object wrote last, or None when that is not known.  It is
        # only used if the head in the database still says the same: other processes append too.
        self._state: TreeState | None = None
        self._head = Head(-1, b"")
        # The connection whose settings have been checked last, as the pool gave it out.
        self._checked: PoolProxiedConnection | None = None
        # Whether a transaction is under way, which SQLAlchemy may know nothing of.
        self._writing = False
        # Whether another process has appended since this one last did.
        self._contended = False

    def append(
        self,
        bind: Connection | Engine,
        rows: Sequence[EventRow],
        prepared: Callable[[], None] = lambda: None,
    ) -> list[Placed | EventConflictError]:
        """Append a batch in one transaction, and commit it.

        Args:
            bind: What the writer's session is bound to: a connection of its own, or an engine from
                whose pool each batch takes one. No transaction is open on it, before and after.
            rows: The events, at least one.
            prepared: Called when all is ready for the longest statement, during which other
                threads can run.

        Returns:
            For each event its place: a new one, or the one that an event with this id already
            has.  An `EventConflictError` stands for an event whose id belongs to another event.

        Raises:
            SchemaError: The log's row is gone, or does not agree with its events.
            Exception: Whatever the database raises; nothing of the batch is then in the log, or,
                if the COMMIT itself failed, perhaps all of it.
        """
        if isinstance(bind, Connection):
            return self._append_once(bind, rows, prepared)
        with bind.connect() as connection:
            return self._append_once(connection, rows, prepared)

    def _append_once(
        self, connection: Connection, rows: Sequence[EventRow], prepared: Callable[[], None]
    ) -> list[Placed | EventConflictError]:
        """Append a batch, of which some or all events may be in the database already."""
        if self._writing or connection.in_transaction():
            # A signal handler's exception has interrupted the clean-up after another one.
            self._abort(connection, InterruptedError())
        try:
            return self._append(connection, rows, prepared, look_up=False)
        except BaseException as error:
            self._abort(connection, error)
            if not (isinstance(error, Exception) and self._backend.is_duplicate(error)):
                raise
            # Looking ids up costs a query, so it is done only when one turns out to be there.
            first = error
        try:
            return self._append(connection, rows, prepared, look_up=True)
        except BaseException as error:
            self._abort(connection, error)
            if isinstance(error, Exception) and self._backend.is_duplicate(error):
                self._check_numbers(connection, error)
            raise error from first

    def _check_numbers(self, connection: Connection, error: Exception) -> None:
        """Blame the log's row, and not an event, if the next numbers are in use already."""
        log, event = self._tables.log.c, self._tables.event.c
        wanted = (
            select(event.seq)
            .join(self._tables.log, log.log_id == event.log_id)
            .where(event.log_id == self._log_id, event.seq >= log.size)
            .limit(1)
        )
        with connection.begin():
            found = connection.execute(wanted).one_or_none()
        if found is not None:
            raise SchemaError(
                f"the log {self._origin!r} already has an event {found.seq}, which its row in "
                f"{self._tables.log.name} has yet to number. Somebody changed the tables; nothing "
                "is appended to such a log"
            ) from error

    def _append(
        self,
        connection: Connection,
        rows: Sequence[EventRow],
        prepared: Callable[[], None],
        *,
        look_up: bool,
    ) -> list[Placed | EventConflictError]:
        log_id = self._log_id
        if log_id is None:
            log_id = self._log_id = self._ensure_log(connection)
        self._begin(connection)
        known: dict[str, _Known] = {}
        fresh = rows
        grown = None if look_up else self._advance(connection, log_id, rows)
        if grown is None:
            head = self._lock_head(connection, log_id)
            if look_up:
                known = self._known(connection, rows)
                # An id that comes twice in one batch is one event as well: the first one.
                first: dict[str, EventRow] = {}
                for row in rows:
                    if row[0] not in known:
                        first.setdefault(row[0], row)
                fresh = list(first.values())
            grown = _grow(self._tree_at(connection, log_id, head), fresh)
            if fresh:
                self._backend.set_head(connection, log_id, grown[2])
        numbered, state, new_head, tiles = grown
        if tiles:
            self._backend.insert_tiles(connection, log_id, tiles)
        prepared()
        if numbered:
            self._backend.insert_events(connection, log_id, numbered)
        self._state = None
        self._backend.commit(connection)
        self._writing = False
        self._state, self._head = state, new_head
        if not look_up:
            return [(self._origin, seq, leaf) for seq, leaf, _ in numbered]
        for seq, leaf, row in numbered:
            known[row[0]] = _Known((self._origin, seq, leaf), _identity(row))
        return [self._settled(row, known[row[0]]) for row in rows]

    def _advance(
        self, connection: Connection, log_id: int, rows: Sequence[EventRow]
    ) -> _Grown | None:
        """Write the new head in one statement, if no other process has appended meanwhile."""
        if self._state is None or self._contended:
            return None
        grown = _grow(self._state, rows)
        if self._backend.advance_head(connection, log_id, self._head, grown[2]):
            return grown
        # Others append as well: until they stop, asking first is cheaper than being wrong.
        self._contended = True
        return None

    def _lock_head(self, connection: Connection, log_id: int) -> Head:
        head = self._backend.lock_head(connection, log_id)
        if head is None:
            raise SchemaError(
                f"the log {self._origin!r} has lost its row in {self._tables.log.name}; "
                "restore the database from a backup"
            )
        self._contended = head != self._head
        return head

    def _begin(self, connection: Connection) -> None:
        """Begin to write, on settings that keep what is committed."""
        # The settings belong to the driver's connection, which is another one after a reconnect.
        pooled = connection.connection
        if pooled is not self._checked and not pooled.info.get(_CHECKED):
            self._backend.check_settings(connection)
            pooled.info[_CHECKED] = True
            # Some settings are undone by a rollback, and some cannot be made in a transaction:
            # the driver's own, of which SQLAlchemy knows nothing.
            connection.commit()
            pooled.commit()
        self._checked = pooled
        self._writing = True
        self._backend.begin(connection)

    def _abort(self, connection: Connection, error: BaseException) -> None:
        self._state = None
        # A broken connection must be found out before the rollback, which would use it again.
        self._backend.discard(connection, error)
        try:
            self._backend.rollback(connection)
        except Exception:  # noqa: BLE001 - whatever it is, the next attempt gets another one
            connection.invalidate(error)
            connection.rollback()
        self._writing = False

    def _ensure_log(self, connection: Connection) -> int:
        """Return the log's key, after creating its row if this is the first use of its name."""
        log = self._tables.log
        wanted = select(log.c.log_id, log.c.format_version).where(log.c.origin == self._origin)
        with connection.begin():
            found = connection.execute(wanted).one_or_none()
        if found is None:
            try:
                self._begin(connection)
                connection.execute(insert(log), empty_log(self._origin))
                self._backend.commit(connection)
                self._writing = False
            except IntegrityError as error:
                # Another process was faster.
                self._abort(connection, error)
            with connection.begin():
                found = connection.execute(wanted).one()
        if found.format_version != FORMAT_VERSION:
            raise SchemaError(
                f"the log {self._origin!r} has format version {found.format_version}, and this "
                f"version of indelible writes {FORMAT_VERSION}. Upgrade indelible"
            )
        log_id: int = found.log_id
        return log_id

    def _tree_at(self, connection: Connection, log_id: int, head: Head) -> TreeState:
        """Return the tree at the head: the one in memory if it is that, else from the database."""
        if self._state is not None and head == self._head:
            return self._state
        event, tile = self._tables.event.c, self._tables.tile.c
        partials: list[bytes] = []
        for level, nodes in enumerate(partial_ranges(head.size)):
            if level == 0:
                wanted = select(event.leaf_hash).where(
                    event.log_id == log_id, event.seq >= nodes.start, event.seq < nodes.stop
                )
                ordered = wanted.order_by(event.seq)
            else:
                wanted = select(tile.root).where(
                    tile.log_id == log_id,
                    tile.level == level - 1,
                    tile.tile_index >= nodes.start,
                    tile.tile_index < nodes.stop,
                )
                ordered = wanted.order_by(tile.tile_index)
            partials.append(b"".join(map(bytes, connection.execute(ordered).scalars())))
        try:
            frontier = Frontier.from_bytes(head.frontier)
            if frontier.size != head.size:
                raise ProofError(f"its frontier is of size {frontier.size}")
            return TreeState.restore(frontier, partials)
        except ProofError as error:
            raise SchemaError(
                f"the head of the log {self._origin!r} at size {head.size} does not agree with its "
                f"events ({error}). Somebody changed the tables; nothing is appended to such a log"
            ) from error

    def _known(self, connection: Connection, rows: Sequence[EventRow]) -> dict[str, _Known]:
        """Return the events of the batch that are already in the database, by id."""
        event, log = self._tables.event.c, self._tables.log.c
        ids = list({row[0] for row in rows})
        known: dict[str, _Known] = {}
        for start in range(0, len(ids), _IDS_PER_QUERY):
            wanted = (
                select(
                    event.event_id,
                    log.origin,
                    event.seq,
                    event.leaf_hash,
                    event.action,
                    event.outcome,
                    event.actor,
                    event.target,
                )
                .join(self._tables.log, log.log_id == event.log_id)
                .where(event.event_id.in_(ids[start : start + _IDS_PER_QUERY]))
            )
            for event_id, origin, seq, leaf, *identity in connection.execute(wanted):
                place = (origin, seq, bytes(leaf))
                known[str(event_id)] = _Known(place, tuple(identity))
        return known

    def _settled(self, row: EventRow, known: _Known) -> Placed | EventConflictError:
        place, identity = known
        # A pruned event has no identity any more, and its id is enough.
        same = identity[0] is None or identity == _identity(row)
        log, seq, _ = place
        if same and log == self._origin:
            return place
        return EventConflictError(
            row[0],
            f"its id already belongs to the event {seq} of the log {log!r}, which "
            "differs in its log, action, outcome, actor or target. Give each event its own id",
        )


def _grow(state: TreeState, rows: Sequence[EventRow]) -> _Grown:
    """Number a batch's events and extend the tree by them."""
    if len(rows) == 1:
        # A synchronous caller waits for this: lists and iterators cost it more than the work.
        row, first = rows[0], state.size
        leaf = leaf_hash(row[-1])
        grown, tiles = state.extend((leaf,))
        return [(first, leaf, row)], grown, Head(first + 1, grown.head()), tiles
    hashes = [leaf_hash(row[-1]) for row in rows]
    grown, tiles = state.extend(hashes)
    size = grown.size
    numbered = list(zip(range(state.size, size), hashes, rows, strict=True))
    return numbered, grown, Head(size, grown.head()), tiles


def _identity(row: EventRow) -> tuple[Any, ...]:
    """Return what two events with one id must agree in to be the same event."""
    return row[3:7]
