"""How steps name a service's mode: ``{audit_async:RecordingMode}``."""

from __future__ import annotations

from typing import Any

from behave import register_type


def _recording_mode(text: str) -> bool:
    return text == "asynchronous"


recording_mode: Any = _recording_mode
"""Returns the constructor's argument `audit_async` for the word in a step."""

recording_mode.pattern = "synchronous|asynchronous"
register_type(RecordingMode=recording_mode)
