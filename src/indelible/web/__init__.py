"""The page: an audit log in a browser, read-only, as an ASGI application; needs the extra ``web``.

It is rendered on the server and works without JavaScript.  Nothing of the library imports it but
the command ``indelible serve``.
"""

from __future__ import annotations

from indelible.errors import MissingExtraError

try:
    from indelible.web.app import create_app
    from indelible.web.limits import Limits
    from indelible.web.reader import Authorize, Reader
except ModuleNotFoundError as error:
    if error.name is None or error.name.partition(".")[0] not in {"anyio", "jinja2", "starlette"}:
        raise
    raise MissingExtraError("the page", error.name.partition(".")[0], "web") from error

__all__ = ["Authorize", "Limits", "Reader", "create_app"]
