"""Handing checkpoints to sinks, which may hang: each has a time to take one, and no more."""

from __future__ import annotations

import threading
from contextvars import copy_context
from typing import TYPE_CHECKING, Final

from indelible.sealing.sinks import Sink

if TYPE_CHECKING:
    from indelible.sealing.sealer import SealedCheckpoint

__all__ = ["SINK_SECONDS", "Handing"]

SINK_SECONDS: Final = 10.0
"""How long a sink may take, in seconds."""


class Handing:
    """Hands checkpoints to one sink, on a thread of its own for each.

    A sink that hangs, as on a network file system whose server is gone, cannot be interrupted.  It
    is left alone then, and gets no further checkpoint until it has come back: so there is never
    more than one thread that hangs in it.

    One thread at a time uses this, the one that seals.

    Args:
        sink: The sink.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._thread: threading.Thread | None = None

    def is_inside(self, ident: int) -> bool:
        """Whether a thread, by its ident, is inside the sink."""
        thread = self._thread
        return thread is not None and thread.is_alive() and thread.ident == ident

    def hand(self, sealed: SealedCheckpoint) -> str | None:
        """Hand a checkpoint to the sink. Returns what is wrong, or None."""
        seconds = SINK_SECONDS
        if self._thread is not None and self._thread.is_alive():
            return f"{self._sink!r}: it still hangs with an earlier one"
        errors: list[Exception] = []
        context = copy_context()
        self._thread = threading.Thread(
            target=lambda: context.run(self._run, sealed, errors), name="audit-sink", daemon=True
        )
        try:
            self._thread.start()
        except RuntimeError:
            # The interpreter is ending, or there are no threads to be had.
            self._thread = None
            self._run(sealed, errors)
        else:
            self._thread.join(seconds)
            if self._thread.is_alive():
                return (
                    f"{self._sink!r}: it has not taken it within {seconds:g} s, and is left alone"
                )
        return next((f"{self._sink!r}: {type(each).__name__}: {each}" for each in errors), None)

    def _run(self, sealed: SealedCheckpoint, errors: list[Exception]) -> None:
        try:
            self._sink(sealed)
        except Exception as error:  # noqa: BLE001 - the others are to get it all the same
            errors.append(error)
