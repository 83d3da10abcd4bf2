"""What the project promises about its package, README and `./dev`."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

from features.support import processes

ROOT = Path(__file__).parents[2]


def project() -> dict[str, Any]:
    """The table `project` of pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    result: dict[str, Any] = table["project"]
    return result


def core_dependencies() -> set[str]:
    """The names of what the package needs without any extra."""
    return {re.split(r"[<>=!~\[; ]", line)[0].lower() for line in project()["dependencies"]}


def extras() -> dict[str, list[str]]:
    result: dict[str, list[str]] = project()["optional-dependencies"]
    return result


def extras_in_all() -> set[str]:
    """The extras that the extra `all` refers to."""
    (line,) = extras()["all"]
    match = re.fullmatch(r"indelible\[(.*)\]", line)
    assert match, f"the extra all is {line!r}, not a list of this package's extras"
    return set(match[1].split(","))


def names(text: str) -> set[str]:
    """The names in a list separated by commas."""
    return {name.strip() for name in text.split(",")}


def sort_key(name: str) -> tuple[bool, bool, str]:
    """The order of `__all__` that ruff wants: constants, then classes, then the rest."""
    return (not name.isupper(), not name[0].isupper(), name)


def modules_after_import() -> set[str]:
    """What a fresh interpreter has loaded after `import indelible`."""
    code = "import indelible, json, sys; print(json.dumps(list(sys.modules)))"
    ended = processes.run_python(code, environment=processes.unmeasured())
    assert ended.status == 0, ended.output
    return set(json.loads(ended.output.splitlines()[-1]))


def seen_and_loaded() -> set[str]:
    """What `dir(indelible)` shows in a fresh interpreter, and the modules loaded afterwards."""
    code = "import indelible, json, sys; print(json.dumps([*dir(indelible), *sys.modules]))"
    ended = processes.run_python(code)
    assert ended.status == 0, ended.output
    return set(json.loads(ended.output.splitlines()[-1]))


def wheel_files(directory: Path) -> set[str]:
    """The names of the files in the wheel, which is made in a directory."""
    ended = processes.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)],
        environment=processes.unmeasured(),
    )
    assert ended.status == 0, ended.output
    (wheel,) = directory.glob("*.whl")
    with zipfile.ZipFile(wheel) as files:
        return set(files.namelist())


def source_files(directory: str) -> set[str]:
    """The names of all files of a directory of the package, as a wheel has them."""
    source = ROOT / "src"
    return {
        str(path.relative_to(source)) for path in (source / directory).rglob("*") if path.is_file()
    }


def dev_commands_in_readme() -> set[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return set(re.findall(r"\./dev ([a-z]+)", text))


def dev_commands() -> set[str]:
    """The commands that `./dev help` lists."""
    ended = processes.run(["./dev", "help"])
    assert ended.status == 0, ended.output
    return set(re.findall(r"^  ([a-z]+) {2,}", ended.output, re.MULTILINE))


class Dev:
    """Runs `./dev` in an environment that steps prepare."""

    def __init__(self) -> None:
        self.environment = {name: value for name, value in os.environ.items() if name != "PYTHON"}
        self.ended = processes.Ended(-1, "it was not run")

    def hide_python(self, programs: Path, *, old_version: str | None = None) -> None:
        """Let the PATH hold what the script itself needs and no Python, or one too old.

        Args:
            programs: A directory to make for them.
            old_version: What that Python says it is.
        """
        programs.mkdir()
        for needed in ("dirname", "cksum", "cat", "ls", "rm"):
            found = shutil.which(needed)
            assert found, f"this machine has no {needed}"
            (programs / needed).symlink_to(found)
        if old_version is not None:
            python = programs / "python3"
            python.write_text(
                f'#!/bin/sh\n[ "$1" != --version ] || echo Python {old_version}\nexit 1\n'
            )
            python.chmod(0o755)
        self.environment["PATH"] = str(programs)

    def run(self, argument: str) -> None:
        # By its path: the PATH may hold no env that could find it.
        self.ended = processes.run([str(ROOT / "dev"), argument], environment=self.environment)
