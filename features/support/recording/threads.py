"""Threads that start together, and what becomes of each."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

SECONDS = 30.0
"""How long threads may take before they count as hanging."""


@dataclass
class Outcome:
    """How one thread ended: with a value or with an error.

    Attributes:
        thread: Its ident, which no other thread of the same run has.
        value: What its function returned.
        error: What it raised.
        seconds: How long its function took.
    """

    thread: int = 0
    value: Any = None
    error: BaseException | None = None
    seconds: float = 0.0


class Running:
    """Threads that have passed a barrier together. `join` waits for them."""

    def __init__(self, functions: Sequence[Callable[[], Any]]) -> None:
        self.outcomes = [Outcome() for _ in functions]
        self._start = threading.Barrier(len(functions))
        # An ident is used again once its thread has ended, so all of them end together.
        self._end = threading.Barrier(len(functions))
        self._threads = [
            threading.Thread(target=self._run, args=(function, outcome), daemon=True)
            for function, outcome in zip(functions, self.outcomes, strict=True)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, function: Callable[[], Any], outcome: Outcome) -> None:
        outcome.thread = threading.get_ident()
        self._start.wait(SECONDS)
        started = time.monotonic()
        try:
            outcome.value = function()
        except BaseException as error:  # noqa: BLE001 - it is what the test looks at
            outcome.error = error
        outcome.seconds = time.monotonic() - started
        self._end.wait(2 * SECONDS)

    def join(self, seconds: float = SECONDS) -> list[Outcome]:
        """Wait for all threads.

        Raises:
            AssertionError: One of them hangs; the message holds its stack.
        """
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        frames = sys._current_frames()
        hanging = [
            "".join(traceback.format_stack(frames[thread.ident]))
            for thread in self._threads
            if thread.is_alive() and thread.ident in frames
        ]
        if hanging:
            self._end.abort()
            raise AssertionError(f"{len(hanging)} threads hang:\n" + "\n".join(hanging))
        return self.outcomes


def race(functions: Sequence[Callable[[], Any]], seconds: float = SECONDS) -> list[Outcome]:
    """Run functions in threads of their own, released together by a barrier."""
    return Running(functions).join(seconds)


def values(outcomes: Sequence[Outcome]) -> list[Any]:
    """Return what the threads returned; an error of any of them is raised."""
    for outcome in outcomes:
        if outcome.error is not None:
            raise AssertionError(f"a thread raised {outcome.error!r}") from outcome.error
    return [outcome.value for outcome in outcomes]


def wait_until(condition: Callable[[], object], what: str, seconds: float = 10.0) -> None:
    """Wait for something that no event tells of.

    Raises:
        AssertionError: It does not come.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.002)
