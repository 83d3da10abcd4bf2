"""Finding the spools that dead processes have left beside this process's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from indelible.spool.damage import Damage
from indelible.spool.disk import Disk
from indelible.spool.errors import SpoolError, SpoolMismatchError
from indelible.spool.layout import (
    read_owner,
    remove_leftovers,
    spool_directories,
)
from indelible.spool.store import Spool

__all__ = ["adopt", "check_directory"]


def adopt(
    directory: str | Path,
    *,
    origin: str | None,
    on_damage: Callable[[Damage], None] | None = None,
    on_refusal: Callable[[SpoolError], None] | None = None,
    disk: Disk | None = None,
) -> Iterator[Spool]:
    """Take over, one after the other, the spools of processes that are dead.

    Exactly one process gets each of them.  Spools of living processes, this one's included, are
    left alone, and those that are drained already are removed.  Drain what comes, and close it
    before the next.

    Args:
        directory: Where the spools are; it need not exist.
        origin: The log that they must belong to; None for whichever they name.
        on_damage: Is told of each damaged place.
        on_refusal: Is told of spools that cannot be taken over, such as another log's; they are
            left as they are.  None to raise the first of these errors when all others have come.
        disk: The system calls.

    Yields:
        Spools with records to deliver.

    Raises:
        SpoolError: As said above, or the directory cannot be looked at.
    """
    directory = Path(directory).absolute()
    refusals: list[SpoolError] = []
    for path in spool_directories(directory):
        try:
            spool = Spool.adopt(path, origin=origin, on_damage=on_damage, disk=disk)
            if spool is None:
                continue
            if spool.pending == 0:
                spool.close()
                continue
        except SpoolError as error:
            (on_refusal or refusals.append)(error)
            continue
        yield spool
    if directory.is_dir():
        remove_leftovers(directory)
    if refusals:
        raise refusals[0]


def check_directory(directory: str | Path, *, origin: str) -> None:
    """Refuse a directory that holds spools of another log, be their processes alive or dead.

    Raises:
        SpoolMismatchError: It does.
    """
    for path in spool_directories(Path(directory).absolute()):
        owner = read_owner(path)
        if owner is not None and owner.identity.origin != origin:
            raise SpoolMismatchError(path, owner.identity.origin, origin)
