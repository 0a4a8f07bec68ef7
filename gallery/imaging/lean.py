"""A photo's file without what costs more than its pixels: comments, profiles, endless lists.

Pillow reads those in Python, before it knows what it is reading for: 4 MB of EXIF in a million
pieces took it 53 s, and 20 MB of comments 345 MB of memory.
"""

from __future__ import annotations

import re
import struct

from gallery.errors import UnreadablePhoto

MAX_SEGMENTS = 10_000
"""Of a JPEG before its first scan: encoders write about 20, and 64 KB of profile in each."""

MAX_CHUNKS = 20_000
"""Of a PNG: libpng writes one per 8 KB, 2,560 in the largest file that is read."""

MAX_TAG_VALUES = 100_000
"""Of a TIFF tag: a strip for each row of the tallest photo is 60,000."""

_MARKER = re.compile(rb"\xff+([\x01-\xfe])")
_NO_LENGTH = frozenset([0x01, *range(0xD0, 0xD9)])
_SCAN, _END, _COMMENT, _JFIF, _EXIF_OR_XMP, _ADOBE = 0xDA, 0xD9, 0xFE, 0xE0, 0xE1, 0xEE
_METADATA = frozenset([_COMMENT, *range(0xE0, 0xF0)])
_PLAIN_TYPES = (1, 2, 7)  # bytes, text, undefined: kept as they are, never a list


def lean(photo: bytes, name: str) -> bytes:
    """The same picture in a file that is cheap to open; refuses with UnreadablePhoto."""
    match name:
        case "JPEG":
            return _lean_jpeg(photo)
        case "PNG":
            _check_chunks(photo)
        case "TIFF":
            _check_tags(photo)
    return photo


def _lean_jpeg(photo: bytes) -> bytes:
    """Its tables and scans, and of its metadata one JFIF, EXIF, XMP and Adobe segment each."""
    kept, seen, at = [photo[:2]], set[bytes](), 2
    for _ in range(MAX_SEGMENTS):
        found = _MARKER.search(photo, at)
        if found is None:
            return b"".join(kept)
        marker, at = found[1][0], found.end()
        if marker in (_SCAN, _END):
            return b"".join([*kept, b"\xff", photo[at - 1 :]])
        if marker in _NO_LENGTH:
            continue
        end = at + max(2, int.from_bytes(photo[at : at + 2], "big"))
        segment, at = photo[at:end], end
        if marker in _METADATA:
            kind = bytes([marker]) + segment[2:6]
            if marker not in (_JFIF, _EXIF_OR_XMP, _ADOBE) or kind in seen or len(seen) >= 8:
                continue
            seen.add(kind)
        kept += [b"\xff", bytes([marker]), segment]
    raise UnreadablePhoto(
        f"the JPEG has over {MAX_SEGMENTS:,} segments before its image. Save it anew"
    )


def _check_chunks(photo: bytes) -> None:
    at = 8
    for _ in range(MAX_CHUNKS):
        if at + 8 > len(photo) or photo[at + 4 : at + 8] == b"IEND":
            return
        at += 12 + int.from_bytes(photo[at : at + 4], "big")
    raise UnreadablePhoto(f"the PNG has over {MAX_CHUNKS:,} chunks. Save it anew")


def _check_tags(photo: bytes) -> None:
    """Refuse long lists in the first directory: each value becomes a Python object, or a tile."""
    order, big = "<" if photo.startswith(b"II") else ">", photo[2:4] in (b"+\0", b"\0+")
    where, count, entry = ("Q", "Q", "HHQ8x") if big else ("I", "H", "HHI4x")
    try:
        (at,) = struct.unpack_from(order + where, photo, 8 if big else 4)
        (entries,) = struct.unpack_from(order + count, photo, at)
        at += struct.calcsize(count)
        for number in range(min(entries, 2**16)):
            place = at + number * struct.calcsize(order + entry)
            tag, kind, values = struct.unpack_from(order + entry, photo, place)
            if kind not in _PLAIN_TYPES and values > MAX_TAG_VALUES:
                raise UnreadablePhoto(
                    f"the TIFF lists {values:,} values in tag {tag}; at most {MAX_TAG_VALUES:,} "
                    "are read. Save it as JPEG or PNG"
                )
    except struct.error:
        return  # it ends here; the parser refuses it with the right words
