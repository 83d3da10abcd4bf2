"""Runs a hypothesis property inside a behave step, so that a failure shows its example."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, settings

if TYPE_CHECKING:
    from collections.abc import Callable


def run_property(prop: Callable[[], None], *, examples: int = 200, shrink: bool = True) -> None:
    """Run a function decorated with `given`, and put the falsifying example into the message.

    behave prints an exception's message but not its notes, and hypothesis writes the example into
    the notes. No example database is kept, because it would be written into the working tree.
    Without shrinking, a slow property shows the first example that it finds rather than spending
    minutes on looking for a smaller one.
    """
    phases = (Phase.explicit, Phase.generate, *((Phase.shrink,) if shrink else ()))
    configured = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )(prop)
    try:
        configured()
    except Exception as error:
        notes = "\n".join(getattr(error, "__notes__", ()))
        raise AssertionError(f"{type(error).__name__}: {error}\n{notes}") from error
