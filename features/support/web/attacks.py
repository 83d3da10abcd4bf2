"""What is tried against the page, and what must not have come of it."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from starlette.requests import Request

from features.support.processes import ROOT
from features.support.web import looking
from features.support.web.browsers import Browser
from features.support.web.documents import Element
from indelible import AuditService, InvalidEventError
from indelible.errors import ConfigurationError
from indelible.visible import visible
from indelible.web import Limits, Reader, create_app

HOSTILE = {
    "script": "<script>window.hit=1;alert(1)</script>",
    "attribute": '"><img id=injected src=x onerror="window.hit=1">',
    "quotes": "' autofocus onfocus='window.hit=1' x='",
    "template": "{{7*7}} ${7*7} {% raise %} #{7*7} <%= 7*7 %>",
    "bidi": "user\u202etxt.exe\u2066\u202d\u200f",
    "style": "</style><style>body{display:none}</style>",
    "html": "</td></tr></table></main><h1 id=injected>Taken over</h1><!--",
    "refresh": "<meta id=injected http-equiv=refresh content='0;url=https://attacker.example/'>",
    "address": "javascript:alert(3)//",
    "controls": "a\x1b[2Jb\x07c\x7fg",
    "htmx": "<div id=injected hx-get='/' hx-trigger='load'></div>",
    "path": "../../%2e%2e/a?b=c&d=<e>#f",
}
"""What people with bad intentions store, by what it is aimed at."""


def record_everywhere(service: AuditService, value: str) -> str:
    """Record an event that holds a value in every member that takes it, and return its id."""
    own: dict[str, Any] = {
        "action": "note.write", "actor": "user:mallory", "target": "note:1",
        "before": {"text": value, "gone": value}, "after": {"text": f"{value}!", value: value},
        "details": {"text": value, value: [value, {"deep": value}]},
    }  # fmt: skip
    more: dict[str, Any] = {
        "action": value, "actor": f"user:{value}", "target": f"note:{value}",
        "targets": [f"note:{value}"], "on_behalf_of": f"user:{value}", "tenant": value,
        "reason": value, "request_id": value, "session_id": value, "user_agent": value,
    }  # fmt: skip
    for member, told in more.items():
        try:
            service.record(**{**own, member: told})
        except InvalidEventError:
            # Refused is as good as shown: that member cannot hold it.
            continue
        own[member] = told
    return str(service.record(**own).event_id)


def check_pages(browser: Browser, event_id: str) -> None:
    """Open every page that shows an event, by the links of its own page."""
    browser.open("/?limit=200")
    looking.check_harmless(browser)
    browser.open(f"/events/{event_id}")
    for link in dict.fromkeys(browser.page.links()):
        if not link.startswith(("#", "?")) and "export" not in link and ".tlog-proof" not in link:
            browser.open(link)
            assert browser.status == 200, f"{link}: {browser.status}"
            if browser.headers["content-type"].startswith("text/html"):
                looking.check_harmless(browser)


def check_shown(browser: Browser, event_id: str, value: str) -> None:
    """The page of an event shows a value, with what does not show written out."""
    browser.open(f"/events/{event_id}")
    assert visible(value) in browser.page.text, browser.page.text


def check_parameter(browser: Browser, name: str) -> None:
    """Open the list with each hostile value in its address."""
    for value in HOSTILE.values():
        browser.open(f"/?{name}={quote(value)}")
        assert browser.status in {200, 400}, browser.status
        looking.check_harmless(browser)


def check_headers(browser: Browser) -> None:
    """The answer forbids whatever a page of ours does not need."""
    headers = browser.headers
    policy = dict(
        part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'", policy
    assert policy["frame-ancestors"] == "'none'", policy
    assert policy["base-uri"] == "'none'", policy
    assert set(policy.values()) == {"'none'", "'self'"}, policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    # Who serves it is nobody's business.
    assert "server" not in headers


def check_nothing_foreign(browser: Browser) -> None:
    """No address in the page leads elsewhere, and nothing in it is inline."""
    if not browser.headers["content-type"].startswith("text/html"):
        return
    looking.check_harmless(browser)
    for address in looking.addresses(browser.page):
        assert not re.match(r"[a-z]+:|//", address, re.IGNORECASE), address


def check_files(browser: Browser) -> None:
    """The files that the page names are there, under addresses that change with them."""
    named = [one for one in looking.addresses(browser.page) if "/static/" in one]
    assert len(named) == 4, named
    for address in named:
        browser.open(address)
        assert browser.status == 200, address
        digest = hashlib.sha256(browser.content).hexdigest()
        assert address.endswith(f"?v={digest[:12]}"), address
        assert "immutable" in browser.headers["cache-control"], browser.headers
        check_headers(browser)
        browser.open(address.partition("?")[0])
        assert browser.headers["cache-control"] == "no-store", browser.headers


def check_vendored() -> None:
    """The file of htmx is the one whose digest its README names."""
    static = files("indelible.web") / "static"
    digest = hashlib.sha384((static / "htmx.min.js").read_bytes()).digest()
    readme = (static / "README.md").read_text(encoding="utf-8")
    assert f"sha384-{base64.b64encode(digest).decode()}  htmx.min.js" in readme
    assert (static / "htmx.LICENSE.txt").is_file()


def hook_that(does: str) -> Callable[[Request], Any]:
    """Return a hook of a kind."""
    reader = Reader("user:rita")

    async def coroutine(request: Request) -> Reader | None:
        return reader

    def returns_coroutine(request: Request) -> Awaitable[Reader | None]:
        return coroutine(request)

    def raises(request: Request) -> Reader | None:
        raise LookupError("a secret of the application")

    hooks: dict[str, Callable[[Request], Any]] = {
        "returns a reader": lambda _: reader,
        "is a coroutine": coroutine,
        "returns a coroutine": returns_coroutine,
        "returns None": lambda _: None,
        "raises": raises,
        "returns True": lambda _: True,
    }
    return hooks[does]


def tenants_in(value: Any) -> Reader:
    """Return a reader of tenants that are passed as whatever they are."""
    return Reader("user:rita", value)


def check_refused(service: AuditService, what: str, argument: str) -> None:
    """A page cannot be made so, and the error names the argument."""
    wrong: Any = {
        "a short token": lambda: {"token": "short"},
        "a token beside a hook": lambda: {"token": "x" * 20, "authorize": lambda _: None},
        "a hook that cannot be called": lambda: {"authorize": "module:function"},
        "hosts in one string": lambda: {"allowed_hosts": "audit.example"},
        "hosts with a star": lambda: {"allowed_hosts": ["*.example"]},
        "an actor without a type": lambda: {"actor": "rita"},
        "limits in a dict": lambda: {"limits": {"page_size": 3}},
        "a page of no events": lambda: {"limits": Limits(page_size=0)},
        "a page of 1001 events": lambda: {"limits": Limits(most_page_size=1001)},
        "queries that may take no time": lambda: {"limits": Limits(query_seconds=0)},
        "a record_reads that is no bool": lambda: {"record_reads": "no"},
        "tenants in one string": lambda: {"authorize": tenants_in("acme")},
    }
    try:
        create_app(service, **wrong[what]())
    except (ConfigurationError, InvalidEventError) as error:
        assert error.argument == argument, error
        # A token that does not do may be one that is used elsewhere.
        assert "short" not in str(error).partition(":")[0], error
    else:
        raise AssertionError(f"a page was made with {what}")


def check_extra(module: str, line: str) -> None:
    """Importing the page where a library is missing says how to get it."""
    code = (
        f"import sys; sys.modules[{module!r}] = None\n"
        "from indelible import MissingExtraError\n"
        "try:\n    import indelible.web\n"
        "except MissingExtraError as error: print(error)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert line in ended.stdout, ended


def numbers_in(page: Element) -> list[str]:
    """Return what in a page tells an event's number in the log, or the log's size."""
    found = [str(one.attributes) for one in page.all() if "data-seq" in one.attributes]
    place = "".join(one.text for one in page.having("data-place"))
    found += re.findall(r"Number \d+", place)
    text = page.text
    found += re.findall(r"number \d+|\d+ of \d+ events|size \d+|ends at \d+", text)
    return found
