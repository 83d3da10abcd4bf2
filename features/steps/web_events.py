"""Steps about events, histories and the log's status in a browser."""

from __future__ import annotations

from typing import Any

from behave import given, then, when

from features.steps.web_pages import browser, names, prepare, prepare_limits
from features.support.web import looking, shop
from features.support.web.documents import Element


@given("the shop's log is signed")
def given_signed(context: Any) -> None:
    looking.sign(context, prepare)


@given("the shop's log is signed, and its key {known} to the page")
def given_key(context: Any, known: str) -> None:
    looking.sign(context, prepare, known=known == "named")


@given('the event "{name}" is edited behind the log\'s back')
def given_edited(context: Any, name: str) -> None:
    looking.edit(context, context.ids[name])


@given('the page is mounted at "{path}"')
def given_mounted(context: Any, path: str) -> None:
    context.page_options["mount"] = path


@given("logs are short up to {number:d} events")
def given_short(context: Any, number: int) -> None:
    prepare_limits(context, verify_events=number)


@given("logs are short up to {number:d} events, and a verification may take {seconds:f} s")
def given_stopped(context: Any, number: int, seconds: float) -> None:
    prepare_limits(context, verify_events=number, verify_seconds=seconds)


@given('an event about "{target}"')
def given_about(context: Any, target: str) -> None:
    receipt = context.service.record("note.write", actor="user:mallory", target=target)
    context.ids["named"] = str(receipt.event_id)


@given("an event whose details hold a value of each kind")
def given_kinds(context: Any) -> None:
    details = shop.every_kind()
    receipt = context.service.record("values.show", actor="user:anna", details=details)
    context.ids["kinds"] = str(receipt.event_id)


@when('the reader opens the history of "{target}" by its link')
def when_history(context: Any, target: str) -> None:
    page = browser(context)
    page.open(f"/events/{context.ids['named']}")
    (link,) = (one for one in page.page.links() if one.startswith("/targets/"))
    page.open(link)


@when("the reader follows the button for the proof")
def when_proof(context: Any) -> None:
    browser(context).follow("data-proof-check")


@when("the reader follows the link to more")
def when_more(context: Any) -> None:
    browser(context).follow("data-more")


@when('a script asks for "{address}"')
def when_script(context: Any, address: str) -> None:
    browser(context).open(address.format(**context.ids), hx_request="true")


@when("the reader asks for a verification")
def when_verification(context: Any) -> None:
    page = browser(context)
    page.send("POST", "/log")
    assert page.status == 303, page.text
    assert page.headers["location"] == "/log"


@then("the page holds these texts")
def then_texts(context: Any) -> None:
    shown = browser(context).page.text
    missing = [row["text"] for row in context.table if row["text"] not in shown]
    assert not missing, missing


@then('the page holds the text "{text}"')
def then_text(context: Any, text: str) -> None:
    assert text in browser(context).page.text, browser(context).page.text


@then('the page holds nowhere "{text}"')
def then_nowhere(context: Any, text: str) -> None:
    page = browser(context)
    assert text not in page.text


@then('the diff says "{path}" went from "{before}" to "{after}"')
def then_diff(context: Any, path: str, before: str, after: str) -> None:
    _went(browser(context).page.one("data-diff"), path, before, after)


@then('version {number:d} says "{path}" went from "{before}" to "{after}"')
def then_version_diff(context: Any, number: int, path: str, before: str, after: str) -> None:
    _went(browser(context).page.one("data-version", str(number)), path, before, after)


def _went(part: Element, path: str, before: str, after: str) -> None:
    row = part.one("data-path", path)
    cells = [one.text for one in row.children if isinstance(one, Element)]
    assert cells == [path, before, after], cells


@then('the diff has no "{path}"')
def then_no_path(context: Any, path: str) -> None:
    assert not browser(context).page.one("data-diff").having("data-path", path)


@then("the page names its place in the log")
def then_place(context: Any) -> None:
    place = browser(context).page.one("data-place").text
    assert "Number 1 of the log audit" in place, place


@then("one value is marked as redacted")
def then_redacted(context: Any) -> None:
    assert browser(context).page.one("data-redacted").text == "redacted"


@then('the neighbours by {kind} are "{events}"')
def then_neighbours(context: Any, kind: str, events: str) -> None:
    group = browser(context).page.one("data-neighbours", kind)
    shown = [one.attributes["data-event"] for one in group.having("data-event")]
    assert shown == [context.ids[name] for name in names(events)], shown


@then("there are no neighbours")
def then_no_neighbours(context: Any) -> None:
    assert not browser(context).page.having("data-neighbours")


@then('the page links to "{address}"')
def then_links(context: Any, address: str) -> None:
    assert address.format(**context.ids) in browser(context).page.links()


@then("the page says that something is wrong")
def then_problem(context: Any) -> None:
    assert browser(context).page.one("data-error").text.strip()


@then("the download is the event's body, to the byte")
def then_body(context: Any) -> None:
    page = browser(context)
    event = context.service.get(context.ids["updated"])
    assert page.content == event.body.encode(), page.content
    assert page.headers["content-disposition"].startswith("attachment"), page.headers


@then('the proof\'s result is "{result}"')
def then_result(context: Any, result: str) -> None:
    page = browser(context)
    assert page.status == 200, page.text
    shown = page.page.having("data-proof-result")
    assert [one.attributes["data-proof-result"] for one in shown] == [result], page.text


@then('the answer is the proof\'s result "{result}" and no page')
def then_part(context: Any, result: str) -> None:
    page = browser(context)
    assert page.page.one("data-proof-result").attributes["data-proof-result"] == result
    assert "<html" not in page.text


@then("the download is a proof that the key verifies")
def then_proof(context: Any) -> None:
    looking.check_proof(browser(context).text, context.vkey, context.ids["updated"])


@then('every link of the page begins with "{path}" or is relative')
def then_inside(context: Any, path: str) -> None:
    assert browser(context).status == 200, browser(context).text
    links = looking.addresses(browser(context).page)
    assert links, "there are no links"
    outside = [one for one in links if not one.startswith((f"{path}/", "?", "#"))]
    assert not outside, outside


@then("each of these links answers")
def then_answer(context: Any) -> None:
    looking.check_links(browser(context))


@then('the history has the versions "{versions}"')
def then_versions(context: Any, versions: str) -> None:
    page = browser(context)
    shown = []
    by_id = {value: name for name, value in context.ids.items()}
    for one in page.page.having("data-version"):
        (link,) = (link for link in one.links() if link.startswith("/events/"))
        shown.append(f"{one.attributes['data-version']} {by_id[link.removeprefix('/events/')]}")
    assert shown == names(versions), shown


@then("the history has {number:d} version")
def then_version_count(context: Any, number: int) -> None:
    page = browser(context)
    assert page.status == 200, page.text
    assert len(page.page.having("data-version")) == number


@then("the page has nothing that a stored value has made")
def then_harmless(context: Any) -> None:
    looking.check_harmless(browser(context))


@then('what was known after version {number:d} holds "{one}" and "{other}"')
def then_state(context: Any, number: int, one: str, other: str) -> None:
    (known,) = (
        part
        for part in browser(context).page.one("data-version", str(number)).all()
        if part.tag == "details"
    )
    assert one in known.text, known.text
    assert other in known.text, known.text


@then('the log\'s status is "{status}"')
def then_log_status(context: Any, status: str) -> None:
    page = browser(context)
    assert page.status == 200, page.text
    assert page.page.one("data-log-status").attributes["data-log-status"] == status, page.text


@then('the log\'s status becomes "{status}"')
def then_log_status_becomes(context: Any, status: str) -> None:
    looking.wait_for_status(browser(context), status)


@then('the page says in time "{text}"')
def then_in_time(context: Any, text: str) -> None:
    looking.wait_for_status(browser(context), "unknown")
    assert text in browser(context).page.text, browser(context).page.text


@then("the checkpoint that is shown is verified")
def then_checkpoint(context: Any) -> None:
    shown = browser(context).page.one("data-checkpoint").text
    assert "audit, verified" in shown, shown
    assert f"{len(shop.EVENTS)} of" in shown, shown
