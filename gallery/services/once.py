"""A request that is sent again gets what it stored the first time; nothing is stored twice.

The row that remembers it commits together with what it stored: there is no moment, also none in a
crash, in which one is there without the other. A refused request stores nothing and may be sent
again with the same key.
"""

from __future__ import annotations

from gallery.domain.identity import FaceSummary, Identity
from gallery.domain.once import Done, Once
from gallery.errors import KeyReused
from gallery.store.unit_of_work import WriteUnit


def stored_identity(unit: WriteUnit, once: Once | None) -> Identity | None:
    """The person whom this request stored before; refuses with KeyReused."""
    done = _done(unit, once)
    if done is None:
        return None
    identity = unit.identities.get(done.identity_id)
    if identity is None:
        raise _gone()
    return identity


def stored_face(unit: WriteUnit, once: Once | None) -> FaceSummary | None:
    """The face that this request stored before; refuses with KeyReused."""
    done = _done(unit, once)
    if done is None:
        return None
    for face in unit.faces.summaries_of(done.identity_id):
        if face.id == done.face_id:
            return face
    raise _gone()


def _done(unit: WriteUnit, once: Once | None) -> Done | None:
    done = None if once is None else unit.once.find(once)
    if once is not None and done is not None and done.asked != once.asked:
        raise KeyReused("this key came with another request before; use a new key for each request")
    return done


def _gone() -> KeyReused:
    return KeyReused("what this key stored was removed since; use a new key to store it again")
