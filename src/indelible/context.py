"""The context that events are recorded in: who acts, for which tenant, in which request.

It lives in a `contextvars.ContextVar`, so it follows an ``asyncio`` task into the tasks that it
starts and never leaks into another one.  A new thread starts with an empty context, as always in
Python; run its function inside a copy to hand the context over::

    pool.submit(contextvars.copy_context().run, function, argument)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Final

from indelible.errors import InvalidEventError, shown

__all__ = ["CONTEXT_FIELDS", "bind_context", "bound_context", "clear_context", "current_context"]

CONTEXT_FIELDS: Final = frozenset(
    {
        "actor",
        "details",
        "on_behalf_of",
        "request_id",
        "session_id",
        "source_ip",
        "span_id",
        "tenant",
        "trace_id",
        "user_agent",
    }
)
"""The arguments of ``record()`` that the context can supply."""

_EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})
_context: ContextVar[Mapping[str, Any]] = ContextVar("indelible_context", default=_EMPTY)

current_context = _context.get
"""Return the bound values by name; read-only."""


def bind_context(**values: Any) -> None:
    """Bind values that every later ``record()`` in this context takes over.

    An argument given to ``record()`` wins over the bound value; ``details`` are merged key by key.

    Args:
        **values: Any of the names in `CONTEXT_FIELDS`.  None unbinds a name.

    Raises:
        InvalidEventError: A name is unknown.
    """
    _context.set(_merged(values))


def clear_context() -> None:
    """Forget everything that is bound in this context."""
    _context.set(_EMPTY)


@contextmanager
def bound_context(**values: Any) -> Iterator[None]:
    """Bind values inside a ``with`` block, and restore what was bound before it at its end.

    Args:
        **values: As for `bind_context`.

    Raises:
        InvalidEventError: A name is unknown.
    """
    token = _context.set(_merged(values))
    try:
        yield
    finally:
        _context.reset(token)


def _merged(values: Mapping[str, Any]) -> Mapping[str, Any]:
    unknown = sorted(values.keys() - CONTEXT_FIELDS)
    if unknown:
        raise InvalidEventError(
            unknown[0],
            f"the context has no such field. It has: {', '.join(sorted(CONTEXT_FIELDS))}. "
            "Put other facts into details={…}",
        )
    bound = dict(_context.get())
    for name, value in values.items():
        if value is None:
            bound.pop(name, None)
        elif name == "details":
            if not isinstance(value, Mapping):
                raise InvalidEventError(name, f"{shown(value)} is no mapping. Pass a dict")
            bound[name] = {**bound.get(name, {}), **value}
        else:
            bound[name] = value
    return MappingProxyType(bound)
