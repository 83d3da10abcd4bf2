"""The invoice service over HTTP: how an application records who did what.

Three things make up the whole use of the library:

- one `AuditService`, made when the application starts and closed when it ends;
- the context (who, for which tenant, in which request), bound once for each request;
- one call of `record()` for each thing that is done, refused or failed, before the answer goes out.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from indelible.context import bind_context, bound_context
from indelible.demo.invoices import InvoiceStore
from indelible.errors import AuditError
from indelible.service import AuditService

__all__ = ["InvoiceServer", "User"]


@dataclass(frozen=True)
class User:
    """Somebody who may log in.

    Attributes:
        name: The name to log in with.
        password: The password. A real service keeps a salted hash of it instead.
        role: ``clerk`` or ``manager``.
    """

    name: str
    password: str
    role: str


class Answer(NamedTuple):
    """What goes back to the client."""

    status: HTTPStatus
    body: Mapping[str, Any]


class InvoiceServer(ThreadingHTTPServer):
    """The service, on a free port of the loopback interface, with a thread for each connection.

    Args:
        audit: Where it records what happens.
        invoices: Its data.
        users: Who may log in.
        tenant: The company whose invoices these are.
    """

    # Ending the server waits for the threads of its connections, so that none outlives it.
    daemon_threads = False

    def __init__(
        self, audit: AuditService, invoices: InvoiceStore, users: list[User], tenant: str
    ) -> None:
        super().__init__(("127.0.0.1", 0), InvoiceHandler)
        self.audit = audit
        self.invoices = invoices
        self.users = {user.name: user for user in users}
        self.tenant = tenant
        self.logins: dict[str, User] = {}
        """Who is logged in, by the token that login() gave out."""

    def __enter__(self) -> Self:
        """Start to serve."""
        self._loop = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, name="invoice-server"
        )
        self._loop.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop to serve, and wait for the connections to end."""
        self.shutdown()
        self._loop.join()
        self.server_close()


class InvoiceHandler(BaseHTTPRequestHandler):
    """One connection; its requests are answered one after the other, on a thread of its own."""

    server: InvoiceServer
    protocol_version = "HTTP/1.1"
    # One packet for each answer, sent at once.
    disable_nagle_algorithm = True
    wbufsize = -1
    # Ends a connection on which nothing is asked any more, in seconds.
    timeout = 10

    # What the service does ----------------------------------------------------------------------

    def login(self, payload: dict[str, Any]) -> Answer:
        """Give out a token for a name and a password."""
        name = str(payload.get("user"))
        user = self.server.users.get(name)
        password = str(payload.get("password"))
        if user is None or not secrets.compare_digest(user.password.encode(), password.encode()):
            # Nobody knows who this was, so the actor is the address; the name is only claimed.
            # The payload holds a password, which never reaches the log: `password` is one of the
            # keys that are redacted by default.
            self.server.audit.record(
                "user.login",
                actor=f"visitor:{self.client_address[0]}",
                target=f"user:{name}",
                outcome="failure",
                reason="wrong name or password",
                details=payload,
            )
            return Answer(HTTPStatus.UNAUTHORIZED, {"error": "wrong name or password"})
        token = secrets.token_urlsafe()
        self.server.logins[token] = user
        self.server.audit.record("user.login", actor=f"user:{name}", target=f"user:{name}")
        return Answer(HTTPStatus.OK, {"token": token})

    def create_invoice(self, _user: User, payload: dict[str, Any]) -> Answer:
        """Write a new invoice."""
        invoice = self.server.invoices.create(payload["customer"], payload["total"])
        self.server.audit.record(
            "invoice.create", target=f"invoice:{invoice['id']}", after=invoice, details=payload
        )
        return Answer(HTTPStatus.CREATED, invoice)

    def read_invoice(self, _user: User, _payload: dict[str, Any], number: str) -> Answer:
        """Return an invoice. Who looked at what belongs into the log as well."""
        invoice = self.server.invoices.get(int(number))
        if invoice is None:
            return self._no_such_invoice("invoice.read", number)
        self.server.audit.record("invoice.read", target=f"invoice:{number}")
        return Answer(HTTPStatus.OK, invoice)

    def update_invoice(self, _user: User, payload: dict[str, Any], number: str) -> Answer:
        """Change an invoice's total."""
        changed = self.server.invoices.change(int(number), total=payload["total"])
        if changed is None:
            return self._no_such_invoice("invoice.update", number)
        before, after = changed
        # Only what differs between before and after is kept.
        self.server.audit.record(
            "invoice.update",
            target=f"invoice:{number}",
            before=before,
            after=after,
            details=payload,
        )
        return Answer(HTTPStatus.OK, after)

    def approve_invoice(self, user: User, _payload: dict[str, Any], number: str) -> Answer:
        """Approve an invoice, which is for managers alone."""
        if user.role != "manager":
            self.server.audit.record(
                "invoice.approve",
                target=f"invoice:{number}",
                outcome="denied",
                reason="only a manager may approve",
            )
            return Answer(HTTPStatus.FORBIDDEN, {"error": "only a manager may approve"})
        changed = self.server.invoices.change(int(number), status="approved")
        if changed is None:
            return self._no_such_invoice("invoice.approve", number)
        before, after = changed
        self.server.audit.record(
            "invoice.approve", target=f"invoice:{number}", before=before, after=after
        )
        return Answer(HTTPStatus.OK, after)

    def _no_such_invoice(self, action: str, number: str) -> Answer:
        self.server.audit.record(
            action, target=f"invoice:{number}", outcome="failure", reason="no such invoice"
        )
        return Answer(HTTPStatus.NOT_FOUND, {"error": "no such invoice"})

    # How a request gets there -------------------------------------------------------------------

    def handle_request(self) -> None:
        """Answer one request, with all that is known about it bound for `record()`."""
        payload = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        with bound_context(
            tenant=self.server.tenant,
            request_id=self.headers.get("X-Request-ID") or str(uuid.uuid4()),
            source_ip=self.client_address[0],
            user_agent=self.headers.get("User-Agent"),
        ):
            try:
                answer = self._dispatch(payload)
            except AuditError as error:
                # What cannot be recorded is not confirmed. The change itself stands already: it
                # was committed first, so that its lock was not held while the log was written.
                self.log_error("not recorded: %s", error)
                answer = Answer(
                    HTTPStatus.SERVICE_UNAVAILABLE, {"error": "the audit log is not available"}
                )
        self._send(answer)

    do_GET = do_POST = do_PUT = handle_request  # noqa: N815 - http.server looks for these names

    def _dispatch(self, payload: dict[str, Any]) -> Answer:
        if (self.command, self.path) == ("POST", "/login"):
            return self.login(payload)
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        user = self.server.logins.get(token)
        if user is None:
            return Answer(HTTPStatus.UNAUTHORIZED, {"error": "log in first"})
        # From here on it is known who acts; the `with` block around this forgets it again.
        bind_context(actor=f"user:{user.name}")
        for method, path, action in _ROUTES:
            match = path.fullmatch(self.path)
            if method == self.command and match is not None:
                return action(self, user, payload, *match.groups())
        return Answer(HTTPStatus.NOT_FOUND, {"error": "there is nothing here"})

    def _send(self, answer: Answer) -> None:
        body = json.dumps(answer.body).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Print nothing for each request."""


_ROUTES: Final[tuple[tuple[str, re.Pattern[str], Callable[..., Answer]], ...]] = (
    ("POST", re.compile("/invoices"), InvoiceHandler.create_invoice),
    ("GET", re.compile("/invoices/([0-9]+)"), InvoiceHandler.read_invoice),
    ("PUT", re.compile("/invoices/([0-9]+)"), InvoiceHandler.update_invoice),
    ("POST", re.compile("/invoices/([0-9]+)/approve"), InvoiceHandler.approve_invoice),
)
