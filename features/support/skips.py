"""What was not tested because this machine lacks a server or a browser: said loudly at the end.

Both runners record here. The whole run's closing lines come from the file that `REPORT` names,
which `suite.py` sets; a single runner prints its own.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from features.support.servers import TITLES, Unavailable

REPORT = "INDELIBLE_TEST_SKIPS"
"""Environment variable: the file to append to, one JSON object a line."""

Skip = tuple[str, str]
"""A kind of server, and why it cannot be had."""

_seen: list[Skip] = []


def record(unavailable: Unavailable, test: str) -> str:
    """Note that a test is skipped.

    Args:
        unavailable: Why.
        test: The test's name.

    Returns:
        The reason as a sentence, for the runner's own report.
    """
    _seen.append((unavailable.kind, unavailable.reason))
    if path := os.environ.get(REPORT):
        entry = {"kind": unavailable.kind, "reason": unavailable.reason, "test": test}
        with Path(path).open("a", encoding="utf-8") as report:
            report.write(json.dumps(entry) + "\n")
    return str(unavailable)


def recorded() -> list[Skip]:
    """What this process has recorded."""
    return list(_seen)


def read(path: Path) -> list[Skip]:
    """What all the processes that shared a report file have recorded."""
    if not path.exists():
        return []
    entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(entry["kind"], entry["reason"]) for entry in entries]


def lines(skips: Iterable[Skip], noun: str = "scenario") -> list[str]:
    """The loud lines, one for each kind of server and reason."""
    result = []
    for (kind, reason), number in sorted(Counter(skips).items()):
        needers = f"1 {noun} needs" if number == 1 else f"{number} {noun}s need"
        result.append(f"SKIPPED: {needers} {TITLES[kind]}: {reason}")
    return result
