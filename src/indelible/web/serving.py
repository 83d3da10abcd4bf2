"""The page as a server of its own, for `indelible serve`."""

from __future__ import annotations

import getpass
import importlib
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from indelible.errors import ConfigurationError, MissingExtraError
from indelible.event import MAX_ID
from indelible.web import create_app
from indelible.web.limits import Limits
from indelible.web.reader import Authorize
from indelible.web.security import is_loopback

if TYPE_CHECKING:
    from indelible.service import AuditService

__all__ = ["Serving", "serve"]

_TOKEN_BYTES: Final = 24
_MOST_TOKEN_BYTES: Final = 4_096
_BACKLOG: Final = 128
_CLOSE_SECONDS: Final = 5
"""How long requests that are under way may go on once the server is to end, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """How to serve the page.

    Attributes:
        host: The address to bind.
        port: The port to bind; 0 for any that is free.
        authorize: The hook, as ``module:function``; None for none.
        token_file: A file with the token; None for none.
        generate_token: Whether to make a token.
        allowed_hosts: Further names under which the page may be asked for.
        actor: Who reads where no hook tells; None for whoever runs the server.
        keys: The verifier keys that are trusted.
        record_reads: Whether looks at the page are recorded.
        limits: Members of `Limits` that differ from the usual, None for those that do not.
    """

    host: str = "127.0.0.1"
    port: int = 0
    authorize: str | None = None
    token_file: str | None = None
    generate_token: bool = False
    allowed_hosts: tuple[str, ...] = ()
    actor: str | None = None
    keys: tuple[str, ...] = ()
    record_reads: bool = True
    limits: Mapping[str, Any] = field(default_factory=dict)


def serve(service: AuditService, serving: Serving, *, say: Callable[[str], None]) -> None:
    """Serve the page until the process is told to end.

    Args:
        service: The log; it stays the caller's to close.
        serving: How.
        say: Told in a line where the page is, once it can be asked for.

    Raises:
        ConfigurationError: What was asked for is not safe, makes no sense, or the address cannot be
            bound.
        MissingExtraError: The server is not installed.
        StorageError: The log cannot be read.
    """
    try:
        import uvicorn
    except ModuleNotFoundError as error:
        raise MissingExtraError("serving the page", "uvicorn", "web") from error

    hook = None if serving.authorize is None else _loaded(serving.authorize)
    token = _token(serving)
    if hook is None and token is None and not is_loopback(serving.host):
        raise ConfigurationError(
            "host",
            serving.host,
            "whoever can reach that address could read the log. Pass --authorize, --token-file or "
            "--generate-token, or bind 127.0.0.1",
        )
    app = create_app(
        service,
        authorize=hook,
        token=token,
        actor=serving.actor or _actor(),
        allowed_hosts=serving.allowed_hosts,
        keys=serving.keys,
        limits=Limits.of(serving.limits),
        record_reads=serving.record_reads,
    )
    # Told before anything is bound: tables that are missing, older or newer.
    service.size()
    with _bound(serving.host, serving.port) as listener:
        config = uvicorn.Config(
            app,
            log_level="warning",
            # Addresses hold what is searched for, and at the first use a token.
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_CLOSE_SECONDS,
        )
        server = uvicorn.Server(config)
        with _ended_by_signals():
            say(_where(service, serving, listener, token if serving.generate_token else None))
            server.run(sockets=[listener])


def _where(
    service: AuditService, serving: Serving, listener: socket.socket, token: str | None
) -> str:
    port = listener.getsockname()[1]
    host = f"[{serving.host}]" if ":" in serving.host else serving.host
    shown = "" if token is None else f"?token={quote(token)}"
    return (
        f"The log {service.log!r} is at http://{host}:{port}/{shown} until you end this with Ctrl-C"
    )


@contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        # The host is wrong, or the port is taken.
        raise ConfigurationError(
            "port", port, f"{host} cannot be bound: {error.strerror or error}. Pass another --port"
        ) from error
    with listener:
        yield listener


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGINT end the server and not the process, which has a log to close.

    The server has handlers of its own while it runs, and repeats what it got once it has ended.
    """
    names = (signal.SIGINT, signal.SIGTERM)
    before = {name: signal.signal(name, lambda *_: None) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _token(serving: Serving) -> str | None:
    if serving.token_file is not None and serving.generate_token:
        raise ConfigurationError(
            "token_file", serving.token_file, "pass it, or --generate-token, and not both"
        )
    if serving.generate_token:
        return secrets.token_urlsafe(_TOKEN_BYTES)
    if serving.token_file is None:
        return None
    with Path(serving.token_file).open("rb") as file:
        data = file.read(_MOST_TOKEN_BYTES + 1)
    try:
        text = data.decode().strip()
    except UnicodeDecodeError:
        text = ""
    if not text or len(data) > _MOST_TOKEN_BYTES or not text.isprintable():
        raise ConfigurationError(
            "token_file", serving.token_file, "let it hold the token alone, on one line"
        )
    return text


def _actor() -> str:
    """Return whoever runs the server, as an actor."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        # Containers run under numbers that have no name.
        name = "unknown"
    return f"user:{name[:MAX_ID]}"


def _loaded(name: str) -> Authorize:
    """Return the function that ``module:function`` names.

    Raises:
        ConfigurationError: There is none.
    """
    module, colon, attributes = name.partition(":")
    if not (module and colon and attributes):
        raise ConfigurationError("authorize", name, "write it as module:function")
    # As with any server's command line, a module beside one can be named.
    sys.path.insert(0, "")
    try:
        found: Any = importlib.import_module(module)
        for attribute in attributes.split("."):
            found = getattr(found, attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError("authorize", name, f"it cannot be imported: {error}") from error
    finally:
        sys.path.remove("")
    if not callable(found):
        raise ConfigurationError("authorize", name, "it is no function")
    hook: Authorize = found
    return hook
