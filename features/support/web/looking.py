"""What tests do with signed logs, and what they look for in pages."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from html import unescape
from typing import Any

import sqlalchemy

from features.support.events.services import open_service, plain_engine
from features.support.web import shop
from features.support.web.browsers import Browser
from features.support.web.documents import Element
from indelible.merkle.keys import Ed25519Signer, format_signer_key
from indelible.storage.schema import Tables
from indelible.verification.proof_file import verify_proof
from indelible.verification.trust import Trust, TrustLevel, trusted_keys

_ED25519 = 1
"""The signature type of a log's own key (C2SP signed-note)."""

SECONDS = 30.0
"""How long to wait for what goes on behind the page."""


def sign(context: Any, prepare: Callable[..., None], *, known: bool | None = None) -> None:
    """Give the scenario the shop's log anew, signed.

    Args:
        context: The scenario's context.
        prepare: Begins with a page that is made anew.
        known: Whether the page is told the key; None for a service that has it.
    """
    context.url = context.new_database()
    signer = Ed25519Signer.parse(format_signer_key("audit", _ED25519, secrets.token_bytes(32)))
    signing = open_service(context, context.url, signing_key=signer, checkpoint_interval=None)
    ids = shop.record(signing)
    signing.checkpoint()
    context.vkey = str(signer.verifier.vkey)
    # A service of its own: to it, the key is not there.
    context.service = signing if known is None else open_service(context, context.url)
    prepare(context, **({"keys": [context.vkey]} if known else {}))
    context.ids = ids


def edit(context: Any, event_id: str) -> None:
    """Edit an event's stored text with SQL."""
    engine = plain_engine(context, context.url)
    event = Tables().event
    statement = (
        sqlalchemy.update(event)
        .where(event.c.event_id == event_id)
        .values(body=sqlalchemy.func.replace(event.c.body, "a typo", "no typo"))
    )
    with engine.begin() as connection:
        assert connection.execute(statement).rowcount == 1


def check_proof(text: str, vkey: str, event_id: str) -> None:
    """Verify a proof file with the key alone."""
    trust = Trust(TrustLevel.PINNED, trusted_keys(vkey))
    verified = verify_proof(text, trust, origin="audit")
    assert str(verified.event.event_id) == event_id, verified.event


def addresses(page: Element) -> list[str]:
    """Return every address that a page names, for whatever purpose."""
    return [
        unescape(one.attributes[name])
        for one in page.all()
        for name in ("href", "src", "action", "hx-get")
        if one.attributes.get(name)
    ]


def check_links(browser: Browser) -> None:
    """Open every address that a page links to; each has to answer."""
    page, address = browser.page, browser.address
    for link in page.links():
        if not link.startswith(("#", "?")):
            browser.open(link)
            wanted = {404} if link.endswith(".tlog-proof") else {200}
            assert browser.status in wanted, f"{link}: {browser.status}: {browser.text}"
    browser.open(address)


def wait_for_status(browser: Browser, status: str) -> None:
    """Look at the log's status until it is this one."""
    deadline = time.monotonic() + SECONDS
    while True:
        browser.open("/log")
        shown = browser.page.one("data-log-status").attributes["data-log-status"]
        if shown == status:
            return
        assert shown in {"running", status}, browser.text
        assert time.monotonic() < deadline, browser.text
        time.sleep(0.02)


def check_harmless(browser: Browser) -> None:
    """Fail if a page holds what only a stored value can have made."""
    for one in browser.page.all():
        assert one.attributes.get("id") != "injected", one
        assert one.tag not in {"base", "iframe", "style", "img"}, one
        assert one.tag != "script" or one.attributes.get("src"), "an inline script"
        for name, value in one.attributes.items():
            assert not name.startswith("on"), (one.tag, name)
            assert name != "style", one.tag
            if one.tag == "input" and name == "value":
                # A field holds what was typed, and keeps its directions to itself.
                continue
            assert not value.strip().lower().startswith("javascript:"), value
            assert not _shown_wrongly(value), (one.tag, name)
    assert not _shown_wrongly(browser.page.text)


def _shown_wrongly(text: str) -> bool:
    return any(character in text for character in "\x1b\x07\x7f\u202e\u2066\u202d\u200f")
