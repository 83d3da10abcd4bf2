"""Running behave inside a scenario: a small project with this project's own environment."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from features.support import processes, skips

ROOT = Path(__file__).parents[2]

RUN_SECONDS = 60.0

_ENVIRONMENT_TAIL = """

_after_scenario = after_scenario


def before_step(context, step):
    if "break_step" in context.tags:
        raise RuntimeError("a broken hook")


def after_scenario(context, scenario):
    _after_scenario(context, scenario)
    if "break_after" in context.tags:
        raise RuntimeError("a broken hook")


_before_scenario = before_scenario


def before_scenario(context, scenario):
    if "break_scenario" in context.tags:
        raise RuntimeError("a broken hook")
    _before_scenario(context, scenario)
"""

_STEPS_HEAD = """
from behave import step
from behave.api.pending_step import PendingStepError
"""

_STEP = """

@step("{text}")
def step_impl(context):
    {body}
"""


@dataclass(frozen=True)
class Run:
    """How a run of behave ended.

    Attributes:
        status: Its exit status.
        output: All that it printed.
        scenarios: How many scenarios its JSON report has of each status.
    """

    status: int
    output: str
    scenarios: Counter[str]


class InnerProject:
    """A directory with features, steps and a copy of this project's environment.

    Args:
        directory: An empty directory.
        steps: The body of each step, by its text.
    """

    def __init__(self, directory: Path, steps: dict[str, str]) -> None:
        self._directory = directory
        self._features = directory / "features"
        (self._features / "steps").mkdir(parents=True)
        environment = (ROOT / "features" / "environment.py").read_text(encoding="utf-8")
        self._write("environment.py", environment + _ENVIRONMENT_TAIL)
        implementations = [_STEP.format(text=text, body=body) for text, body in steps.items()]
        self._write("steps/steps.py", _STEPS_HEAD + "".join(implementations))

    def _write(self, name: str, text: str) -> None:
        (self._features / name).write_text(text, encoding="utf-8")

    def run(self, feature: str, *arguments: str, environment: dict[str, str] | None = None) -> Run:
        """Run behave on one feature.

        Args:
            feature: The text of the feature file.
            arguments: Further arguments of behave.
            environment: Environment variables to add.
        """
        self._write("inner.feature", feature)
        report = self._directory / "report.json"
        # What the inner run skips is no news for the outer one.
        inherited = {k: v for k, v in processes.unmeasured().items() if k != skips.REPORT}
        process = subprocess.run(
            [
                sys.executable,
                "-m",
                "behave",
                "--no-color",
                "--format=json",
                f"--outfile={report}",
                "--format=plain",
                *arguments,
                "features",
            ],
            cwd=self._directory,
            env={**inherited, "PYTHONPATH": str(ROOT), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )
        try:
            features = json.loads(report.read_text(encoding="utf-8"))
        except ValueError:
            features = []  # it broke off, which `status` tells
        scenarios = Counter(
            element["status"]
            for entry in features
            for element in entry.get("elements", [])
            if element["type"] == "scenario"
        )
        return Run(process.returncode, process.stdout, scenarios)
