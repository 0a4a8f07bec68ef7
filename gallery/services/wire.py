"""The public shapes of answers: what the CLI prints with --json and what the API sends."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gallery.domain.access import Key, utc_now
from gallery.domain.decision import Decision
from gallery.domain.face import FaceCrop
from gallery.domain.identity import FaceSummary, Identity, IdentityPage, IdentityWithFaces
from gallery.domain.quality import weaknesses
from gallery.errors import GalleryError

if TYPE_CHECKING:
    from gallery.services.compare import Comparison
    from gallery.services.enroll import Enrollment
    from gallery.services.enroll_many import BulkReport
    from gallery.services.health import Finding, Health
    from gallery.services.identify import Candidate, Identification
    from gallery.services.maintenance import Reembedded
    from gallery.services.recognise import Probe, Seen
    from gallery.services.verify import Verification

Wire = dict[str, Any]
"""Plain values only: it can be written as JSON as it stands."""


def probe(found: Probe | Seen) -> Wire:
    """What was seen in a photo: box and landmarks in pixels of the upright photo."""
    face = found.face
    return {
        "box": asdict(face.box),
        "score": face.score,
        "landmarks": face.landmarks and [list(point) for point in face.landmarks.points],
        "picture": {"width": found.picture_width, "height": found.picture_height},
        "quality": asdict(found.quality),
    }


def probe_with_crop(found: Probe | Seen) -> Wire:
    """As `probe`, and "crop_png": what the network read, as PNG in base64."""
    return {**probe(found), "crop_png": base64.b64encode(png(found.crop)).decode("ascii")}


def inspection(seen: Seen) -> Wire:
    """ "weaknesses": what is worse than in any photo that the model was measured on."""
    return {
        "face": probe_with_crop(seen),
        "faces_found": seen.faces_found,
        "weaknesses": [weakness.value for weakness in weaknesses(seen.quality)],
    }


def comparison(result: Comparison, seen: Callable[[Probe], Wire] = probe) -> Wire:
    """seen: `probe` or `probe_with_crop`, here and below."""
    return {**_decision(result.decision), "faces": [seen(result.first), seen(result.second)]}


def compared_photo(result: Comparison) -> Wire:
    """One of several photos compared with a first one, which is not shown again."""
    return {**_decision(result.decision), "face": probe(result.second)}


def verification(result: Verification, seen: Callable[[Probe], Wire] = probe) -> Wire:
    return {
        **_decision(result.decision),
        "identity": _reference(result.identity),
        "face_id": result.face_id,
        "face": seen(result.probe),
    }


def identification(result: Identification, seen: Callable[[Probe], Wire] = probe) -> Wire:
    return {
        "identified": result.identified,
        "threshold": result.threshold,
        "model_id": result.model_id,
        "candidates": [_candidate(candidate) for candidate in result.candidates],
        "strangers_named": result.strangers_named and asdict(result.strangers_named),
        "face": seen(result.probe),
    }


def enrollment(result: Enrollment, seen: Callable[[Probe], Wire] = probe) -> Wire:
    return {
        "identity": identity(result.identity),
        "face": face(result.face),
        "probe": seen(result.probe),
    }


def bulk(report: BulkReport) -> Wire:
    return asdict(report)


def identity(person: Identity) -> Wire:
    return {
        "id": person.id,
        "name": person.name,
        "created_at": _time(person.created_at),
        "face_count": person.face_count,
    }


def identity_with_faces(person: IdentityWithFaces) -> Wire:
    return {**identity(person.identity), "faces": [face(stored) for stored in person.faces]}


def identity_page(page: IdentityPage) -> Wire:
    """Without "next_cursor" where nobody follows."""
    shown: Wire = {"identities": [identity(person) for person in page.identities]}
    if page.next_after is not None:
        shown["next_cursor"] = str(page.next_after)
    return shown


def face(stored: FaceSummary) -> Wire:
    return {
        "id": stored.id,
        "identity_id": stored.identity_id,
        "model_id": stored.model_id,
        "detector": stored.detector,
        "quality": asdict(stored.quality),
        "photo_sha256": stored.photo_sha256,
        "created_at": _time(stored.created_at),
    }


def key(kept: Key) -> Wire:
    return {
        "id": kept.id,
        "name": kept.name,
        "scopes": sorted(kept.scopes),
        "scores": kept.sees_scores,
        "identity_id": kept.identity_id,
        "identity_name": kept.identity_name,
        "usable": kept.usable(utc_now()),
        "created_at": _time(kept.created_at),
        "expires_at": kept.expires_at and _time(kept.expires_at),
        "last_used_at": kept.last_used_at and _time(kept.last_used_at),
        "revoked_at": kept.revoked_at and _time(kept.revoked_at),
    }


def health(found: Health) -> Wire:
    return {
        "good": found.good,
        "model_id": found.model_id,
        "revision": found.revision,
        "people": found.people,
        "faces": found.faces,
        "changes": found.changes,
        "crops_compared": found.crops_compared,
        "snapshot": asdict(found.snapshot),
        "findings": [_finding_with_faces(finding) for finding in found.findings],
        "repaired": [_finding_with_faces(finding) for finding in found.repaired],
    }


def reembedded(done: Reembedded, model_id: str) -> Wire:
    return {
        "reembedded": done.faces,
        "model_id": model_id,
        "findings": [_finding(finding) for finding in done.findings],
    }


def error(refusal: GalleryError) -> Wire:
    return {"error": {"code": refusal.code, "message": refusal.message}}


def png(crop: FaceCrop) -> bytes:
    """The crop as an 8-bit gray PNG of 47 x 62 pixels."""
    import cv2

    _, data = cv2.imencode(".png", crop.pixels)
    return data.tobytes()


def _decision(decision: Decision) -> Wire:
    return {
        "matched": decision.matched,
        "distance": decision.distance,
        "threshold": decision.threshold,
        "model_id": decision.model_id,
    }


def _candidate(candidate: Candidate) -> Wire:
    return {
        "identity": _reference(candidate.identity),
        "face_id": candidate.face_id,
        **_decision(candidate.decision),
    }


def _finding(finding: Finding) -> Wire:
    return {
        "code": finding.trouble.value,
        "part": finding.trouble.part.value,
        "message": finding.message,
        "remedy": finding.remedy,
        "face_ids": list(finding.face_ids),
    }


def _finding_with_faces(finding: Finding) -> Wire:
    """As `_finding`, and whose each face is; null where it is nobody's."""
    faces = [
        {"face_id": face_id, "identity": finding.names.get(face_id)} for face_id in finding.face_ids
    ]
    return {**_finding(finding), "faces": faces}


def _reference(person: Identity) -> Wire:
    return {"id": person.id, "name": person.name}


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
