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

_AFTER_A_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd8\xff]")
_OTHER_SEGMENTS = 10_000


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


def jpeg_scans(photo: bytes, enough: int) -> int:
    """How many passes over its pixels a JPEG asks for, counted until there are more than `enough`.

    1 to 3, or about 10 when it is progressive. A file can ask for one per 50 bytes, which is hours
    of work in 20 MB. Other segments between the scans count as well, as tables come with them.
    """
    scans = segments = 0
    at = 2
    while scans <= enough and at + 4 <= len(photo):
        found = _AFTER_A_SCAN.search(photo, at)
        if found is None or found[0][1] == 0xD9:
            break
        segments += 1
        if segments > _OTHER_SEGMENTS:
            return enough + 1
        at = found.end() + int.from_bytes(photo[found.end() : found.end() + 2], "big")
        scans += found[0][1] == 0xDA
    return scans
