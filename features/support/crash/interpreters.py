"""Other interpreters than the one that runs the tests, each with the library installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final
from zlib import crc32

from features.support.processes import ROOT

HOMES: Final = ("~/.pyenv/versions", "~/.local/share/uv/python")
"""Where interpreters are that are not on the PATH, each in a directory that names its version."""

ENVIRONMENTS: Final = ROOT / "build" / "interpreters"
"""They are kept, because making one takes a while and the network."""

SECONDS: Final = 300.0


class NoInterpreter(Exception):
    """It cannot be had on this machine."""


def python(version: str) -> str:
    """Return an interpreter of a version that can import the library.

    Args:
        version: Such as ``3.13``.

    Raises:
        NoInterpreter: There is none, or the library cannot be installed for it.
    """
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    base = _found(version)
    if base is None:
        raise NoInterpreter(f"there is no Python {version} on the PATH or in {HOMES}")
    environment = ENVIRONMENTS / version
    program = environment / "bin" / "python"
    stamp = environment / "stamp"
    wanted = f"{crc32((ROOT / 'pyproject.toml').read_bytes())} {base} {ROOT}"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(environment, ignore_errors=True)
        _run(base, "-m", "venv", str(environment))
        _install(program)
        stamp.write_text(wanted)
    return str(program)


def _found(version: str) -> str | None:
    name = f"python{version}"
    candidates = [shutil.which(name)]
    # The version itself or a release of it, and not 3.120 for 3.12.
    named = re.compile(rf"(.*-)?{re.escape(version)}(\D.*)?")
    for home in map(Path, HOMES):
        entries = home.expanduser().iterdir() if home.expanduser().is_dir() else ()
        found = sorted(entry for entry in entries if named.fullmatch(entry.name))
        candidates += [str(entry / "bin" / name) for entry in reversed(found)]
    for candidate in candidates:
        # One of pyenv's shims is there and does not work, unless the version is chosen.
        if candidate is not None and _says(candidate) == version:
            return candidate
    return None


def _says(program: str) -> str | None:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        ran = subprocess.run(
            [program, "-c", code], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ran.stdout.strip() if ran.returncode == 0 else None


def _install(program: Path) -> None:
    # The package itself, and what the programs under test use of its extras.
    wanted = ("--quiet", "--editable", f"{ROOT}[postgres]", "gunicorn")
    uv = shutil.which("uv") or Path(sys.executable).with_name("uv")
    if Path(uv).exists():
        _run(str(uv), "pip", "install", "--python", str(program), *wanted)
    else:
        _run(str(program), "-m", "pip", "install", "--disable-pip-version-check", *wanted)


def _run(*command: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    ran = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if ran.returncode:
        said = (ran.stderr or ran.stdout).strip().splitlines()
        raise NoInterpreter(f"{' '.join(command[:3])} …: {said[-1] if said else ran.returncode}")
