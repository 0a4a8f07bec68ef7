"""Bytes of a photo become an upright RGB picture, or a refusal that says why not."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from PIL import Image

from gallery.domain.picture import Picture
from gallery.errors import (
    EmptyPhoto,
    PhotoRejected,
    PhotoTooLarge,
    TooManyPixels,
    TruncatedPhoto,
    UnreadablePhoto,
    UnsupportedPhoto,
)
from gallery.imaging import formats
from gallery.imaging.lean import lean
from gallery.imaging.pixels import to_rgb
from gallery.imaging.room import Room

MAX_JPEG_SCANS = 200
"""libjpeg-turbo's own encoder writes about 10 for a progressive file."""

MAX_JPEG_WORK = 1_500_000_000
"""Pixels times scans: 30 scans of the largest photo, each of which takes about 20 ms."""

_ORIENTATION, _TILE_WIDTH, _TILE_LENGTH = 0x0112, 322, 323
MAX_EXIF_BYTES = 1024 * 1024
"""A block of JPEG has 64 KB at most; a larger one is not read, as if it were broken."""

_COST = {"WEBP": 2}
"""Of a pixel in memory while it is decoded: 19 bytes in WebP, 7 to 10 in the other formats."""

_PILLOW_WARNINGS = ("ignore", None, Warning, re.compile(r"PIL\."), 0)


@dataclass(frozen=True)
class PhotoLimits:
    """What a photo may cost: bytes are counted first, then the pixels that its header promises.

    A WebP may have half of the pixels, as decoding it takes twice the memory.
    """

    max_bytes: int = 20 * 1024 * 1024
    max_pixels: int = 50_000_000


def decode(photo: bytes, limits: PhotoLimits = PhotoLimits()) -> Picture:
    """The first frame, upright, 8-bit RGB. Raises subclasses of PhotoRejected and nothing else.

    Transparency lies on white; 16-bit and float gray are scaled to 8 bits; colour profiles are
    not applied. EXIF that cannot be read is ignored.
    """
    with decoded(photo, Room(limits.max_pixels), limits) as picture:
        return picture


@contextmanager
def decoded(photo: bytes, room: Room, limits: PhotoLimits = PhotoLimits()) -> Iterator[Picture]:
    """As `decode`, once there is room for its pixels, which it leaves when the block ends."""
    if not photo:
        raise EmptyPhoto("the photo is empty (0 bytes); choose another file")
    if len(photo) > limits.max_bytes:
        raise PhotoTooLarge(
            f"the photo has {len(photo):,} bytes; at most {limits.max_bytes:,} are read. "
            "Save it smaller"
        )
    name = formats.format_of(photo)
    if name is None:
        raise UnsupportedPhoto(f"not an image that can be read; use {formats.FORMAT_NAMES}")
    _hush_pillow()
    with _refusals(photo, name):
        image = _opened(photo, name, limits)
    with room.taken(image.width * image.height * _COST.get(name, 1)):
        with _refusals(photo, name):
            picture = _picture(image)
        yield picture


@contextmanager
def _refusals(photo: bytes, name: str) -> Iterator[None]:
    try:
        yield
    except PhotoRejected:
        raise
    except Exception as error:  # parsers of hostile bytes raise errors of every kind
        raise _refusal(photo, name, error) from error


def _opened(photo: bytes, name: str, limits: PhotoLimits) -> Image.Image:
    """Its header read and found within the limits, its pixels not decoded yet."""
    limits = replace(limits, max_pixels=limits.max_pixels // _COST.get(name, 1))
    if name == "WEBP":
        _check_pixels(formats.webp_size(photo), limits)
    photo = lean(photo, name)
    try:
        image: Image.Image = Image.open(io.BytesIO(photo), formats=[name])
    except Image.DecompressionBombError as error:
        raise TooManyPixels(f"the photo has over {_megapixels(limits)} megapixels") from error
    _check_pixels(image.size, limits)
    _check_work(photo, image, limits)
    return image


def _picture(image: Image.Image) -> Picture:
    try:
        image.load()
        return Picture(to_rgb(image, _orientation(image)))
    finally:
        image.close()  # its own copy of the pixels is let go of


def _check_pixels(size: tuple[int, int] | None, limits: PhotoLimits) -> None:
    if size is not None and size[0] * size[1] > limits.max_pixels:
        raise TooManyPixels(
            f"the photo has {size[0]} x {size[1]} pixels; at most {_megapixels(limits)} megapixels "
            "are read. Save it smaller"
        )


def _check_work(photo: bytes, image: Image.Image, limits: PhotoLimits) -> None:
    """Refuse files whose decoding costs far more than their pixels: many scans, huge tiles."""
    if image.format == "JPEG":
        most = min(MAX_JPEG_SCANS, MAX_JPEG_WORK // max(1, image.width * image.height))
        if formats.jpeg_scans(photo, most) > most:
            raise UnreadablePhoto(
                f"the JPEG is made of over {most} scans; of its size no more are read. Save it anew"
            )
    if any(tile.codec_name == "bmp_rle" for tile in getattr(image, "tile", ())):
        raise UnreadablePhoto("the BMP is run-length encoded; save it as JPEG or PNG")
    tags = getattr(image, "tag_v2", {})
    _check_pixels((int(tags.get(_TILE_WIDTH, 0)), int(tags.get(_TILE_LENGTH, 0))), limits)


def _megapixels(limits: PhotoLimits) -> str:
    return f"{limits.max_pixels / 1e6:g}"


def _orientation(image: Image.Image) -> int:
    """EXIF (or XMP) orientation, 1 to 8; 1 where there is none or it cannot be read."""
    if len(image.info.get("exif", b"")) > MAX_EXIF_BYTES:
        return 1
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _refusal(photo: bytes, name: str, error: Exception) -> PhotoRejected:
    said = str(error).lower()
    if isinstance(error, EOFError) or "truncated" in said or formats.ends_early(photo, name):
        return TruncatedPhoto(
            f"the {name} file ends before its image does ({len(photo):,} bytes); copy it again"
        )
    return UnreadablePhoto(f"the {name} file is damaged or of a rare kind; save it as JPEG or PNG")


def _hush_pillow() -> None:
    """Keep Pillow's remarks on odd files off stderr, or from being raised under `-W error`.

    One filter for the process, put in once: catch_warnings is not safe with threads.
    """
    if _PILLOW_WARNINGS not in warnings.filters:
        warnings.filterwarnings("ignore", module=r"PIL\.")
