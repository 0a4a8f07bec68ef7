"""The six formats that are read: how their files begin, and whether one ends too early."""

from __future__ import annotations

import re
import struct

SIGNATURES: dict[str, tuple[bytes, ...]] = {
    "JPEG": (b"\xff\xd8\xff",),
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "WEBP": (b"RIFF",),
    "GIF": (b"GIF87a", b"GIF89a"),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "BMP": (b"BM",),
}
FORMAT_NAMES = "JPEG, PNG, WebP, GIF, TIFF or BMP"

_AFTER_A_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def format_of(photo: bytes) -> str | None:
    """Pillow's name of the format whose first bytes these are; None when it is none of ours."""
    for name, starts in SIGNATURES.items():
        if photo.startswith(starts) and (name != "WEBP" or photo[8:12] in (b"WEBP", b"")):
            return name
    return None


def ends_early(photo: bytes, name: str) -> bool:
    """Whether the end that the format asks for is missing; a guess, for files that failed."""
    match name:
        case "JPEG":
            return not photo.rstrip(b"\0").endswith(b"\xff\xd9")
        case "PNG":
            return b"IEND" not in photo
        case "GIF":
            return not photo.rstrip(b"\0").endswith(b";")
        case "WEBP":
            return len(photo) < 12 or len(photo) < 8 + int(struct.unpack_from("<I", photo, 4)[0])
        case "BMP":
            return len(photo) < 26 or len(photo) < int(struct.unpack_from("<I", photo, 2)[0])
        case "TIFF":
            order = "<" if photo.startswith(b"II") else ">"
            return len(photo) < 8 or len(photo) <= int(struct.unpack_from(order + "I", photo, 4)[0])
    return False


def webp_size(photo: bytes) -> tuple[int, int] | None:
    """Canvas (width, height) in a WebP header: libwebp allocates it before Pillow can tell it."""
    if len(photo) < 30:
        return None
    match photo[12:16]:
        case b"VP8X":
            width = int.from_bytes(photo[24:27], "little") + 1
            return width, int.from_bytes(photo[27:30], "little") + 1
        case b"VP8L":
            bits = int.from_bytes(photo[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", photo, 26)
            return int(width & 0x3FFF), int(height & 0x3FFF)
    return None


def jpeg_scans(photo: bytes) -> int:
    """How many passes over its pixels a JPEG asks for: 1, or about 10 when it is progressive.

    A progressive file can ask for one pass per 50 bytes, which is hours of work in 20 MB.
    """
    scans, at = 0, 2
    while at + 4 <= len(photo) and photo[at] == 0xFF:
        marker = photo[at + 1]
        if marker == 0xD9:
            break
        if marker == 0xFF:
            at += 1
            continue
        at += 2 + int.from_bytes(photo[at + 2 : at + 4], "big")
        if marker == 0xDA:
            scans += 1
            found = _AFTER_A_SCAN.search(photo, at)
            if found is None:
                break
            at = found.start()
    return scans
