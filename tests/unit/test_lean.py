"""What a file holds beyond its picture costs little, however much of it there is."""

import contextlib
import io
import resource
import struct
import time
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from gallery.errors import PhotoRejected, UnreadablePhoto
from gallery.imaging.decode import decode
from gallery.imaging.lean import MAX_CHUNKS, MAX_SEGMENTS, lean

MIB = 1024 * 1024
SECONDS = 4.0
"""Far above what each takes (the slowest 0.5 s) and far below what they took (minutes)."""


def saved(kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    pixels = np.random.default_rng(3).integers(0, 256, (40, 60, 3), np.uint8)
    Image.fromarray(pixels).save(out, kind, **options)
    return out.getvalue()


def segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload


def jpeg_with(piece: bytes, total: int) -> bytes:
    photo = saved("JPEG")
    return photo[:2] + piece * (total // len(piece)) + photo[2:]


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_with(piece: bytes, total: int) -> bytes:
    photo = saved("PNG")
    return photo[:33] + piece * (total // len(piece)) + photo[33:]


def tiff_of_strips(count: int, order: str = "<") -> bytes:
    """One pixel wide, a strip for each row, all strips the same byte."""

    def tag(number: int, kind: int, values: int, value: int) -> bytes:
        packed = struct.pack(order + "I", value) if kind == 4 else struct.pack(order + "Hxx", value)
        return struct.pack(order + "HHI", number, kind, values) + packed

    tags = [tag(256, 3, 1, 1), tag(257, 4, 1, count), tag(258, 3, 1, 8), tag(259, 3, 1, 1)]
    tags += [tag(262, 3, 1, 1), tag(273, 4, count, 200), tag(277, 3, 1, 1)]
    tags += [tag(278, 3, 1, 1), tag(279, 4, count, 200)]
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(tags))
    return (start + b"".join(tags)).ljust(200, b"\0") + struct.pack(order + "I", 1) * count


def bmp_run_length() -> bytes:
    """50 million pixels in a row: one, and then "end of the line"."""
    data = b"\1\1\0\0\0\1"
    return (
        b"BM"
        + struct.pack("<IHHI", 1078 + len(data), 0, 0, 1078)
        + struct.pack("<IiiHHIIiiII", 40, 50_000_000, 1, 1, 8, 1, len(data), 0, 0, 256, 0)
        + bytes(1024)
        + data
    )


def gif_of_comments(total: int) -> bytes:
    return b"GIF89a\x08\0\x08\0\0\0\0" + b"!\xfe\x01x\0" * (total // 5) + b";"


HEAVY: dict[str, Callable[[], bytes]] = {
    "exif in a million pieces": lambda: jpeg_with(segment(0xE1, b"Exif\0\0" + bytes(9)), 19 * MIB),
    "exif in large pieces": lambda: jpeg_with(segment(0xE1, b"Exif\0\0" + bytes(60_000)), 19 * MIB),
    "comments": lambda: jpeg_with(segment(0xFE, b""), 19 * MIB),
    "colour profiles": lambda: jpeg_with(segment(0xE2, b"ICC_PROFILE\0\1\1"), 19 * MIB),
    "fill bytes": lambda: jpeg_with(b"\xff", 19 * MIB),
    "other bytes": lambda: jpeg_with(b"\xff\x01\0\0", 19 * MIB),
    "many frames of a header": lambda: jpeg_with(segment(0xC0, bytes(9)), 19 * MIB),
    "empty chunks": lambda: png_with(chunk(b"IDAT", b""), 19 * MIB),
    "private chunks": lambda: png_with(chunk(b"abCd", b""), 19 * MIB),
    "texts": lambda: png_with(chunk(b"tEXt", b"a\0b"), 19 * MIB),
    "a text that unpacks to 900 MB": lambda: png_with(
        chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50 * MIB)) * 18), MIB
    ),
    "strips": lambda: tiff_of_strips(4_500_000),
    "strips, most significant byte first": lambda: tiff_of_strips(4_500_000, ">"),
    "a run-length encoded line": bmp_run_length,
    "comments of a GIF": lambda: gif_of_comments(4 * MIB),
}


@pytest.mark.parametrize("name", sorted(HEAVY))
def test_a_file_of_much_else_takes_neither_time_nor_memory(name: str) -> None:
    photo = HEAVY[name]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    with contextlib.suppress(PhotoRejected):
        assert decode(photo).width == 60
    assert time.process_time() - start < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 120 * 1024  # KiB


def test_metadata_of_any_size_leaves_the_picture_as_it_was() -> None:
    pixels = decode(saved("JPEG")).pixels
    for piece in (segment(0xFE, bytes(60_000)), segment(0xE2, b"MPF\0" + bytes(99)), b"\xff" * 7):
        assert np.array_equal(decode(jpeg_with(piece, 2 * MIB // 10)).pixels, pixels)


def test_orientation_and_colours_survive_the_metadata_around_them() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = saved("JPEG", exif=exif, comment=b"x" * 50_000, icc_profile=bytes(200_000))
    assert (decode(turned).width, decode(turned).height) == (40, 60)
    out = io.BytesIO()
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(out, "JPEG", icc_profile=bytes(100_000))
    assert decode(out.getvalue()).pixels[4, 4] == pytest.approx([255, 0, 0], abs=6)


def test_an_orientation_in_xmp_is_kept() -> None:
    xmp = b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta tiff:Orientation="6"/>'
    assert decode(jpeg_with(segment(0xE1, xmp), len(xmp) + 4)).width == 40


def test_a_huge_exif_block_is_not_read_and_the_photo_is() -> None:
    block = b"II*\0\x08\0\0\0\1\0\x12\1\3\0" + struct.pack("<I", 2 * MIB) + b"\x1a\0\0\0"
    photo = png_with(chunk(b"eXIf", block + b"\6\0" * 2 * MIB), 4 * MIB + 90)
    assert len(photo) > 4 * MIB
    assert decode(photo).width == 60


@pytest.mark.parametrize(
    ("photo", "words"),
    [
        (jpeg_with(segment(0xE3, b""), 4 * (MAX_SEGMENTS + 1)), "over 10,000 segments"),
        (png_with(chunk(b"abCd", b""), 12 * (MAX_CHUNKS + 1)), "over 20,000 chunks"),
        (tiff_of_strips(100_001), "100,001 values in tag 273; at most 100,000"),
        (bmp_run_length(), "run-length"),
    ],
)
def test_a_refusal_says_what_there_is_too_much_of(photo: bytes, words: str) -> None:
    with pytest.raises(UnreadablePhoto, match=words):
        decode(photo)


def test_a_tall_tiff_of_a_strip_a_row_is_read() -> None:
    assert decode(tiff_of_strips(60_000)).height == 60_000


@pytest.mark.parametrize("name", ["JPEG", "PNG", "TIFF"])
def test_any_bytes_at_all_come_through_or_are_refused(name: str) -> None:
    rng = np.random.default_rng(17)
    for length in range(0, 60, 3):
        lean(rng.bytes(length), name)
        lean(saved(name)[:length], name)
