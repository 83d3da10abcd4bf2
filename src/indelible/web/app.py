"""The application: addresses, who may ask for them, and what is said when something is wrong."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, Final

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from indelible.errors import AuditError, ConfigurationError, QueryError, QueryTimeoutError
from indelible.event import Actor
from indelible.web.access import Gate, Unauthorized
from indelible.web.limits import RETRY_SECONDS, Limits, TooManyError
from indelible.web.reader import Authorize
from indelible.web.security import Guard, checked_hosts, is_same_origin
from indelible.web.site import ForbiddenError, NotFoundError, Site, View, Visit
from indelible.web.views import downloads, events, listing, status, things
from indelible.web.zones import COOKIE as ZONE_COOKIE
from indelible.web.zones import PARAMETER, UTC_ZONE, zone_of

if TYPE_CHECKING:
    from indelible.merkle import Verifier
    from indelible.service import AuditService
    from indelible.verification.trust import TrustedKey

__all__ = ["create_app"]

_log: Final = logging.getLogger("indelible.web")

_NOT_FOUND_SECONDS: Final = 0.05
"""How long an answer takes that there is nothing, to readers of some tenants, in seconds: it must
not tell what is not there from what is not theirs."""

_YEAR: Final = 365 * 24 * 3600

_VIEWS: Final[tuple[tuple[str, View], ...]] = (
    ("/", listing.listing),
    ("/histogram", listing.histogram),
    ("/events/{event_id}.tlog-proof", events.proof_file),
    ("/events/{event_id}.json", events.stored),
    ("/events/{event_id}/proof", events.proof),
    ("/events/{event_id}", events.event),
    ("/targets/{target:path}", things.history),
    ("/actors/{actor:path}", listing.timeline),
    ("/log", status.status),
    ("/export.{format}", downloads.export),
)
"""What can be looked at; the first that fits answers."""


def create_app(
    service: AuditService,
    *,
    authorize: Authorize | None = None,
    token: str | None = None,
    actor: str | Actor = "user:local",
    allowed_hosts: Collection[str] | None = None,
    keys: Iterable[str | Verifier | TrustedKey] = (),
    limits: Limits | None = None,
    record_reads: bool = True,
) -> Starlette:
    """Return the page of a log as an ASGI application, to be mounted or served.

    It reads, and records who looks at what.  Without `authorize` and `token` it answers requests
    from its own machine alone.

    Args:
        service: The log; it stays the caller's to close, after the application has ended.
        authorize: Called with each request, on a thread or, if it is a coroutine, on the event
            loop; returns the `Reader` who makes it, or None for somebody who may see nothing.
        token: A secret of at least 16 characters that readers show, instead of a hook.
        actor: Who reads, where there is no hook that tells.
        allowed_hosts: Names under which the page may be asked for, without ports, beside IP
            addresses and those of the machine itself; None for any that there is a hook or a token
            for.
        keys: The verifier keys that are trusted, got from elsewhere than the log. Without any, the
            service's own signing key counts, as one found beside the log.
        limits: How much readers may ask for.
        record_reads: Whether looks at the page are recorded in the log. What cannot be recorded is
            not shown.

    Raises:
        ConfigurationError: An argument makes no sense.
        ProofError: A key is malformed.
    """
    gate = Gate(authorize, token, actor)
    hosts = checked_hosts(allowed_hosts)
    if limits is not None and not isinstance(limits, Limits):
        raise ConfigurationError("limits", limits, "pass indelible.web.Limits")
    if not isinstance(record_reads, bool):
        raise ConfigurationError("record_reads", record_reads, "pass True or False")
    site = Site(
        service,
        limits=limits or Limits(),
        keys=keys,
        record_reads=record_reads,
        signs_in=gate.has_token,
    )
    desk = _Desk(site, gate)
    routes: list[Route | Mount] = [Route(path, desk.page(view)) for path, view in _VIEWS]
    routes.append(Route("/log", desk.page(status.start, changes=True), methods=["POST"]))
    routes.append(Route("/token", desk.sign_in, methods=["POST"]))
    routes.append(Route("/token/forget", desk.sign_out, methods=["POST"]))
    routes.append(Mount("/static", _Static(packages=[("indelible.web", "static")])))
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, hosts=hosts, loopback_only=gate.is_open)],
        exception_handlers={HTTPException: desk.http_error},
    )


class _Static(StaticFiles):
    """Files that browsers may keep: their addresses change with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if scope["query_string"] and response.status_code in {200, 304}:
            response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
        return response


class _Desk:
    """Takes requests, finds out who makes them, and hands them to views.

    Args:
        site: What views share.
        gate: Who may ask.
    """

    def __init__(self, site: Site, gate: Gate) -> None:
        self._site = site
        self._gate = gate
        self._turns: anyio.CapacityLimiter | None = None

    def page(
        self, view: View, *, changes: bool = False
    ) -> Callable[[Request], Awaitable[Response]]:
        """Return an endpoint that lets a view answer.

        Args:
            view: The view.
            changes: Whether it changes something, and so must be asked by a page of ours.
        """

        async def endpoint(request: Request) -> Response:
            start = time.monotonic()
            visit: Visit | None = None
            try:
                entered = self._gate.enters(request)
                if entered is not None:
                    return entered
                reader = await self._gate.reader(request)
                visit = Visit(request, reader, UTC_ZONE)
                if changes and not is_same_origin(request.scope):
                    raise ForbiddenError("It was not asked for by this page itself.")
                visit = Visit(request, reader, zone_of(request))
                response = await self._in_turn(view, visit)
                _remember_zone(request, response, visit)
                return response
            except Exception as error:  # noqa: BLE001 - whatever it is, the reader gets an answer
                return await self._told(request, visit, error, start)

        return endpoint

    async def _in_turn(self, view: View, visit: Visit) -> Response:
        """Call a view in a thread, of which there are only so many at once."""
        if self._turns is None:
            # Here, because it belongs to the event loop that is running now.
            self._turns = anyio.CapacityLimiter(self._site.limits.readers)
        return await anyio.to_thread.run_sync(view, self._site, visit, limiter=self._turns)

    async def _told(
        self, request: Request, visit: Visit | None, error: Exception, start: float
    ) -> Response:
        """Return the answer for somebody whose request came to nothing."""
        if isinstance(error, Unauthorized):
            return self._unauthorized(request, error)
        if isinstance(error, NotFoundError):
            if visit is not None and visit.reader.tenants is not None:
                await anyio.sleep(max(0.0, start + _NOT_FOUND_SECONDS - time.monotonic()))
            return self._problem(request, visit, 404, "Not found", str(error))
        if isinstance(error, ForbiddenError):
            return self._problem(request, visit, 403, "Not yours to see", str(error))
        if isinstance(error, TooManyError):
            text = f"Sorry, {error}. Try again in a while."
            return self._problem(request, visit, 429, "Too many downloads", text)
        if isinstance(error, QueryTimeoutError):
            text = (
                f"The answer takes longer than {self._site.limits.query_seconds:g} s. Narrow the "
                "filters: by time, or by an actor, a target or a request."
            )
            return self._problem(request, visit, 503, "That takes too long", text)
        if isinstance(error, QueryError):
            return await self._refused(request, visit, error)
        if isinstance(error, AuditError):
            _log.warning("the page could not be shown: %s: %s", type(error).__name__, error)
            text = (
                "The log cannot be read, or the look at it cannot be recorded. What the server "
                "has logged says more."
            )
            return self._problem(request, visit, 503, "Not now", text)
        _log.error("the page failed", exc_info=error)
        text = "This is a defect. What the server has logged says more."
        return self._problem(request, visit, 500, "Something went wrong", text)

    async def _refused(self, request: Request, visit: Visit | None, error: QueryError) -> Response:
        if visit is None:
            return self._problem(request, visit, 400, "That cannot be asked", str(error))
        if error.argument == "text" and not visit.reader.sees_places:
            # The library's words say how many events there are.
            error = QueryError("text", "…", "this log has no text index that is complete")
        asked = Visit(request, visit.reader, visit.zone)
        return await anyio.to_thread.run_sync(listing.refused, self._site, asked, error)

    def _unauthorized(self, request: Request, error: Unauthorized) -> Response:
        if error.status == 401 and self._gate.has_token:  # noqa: PLR2004 - the status's own number
            back = request.url.path
            if request.method == "POST":
                back = ""
            elif request.url.query and "token" not in request.query_params:
                back = f"{back}?{request.url.query}"
            response = self._site.render(
                "token.html",
                request,
                status=401,
                next=back,
                again=request.method != "POST" and "token" not in request.query_params,
                wrong=request.method == "POST" or "token" in request.query_params,
            )
            response.headers["WWW-Authenticate"] = 'Bearer realm="indelible"'
            return response
        return self._problem(request, None, 403, "Not yours to see", "You may not read this log.")

    def _problem(
        self, request: Request, visit: Visit | None, code: int, title: str, text: str
    ) -> Response:
        response = self._site.render(
            "error.html", request, status=code, visit=visit, title=title, text=text
        )
        if code in {429, 503}:
            response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response

    async def sign_in(self, request: Request) -> Response:
        """Take the token from the form."""
        try:
            return await self._gate.signs_in(request)
        except Unauthorized as error:
            return self._unauthorized(request, error)

    async def sign_out(self, request: Request) -> Response:
        """Forget the one who asks."""
        try:
            return self._gate.signs_out(request)
        except Unauthorized as error:
            return self._unauthorized(request, error)

    async def http_error(self, request: Request, error: Any) -> Response:
        """Answer what no address, or no method, fits."""
        texts = {
            404: ("Not found", "There is no such page."),
            405: ("Not that way", "The page can be read, and nothing else."),
        }
        title, text = texts.get(error.status_code, ("Refused", str(error.detail)))
        response = self._problem(request, None, error.status_code, title, text)
        response.headers.update(error.headers or {})
        return response


def _remember_zone(request: Request, response: Response, visit: Visit) -> None:
    """Keep a zone that the address names, for the pages to come."""
    if request.query_params.get(PARAMETER):
        root = str(request.scope.get("root_path", "")).rstrip("/")
        response.set_cookie(
            ZONE_COOKIE, visit.zone.name, max_age=_YEAR, path=root or "/", samesite="strict"
        )
