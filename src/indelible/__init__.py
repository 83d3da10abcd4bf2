"""Indelible: an embeddable audit log that loses nothing and cannot be changed unnoticed.

::

    from indelible import AuditService

    audit = AuditService("sqlite:///audit.db")
    audit.record("invoice.update", actor="user:42", target="invoice:981",
                 before={"total": 10}, after={"total": 12}, details={"reason": "typo"})
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
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
        ExportError,
        InvalidEventError,
        MissingExtraError,
        ProofError,
        QueryError,
        QueryTimeoutError,
        QueueFullError,
        RedactionError,
        SchemaError,
        StorageError,
        UnsafeSettingError,
    )
    from indelible.event import Actor, AuditEvent, Outcome, Place, Severity, Target
    from indelible.query import Bucket, Facet, FilterArguments, Page, Version
    from indelible.redaction import Redaction
    from indelible.sealing import SealedCheckpoint, Witness, WitnessPolicy
    from indelible.sealing.errors import (
        SealingError,
        SigningRefusedError,
        SinkError,
        WitnessPolicyError,
    )
    from indelible.service import AuditService
    from indelible.stats import CloseReport, Stats
    from indelible.values import REDACTED, DataclassValue, EnumValue, ErrorValue, KeyedHash
    from indelible.verification.proof_file import EventProof
    from indelible.verification.report import VerificationReport
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
    "Bucket",
    "Change",
    "CloseReport",
    "ClosedError",
    "ConfigurationError",
    "DatabaseBusyError",
    "DatabaseReplacedError",
    "DatabaseUnavailableError",
    "DataclassValue",
    "EnumValue",
    "ErrorValue",
    "EventConflictError",
    "EventProof",
    "EventRefusedError",
    "EventTooLargeError",
    "ExportError",
    "Facet",
    "FilterArguments",
    "Health",
    "InvalidEventError",
    "KeyedHash",
    "MissingExtraError",
    "Outcome",
    "Page",
    "Place",
    "ProofError",
    "QueryError",
    "QueryTimeoutError",
    "QueueFullError",
    "Receipt",
    "Redaction",
    "RedactionError",
    "SchemaError",
    "SealedCheckpoint",
    "SealingError",
    "Severity",
    "SigningRefusedError",
    "SinkError",
    "SpoolError",
    "SpoolFullError",
    "SpoolLostError",
    "SpoolMismatchError",
    "Stats",
    "StorageError",
    "Target",
    "UnsafeSettingError",
    "VerificationReport",
    "Version",
    "Witness",
    "WitnessPolicy",
    "WitnessPolicyError",
    "bind_context",
    "bound_context",
    "clear_context",
    "current_context",
]

# Where each public name lives.  A module is imported when one of its names is first asked for, so
# that the command line answers `--help` without loading what recording needs.
_HOMES: Final = {
    "indelible.changes": (
        "Change",
        "MISSING",
    ),
    "indelible.context": (
        "bind_context",
        "bound_context",
        "clear_context",
        "current_context",
    ),
    "indelible.errors": (
        "AuditError",
        "AuditTimeoutError",
        "ClosedError",
        "ConfigurationError",
        "DatabaseBusyError",
        "DatabaseReplacedError",
        "DatabaseUnavailableError",
        "EventConflictError",
        "EventRefusedError",
        "EventTooLargeError",
        "ExportError",
        "InvalidEventError",
        "MissingExtraError",
        "ProofError",
        "QueryError",
        "QueryTimeoutError",
        "QueueFullError",
        "RedactionError",
        "SchemaError",
        "StorageError",
        "UnsafeSettingError",
    ),
    "indelible.event": (
        "Actor",
        "AuditEvent",
        "Outcome",
        "Place",
        "Severity",
        "Target",
    ),
    "indelible.query": (
        "Bucket",
        "Facet",
        "FilterArguments",
        "Page",
        "Version",
    ),
    "indelible.redaction": ("Redaction",),
    "indelible.sealing": (
        "SealedCheckpoint",
        "Witness",
        "WitnessPolicy",
    ),
    "indelible.sealing.errors": (
        "SealingError",
        "SigningRefusedError",
        "SinkError",
        "WitnessPolicyError",
    ),
    "indelible.service": ("AuditService",),
    "indelible.spool.errors": (
        "SpoolError",
        "SpoolFullError",
        "SpoolLostError",
        "SpoolMismatchError",
    ),
    "indelible.stats": ("CloseReport", "Health", "Stats"),
    "indelible.values": (
        "DataclassValue",
        "EnumValue",
        "ErrorValue",
        "KeyedHash",
        "REDACTED",
    ),
    "indelible.verification.proof_file": ("EventProof",),
    "indelible.verification.report": ("VerificationReport",),
    "indelible.writer.receipt": ("Receipt",),
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
