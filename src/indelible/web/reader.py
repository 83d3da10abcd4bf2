"""Who is reading, and what of the log is theirs to see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request

from indelible.errors import ConfigurationError, InvalidEventError
from indelible.event import Actor, AuditEvent

__all__ = ["Authorize", "Reader"]

_MOST_TENANTS: Final = 1000
"""As many values as a filter takes."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, as an ``authorize`` hook tells it.

    Attributes:
        actor: Who it is, as ``"type:id"`` or an `Actor`; the reads are recorded under that name.
        tenants: The tenants whose events are theirs to see, at most 1,000; None for the whole log.
            An empty set sees nothing.
        places: Whether a reader of some tenants may also see what tells how much the others record:
            the numbers of events in the log, files with proofs, which hold a number and the log's
            size, and the status of the log. A reader of the whole log sees these anyway.

    Raises:
        ConfigurationError: A value has the wrong type.
    """

    actor: str | Actor
    tenants: frozenset[str] | None = None
    places: bool = False

    def __post_init__(self) -> None:
        """Check what a hook has passed, because a mistake here shows somebody else's events."""
        if isinstance(self.actor, str):
            try:
                object.__setattr__(self, "actor", Actor.parse(self.actor))
            except InvalidEventError as error:
                raise ConfigurationError(
                    "actor", self.actor, "write it as 'type:id', such as 'user:42'"
                ) from error
        elif not isinstance(self.actor, Actor):
            raise ConfigurationError("actor", self.actor, "pass 'type:id' or an Actor")
        tenants: Any = self.tenants
        if tenants is None:
            return
        if (
            isinstance(tenants, str)
            or not isinstance(tenants, Collection)
            or not all(isinstance(name, str) and name for name in tenants)
        ):
            raise ConfigurationError(
                "tenants", tenants, "pass a set of tenants' names, or None for all of the log"
            )
        if len(tenants) > _MOST_TENANTS:
            raise ConfigurationError("tenants", len(tenants), f"pass at most {_MOST_TENANTS}")
        object.__setattr__(self, "tenants", frozenset(tenants))

    @property
    def sees_places(self) -> bool:
        """Whether what tells about the log as a whole is theirs to see."""
        return self.tenants is None or self.places

    def may_see(self, event: AuditEvent) -> bool:
        """Tell whether an event is theirs to see."""
        return self.tenants is None or event.tenant in self.tenants

    def narrowed(self, filters: dict[str, Any]) -> dict[str, Any]:
        """Return filters that match what these match, and of that only what is theirs to see.

        Args:
            filters: Filters as the methods of `AuditService` take them.
        """
        if self.tenants is None:
            return filters
        asked = filters.get("tenant")
        if asked is None:
            seen = self.tenants
        else:
            seen = self.tenants & ({asked} if isinstance(asked, str) else set(asked))
        if not seen:
            # No event has a number below 0; what the other filters say is still checked.
            return {**filters, "tenant": None, "until_seq": 0}
        return {**filters, "tenant": sorted(seen)}


Authorize = Callable[[Request], "Reader | Awaitable[Reader | None] | None"]
"""Tells who makes a request: a `Reader`, or None for somebody who may see nothing."""
