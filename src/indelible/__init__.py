"""Indelible: an embeddable audit log that loses nothing and cannot be changed unnoticed.

::

    from indelible import AuditService

    audit = AuditService("sqlite:///audit.db")
    audit.record("invoice.update", actor="user:42", target="invoice:981",
                 before={"total": 10}, after={"total": 12}, details={"reason": "typo"})
"""

from __future__ import annotations

from indelible.changes import MISSING, Change
from indelible.context import bind_context, bound_context, clear_context, current_context
from indelible.errors import (
    AuditError,
    AuditTimeoutError,
    ClosedError,
    ConfigurationError,
    DatabaseBusyError,
    DatabaseUnavailableError,
    EventConflictError,
    EventRefusedError,
    EventTooLargeError,
    InvalidEventError,
    MissingExtraError,
    ProofError,
    QueryError,
    QueueFullError,
    RedactionError,
    SchemaError,
    StorageError,
    UnsafeSettingError,
)
from indelible.event import Actor, AuditEvent, Outcome, Place, Severity, Target
from indelible.query import Page
from indelible.redaction import Redaction
from indelible.service import AuditService, CloseReport, Stats
from indelible.values import REDACTED, DataclassValue, EnumValue, ErrorValue, KeyedHash
from indelible.writer.receipt import Receipt

__version__ = "0.1.0"

__all__ = [
    "MISSING",
    "REDACTED",
    "Actor",
    "AuditError",
    "AuditEvent",
    "AuditService",
    "AuditTimeoutError",
    "Change",
    "CloseReport",
    "ClosedError",
    "ConfigurationError",
    "DatabaseBusyError",
    "DatabaseUnavailableError",
    "DataclassValue",
    "EnumValue",
    "ErrorValue",
    "EventConflictError",
    "EventRefusedError",
    "EventTooLargeError",
    "InvalidEventError",
    "KeyedHash",
    "MissingExtraError",
    "Outcome",
    "Page",
    "Place",
    "ProofError",
    "QueryError",
    "QueueFullError",
    "Receipt",
    "Redaction",
    "RedactionError",
    "SchemaError",
    "Severity",
    "Stats",
    "StorageError",
    "Target",
    "UnsafeSettingError",
    "bind_context",
    "bound_context",
    "clear_context",
    "current_context",
]
