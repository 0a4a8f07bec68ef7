"""Text that a terminal shows and does not obey: of file names, above all."""

from __future__ import annotations

import unicodedata

_OBEYED = ("Cc", "Cs")  # control characters, and the bytes of names that are no UTF-8
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: str) -> str:
    """Escaped: control characters, lone surrogates, and what turns a line around."""
    if text.isprintable():
        return text
    return "".join(ascii(one)[1:-1] if _is_obeyed(one) else one for one in text)


def _is_obeyed(character: str) -> bool:
    return character in _TURNING or unicodedata.category(character) in _OBEYED
