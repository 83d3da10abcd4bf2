"""Steps about the page; what they check is in features/support/web."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from behave import given, then, when

from features.support.events.services import open_service
from features.support.web import shop
from features.support.web.browsers import PATIENT, Browser, browser_of
from indelible.web import Limits


def browser(context: Any) -> Browser:
    """The scenario's browser, made at the first use with what steps have asked for."""
    if context.browser is None:
        options = {"limits": PATIENT, **context.page_options}
        context.browser = browser_of(context.service, **options)
        context.add_cleanup(context.browser.close)
    found: Browser = context.browser
    return found


def prepare(context: Any, **options: Any) -> None:
    """Begin with a page that is made anew."""
    context.browser = None
    context.page_options = options
    context.ids = {}


def names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


@given("the page of a shop's log")
def given_shop(context: Any) -> None:
    context.service = open_service(context)
    prepare(context)
    context.ids = shop.record(context.service)


@given("the page of a log of {number:d} orders")
def given_orders(context: Any, number: int) -> None:
    context.service = open_service(context, context.new_database())
    prepare(context)
    context.orders = shop.record_many(context.service, number)


@given("the histogram may take {seconds:f} s")
def given_histogram(context: Any, seconds: float) -> None:
    prepare_limits(context, histogram_seconds=seconds)


def prepare_limits(context: Any, **limits: Any) -> None:
    context.browser = None
    context.page_options["limits"] = Limits(**{"histogram_seconds": 10.0, **limits})


@given('the reader\'s zone is "{zone}"')
def given_zone(context: Any, zone: str) -> None:
    browser(context).open(f"/?zone={zone}")


@when("{number:d} more orders are recorded")
def when_recorded(context: Any, number: int) -> None:
    for place in range(number):
        receipt = context.service.record(
            "order.place", actor="service:shop", target=f"order:later-{place}"
        )
        context.orders.append(str(receipt.event_id))


@when('the reader opens "{address}"')
def when_opened(context: Any, address: str) -> None:
    browser(context).open(address.format(**context.ids))


@when('the reader opens "{address}" without following')
def when_opened_only(context: Any, address: str) -> None:
    browser(context).open(address, follow=False)


@when('the reader removes the chip "{name}"')
def when_chip_removed(context: Any, name: str) -> None:
    page = browser(context)
    (link,) = page.page.one("data-chip", name).having("data-chip-remove")
    page.open(urljoin(page.address, link.attributes["href"]))


@when("the reader clicks into the first bar of the histogram")
def when_bar(context: Any) -> None:
    page = browser(context)
    page.open(urljoin(page.address, page.page.having("data-bucket")[0].attributes["href"]))


@when("the reader opens the histogram that follows")
def when_follows(context: Any) -> None:
    page = browser(context)
    page.open(page.page.one("data-histogram-follows").attributes["hx-get"], hx_request="true")


@when('a script asks for the second page of "{address}"')
def when_script(context: Any, address: str) -> None:
    page = browser(context)
    page.open(address)
    more = urljoin(page.address, page.page.one("data-more").attributes["hx-get"])
    page.open(more, hx_request="true")


@when('the reader takes the link to more events to "{address}"')
def when_cursor_taken(context: Any, address: str) -> None:
    page = browser(context)
    link = page.page.one("data-more").attributes["href"]
    cursor = link.partition("cursor=")[2].partition("&")[0]
    page.open(f"{address}&cursor={cursor}")


@then('the page lists "{events}"')
def then_lists(context: Any, events: str) -> None:
    by_id = {value: name for name, value in context.ids.items()}
    page = browser(context)
    assert page.status == 200, page.text
    shown = [by_id.get(one, one) for one in page.events()]
    assert shown == names(events), shown


@then("the page lists {number:d} events")
def then_lists_number(context: Any, number: int) -> None:
    assert len(browser(context).events()) == number, browser(context).text


@then('the answer lists "{events}" and holds no form')
def then_rows(context: Any, events: str) -> None:
    page = browser(context)
    assert page.events() == [context.ids[name] for name in names(events)], page.text
    assert not page.page.having("data-search")
    assert "<html" not in page.text


@then("the page and those behind it list the {number:d} orders, the {order} first")
def then_all(context: Any, number: int, order: str) -> None:
    shown = browser(context).all_events()
    wanted = context.orders[:number]
    assert shown == (wanted if order == "oldest" else wanted[::-1]), shown


@then('the page leads to an address with "{one}" and "{other}" but without "{rest}"')
def then_leads(context: Any, one: str, other: str, rest: str) -> None:
    page = browser(context)
    assert page.status == 303, page.status
    address = page.headers["location"]
    assert one in address, address
    assert other in address, address
    for text in rest.split('", "'):
        assert text not in address, address


@then('the page\'s address holds "{text}"')
def then_address(context: Any, text: str) -> None:
    assert text in browser(context).address, browser(context).address


@then('the page has the chips "{chips}"')
def then_chips(context: Any, chips: str) -> None:
    shown = [one.attributes["data-chip"] for one in browser(context).page.having("data-chip")]
    assert sorted(shown) == sorted(names(chips)), shown


@then("the histogram counts {number:d} events")
def then_histogram(context: Any, number: int) -> None:
    bars = browser(context).page.one("data-histogram").having("data-bucket")
    counts = [int(one.attributes["aria-label"].split()[0].replace(",", "")) for one in bars]
    assert sum(counts) == number, counts


@then("the page has no histogram, but one that follows")
def then_no_histogram(context: Any) -> None:
    assert not browser(context).page.having("data-histogram")
    assert browser(context).page.one("data-histogram-follows").having("href")


@then('the form has no field "{name}"')
def then_no_field(context: Any, name: str) -> None:
    assert not browser(context).page.one("data-search").having("name", name)


@then("the answer's status is {status:d}")
def then_status(context: Any, status: int) -> None:
    page = browser(context)
    assert page.status == status, f"{page.status}: {page.text}"


@then('the page says what is wrong with "{name}"')
def then_wrong(context: Any, name: str) -> None:
    told = browser(context).page.one("data-error")
    assert told.text.startswith(f"{name}="), told.text
    assert len(told.text) < 400, told.text


@then("the form is there with what was typed")
def then_form(context: Any) -> None:
    page = browser(context)
    form = page.page.one("data-search")
    _, _, query = page.address.partition("?")
    name, _, value = query.partition("&")[0].partition("=")
    fields = [one for one in form.having("name", name) if one.tag == "input"]
    if fields and name not in {"outcome", "reads"}:
        shown = [one.attributes.get("value", "") for one in fields]
        assert value.replace("%3D", "=") in shown, (name, shown)


@then("the page says that there is nothing")
def then_nothing(context: Any) -> None:
    page = browser(context)
    assert page.status == 200, page.text
    assert page.page.one("data-empty").text.strip()
    assert not page.events()
