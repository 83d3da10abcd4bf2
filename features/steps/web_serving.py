"""Steps about `indelible serve`."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Any

from behave import given, then, when

from features.steps.command_line import command_line
from features.support import scratch
from features.support.events.services import open_service
from features.support.processes import ROOT
from features.support.web import readers, shop
from features.support.web.servers import Server, without


@given("a shop's log")
def given_log(context: Any) -> None:
    context.service = open_service(context)
    shop.record(context.service)
    context.files = {}


@given("indelible serves a shop's log")
def given_served(context: Any) -> None:
    given_log(context)
    serve(context, "")


@given('a file "{name}" that holds "{text}"')
def given_file(context: Any, name: str, text: str) -> None:
    path = scratch.new_directory() / name
    path.write_text(text + "\n", encoding="utf-8")
    context.files[name] = path


@given('indelible serves it with "{options}"')
def given_options(context: Any, options: str) -> None:
    serve(context, options.format(**context.files))


@given('indelible serves it from there with "{options}"')
def given_there(context: Any, options: str) -> None:
    (path,) = context.files.values()
    serve(context, options, path.parent)


def serve(context: Any, options: str, directory: Path | None = None) -> None:
    context.server = Server(context.database_url(), options, directory or ROOT)
    context.add_cleanup(context.server.close)


@when('a client asks the server for "{path}"')
def when_asked(context: Any, path: str) -> None:
    context.server.ask(path)


@when('a client calls the server "{host}" and asks for "{path}"')
def when_asked_host(context: Any, host: str, path: str) -> None:
    context.server.ask(path, Host=host)


@when('a client shows the token "{token}" and asks for "{path}"')
def when_asked_token(context: Any, token: str, path: str) -> None:
    context.server.ask(path, Authorization=f"Bearer {token}")


@when("a client opens the address that the server has printed")
def when_printed(context: Any) -> None:
    _, _, query = context.server.address.partition("?")
    context.server.ask(f"/?{query}")


@when("the server is told to end")
def when_ended(context: Any) -> None:
    context.code = context.server.end()


@given("an empty database")
def given_empty(context: Any) -> None:
    Path(context.database_url().removeprefix("sqlite:///")).touch()


@when("indelible serve is run with the same port")
def when_same_port(context: Any) -> None:
    command_line(context).run(f"serve --port {context.server.port}")


@then("the server answers with {status:d}")
def then_status(context: Any, status: int) -> None:
    assert context.server.status == status, context.server.text


@then("the server has printed one line, which says where it is")
def then_line(context: Any) -> None:
    assert f":{context.server.port}/" in context.server.address, context.server.address


@then("the server ends with code {code:d}")
def then_code(context: Any, code: int) -> None:
    assert context.code == code, context.code


@then('the shop\'s log holds {number:d} "{action}" by whoever runs the server')
def then_recorded(context: Any, number: int, action: str) -> None:
    looks = readers.logged(context.service, action)
    assert [str(one.actor) for one in looks] == [f"user:{getpass.getuser()}"] * number, looks


@then('nobody sees "{text}" among the machine\'s processes')
def then_unseen(context: Any, text: str) -> None:
    arguments = context.server.arguments()
    assert "serve" in arguments, arguments
    assert text not in arguments, arguments


@then('the answer names "{one}" and not "{other}"')
def then_names(context: Any, one: str, other: str) -> None:
    assert one in context.server.text
    assert other not in context.server.text


@then('indelible serve without "{module}" says "{line}"')
def then_extra(context: Any, module: str, line: str) -> None:
    given_log(context)
    said = without(module, context.database_url())
    assert line in said, said
