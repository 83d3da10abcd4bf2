"""The users of the invoice service: threads that send requests over connections of their own."""

from __future__ import annotations

import functools
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Any, Final

from indelible.demo.server import User
from indelible.event import Outcome

__all__ = ["Client", "UnexpectedAnswerError", "drive"]

_OUTCOMES: Final = {
    HTTPStatus.OK: Outcome.SUCCESS,
    HTTPStatus.CREATED: Outcome.SUCCESS,
    HTTPStatus.UNAUTHORIZED: Outcome.FAILURE,
    HTTPStatus.FORBIDDEN: Outcome.DENIED,
}
"""What the log should say about a request that was answered so."""

_ANSWER_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.05
"""How often the number of answers is looked at while the clients run, in seconds."""


class UnexpectedAnswerError(Exception):
    """The service did not answer a request as it should have."""


class Client:
    """One user, who logs in and then works until a number of requests is answered.

    Args:
        port: The service's port on the loopback interface.
        user: Who it is.
        requests: How many requests to send.
        stop: Set when the client should end early.

    Attributes:
        thread: The thread that it works on; `drive` starts and joins it.
        answers: The answers so far, by the outcome that the log should have for them.
        failure: What ended the client before its time, or None.
    """

    def __init__(self, port: int, user: User, requests: int, stop: threading.Event) -> None:
        self.thread = threading.Thread(target=self._run, name=f"invoice-client-{user.name}")
        self._connection = HTTPConnection("127.0.0.1", port, timeout=_ANSWER_SECONDS)
        self._user = user
        self._requests = requests
        self._stop = stop
        self._token = ""
        self._invoice = 0
        self.answers: Counter[Outcome] = Counter()
        self.failure: UnexpectedAnswerError | None = None

    def _run(self) -> None:
        try:
            for action in itertools.islice(self._work(), self._requests):
                if self._stop.is_set():
                    break
                action()
        except UnexpectedAnswerError as error:
            self.failure = error
        except Exception as error:  # noqa: BLE001 - whatever ends a client, `drive` has to tell it
            self.failure = UnexpectedAnswerError(f"{type(error).__name__}: {error}")
            self.failure.__cause__ = error
        finally:
            self._connection.close()

    def _work(self) -> Iterator[Callable[[], None]]:
        """Yield what this user does, over and over."""
        yield self._log_in
        round_number = 0
        while True:
            yield self._create
            for step in range(1, 5):
                total = 1000 * round_number + step
                yield functools.partial(self._update, total)
            yield self._read
            yield self._approve
            yield self._mistype_password
            round_number += 1

    def _log_in(self) -> None:
        login = {"user": self._user.name, "password": self._user.password}
        self._token = self._ask("POST", "/login", login)["token"]

    def _mistype_password(self) -> None:
        self._ask("POST", "/login", {"user": self._user.name, "password": "123456"})

    def _create(self) -> None:
        order = {"customer": f"Customer of {self._user.name}", "total": 0}
        self._invoice = self._ask("POST", "/invoices", order)["id"]

    def _update(self, total: int) -> None:
        payment = {"method": "card", "card_token": "tok-4242"}
        self._ask("PUT", f"/invoices/{self._invoice}", {"total": total, "payment": payment})

    def _read(self) -> None:
        self._ask("GET", f"/invoices/{self._invoice}")

    def _approve(self) -> None:
        self._ask("POST", f"/invoices/{self._invoice}/approve")

    def _ask(self, method: str, path: str, payload: dict[str, Any] | None = None) -> Any:
        """Send one request, count its answer, and return what the answer holds."""
        body = None if payload is None else json.dumps(payload).encode()
        headers = {"Authorization": f"Bearer {self._token}", "User-Agent": "indelible-demo"}
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        outcome = _OUTCOMES.get(HTTPStatus(answer.status))
        if outcome is None:
            raise UnexpectedAnswerError(
                f"{method} {path} was answered by {answer.status}: {content.decode()}"
            )
        self.answers[outcome] += 1
        return json.loads(content)


def drive(
    port: int, users: list[User], requests: int, progress: Callable[[int], None]
) -> Counter[Outcome]:
    """Let all users work at once, and return their answers by outcome.

    Args:
        port: The service's port on the loopback interface.
        users: The users, each a thread with a connection of its own.
        requests: How many requests to send in all.
        progress: Called now and then with the number of answers so far.

    Raises:
        UnexpectedAnswerError: A request was not answered as it should be.
    """
    stop = threading.Event()
    share, rest = divmod(requests, len(users))
    clients = [Client(port, user, share + (index < rest), stop) for index, user in enumerate(users)]
    threads = [client.thread for client in clients]
    started = []
    try:
        for thread in threads:
            thread.start()
            started.append(thread)
        while any(map(threading.Thread.is_alive, threads)):
            if any(client.failure for client in clients):
                break
            time.sleep(_LOOK_SECONDS)
            progress(sum(client.answers.total() for client in clients))
    finally:
        # Also after Ctrl-C: no thread of the demonstration outlives it.
        stop.set()
        for thread in started:
            thread.join()
    for client in clients:
        if client.failure is not None:
            raise client.failure
    return sum((client.answers for client in clients), Counter[Outcome]())
