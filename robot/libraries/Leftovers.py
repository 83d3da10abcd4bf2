"""Keywords that find what a program has left behind."""

from __future__ import annotations

from pathlib import Path

from robot.api.deco import library


@library(scope="GLOBAL", auto_keywords=True)
class Leftovers:
    """Processes that a program started and did not end."""

    def no_process_should_have_in_its_environment(self, text: str) -> None:
        """Fail if a process runs whose environment, which its children inherit, holds a text."""
        found = []
        for environment in Path("/proc").glob("[0-9]*/environ"):
            try:
                if text.encode() in environment.read_bytes():
                    found.append(environment.with_name("cmdline").read_text().replace("\0", " "))
            except OSError:
                # It has just ended, or is somebody else's.
                continue
        assert not found, f"still running: {found}"
