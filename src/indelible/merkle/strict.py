"""Strict readers of the few text encodings that notes and checkpoints are made of.

Each value has exactly one accepted spelling, so that nothing can be changed in a signed file, or
in a signature, without being noticed. Python's own readers are more generous: `int` takes signs,
spaces, underscores and the digits of other scripts, and `base64` takes unused bits that are set.
"""

from __future__ import annotations

import base64
import re
from typing import Final

from indelible.merkle.tree import MAX_SIZE

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")


def decode_base64(text: str) -> bytes | None:
    """Decode standard base64 (RFC 4648 section 4) in its canonical form, or return None."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    # Refuses what the decoder lets pass: unused bits that are set, superfluous padding.
    return data if encode_base64(data) == text else None


def encode_base64(data: bytes) -> str:
    """Encode as standard base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


def decode_decimal(text: str) -> int | None:
    """Decode an ASCII decimal from 0 to `MAX_SIZE` with no sign or leading zero, or return None."""
    if _DECIMAL.fullmatch(text) is None:
        return None
    value = int(text)
    return value if value <= MAX_SIZE else None


def is_line(text: object) -> bool:
    """Tell whether a value may stand as one line in a note: a string, not empty, no newline."""
    return isinstance(text, str) and bool(text) and "\n" not in text and is_text(text)


def is_text(text: str) -> bool:
    """Tell whether a note may hold a string: no controls but newlines, and no lone surrogates."""
    if _CONTROL.search(text) is not None:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
