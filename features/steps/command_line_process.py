"""Steps about how the command line starts, and about what may go wrong around it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from behave import given, then, when

from features.steps.command_line import command_line
from features.support import command_line_startup as startup
from features.support import recorded
from indelible import AuditService, StorageError


@given('indelible\'s tables are marked as of revision "{revision}"')
def given_revision(context: Any, revision: str) -> None:
    startup.execute_sqlite(
        context.database_url(), f"UPDATE audit_schema_version SET version_num = '{revision}'"
    )


@given("indelible's database is locked by somebody else")
def given_locked(context: Any) -> None:
    context.add_cleanup(startup.lock_sqlite(context.database_url()).close)


@given("indelible has a defect that tells its URL")
def given_defect(context: Any) -> None:
    def fail(service: Any) -> int:
        url = service._bind
        # Encoded as it stands in the URL, and decoded.
        raise RuntimeError(f"{url.render_as_string(hide_password=False)} {url.password} is odd")

    _replace_count(context, fail)


@given("indelible's database answers with an error that holds an escape sequence")
def given_escape(context: Any) -> None:
    def fail(_service: Any) -> int:
        raise StorageError("\x1b[2J\nand no more")

    recorded.record_one(context.database_url(), "a", {})
    _replace_count(context, fail)


def _replace_count(context: Any, function: Callable[[Any], int]) -> None:
    patch = mock.patch.object(AuditService, "count", function)
    patch.start()
    context.add_cleanup(patch.stop)


@when('indelible runs without the modules "{names}" as "{arguments}"')
def when_without(context: Any, names: str, arguments: str) -> None:
    code = startup.code_without(names.split(" and "))
    command_line(context).run_process(arguments, command=startup.python(code))


@when("indelible's main module is imported by another program")
def when_main_imported(context: Any) -> None:
    code = "import indelible.__main__; print('it goes on')"
    command_line(context).run_process("record a --actor user:1", command=startup.python(code))


@then("that program goes on and ends with code 0")
def then_goes_on(context: Any) -> None:
    ran = command_line(context).last
    assert (ran.code, ran.out, ran.err) == (0, "it goes on\n", ""), ran
    assert not Path(context.database_url().removeprefix("sqlite:///")).exists()


@when("indelible gets Ctrl-C while it loads its commands")
def when_early_interrupt(context: Any) -> None:
    command_line(context).run_process("count", command=startup.python(startup.INTERRUPTED_LOADING))


@when('indelible runs with its {stream} closed as "{arguments}"')
def when_closed_stream(context: Any, stream: str, arguments: str) -> None:
    descriptor = ["standard input", "standard output", "standard error"].index(stream)
    line = command_line(context)
    # A shell closes it; what Python itself starts always has all three.
    line.run_process(arguments, command=startup.with_closed(descriptor))


@when("indelible is called by a program that catches its own standard output")
def when_caught(context: Any) -> None:
    command_line(context).run_process("--version", command=startup.python(startup.CATCHING))


@when('indelible runs "{arguments}" and tells its modules')
def when_tells_modules(context: Any, arguments: str) -> None:
    context.modules = startup.modules_after(arguments)


@then("indelible has loaded none of these")
def then_not_loaded(context: Any) -> None:
    # Without this, a program that did not even start would pass.
    assert "indelible.cli.app" in context.modules
    loaded = [row["module"] for row in context.table if row["module"] in context.modules]
    assert not loaded, loaded


@then("indelible lists among its commands {names}")
def then_lists_commands(context: Any, names: str) -> None:
    found = startup.listed_commands(command_line(context).last.out)
    wanted = names.split(", ")
    assert [name for name in found if name in wanted] == wanted, found


@then("each command of indelible says of itself what the list says")
def then_same_help(context: Any) -> None:
    differing = startup.differing_help()
    assert not differing, differing


@then("indelible prints its version")
def then_version(context: Any) -> None:
    assert command_line(context).last.out == f"indelible {startup.version()}\n"


@then("indelible has an option and a variable for each argument of AuditService but")
def then_options(context: Any) -> None:
    exempt = {row["argument"] for row in context.table}
    found = startup.unconfigurable()
    assert found == exempt, found ^ exempt


@then("indelible's options know all outcomes and severities")
def then_words(context: Any) -> None:
    startup.check_words()


@then("indelible's options are the filters of the library, and details are given one by one")
def then_filters(context: Any) -> None:
    startup.check_filters()


@then("the exit codes that indelible documents are those that it has")
def then_codes(context: Any) -> None:
    assert startup.documented_codes() == startup.existing_codes()


@then("indelible's error holds nothing that a terminal obeys")
def then_error_not_obeyed(context: Any) -> None:
    found = recorded.obeyed(command_line(context).last.err)
    assert not found, found


@then("indelible has connected to nothing")
def then_not_connected(context: Any) -> None:
    assert not Path(context.database_url().removeprefix("sqlite:///")).exists()


@when('indelible\'s printed statements are run in "{name}"')
def when_statements_run(context: Any, name: str) -> None:
    recorded.make_sqlite(Path(context.tmp, name), command_line(context).last.out)
