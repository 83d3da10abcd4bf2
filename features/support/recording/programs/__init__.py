"""Programs that scenarios start, because they fork, end, or are interrupted by signals.

Each is run as ``python -m features.support.recording.programs.NAME CASE URL [CASE URL ...]`` and
checks itself: it ends with status 0 and prints ``ok`` if all went well. Cases share a process where
they can, since importing everything takes a process most of a second.
"""

from __future__ import annotations

import faulthandler
import sys
from collections.abc import Callable, Mapping

SECONDS = 40.0
"""A case that takes longer hangs: the program prints all stacks and ends."""


def main(cases: Mapping[str, Callable[[str], None]]) -> None:
    """Run the cases that the command line names, each on the database behind it."""
    arguments = iter(sys.argv[1:])
    for case, url in zip(arguments, arguments, strict=True):
        print(case, flush=True)
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        cases[case](url)
    faulthandler.cancel_dump_traceback_later()
    print("ok", flush=True)
