"""What a directory of spools holds, as the commands ``indelible spool`` tell of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from indelible.cli.exit_codes import ExitCode
from indelible.cli.failures import CommandError
from indelible.counting import counted
from indelible.spool import SpoolMismatchError, SpoolStatus, bad_files, status
from indelible.writer.refused import REFUSED_SUFFIX

__all__ = ["SetAside", "SpoolsLook", "checked_directory", "look_at"]

_SPOOL_NAME: Final = re.compile(r"[0-9a-f]{32}")


class SetAside(NamedTuple):
    """A file of what could not be delivered.

    Attributes:
        path: The file.
        kind: ``bad`` for damaged bytes, ``refused`` for events that the database refuses.
        entries: How many places or events it tells of.
        lost: How many events the damage has cost; 0 for refused events, which are in the file.
    """

    path: Path
    kind: str
    entries: int
    lost: int = 0


@dataclass(frozen=True, slots=True)
class SpoolsLook:
    """What was in a directory of spools at one moment.

    Attributes:
        directory: The directory.
        spools: The spools in it.
        files: What was set aside, beside the spools and in them.
    """

    directory: Path
    spools: list[SpoolStatus]
    files: list[SetAside]

    @property
    def waiting(self) -> list[SpoolStatus]:
        """The spools of dead processes that hold events, or cannot be read."""
        return [
            spool for spool in self.spools if not spool.alive and (spool.pending or spool.problem)
        ]

    @property
    def living(self) -> list[SpoolStatus]:
        """The spools of living processes, which these deliver themselves."""
        return [spool for spool in self.spools if spool.alive]

    def of_log(self, log: str) -> list[SpoolStatus]:
        """Return the spools of dead processes that hold events of a log."""
        return [spool for spool in self.waiting if not spool.problem and spool.origin == log]

    def hindrances(self, log: str) -> list[str]:
        """Return why the spools of dead processes that are not of a log, or unreadable, stay."""
        return [
            spool.problem or str(SpoolMismatchError(spool.path, spool.origin or "", log))
            for spool in self.waiting
            if spool.problem or spool.origin != log
        ]

    def entries(self, kind: str) -> int:
        """Return how many places or events the files of a kind tell of."""
        return sum(file.entries for file in self.files if file.kind == kind)

    @property
    def lost(self) -> int:
        """How many events the damage has cost that was set aside."""
        return sum(file.lost for file in self.files)

    def needs(self) -> list[str]:
        """Return what somebody has to look at, a few words for each."""
        needs = []
        unreadable = [spool for spool in self.waiting if spool.problem]
        left = [spool for spool in self.waiting if not spool.problem]
        damaged = sum(spool.damaged for spool in self.spools)
        if left:
            events = counted(sum(spool.pending for spool in left), "event")
            needs.append(f"{events} left by {counted(len(left), 'dead process')}")
        if unreadable:
            needs.append(f"{counted(len(unreadable), 'spool')} that cannot be read")
        if damaged:
            needs.append(f"{counted(damaged, 'damaged place')} in spools")
        for kind, noun in (("bad", "file of damaged bytes"), ("refused", "file of refused events")):
            if files := [file for file in self.files if file.kind == kind]:
                needs.append(counted(len(files), noun))
        return needs


def checked_directory(text: str) -> Path:
    """Return a directory that can be looked into.

    Raises:
        CommandError: There is none, or it is a single spool.
    """
    path = Path(text)
    if not path.exists():
        problem = f"there is no directory {text!r}. Name the one that is the service's spool="
    elif not path.is_dir():
        problem = f"{text!r} is no directory. Name the one that is the service's spool="
    elif _SPOOL_NAME.fullmatch(path.name) and any(path.glob("*.seg")):
        problem = f"{text!r} is a single spool. Name the directory that it is in"
    else:
        return path
    raise CommandError(problem, ExitCode.CONFIGURATION)


def look_at(directory: Path) -> SpoolsLook:
    """Look at what a directory holds; nothing is changed in it.

    Raises:
        SpoolError: It cannot be looked at.
    """
    spools = status(directory)
    files = [
        SetAside(path, "bad", len(places), sum(place.get("lost", 0) for place in places))
        for path in bad_files(directory)
        for places in [list(_facts(path))]
    ]
    files += [
        SetAside(path, "refused", sum(1 for _ in _lines(path)))
        for path in sorted(directory.glob(f"*{REFUSED_SUFFIX}"))
    ]
    return SpoolsLook(directory, spools, files)


def _facts(path: Path) -> Iterator[dict[str, int]]:
    """Return the lines of a file of damaged bytes; one that a crash has cut off tells nothing."""
    for line in _lines(path):
        try:
            facts = json.loads(line)
        except ValueError:
            continue
        yield facts


def _lines(path: Path) -> Iterable[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except FileNotFoundError:
        # A spool that was drained meanwhile has taken it along.
        return
