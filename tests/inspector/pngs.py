"""Screenshots made small: the PNG of a browser written again with a palette of 256 colours.

Owns the little of PNG (W3C, third edition) that a browser's screenshots have: 8 bits a sample, RGB or RGBA, not
interlaced. Screens of text have few colours that matter, and so lose nothing that an eye finds.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOURS = 256

Colour = tuple[int, int, int]


def small(png: bytes) -> bytes:
    """Write a screenshot again, with a palette.

    Args:
        png: As a browser makes it.
    """
    width, height, channels, rows = _decoded(png)
    pixels: list[Colour] = [
        (row[at], row[at + 1], row[at + 2]) for row in rows for at in range(0, width * channels, channels)
    ]
    counted = Counter(pixels)
    palette = [colour for colour, _ in counted.most_common(COLOURS)]
    nearest = {colour: _nearest(palette, colour) for colour in counted}
    lines = (bytes(nearest[pixel] for pixel in pixels[at : at + width]) for at in range(0, width * height, width))
    data = zlib.compress(b"".join(b"\0" + line for line in lines), 9)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    flat = bytes(sample for colour in palette for sample in colour)
    chunks = ((b"IHDR", header), (b"PLTE", flat), (b"IDAT", data), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _nearest(palette: list[Colour], colour: Colour) -> int:
    """The place of the colour that differs least."""
    red, green, blue = colour
    return min(
        range(len(palette)),
        key=lambda at: (palette[at][0] - red) ** 2 + (palette[at][1] - green) ** 2 + (palette[at][2] - blue) ** 2,
    )


def _decoded(png: bytes) -> tuple[int, int, int, list[bytearray]]:
    """Width, height, samples a pixel, and the rows (section 9: filters)."""
    chunks = list(_chunks(png))
    width, height, depth, colours, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    if (depth, interlaced) != (8, 0) or colours not in {2, 6}:
        raise ValueError("this is no screenshot of a browser")
    channels = 3 if colours == 2 else 4
    data = zlib.decompress(b"".join(content for kind, content in chunks if kind == b"IDAT"))
    rows, above = [], bytearray(width * channels)
    stride = width * channels + 1
    for at in range(0, height * stride, stride):
        above = _unfiltered(data[at], bytearray(data[at + 1 : at + stride]), above, channels)
        rows.append(above)
    return width, height, channels, rows


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def _unfiltered(kind: int, row: bytearray, above: bytearray, channels: int) -> bytearray:
    for at, sample in enumerate(row):
        left = row[at - channels] if at >= channels else 0
        corner = above[at - channels] if at >= channels else 0
        up = above[at]
        guess = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]
        row[at] = (sample + guess) & 0xFF
    return row


def _paeth(left: int, up: int, corner: int) -> int:
    """Whichever of the three is nearest to left + up - corner (section 9.4)."""
    to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
    if to_left <= to_up and to_left <= to_corner:
        return left
    return up if to_up <= to_corner else corner
