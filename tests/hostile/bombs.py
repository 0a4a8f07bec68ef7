"""Small files that ask for much memory or much time."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image
from raw import (
    PNG,
    bmp,
    chunk,
    gif,
    gray_tiff,
    header,
    inside,
    png,
    segment,
    tiff,
    webp,
    webp_canvas,
)
from upload import Answer, Upload, refused, saved

MIB = 1024 * 1024
WIDE, HIGH = 8000, 6200  # 49.6 megapixels: just allowed
CLOSE_UP = (90, 109, 196, 242)  # of Ada's photo: her face without its rim
NOTHING_IN_IT = "no_face"


def bombs(ada: bytes) -> Iterator[Upload]:
    """Every bomb; `ada` is a JPEG that is a good photo."""
    yield from _too_many_pixels()
    yield from _just_allowed(ada)
    yield from _much_beside_the_picture(ada)
    yield from _much_work(ada)


def _too_many_pixels() -> Iterator[Upload]:
    code = "too_many_pixels"
    yield refused("PNG of 56 megapixels", png(8000, 7000, 1, 0), code)
    for side in (7072, 20_000, 60_000, 2**31 - 1):
        start = PNG + header(side, side)
        lie = start + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND")
        yield refused(f"PNG that says {side} squared", lie, code, "unreadable_photo")
        yield refused(f"BMP that says {side} squared", bmp(side, side), code, "unreadable_photo")
    for side in (8000, 16_383, 65_535):
        yield refused(f"GIF that says {side} squared", gif(side, side), code)
        frame = gif(1, 1, (0, 0, side, side))
        yield refused(f"GIF whose frame is {side} squared", frame, code)
        sof = segment(0xC0, struct.pack(">BHHB", 8, side, side, 1) + b"\1\x11\0")
        yield refused(
            f"JPEG that says {side} squared",
            b"\xff\xd8" + sof + b"\xff\xd9",
            code,
            "truncated_photo",
            "unreadable_photo",
        )
        yield refused(f"TIFF that says {side} squared", gray_tiff(side, side), code)
    for side in (12_000, 16_384, 2**24):
        yield refused(f"WebP canvas of {side} squared", webp(webp_canvas(side, side)), code)
        moving = webp(webp_canvas(side, side, 2), (b"ANIM", bytes(6)))
        yield refused(f"animated WebP of {side} squared", moving, code)
    lossless = (16_383 | 16_383 << 14).to_bytes(4, "little")
    yield refused(
        "lossless WebP of 16384 squared", webp((b"VP8L", b"\x2f" + lossless + bytes(40))), code
    )
    tile = gray_tiff(
        64, 64, t322=(4, 1, 60_000), t323=(4, 1, 60_000), t324=(4, 1, 200), t325=(4, 1, 99)
    )
    yield refused("TIFF of one tile of 60000 squared", tile)


def _just_allowed(ada: bytes) -> Iterator[Upload]:
    """Each kind of decoding that takes the most memory, once; other kinds by a smaller photo."""
    code = NOTHING_IN_IT
    turn = Image.Exif()
    turn[0x0112] = 6
    gray = Image.new("L", (WIDE, HIGH))
    packed = {"compression": "tiff_adobe_deflate"}
    yield refused("PNG, 16 bits a colour, just allowed", png(WIDE, HIGH, 16, 6), code)
    yield refused("JPEG, turned, just allowed", saved(gray, "JPEG", exif=turn), code)
    yield refused("float TIFF, just allowed", saved(gray.convert("F"), "TIFF", **packed), code)
    half = (WIDE, HIGH // 2)  # of WebP, half as much is allowed
    picture, clear = Image.new("RGB", half), Image.new("RGBA", half)
    yield refused("WebP, just allowed", saved(picture, "WEBP", method=0), code)
    yield refused("clear WebP, just allowed", saved(clear, "WEBP", lossless=True, method=0), code)
    yield refused("large palette PNG", png(3000, 2000, 1, 3), code)
    yield refused("large GIF", saved(Image.new("L", (3000, 2000)), "GIF"), code)
    yield refused("large CMYK TIFF", saved(Image.new("CMYK", (3000, 2000)), "TIFF", **packed), code)
    face = Image.open(io.BytesIO(ada)).crop(CLOSE_UP).resize((7000, 7000), Image.Resampling.BICUBIC)
    yield Upload("a face larger than its 49 megapixels", saved(face, "JPEG"), Answer.READ)
    for width, height in ((60_000, 800), (100, 60_000), (1, 60_000), (60_000, 1)):
        yield refused(f"PNG of {width} x {height}", png(width, height, 8, 0), code)


def _much_beside_the_picture(ada: bytes) -> Iterator[Upload]:
    for name, piece in (
        ("EXIF in a million pieces", segment(0xE1, b"Exif\0\0" + bytes(9))),
        ("EXIF in large pieces", segment(0xE1, b"Exif\0\0" + bytes(60_000))),
        ("comments", segment(0xFE)),
        ("large comments", segment(0xFE, bytes(60_000))),
        ("colour profiles", segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(60_000))),
        ("Photoshop blocks", segment(0xED, b"Photoshop 3.0\0" + b"8BIM\4\4\0\0\0\0\0\0" * 5000)),
        ("multi-picture blocks", segment(0xE2, b"MPF\0II*\0\x08\0\0\0" + b"\xff" * 60_000)),
        ("XMP", segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b"<" * 60_000)),
        ("fill bytes", b"\xff"),
    ):
        photo = inside(ada, piece * (19 * MIB // len(piece)), 2)
        answer = Answer.ANY if len(piece) in (4, 19) else Answer.MATCH
        yield Upload(f"JPEG with 19 MiB of {name}", photo, answer)
    start = saved(Image.new("L", (64, 64)), "PNG")
    for name, piece in (
        ("empty data", chunk(b"IDAT")),
        ("private chunks", chunk(b"abCd")),
        ("texts", chunk(b"tEXt", b"a\0b")),
        ("times", chunk(b"tIME", bytes(7))),
    ):
        yield refused(
            f"PNG with 10 MiB of {name}", inside(start, piece * (10 * MIB // len(piece)), 33)
        )
    packed = zlib.compress(bytes(40 * MIB), 9)
    for name in (b"zTXt", b"iCCP", b"iTXt"):
        text = b"a\0\0" + (b"" if name != b"iTXt" else b"\1\0\0\0") + packed
        pieces = inside(start, chunk(name, text) * 9, 33)
        yield refused(f"PNG with {name.decode()} that unpacks to 40 MiB, nine times", pieces)
    yield Upload("JPEG that ends in 15 MiB of zeros", ada + bytes(15 * MIB), Answer.MATCH)
    yield Upload("JPEG of exactly 20 MiB", ada.ljust(20 * MIB, b"\0"), Answer.MATCH)
    yield refused("JPEG of 20 MiB and a byte", ada.ljust(20 * MIB + 1, b"\0"), "photo_too_large")
    yield refused("20 MiB of zeros", bytes(20 * MIB), "unsupported_photo")
    comment = b"!\xfe" + (b"\xff" + bytes(255)) * 40_000 + b"\0"
    yield refused("GIF of a comment of 10 MiB", gif(8, 8)[:19] + comment + gif(8, 8)[19:])
    yield refused("GIF of 10 MiB of comments", gif(8, 8)[:19] + b"!\xfe\1x\0" * (2 * MIB) + b";")


def _much_work(ada: bytes) -> Iterator[Upload]:
    wave = saved(Image.linear_gradient("L"), "JPEG", progressive=True)
    last = wave.rindex(b"\xff\xda")
    for scans in (150, 5000, 200_000):
        endless = wave[:-2] + wave[last:-2] * min(scans, 10 * MIB // (len(wave) - last)) + wave[-2:]
        yield refused(f"JPEG of {scans} more scans", endless)
    line = b"\1\1\0\0"
    yield refused("run-length BMP of one long line", bmp(49_000_000, 1, 8, 1, line, colours=256))
    yield refused(
        "run-length BMP of 8 MiB of runs", bmp(7000, 7000, 8, 1, b"\1\1" * 4 * MIB, colours=256)
    )
    yield refused("4-bit run-length BMP", bmp(7000, 7000, 4, 2, b"\xff\1" * MIB, colours=16))
    for count in (100_001, 4_000_000):
        strips = gray_tiff(1, count, t273=(4, count, 200), t278=(3, 1, 1), t279=(4, count, 200))
        yield refused(f"TIFF of {count} strips", strips + struct.pack("<I", 1) * count)
    tags = [(number, 7, 4 * MIB, 8) for number in range(1000, 61_000)]
    yield refused("TIFF whose 60000 tags are each the whole file", tiff(tags, bytes(4 * MIB)))
    yield refused("TIFF whose directory comes after itself", tiff([(256, 3, 1, 9)], following=8))
    yield refused("TIFF whose list of sizes is endless", gray_tiff(64, 64, t279=(4, 2**32 - 1, 8)))
    frames = [Image.new("L", (64, 64), number % 256) for number in range(300)]
    for kind in ("GIF", "WEBP", "TIFF", "PNG"):
        film = saved(frames[0], kind, save_all=True, append_images=frames[1:])
        yield refused(f"{kind} of 300 frames", film, NOTHING_IN_IT)
    yield Upload("JPEG in which a JPEG begins 50,000 times", inside(ada, b"\xff\xd8" * 50_000, 2))
