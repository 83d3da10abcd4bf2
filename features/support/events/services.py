"""Services and plain connections of one scenario, closed behind it."""

from __future__ import annotations

from typing import Any

import sqlalchemy
from sqlalchemy import Engine

from indelible import AuditService
from indelible.storage.schema import Tables


def open_service(context: Any, url: str | None = None, **options: Any) -> AuditService:
    """Make a service on the scenario's database, or another one, for the rest of the scenario."""
    service = AuditService(context.database_url() if url is None else url, **options)
    context.add_cleanup(service.close)
    return service


def plain_engine(context: Any, url: str | None = None, **options: Any) -> Engine:
    """Make an engine of the scenario's own, which knows nothing of the library."""
    engine = sqlalchemy.create_engine(context.database_url() if url is None else url, **options)
    context.add_cleanup(engine.dispose)
    return engine


def stored_rows(engine: Engine, tables: Tables | None = None) -> list[dict[str, Any]]:
    """Read all event rows as the database has them, in order; the body as its exact bytes too.

    Returns:
        Rows by column name, with the body's bytes under ``body_bytes``.
    """
    tables = tables or Tables()
    event = tables.event
    exact: sqlalchemy.ColumnElement[bytes]
    if engine.dialect.name == "postgresql":
        exact = sqlalchemy.func.convert_to(event.c.body, "UTF8")
    else:
        exact = sqlalchemy.cast(event.c.body, sqlalchemy.LargeBinary)
    wanted = sqlalchemy.select(event, exact.label("body_bytes")).order_by(
        event.c.log_id, event.c.seq
    )
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(wanted).mappings()]


def invalid_json(engine: Engine) -> list[str]:
    """Return the bodies that the database itself does not take for JSON.

    PostgreSQL raises at the first one.
    """
    condition = {
        "sqlite": "json_valid(body) = 0",
        "postgresql": "jsonb_typeof(body::jsonb) <> 'object'",
        "mariadb": "JSON_VALID(body) = 0",
        "mysql": "JSON_VALID(body) = 0",
    }[engine.dialect.name]
    with engine.connect() as connection:
        found = connection.execute(
            sqlalchemy.text(f"SELECT body FROM audit_event WHERE {condition}")
        )
        return [body for (body,) in found]
