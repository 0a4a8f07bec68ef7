"""A photo becomes the one face that everything else compares: the start of every use case."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from threading import Semaphore

from gallery.detector.base import Detector, LandmarkFinder, UprightJudge
from gallery.domain.embedding import Embedding
from gallery.domain.face import Box, DetectedFace, FaceChoice, FaceCrop
from gallery.domain.picture import Picture
from gallery.domain.quality import Quality, QualityLimits, check, check_outside
from gallery.embedder.base import Embedder
from gallery.errors import FaceUnusable, NoFaceFound, SeveralFacesFound
from gallery.imaging.align import align, align_with_surroundings, with_landmarks
from gallery.imaging.decode import PhotoLimits, decoded
from gallery.imaging.measure import measure, outside
from gallery.imaging.room import Room
from gallery.services.in_order import cores
from gallery.services.watch import UNWATCHED, Stage, Watch, refusals_told, timed

BYSTANDER_AREA = 0.25
"""A face under this share of the largest one's area stands in the background and is passed over.

Half as wide means about twice as far from the camera, where nobody asks whom the photo is about.
Nearer faces are refused: to guess between two people is how the wrong one gets enrolled. On LFW
(8,120 photos) 12.9 % are refused; 15.7 % would be if every face counted, 7.1 % at a share of 0.5.
"""


@dataclass(frozen=True, eq=False)
class Seen:
    """Everything about the one face chosen in one photo; sizes are those of the upright photo."""

    picture_width: int
    picture_height: int
    face: DetectedFace
    crop: FaceCrop
    quality: Quality
    photo_sha256: str
    detector: str
    faces_found: int

    def embedded(self, embedding: Embedding) -> Probe:
        return Probe(**vars(self), embedding=embedding)


@dataclass(frozen=True, eq=False)
class Probe(Seen):
    """The same, and its embedding: what is compared and stored."""

    embedding: Embedding


@dataclass(frozen=True)
class Recognise:
    """Decode, find the face, judge it, cut it, embed it."""

    detector: Detector
    embedder: Embedder
    quality_limits: QualityLimits = field(default_factory=QualityLimits)
    watch: Watch = UNWATCHED
    room: Room = field(default_factory=lambda: Room(PhotoLimits().max_pixels))
    """Shared by all threads: eight photos of 50 megapixels at once would be 3 GB."""
    landmarks: LandmarkFinder | None = None
    upright: UprightJudge | None = None
    turn: AbstractContextManager[object] = field(default_factory=lambda: Semaphore(cores()))
    """A photo is worked on from end to end: threads that alternate empty each other's caches."""

    def __call__(self, photo: bytes, choice: FaceChoice = FaceChoice.ONLY) -> Probe:
        """Raises a subclass of PhotoRejected when the photo or its face cannot be used."""
        with self.turn:
            seen = self._see(photo, choice)
            with timed(self.watch, Stage.EMBED):
                (embedding,) = self.embedder.embed([seen.crop])
        return seen.embedded(embedding)

    def see(self, photo: bytes, choice: FaceChoice = FaceChoice.ONLY) -> Seen:
        """All but the embedding, which is cheaper for several at once."""
        with self.turn:
            return self._see(photo, choice)

    def _see(self, photo: bytes, choice: FaceChoice) -> Seen:
        with refusals_told(self.watch), ExitStack() as held:
            with timed(self.watch, Stage.DECODE):
                picture = held.enter_context(decoded(photo, self.room))
            width, height = picture.width, picture.height
            face, faces_found = self.locate(picture, choice)
            crop = align(picture, face)
            del picture  # its pixels leave together with their place in the room
        quality = measure(face, crop)
        check(quality, self.quality_limits)
        return Seen(
            picture_width=width,
            picture_height=height,
            face=face,
            crop=crop,
            quality=quality,
            photo_sha256=hashlib.sha256(photo).hexdigest(),
            detector=self.detector.name,
            faces_found=faces_found,
        )

    def locate(self, picture: Picture, choice: FaceChoice) -> tuple[DetectedFace, int]:
        """The face to cut, which stands upright and in the photo, and how many were found."""
        with timed(self.watch, Stage.DETECT):
            faces = self.detector.detect(picture)
        face = self._with_landmarks(picture, choose(faces, choice, picture))
        self._refuse_turned(picture, face)
        check_outside(outside(picture, face), self.quality_limits)
        return face, len(faces)

    def _refuse_turned(self, picture: Picture, face: DetectedFace) -> None:
        if self.upright and not self.upright.is_upright(align_with_surroundings(picture, face)):
            raise FaceUnusable("the face does not stand upright; turn the photo until it does")

    def _with_landmarks(self, picture: Picture, face: DetectedFace) -> DetectedFace:
        """Those of the detector; where it gives a box alone, found in the box, then once more."""
        if face.landmarks is not None or self.landmarks is None:
            return face
        for _ in range(2):
            face = with_landmarks(face, self.landmarks.find(align(picture, face)))
        return face


def choose(faces: Sequence[DetectedFace], choice: FaceChoice, picture: Picture) -> DetectedFace:
    """The one face that a picture is about, of the faces in it, largest first.

    Raises NoFaceFound; with FaceChoice.ONLY also SeveralFacesFound, when another face is near the
    largest in size (see BYSTANDER_AREA). With FaceChoice.LARGEST, a face's area counts less the
    farther it stands from the middle: the larger face at the edge is often a bystander nearer to
    the camera.
    """
    if not faces:
        raise NoFaceFound(
            "no face was found; use a photo in which one face is upright, well lit and not small"
        )
    largest = faces[0]
    if choice is FaceChoice.ONLY:
        rivals = [face for face in faces if face.box.area >= BYSTANDER_AREA * largest.box.area]
        if len(rivals) > 1:
            raise SeveralFacesFound(
                f"{len(rivals)} faces were found and 1 is needed; crop the photo to one person, "
                "or ask for the largest face"
            )
        return largest
    return max(faces, key=lambda face: _prominence(face.box, picture))


def _prominence(box: Box, picture: Picture) -> float:
    """The area, of which all counts at the middle of the picture and nothing at its edges."""
    across = (2 * box.x + box.width) / picture.width - 1
    down = (2 * box.y + box.height) / picture.height - 1
    return box.area * max(0.0, 1 - across**2 - down**2)
