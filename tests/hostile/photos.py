"""Photos of Ada in every shape a file can have, whole and damaged."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Iterator

import numpy as np
from PIL import Image
from raw import PNG, bmp, chunk, gif, gray_tiff, header, inside, png, segment, webp, webp_canvas
from upload import Answer, Upload, refused, saved

UNREADABLE = ("truncated_photo", "unreadable_photo")
KILOBYTE = 1024

_STORED = {  # how a camera held that way stores an upright picture
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}


def shapes(ada: bytes) -> Iterator[Upload]:
    """The same photo in other formats, modes and orientations: all must match."""
    image = Image.open(io.BytesIO(ada)).convert("RGB")
    gray = image.convert("L")
    deep = Image.fromarray(np.asarray(gray).astype(np.uint16) * 257)
    black = Image.new("RGB", image.size)
    for name, kind, picture, options in (
        ("progressive JPEG", "JPEG", image, {"progressive": True}),
        ("gray JPEG", "JPEG", gray, {}),
        ("CMYK JPEG", "JPEG", image.convert("CMYK"), {}),
        ("JPEG with restart markers", "JPEG", image, {"restart_marker_blocks": 1}),
        ("JPEG of quality 100", "JPEG", image, {"quality": 100, "subsampling": 0}),
        ("PNG", "PNG", image, {}),
        ("PNG with alpha", "PNG", image.convert("RGBA"), {}),
        ("PNG, gray with alpha", "PNG", gray.convert("LA"), {}),
        ("16-bit PNG", "PNG", deep, {}),
        ("WebP", "WEBP", image, {}),
        ("lossless WebP", "WEBP", image.convert("RGBA"), {"lossless": True}),
        ("TIFF", "TIFF", image, {}),
        ("LZW TIFF", "TIFF", image, {"compression": "tiff_lzw"}),
        ("JPEG in a TIFF", "TIFF", image, {"compression": "jpeg"}),
        ("CMYK TIFF", "TIFF", image.convert("CMYK"), {}),
        ("16-bit TIFF", "TIFF", deep, {}),
        ("32-bit TIFF", "TIFF", Image.fromarray(np.asarray(deep).astype(np.int32)), {}),
        ("float TIFF", "TIFF", gray.convert("F"), {}),
        ("BMP", "BMP", image, {}),
        ("gray BMP", "BMP", gray, {}),
        ("gray GIF", "GIF", gray, {}),
        ("animated GIF", "GIF", gray, {"save_all": True, "append_images": [black]}),
        ("animated WebP", "WEBP", image, {"save_all": True, "append_images": [black]}),
        ("animated PNG", "PNG", image, {"save_all": True, "append_images": [black]}),
        ("TIFF of pages", "TIFF", image, {"save_all": True, "append_images": [black]}),
        ("multi-picture JPEG", "MPO", image, {"save_all": True, "append_images": [black]}),
    ):
        yield Upload(name, saved(picture, kind, **options), Answer.MATCH)
    yield Upload("palette PNG", saved(image.quantize(256), "PNG"), Answer.READ)
    yield Upload("LAB TIFF", saved(_lab(image), "TIFF"), Answer.READ)
    yield Upload("1-bit PNG", saved(image.convert("1"), "PNG"))
    yield from _orientations(image)


def _lab(image: Image.Image) -> Image.Image:
    planes = np.zeros((image.height, image.width, 3), np.uint8)
    planes[..., 0] = np.asarray(image.convert("L"))
    return Image.frombytes("LAB", image.size, planes.tobytes())


def _orientations(image: Image.Image) -> Iterator[Upload]:
    for orientation, stored in _STORED.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        turned = Image.fromarray(np.ascontiguousarray(stored(np.asarray(image))))
        for kind in ("JPEG", "PNG", "WEBP", "TIFF"):
            photo = saved(turned, kind, exif=exif.tobytes(), quality=92)
            yield Upload(f"{kind} of EXIF orientation {orientation}", photo, Answer.MATCH)


def names(ada: bytes) -> Iterator[Upload]:
    """A good photo under names and types that mean harm, and other things under a photo's."""
    for name in (
        "../../../../etc/passwd",
        "/etc/passwd",
        "C:\\con",
        "photo.php",
        "photo.jpg\0.png",
        "\u202egpj.exe",
        "'; drop table identity; --",
        "<script>alert(1)</script>.jpg",
        "${jndi:ldap://127.0.0.1/a}",
        "%00%0d%0aSet-Cookie: a=b",
        "x" * 3000,
        ".",
    ):
        yield Upload(f"named {name[:40]!r}", ada, Answer.MATCH, filename=name)
    for kind in ("image/png", "text/html", "application/octet-stream", "x" * 200, "image/svg+xml"):
        yield Upload(f"JPEG as {kind[:30]}", ada, Answer.MATCH, content_type=kind)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("photo.jpg", ada)
    for name, content in {
        "a path": b"/etc/passwd",
        "a file address": b"file:///etc/passwd",
        "a web address": b"http://169.254.169.254/latest/meta-data",
        "a web page": b"<!doctype html><script>alert(1)</script>",
        "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "an SVG with an entity": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (r) file",
        "ImageMagick's own": b"push graphic-context\nimage over 0,0 0,0 'https://a/x.jpg'",
        "a PDF with the photo": b"%PDF-1.7\n1 0 obj<</Filter/DCTDecode>>stream\n" + ada,
        "a zip": archive.getvalue(),
        "a gzip": gzip.compress(ada, mtime=0),
        "a pickle": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.",
        "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(400),
        "AVIF": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1" + bytes(400),
        "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(400),
        "an icon": b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0" + bytes(400),
        "Photoshop": b"8BPS\0\1" + bytes(400),
        "PPM": b"P6 60000 60000 255\n",
        "XBM": b"#define a_width 60000\n#define a_height 60000\n",
        "a program": b"\x7fELF\2\1\1" + bytes(400),
        "a byte before the photo": b"\n" + ada,
    }.items():
        yield refused(f"{name} called photo.jpg", content, "unsupported_photo")
    yield Upload("photo and zip", ada + archive.getvalue(), Answer.MATCH)
    yield Upload("photo and web page", ada + b"<html><script>alert(1)</script>", Answer.MATCH)
    yield Upload(
        "photo with PHP", inside(ada, segment(0xFE, b"<?php system('id')?>"), 2), Answer.MATCH
    )
    yield refused(
        "GIF that is a script",
        b"GIF89a/*" + bytes(9) + b"*/=1;alert(1)//;",
        *UNREADABLE,
        "too_many_pixels",
    )
    yield refused("BMP that is a script", b"BM=1;alert(1)//" + bytes(60), *UNREADABLE)
    yield refused("JPEG and PNG in one", b"\xff\xd8\xff\xfe\x00\x0a" + PNG + png(9, 9), *UNREADABLE)


def small(ada: bytes) -> Iterator[Upload]:
    """Nothing, next to nothing, and almost no picture."""
    yield refused("0 bytes", b"", "empty_photo")
    for start in (b"\xff", b"\xff\xd8", b"\xff\xd8\xff", b"BM", b"II*\0", b"GIF89a", b"RIFF", PNG):
        yield refused(f"only {start!r}", start, *UNREADABLE, "unsupported_photo")
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP"):
        for size in ((1, 1), (2, 1), (1, 300), (300, 1)):
            name = f"{kind} of {size[0]} x {size[1]}"
            yield refused(name, saved(Image.new("RGB", size, "gray"), kind), "no_face")
    tiny = Image.open(io.BytesIO(ada)).convert("RGB").resize((16, 16))
    yield refused("Ada in 16 x 16", saved(tiny, "PNG"), "no_face", "face_unusable")


def cut(ada: bytes) -> Iterator[Upload]:
    """Each format cut off at every kilobyte, or at every half where it is a small file."""
    image = Image.open(io.BytesIO(ada)).convert("RGB")
    for name, photo, step in (
        ("JPEG", ada, KILOBYTE // 2),
        ("progressive JPEG", saved(image, "JPEG", progressive=True, quality=95), KILOBYTE),
        ("PNG", saved(image, "PNG"), KILOBYTE),
        ("WebP", saved(image, "WEBP", quality=95), KILOBYTE),
        ("GIF", saved(image.convert("L"), "GIF"), KILOBYTE),
        ("TIFF", saved(image.resize((100, 100)), "TIFF", compression="tiff_lzw"), KILOBYTE),
        ("BMP", saved(image.resize((90, 90)), "BMP"), KILOBYTE),
    ):
        for end in range(step, len(photo) - 16, step):
            title = f"{name} of {len(photo)} bytes cut at {end}"
            yield refused(title, photo[:end], *UNREADABLE)


def odd(ada: bytes) -> Iterator[Upload]:
    """Headers that contradict themselves, and EXIF that no camera wrote."""
    rng = np.random.default_rng(7)
    entry = struct.Struct("<HHII")
    for name, block in {
        "noise": rng.bytes(300),
        "nothing": b"",
        "an endless directory": b"II*\0\x08\0\0\0\xff\xff" + bytes(64),
        "a directory far away": b"II*\0\xff\xff\xff\x7f",
        "a directory in a circle": b"II*\0\x08\0\0\0\0\0\x08\0\0\0",
        "orientation 0": b"II*\0\x08\0\0\0\1\0" + entry.pack(0x0112, 3, 1, 0),
        "orientation 9": b"II*\0\x08\0\0\0\1\0" + entry.pack(0x0112, 3, 1, 9),
        "orientation 65535": b"II*\0\x08\0\0\0\1\0" + entry.pack(0x0112, 3, 1, 65535),
        "orientation as text": b"II*\0\x08\0\0\0\1\0" + entry.pack(0x0112, 2, 4, 0x41414141),
        "orientation as a fraction by 0": b"II*\0\x08\0\0\0\1\0" + entry.pack(0x0112, 5, 1, 0),
        "four billion orientations": b"II*\0\x08\0\0\0\1\0" + entry.pack(0x0112, 3, 2**32 - 1, 8),
        "sub-directories in a circle": b"II*\0\x08\0\0\0\1\0" + entry.pack(0x8769, 4, 1, 8),
    }.items():
        photo = inside(ada, segment(0xE1, b"Exif\0\0" + block), 2)
        yield Upload(f"JPEG with EXIF of {name}", photo, Answer.MATCH)
    good = png(64, 64)
    for name, photo in {
        "PNG without a header": PNG + good[33:],
        "PNG of two headers": inside(good, header(9000, 9000), 33),
        "PNG of width 0": png(0, 64),
        "PNG of height 0": png(64, 0, rows=1),
        "PNG of 3 bits": PNG + header(64, 64, 3) + good[33:],
        "PNG of colour 9": PNG + header(64, 64, 8, 9) + good[33:],
        "PNG without a palette": PNG + header(64, 64, 8, 3) + good[33:],
        "PNG of a wrong sum": good[:29] + b"abcd" + good[33:],
        "PNG of too few rows": png(64, 64, rows=3),
        "PNG of a chunk of 4 GB": inside(good, b"\xff\xff\xff\xffabCd", 33),
        "PNG frames without a picture": inside(
            good, chunk(b"acTL", bytes(8)) + chunk(b"fcTL", bytes(26)), 33
        ),
        "JPEG without tables": b"\xff\xd8" + ada[ada.index(b"\xff\xc0") :],
        "JPEG of height 0": ada.replace(*_frame(ada, 0, None)),
        "JPEG of width 0": ada.replace(*_frame(ada, None, 0)),
        "JPEG of twice the height": ada.replace(*_frame(ada, 4000, None)),
        "JPEG of no components": b"\xff\xd8" + segment(0xC0, b"\x08\0\x40\0\x40\0") + ada[2:],
        "JPEG, lossless": ada.replace(b"\xff\xc0", b"\xff\xc3", 1),
        "JPEG, arithmetic": ada.replace(b"\xff\xc0", b"\xff\xc9", 1),
        "GIF of 0 x 0": gif(0, 0),
        "GIF with a frame outside": gif(64, 64, (60_000, 60_000, 9, 9)),
        "GIF of 0 bits": gif(64, 64, bits=0),
        "GIF of 99 bits": gif(64, 64, bits=99),
        "BMP upside down": bmp(64, -64, data=bytes(99)),
        "BMP of width -64": bmp(-64, 64),
        "BMP of 0 x 0": bmp(0, 0),
        "BMP of 5 bits": bmp(64, 64, 5),
        "BMP whose data is far away": bmp(64, 64, offset=2**31),
        "BMP of a header of 4 GB": bmp(64, 64, size=2**32 - 1),
        "BMP of 4 billion colours": bmp(64, 64, 8, colours=2**32 - 1),
        "TIFF of 0 x 0": gray_tiff(0, 0),
        "TIFF whose data is far away": gray_tiff(64, 64, t273=(4, 1, 2**31)),
        "TIFF of 999 bits": gray_tiff(64, 64, t258=(3, 1, 999)),
        "TIFF of 60000 colours": gray_tiff(64, 64, t277=(3, 1, 60_000)),
        "TIFF of an unknown packing": gray_tiff(64, 64, t259=(3, 1, 65_000)),
        "TIFF packed as fax": gray_tiff(64, 64, t259=(3, 1, 4)),
        "TIFF without a width": gray_tiff(64, 64, t256=(7, 0, 0)),
        "WebP of no chunk": webp(),
        "WebP of a length of 4 GB": webp((b"VP8 ", bytes(40)), length=2**32 - 1),
        "WebP of a canvas alone": webp(webp_canvas(64, 64)),
        "WebP of zeros": webp((b"VP8L", b"\x2f" + bytes(40))),
    }.items():
        yield Upload(name, photo)


def _frame(ada: bytes, height: int | None, width: int | None) -> tuple[bytes, bytes]:
    """The size in a JPEG's frame header, and what to put in its place."""
    at = ada.index(b"\xff\xc0") + 5
    now = struct.unpack_from(">HH", ada, at)
    new = struct.pack(
        ">HH", now[0] if height is None else height, now[1] if width is None else width
    )
    return ada[at - 5 : at + 4], ada[at - 5 : at] + new


def mutations(photos: list[Upload], count: int, seed: int) -> Iterator[Upload]:
    """`count` photos with bytes changed, put in, taken out, repeated or exchanged."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        source, other = (photos[at] for at in rng.integers(0, len(photos), 2))
        photo = bytearray(source.photo)
        for _ in range(rng.integers(1, 6)):
            reach = len(photo) if rng.random() < 0.5 else min(len(photo), 600)  # or the header
            at, length = int(rng.integers(0, max(1, reach))), int(rng.integers(1, 60))
            match rng.integers(0, 6):
                case 0:
                    photo[at : at + 1] = rng.bytes(1)
                case 1:
                    photo[at : at + length] = rng.bytes(length)
                case 2:
                    del photo[at : at + length]
                case 3:
                    photo[at:at] = photo[at : at + 20 * length]
                case 4:
                    photo[at : at + 4] = bytes([rng.choice([0, 0x7F, 0x80, 0xFF])]) * 4
                case _:
                    photo[at : at + length] = other.photo[at : at + length]
        yield Upload(f"mutation {number} of {source.name} (seed {seed})", bytes(photo))
