"""Who makes a request: told by the application's hook, by a token, or nobody but this machine."""

from __future__ import annotations

import hashlib
import hmac
import inspect
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from indelible.errors import ConfigurationError
from indelible.event import Actor
from indelible.web.parameters import address
from indelible.web.reader import Authorize, Reader
from indelible.web.security import is_same_origin
from indelible.web.site import root_of

__all__ = ["COOKIE", "Gate", "Unauthorized"]

COOKIE: Final = "indelible_page"
"""Holds what shows that its owner knows the token; not the token itself."""

PARAMETER: Final = "token"

_SHORTEST_TOKEN: Final = 16
_MOST_FORM_BYTES: Final = 4_096
_COOKIE_SECONDS: Final = 12 * 3600
"""How long a browser stays signed in, in seconds: a working day."""


class Unauthorized(Exception):  # noqa: N818 - it is an answer more than an error
    """A request whose maker is not known, or may see nothing.

    Attributes:
        status: 401 where a token would help, else 403.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Gate:
    """Tells who makes a request.

    Args:
        authorize: The application's hook; None for none.
        token: What readers show that have no hook; None for none.
        actor: Who they are, under which their reads are recorded.

    Raises:
        ConfigurationError: The arguments contradict each other, or the token is too short.
    """

    def __init__(self, authorize: Authorize | None, token: str | None, actor: str | Actor) -> None:
        if authorize is not None and not callable(authorize):
            raise ConfigurationError(
                "authorize", authorize, "pass a function that takes a request and returns a Reader"
            )
        if authorize is not None and token is not None:
            raise ConfigurationError(
                "token", "…", "pass an authorize hook or a token; one of them has to decide"
            )
        if token is not None and len(token) < _SHORTEST_TOKEN:
            # What was passed is a secret, if a bad one.
            raise ConfigurationError(
                "token", "…", f"pass at least {_SHORTEST_TOKEN} characters, made at random"
            )
        self._authorize = authorize
        self._token = None if token is None else token.encode()
        self._reader = Reader(actor)

    @property
    def has_token(self) -> bool:
        """Whether readers sign in with a token."""
        return self._token is not None

    @property
    def is_open(self) -> bool:
        """Whether nothing but where a request comes from decides."""
        return self._token is None and self._authorize is None

    async def reader(self, request: Request) -> Reader:
        """Return who makes a request.

        Raises:
            Unauthorized: It is not known.
        """
        if self._authorize is not None:
            return await self._asked(self._authorize, request)
        if self._token is not None and not self._knows_token(request, self._token):
            raise Unauthorized(401)
        return self._reader

    async def _asked(self, authorize: Authorize, request: Request) -> Reader:
        # A hook that is no coroutine may ask a database of its own.
        if inspect.iscoroutinefunction(authorize):
            found = await authorize(request)
        else:
            answer = await run_in_threadpool(authorize, request)
            found = await answer if inspect.isawaitable(answer) else answer
        if found is None:
            raise Unauthorized(403)
        if not isinstance(found, Reader):
            raise ConfigurationError("authorize", found, "let it return a Reader, or None")
        return found

    def _knows_token(self, request: Request, token: bytes) -> bool:
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and _same(shown.strip(), token):
            return True
        return _same(request.cookies.get(COOKIE, ""), _ticket(token))

    def enters(self, request: Request) -> Response | None:
        """Return the answer to an address that holds the token; None where it holds none.

        It leads to the same address without it, so that the token is neither in the history nor in
        what is sent to a colleague.
        """
        if self._token is None or PARAMETER not in request.query_params:
            return None
        shown = request.query_params[PARAMETER]
        others = [pair for pair in request.query_params.multi_items() if pair[0] != PARAMETER]
        if not _same(shown, self._token):
            raise Unauthorized(401)
        return self._welcome(request, f"{request.url.path}{address(others)}")

    async def signs_in(self, request: Request) -> Response:
        """Answer the form that takes the token.

        Raises:
            Unauthorized: It is another one.
        """
        if self._token is None or not is_same_origin(request.scope):
            raise Unauthorized(403)
        if int(request.headers.get("content-length") or 0) > _MOST_FORM_BYTES:
            raise Unauthorized(401)
        form = await _form(request)
        if not _same(form.get(PARAMETER, ""), self._token):
            raise Unauthorized(401)
        target = form.get("next", "")
        root = root_of(request)
        if not (target == root or target.startswith((f"{root}/", f"{root}/?"))) or _leaves(target):
            target = f"{root}/"
        return self._welcome(request, target)

    def signs_out(self, request: Request) -> Response:
        """Forget the one who asks."""
        if not is_same_origin(request.scope):
            raise Unauthorized(403)
        response = RedirectResponse(f"{root_of(request)}/", 303)
        response.delete_cookie(COOKIE, path=root_of(request) or "/")
        return response

    def _welcome(self, request: Request, target: str) -> Response:
        response = RedirectResponse(target, 303)
        response.set_cookie(
            COOKIE,
            _ticket(self._token or b"").decode(),
            max_age=_COOKIE_SECONDS,
            path=root_of(request) or "/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response


def _leaves(target: str) -> bool:
    """Tell whether a path would be taken for another host's address."""
    return target.startswith("//") or "\\" in target or not target.isprintable()


def _same(shown: str, expected: bytes) -> bool:
    """Compare in a time that does not tell how much of it is right."""
    return hmac.compare_digest(
        hashlib.sha256(shown.encode("utf-8", "surrogatepass")).digest(),
        hashlib.sha256(expected).digest(),
    )


def _ticket(token: bytes) -> bytes:
    """Return what a cookie holds: it shows the token, and does not tell it."""
    return hmac.new(token, b"indelible page, cookie", hashlib.sha256).hexdigest().encode()


async def _form(request: Request) -> dict[str, str]:
    """Return what a form holds, of which no more is read than the one there is may send."""
    from urllib.parse import parse_qsl

    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_FORM_BYTES:
            return {}
    return dict(parse_qsl(body.decode("utf-8", "replace")))
