"""Whatever is done to the bytes of a photo, decode gives a picture or a PhotoRejected."""

import io

import numpy as np
import pytest
from PIL import Image

from gallery.domain.picture import Picture
from gallery.errors import PhotoRejected
from gallery.imaging.decode import decode
from gallery.imaging.formats import SIGNATURES

ROUNDS = 60


def photos() -> dict[str, bytes]:
    """One small photo of each format and of the odd modes, with EXIF where it can be."""
    rng = np.random.default_rng(11)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8))
    colour = coarse.resize((64, 48))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera"
    found = {}
    for name, kind, image, options in (
        ("jpeg", "JPEG", colour, {"exif": exif}),
        ("jpeg-progressive-cmyk", "JPEG", colour.convert("CMYK"), {"progressive": True}),
        ("png", "PNG", colour, {"exif": exif}),
        ("png-palette", "PNG", colour.convert("P"), {"transparency": 3}),
        (
            "png-16",
            "PNG",
            Image.fromarray(np.array(colour.convert("L")).astype(np.uint16) * 257),
            {},
        ),
        ("webp", "WEBP", colour, {"exif": exif}),
        ("webp-lossless-alpha", "WEBP", colour.convert("RGBA"), {"lossless": True}),
        ("gif", "GIF", colour, {"save_all": True, "append_images": [coarse]}),
        ("tiff", "TIFF", colour, {}),
        ("tiff-lzw", "TIFF", colour, {"compression": "tiff_lzw"}),
        ("tiff-jpeg", "TIFF", colour, {"compression": "jpeg"}),
        ("tiff-float", "TIFF", Image.fromarray(np.array(colour.convert("F"))), {}),
        ("bmp", "BMP", colour, {}),
        ("bmp-palette", "BMP", colour.convert("P"), {}),
    ):
        out = io.BytesIO()
        image.save(out, kind, **options)
        found[name] = out.getvalue()
    return found


PHOTOS = photos()


def outcome(photo: bytes) -> str:
    try:
        assert isinstance(decode(photo), Picture)
    except PhotoRejected as refusal:
        return type(refusal).__name__
    return "read"


@pytest.mark.parametrize("name", sorted(PHOTOS))
def test_a_photo_cut_anywhere_is_read_or_refused(name: str) -> None:
    photo = PHOTOS[name]
    for end in np.linspace(1, len(photo) - 1, ROUNDS).astype(int):
        outcome(photo[:end])


@pytest.mark.parametrize("name", sorted(PHOTOS))
def test_a_photo_with_changed_bytes_is_read_or_refused(name: str) -> None:
    rng = np.random.default_rng(23)
    for round_ in range(ROUNDS):
        photo = bytearray(PHOTOS[name])
        span = min(len(photo), 200) if round_ % 2 else len(photo)  # half of them in the header
        for at in rng.integers(0, span, rng.integers(1, 12)):
            photo[at] = int(rng.integers(0, 256))
        outcome(bytes(photo))


@pytest.mark.parametrize("name", sorted(PHOTOS))
def test_a_photo_with_bytes_put_in_or_taken_out_is_read_or_refused(name: str) -> None:
    rng = np.random.default_rng(37)
    for _ in range(ROUNDS // 2):
        photo = PHOTOS[name]
        at, length = int(rng.integers(0, len(photo))), int(rng.integers(1, 40))
        outcome(photo[:at] + rng.bytes(length) + photo[at:])
        outcome(photo[:at] + photo[at + length :])


@pytest.mark.parametrize("kind", sorted(SIGNATURES))
def test_noise_after_the_first_bytes_of_a_format_is_refused(kind: str) -> None:
    rng = np.random.default_rng(41)
    for start in SIGNATURES[kind]:
        for length in (0, 1, 5, 20, 300):
            assert outcome(start + rng.bytes(length)) in (
                "TruncatedPhoto",
                "UnreadablePhoto",
                "TooManyPixels",
                "UnsupportedPhoto",
            )
