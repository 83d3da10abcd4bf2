"""Programs with a mount namespace of their own: what they mount goes with them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

_NO_VOLUME = "no volume: "


class NoVolume(Exception):
    """No file system can be mounted here, or none that does what is wanted."""


def run_apart(module: str, *words: str, seconds: float) -> dict[str, Any]:
    """Run a module in a mount namespace of its own, and return what it has found.

    Args:
        module: The module, whose main program prints an object in JSON, or calls `refuse`.
        words: Its arguments.
        seconds: How long it may take.

    Raises:
        NoVolume: That is not allowed here, or the module has refused.
    """
    try:
        ended = subprocess.run(
            ["unshare", "--mount", sys.executable, "-m", module, *words],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise NoVolume(str(error)) from error
    if ended.stderr.startswith("unshare:") or ended.stdout.startswith(_NO_VOLUME):
        raise NoVolume(ended.stderr.strip() or ended.stdout.strip())
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def refuse(reason: NoVolume) -> None:
    """Say why there is no volume, for whoever waits in `run_apart`."""
    print(f"{_NO_VOLUME}{reason}")
