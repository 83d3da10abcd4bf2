"""Run both test runners and count over both: ``python -m features.support.suite MODE [ARG...]``.

* `behave` runs the features and `robot` the Robot suites, unmeasured;
* `coverage` runs both under coverage, combines the data and holds it to pyproject's `fail_under`;
* `all` is `./dev test`: lint and types first, for they are cheap and their errors should not be
  waited for, then `coverage`. Whatever fails, the rest still runs, so that one run tells all.

Arguments select: `*.robot` files and paths below robot/ go to Robot, all others, options included,
to behave. A selection runs only the runners that it names, without lint, types and coverage.

The crash suites take minutes of their own: of them, only what is tagged `gate` runs with the rest,
and all when they are named: `./dev test robot/suites/crash`.

The last line is always ``N passed, N failed`` (``, N skipped`` when there are any), over scenarios
and Robot tests together. A runner that crashes, or that runs nothing, counts as a failure.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from robot.api import ExecutionResult

from features.support import skips

ROOT = Path(__file__).parents[2]

REPORTS = "INDELIBLE_REPORTS"
"""Environment variable: where the reports go instead of build/reports."""

BRANCH_PERCENT = 94.0
"""How much of all branches both runners together have to take, in percent.  The aim is 95, so this
goes up, never down."""

LANES = max(1, min(2, os.cpu_count() or 1))
"""Test processes at a time: most of them wait for disks, servers and processes of their own."""

ROBOT_SHARE = 0.6
"""How long the Robot suites take, as a part of the time that all features take in one process."""

MODES = ("behave", "robot", "coverage", "all")


@dataclass
class Totals:
    """How many tests ended in which way, and which ones failed."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: tuple[str, ...] = ()

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.failures + other.failures,
        )

    def line(self) -> str:
        """The plain closing line."""
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def count_behave(report: Path, status: int) -> Totals:
    """Count the scenarios of a JSON report of behave; `status` is behave's exit status."""
    try:
        features = json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Totals(failed=1)
    totals = Totals()
    for feature in features:
        for element in feature.get("elements", ()):
            if element["type"] != "scenario":
                continue
            status_ = element.get("status") or _status_of_steps(element)
            if status_ == "passed":
                totals.passed += 1
            elif status_ == "skipped":
                totals.skipped += 1
            else:
                totals.failed += 1
                where = (element.get("location"), element.get("name"))
                totals.failures += (
                    " ".join(filter(None, where)).strip() or "a scenario without a name",
                )
    return _with_status(totals, status)


def _status_of_steps(element: dict[str, Any]) -> str:
    """Tell how a scenario ended whose status behave left out: the last one before a new rule."""
    results = [step.get("result", {}).get("status") for step in element.get("steps", ())]
    return "passed" if results and set(results) == {"passed"} else "failed"


def count_robot(report: Path, status: int) -> Totals:
    """Count the tests of an output.xml of Robot Framework; `status` is its exit status."""
    try:
        result = ExecutionResult(str(report))
        total = result.statistics.total
    except Exception:  # noqa: BLE001 - whatever it is, the report cannot be used
        return Totals(failed=1)
    failures = tuple(
        f"{test.full_name}: {' '.join(test.message.split())[:200]}"
        for test in result.suite.all_tests
        if test.failed
    )
    return _with_status(Totals(total.passed, total.failed, total.skipped, failures), status)


def _with_status(totals: Totals, status: int) -> Totals:
    """Let a bad exit status, or a run of nothing, count even if no single test failed."""
    ran_nothing = totals == Totals()
    if (status != 0 or ran_nothing) and not totals.failed:
        totals.failed = 1
    return totals


def branch_percent(report: dict[str, Any]) -> float:
    """How much of all branches a JSON report of coverage says was taken, in percent."""
    totals = report["totals"]
    return 100.0 * float(totals["covered_branches"]) / max(1, int(totals["num_branches"]))


def lanes(count: int) -> list[list[str]]:
    """Deal the features out to so many processes, by the size of their files.

    The first gets fewer: where there are several, it begins once the Robot suites are through.
    """
    dealt: list[list[str]] = [[] for _ in range(count)]
    features = sorted(ROOT.glob("features/*.feature"), key=lambda path: -path.stat().st_size)
    sizes = [0.0] * count
    sizes[0] = ROBOT_SHARE * sum(feature.stat().st_size for feature in features)
    for feature in features:
        lane = sizes.index(min(sizes))
        dealt[lane].append(str(feature.relative_to(ROOT)))
        sizes[lane] += feature.stat().st_size
    # behave without a feature would run all of them.
    return [lane for lane in dealt if lane]


@dataclass
class Selection:
    """Which tests to run, by the runners' own arguments."""

    behave: list[str] = field(default_factory=list)
    robot: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.behave or self.robot)

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Selection:
        selection = cls()
        for argument in arguments:
            is_robot = argument.endswith(".robot") or Path(argument).parts[:1] == ("robot",)
            (selection.robot if is_robot else selection.behave).append(argument)
        return selection


class Suite:
    """One run of the tests.

    Args:
        reports: The directory for reports, made anew.
        measured: Whether to run under coverage.
    """

    def __init__(self, reports: Path, *, measured: bool) -> None:
        self._reports = reports
        self._measured = measured
        shutil.rmtree(reports, ignore_errors=True)
        reports.mkdir(parents=True)
        self._skips = reports / "skips.jsonl"
        # Thousands of processes are started, and each would compile all that it imports.
        inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        self._environment = {
            **inherited,
            # An absolute name, since command lines under test run in other directories.
            "COVERAGE_FILE": str(reports / "coverage" / ".coverage"),
            skips.REPORT: str(self._skips),
            # The environment's own programs first: `python`, `indelible`.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        }
        (reports / "coverage").mkdir()

    def _python(self, module: str, *arguments: str, output: Path | None = None) -> int:
        command = (sys.executable, "-m", module, *arguments)
        with contextlib.ExitStack() as stack:
            told = None if output is None else stack.enter_context(output.open("wb"))
            return subprocess.run(
                command,
                cwd=ROOT,
                env=self._environment,
                stdout=told,
                stderr=None if told is None else subprocess.STDOUT,
                check=False,
            ).returncode

    def _runner(self, output: Path | None, module: str, *arguments: str) -> int:
        if self._measured:
            return self._python("coverage", "run", "-m", module, *arguments, output=output)
        return self._python(module, *arguments, output=output)

    def everything(self) -> Totals:
        """Run all tests of both runners, as many processes at a time as there are lanes.

        What a process prints is held back until it ends, so that lines do not mix.
        """
        # The first lane last, since it was dealt what fits behind the Robot suites.
        tasks = [functools.partial(self.robot, held_back=True)] + [
            functools.partial(self.behave, lane, f"behave-{number}", held_back=True)
            for number, lane in reversed(list(enumerate(lanes(LANES), 1)))
        ]
        with ThreadPoolExecutor(LANES) as pool:
            return sum((task.result() for task in [pool.submit(task) for task in tasks]), Totals())

    def behave(
        self, arguments: Sequence[str] = (), name: str = "behave", *, held_back: bool = False
    ) -> Totals:
        report = self._reports / f"{name}.json"
        with self._output(name, held_back=held_back) as output:
            status = self._runner(
                output,
                "behave",
                *("--format=json", f"--outfile={report}"),
                *("--format=progress2", "--no-color"),
                *arguments,
            )
        return count_behave(report, status)

    @contextlib.contextmanager
    def _output(self, name: str, *, held_back: bool) -> Iterator[Path | None]:
        """Give a file for what a runner prints, and print it in one piece afterwards."""
        if not held_back:
            yield None
            return
        path = self._reports / f"{name}.txt"
        yield path
        sys.stdout.write(path.read_text(encoding="utf-8", errors="replace") + "\n")

    def robot(self, arguments: Sequence[str] = (), *, held_back: bool = False) -> Totals:
        directory = self._reports / "robot"
        with self._output("robot", held_back=held_back) as output:
            status = self._robot(output, directory, arguments)
        return count_robot(directory / "output.xml", status)

    def _robot(self, output: Path | None, directory: Path, arguments: Sequence[str]) -> int:
        return self._runner(
            output,
            "robot",
            *("--pythonpath", str(ROOT), "--pythonpath", str(ROOT / "robot" / "libraries")),
            *("--outputdir", str(directory), "--consolecolors", "off", "--console", "dotted"),
            *(arguments or ["--exclude", "crashNOTgate", "robot"]),
        )

    def coverage(self) -> bool:
        """Combine what both runners measured. Returns whether it is enough.

        coverage's own `fail_under` is about lines and branches together, which many covered lines
        would satisfy alone, so that the branches are looked at once more by themselves.
        """
        report = self._reports / "coverage.json"
        if self._python("coverage", "combine", "--quiet") != 0:
            return False
        enough = self._python("coverage", "report") == 0
        if self._python("coverage", "json", "--quiet", "--fail-under=0", "-o", str(report)) != 0:
            return False
        percent = branch_percent(json.loads(report.read_text(encoding="utf-8")))
        print(f"branches: {percent:.1f} % covered, {BRANCH_PERCENT:.0f} % are needed")
        return enough and percent >= BRANCH_PERCENT

    def check(self, session: str) -> bool:
        """Run a session of the noxfile. Returns whether it succeeded."""
        return self._python("nox", "--session", session) == 0

    def skip_lines(self) -> list[str]:
        return skips.lines(skips.read(self._skips), "test")


def run(mode: str, arguments: Sequence[str]) -> int:
    """Run the tests and print the closing lines. Returns the exit status."""
    selection = Selection.of(arguments)
    measured = mode in {"coverage", "all"} and not selection
    reports = Path(os.environ.get(REPORTS) or ROOT / "build" / "reports").absolute()
    suite = Suite(reports, measured=measured)

    checks = ("lint", "typecheck") if mode == "all" and not selection else ()
    failures = [session for session in checks if not suite.check(session)]

    totals = Totals()
    if not selection and mode not in {"behave", "robot"}:
        totals += suite.everything()
    else:
        if selection.behave or (not selection and mode == "behave"):
            totals += suite.behave(selection.behave)
        if selection.robot or (not selection and mode == "robot"):
            totals += suite.robot(selection.robot)
    if measured and not suite.coverage():
        failures.append("coverage")

    print()
    for line in suite.skip_lines():
        print(line)
    # Once more at the end: the output of both runners is long.
    for failure in totals.failures:
        print(f"FAILED: {failure}")
    for failure in failures:
        print(f"FAILED: {failure}, see above")
    print(totals.line())
    return 1 if failures or totals.failed else 0


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in MODES:
        print(f"usage: python -m features.support.suite {'|'.join(MODES)} [ARGUMENT ...]")
        return 2
    # Our own lines must not overtake those of the runners, which share this standard output.
    stdout: Any = sys.stdout
    stdout.reconfigure(line_buffering=True)
    return run(arguments[0], arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
