"""Looking at a photo before it is enrolled, and at the crop of a stored face."""

from __future__ import annotations

import base64
import io

from PIL import Image


def crop_of(answer: dict[str, object]) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(answer["face"]["crop_png"])))


def test_a_photo_is_inspected_and_nothing_is_stored(client, services, sample, upload):
    answer = client.post("/v1/inspect", **upload(image=sample(0, 0)))
    assert answer.status_code == 200
    seen = answer.get_json()
    assert crop_of(seen).size == (47, 62)
    assert seen["face"]["quality"]["sharpness"] > 53
    assert (seen["faces_found"], seen["weaknesses"]) == (1, [])
    status = services.maintenance.status()
    assert (status.people, status.faces) == (0, 0)


def test_a_poor_photo_is_told_as_poor_and_an_unusable_one_refused(client, sample, upload):
    photo = Image.open(io.BytesIO(sample(0, 0)))
    answers = []
    for width in (120, 40):
        file = io.BytesIO()
        small = photo.resize((width, width * photo.height // photo.width))
        small.save(file, "PNG")
        answers.append(client.post("/v1/inspect", **upload(image=file.getvalue())))
    assert answers[0].get_json()["weaknesses"] == ["small"]
    assert answers[1].status_code == 422
    assert answers[1].get_json()["code"] in ("face_unusable", "no_face")


def test_several_faces_are_refused_here_as_in_an_enrollment(client, several, upload):
    refused = client.post("/v1/inspect", **upload(image=several))
    assert (refused.status_code, refused.get_json()["code"]) == (422, "several_faces")
    taken = client.post("/v1/inspect", **upload(image=several, faces="largest"))
    assert taken.get_json()["faces_found"] == 2


def test_the_crop_of_a_stored_face_is_the_one_seen_when_it_was_enrolled(
    client, person, sample, upload
):
    ada, bob = person("Ada"), person("Bob")
    seen = client.post("/v1/inspect", **upload(image=sample(0, 0))).get_json()
    stored = client.post(f"/v1/identities/{ada}/faces", **upload(image=sample(0, 0))).get_json()
    face = stored["face"]["id"]
    crop = client.get(f"/v1/identities/{ada}/faces/{face}/crop")
    assert (crop.status_code, crop.mimetype) == (200, "image/png")
    assert crop.data == base64.b64decode(seen["face"]["crop_png"])
    assert crop.headers["Cache-Control"] == "no-store"
    for path in (f"{ada}/faces/{face + 1}", f"{bob}/faces/{face}"):
        missing = client.get(f"/v1/identities/{path}/crop")
        assert (missing.status_code, missing.get_json()["code"]) == (404, "face_not_found")
