"""Steps about who is let in, what a browser is told, and what hostile values do: nothing."""

from __future__ import annotations

import json
from typing import Any

from behave import given, then, when

from features.steps.web_pages import browser, given_shop, prepare
from features.support.events.services import open_service
from features.support.web import attacks, looking, shop
from features.support.web.browsers import PATIENT, Browser
from indelible.web import create_app


def page_of(context: Any, client: str = "127.0.0.1", address: str = "", **options: Any) -> None:
    """Give the scenario a browser of a page that `create_app` makes so."""
    app = create_app(context.service, limits=PATIENT, **options)
    context.browser = Browser(
        app, address=address or "http://127.0.0.1", client=(client.strip("[]"), 50_000)
    )
    context.add_cleanup(context.browser.close)


@given("the page of a shop's log without hook and token")
def given_open(context: Any) -> None:
    given_shop(context)
    context.open_options = {}


@given('the page of a shop\'s log for the hosts "{hosts}"')
def given_hosts(context: Any, hosts: str) -> None:
    given_shop(context)
    context.open_options = {
        "allowed_hosts": [hosts], "authorize": attacks.hook_that("returns a reader"),
    }  # fmt: skip


@given('the page of a shop\'s log with the token "{token}"')
def given_token(context: Any, token: str) -> None:
    given_shop(context)
    page_of(context, token=token)


@given("the page of a shop's log with a hook that {does}")
def given_hook(context: Any, does: str) -> None:
    given_shop(context)
    page_of(context, authorize=attacks.hook_that(does))


@given('the page of a shop\'s log, read for "{tenants}"')
def given_tenants(context: Any, tenants: str) -> None:
    context.service = open_service(context, context.new_database())
    prepare(context, tenants=tenants)
    context.ids = shop.record(context.service)


@given('the page of a shop\'s log, read for "{tenants}" with numbers')
def given_places(context: Any, tenants: str) -> None:
    given_tenants(context, tenants)
    context.page_options["places"] = True


@given('the page of a shop\'s log, read for ""')
def given_no_tenant(context: Any) -> None:
    given_tenants(context, "")
    context.page_options["tenants"] = ","


@given('the shop\'s log is signed, its key named to the page, and read for "{tenants}"')
def given_signed_tenants(context: Any, tenants: str) -> None:
    looking.sign(context, prepare, known=True)
    context.page_options["tenants"] = tenants


@given("the page of a log of {number:d} orders of two tenants, read for the first")
def given_two_tenants(context: Any, number: int) -> None:
    context.service = open_service(context, context.new_database())
    prepare(context, tenants="first")
    tenants = ("first", "second")
    orders = shop.record_many(context.service, number, lambda place: tenants[place % 3 > 0])
    context.orders = orders[::3]


@given('the page of a log in which "{name}" is stored in every member')
def given_hostile(context: Any, name: str) -> None:
    context.service = open_service(context, max_body_bytes=1024 * 1024)
    prepare(context)
    context.hostile = attacks.record_everywhere(context.service, attacks.HOSTILE[name])
    context.value = attacks.HOSTILE[name]


@when('{client} asks for "{path}" at "{host}"')
def when_asked(context: Any, client: str, path: str, host: str) -> None:
    page_of(context, client, f"http://{host}", **context.open_options)
    # As it was typed, which a client would put into lower case.
    context.browser.open(path, host=host)


@when('a proxy asks for "{path}" and says "{header}"')
def when_proxied(context: Any, path: str, header: str) -> None:
    page_of(context)
    context.browser.open(path, **{header: "192.0.2.1"})


@when('a client sends {method} to "{address}"')
def when_sent(context: Any, method: str, address: str) -> None:
    browser(context).send(method, address.format(**context.ids))


@when('another site\'s page sends POST to "{address}"')
def when_forged(context: Any, address: str) -> None:
    browser(context).send("POST", address, sec_fetch_site="cross-site")


@when('a program asks for "{address}" with the header "{header}"')
def when_program(context: Any, address: str, header: str) -> None:
    context.browser.open(address, authorization=header)


@when("the reader signs out")
def when_signed_out(context: Any) -> None:
    context.browser.send("POST", "/token/forget", sec_fetch_site="same-origin")


@when('the reader fills in the token "{token}"')
def when_token(context: Any, token: str) -> None:
    form = context.browser.page.one("data-token")
    target = form.one("name", "next").attributes["value"]
    context.browser.send(
        form.attributes["method"].upper(), form.attributes["action"],
        {"token": token, "next": target}, sec_fetch_site="same-origin",
    )  # fmt: skip


@when('the form with the token "{token}" wants to lead to "{address}"')
def when_led(context: Any, token: str, address: str) -> None:
    context.browser.send("POST", "/token", {"token": token, "next": address})


@then('the page leads to "{address}"')
def then_leads(context: Any, address: str) -> None:
    assert context.browser.status == 303, context.browser.text
    assert context.browser.headers["location"] == address.format(**context.ids)


@then("the cookie is for this site alone, out of reach of scripts, and does not hold the token")
def then_cookie(context: Any) -> None:
    (cookie,) = context.browser.cookies
    lower = cookie.lower()
    assert "httponly" in lower, cookie
    assert "samesite=strict" in lower, cookie
    assert "0123456789" not in cookie, cookie


@then("the answer has nothing of the log, unless it is 200")
def then_no_log(context: Any) -> None:
    page = context.browser
    words = ("anna", "invoice", "<strong>")
    assert page.status == 200 or not any(word in page.text for word in words), page.text
    assert "a secret" not in page.text


@then(
    "the answer forbids scripts and styles that are not files of the page, frames, sniffing and "
    "referrers"
)
def then_headers(context: Any) -> None:
    attacks.check_headers(browser(context))


@then("the answer is kept by nobody")
def then_not_kept(context: Any) -> None:
    assert browser(context).headers["cache-control"] == "no-store"


@then("the page has nothing inline and nothing from elsewhere")
def then_own(context: Any) -> None:
    attacks.check_nothing_foreign(browser(context))


@then("each file that the page names is there, and may be kept")
def then_files(context: Any) -> None:
    attacks.check_files(browser(context))


@then("the files of htmx are those that its README names")
def then_vendored(context: Any) -> None:
    attacks.check_vendored()


@then('no page can be made with {what}, and the error names "{argument}"')
def then_refused(context: Any, what: str, argument: str) -> None:
    service = open_service(context)
    attacks.check_refused(service, what, argument)


@then('importing the page without "{module}" says "{line}"')
def then_extra(context: Any, module: str, line: str) -> None:
    attacks.check_extra(module, line)


@then("on every page about it the value is harmless")
def then_harmless(context: Any) -> None:
    attacks.check_pages(browser(context), context.hostile)


@then("the event's page shows it as it is, with what does not show written out")
def then_shown(context: Any) -> None:
    attacks.check_shown(browser(context), context.hostile, context.value)


@then('no hostile value as "{name}" in the address does anything')
def then_parameter(context: Any, name: str) -> None:
    attacks.check_parameter(browser(context), name)


@then("the page holds no number of an event")
def then_no_number(context: Any) -> None:
    found = attacks.numbers_in(browser(context).page)
    assert not found, found


@then("there are no neighbours by {kind}")
def then_alone(context: Any, kind: str) -> None:
    assert not browser(context).page.one("data-neighbours", kind).having("data-event")


@then("an event of the others and one that is not there are told alike")
def then_alike(context: Any) -> None:
    page = browser(context)
    told = []
    for event_id in (context.ids["updated"], "01a20d8c-a01f-734c-afd8-09f2a260d38a"):
        for ending in ("", "/proof", ".json", ".tlog-proof"):
            page.open(f"/events/{event_id}{ending}")
            told.append((ending, page.status, page.text.replace(event_id, "")))
    assert told[:4] == told[4:], told


@then("the cursor holds no number")
def then_no_cursor(context: Any) -> None:
    link = browser(context).page.one("data-more").attributes["href"]
    cursor = link.partition("cursor=")[2].partition("&")[0]
    event_id, _, _ = cursor.partition("-")
    assert browser(context).events()[-1].replace("-", "") == event_id, cursor


@then("the page and those behind it list the first tenant's orders, the newest first")
def then_first(context: Any) -> None:
    assert browser(context).all_events() == context.orders[::-1]


@then("the download holds {number:d} events without numbers")
def then_download(context: Any, number: int) -> None:
    page = browser(context)
    lines = page.text.splitlines()
    if page.headers["content-type"].startswith("text/csv"):
        assert lines[0].startswith("seq,log,"), lines
        assert [line.partition(",")[0] for line in lines[1:]] == [""] * number, lines
    else:
        assert [sorted(json.loads(line)) for line in lines] == [["event"]] * number, lines


@then('the page\'s text holds nowhere "{text}"')
def then_text_nowhere(context: Any, text: str) -> None:
    assert text not in browser(context).text


@then("the answer is empty")
def then_empty(context: Any) -> None:
    assert browser(context).content == b""
