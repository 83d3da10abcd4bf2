"""Screenshots made small: a palette of the 256 most frequent colours, and the best compression.

A page has few colours, and some hundred more where letters end: those become their nearest ones.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOURS = 256
_CHANNELS = {2: 3, 6: 4}
"""Bytes of a pixel, by the colour type: true colour, and the same with alpha."""


def shrink(picture: bytes) -> bytes:
    """Return a picture of 8 bits a channel, without its alpha, in 256 colours."""
    header = b""
    compressed = b""
    for kind, content in _chunks(picture):
        if kind == b"IHDR":
            header = content
        elif kind == b"IDAT":
            compressed += content
    width, height, depth, colour_type = struct.unpack(">IIBB", header[:10])
    assert depth == 8, f"a depth of {depth} bits is none that Chromium makes"
    step = _CHANNELS[colour_type]
    rows = [
        [bytes(line[i : i + 3]) for i in range(0, len(line), step)]
        for line in _lines(zlib.decompress(compressed), width * step, step)
    ]
    palette, places = _palette(rows)
    # 0 at the beginning of each line: it is stored without a filter, which suits a palette.
    data = b"".join(b"\0" + bytes(places[colour] for colour in row) for row in rows)
    return _SIGNATURE + b"".join(
        _chunk(kind, content)
        for kind, content in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            (b"PLTE", b"".join(palette)),
            (b"IDAT", zlib.compress(data, 9)),
            (b"IEND", b""),
        )
    )


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(_SIGNATURE)
    while place < len(picture):
        (length,) = struct.unpack(">I", picture[place : place + 4])
        yield picture[place + 4 : place + 8], picture[place + 8 : place + 8 + length]
        place += 12 + length


def _chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def _lines(data: bytes, length: int, step: int) -> Iterator[bytearray]:
    """Undo the filters (PNG specification, 9.2)."""
    above = bytearray(length)
    for place in range(0, len(data), length + 1):
        kind, line = data[place], bytearray(data[place + 1 : place + 1 + length])
        for i in range(length):
            left = line[i - step] if i >= step else 0
            corner = above[i - step] if i >= step else 0
            line[i] = (line[i] + _predicted(kind, left, above[i], corner)) & 0xFF
        yield line
        above = line


def _predicted(kind: int, left: int, above: int, corner: int) -> int:
    if kind == 4:
        guess = left + above - corner
        return min((left, above, corner), key=lambda value: abs(guess - value))
    return (0, left, above, (left + above) // 2)[kind]


def _palette(rows: list[list[bytes]]) -> tuple[list[bytes], dict[bytes, int]]:
    """Return the colours that are kept, and the place among them of each colour that there is."""
    counts = Counter(colour for row in rows for colour in row)
    # By the colours themselves where they are equally frequent, so that pictures do not differ.
    frequent = sorted(counts, key=lambda colour: (-counts[colour], colour))[:_COLOURS]
    palette = sorted(frequent)
    places = {colour: place for place, colour in enumerate(palette)}
    for colour in counts:
        if colour not in places:
            places[colour] = min(
                range(len(palette)),
                key=lambda place: sum(
                    (one - other) ** 2 for one, other in zip(palette[place], colour, strict=True)
                ),
            )
    return palette, places
