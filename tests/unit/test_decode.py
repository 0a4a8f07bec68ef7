"""Photos of every kind come out upright, in RGB and 8 bits; everything else is refused."""

import io
import struct
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from gallery.errors import (
    EmptyPhoto,
    PhotoTooLarge,
    TooManyPixels,
    TruncatedPhoto,
    UnreadablePhoto,
    UnsupportedPhoto,
)
from gallery.imaging.decode import PhotoLimits, decode
from gallery.imaging.formats import SIGNATURES, jpeg_scans

ORIENTATION = 0x0112
WIDTH, HEIGHT = 48, 32
UNTURNED = {  # how a camera held that way stores the upright picture
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}


def quarters() -> np.ndarray:
    """Red, green, blue and gray corners: no two turns of it look the same."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[:16, :24] = (220, 30, 30)
    pixels[:16, 24:] = (30, 200, 40)
    pixels[16:, :24] = (40, 40, 210)
    pixels[16:, 24:] = (128, 128, 128)
    return pixels


def ramp_16() -> np.ndarray:
    return np.linspace(0, 65535, WIDTH * HEIGHT).reshape(HEIGHT, WIDTH).astype(np.uint16)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png_16_bit_rgb(pixels: np.ndarray) -> bytes:
    """Pillow writes no 16-bit colour; this does."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def differs(photo: bytes, expected: np.ndarray) -> float:
    pixels = decode(photo).pixels
    assert pixels.dtype == np.uint8
    assert pixels.shape == (*expected.shape[:2], 3)
    wanted = expected if expected.ndim == 3 else np.repeat(expected[:, :, None], 3, axis=2)
    return float(np.abs(pixels.astype(float) - wanted).mean())


@pytest.mark.parametrize("kind", sorted(SIGNATURES))
def test_each_format_is_read_in_rgb_order(kind: str) -> None:
    options = {"JPEG": {"quality": 95}, "WEBP": {"lossless": True}}.get(kind, {})
    assert differs(saved(Image.fromarray(quarters()), kind, **options), quarters()) < 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_each_exif_orientation_comes_out_upright(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    stored = Image.fromarray(np.ascontiguousarray(UNTURNED[orientation](quarters())))
    photo = saved(stored, kind, exif=exif.tobytes(), **({} if kind == "TIFF" else {"quality": 95}))
    assert differs(photo, quarters()) < 8


def test_only_the_first_frame_of_an_animation_is_read() -> None:
    other = Image.new("RGB", (WIDTH, HEIGHT), "black")
    for kind in ("GIF", "WEBP", "TIFF"):
        photo = saved(Image.fromarray(quarters()), kind, save_all=True, append_images=[other])
        assert differs(photo, quarters()) < 8


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_gray_is_scaled_and_not_clipped(kind: str) -> None:
    assert differs(saved(Image.fromarray(ramp_16()), kind), ramp_16() / 257) < 1


def test_16_bit_gray_of_which_0_is_white_is_no_negative() -> None:
    told, instead = struct.pack("<HHIH", 262, 3, 1, 1), struct.pack("<HHIH", 262, 3, 1, 0)
    photo = saved(Image.fromarray(65535 - ramp_16()), "TIFF")
    assert photo.count(told) == 1
    assert differs(photo.replace(told, instead), ramp_16() / 257) < 1


def test_16_bit_colour_is_scaled_and_not_clipped() -> None:
    colour = np.stack([ramp_16(), ramp_16()[::-1], ramp_16()[:, ::-1]], axis=2)
    assert differs(png_16_bit_rgb(colour), colour / 257) < 1


@pytest.mark.parametrize("full_scale", [1, 255, 65535])
def test_float_gray_is_scaled_from_the_full_scale_that_holds_it(full_scale: int) -> None:
    values = (ramp_16() / 65535 * full_scale).astype(np.float32)
    assert differs(saved(Image.fromarray(values), "TIFF"), ramp_16() / 257) < 1


def test_32_bit_integers_are_scaled() -> None:
    photo = saved(Image.fromarray(ramp_16().astype(np.int32)), "TIFF")
    assert differs(photo, ramp_16() / 257) < 1


def test_not_a_number_is_black() -> None:
    values = np.full((4, 4), np.nan, np.float32)
    assert decode(saved(Image.fromarray(values), "TIFF")).pixels.max() == 0


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "YCbCr", "LAB"])
def test_each_colour_mode_becomes_rgb(mode: str) -> None:
    if mode == "LAB":
        gray = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        gray[..., 0] = 120
        image = Image.frombytes("LAB", (WIDTH, HEIGHT), gray.tobytes())
    else:
        image = Image.fromarray(quarters()).convert(mode)
    expected = np.full((HEIGHT, WIDTH), 120) if mode == "LAB" else np.array(image.convert("RGB"))
    assert differs(saved(image, "TIFF"), expected) < 3


def test_a_cmyk_jpeg_has_its_colours() -> None:
    photo = saved(Image.fromarray(quarters()).convert("CMYK"), "JPEG", quality=95)
    assert differs(photo, quarters()) < 4


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_what_is_transparent_becomes_white(kind: str) -> None:
    image = Image.fromarray(np.dstack([quarters(), np.zeros((HEIGHT, WIDTH), np.uint8)]))
    assert decode(saved(image, kind)).pixels.min() == 255


def test_a_transparent_palette_colour_becomes_white() -> None:
    image = Image.fromarray(quarters()).convert("P")
    image.paste(7, (0, 0, 24, 16))
    for kind in ("PNG", "GIF"):
        assert (decode(saved(image, kind, transparency=7)).pixels[0, 0] == 255).all()


def test_a_broken_exif_block_does_not_refuse_a_good_photo() -> None:
    rng = np.random.default_rng(5)
    for block in (b"Exif\0\0" + rng.bytes(200), b"Exif\0\0II*\0\xff\xff\xff\x7f", b"Exif\0\0"):
        for kind in ("JPEG", "WEBP", "PNG"):
            photo = saved(Image.fromarray(quarters()), kind, exif=block)
            assert decode(photo).width == WIDTH


def test_an_orientation_that_does_not_exist_is_ignored() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 9
    assert decode(saved(Image.fromarray(quarters()), "JPEG", exif=exif)).width == WIDTH


def test_nothing_is_an_empty_photo() -> None:
    with pytest.raises(EmptyPhoto, match="0 bytes"):
        decode(b"")


@pytest.mark.parametrize(
    "photo",
    [b"hello", b"%PDF-1.7 ...", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\0" * 100, b"x"],
)
def test_what_is_no_image_is_unsupported_and_the_message_says_what_is_read(photo: bytes) -> None:
    with pytest.raises(UnsupportedPhoto, match="JPEG, PNG, WebP, GIF, TIFF or BMP"):
        decode(photo)


@pytest.mark.parametrize("kind", ["PPM", "TGA", "ICO", "JPEG2000"])
def test_a_format_that_pillow_knows_and_we_do_not_read_is_unsupported(kind: str) -> None:
    with pytest.raises(UnsupportedPhoto):
        decode(saved(Image.fromarray(quarters()), kind))


@pytest.mark.parametrize("kind", sorted(SIGNATURES))
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_half_a_file_is_a_truncated_photo(kind: str, share: float) -> None:
    rng = np.random.default_rng(0)
    whole = saved(Image.fromarray(rng.integers(0, 256, (80, 80, 3), np.uint8)), kind)
    with pytest.raises(TruncatedPhoto, match="copy it again"):
        decode(whole[: int(len(whole) * share)])


def test_a_damaged_file_with_its_end_is_unreadable() -> None:
    whole = bytearray(saved(Image.fromarray(quarters()), "PNG"))
    at = whole.index(b"IDAT") + 8
    whole[at : at + 20] = b"\xff" * 20
    with pytest.raises(UnreadablePhoto, match="damaged"):
        decode(bytes(whole))


def test_too_many_bytes_are_refused_before_they_are_looked_at() -> None:
    with pytest.raises(PhotoTooLarge, match="21 bytes; at most 20"):
        decode(b"\xff" * 21, PhotoLimits(max_bytes=20))
    decode(
        saved(Image.fromarray(quarters()), "BMP"), PhotoLimits(max_bytes=WIDTH * HEIGHT * 3 + 54)
    )


@pytest.mark.parametrize("kind", sorted(SIGNATURES))
def test_too_many_pixels_are_refused_and_exactly_the_limit_is_not(kind: str) -> None:
    photo = saved(Image.fromarray(quarters()), kind)
    most = WIDTH * HEIGHT * (2 if kind == "WEBP" else 1)  # a WebP costs twice as much
    with pytest.raises(TooManyPixels, match="48 x 32"):
        decode(photo, PhotoLimits(max_pixels=most - 1))
    assert decode(photo, PhotoLimits(max_pixels=most)).width == WIDTH


BOMB = """
import io, resource, struct, zlib
from gallery.errors import TooManyPixels
from gallery.imaging.decode import decode

def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

def png(side):
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    start = b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")

def webp(width, height):
    extended = struct.pack("<I", 0) + (width - 1).to_bytes(3, "little") \\
        + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + extended
    return b"RIFF" + struct.pack("<I", len(body)) + body

def gif(side):
    return b"GIF89a" + struct.pack("<HH", side, side) + b"\\0\\0\\0," \\
        + struct.pack("<HHHH", 0, 0, side, side) + b"\\0\\x02\\x02\\x4c\\x01\\0;"

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
bombs = png(8000), png(12000), png(60000), webp(12000, 12000), webp(16384, 16384), gif(60000)
for photo in bombs:
    try:
        decode(photo)
    except TooManyPixels:
        continue
    raise SystemExit("a bomb was let in")
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(grown)
"""


def test_a_decompression_bomb_costs_no_memory_and_no_warning() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BOMB], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert int(done.stdout) < 20 * 1024  # KiB


def progressive_bomb(scans: int) -> bytes:
    photo = saved(Image.fromarray(quarters()), "JPEG", progressive=True)
    last = photo.rindex(b"\xff\xda")
    return photo[:-2] + photo[last:-2] * scans + photo[-2:]


def test_a_jpeg_that_asks_for_endless_work_is_refused() -> None:
    with pytest.raises(UnreadablePhoto, match="over 200 scans"):
        decode(progressive_bomb(1000))


@pytest.mark.parametrize("progressive", [True, False])
def test_a_large_jpeg_may_ask_for_fewer_passes(progressive: bool) -> None:
    photo = saved(Image.new("RGB", (7000, 7000)), "JPEG", progressive=progressive)
    last = photo.rindex(b"\xff\xda")
    endless = photo[:-2] + photo[last : last + 30] * 31 + photo[-2:]
    with pytest.raises(UnreadablePhoto, match="over 30 scans; of its size"):
        decode(endless)


def test_the_scans_of_an_ordinary_jpeg_are_few() -> None:
    assert jpeg_scans(saved(Image.fromarray(quarters()), "JPEG"), 200) == 1
    assert 1 < jpeg_scans(saved(Image.fromarray(quarters()), "JPEG", progressive=True), 200) < 20
    assert decode(saved(Image.fromarray(quarters()), "JPEG", progressive=True)).width == WIDTH


def test_decoding_in_many_threads_at_once_gives_the_same_pixels() -> None:
    photos = [saved(Image.fromarray(quarters()), kind) for kind in sorted(SIGNATURES)] * 20
    alone = [decode(photo).pixels for photo in photos]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda photo: decode(photo).pixels, photos))
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))


def test_one_pixel_and_very_long_photos_are_read() -> None:
    assert decode(saved(Image.new("RGB", (1, 1)), "PNG")).width == 1
    assert decode(saved(Image.new("L", (40000, 2)), "PNG")).width == 40000


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGB", "RGBA", "CMYK", "I;16", "I", "F"])
def test_a_photo_of_many_bands_is_the_same_as_one_of_a_single_one(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ramp = np.linspace(0, 255, 700 * 900).reshape(700, 900)
    if mode in ("I;16", "I", "F"):
        kind = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
        image = Image.fromarray((ramp * 257).astype(kind))
    else:
        image = Image.fromarray(ramp.astype(np.uint8)).convert("RGB").convert(mode)
    photo = saved(image, "TIFF")
    whole = decode(photo).pixels
    monkeypatch.setattr("gallery.imaging.pixels._BAND_PIXELS", 50_000)
    assert np.array_equal(decode(photo).pixels, whole)


DEEP_BOMB = """
import io, sys
import numpy as np
from PIL import Image
from gallery.imaging.decode import decode

def peak():
    return int(next(line for line in open("/proc/self/status") if "VmHWM" in line).split()[1])

out = io.BytesIO()
image = Image.new(sys.argv[1], (4000, 3000))
image.save(out, sys.argv[2], **({"compression": "tiff_deflate"} if sys.argv[2] == "TIFF" else {}))
del image
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # the peak starts anew
before = peak()
decode(out.getvalue())
print(peak() - before)
"""


@pytest.mark.parametrize(("mode", "kind"), [("F", "TIFF"), ("RGBA", "PNG"), ("RGB", "JPEG")])
def test_a_photo_of_12_megapixels_is_decoded_in_100_megabytes(mode: str, kind: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DEEP_BOMB, mode, kind], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 100 * 1024  # KiB; 4 bytes a pixel in Pillow and 3 here are 82
