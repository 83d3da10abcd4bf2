"""Every error that the library raises, as one tree.

::

    AuditError
    ├── ConfigurationError          an argument, a setting or an environment that cannot work
    │   └── MissingExtraError       an optional dependency is not installed
    ├── InvalidEventError           an event that is refused before it is acknowledged
    │   ├── EventTooLargeError      its body exceeds ``max_body_bytes``
    │   └── RedactionError          a redaction rule failed, so the event may not be stored
    ├── QueueFullError              the pending queue stayed full (``on_full``)
    ├── AuditTimeoutError           the outcome was not known within the time given
    ├── ClosedError                 the service has been closed
    ├── StorageError                the database could not do what was asked
    │   ├── DatabaseUnavailableError    it stayed unreachable through every retry
    │   ├── DatabaseBusyError           somebody else kept the write lock
    │   ├── SchemaError                 tables are missing, older, newer or not Indelible's
    │   ├── DatabaseReplacedError       its file was deleted or replaced while it was open
    │   ├── UnsafeSettingError          a setting would lose or change what is stored
    │   └── EventRefusedError           the database refused this one event
    │       └── EventConflictError      its event id already belongs to another event
    ├── QueryError                  a filter or a cursor that makes no sense
    │   └── QueryTimeoutError       the answer would take longer than was allowed
    ├── ExportError                 an event cannot be written in a format
    ├── ProofError                  a tree, proof, note or checkpoint is malformed or false
    │   └── KeyRangeError           signed by a key that may not speak for a log of this size
    └── SealingError                a checkpoint could not be made, or not be published
        ├── SigningRefusedError     the log does not continue what the key has signed before
        ├── WitnessPolicyError      fewer witnesses have cosigned than the policy demands
        └── SinkError               a sink did not take a checkpoint that is signed and stored

`ConfigurationError` is an operator's mistake and `InvalidEventError` a caller's; a `StorageError`
says that the world outside failed.  Where a built-in exception describes the case as well, the
class derives from it too, so that ``except ValueError`` and ``except TimeoutError`` work.
`SealingError` and what derives from it are defined in `indelible.sealing.errors`.
"""

from __future__ import annotations

__all__ = [
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
    "KeyRangeError",
    "MissingExtraError",
    "ProofError",
    "QueryError",
    "QueryTimeoutError",
    "QueueFullError",
    "RedactionError",
    "SchemaError",
    "StorageError",
    "UnsafeSettingError",
]


class AuditError(Exception):
    """Base class of every error that Indelible raises on purpose.

    Errors cross process borders: pickling keeps their text and attributes, whatever arguments
    their classes take.
    """

    def __reduce__(self) -> tuple[object, ...]:
        return _remade, (type(self), self.args, self.__dict__)


class ConfigurationError(AuditError, ValueError):
    """A constructor argument, an environment variable or an option cannot work.

    Attributes:
        argument: Name of the argument that is wrong.
    """

    def __init__(self, argument: str, value: object, mend: str) -> None:
        self.argument = argument
        super().__init__(f"{argument}={shown(value)}: {mend}")


class MissingExtraError(ConfigurationError, ImportError):
    """An optional dependency is needed and not installed.

    Attributes:
        extra: Name of the extra that brings it.
    """

    def __init__(self, needed_for: str, module: str, extra: str) -> None:
        self.extra = extra
        super().__init__(
            "import",
            module,
            f"{needed_for} needs it, and it is not installed. "
            f"Run: pip install 'indelible[{extra}]'",
        )


class InvalidEventError(AuditError, ValueError):
    """An event is refused before anything of it is kept.

    Attributes:
        argument: The argument or the path inside it, such as ``details.items[3].price``.
    """

    def __init__(self, argument: str, problem: str) -> None:
        self.argument = argument
        super().__init__(f"{argument}: {problem}")


class EventTooLargeError(InvalidEventError):
    """The event's body exceeds ``max_body_bytes``.

    Attributes:
        size: Size of the refused body in bytes.
        limit: The limit in bytes.
    """

    def __init__(self, size: int, limit: int) -> None:
        self.size = size
        self.limit = limit
        super().__init__(
            "event",
            f"its body is {size} bytes and max_body_bytes is {limit}. Store the large part "
            "elsewhere and record a reference and a digest of it, or raise max_body_bytes",
        )


class RedactionError(InvalidEventError):
    """A redaction rule raised; the event is refused, because a secret might be in it."""


class QueueFullError(AuditError):
    """The pending queue had no room for the event, which was not accepted.

    Attributes:
        capacity: The queue's bound in events.
    """

    def __init__(self, message: str, capacity: int) -> None:
        self.capacity = capacity
        super().__init__(message)


class AuditTimeoutError(AuditError, TimeoutError):
    """The outcome was not known within the time given; the event may still be committed."""


class ClosedError(AuditError):
    """The service has been closed and accepts nothing more."""


class StorageError(AuditError):
    """The database could not do what was asked."""


class DatabaseUnavailableError(StorageError):
    """The database stayed unreachable, or kept failing, through every retry."""


class DatabaseBusyError(StorageError):
    """Another transaction kept the write lock for as long as the service may wait."""


class SchemaError(StorageError):
    """The tables are missing, older or newer than this version, or not Indelible's."""


class UnsafeSettingError(StorageError):
    """A setting of the database would lose or change what is stored, and cannot be set here."""


class DatabaseReplacedError(StorageError):
    """The database's file was deleted or replaced while it was open; nothing more is written."""


class EventRefusedError(StorageError):
    """The database refused this one event; the others of its batch are committed.

    Attributes:
        event_id: The refused event's id, in its canonical text form.
    """

    def __init__(self, event_id: str, problem: str) -> None:
        self.event_id = event_id
        super().__init__(f"event {event_id} was refused by the database: {problem}")


class EventConflictError(EventRefusedError):
    """The event's id already belongs to an event that says something else."""


class QueryError(AuditError, ValueError):
    """A filter does not exist, or a value or a cursor makes no sense.

    Attributes:
        argument: Name of the filter or argument that is wrong.
    """

    def __init__(self, argument: str, value: object, mend: str) -> None:
        self.argument = argument
        super().__init__(f"{argument}={shown(value)}: {mend}")


class QueryTimeoutError(QueryError, TimeoutError):
    """The answer would take longer than the ``timeout`` that was given."""


class ExportError(AuditError, ValueError):
    """An event cannot be exported: it is not committed, or its stored text is no event's.

    Attributes:
        seq: The event's number in its log; None for an event that has none.
    """

    def __init__(self, seq: int | None, problem: str) -> None:
        self.seq = seq
        super().__init__(problem if seq is None else f"event {seq}: {problem}")


class ProofError(AuditError, ValueError):
    """A tree, a proof, a note or a checkpoint is malformed, or does not verify."""


class KeyRangeError(ProofError):
    """A checkpoint is signed well, but by a key that may not speak for a log of its size.

    Attributes:
        size: The checkpoint's size, in events.
    """

    def __init__(self, message: str, size: int) -> None:
        self.size = size
        super().__init__(message)


def _remade(
    kind: type[AuditError], args: tuple[object, ...], attributes: dict[str, object]
) -> AuditError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(attributes)
    return error


def shown(value: object, limit: int = 80) -> str:
    """Return a value's `repr`, shortened, for an error message.

    A value's own ``__repr__`` may raise, and an error about it must still be readable.

    Args:
        value: Anything.
        limit: Longest text to return, in characters.
    """
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - whatever the object's own repr() raises
        text = f"<{type(value).__name__} whose repr() raises>"
    return text if len(text) <= limit else text[: limit - 1] + "…"
