"""Keywords about the one session of a service: the pattern in its source, and racing threads.

*** Settings ***
Library    SessionRace

*** Test Cases ***
Ten Racing Threads Get One Engine
    ${race}=    Race For The Session    ${10}
"""

from __future__ import annotations

import ast
import inspect
import textwrap
import threading
from collections.abc import Callable
from typing import Any
from unittest import mock

import sqlalchemy
from robot.api.deco import library

from features.support import servers
from indelible import AuditService

LOCK = "self._session_lock"
SESSION = "self._session"
SECONDS = 30.0


def _body(method: Callable[..., Any]) -> list[ast.stmt]:
    [function] = ast.parse(textwrap.dedent(inspect.getsource(method))).body
    assert isinstance(function, ast.FunctionDef)
    return function.body


def _assignments(statement: ast.stmt) -> list[str]:
    nodes = ast.walk(statement)
    return [ast.unparse(node) for node in nodes if isinstance(node, ast.Assign)]


def _check(statement: ast.stmt) -> ast.If | None:
    """Return a statement that asks whether there is no session yet; None if it does not."""
    if isinstance(statement, ast.If) and ast.unparse(statement.test) == f"{SESSION} is None":
        return statement
    return None


@library(scope="TEST", auto_keywords=True)
class SessionRace:
    """The lock that keeps racing threads from making an engine each."""

    def constructor_should_make_the_session_lock(self) -> None:
        """Each service has a lock of its own, made before any thread can use the service."""
        statements = [ast.unparse(statement) for statement in _body(AuditService.__init__)]
        assert f"{LOCK} = threading.Lock()" in statements, "the constructor makes no session lock"

    def session_should_be_checked_before_and_behind_the_lock(self) -> None:
        """The outer check, the lock inside it, and the inner check first thing behind the lock."""
        body = _body(AuditService._ensure_session)
        checks = [check for statement in body if (check := _check(statement))]
        assert len(checks) == 1, "the session is not checked before the lock"
        locked = [part for part in checks[0].body if isinstance(part, ast.With)]
        assert [ast.unparse(part.items[0]) for part in locked] == [LOCK], "the lock is not taken"
        inner = _check(locked[0].body[0])
        assert inner is not None, "the check is not repeated behind the lock"

        made = [text for text in _assignments(inner) if text.startswith(f"{SESSION} = ")]
        everywhere = [text for part in body for text in _assignments(part)]
        assert made, "the session is not assigned behind both checks"
        assert [text for text in everywhere if text.startswith(f"{SESSION} = ")] == made

    def race_for_the_session(self, threads: int) -> dict[str, Any]:
        """Let threads ask a fresh service for its session at the same moment.

        Returns how many `engines` were made, how many different `sessions` and `threads` there
        were, and the `errors`.
        """
        service = AuditService(servers.new_database("sqlite"), audit_async=False)
        create_engine = sqlalchemy.create_engine
        barrier = threading.Barrier(threads)
        coming: list[int] = []
        all_are_coming = threading.Event()
        calls: list[int] = []
        sessions: dict[int, object] = {}
        errors: list[str] = []

        def slow_create_engine(*arguments: Any, **options: Any) -> sqlalchemy.Engine:
            calls.append(threading.get_ident())
            # Not before every thread is on its way into the race.
            all_are_coming.wait(SECONDS)
            return create_engine(*arguments, **options)

        def ask() -> None:
            try:
                barrier.wait(SECONDS)
                coming.append(threading.get_ident())
                if len(coming) == threads:
                    all_are_coming.set()
                session = service._ensure_session()
                sessions[threading.get_ident()] = session
                # An ident is used again once its thread has ended.
                barrier.wait(SECONDS)
            except BaseException as error:  # noqa: BLE001 - the test reports it
                errors.append(repr(error))

        with mock.patch.object(sqlalchemy, "create_engine", slow_create_engine):
            racing = [threading.Thread(target=ask, daemon=True) for _ in range(threads)]
            for thread in racing:
                thread.start()
            for thread in racing:
                thread.join(SECONDS)
        service.close()
        different = {id(session) for session in sessions.values()}
        return {
            "engines": len(calls),
            "sessions": len(different),
            "threads": len(sessions),
            "errors": errors,
        }
