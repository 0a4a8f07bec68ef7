"""How an index searches, as the operator can choose it; imports nothing heavy."""

from __future__ import annotations

from enum import StrEnum

from gallery.errors import InvalidValue


class Structure(StrEnum):
    """How an index searches: `auto` takes each of the others at the sizes where it pays."""

    AUTO = "auto"
    EXACT = "exact"
    CODES = "codes"
    LISTS = "lists"

    @classmethod
    def parse(cls, text: str) -> Structure:
        """The structure of that name, or InvalidValue with the names there are."""
        try:
            return cls(text.strip().lower())
        except ValueError:
            raise InvalidValue(
                f"there is no index structure {text!r}; choose one of {', '.join(cls)}"
            ) from None
