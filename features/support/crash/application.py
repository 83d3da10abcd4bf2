"""A WSGI application for gunicorn: its service is made, and used, before the workers are forked.

The environment variable ``INDELIBLE_CRASH_ORDER`` says how: a JSON object with ``url``, ``service``
and ``ledger``, which is a descriptor.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from features.support.crash.gunicorns import BEFORE, ORDER
from features.support.crash.ledger import Teller
from features.support.crash.recorder import Recorder
from indelible import AuditService

_order = json.loads(os.environ[ORDER])
_teller = Teller(_order["ledger"])
_audit = AuditService(_order["url"], **_order["service"])
_recorders: dict[tuple[int, int], Recorder] = {}


def _record(number: int) -> None:
    key = os.getpid(), threading.get_ident()
    if key not in _recorders:
        _recorders[key] = Recorder(_audit, _teller, f"thread:{key[0]}.{key[1]}", retry=False)
    for _ in range(number):
        _recorders[key].record()


_record(BEFORE)


def application(
    environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """Record three events, and say which process did it."""
    _record(3)
    # Long enough for the other worker to take the next request.
    time.sleep(0.005)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
