"""Every refusal of the program, and nothing else: any other exception is a bug.

GalleryError
├── PhotoRejected              this photo cannot be used; another may
│   ├── EmptyPhoto
│   ├── UnsupportedPhoto       not an image format that we read
│   ├── UnreadablePhoto        an image, but its data cannot be decoded
│   ├── TruncatedPhoto         the file ends before the image does
│   ├── PhotoTooLarge          too many bytes
│   ├── TooManyPixels
│   ├── NoFaceFound
│   ├── SeveralFacesFound
│   └── FaceUnusable           found, but too small, blurred, dark, bright or turned
├── InvalidInput               the request itself is wrong
│   ├── InvalidName
│   ├── InvalidValue
│   └── BatchTooLarge          more photos at once than the rate ever allows
├── NotFound
│   ├── IdentityNotFound
│   ├── FaceNotFound
│   ├── PathNotFound           a file or folder named on the command line
│   └── KeyNotFound            no key of that id to revoke
├── Conflict
│   ├── NameTaken
│   ├── PhotoAlreadyEnrolled
│   ├── ChangedMeanwhile       no longer as the caller last saw it
│   └── KeyReused              an idempotency key stands for another request
├── AccessRefused              whoever asks may not
│   ├── NotAuthenticated       who is it?
│   │   ├── KeyNeeded
│   │   ├── KeyUnknown         no such key, or not its secret
│   │   ├── KeyExpired
│   │   ├── KeyRevoked
│   │   └── SessionEnded       of a browser that signed in
│   ├── NotPermitted           known, but not allowed this
│   │   ├── ScopeMissing
│   │   └── OtherPerson        a key of one person asks about others
│   └── TooOften               says when to come again
│       ├── TooManyRequests
│       └── LockedOut          too many failed verifications of a person
├── NotReady                   the program cannot answer until somebody mends something
│   ├── DatabaseUnavailable
│   │   └── DatabaseDamaged
│   ├── DatabaseTooNew
│   ├── ModelUnavailable
│   ├── ModelMismatch          stored faces come from another model
│   ├── NothingEnrolled        verify against a person without faces
│   ├── KeyMissing             others could reach the server, and there is no key
│   ├── AddressUnavailable     the server cannot listen where it was told to
│   ├── SnapshotUnusable       damaged, of another model or history; the index is built anew
│   └── ExtraNotInstalled
└── DataRejected               offline data (training, benchmark) is not what it should be

`code` is stable and public: the CLI prints it, the API sends it. `message` says what was found,
what is allowed and what to do next; it never holds a picture or a vector. `public` is what of it
the API sends: no path of this machine.
"""

from __future__ import annotations

from typing import ClassVar


class GalleryError(Exception):
    """A refusal with a stable public code and a message for people."""

    code: ClassVar[str] = "gallery_error"

    def __init__(self, message: str, *, operator: object = None) -> None:
        """operator: a path, or what a library said, for the command line and the log alone."""
        super().__init__(message)
        self.public, self.operator = message, operator

    @property
    def message(self) -> str:
        return self.public if self.operator is None else f"{self.public} ({self.operator})"

    def __str__(self) -> str:
        return self.message


class PhotoRejected(GalleryError):
    """photo: how the caller calls it where it may be one of several; only `message` says it."""

    code = "photo_rejected"
    photo: str | None = None

    @property
    def message(self) -> str:
        return super().message if self.photo is None else f"{self.photo}: {super().message}"


class EmptyPhoto(PhotoRejected):
    code = "empty_photo"


class UnsupportedPhoto(PhotoRejected):
    code = "unsupported_photo"


class UnreadablePhoto(PhotoRejected):
    code = "unreadable_photo"


class TruncatedPhoto(PhotoRejected):
    code = "truncated_photo"


class PhotoTooLarge(PhotoRejected):
    code = "photo_too_large"


class TooManyPixels(PhotoRejected):
    code = "too_many_pixels"


class NoFaceFound(PhotoRejected):
    code = "no_face"


class SeveralFacesFound(PhotoRejected):
    code = "several_faces"


class FaceUnusable(PhotoRejected):
    code = "face_unusable"


class InvalidInput(GalleryError):
    code = "invalid_input"


class InvalidName(InvalidInput):
    code = "invalid_name"


class InvalidValue(InvalidInput):
    code = "invalid_value"


class BatchTooLarge(InvalidInput):
    code = "batch_too_large"


class NotFound(GalleryError):
    code = "not_found"


class IdentityNotFound(NotFound):
    code = "identity_not_found"


class FaceNotFound(NotFound):
    code = "face_not_found"


class PathNotFound(NotFound):
    code = "path_not_found"


class KeyNotFound(NotFound):
    code = "key_not_found"


class Conflict(GalleryError):
    code = "conflict"


class NameTaken(Conflict):
    code = "name_taken"


class PhotoAlreadyEnrolled(Conflict):
    code = "photo_already_enrolled"


class ChangedMeanwhile(Conflict):
    code = "changed_meanwhile"


class KeyReused(Conflict):
    code = "idempotency_key_reused"


class AccessRefused(GalleryError):
    code = "access_refused"


class NotAuthenticated(AccessRefused):
    code = "not_authenticated"


class KeyNeeded(NotAuthenticated):
    code = "key_needed"


class KeyUnknown(NotAuthenticated):
    code = "key_unknown"


class KeyExpired(NotAuthenticated):
    code = "key_expired"


class KeyRevoked(NotAuthenticated):
    code = "key_revoked"


class SessionEnded(NotAuthenticated):
    code = "session_ended"


class NotPermitted(AccessRefused):
    code = "not_permitted"


class ScopeMissing(NotPermitted):
    code = "scope_missing"


class OtherPerson(NotPermitted):
    code = "other_person"


class TooOften(AccessRefused):
    code = "too_often"

    def __init__(self, message: str, retry_after_seconds: int = 60) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class TooManyRequests(TooOften):
    code = "too_many_requests"


class LockedOut(TooOften):
    code = "locked_out"


class NotReady(GalleryError):
    code = "not_ready"


class DatabaseUnavailable(NotReady):
    code = "database_unavailable"


class DatabaseDamaged(DatabaseUnavailable):
    code = "database_damaged"


class DatabaseTooNew(NotReady):
    code = "database_too_new"


class ModelUnavailable(NotReady):
    code = "model_unavailable"


class ModelMismatch(NotReady):
    code = "model_mismatch"


class NothingEnrolled(NotReady):
    code = "nothing_enrolled"


class KeyMissing(NotReady):
    code = "key_missing"


class AddressUnavailable(NotReady):
    code = "address_unavailable"


class SnapshotUnusable(NotReady):
    code = "snapshot_unusable"


class ExtraNotInstalled(NotReady):
    code = "extra_not_installed"


class DataRejected(GalleryError):
    code = "data_rejected"
