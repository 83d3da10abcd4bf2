"""Damaged bytes are set aside, counted and reported, and never deleted.

Beside a damaged segment stands a file ``<segment>.bad`` with a line of JSON for each place::

    {"bytes": "<base64>", "first_lost": 17, "found": 1764000000.0, "length": 640, "lost": 1,
     "offset": 8192, "reason": "…", "segment": "0000000003.seg", "spool_id": "0f3a…"}
"""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from indelible.spool.disk import Disk, failure
from indelible.spool.judging import Finding

__all__ = ["BAD_SUFFIX", "Damage", "DamageReport"]

BAD_SUFFIX: Final = ".bad"


@dataclass(frozen=True, slots=True)
class Damage:
    """One place of a spool that is not as it was written.

    Attributes:
        spool_id: The spool.
        segment: The segment's file name.
        offset: Where in it, in bytes.
        length: How many bytes were set aside; 0 where there was nothing to set aside.
        reason: What seems to have happened.
        first_lost: The number of the first record that it cost; None if it cost none.
        lost: How many records it cost.
        bad_file: Where the bytes are; it moves beside the spool's directory when that is removed.
    """

    spool_id: str
    segment: str
    offset: int
    length: int
    reason: str
    first_lost: int | None
    lost: int
    bad_file: Path

    @property
    def identity(self) -> str:
        """Names the place, the same whenever it is found: to report it once."""
        place = f"{self.spool_id}/{self.segment}/{self.offset}+{self.length}"
        return place if self.length else f"{place}/{self.reason}/{self.first_lost}"


class DamageReport:
    """Sets aside what is found damaged, once for each place.

    Args:
        disk: The system calls; None to look only, and leave no trace.
        directory: The spool's directory.
        spool_id: The spool.
        on_damage: Called for each place, after its bytes are on the disk.  A place that was found
            by an earlier process is reported again: it may have died before it could tell anybody.
    """

    def __init__(
        self,
        disk: Disk | None,
        directory: Path,
        spool_id: str,
        on_damage: Callable[[Damage], None] | None = None,
    ) -> None:
        self._disk = disk
        self.directory = directory
        self._spool_id = spool_id
        self._on_damage = on_damage
        # Guards what follows, and the .bad files: the appending thread, which copies records from
        # a segment whose disk fails, may find damage as well as the drainer.
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self.places = 0
        self.lost = 0

    def tell(self, segment: str, findings: list[Finding]) -> None:
        """Set findings aside and report those that are new.

        Raises:
            SpoolError: They cannot be set aside.
        """
        fresh = []
        with self._lock:
            path = self.directory / (segment.removesuffix(".seg") + BAD_SUFFIX)
            for finding in findings:
                damage = Damage(
                    self._spool_id,
                    segment,
                    finding.start,
                    len(finding.data),
                    finding.reason,
                    finding.first_lost,
                    finding.lost,
                    path,
                )
                if damage.identity not in self._seen:
                    fresh.append((damage, finding.data))
            if fresh and self._disk is not None:
                self._set_aside(self._disk, path, fresh)
            for damage, _ in fresh:
                self._seen.add(damage.identity)
                self.places += 1
                self.lost += damage.lost
        if self._on_damage is not None:
            for damage, _ in fresh:
                self._on_damage(damage)

    def _set_aside(self, disk: Disk, path: Path, fresh: list[tuple[Damage, bytes]]) -> None:
        try:
            known = _known(path)
            lines = b"".join(
                _line(damage, data) for damage, data in fresh if damage.identity not in known
            )
            if not lines:
                return
            new = not path.exists()
            descriptor = disk.create(path) if new else disk.open(path, os.O_RDWR)
            try:
                end = os.fstat(descriptor).st_size
                if end and disk.pread(descriptor, 1, end - 1) != b"\n":
                    # The last line was cut off by a crash.
                    lines = b"\n" + lines
                disk.write_all(descriptor, lines, end)
                disk.sync(descriptor)
            finally:
                os.close(descriptor)
            if new:
                disk.sync_directory(path.parent)
        except OSError as error:
            raise failure(path, "cannot take what was found damaged", error) from error


def _line(damage: Damage, data: bytes) -> bytes:
    facts = {
        "bytes": base64.b64encode(data).decode(),
        "first_lost": damage.first_lost,
        "found": time.time(),
        "length": damage.length,
        "lost": damage.lost,
        "offset": damage.offset,
        "reason": damage.reason,
        "segment": damage.segment,
        "spool_id": damage.spool_id,
    }
    return json.dumps(facts, sort_keys=True).encode() + b"\n"


def _known(path: Path) -> set[str]:
    known = set()
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return set()
    for line in lines:
        try:
            facts = json.loads(line)
            del facts["bytes"], facts["found"]
            known.add(Damage(bad_file=path, **facts).identity)
        except (ValueError, KeyError, TypeError):
            # A line that a crash has cut off: what it said is found and said again.
            continue
    return known
