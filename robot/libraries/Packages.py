"""Keywords for what is on somebody else's machine: the wheel, or cryptography and nothing else."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from robot.api.deco import library

from features.support import processes, scratch

# What the package cryptography itself needs to be imported.
_CRYPTOGRAPHY = ("cryptography", "cffi", "_cffi_backend", "typing_extensions")


@library(scope="GLOBAL", auto_keywords=True)
class Packages:
    """Directories that an interpreter may import from."""

    def make_wheel(self) -> str:
        """Build the wheel, once a run, and return the file's name."""
        return str(_wheel())

    def install_wheel(self, wheel: str) -> str:
        """Install a wheel without what it depends on, and return the directory."""
        directory = scratch.new_directory() / "installed"
        uv = shutil.which("uv")
        command = [uv, "pip"] if uv else [sys.executable, "-m", "pip"]
        options = ["--quiet", "--no-deps", "--no-index", "--target", str(directory)]
        ran = processes.run(
            [*command, "install", *options, wheel], environment=processes.unmeasured()
        )
        assert ran.status == 0, ran.output
        return str(directory)

    def make_directory_with_cryptography_alone(self) -> str:
        """Make a directory from which cryptography can be imported, and indelible cannot."""
        directory = scratch.new_directory()
        for name in _CRYPTOGRAPHY:
            spec = importlib.util.find_spec(name)
            if spec is None or spec.origin is None:
                continue
            found = Path(spec.origin)
            found = found.parent if found.name == "__init__.py" else found
            (directory / found.name).symlink_to(found)
        return str(directory)

    def run_unmeasured(
        self, *command: str, cwd: str, path: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a program that coverage does not measure: the files it runs are gone afterwards.

        Args:
            command: The program and its arguments; `python` is the one that runs the tests.
            cwd: Where it runs.
            path: Its PYTHONPATH.
        """
        program, *arguments = command
        program = sys.executable if program == "python" else program
        environment = processes.unmeasured()
        environment.pop("INDELIBLE_URL", None)
        if path:
            environment["PYTHONPATH"] = path
        return subprocess.run(
            [program, *arguments],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=processes.SECONDS,
            check=False,
        )


@cache
def _wheel() -> Path:
    directory = scratch.new_directory()
    ran = processes.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)],
        environment=processes.unmeasured(),
    )
    assert ran.status == 0, ran.output
    (wheel,) = directory.glob("*.whl")
    return wheel
