"""Filters on what stands inside a body, for which no database has an index.

A body is canonical JSON, so a member with a known value is a known piece of text.  The database
looks for that text, which is cheap and the same everywhere, and finds every event that matches and
perhaps a few more: the text may stand elsewhere in the body.  Those are told apart here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from indelible.encoding import (
    RefusedValueError,
    ValueEncoder,
    clean_key,
    passes,
    to_json,
    unreadable,
    written_key,
)
from indelible.errors import InvalidEventError, QueryError

__all__ = ["ChangedPath", "Content", "StoredDetail"]


class Content(Protocol):
    """One condition on a body."""

    @property
    def needle(self) -> str:
        """A text that stands in every body that matches."""

    def matches(self, members: Mapping[str, Any]) -> bool:
        """Tell whether a decoded body matches."""

    def described(self) -> dict[str, Any]:
        """Return the condition as plain JSON values."""


@dataclass(frozen=True, slots=True)
class ChangedPath:
    """Something changed at a path, or below it.

    Attributes:
        path: The path's steps behind each other, separated by ``/`` as in JSON Pointer (RFC 6901).
    """

    path: str

    @property
    def needle(self) -> str:
        """The beginning of the path's name, which the names of all paths below share."""
        return _text(written_key(self.path))[:-1]

    def matches(self, members: Mapping[str, Any]) -> bool:
        """Tell whether a decoded body matches."""
        wanted = written_key(self.path)
        return any(
            path == wanted or path.startswith(f"{wanted}/") for path in members.get("changes", ())
        )

    def described(self) -> dict[str, Any]:
        """Return the condition as plain JSON values."""
        return {"changed": self.path}


@dataclass(frozen=True, slots=True)
class StoredDetail:
    """A value that stands at a path in the details.

    Attributes:
        path: The path as the caller wrote it.
        steps: The keys on the way, as they stand in a body; digits also mean a place in a list.
        value: The value's canonical JSON, as it stands in a body.
    """

    path: str
    steps: tuple[str, ...]
    value: str

    @classmethod
    def of(cls, path: str, value: object, values: ValueEncoder) -> StoredDetail:
        """Return the condition that a caller's path and value mean.

        Args:
            path: Keys, separated by ``/``; ``~1`` stands for a slash in a key and ``~0`` for ``~``.
            value: Any value that an event may hold.
            values: How the service writes values into bodies.

        Raises:
            QueryError: No event can hold the value, or redaction keeps it out of every event.
        """
        keys = [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")]
        steps: list[str] = []
        try:
            for key in keys[:-1]:
                rule = values.keys[key]
                if not passes(rule):
                    raise _redacted(path, value)
                steps.append(written_key(key if rule is None else clean_key(key, rule)))
            rule = values.keys[keys[-1]]
            if rule is None:
                steps.append(written_key(keys[-1]))
                stored = values.value(value)
            else:
                steps.append(written_key(clean_key(keys[-1], rule)))
                stored = values.ruled(rule, value)
                if isinstance(stored, dict) and "$redacted" in stored:
                    raise _redacted(path, value)
            text = to_json(stored).decode()
        except RefusedValueError as refused:
            raise _unfit(path, value, refused.located("details")) from refused
        except QueryError:
            raise
        except Exception as error:
            raise _unfit(path, value, unreadable("details", error)) from error
        return cls(path, tuple(steps), text)

    @property
    def needle(self) -> str:
        """The member as it is written, or the value alone where the step may be a list's index."""
        if self.steps[-1].isdigit():
            return self.value
        return f"{_text(self.steps[-1])}:{self.value}"

    def matches(self, members: Mapping[str, Any]) -> bool:
        """Tell whether a decoded body matches."""
        found: Any = members.get("details", {})
        for step in self.steps:
            if isinstance(found, dict) and step in found:
                found = found[step]
            elif isinstance(found, list) and step.isdigit() and int(step) < len(found):
                found = found[int(step)]
            else:
                return False
        return to_json(found).decode() == self.value

    def described(self) -> dict[str, Any]:
        """Return the condition as plain JSON values."""
        return {f"details/{self.path}": self.value}


def _text(key: str) -> str:
    return to_json(key).decode()


def _redacted(path: str, value: object) -> QueryError:
    # The value may be the secret itself.
    del value
    return QueryError(
        "details", path, "values under this key are redacted, so that no event holds one to find"
    )


def _unfit(path: str, value: object, error: InvalidEventError) -> QueryError:
    return QueryError("details", {path: value}, f"no event can hold this value: {error}")
