"""Full text search over a service's log: switched on, switched off, and how far it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from indelible.access import LogAccess
from indelible.storage.imports import imports

if TYPE_CHECKING:
    from indelible.storage.text import TextSearchState

__all__ = ["TextIndexing"]


class TextIndexing(LogAccess):
    """The part of a service that looks after its log's text index.

    The index belongs to the log in the database, not to the service: it serves all processes that
    read the log, and stays when the service is closed.
    """

    def enable_text_search(
        self, *, progress: Callable[[int, int], None] | None = None
    ) -> TextSearchState:
        """Make the log's text index, for queries with `text`, while events are recorded.

        New events are indexed from the first moment, in the transactions that insert them. Those
        that are there already are filled in piece by piece before this returns. Ended in the
        middle, the next call goes on there; where there is an index already, nothing is done.

        Args:
            progress: Called now and then with how many events are indexed, and of how many.

        Returns:
            The state reached: ``on``.

        Raises:
            ConfigurationError: The database has no full text search that this is made for.
            UnsafeSettingError: The server cannot do it as it is set up.
            StorageError: The database failed, or the account does not own the tables.
        """
        with imports.lock:
            from indelible.storage.logs import ensure_log
            from indelible.storage.text import enable_text

        with self._borrowed_engine("call it again to go on") as (engine, _):
            log_id = ensure_log(engine, self._tables, self._log)
            return enable_text(engine, self._tables, log_id, progress)

    def disable_text_search(self) -> TextSearchState:
        """Take the log's text index away, and all that it costs; does nothing if there is none.

        Returns:
            The state reached: ``off``.

        Raises:
            ConfigurationError: The database has no full text search that this is made for.
            StorageError: The database failed, or the account does not own the tables.
        """
        with imports.lock:
            from indelible.storage.text import disable_text, text_state

        with self._borrowed_engine("the text index may still be there") as (engine, reader):
            with engine.connect() as connection:
                log_id = reader.log_id(connection)
                state = text_state(connection, self._tables, log_id)
            if state.state == "off":
                return state
            disable_text(engine, self._tables, log_id)
            with engine.connect() as connection:
                return text_state(connection, self._tables, log_id)

    def text_search_status(self) -> TextSearchState:
        """Tell whether queries with `text` can be asked: ``off``, ``filling`` or ``on``.

        Raises:
            StorageError: The database failed.
        """
        with imports.lock:
            from indelible.storage.text import text_state

        with self._reading() as (connection, reader):
            return text_state(connection, self._tables, reader.log_id(connection))
