"""From the bytes of a photo to the embedding of its face, with the shipped model."""

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from gallery.bootstrap import Services
from gallery.detector.yunet import YuNet
from gallery.domain.embedding import distance_between
from gallery.domain.face import Box, DetectedFace, FaceChoice
from gallery.domain.picture import Picture
from gallery.domain.quality import QualityLimits
from gallery.embedder.litert import LiteRtEmbedder
from gallery.embedder.model_card import default_model_folder
from gallery.errors import FaceUnusable, NoFaceFound, SeveralFacesFound, UnsupportedPhoto
from gallery.services.recognise import Recognise, choose
from gallery.settings import DetectorKind, Settings


@pytest.fixture(scope="module", params=list(DetectorKind))
def recognise(request: pytest.FixtureRequest) -> Recognise:
    return Services(Settings(detector=request.param)).recognise


def png(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def pixels_of(photo: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(photo)).convert("RGB"))


WIDE = Picture(np.zeros((200, 400, 3), np.uint8))


def square(x: float, width: float) -> DetectedFace:
    return DetectedFace(Box(x, 0, width, width), 0.9, None)


def test_a_probe_tells_all_about_the_face_in_the_photo(
    recognise: Recognise, portrait: bytes
) -> None:
    probe = recognise(portrait)
    height, width, _ = pixels_of(portrait).shape
    assert (probe.picture_width, probe.picture_height) == (width, height)
    assert probe.photo_sha256 == hashlib.sha256(portrait).hexdigest()
    assert probe.detector == recognise.detector.name
    assert probe.embedding.model_id == recognise.embedder.model_id
    assert probe.faces_found == 1
    assert probe.quality.face_width == probe.face.box.width
    assert probe.face.landmarks is not None


def test_photos_of_one_person_are_nearer_than_photos_of_two(
    recognise: Recognise, sample_people: dict[str, list[Path]]
) -> None:
    people = [[recognise(p.read_bytes()) for p in photos] for photos in sample_people.values()]
    same = [distance_between(one.embedding, other.embedding) for one, other, *_ in people]
    different = [
        distance_between(one[0].embedding, other[0].embedding)
        for at, one in enumerate(people)
        for other in people[at + 1 :]
    ]
    assert np.median(same) < np.percentile(different, 5)


def test_black_white_and_noise_are_no_face(recognise: Recognise) -> None:
    rng = np.random.default_rng(6)
    for pixels in (
        np.zeros((300, 240, 3), np.uint8),
        np.full((300, 240, 3), 255, np.uint8),
        rng.integers(0, 256, (300, 240, 3)).astype(np.uint8),
    ):
        with pytest.raises(NoFaceFound, match="use a photo in which one face"):
            recognise(png(pixels), FaceChoice.LARGEST)


def test_what_is_no_photo_is_refused_before_any_face_is_sought(recognise: Recognise) -> None:
    with pytest.raises(UnsupportedPhoto):
        recognise(b"a letter")


def test_two_people_are_refused_unless_the_largest_is_asked_for(
    recognise: Recognise, two_people: bytes
) -> None:
    with pytest.raises(SeveralFacesFound, match="2 faces were found and 1 is needed"):
        recognise(two_people)
    probe = recognise(two_people, FaceChoice.LARGEST)
    assert probe.faces_found == 2
    assert probe.face.box.x > probe.picture_width / 3  # the right one is drawn larger


def test_a_face_too_small_is_refused_with_its_width(portrait: bytes) -> None:
    limits = QualityLimits(min_face_width=10_000)
    recognise = Recognise(YuNet(), LiteRtEmbedder(default_model_folder()), limits)
    with pytest.raises(FaceUnusable, match="px wide; 10000 are needed"):
        recognise(portrait)


def test_a_blurred_face_is_refused(recognise: Recognise, portrait: bytes) -> None:
    pixels = pixels_of(portrait)
    probe = recognise(portrait)
    blurred = cv2.GaussianBlur(pixels, (0, 0), probe.face.box.width / 8)
    with pytest.raises((FaceUnusable, NoFaceFound)):
        recognise(png(blurred))


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_photo_on_its_side_or_head_is_refused(
    recognise: Recognise, sample_photos: list[Path], turns: int
) -> None:
    """Haar takes something else for the face of one photo, which no view shows to be turned."""
    refused, told = 0, 0
    for path in sample_photos[::4]:
        try:
            recognise(png(np.rot90(pixels_of(path.read_bytes()), turns)), FaceChoice.LARGEST)
        except (FaceUnusable, NoFaceFound) as refusal:
            refused += 1
            told += "does not stand upright" in refusal.message
    yunet = recognise.detector.name == "yunet"
    assert refused >= len(sample_photos[::4]) - (not yunet)
    assert told > 0 or not yunet


def test_a_face_that_the_edge_cuts_through_is_refused(portrait: bytes) -> None:
    recognise = Services(Settings()).recognise
    box, pixels = recognise(portrait).face.box, pixels_of(portrait)
    middle = round(box.y + 0.4 * box.height)
    with pytest.raises((FaceUnusable, NoFaceFound), match=r"beyond the edge|no face"):
        recognise(png(pixels[middle:]))
    third = round(box.x + 0.42 * box.width)
    with pytest.raises(FaceUnusable, match="beyond the edge of the photo"):
        recognise(png(pixels[:, third:]))


@pytest.mark.parametrize("factor", [2, 5])
def test_an_enlarged_photo_is_the_same_face(
    recognise: Recognise, portrait: bytes, factor: int
) -> None:
    large = cv2.resize(
        pixels_of(portrait), None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC
    )
    one, other = recognise(portrait), recognise(png(large))
    assert distance_between(one.embedding, other.embedding) < 0.25


def test_a_photo_on_its_side_with_exif_is_the_same_face(
    recognise: Recognise, portrait: bytes
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.fromarray(np.rot90(pixels_of(portrait)).copy()).save(out, "PNG", exif=exif)
    one, other = recognise(png(pixels_of(portrait))), recognise(out.getvalue())
    assert distance_between(one.embedding, other.embedding) == pytest.approx(0, abs=1e-6)


def test_the_same_photo_gives_the_same_embedding_in_every_thread(
    recognise: Recognise, sample_photos: list[Path]
) -> None:
    photos = [photo.read_bytes() for photo in sample_photos[:5]]
    alone = [recognise(photo) for photo in photos]
    with ThreadPoolExecutor(5) as pool:
        together = list(pool.map(recognise, photos * 3))
    for one, other in zip(alone * 3, together, strict=True):
        assert distance_between(one.embedding, other.embedding) < 1e-5
        assert one.face == other.face


def test_the_only_face_is_chosen() -> None:
    assert choose([square(0, 50)], FaceChoice.ONLY, WIDE) == square(0, 50)


def test_a_face_less_than_half_as_wide_stands_in_the_background() -> None:
    faces = [square(0, 100), square(200, 49), square(300, 10)]
    assert choose(faces, FaceChoice.ONLY, WIDE) == faces[0]


def test_a_face_half_as_wide_makes_the_photo_one_of_several_people() -> None:
    faces = [square(0, 100), square(200, 50), square(300, 10)]
    with pytest.raises(SeveralFacesFound, match=r"2 faces.*crop the photo.*ask for the largest"):
        choose(faces, FaceChoice.ONLY, WIDE)
    assert choose(faces, FaceChoice.LARGEST, WIDE) == faces[0]


def test_the_largest_face_gives_way_to_a_slightly_smaller_one_at_the_middle() -> None:
    bystander, subject = square(290, 110), square(150, 100)
    assert choose([bystander, subject], FaceChoice.LARGEST, WIDE) == subject


def test_a_small_face_at_the_middle_does_not_stand_before_a_much_larger_one() -> None:
    large, small = square(20, 200), square(190, 20)
    assert choose([large, small], FaceChoice.LARGEST, WIDE) == large


def test_no_face_is_refused_whatever_the_choice() -> None:
    for choice in FaceChoice:
        with pytest.raises(NoFaceFound):
            choose([], choice, WIDE)


def test_lfw_photos_are_hardly_ever_refused_for_quality(lfw_photos: list[Path]) -> None:
    recognise = Recognise(YuNet(), LiteRtEmbedder(default_model_folder()), QualityLimits())
    refused = 0
    for photo in lfw_photos[:200]:
        try:
            recognise(photo.read_bytes(), FaceChoice.LARGEST)
        except FaceUnusable:
            refused += 1
    assert refused / 200 < 0.005


def test_as_many_photos_are_worked_on_at_once_as_was_said(portrait: bytes) -> None:
    recognise = Services(Settings(), at_once=1).recognise
    with ThreadPoolExecutor(1) as pool:
        with recognise.turn:
            waiting = pool.submit(recognise, portrait)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
        assert waiting.result(timeout=60).faces_found == 1
