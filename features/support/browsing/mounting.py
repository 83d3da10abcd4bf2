"""The page as an application mounts it: ``python -m features.support.browsing.mounting ORDER``.

ORDER is JSON: the database's `url`, the `port`, `tenants` that the reader may see (null for all),
and the file of the signing `key`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount

from features.support.browsing.serving import HOST, MOUNT
from indelible import AuditService
from indelible.web import Reader, create_app


def main(order: dict[str, Any]) -> None:
    tenants = order["tenants"]
    reader = Reader("user:rita", None if tenants is None else frozenset(tenants))

    def authorize(request: Request) -> Reader | None:
        return reader

    with AuditService(order["url"], signing_key=order["key"]) as audit:
        app = Starlette(routes=[Mount(MOUNT, create_app(audit, authorize=authorize))])
        uvicorn.run(app, host=HOST, port=order["port"], log_level="warning")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
