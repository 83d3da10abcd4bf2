"""Reading a log's tree from the tables: its head, and any tile at any size that it has had."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from indelible.errors import SchemaError
from indelible.merkle import HASH_SIZE, TILE_WIDTH, Frontier, ProofError
from indelible.storage.schema import Tables

__all__ = ["TreeReader"]


class TreeReader:
    """Reads one log's tree within the caller's session, and so within one view of the database.

    Not safe for use by several threads at once.

    Args:
        session: A session of the calling thread's own.
        tables: The tables.
        origin: The log's name.

    Attributes:
        fetched: Tiles that have been read so far.
    """

    def __init__(self, session: Session, tables: Tables, origin: str) -> None:
        self._session = session
        self._tables = tables
        self._origin = origin
        log = tables.log.c
        self._log_id: Any = select(log.log_id).where(log.origin == origin).scalar_subquery()
        self.fetched = 0

    def frontier(self) -> Frontier:
        """Return the frontier of the log's head; an empty one for a log that has no row yet.

        Raises:
            SchemaError: The row's size and frontier do not belong together.
        """
        log = self._tables.log.c
        wanted = select(log.size, log.frontier).where(log.origin == self._origin)
        found = self._session.execute(wanted).one_or_none()
        if found is None:
            return Frontier()
        try:
            frontier = Frontier.from_bytes(bytes(found.frontier))
        except ProofError as error:
            raise SchemaError(
                f"the head of the log {self._origin!r} is damaged: {error}"
            ) from error
        if frontier.size != found.size:
            raise SchemaError(
                f"the head of the log {self._origin!r} says {found.size} events, and its frontier "
                f"is of {frontier.size}"
            )
        return frontier

    def fetch(self, level: int, index: int, width: int) -> bytes:
        """Return the first `width` hashes of a tile, as `indelible.merkle.Fetch` asks.

        A full tile is stored.  The hashes of one that is not full yet are the leaf hashes of its
        events on level 0, and the roots of full tiles of the level below on the others.

        Args:
            level: The tile's level, from 0.
            index: Its index in the level, from 0.
            width: How many of its hashes are wanted, 1 to 256.

        Returns:
            The hashes, joined; fewer than asked for if the tables hold fewer.
        """
        self.fetched += 1
        tile = self._tables.tile.c
        full = self._session.execute(
            select(tile.hashes).where(
                tile.log_id == self._log_id, tile.level == level, tile.tile_index == index
            )
        ).scalar_one_or_none()
        if full is not None:
            return bytes(full)[: width * HASH_SIZE]
        first = index * TILE_WIDTH
        if level == 0:
            event = self._tables.event.c
            wanted = (
                select(event.leaf_hash)
                .where(
                    event.log_id == self._log_id,
                    event.seq >= first,
                    event.seq < first + width,
                )
                .order_by(event.seq)
            )
        else:
            wanted = (
                select(tile.root)
                .where(
                    tile.log_id == self._log_id,
                    tile.level == level - 1,
                    tile.tile_index >= first,
                    tile.tile_index < first + width,
                )
                .order_by(tile.tile_index)
            )
        return b"".join(map(bytes, self._session.execute(wanted).scalars()))
