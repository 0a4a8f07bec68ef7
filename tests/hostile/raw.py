"""Pieces of image files, written by hand: what no encoder writes."""

from __future__ import annotations

import struct
import zlib

PNG = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, data: bytes = b"", crc: int | None = None) -> bytes:
    """A PNG chunk."""
    crc = zlib.crc32(name + data) if crc is None else crc
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)


def header(width: int, height: int, depth: int = 8, colour: int = 2, interlace: int = 0) -> bytes:
    """A PNG's IHDR chunk."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def png(width: int, height: int, depth: int = 8, colour: int = 2, rows: int | None = None) -> bytes:
    """A black PNG; `rows` other than its height make it a liar."""
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = bytes(1 + (width * samples * depth + 7) // 8)
    packer = zlib.compressobj(1)
    count = height if rows is None else rows
    data = b"".join(packer.compress(row) for _ in range(count)) + packer.flush()
    palette = chunk(b"PLTE", bytes(6)) if colour == 3 else b""
    start = PNG + header(width, height, depth, colour) + palette
    return start + chunk(b"IDAT", data) + chunk(b"IEND")


def segment(marker: int, payload: bytes = b"") -> bytes:
    """A JPEG segment."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload


def inside(photo: bytes, piece: bytes, at: int) -> bytes:
    """A file with a piece put in at an offset: 2 in a JPEG, 33 in a PNG."""
    return photo[:at] + piece + photo[at:]


def tiff(
    tags: list[tuple[int, int, int, int]], rest: bytes = b"", following: int = 0, order: str = "<"
) -> bytes:
    """A TIFF of one directory: tags are (number, type, count, value or offset)."""
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(tags))
    entries = b"".join(struct.pack(order + "HHII", *tag) for tag in tags)
    return start + entries + struct.pack(order + "I", following) + rest


def gray_tiff(width: int, height: int, **changed: tuple[int, int, int]) -> bytes:
    """8-bit gray TIFF whose tags can be changed: t273=(type, count, value)."""
    tags = {256: (4, 1, width), 257: (4, 1, height), 258: (3, 1, 8), 259: (3, 1, 1)}
    tags |= {262: (3, 1, 1), 273: (4, 1, 200), 277: (3, 1, 1), 278: (4, 1, height)}
    tags |= {279: (4, 1, width * height)}
    tags |= {int(name[1:]): value for name, value in changed.items()}
    start = tiff([(number, *tags[number]) for number in sorted(tags)])
    return start.ljust(200, b"\0") + bytes(min(width * height, 10_000))


def gif(
    width: int, height: int, frame: tuple[int, int, int, int] | None = None, bits: int = 2
) -> bytes:
    """A GIF that says it is that large, with hardly any data."""
    place = frame or (0, 0, width, height)
    screen = b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0\0\0\0\xff\xff\xff"
    return screen + b"," + struct.pack("<HHHH", *place) + bytes([0, bits]) + b"\2\x4c\1\0;"


def bmp(
    width: int, height: int, bits: int = 24, packing: int = 0, data: bytes = bytes(64), **more: int
) -> bytes:
    """A BMP; more: `colours` of the palette, `offset` of the data, `size` of the header."""
    colours, size = more.get("colours", 0), more.get("size", 40)
    offset = more.get("offset", 54 + 4 * min(colours, 256))
    file = b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset)
    info = struct.pack(
        "<IiiHHIIiiII", size, width, height, 1, bits, packing, len(data), 0, 0, colours, 0
    )
    return file + info + bytes(4 * min(colours, 256)) + data


def webp(*chunks: tuple[bytes, bytes], length: int | None = None) -> bytes:
    """A RIFF file of WebP chunks."""
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) if length is None else length) + body


def webp_canvas(width: int, height: int, flags: int = 0) -> tuple[bytes, bytes]:
    """The VP8X chunk."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"VP8X", struct.pack("<I", flags) + sides
