"""Which patterns match so many events that going through all of them is the shortest way.

The events of ``invoice.*`` can be found through the index on actions, the newest few of each action
merged; or by going through all events, newest first, until enough of them match.  The second way
takes a fraction of the time where every third event matches, and for ever where one in a million
does.  So the first way is gone unless an earlier answer lay close together; and the second one has
a bound, behind which the first way is gone after all.  What is remembered here is only ever about
time: both ways lead to the same events.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from indelible.storage.criteria import Condition, Criteria

__all__ = ["Walks"]

_SPARSE: Final = 12
"""At most one in so many events matches where all are gone through."""

_FURTHER: Final = 8
"""How many times as far as the last answer reached a walk may go."""

_REMEMBERED: Final = 256


class _Walk(NamedTuple):
    """How far the last answer reached back in time, and to what time."""

    reach: timedelta
    oldest: datetime


class Walks:
    """What is remembered of one log's answers; safe to use from several threads."""

    def __init__(self) -> None:
        self._walks: dict[tuple[Condition, ...], _Walk] = {}

    def narrowed(self, criteria: Criteria, behind: tuple[str, int] | None) -> Criteria | None:
        """Return the criteria with the bound of a walk; None if the index is the way to go.

        Args:
            criteria: What events match, patterns included.
            behind: Time and number of the event behind which the page begins, or None.
        """
        walk = self._walks.get(criteria.conditions)
        if walk is None:
            return None
        begin = criteria.until if behind is None else behind[0]
        # Events that have been recorded since only make a walk from the newest one longer.
        begun = walk.oldest + walk.reach if begin is None else _moment(begin)
        bound = (begun - _FURTHER * walk.reach).isoformat(timespec="microseconds")[:26] + "Z"
        if criteria.since is not None and criteria.since >= bound:
            return criteria
        return criteria._replace(since=bound)

    def learn(self, criteria: Criteria, rows: Sequence[Any], limit: int) -> None:
        """Remember whether the events of an answer lay close together.

        Args:
            criteria: What they match.
            rows: The answer, newest first, beginning with number and time.
            limit: How many were wanted.
        """
        numbers = sorted([row[0] for row in rows])
        # Some events come late, from clients that were offline, and are numbered far from those
        # that they stand among.
        late = limit // 8
        if len(rows) < limit or numbers[-1 - late] - numbers[late] > _SPARSE * limit:
            self._walks.pop(criteria.conditions, None)
            return
        newest, oldest = _moment(rows[0][1]), _moment(rows[-1][1])
        if len(self._walks) >= _REMEMBERED:
            self._walks.clear()
        self._walks[criteria.conditions] = _Walk(newest - oldest, oldest)


def _moment(value: Any) -> datetime:
    """Return a column's time, or that of a filter, which is text in some databases."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value[:26])
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
