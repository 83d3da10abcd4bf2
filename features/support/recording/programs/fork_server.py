"""Records in a child of multiprocessing's fork server, which imports indelible only by itself.

Run with ``WHERE URL``: where the child makes its service, and the database.
"""

from __future__ import annotations

import multiprocessing
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indelible import AuditService

EVENTS = 50
CHILD_SECONDS = 60.0
EARLY = "while its main module is imported"


def _make(url: str) -> AuditService:
    from indelible import AuditService

    return AuditService(url, audit_async=True)


# The child imports this module anew, under this name and with its parent's arguments, before
# multiprocessing considers it a child.
_early = _make(sys.argv[2]) if __name__ == "__mp_main__" and sys.argv[1] == EARLY else None


def work(url: str) -> None:
    service = _early or _make(url)
    for number in range(EVENTS):
        service.record("child.step", actor="job:child", details={"step": number})


def main(where: str, url: str) -> None:
    del where  # The child reads it from the arguments.
    child = multiprocessing.get_context("forkserver").Process(target=work, args=(url,))
    child.start()
    child.join(CHILD_SECONDS)
    assert child.exitcode == 0, f"the child ended with {child.exitcode}"
    assert "indelible" not in sys.modules, "the parent has imported what only the child may"
    print("ok")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
