"""The shapes of the API's answers: the server documents them, `gallery.client` reads them.

What `gallery.services.wire` writes. A reader passes over keys that a newer server adds.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from gallery.domain.quality import Weakness

Id = Annotated[int, Field(ge=1)]
Score = Annotated[float, Field(ge=0)]
Point = tuple[float, float]
MaybeText = Annotated[str | None, WithJsonSchema({"type": "string"})]
"""Text, or the key is absent."""


def _absent() -> None:
    """Called, not given as a default: the schema would show that, and null is never sent."""


class Answer(BaseModel):
    """One JSON object of an answer; the server sends these keys, all of them and no others."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", json_schema_extra={"additionalProperties": False}
    )


class Problem(Answer):
    """Why a request was refused (RFC 9457). `code` is stable; `detail` says what to do."""

    type: str = Field(description='"about:blank": the status and the code tell the kind')
    title: str = Field(description="The status in words")
    status: int = Field(ge=400, le=599)
    code: str = Field(pattern="^[a-z_]+$", description="Stable, for programs")
    detail: str = Field(min_length=1, description="What was found, what is allowed, what to do")
    field: MaybeText = Field(
        default_factory=_absent, description="The field, key or header that caused it"
    )
    instance: MaybeText = Field(
        default_factory=_absent, description="The name of a failure of ours in our log"
    )


class Box(Answer):
    """A rectangle in pixels of the upright photo; it may reach beyond the photo's edge."""

    x: float
    y: float
    width: float
    height: float


class Picture(Answer):
    """The size of the upright photo in pixels."""

    width: Id
    height: Id


class Quality(Answer):
    """How usable the face is."""

    detection_score: float = Field(description="0 to 1, how sure the detector is")
    face_width: Score = Field(description="In pixels of the photo")
    sharpness: Score = Field(description="Variance of the Laplacian of the crop")
    brightness: float = Field(ge=0, le=255, description="Mean of the gray crop")
    contrast: Score = Field(description="Standard deviation of the gray crop")
    yaw: float | None = Field(description="0 is frontal; null without landmarks")


class Probe(Answer):
    """What was seen in a photo."""

    box: Box
    score: float = Field(description="0 to 1, how sure the detector is")
    landmarks: list[Point] | None = Field(
        description="Image left first: eye, eye, nose tip, mouth corners"
    )
    picture: Picture
    quality: Quality


class ProbeWithCrop(Probe):
    """What was seen in a photo, and what the network read of it."""

    crop_png: str = Field(
        description="PNG of 47 x 62 pixels",
        json_schema_extra={"contentEncoding": "base64", "contentMediaType": "image/png"},
    )


class Verdict(Answer):
    """A verdict alone: all that a key gets which may not see scores."""

    matched: bool
    threshold: float = Field(gt=0, description="Matched below this distance, not matched at it")
    model_id: str


class Decision(Verdict):
    """A verdict with all that it rests on."""

    distance: Score


class Comparison(Decision):
    """Whether two photos show the same person."""

    faces: tuple[ProbeWithCrop, ProbeWithCrop]


class ComparedPhoto(Decision):
    """Whether one of several photos shows the same person as the first."""

    face: Probe


class ComparedOrRefused(Answer):
    """What became of one photo: a result or a problem, the other is null."""

    result: ComparedPhoto | Verdict | None
    problem: Problem | None


class Comparisons(Answer):
    """A result or a problem for each photo, in their order."""

    results: list[ComparedOrRefused]


class Reference(Answer):
    """Who it is."""

    id: Id
    name: str


class Verification(Decision):
    """Whether a photo shows that person."""

    identity: Reference
    face_id: Id = Field(description="The nearest stored face of the person")
    face: Probe


class Candidate(Decision):
    """A person and the nearest of the person's faces."""

    identity: Reference
    face_id: Id


class StrangersNamed(Answer):
    """How often somebody who is not in the gallery is given a name all the same (FPIR)."""

    faces: int = Field(ge=0, description="How many faces the photo was compared with")
    rate: float = Field(ge=0, le=1, description="The share of strangers, measured on LFW")
    at_least: bool = Field(description="True in galleries larger than any that was measured")


class Identification(Answer):
    """Who is in the photo: the candidates, nearest first."""

    identified: bool = Field(description="Whether the nearest candidate matches; else unknown")
    threshold: float = Field(gt=0)
    model_id: str
    candidates: list[Candidate]
    strangers_named: StrangersNamed | None = Field(
        description="null where the model's card has no figure for this threshold"
    )
    face: Probe


class IdentifiedOrRefused(Answer):
    """What became of one photo: a result or a problem, the other is null."""

    result: Identification | None
    problem: Problem | None


class Identifications(Answer):
    """A result or a problem for each photo, in their order."""

    results: list[IdentifiedOrRefused]


class Identity(Answer):
    """A person of the gallery."""

    id: Id = Field(description="Never used again, also after a removal")
    name: str
    created_at: datetime
    face_count: int = Field(ge=0)


class Face(Answer):
    """A stored face; the photo itself is not kept."""

    id: Id
    identity_id: Id
    model_id: str
    detector: str
    quality: Quality
    photo_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    created_at: datetime


class IdentityWithFaces(Identity):
    """A person and the person's faces, oldest first."""

    faces: list[Face]


class Enrollment(Answer):
    """A stored face; the identity's face_count includes it."""

    identity: Identity
    face: Face
    probe: Probe


class Inspection(Answer):
    """What would be enrolled of a photo, and how good it is."""

    face: ProbeWithCrop
    faces_found: int = Field(ge=1)
    weaknesses: list[Weakness] = Field(
        description="What is poorer than in any photo that the model was measured on"
    )


class Alive(Answer):
    """The process answers."""

    status: str = Field(pattern="^ok$")


class ReadyAlone(Answer):
    """The process can answer questions of the gallery."""

    status: str = Field(pattern="^ready$")


class Ready(ReadyAlone):
    """The same, and what it answers them with."""

    model_id: str
    database_revision: int = Field(ge=0)
    index_revision: int = Field(ge=0)
    index_lag: int = Field(ge=0, description="How many changes the index was behind when asked")


class IdentityPage(Answer):
    """Some people of the gallery, oldest first."""

    identities: list[Identity]
    next_cursor: MaybeText = Field(
        default_factory=_absent, description="Send it to go on; absent at the end"
    )
