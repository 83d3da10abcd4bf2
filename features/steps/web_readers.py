"""Steps about what is recorded of readers, what they take away, and how much they may ask for."""

from __future__ import annotations

import hashlib
import time
from types import SimpleNamespace
from typing import Any
from unittest import mock

from behave import given, then, when

from features.steps.web_pages import browser, names, prepare, prepare_limits
from features.support.events.services import open_service
from features.support.web import readers, shop
from features.support.web.browsers import browser_of
from indelible.errors import StorageError
from indelible.exporters import event_line
from indelible.web import Limits, Reader, create_app, recording

# Recording -------------------------------------------------------------------------------------


@given("{number:d} looks have been recorded")
def given_looks(context: Any, number: int) -> None:
    for _ in range(number):
        context.service.record("audit.read.list", actor="user:rita", target="audit-log:audit")


@given("looks are not recorded")
def given_unrecorded(context: Any) -> None:
    context.page_options["record_reads"] = False


@given("the log takes no more events")
def given_full(context: Any) -> None:
    readers.takes_no_events(context.service)


@when('the reader opens "{address}" {number:d} times')
def when_often(context: Any, address: str, number: int) -> None:
    for _ in range(number):
        browser(context).open(address.format(**context.ids))


@when("ten minutes pass")
def when_later(context: Any) -> None:
    now = time.monotonic
    later = SimpleNamespace(monotonic=lambda: now() + recording.WINDOW + 1)
    patched = mock.patch("indelible.web.recording.time", later)
    patched.start()
    context.add_cleanup(patched.stop)


@when('another reader opens "{address}"')
def when_another(context: Any, address: str) -> None:
    other = browser_of(context.service, actor="user:olga")
    context.add_cleanup(other.close)
    other.open(address.format(**context.ids))


@when("the reader goes on to the end")
def when_to_end(context: Any) -> None:
    assert len(browser(context).all_events()) == len(context.orders)


@then('the log holds "{action}" by "{actor}" about "{target}"')
def then_look(context: Any, action: str, actor: str, target: str) -> None:
    (context.look,) = readers.logged(context.service, action)
    assert str(context.look.actor) == actor, context.look
    assert str(context.look.target) == target.format(**context.ids), context.look


@then('the log holds "{action}" by "{actor}" with the outcome "{outcome}"')
def then_export(context: Any, action: str, actor: str, outcome: str) -> None:
    (event,) = readers.logged(context.service, action)
    assert str(event.actor) == actor, event
    assert event.outcome == outcome, event


@then('it says that it came from "{address}" with "{agent}"')
def then_from(context: Any, address: str, agent: str) -> None:
    assert context.look.source_ip == address, context.look
    assert context.look.user_agent == agent, context.look


@then('the log\'s last look says that "{one}" was "{value}" and "{other}" was "{second}"')
def then_filters(context: Any, one: str, value: str, other: str, second: str) -> None:
    look = readers.logged(context.service, "audit.read.list")[-1]
    assert look.details["filters"] == {one: value, other: second}, look.details


@then('the log holds {number:d} "{action}"')
def then_number(context: Any, number: int, action: str) -> None:
    assert len(readers.logged(context.service, action)) == number


@then('the log holds no "{action}"')
def then_none(context: Any, action: str) -> None:
    assert not readers.logged(context.service, action)


@then('the log holds nowhere "{text}"')
def then_not_written(context: Any, text: str) -> None:
    bodies = [event.body for event in context.service.query(limit=1000).items]
    assert not any(text in body for body in bodies)


@then("the page says how to see looks at it")
def then_how(context: Any) -> None:
    assert any("reads=shown" in link for link in browser(context).page.links())


# Downloads -------------------------------------------------------------------------------------


@given("{number:d} export may be under way at once")
def given_exports(context: Any, number: int) -> None:
    prepare_limits(context, exports=number)


@given("an export may take {seconds:f} s")
def given_export_seconds(context: Any, seconds: float) -> None:
    prepare_limits(context, export_seconds=seconds)


@given("the page of a log of {number:d} orders with these limits")
def given_orders_kept(context: Any, number: int) -> None:
    options = context.page_options
    context.service = open_service(context, context.new_database(), audit_async=True)
    prepare(context, **options)
    shop.record_many(context.service, number)
    context.service.flush()


@given("an export that is under way")
def given_under_way(context: Any) -> None:
    context.started = browser(context).begin("/export.jsonl")


@when("the export that is under way is broken off by its reader")
def when_broken(context: Any) -> None:
    browser(context).break_off(context.started)


@when('the reader opens "{address}" which breaks off')
def when_breaks_off(context: Any, address: str) -> None:
    browser(context).open(address)


@when('the reader follows the link to the download "{form}"')
def when_download(context: Any, form: str) -> None:
    page = browser(context)
    (link,) = (one for one in page.page.links() if f"export.{form}" in one)
    page.open(link)


@then('the download is a file "{name}" of the events "{events}", to the byte')
def then_lines(context: Any, name: str, events: str) -> None:
    page = browser(context)
    assert f'filename="{name}"' in page.headers["content-disposition"], page.headers
    wanted = [context.service.get(context.ids[one]) for one in names(events)]
    assert page.text.splitlines() == [event_line(event) for event in wanted], page.text


@then('the download is a file "{name}" with {number:d} row below its header')
def then_rows(context: Any, name: str, number: int) -> None:
    page = browser(context)
    assert f'filename="{name}"' in page.headers["content-disposition"], page.headers
    assert len(page.text.splitlines()) == 1 + number, page.text


@then('its row holds "{text}" as no formula')
def then_cell(context: Any, text: str) -> None:
    assert f",{text}," in browser(context).text, browser(context).text


@then("the download holds the {number:d} orders in their order")
def then_orders(context: Any, number: int) -> None:
    lines = browser(context).text.splitlines()
    found = [line.partition('"event_id":"')[2][:36] for line in lines]
    assert found == context.orders, len(found)
    assert len(found) == number


@then("both say what was asked for, and the latter its {number:d} events and their digest")
def then_said(context: Any, number: int) -> None:
    (begin,) = readers.logged(context.service, "audit.export")
    (end,) = readers.logged(context.service, "audit.export.end")
    assert begin.details["filters"] == end.details["filters"] == {"tenant": "acme"}
    assert begin.request_id == end.request_id
    assert end.details["events"] == number, end.details
    assert end.details["sha256"] == hashlib.sha256(browser(context).content).hexdigest()


@then('the download holds no "{action}"')
def then_not_in(context: Any, action: str) -> None:
    assert f'"{action}' not in browser(context).text


@then('the download holds {number:d} "{action}"')
def then_in(context: Any, number: int, action: str) -> None:
    assert browser(context).text.count(f'"action":"{action}"') == number, browser(context).text


@then("the log says of one export that {what}")
def then_ended(context: Any, what: str) -> None:
    words = {"it was broken off": "broken off", "it took longer": "longer"}[what]
    failed = [
        event
        for event in readers.logged(context.service, "audit.export.end")
        if event.outcome == "failure"
    ]
    assert len(failed) == 1, failed
    assert words in (failed[0].reason or ""), failed[0]


@then("the answer says when to try again")
def then_retry(context: Any) -> None:
    assert int(browser(context).headers["retry-after"]) > 0


# Limits ----------------------------------------------------------------------------------------


@given("pages of {number:d} events, at most {most:d}")
def given_pages(context: Any, number: int, most: int) -> None:
    prepare_limits(context, page_size=number, most_page_size=most)


@given("a question may take {seconds:f} s, and takes longer")
def given_seconds(context: Any, seconds: float) -> None:
    prepare_limits(context, query_seconds=seconds)
    readers.takes(context.service, seconds)


@given("the database is gone")
def given_gone(context: Any) -> None:
    readers.fails(context.service, "query", StorageError("sqlite:///secret.db is gone"))


@given("the page has a defect")
def given_defect(context: Any) -> None:
    readers.fails(context.service, "get", ZeroDivisionError("a secret"))


@given("a question that waits until another one is answered")
def given_meeting(context: Any) -> None:
    context.meeting = readers.Meeting(context.service, 2)
    context.limits = Limits()


@given("{number:d} questions may be asked at once")
def given_turns(context: Any, number: int) -> None:
    context.meeting = readers.Meeting(context.service, 1, pause=0.02)
    context.limits = Limits(readers=number)


@when("two readers ask at once")
def when_two(context: Any) -> None:
    _ask(context, 2)


@when("{number:d} readers ask at once")
def when_many(context: Any, number: int) -> None:
    _ask(context, number)


def _ask(context: Any, number: int) -> None:
    app = create_app(
        context.service,
        authorize=lambda _: Reader("user:rita"),
        limits=context.limits,
        record_reads=False,
    )
    addresses = [f"/actors/user:{place}" for place in range(number)]
    context.statuses = readers.at_once(app, addresses)


@then("both are answered")
def then_both(context: Any) -> None:
    assert context.statuses == [200, 200], context.statuses


@then("all are answered, and never more than {number:d} were asked at once")
def then_bounded(context: Any, number: int) -> None:
    assert set(context.statuses) == {200}, context.statuses
    assert context.meeting.most <= number, context.meeting.most
