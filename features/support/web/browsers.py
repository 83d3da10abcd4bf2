"""The page asked in-process, as a browser without scripts would."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from features.support.web.documents import Element, parse
from indelible import AuditService
from indelible.web import Limits, Reader, create_app

logging.getLogger("httpx").setLevel(logging.WARNING)

SECONDS = 30.0
"""How long anything may take before it is taken for stuck."""

LOOPBACK = ("127.0.0.1", 50_000)


class Browser:
    """One reader's browser.

    Args:
        app: The application.
        address: What it has in its address bar before the path.
        client: The address and port that it asks from.
    """

    def __init__(
        self,
        app: Starlette,
        *,
        address: str = "http://127.0.0.1",
        client: tuple[str, int] = LOOPBACK,
    ) -> None:
        # One for all requests, as a server has one.
        self._loop = asyncio.new_event_loop()
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False, client=client),
            base_url=address,
            headers={"user-agent": "a browser"},
        )
        self._app = app
        self.status = 0
        self.text = ""
        self.content = b""
        self.headers: Mapping[str, str] = {}
        self.cookies: list[str] = []
        self.address = ""
        self._page: Element | None = None

    def close(self) -> None:
        """Close it."""
        self._loop.run_until_complete(self._client.aclose())
        self._loop.close()

    def open(self, address: str, *, follow: bool = True, **headers: str) -> None:
        """Open an address, and go where it leads."""
        self._take("GET", address, follow=follow, headers=_named(headers))

    def send(self, method: str, address: str, data: Any = None, **headers: str) -> None:
        """Send another kind of request."""
        self._take(method, address, follow=False, headers=_named(headers), data=data)

    def follow(self, attribute: str, value: str | None = None) -> None:
        """Follow the only link with an attribute."""
        self.open(urljoin(self.address, self.page.one(attribute, value).attributes["href"]))

    def _take(self, method: str, address: str, *, follow: bool, **more: Any) -> None:
        answer = self._ask(method, address, **more)
        for _ in range(5):
            if not (follow and answer.is_redirect):
                break
            answer = self._ask("GET", urljoin(str(answer.url), answer.headers["location"]))
        self.status, self.text, self.headers = answer.status_code, answer.text, answer.headers
        self.content = answer.content
        self.address = str(answer.url)
        self.cookies = answer.headers.get_list("set-cookie")
        self._page = None

    def begin(self, address: str) -> asyncio.Task[None]:
        """Begin with an answer, and take none of it but its beginning."""
        begun = asyncio.Event()

        async def receive() -> Any:
            await asyncio.sleep(SECONDS)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body":
                begun.set()
                await asyncio.sleep(SECONDS)

        path, _, query = address.partition("?")
        scope: dict[str, Any] = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode(),
            "query_string": query.encode(), "headers": [(b"host", b"audit.example")],
            "client": LOOPBACK, "server": ("audit.example", 80), "scheme": "http",
            "http_version": "1.1", "root_path": "", "asgi": {"version": "3.0"},
        }  # fmt: skip

        async def start() -> asyncio.Task[None]:
            task: asyncio.Task[None] = asyncio.ensure_future(self._app(scope, receive, send))
            await asyncio.wait_for(begun.wait(), SECONDS)
            return task

        return self._loop.run_until_complete(start())

    def break_off(self, task: asyncio.Task[None]) -> None:
        """Go away in the middle of an answer."""
        task.cancel()
        self._loop.run_until_complete(asyncio.gather(task, return_exceptions=True))

    def _ask(self, method: str, address: str, **more: Any) -> httpx.Response:
        return self._loop.run_until_complete(self._client.request(method, address, **more))

    @property
    def page(self) -> Element:
        """What the page holds."""
        if self._page is None:
            self._page = parse(self.text)
        return self._page

    def events(self) -> list[str]:
        """The ids of the events that the page lists."""
        return [one.attributes["data-event"] for one in self.page.having("data-event")]

    def all_events(self) -> list[str]:
        """The ids of the events of this page and of all that follow it."""
        found = self.events()
        while self.page.having("data-more"):
            self.follow("data-more")
            assert self.status == 200, self.text
            found += self.events()
        return found


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def browser_of(
    service: AuditService,
    *,
    tenants: str | None = None,
    actor: str = "user:rita",
    places: bool = False,
    mount: str | None = None,
    **options: Any,
) -> Browser:
    """Return a browser of a reader whom a hook lets in.

    Args:
        service: The log.
        tenants: The only tenants of the reader, separated by commas; None for all.
        actor: The reader.
        places: Whether the reader may see numbers all the same.
        mount: Where an application mounts the page; None for the application itself.
        options: For `create_app`.
    """
    some = None if tenants is None else frozenset(filter(None, tenants.split(",")))
    reader = Reader(actor, some, places=places)
    app = create_app(service, authorize=lambda _: reader, **options)
    if mount is not None:
        app = Starlette(routes=[Mount(mount, app)])
    return Browser(app, address="http://audit.example")


PATIENT = Limits(histogram_seconds=10.0)
"""Limits under which no slow machine leaves the histogram out."""
