"""The checks of this project, one nox session each: `nox --list`.

Under `./dev` the sessions run in the environment that it has made, which holds everything: making
one for each session would cost minutes and test the same versions. nox alone, in CI for one, makes
an environment for each session from `pyproject.toml`. `build` always makes its own empty ones,
since only there does it show whether the packages carry what they need.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path

import nox
from nox.command import CommandFailed

ROOT = Path(__file__).parent
SOURCES = ("src", "features", "robot", "benchmarks", "docs", "noxfile.py")

PIP_LINE = "pip install 'indelible[cli]'"
"""What the command must say where its extra is missing."""

# behave stands for all of the `dev` extra.
READY = importlib.util.find_spec("behave") is not None
BACKEND = "none" if READY else "uv|virtualenv"
if READY:
    # nox may be called by its path, with the environment's other programs not on the PATH.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

nox.options.sessions = ["lint", "typecheck", "coverage"]
nox.options.default_venv_backend = BACKEND
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = True


def prepare(session: nox.Session) -> None:
    """Give a session everything, unless it runs in an environment that has everything."""
    if not READY:
        session.install("--editable", ".[all,dev]")


def existing(*names: str) -> list[str]:
    return [name for name in names if (ROOT / name).exists()]


def python(session: nox.Session, *arguments: str) -> None:
    session.run(sys.executable if READY else "python", *arguments, external=READY)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, formatting and the import contracts."""
    prepare(session)
    sources = existing(*SOURCES)
    commands = (
        ["ruff", "check", "--output-format=concise", *sources, *session.posargs],
        ["ruff", "format", "--check", *sources],
        ["lint-imports"],
    )
    failed = 0
    for command in commands:
        try:
            session.run(*command, external=READY)
        except CommandFailed:
            failed += 1
    if failed:
        session.error(f"{failed} of {len(commands)} checks failed, see above")


@nox.session
def typecheck(session: nox.Session) -> None:
    """mypy --strict over everything; pyproject.toml says over what."""
    prepare(session)
    session.run("mypy", *(session.posargs or existing(*SOURCES)), external=READY)


@nox.session
def security(session: nox.Session) -> None:
    """bandit over the library, and pip-audit where its service can be reached."""
    prepare(session)
    # What bandit is not sure of is left to ruff, which has the same rules and where each exception
    # is explained in its place.
    session.run(
        "bandit", "--quiet", "--recursive", "-ll", "-ii", "-c", "pyproject.toml", "src",
        external=READY,
    )  # fmt: skip
    report = Path(session.create_tmp()).absolute() / "audit.json"
    report.unlink(missing_ok=True)
    session.run(
        "pip-audit", "--progress-spinner=off", "--skip-editable", "--timeout=10",
        "--format=json", f"--output={report}",
        external=READY, silent=True, success_codes=range(256),
    )  # fmt: skip
    audited, vulnerable = read_audit(report)
    if vulnerable:
        session.error(f"known vulnerabilities: {'; '.join(vulnerable)}")
    if audited:
        session.log(f"pip-audit knows of no vulnerability in {audited} packages")
    else:
        session.warn("SKIPPED: pip-audit could not reach its service: nothing was audited")


def read_audit(report: Path) -> tuple[int, list[str]]:
    """How many packages were audited, and the vulnerable ones with what is known about them."""
    if not report.exists():
        return 0, []
    packages = json.loads(report.read_text(encoding="utf-8"))["dependencies"]
    audited = [package for package in packages if "skip_reason" not in package]
    return len(audited), [
        f"{package['name']} {package['version']}: {', '.join(v['id'] for v in package['vulns'])}"
        for package in audited
        if package["vulns"]
    ]


@nox.session
def unit_tests(session: nox.Session) -> None:
    """The features, by behave."""
    prepare(session)
    python(session, "-m", "features.support.suite", "behave", *session.posargs)


@nox.session
def integration_tests(session: nox.Session) -> None:
    """The Robot suites."""
    prepare(session)
    python(session, "-m", "features.support.suite", "robot", *(session.posargs or []))


@nox.session
def coverage(session: nox.Session) -> None:
    """Both runners under coverage, combined: 95 % of the branches at least."""
    prepare(session)
    python(session, "-m", "features.support.suite", "coverage", *session.posargs)


@nox.session(venv_backend=BACKEND)
def build(session: nox.Session) -> None:
    """Wheel and sdist, each installed into an empty environment and used there."""
    prepare(session)
    packages = ROOT / "build" / "packages"
    shutil.rmtree(packages, ignore_errors=True)
    python(session, "-m", "hatchling", "build", "--directory", str(packages))
    for package in sorted(packages.iterdir()):
        empty = Path(session.create_tmp()).absolute() / f"empty-{package.suffix.lstrip('.')}"
        install(session, empty, package)
        programs = empty / "bin"
        # Isolated and elsewhere, so that it cannot be the source tree that is imported.
        with session.chdir(empty):
            session.run(
                str(programs / "python"), "-I", "-c",
                "import indelible; print(indelible.__name__, indelible.__file__)",
                external=True,
            )  # fmt: skip
            output = session.run(
                str(programs / "indelible"), "--help",
                external=True, silent=True, success_codes=range(256),
            )  # fmt: skip
        if PIP_LINE not in str(output):
            session.error(f"without its extra, indelible must print {PIP_LINE}, not: {output}")
        session.log(f"{package.name} installs, imports and names its extra")


def install(session: nox.Session, directory: Path, package: Path) -> None:
    """Make an empty environment and install one file into it, with its dependencies only."""
    shutil.rmtree(directory, ignore_errors=True)
    if uv := shutil.which("uv"):
        session.run(
            uv, "venv", "--quiet", "--python", sys.executable, str(directory), external=True
        )
        session.run(
            uv, "pip", "install", "--quiet", "--python", str(directory / "bin" / "python"),
            str(package), external=True,
        )  # fmt: skip
    else:
        session.run(sys.executable, "-m", "venv", str(directory), external=True)
        session.run(
            str(directory / "bin" / "python"), "-m", "pip", "install", "--quiet", str(package),
            external=True,
        )  # fmt: skip


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation, with warnings as errors."""
    prepare(session)
    python(
        session, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", "--builder=html",
        "docs", "build/docs", *session.posargs,
    )  # fmt: skip
    session.log("see build/docs/index.html")


@nox.session
def benchmark(session: nox.Session) -> None:
    """Every figure beside its floor from the same run."""
    prepare(session)
    session.env["PYTHONPATH"] = str(ROOT)
    python(session, "-m", "benchmarks", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Processes and faults against a real PostgreSQL for ten minutes, or `-- --minutes N`."""
    prepare(session)
    python(session, "-m", "features.support.soak", *session.posargs)
