"""Steps about the package, the README and ./dev."""

from __future__ import annotations

import importlib
from importlib.resources import files
from typing import Any

from behave import given, then, when

from features.support import packaging


def dev(context: Any) -> packaging.Dev:
    """The scenario's way to run ./dev, made at first use."""
    if "dev_script" not in context:
        context.dev_script = packaging.Dev()
    result: packaging.Dev = context.dev_script
    return result


@then("each name in the package's __all__ can be imported")
def then_names_importable(context: Any) -> None:
    package = importlib.import_module("indelible")
    missing = [name for name in package.__all__ if not hasattr(package, name)]
    assert not missing, f"in __all__, but not there: {missing}"


@then("the names in the package's __all__ are sorted and occur once")
def then_names_sorted(context: Any) -> None:
    names = list(importlib.import_module("indelible").__all__)
    assert names == sorted(set(names), key=packaging.sort_key), names


@then("a fresh interpreter that looks into the package sees all of them, and has loaded none")
def then_seen(context: Any) -> None:
    seen = packaging.seen_and_loaded()
    assert set(importlib.import_module("indelible").__all__) <= seen, seen
    assert "indelible.service" not in seen


@when("a fresh interpreter imports the package")
def when_imported(context: Any) -> None:
    context.modules = packaging.modules_after_import()


@then("it has loaded none of these")
def then_not_loaded(context: Any) -> None:
    assert "indelible" in context.modules
    loaded = {row["module"] for row in context.table} & context.modules
    assert not loaded, f"import indelible loads {sorted(loaded)}"


@then('the package depends on "{names}"')
def then_depends_on(context: Any, names: str) -> None:
    assert packaging.core_dependencies() == packaging.names(names)


@then('the package has the extras "{names}"')
def then_has_extras(context: Any, names: str) -> None:
    assert set(packaging.extras()) == packaging.names(names)


@then('the extra "all" holds every extra but "{names}"')
def then_all_holds(context: Any, names: str) -> None:
    assert packaging.extras_in_all() == set(packaging.extras()) - packaging.names(names)


@then('the package holds "{name}"')
def then_package_holds(context: Any, name: str) -> None:
    assert files("indelible").joinpath(name).is_file()


@when("the wheel is made")
def when_wheel(context: Any) -> None:
    context.wheel = packaging.wheel_files(context.tmp)


@then('the wheel holds each file of "{directory}"')
def then_wheel_holds(context: Any, directory: str) -> None:
    wanted = packaging.source_files(directory)
    assert len(wanted) > 3, wanted
    held = {name for name in context.wheel if name.startswith(f"{directory}/")}
    assert held == wanted, held ^ wanted


@then('the README names "{first}" and "{second}"')
def then_readme_names(context: Any, first: str, second: str) -> None:
    text = (packaging.ROOT / "README.md").read_text(encoding="utf-8")
    # It opens with them: they are to be seen without scrolling far.
    top = "\n".join(text.splitlines()[:40])
    assert first in top, top
    assert second in top, top


@then("./dev knows each of its commands that the README names")
def then_dev_knows(context: Any) -> None:
    named, known = packaging.dev_commands_in_readme(), packaging.dev_commands()
    assert named, "the README names no command"
    assert named <= known, f"./dev does not know {sorted(named - known)}"


@given('a directory "{name}" that holds "{file}"')
def given_directory(context: Any, name: str, file: str) -> None:
    (context.tmp / name).mkdir()
    (context.tmp / name / file).touch()


@then('the directory "{name}" still holds "{file}"')
def then_directory_holds(context: Any, name: str, file: str) -> None:
    assert (context.tmp / name / file).exists()


@then('there is no directory "{name}"')
def then_no_directory(context: Any, name: str) -> None:
    assert not (context.tmp / name).exists()


@given('./dev is to put its environment into "{name}"')
def given_venv(context: Any, name: str) -> None:
    dev(context).environment["INDELIBLE_VENV"] = str(context.tmp / name)


@given("./dev finds no python3")
def given_no_python(context: Any) -> None:
    dev(context).hide_python(context.tmp / "programs")


@given('./dev finds only a python3 that says it is version "{version}"')
def given_old_python(context: Any, version: str) -> None:
    dev(context).hide_python(context.tmp / "programs", old_version=version)


@when('./dev is run with "{argument}"')
def when_dev(context: Any, argument: str) -> None:
    dev(context).run(argument)


@then("./dev ends with status {status:d}")
def then_status(context: Any, status: int) -> None:
    assert dev(context).ended.status == status, dev(context).ended


@then('./dev prints "{text}"')
def then_prints(context: Any, text: str) -> None:
    assert text in dev(context).ended.output, dev(context).ended.output
