"""What stands around every answer: headers that tell the browser to trust nobody, and the host.

An attacker's page can make a browser ask any address, that of a page on loopback included, and by
changing what its own name resolves to (DNS rebinding) even read the answer.  The browser then still
sends the attacker's name as the host, by which it is found out.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from indelible.errors import ConfigurationError

__all__ = ["CONTENT_SECURITY_POLICY", "Guard", "checked_hosts", "is_loopback", "is_same_origin"]

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing inline, nothing from elsewhere, in nobody's frame."""

_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

_FORWARDED: Final = frozenset(
    {b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"}
)
"""What proxies say about those for whom they ask."""

_NAMES_OF_THIS_MACHINE: Final = frozenset({"localhost"})


def is_loopback(host: str) -> bool:
    """Tell whether an address, or a name that always means this machine, is of this machine alone.

    Args:
        host: An IP address, with or without brackets, or a name.
    """
    if host.lower() in _NAMES_OF_THIS_MACHINE:
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def checked_hosts(hosts: Iterable[str] | None) -> frozenset[str] | None:
    """Return the names under which the page may be asked for, in lower case; None for any.

    Raises:
        ConfigurationError: It is one string, or one of them is no plain name.
    """
    if hosts is None:
        return None
    if isinstance(hosts, str):
        raise ConfigurationError("allowed_hosts", hosts, "pass a list of names, or None for any")
    found: frozenset[Any] = frozenset(hosts)
    for host in found:
        if not isinstance(host, str) or not host or "/" in host or "*" in host:
            raise ConfigurationError(
                "allowed_hosts", host, "pass names without a port, such as 'audit.example.com'"
            )
    return frozenset(host.lower() for host in found)


def host_of(scope: Scope) -> str:
    """Return the host that a request names, in lower case and without its port."""
    value = ""
    for name, content in scope["headers"]:
        if name == b"host":
            value = content.decode("latin-1").strip().lower()
    if value.startswith("["):
        return value.partition("]")[0] + "]"
    return value.partition(":")[0]


def is_same_origin(scope: Scope) -> bool:
    """Tell whether a request that changes something comes from a page of our own.

    Browsers say so in ``Sec-Fetch-Site``, which no page can forge; what sends none is no browser,
    or one on a plain-text connection to another machine.  There, `SameSite` of the cookie decides.
    """
    for name, content in scope["headers"]:
        if name == b"sec-fetch-site":
            return bool(content in {b"same-origin", b"none"})
    return True


class Guard:
    """ASGI middleware that adds the headers and refuses hosts.

    Args:
        app: What it stands around.
        hosts: The names that may be asked for beside IP addresses; None for any.
        loopback_only: Whether only this machine may ask, under its own names.
    """

    def __init__(
        self, app: ASGIApp, *, hosts: frozenset[str] | None = None, loopback_only: bool = False
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._loopback_only = loopback_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send_guarded)
        else:
            status, text = refusal
            await PlainTextResponse(text + "\n", status)(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        host = host_of(scope)
        if self._loopback_only:
            client = scope.get("client")
            # A proxy on this machine asks for somebody who is perhaps elsewhere.
            proxied = any(name in _FORWARDED for name, _ in scope["headers"])
            if client is None or proxied or not is_loopback(client[0]):
                return 403, (
                    "This page is for its own machine alone: it has neither a token nor an "
                    "authorize hook."
                )
            if not (is_loopback(host) or (self._hosts is not None and host in self._hosts)):
                return 421, "This page is not served under that name."
        elif (
            self._hosts is not None
            and host not in self._hosts
            and not is_loopback(host)
            # A name is what rebinding takes; an address is where it is.
            and _address(host) is None
        ):
            return 421, "This page is not served under that name."
        return None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
